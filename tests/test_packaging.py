"""What pyproject.toml, constraints.txt and the Makefile promise about installing."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()


def normal(name: str) -> str:
    """Return a distribution's name as PEP 503 normalises it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def names(requirements: list[str]) -> set[str]:
    return {normal(re.split(r"[\[<>=!~; ]", requirement)[0]) for requirement in requirements}


def imported(folder: str) -> set[str]:
    """Return the top-level modules that the files of a folder import, also inside functions."""
    found = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"listener", "listener_scrapers"}


def test_every_library_that_the_program_imports_is_a_dependency() -> None:
    project = PYPROJECT["project"]
    extras = [requirement for extra in project["optional-dependencies"].values() for requirement in extra]
    declared = names(project["dependencies"] + extras)
    distributions = packages_distributions()
    undeclared = {
        module
        for module in imported("listener") | imported("scrapers")
        if not declared & {normal(name) for name in distributions.get(module, [module])}
    }
    assert not undeclared


def test_every_requirement_is_pinned_once_and_no_host_is_named() -> None:
    pins = [line for line in CONSTRAINTS if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+_-]+", pin) for pin in pins)
    pinned = names(pins)
    assert len(pinned) == len(pins)
    groups = PYPROJECT["dependency-groups"]
    needed = PYPROJECT["project"]["dependencies"] + PYPROJECT["build-system"]["requires"]
    assert names(needed + groups["tests"] + groups["checks"]) <= pinned


def test_the_versions_of_python_are_said_in_one_voice() -> None:
    project = PYPROJECT["project"]
    assert project["requires-python"] == ">=3.11"
    assert PYPROJECT["tool"]["ruff"]["target-version"] == "py311"
    assert PYPROJECT["tool"]["mypy"]["python_version"] == "3.11"
    assert "Programming Language :: Python :: 3.11" in project["classifiers"]


needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make isn't installed")


def make(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PATH": path or os.environ["PATH"]}
    # A make that runs these tests tells its own flags to those it starts.
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHON"):
        environ.pop(name, None)
    command = [str(shutil.which("make")), "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=50, check=False)


@needs_make
@pytest.mark.parametrize("target", ["demo", "test", "check", "install", "wheel-test"])
def test_make_knows_what_the_documentation_asks_of_it(target: str) -> None:
    done = make("--dry-run", target, "VENV=/nonexistent/venv")
    assert done.returncode == 0, done.stderr
    assert "/nonexistent/venv/bin/python -m pip" in done.stdout


@needs_make
def test_make_says_that_a_python_is_too_old_or_missing(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for tool in ("sh", "test", "echo"):
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    done = make("install", "VENV=/nonexistent/venv", path=str(tmp_path))
    assert done.returncode != 0
    assert "Python 3.11 or newer" in done.stderr
