"""Calls from outside, over real sockets: whoever makes them, in whatever way."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from listener import callbacks
from listener.callbacks import BODY_LIMIT_BYTES, CONNECTIONS_LIMIT, Answer, Call, Callbacks
from listener.errors import ListenerError
from tests.websub.hub import call


class Heard:
    """Calls that came through."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def answer(self, one: Call) -> Answer:
        self.calls.append(one)
        return Answer(status=200, text="grüß dich")


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def server(heard: Heard) -> Iterator[Callbacks]:
    running = Callbacks("127.0.0.1", 0, heard.answer, use="for hubs")
    yield running
    running.close()


def say(server: Callbacks, words: bytes, *, end: bool = True) -> bytes:
    """Send bytes and return what comes back until the other side closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
        parts: list[bytes] = []
        with contextlib.suppress(ConnectionError, OSError):
            sock.sendall(words)
            if end:
                sock.shutdown(socket.SHUT_WR)
            while part := sock.recv(65_536):
                parts.append(part)
        return b"".join(parts)


def test_calls_are_heard_with_their_query_headers_and_body(server: Callbacks, heard: Heard) -> None:
    base = f"http://127.0.0.1:{server.port}/hubs/token"
    assert call(f"{base}?hub.topic=https%3A%2F%2Fx.example%2F%3Fa%3D1&hub.mode=subscribe") == (200, "grüß dich")
    assert call(base, b"news" * 1000, {"X-Hub-Signature": "sha1=1"})[0] == 200
    first, second = heard.calls
    assert (first.method, first.path) == ("GET", "/hubs/token")
    assert first.query == {"hub.topic": "https://x.example/?a=1", "hub.mode": "subscribe"}
    assert (second.method, second.body, second.headers["x-hub-signature"]) == ("POST", b"news" * 1000, "sha1=1")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (b"\r\n\r\n", b"400"),
        (b"GET\r\n\r\n", b"400"),
        (b"GET http://x.example/ HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/2\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nA : b\r\n\r\n", b"400"),
        (b"GET /?" + b"a=1&" * 100 + b" HTTP/1.1\r\n\r\n", b"400"),
        (b"GET //[x HTTP/1.1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n1", b"411"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n1", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_LIMIT_BYTES + 1), b"413"),
    ],
)
def test_calls_that_make_no_sense_are_refused(server: Callbacks, heard: Heard, words: bytes, status: bytes) -> None:
    assert say(server, words).startswith(b"HTTP/1.1 " + status)
    assert heard.calls == []


@pytest.mark.parametrize(
    "words", [b"", b"GET / HT", b"GET /" + b"x" * 100_000, b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf"]
)
def test_calls_that_break_off_or_never_end_get_no_answer(server: Callbacks, heard: Heard, words: bytes) -> None:
    assert say(server, words) == b""
    assert heard.calls == []
    assert call(f"http://127.0.0.1:{server.port}/")[0] == 200


def test_a_call_that_comes_slowly_is_left_in_time(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "CALL_SECONDS", 0.2)
    server = Callbacks("127.0.0.1", 0, heard.answer, use="for hubs")
    began = time.monotonic()
    assert say(server, b"GET / HTTP/1.1\r\nA: b", end=False) == b""
    assert time.monotonic() - began < 5
    server.close()


def test_more_callers_than_there_is_room_for_are_sent_away_and_do_no_harm(server: Callbacks) -> None:
    crowd = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(CONNECTIONS_LIMIT)]
    for one in crowd:
        one.sendall(b"GET / HTTP/1.1\r\n")
    assert say(server, b"GET / HTTP/1.1\r\n\r\n") == b""
    for one in crowd:
        one.close()
    deadline = time.monotonic() + 10
    while (answer := say(server, b"GET / HTTP/1.1\r\n\r\n")) == b"" and time.monotonic() < deadline:
        pass
    assert answer.startswith(b"HTTP/1.1 200")


def test_an_address_that_is_taken_is_told(server: Callbacks, heard: Heard) -> None:
    with pytest.raises(ListenerError, match=r"can't listen at 127\.0\.0\.1:\d+ for hubs"):
        Callbacks("127.0.0.1", server.port, heard.answer, use="for hubs")


def test_nothing_is_left_behind(heard: Heard) -> None:
    before = threading.active_count()
    server = Callbacks("127.0.0.1", 0, heard.answer, use="for hubs")
    with socket.create_connection(("127.0.0.1", server.port)):
        server.close()
    assert threading.active_count() == before
