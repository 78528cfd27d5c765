"""Modules that are imported when something of them is first needed.

A round that brings no news needs half of the program's modules, and importing the others takes as long as some hundred
polls do. Where a module stands for another until then, type checkers are shown the ordinary import.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping


class LateModule:
    """Stands for a module until something of it is asked for. Threads may share it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        return getattr(importlib.import_module(self._name), attribute)


def late_modules(package: str, names: str) -> Iterator[LateModule]:
    """Yield what stands for modules of a package, named with blanks between."""
    return (LateModule(f"{package}.{name}") for name in names.split())


def late_names(package: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """Return a package's `__getattr__` (PEP 562): `modules` says by module which names it gives, with blanks between.

    A name that stands as `given=own` is called otherwise in its module.
    """
    homes = {
        given: (f"{package}.{module}", own or given)
        for module, names in modules.items()
        for given, _, own in (name.partition("=") for name in names.split())
    }

    def get(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, own = homes[name]
        return getattr(importlib.import_module(module), own)

    return get
