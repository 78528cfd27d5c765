"""Asking a few URLs on behalf of a person who waits at a terminal."""

from __future__ import annotations

from listener.fetch import Fetcher
from listener.types import FetchResult, Request, Validators


class Asks:
    """Asks for URLs one after another, as one poll does: from the second on it waits for the host's turn."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._count = 0

    def __call__(self, request: Request) -> FetchResult:
        """Fetch."""
        self._count += 1
        return self._fetcher.fetch(request, Validators(), under_way=self._count > 1)
