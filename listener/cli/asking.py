"""Asking a few URLs on behalf of a person who waits at a terminal."""

from __future__ import annotations

from listener.doors import Door
from listener.types import FetchResult, Request, Validators


class Asks:
    """Asks for URLs one after another, as one poll does: from the second on it waits for the host's turn."""

    def __init__(self, web: Door) -> None:
        self._web = web
        self._count = 0

    def __call__(self, request: Request) -> FetchResult:
        """Fetch."""
        self._count += 1
        return self._web.fetch(request, Validators(), under_way=self._count > 1)
