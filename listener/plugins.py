"""Finds scrapers and loads them by path, on first use.

Scrapers are no package: three generic names at the top of site-packages would overwrite other people's modules. The
places, in this order: the folder that comes with the program, the folders that the settings name, and installed
distributions with an entry point in the group `listener.scrapers`. One name in two places is refused, not guessed.

A scraper is a file, `app_store.py`, or a folder with a file `scraper.py` in it, `app_store/scraper.py`; either binds
an object to `scraper` whose name is that of the file or folder with hyphens for underscores: `app-store`. It is
imported as `listener_scrapers.app_store`; files beside a folder's `scraper.py` are imported from there, as in
`from listener_scrapers.app_store.reviews import ...`. Names that begin with `_` or `.` are left alone. A file
`google-news.toml` is a preset: data instead of code, see `listener.presets`.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
import stat
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, cast

import msgspec

from listener.errors import PluginError
from listener.presets import Preset, PresetFile
from listener.types import Scraper

#: What modules of scrapers are called in `sys.modules`.
PREFIX = "listener_scrapers"
GROUP = "listener.scrapers"

_NAME = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")


def bundled(name: Literal["scrapers", "config"]) -> Path:
    """Return the folder that comes with the program, in an installed wheel or in a checkout.

    Raises PluginError when there is neither.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "_bundled" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise PluginError(name, f"the folder is missing from this installation: expected it in {package / '_bundled'}")


class _Found(msgspec.Struct, frozen=True):
    """A scraper that is there but not imported yet."""

    origin: str
    load: Callable[[], object]


