"""The words that systemd hears, on a real socket."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from listener.systemd import Notifier


@pytest.fixture(params=["a path", "an abstract name"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """The address to notify, and the socket on which a service manager would listen."""
    address = str(tmp_path / "notify") if request.param == "a path" else f"@listener-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(address.replace("@", "\0", 1))
        server.settimeout(5)
        yield address, server


def test_each_step_of_a_service_is_one_message(manager: tuple[str, socket.socket]) -> None:
    address, server = manager
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": address})
    assert notifier.ready()
    assert server.recv(4096) == b"READY=1"
    assert notifier.watchdog()
    assert server.recv(4096) == b"WATCHDOG=1"
    assert notifier.stopping()
    assert server.recv(4096) == b"STOPPING=1"


def test_a_status_is_one_line_whatever_is_in_it(manager: tuple[str, socket.socket]) -> None:
    address, server = manager
    notifier = Notifier(address)
    assert notifier.status("12 sources,\nREADY=1 \t é\udce9")
    assert server.recv(4096) == "STATUS=12 sources, READY=1 é?".encode()
    assert notifier.status("x" * 100_000)
    assert len(server.recv(4096)) < 600


def test_a_reload_carries_the_time_on_the_clock_of_the_manager(manager: tuple[str, socket.socket]) -> None:
    address, server = manager
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert Notifier(address).reloading()
    first, _, stamp = server.recv(4096).decode().partition("\n")
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert first == "RELOADING=1"
    assert before <= int(stamp.removeprefix("MONOTONIC_USEC=")) <= after


def test_without_a_manager_nothing_is_sent_and_nothing_fails(tmp_path: Path) -> None:
    for environ in ({}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1234"}):
        notifier = Notifier.from_environment(environ)
        assert notifier.watchdog_interval is None
        assert not notifier.ready()
    assert not Notifier(str(tmp_path / "nobody")).ready()


def test_a_manager_that_does_not_read_holds_nobody_up_for_long(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(address)
        assert Notifier(address).watchdog()
        fill_queue(address)
        assert not Notifier(address).watchdog()


def fill_queue(address: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client, contextlib.suppress(BlockingIOError):
        client.setblocking(False)
        for _ in range(100_000):
            client.sendto(b"x", address)
        pytest.fail("the queue takes everything")


@pytest.mark.parametrize(
    ("environ", "interval"),
    [
        ({"WATCHDOG_USEC": "60000000"}, timedelta(seconds=60)),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "77"}, timedelta(seconds=60)),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "78"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "18446744073709551615"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "٣"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_only_for_the_process_it_names(environ: dict[str, str], interval: timedelta | None) -> None:
    assert Notifier.from_environment(environ, pid=77).watchdog_interval == interval
