"""The head of an answer is understood as http.client understands it, whatever it looks like."""

from __future__ import annotations

import http.client
import io
import socket

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from listener.fetch.incoming import Incoming, read_fields
from listener.fetch.wire import Deadline, GuardedSocket

LINES = st.one_of(
    st.sampled_from(
        [
            b'ETag: "a"',
            b"Content-Type:text/xml",
            b"Link: <a>",
            b"link: <b>",
            b"X-Empty:",
            b"  folded",
            b"\tfolded",
            b"Space : x",
            b"no colon",
            b"From me",
            b"X:\r more",
            b"Na\xefve: x",
            b"Trailing: x  ",
            b": nameless",
        ]
    ),
    st.binary(max_size=20),
)


def by_http_client(head: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in http.client.parse_headers(io.BytesIO(head)).items():
        one = " ".join(line.strip() for line in value.split("\n")) if "\n" in value else value
        fields[name.lower()] = f"{fields[name.lower()]}, {one}" if name.lower() in fields else one
    return fields


@given(st.lists(LINES, max_size=6), st.sampled_from([b"\r\n", b"\n"]), st.sampled_from([b"\r\n", b"\n", b""]))
@example([b"A: x\x0b", b"B: \x0c y"], b"\r\n", b"\r\n")
def test_headers_are_read_as_http_client_reads_them(lines: list[bytes], ending: bytes, end: bytes) -> None:
    head = b"".join(line + ending for line in lines) + end
    assert read_fields(io.BytesIO(head)) == by_http_client(head)


def test_too_many_and_too_long_headers_are_refused() -> None:
    with pytest.raises(http.client.HTTPException, match="100 headers"):
        read_fields(io.BytesIO(b"a: b\r\n" * 101 + b"\r\n"))
    with pytest.raises(http.client.LineTooLong):
        read_fields(io.BytesIO(b"a: " + b"b" * 70_000 + b"\r\n\r\n"))


def begun(kind: type[http.client.HTTPResponse], head: bytes, method: str = "GET") -> http.client.HTTPResponse:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(head)
        theirs.close()
        wire = GuardedSocket(ours, "host")
        wire.expect(Deadline(total=5, read=5, connect=5))
        answer = kind(wire, method=method)  # type: ignore[arg-type]
        try:
            answer.begin()
        finally:
            answer.close()
        return answer


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 200\r\nContent-Length: nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\nConnection: close\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n\r\n",
        b"HTTP/0.9 200 OK\r\nKeep-Alive: timeout=5\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 200 All is well\r\nTransfer-Encoding: Chunked\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n",
        b"HTTP/1.1 204\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\n",
        b"HTTP/1.5 999 Odd\r\n\r\n",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_framing_is_that_of_http_client(head: bytes, method: str) -> None:
    told = ("status", "reason", "version", "length", "chunked", "will_close")
    ours, theirs = (begun(kind, head, method) for kind in (Incoming, http.client.HTTPResponse))
    assert [getattr(ours, name) for name in told] == [getattr(theirs, name) for name in told]


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 20\r\n\r\n",
        b"HTTP/1.1 2OO OK\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 1000 x\r\n\r\n",
        b"HTTP/1.1 " + b"2" * 70_000,
    ],
)
def test_what_is_no_http_is_refused(head: bytes) -> None:
    for kind in (Incoming, http.client.HTTPResponse):
        with pytest.raises(http.client.HTTPException):
            begun(kind, head)