class Scrapers:
    """The scrapers of this installation, imported when they are first asked for."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        """Look into the bundled folder, `folders` and the entry points, importing nothing.

        Raises PluginError for a folder that isn't there or that others could write to, and for a name found twice.
        """
        self._loaded: dict[str, Scraper] = {}
        self._found: dict[str, _Found] = {}
        for name, found in _in_folder(bundled("scrapers")):
            self._add(name, found)
        for folder in folders:
            check_private(folder)
            for name, found in _in_folder(folder):
                self._add(name, found)
        for point in entry_points(GROUP):
            self._add(point.name, _Found(f"entry point {point.name} = {point.value}", partial(_from_point, point)))

    def _add(self, name: str, found: _Found) -> None:
        other = self._found.setdefault(name, found)
        if other is not found:
            raise PluginError(found.origin, f"the name {name!r} is taken by {other.origin}; rename one of the two")

    def names(self) -> list[str]:
        """Return the names of all scrapers, imported or not, sorted."""
        return sorted(self._found)

    def origin(self, name: str) -> str:
        """Return the file or entry point of a scraper. Raises PluginError for an unknown name."""
        return self._find(name).origin

    def get(self, name: str) -> Scraper:
        """Return a scraper, imported at its first use and checked.

        Raises PluginError, naming the file, for an unknown name and for one that can't be imported or lacks a part.
        """
        if name not in self._loaded:
            found = self._find(name)
            loaded = _scraper_in(found)
            if isinstance(loaded, PresetFile):
                loaded = self._preset(name, loaded)
            self._loaded[name] = _checked(name, found.origin, loaded)
        return self._loaded[name]

    def load(self, names: Iterable[str] | None = None) -> list[Scraper]:
        """Return these scrapers, or all, in the order of their names. Raises PluginError for the first that fails."""
        return [self.get(name) for name in sorted(set(self.names() if names is None else names))]

    def _preset(self, name: str, file: PresetFile) -> Preset:
        origin = self.origin(name)
        if Path(self.origin(file.scraper)).suffix == ".toml":
            raise PluginError(origin, f"{file.scraper!r} is a preset itself; name the scraper that reads the answers")
        try:
            return Preset(name, file, self.get(file.scraper))
        except ValueError as error:
            raise PluginError(origin, f"its options don't fit the scraper {file.scraper!r}: {error}") from error

    def _find(self, name: str) -> _Found:
        try:
            return self._found[name]
        except KeyError:
            known = ", ".join(self.names()) or "none"
            raise PluginError(name, f"there is no scraper of this name; known are {known}") from None


@cache
def entry_points(group: str) -> Sequence[metadata.EntryPoint]:
    """Return what the installed distributions offer: once, as that stays the same while the program runs."""
    return (
        tuple(metadata.entry_points(group=group)) if any(_mentions(folder or ".", group) for folder in sys.path) else ()
    )


def _mentions(folder: str, group: str) -> bool:
    """Return whether a distribution in a folder of the import path may have entry points of a group.

    `importlib.metadata` reads and parses two files of each distribution, which takes a tenth of the program's start;
    hardly any installation has scrapers of that kind.
    """
    path = Path(folder)
    if path.suffix == ".egg" or path.is_file():
        return True  # a form of old, or an archive: importlib.metadata knows how to look into it
    return any(group.encode() in file.read_bytes() for file in path.glob("*.*-info/entry_points.txt"))


def check_private(folder: Path) -> None:
    """Raise PluginError unless only this user and root can change what is in `folder`.

    Code in it runs with this user's rights, so the folder, its scrapers and every folder above must not be writable by
    a group or by all (a sticky one, such as /tmp, may), nor belong to another user.
    """
    if not folder.is_dir():
        raise PluginError(str(folder), "there is no such folder")
    inside = [*folder.rglob("*.py"), *folder.glob("*.toml"), *folder.rglob("__pycache__"), *folder.rglob("*.pyc")]
    for path in {folder, *inside}:
        real = path.resolve()
        _check_owner(real)
        for above in real.parents:
            _check_owner(above)


def _check_owner(path: Path) -> None:
    status = path.stat()
    if status.st_uid not in (0, os.geteuid()):
        raise PluginError(str(path), f"belongs to another user (uid {status.st_uid}); chown it to run code from it")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not (path.is_dir() and status.st_mode & stat.S_ISVTX):
        raise PluginError(str(path), f"can be changed by other users; `chmod go-w {path}` to run code from it")


def _in_folder(folder: Path) -> Iterator[tuple[str, _Found]]:
    for path in sorted(folder.iterdir()):
        file = path / "scraper.py" if path.is_dir() else path
        stem = path.stem if path is file else path.name
        if file.suffix == ".toml" and _NAME.fullmatch(stem) and file.is_file():
            yield stem.replace("_", "-"), _Found(str(file), partial(_from_toml, file))
        if file.suffix != ".py" or not _NAME.fullmatch(stem) or not file.is_file():
            continue
        yield stem.replace("_", "-"), _Found(str(file), partial(_from_file, stem.replace("-", "_"), file))


def _from_file(stem: str, file: Path) -> ModuleType:
    """Import a file under the private prefix, once for each file."""
    parent = sys.modules.setdefault(PREFIX, ModuleType(PREFIX, "Scrapers, loaded by path."))
    parent.__path__ = []
    name = f"{PREFIX}.{stem}"
    known = sys.modules.get(name)
    if known is not None and known.__file__ == str(file):
        return known
    for other in [module for module in sys.modules if module == name or module.startswith(name + ".")]:
        del sys.modules[other]
    siblings = [str(file.parent)] if file.name == "scraper.py" else None
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=siblings)
    assert spec is not None, "a .py file always has a loader"
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _from_toml(file: Path) -> PresetFile:
    with file.open("rb") as opened:
        return msgspec.convert(tomllib.load(opened), PresetFile, strict=True)


def _from_point(point: metadata.EntryPoint) -> object:
    return point.load()


def _scraper_in(found: _Found) -> object:
    try:
        loaded = found.load()
    except Exception as error:  # the plug-in's own code: whatever it raises, its author or operator has to be told
        raise PluginError(found.origin, f"can't be imported: {type(error).__name__}: {error}") from error
    if isinstance(loaded, ModuleType):
        if not hasattr(loaded, "scraper"):
            raise PluginError(found.origin, "doesn't define `scraper`")
        return loaded.scraper
    return loaded


def _checked(name: str, origin: str, scraper: object) -> Scraper:
    """Return `scraper` if it has all parts of the Protocol. Raises PluginError."""
    given: Any = getattr(scraper, "name", None)
    if given != name:
        raise PluginError(origin, f"its name must be {name!r}, as the file says, not {given!r}")
    version: Any = getattr(scraper, "version", None)
    if type(version) is not int or version < 1:
        raise PluginError(origin, f"its version must be a whole number from 1 up, not {version!r}")
    options: Any = getattr(scraper, "Options", ...)
    if options is not None and not (isinstance(options, type) and issubclass(options, msgspec.Struct)):
        raise PluginError(origin, "its Options must be a msgspec.Struct class, or None")
    for method, parameters in (("requests", 2), ("parse", 2)):
        function: Any = getattr(scraper, method, None)
        if not callable(function):
            raise PluginError(origin, f"it has no method `{method}`")
        try:
            inspect.signature(function).bind(*[None] * parameters)
        except TypeError as error:
            raise PluginError(origin, f"its method `{method}` must take {parameters} arguments: {error}") from error
    return cast("Scraper", scraper)
