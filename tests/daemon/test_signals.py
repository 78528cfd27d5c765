"""Signals may come at any moment, also while the daemon deals with another one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from listener.app import App, load_settings
from listener.daemon import Daemon
from listener.systemd import Notifier

#: Sent from outside, so that they come between any two steps of the interpreter.
STORM = """
import os, signal, sys, time
for _ in range(20_000):
    os.kill(int(sys.argv[1]), signal.SIGHUP)
    time.sleep(0.00001)
os.kill(int(sys.argv[1]), signal.SIGTERM)
"""


class CountingDaemon(Daemon):
    """Counts what it would reload."""

    reloads = 0

    def _reload_settings(self) -> None:
        self.reloads += 1


@pytest.fixture
def handled() -> Iterator[None]:
    """Give signals back to whoever had them."""
    before = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.timeout(60)
@pytest.mark.usefixtures("handled")
def test_a_storm_of_signals_is_survived_and_the_last_one_heard(tmp_path: Path) -> None:
    path = tmp_path / "listener.toml"
    path.write_text('[listener]\ncontact = "https://example.com/bot"\n\n[brands.acme]\nquery = "Acme"\n')
    with closing(App(load_settings(path))) as app:
        daemon = CountingDaemon(lambda: app, Notifier(None))
        for number in (signal.SIGHUP, signal.SIGTERM):
            signal.signal(number, daemon._on_signal)

        with subprocess.Popen([sys.executable, "-c", STORM, str(os.getpid())]):
            daemon._wait(daemon._scheduler())
        assert daemon._ended_by == "SIGTERM"
    assert daemon.reloads >= 1
