"""Which adapter a request goes to: by the scheme of its address, to a browser where one is wanted, or to the web."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from listener.types import FetchResult, Request, Validators


class Door(Protocol):
    """Something that answers requests."""

    def fetch(self, request: Request, validators: Validators, *, under_way: bool = False) -> FetchResult:
        """Return how the request ended. Raises nothing that the world outside can cause."""
        ...


class LateDoor:
    """A door that is made when the first request comes to it."""

    def __init__(self, make: Callable[[], Door]) -> None:
        self._make = make
        self._door: Door | None = None
        self._lock = threading.Lock()

    def fetch(self, request: Request, validators: Validators, *, under_way: bool = False) -> FetchResult:
        """Return how the request ended, as the door says."""
        with self._lock:
            if self._door is None:
                self._door = self._make()
            door = self._door
        return door.fetch(request, validators, under_way=under_way)


class Doors:
    """Hands each request to the adapter for its scheme, or to the browser."""

    def __init__(self, web: Door, others: Mapping[str, Door], browser: Door) -> None:
        """Take the adapters beside the web's by their schemes, in lower case and without a colon."""
        self._web = web
        self._others = others
        self._browser = browser

    def fetch(self, request: Request, validators: Validators, *, under_way: bool = False) -> FetchResult:
        """Return how the request ended, as the adapter for its scheme says."""
        scheme = request.url.partition(":")[0].lower()
        door = self._others.get(scheme, self._browser if request.render else self._web)
        return door.fetch(request, validators, under_way=under_way)
