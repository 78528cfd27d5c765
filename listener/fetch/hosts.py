"""Storage of host states: the Protocol, and an in-memory implementation."""

from __future__ import annotations

import threading
from typing import Protocol

from listener.types import HostState


class HostStates(Protocol):
    """Keeps one HostState for each host. Called from many threads, but for one host by one at a time."""

    def get_host(self, host: str) -> HostState | None:
        """Return what was last saved of `host` (name:port), or None."""
        ...

    def save_host(self, state: HostState) -> None:
        """Keep `state` under its `host`, in place of what was there."""
        ...


class MemoryHosts:
    """Host states of one process: for commands that poll once, and for tests."""

    def __init__(self) -> None:
        self._states: dict[str, HostState] = {}
        self._lock = threading.Lock()

    def get_host(self, host: str) -> HostState | None:
        """Return what was last saved of `host`, or None."""
        with self._lock:
            return self._states.get(host)

    def save_host(self, state: HostState) -> None:
        """Keep `state`."""
        with self._lock:
            self._states[state.host] = state
