"""Routes a request to the adapter for its URL scheme; `http` and `https` go to the browser when rendering is wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from listener.types import FetchResult, Request, Validators


class Adapter(Protocol):
    """Answers requests of one kind: the web, a folder, a mailbox or the browser."""

    def fetch(self, request: Request, validators: Validators, *, under_way: bool = False) -> FetchResult:
        """Return how the request ended. Never raises for anything the outside world can cause.

        `under_way`: the poll has already made requests, so it waits longer for its host before it is deferred.
        """
        ...


class LazyAdapter:
    """An adapter that is built on its first request. Safe to share between threads."""

    def __init__(self, make: Callable[[], Adapter]) -> None:
        self._make = make
        self._adapter: Adapter | None = None
        self._lock = threading.Lock()

    def fetch(self, request: Request, validators: Validators, *, under_way: bool = False) -> FetchResult:
        """Return how the request ended, as the adapter says."""
        with self._lock:
            if self._adapter is None:
                self._adapter = self._make()
            adapter = self._adapter
        return adapter.fetch(request, validators, under_way=under_way)


class Router:
    """Hands each request to the adapter for its scheme, or to the browser."""

    def __init__(self, web: Adapter, others: Mapping[str, Adapter], browser: Adapter) -> None:
        """`others` maps lower-case URL schemes, without the colon, to their adapters."""
        self._web = web
        self._others = others
        self._browser = browser

    def fetch(self, request: Request, validators: Validators, *, under_way: bool = False) -> FetchResult:
        """Return how the request ended, as the adapter for its scheme says."""
        scheme = request.url.partition(":")[0].lower()
        adapter = self._others.get(scheme, self._browser if request.render else self._web)
        return adapter.fetch(request, validators, under_way=under_way)
