"""The wheel, built from this tree and installed elsewhere, is the whole program."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from listener import __version__

ROOT = Path(__file__).resolve().parent.parent


def build(kind: str, tree: Path, folder: Path) -> Path:
    """Build a "wheel" or an "sdist" of a tree, without a network."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(command, cwd=tree, check=True, capture_output=True, timeout=60)
    (built,) = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel in it, which borrows the dependencies of the one that runs the tests."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True, cwd=home, timeout=60)
    (packages,) = home.glob("lib/python*/site-packages")
    # Behind the environment's own packages on the path. An editable install's .pth file in there isn't obeyed.
    (packages / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    return python.parent


def listener(bin_folder: Path, cwd: Path, *arguments: str, patience: float = 60) -> str:
    """Run the installed command in an empty environment and return what it printed."""
    done = subprocess.run(
        [bin_folder / "listener", *arguments],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(cwd)},
        capture_output=True,
        text=True,
        timeout=patience,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_the_scrapers_and_the_data_and_nothing_at_the_top_but_the_package(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.partition("/")[0] for name in names}
    assert top == {"listener", f"social_listener-{__version__}.dist-info"}
    for folder in ("scrapers", "config"):
        there = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert there
        assert {f"listener/_bundled/{name}" for name in there} <= set(names)
    assert "listener/py.typed" in names


def test_the_source_distribution_makes_the_same_wheel_and_brings_its_tests(wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(build("sdist", ROOT, tmp_path)) as archive:
        archive.extractall(tmp_path, filter="data")
    tree = tmp_path / f"social_listener-{__version__}"
    (tmp_path / "again").mkdir()
    again = build("wheel", tree, tmp_path / "again")
    assert zipfile.ZipFile(again).namelist() == zipfile.ZipFile(wheel).namelist()
    for name in (
        "tests/test_wheel.py",
        "docs/settings.md",
        "listener.toml",
        "Makefile",
        "constraints.txt",
        "CHANGELOG.md",
    ):
        assert (tree / name).is_file()


def test_the_installed_program_is_not_the_checkout(bin_folder: Path, tmp_path: Path) -> None:
    code = "import listener; print(listener.__file__)"
    command = [str(bin_folder / "python"), "-c", code]
    where = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60).stdout
    assert Path(where).is_relative_to(bin_folder.parent)


def test_the_installed_command_tells_its_version(bin_folder: Path, tmp_path: Path) -> None:
    assert __version__ in listener(bin_folder, tmp_path, "--version")
    assert "Usage: listener" in listener(bin_folder, tmp_path, "--help")


def test_the_installed_program_writes_settings_that_it_can_use(bin_folder: Path, tmp_path: Path) -> None:
    listener(bin_folder, tmp_path, "init", "--brand", "Acme", "--contact", "https://example.com/bot")
    assert "listener.toml: valid." in listener(bin_folder, tmp_path, "check")
    assert f"ExecStart={bin_folder}/listener --config {tmp_path}/listener.toml run" in listener(
        bin_folder, tmp_path, "service"
    )


@pytest.mark.timeout(200)
def test_the_installed_program_plays_its_demo(bin_folder: Path, tmp_path: Path) -> None:
    told = listener(bin_folder, tmp_path, "demo", patience=180)
    assert "mails and" in told
    assert (tmp_path / "demo.db").stat().st_size > 0
    rows = (tmp_path / "demo-trends.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) > 20
    alerts = listener(bin_folder, tmp_path, "--config", "demo.toml", "alerts")
    assert "sent" in alerts
