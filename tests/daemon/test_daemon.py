"""The service as systemd runs it: a process, signals, a notify socket."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

# Processes of their own, on a machine that may be busy: what is awaited here comes within a second on a free one.
pytestmark = pytest.mark.timeout(170)

ROOT = Path(__file__).resolve().parent.parent.parent

RSS = """<rss version="2.0"><channel><title>Feed</title>
<item><title>{title}</title><guid>{title}</guid><pubDate>{now}</pubDate>
<description>Acme is terrible, broken and useless.</description></item>
</channel></rss>"""

SETTINGS = """\
[listener]
database = "test.db"
contact = "https://example.com/"

[fetch]
gap = "0s"
min_every = "1s"
allow_networks = ["127.0.0.0/8"]

[brands.acme]
query = "Acme"

[sources.blog]
url = "{url}"
every = "1s"

[channels.screen]
type = "console"

[alerts.angry]
sentiment_at_most = -0.3
channels = ["screen"]
"""


def feed(title: str) -> str:
    """Return a feed with one angry item, published now."""
    return RSS.format(title=title, now=format_datetime(datetime.now(UTC)))


class Systemd:
    """The other end of sd_notify: a datagram socket that keeps what it hears."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.heard: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(50)

    def wait_for(self, word: str, *, count: int = 1) -> None:
        """Read until a word was heard `count` times. Raises TimeoutError."""
        while sum(word in message for message in self.heard) < count:
            self.heard.append(self._socket.recv(4096).decode())

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    other_end = Systemd(tmp_path / "notify")
    yield other_end
    other_end.close()


@pytest.fixture
def settings(tmp_path: Path, httpserver: HTTPServer) -> Path:
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    httpserver.expect_request("/feed").respond_with_data(feed("Acme one"), content_type="text/xml")
    path = tmp_path / "listener.toml"
    path.write_text(SETTINGS.format(url=httpserver.url_for("/feed")))
    return path


@contextmanager
def daemon(settings: Path, systemd: Systemd) -> Iterator[subprocess.Popen[str]]:
    """Run the daemon, its output in a file beside the settings; end it in the end."""
    environ = {**os.environ, "NOTIFY_SOCKET": str(systemd.path), "WATCHDOG_USEC": "60000000"}
    with (settings.parent / "log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "listener", "-c", str(settings), "run"],
            cwd=ROOT, env=environ, stdout=log, stderr=log, text=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def until(holds: Callable[[], bool], seconds: float = 50) -> None:
    """Wait until something holds. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError("it never came to hold")
        time.sleep(0.05)


def test_it_says_ready_polls_alerts_feeds_the_watchdog_and_stops_cleanly(settings: Path, systemd: Systemd) -> None:
    log = settings.parent / "log"
    with daemon(settings, systemd) as process:
        systemd.wait_for("READY=1")
        systemd.wait_for("STATUS=")
        systemd.wait_for("WATCHDOG=1", count=2)
        until(lambda: "Acme one" in log.read_text())
        process.send_signal(signal.SIGTERM)
        systemd.wait_for("STOPPING=1")
        assert process.wait(timeout=50) == 0
    assert "source=blog outcome=ok requests=1 items=1 new=1 mentions=1 changes=0 alerts=1" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_a_second_daemon_is_refused_with_the_first_ones_process_id(settings: Path, systemd: Systemd) -> None:
    with daemon(settings, systemd) as first:
        systemd.wait_for("READY=1")
        with daemon(settings, systemd) as second:
            assert second.wait(timeout=50) == 1
        assert str(first.pid) in (settings.parent / "log").read_text()
        assert first.poll() is None


def test_sighup_reads_the_settings_again_and_refuses_bad_ones(
    settings: Path, systemd: Systemd, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/more").respond_with_data(feed("Acme two"), content_type="text/xml")
    log = settings.parent / "log"
    good = settings.read_text() + f'\n[sources.more]\nurl = "{httpserver.url_for("/more")}"\n'
    with daemon(settings, systemd) as process:
        systemd.wait_for("READY=1")
        settings.write_text("[brands.acme]\nqueri = 1\n")
        process.send_signal(signal.SIGHUP)
        systemd.wait_for("READY=1", count=2)
        assert "settings not reloaded" in log.read_text()
        settings.write_text(good.replace("test.db", "missing/test.db"))  # good settings until it is opened
        process.send_signal(signal.SIGHUP)
        systemd.wait_for("READY=1", count=3)
        assert "missing/test.db can't be opened" in log.read_text()
        settings.write_text(good.replace("test.db", "other.db"))
        process.send_signal(signal.SIGHUP)
        systemd.wait_for("READY=1", count=4)
        assert "settings not reloaded: another database needs a restart" in log.read_text()
        settings.write_text(good)
        process.send_signal(signal.SIGHUP)
        systemd.wait_for("READY=1", count=5)
        assert sum("RELOADING=1" in message for message in systemd.heard) == 4
        until(lambda: "source=more outcome=ok" in log.read_text())
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=50) == 0


CLOCK_SET_BACK = """
import sys, threading, time_machine
from listener.cli import main

def set_back():
    sys.stdin.readline()
    clock.shift(-7200)

with time_machine.travel("2026-11-02T08:00:00Z", tick=True) as clock:
    threading.Thread(target=set_back, daemon=True).start()
    main(["-c", sys.argv[1], "run"])
"""


def test_a_clock_that_is_set_back_stops_nothing(settings: Path, systemd: Systemd) -> None:
    log = settings.parent / "log"
    with log.open("a") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", CLOCK_SET_BACK, str(settings)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=out, stderr=out, text=True,
            env={**os.environ, "NOTIFY_SOCKET": str(systemd.path), "WATCHDOG_USEC": "60000000"},
        )  # fmt: skip
    try:
        systemd.wait_for("WATCHDOG=1", count=2)
        assert process.stdin is not None
        process.stdin.write("now\n")
        process.stdin.close()
        until(lambda: "the clock was set back by 7" in log.read_text())
        beats = sum("WATCHDOG=1" in message for message in systemd.heard)
        systemd.wait_for("READY=1", count=2)
        systemd.wait_for("WATCHDOG=1", count=beats + 5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=50) == 0
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in log.read_text()


def test_under_journald_lines_carry_priorities_and_no_times(settings: Path, systemd: Systemd) -> None:
    os.environ["JOURNAL_STREAM"] = "8:1"
    try:
        with daemon(settings, systemd) as process:
            systemd.wait_for("READY=1")
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=50)
    finally:
        del os.environ["JOURNAL_STREAM"]
    lines = (settings.parent / "log").read_text().splitlines()
    assert "<6>ready sources=1 brands=1 channels=1" in lines
