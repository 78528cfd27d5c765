"""Lazy imports: modules that are loaded when one of their names is first used.

A round of polls without news needs half of the program's modules; importing the rest costs as much CPU time as a few
hundred polls. Callers keep the ordinary import under `TYPE_CHECKING`, so that type checkers see the real module.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping


class LazyModule:
    """Imports a module on first attribute access. Safe to share between threads."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        return getattr(importlib.import_module(self._name), attribute)


def lazy_modules(package: str, names: str) -> Iterator[LazyModule]:
    """Yield a `LazyModule` for each of the space-separated module `names` of a package."""
    return (LazyModule(f"{package}.{name}") for name in names.split())


def lazy_names(package: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """Return a `__getattr__` (PEP 562) for a package; `modules` maps a module to the space-separated names it provides.

    `public=private` exports the module's `private` under the name `public`.
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
