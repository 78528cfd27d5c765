"""Scrapers are found in their places, loaded when asked for, and refused with the file's name."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import listener.plugins
from listener.errors import PluginError
from listener.plugins import PREFIX, Scrapers, bundled, entry_points

GOOD = """
class Scraper:
    name = {name!r}
    version = 1
    Options = None
    def requests(self, source, state):
        return []
    def parse(self, response, source):
        return None
scraper = Scraper()
"""


@pytest.fixture(autouse=True)
def _forget_modules() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith(PREFIX):
            del sys.modules[name]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "mine"
    path.mkdir(mode=0o755)
    return path


def write(folder: Path, file: str, code: str) -> Path:
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(code, encoding="utf-8")
    path.chmod(0o644)
    return path


def test_bundled_folders_are_found_in_a_checkout() -> None:
    assert (bundled("scrapers") / "README.md").is_file()


def test_bundled_folders_are_found_in_a_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "listener" / "_bundled" / "config"
    inside.mkdir(parents=True)
    monkeypatch.setattr(listener.plugins, "__file__", str(tmp_path / "listener" / "plugins.py"))
    assert bundled("config") == inside
    with pytest.raises(PluginError, match="missing from this installation"):
        bundled("scrapers")


def test_a_file_and_a_folder_are_scrapers_and_other_things_are_not(folder: Path) -> None:
    write(folder, "plain.py", GOOD.format(name="plain"))
    write(
        folder,
        "two_words/scraper.py",
        "from listener_scrapers.two_words.names import NAME\n" + GOOD.format(name="two-words"),
    )
    write(folder, "two_words/names.py", "NAME = 'two-words'\n")
    write(folder, "_private.py", "raise SystemExit\n")
    write(folder, "README.md", "words\n")
    write(folder, "empty/other.py", "")
    scrapers = Scrapers([folder])
    mine = [name for name in scrapers.names() if str(folder) in scrapers.origin(name)]
    assert mine == ["plain", "two-words"]
    assert scrapers.get("two-words").name == "two-words"
    assert [scraper.name for scraper in scrapers.load(["plain", "two-words", "plain"])] == ["plain", "two-words"]
    assert scrapers.get("plain") is scrapers.get("plain")


def test_nothing_is_imported_before_it_is_asked_for(folder: Path) -> None:
    write(folder, "broken.py", "raise RuntimeError('at import')\n")
    write(folder, "fine.py", GOOD.format(name="fine"))
    scrapers = Scrapers([folder])
    assert scrapers.get("fine").version == 1
    with pytest.raises(PluginError, match=r"broken\.py: can't be imported: RuntimeError: at import"):
        scrapers.get("broken")
    assert f"{PREFIX}.broken" not in sys.modules


def test_every_bundled_scraper_loads() -> None:
    scrapers = Scrapers()
    assert [scraper.name for scraper in scrapers.load()] == scrapers.names()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x = 1\n", "doesn't define `scraper`"),
        ("scraper = None\n", "name must be 'odd'"),
        (GOOD.format(name="other"), "name must be 'odd'"),
        (GOOD.format(name="odd").replace("version = 1", "version = '1'"), "version must be a whole number"),
        (GOOD.format(name="odd").replace("version = 1", "version = True"), "version must be a whole number"),
        (GOOD.format(name="odd").replace("Options = None", "Options = dict"), "Options must be a msgspec.Struct"),
        (GOOD.format(name="odd").replace("    Options = None\n", ""), "Options must be a msgspec.Struct"),
        (GOOD.format(name="odd").replace("def parse", "def read"), "no method `parse`"),
        (GOOD.format(name="odd").replace("(self, source, state)", "(self)"), "`requests` must take 2 arguments"),
        ("def\n", "can't be imported: SyntaxError"),
        ("import no_such_module_anywhere\n", "can't be imported: ModuleNotFoundError"),
    ],
)
def test_what_is_no_scraper_is_refused_with_its_file(folder: Path, code: str, message: str) -> None:
    file = write(folder, "odd.py", code)
    with pytest.raises(PluginError, match=message) as caught:
        Scrapers([folder]).get("odd")
    assert caught.value.origin == str(file)


def test_an_unknown_name_is_told_with_the_known_ones(folder: Path) -> None:
    write(folder, "known.py", GOOD.format(name="known"))
    with pytest.raises(PluginError, match=r"no scraper of this name; known are .*known"):
        Scrapers([folder]).get("unknwon")


def test_one_name_in_two_places_is_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir(mode=0o755)
    for place in (folder, other):
        write(place, "twice.py", GOOD.format(name="twice"))
    with pytest.raises(PluginError, match="'twice' is taken by"):
        Scrapers([folder, other])


def test_two_sets_of_folders_in_one_process_keep_their_own_files(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir(mode=0o755)
    write(folder, "same.py", GOOD.format(name="same"))
    write(other, "same.py", GOOD.format(name="same").replace("version = 1", "version = 2"))
    assert Scrapers([folder]).get("same").version == 1
    assert Scrapers([other]).get("same").version == 2


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
def test_a_folder_that_others_can_write_to_is_refused(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    with pytest.raises(PluginError, match="can be changed by other users"):
        Scrapers([folder])


def test_a_file_that_others_can_write_to_is_refused(folder: Path) -> None:
    write(folder, "open.py", GOOD.format(name="open")).chmod(0o666)
    with pytest.raises(PluginError, match=r"open\.py: can be changed by other users"):
        Scrapers([folder])


def test_a_link_to_a_file_that_others_can_write_to_is_refused(folder: Path, tmp_path: Path) -> None:
    target = write(tmp_path, "target.py", GOOD.format(name="linked"))
    target.chmod(0o666)
    (folder / "linked.py").symlink_to(target)
    with pytest.raises(PluginError, match=r"target\.py: can be changed by other users"):
        Scrapers([folder])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_folder_of_another_user_is_refused(folder: Path) -> None:
    os.chown(folder, 12345, -1)
    with pytest.raises(PluginError, match="belongs to another user"):
        Scrapers([folder])


def test_a_folder_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="no such folder"):
        Scrapers([tmp_path / "missing"])


def test_the_entry_points_of_distributions_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group = "listener.tests"
    entry_points.cache_clear()
    assert entry_points(group) == ()
    for kind in ("dist-info", "egg-info"):
        folder = tmp_path / kind / f"afar_{kind[:3]}-1.0.{kind}"
        folder.mkdir(parents=True)
        about = "METADATA" if kind == "dist-info" else "PKG-INFO"
        (folder / about).write_text(f"Metadata-Version: 2.1\nName: afar-{kind[:3]}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[{group}]\nfrom-{kind} = some:scraper\n")
        monkeypatch.syspath_prepend(folder.parent)
    entry_points.cache_clear()
    assert {point.name for point in entry_points(group)} == {"from-dist-info", "from-egg-info"}
    entry_points.cache_clear()


def test_an_installed_distribution_brings_scrapers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, "some_distribution.py", GOOD.format(name="from-afar"))
    monkeypatch.syspath_prepend(folder)
    point = EntryPoint("from-afar", "some_distribution:scraper", "listener.scrapers")
    whole = EntryPoint("whole", "some_distribution", "listener.scrapers")
    missing = EntryPoint("missing", "no_such_distribution", "listener.scrapers")
    monkeypatch.setattr(listener.plugins, "entry_points", lambda group: [point, whole, missing])
    scrapers = Scrapers()
    assert scrapers.get("from-afar").name == "from-afar"
    with pytest.raises(PluginError, match="name must be 'whole'"):
        scrapers.get("whole")
    with pytest.raises(PluginError, match="entry point missing = no_such_distribution: can't be imported"):
        scrapers.get("missing")
