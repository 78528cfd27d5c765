"""Servers that trickle, lie, flood and explode: bounded in time and memory, and never a part taken for the whole."""

from __future__ import annotations

import gzip
import random
import socket
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from listener.fetch import Fetcher
from listener.types import FetchResult, Outcome, Request
from tests.fetch.conftest import MakeFetcher
from tests.fetch.sites import Script, Site, redirect, reply

HEAD = b"HTTP/1.1 200 OK\r\n"
TEXT = b"<rss>" + bytes(range(256)) * 500


def get(fetcher: Fetcher, site: Site, script: Script, path: str = "/") -> FetchResult:
    site.scripts[path] = script
    return fetcher.fetch(Request(url=site.url(path), robots=False))


def sending(head: bytes, pieces: Iterable[bytes], *, every: float = 0.0) -> Callable[[socket.socket], None]:
    """Return a script that sends `head` and then one piece after another, until the other side has had enough."""

    def script(connection: socket.socket) -> None:
        connection.sendall(head)
        for piece in pieces:
            time.sleep(every)
            connection.sendall(piece)

    return script


TRICKLES = {
    "in the status line": (b"", b"H"),
    "in a header": (HEAD + b"X-Long: ", b"x"),
    "in headers": (HEAD, b"X-A: b\r\n"),
    "in the body": (HEAD + b"Content-Length: 100000\r\n\r\n", b"x"),
    "in chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "in the size of a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "in a trailer": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    "in a body without a length": (HEAD + b"\r\n", b"x"),
}


@pytest.mark.parametrize("where", TRICKLES)
def test_a_trickle_ends_at_the_total_timeout(site: Site, make_fetcher: MakeFetcher, where: str) -> None:
    head, piece = TRICKLES[where]
    fetcher = make_fetcher(total_timeout=timedelta(seconds=0.15))
    begun = time.monotonic()
    result = get(fetcher, site, sending(head, (piece for _ in range(10_000)), every=0.01))
    assert result.outcome is Outcome.TIMEOUT, result.detail
    assert time.monotonic() - begun < 5


def test_silence_in_the_middle_ends_at_the_read_timeout(site: Site, make_fetcher: MakeFetcher) -> None:
    fetcher = make_fetcher(read_timeout=timedelta(seconds=0.3), total_timeout=timedelta(seconds=30))

    def script(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: 10\r\n\r\nabc")
        connection.recv(1)

    result = get(fetcher, site, script)
    assert result.outcome is Outcome.TIMEOUT
    assert result.status == 200


FLOODS = {
    "headers": (HEAD, b"X-%d: y\r\n" % 1 * 5_000),
    "one header": (HEAD + b"X: ", b"y" * 50_000),
    "the status line": (b"HTTP/1.1 200 ", b"O" * 50_000),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000),
    "a chunk extension": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;", b"x" * 50_000),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"a\r\n0123456789\r\n" * 5_000),
    "a body without a length": (HEAD + b"\r\n", b"x" * 50_000),
    "trailers": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 9_000),
}


@pytest.mark.parametrize("what", FLOODS)
def test_a_flood_is_left(site: Site, make_fetcher: MakeFetcher, what: str) -> None:
    head, piece = FLOODS[what]
    fetcher = make_fetcher(total_timeout=timedelta(seconds=20), body_limit=500_000)
    result = get(fetcher, site, sending(head, (piece for _ in range(1_000))))
    assert result.outcome in (Outcome.TOO_LARGE, Outcome.PROTOCOL), result.outcome
    assert result.bytes_received < 2_000_000


DAMAGED: dict[str, Script] = {
    "fewer bytes than declared": HEAD + b"Content-Length: 10\r\nConnection: close\r\n\r\nabc",
    "no last chunk": HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n",
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n9\r\nabc",
    "a negative chunk": HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n-5\r\nabc\r\n0\r\n\r\n",
    "a chunk of minus one": HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n-1\r\nabc\r\n0\r\n\r\n",
    "a chunk size that is none": HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\nabc\r\n",
    "two lengths": HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabcd",
    "half a gzip": reply(body=gzip.compress(b"x" * 999)[:-9], headers={"Content-Encoding": "gzip"}),
    "damaged gzip": reply(body=gzip.compress(TEXT)[:-8] + b"checksum", headers={"Content-Encoding": "gzip"}),
    "brotli": reply(body=b"\x0b\x02\x80hello\x03", headers={"Content-Encoding": "br"}),
    "gzip in gzip": reply(body=gzip.compress(gzip.compress(b"x")), headers={"Content-Encoding": "gzip, gzip"}),
    "an empty answer": b"\r\n\r\n",
    "HTTP/3": b"HTTP/3 200 OK\r\n\r\n",
    "a status that is none": b"HTTP/1.1 OK\r\n\r\n",
    "nothing": lambda connection: None,
}


@pytest.mark.parametrize("what", DAMAGED)
def test_what_is_damaged_is_never_taken_for_whole(site: Site, fetcher: Fetcher, what: str) -> None:
    result = get(fetcher, site, DAMAGED[what])
    assert result.outcome is Outcome.PROTOCOL, result.detail
    assert result.response is None
    assert site.address in result.detail


def test_a_reset_is_told(site: Site, fetcher: Fetcher) -> None:
    def script(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: 10\r\n\r\nabc")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert get(fetcher, site, script).outcome is Outcome.PROTOCOL


def test_more_bytes_than_declared_are_left(site: Site, fetcher: Fetcher) -> None:
    result = get(fetcher, site, HEAD + b"Content-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
    assert result.response is not None
    assert result.response.body == b"abc"
    site.scripts["/second"] = reply(body=b"good")
    second = fetcher.fetch(Request(url=site.url("/second"), robots=False))
    assert second.response is not None
    assert second.response.body == b"good"


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


READABLE = {
    "gzip": (gzip.compress(TEXT), "gzip"),
    "x-gzip": (gzip.compress(TEXT), "x-gzip"),
    "two members": (gzip.compress(TEXT[:999]) + gzip.compress(TEXT[999:]), "gzip"),
    "rubbish after it": (gzip.compress(TEXT) + b"\0\0rubbish", "gzip"),
    "zlib": (zlib.compress(TEXT), "deflate"),
    "raw deflate": (raw_deflate(TEXT), "deflate"),
    "plain text called gzip": (TEXT, "gzip"),
    "a coding that is none": (TEXT, "UTF-8"),
    "identity": (TEXT, "identity"),
    "none": (TEXT, ""),
}


@pytest.mark.parametrize("what", READABLE)
@pytest.mark.parametrize("chunked", [False, True])
def test_what_is_compressed_is_read(site: Site, fetcher: Fetcher, what: str, chunked: bool) -> None:
    body, coding = READABLE[what]
    script = reply(body=body, headers={"Content-Encoding": coding})
    if chunked:
        pieces = [body[start : start + 7000] for start in range(0, len(body), 7000)]
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        script = HEAD + b"Transfer-Encoding: chunked\r\nContent-Encoding: %b\r\n\r\n" % coding.encode() + chunks
        script += b"0\r\n\r\n"
    result = get(fetcher, site, script)
    assert result.response is not None, result.detail
    assert result.response.body == TEXT


def test_an_empty_body_called_gzip_is_empty(site: Site, fetcher: Fetcher) -> None:
    result = get(fetcher, site, reply(body=b"", headers={"Content-Encoding": "gzip"}))
    assert result.response is not None
    assert result.response.body == b""


def test_a_body_at_the_limit_is_whole_and_one_byte_more_is_refused(site: Site, make_fetcher: MakeFetcher) -> None:
    fetcher = make_fetcher(body_limit=10_000)
    noise = random.Random(1).randbytes(10_001)
    for coding, pack in (("", bytes), ("gzip", gzip.compress)):
        headers = {"Content-Encoding": coding}
        assert get(fetcher, site, reply(body=pack(noise[:-1]), headers=headers)).outcome is Outcome.OK
        assert get(fetcher, site, reply(body=pack(noise), headers=headers)).outcome is Outcome.TOO_LARGE


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_costs_no_more_than_the_limit(site: Site, make_fetcher: MakeFetcher, coding: str) -> None:
    compressor = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
    zeros = bytes(1_000_000)
    body = b"".join(compressor.compress(zeros) for _ in range(30)) + compressor.flush()
    fetcher = make_fetcher()
    tracemalloc.start()
    result = get(fetcher, site, reply(body=body, headers={"Content-Encoding": coding}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.outcome is Outcome.BOMB
    assert peak < 10_000_000


def test_a_thousand_members_are_a_bomb(site: Site, fetcher: Fetcher) -> None:
    result = get(fetcher, site, reply(body=gzip.compress(b"") * 1000, headers={"Content-Encoding": "gzip"}))
    assert result.outcome is Outcome.BOMB


def test_the_body_of_a_redirect_is_not_read(site: Site, fetcher: Fetcher) -> None:
    flood = redirect("/end").replace(b"Content-Length: 0", b"Content-Length: 1000000000")
    site.scripts["/end"] = reply(body=b"end")
    result = get(fetcher, site, sending(flood, (b"x" * 50_000 for _ in range(20_000))))
    assert result.outcome is Outcome.OK, result.detail
    assert result.bytes_received < 1_000_000


def test_the_page_of_an_error_is_not_read(site: Site, fetcher: Fetcher) -> None:
    flood = reply(500).replace(b"Content-Length: 0", b"Content-Length: 1000000000")
    result = get(fetcher, site, sending(flood, (b"x" * 50_000 for _ in range(20_000))))
    assert result.outcome is Outcome.SERVER_ERROR
    assert result.bytes_received < 1_000_000


def test_words_of_the_server_are_not_repeated(site: Site, fetcher: Fetcher) -> None:
    result = get(fetcher, site, b"HTTP/1.1 500 <script>alert(1)</script>\r\nContent-Length: 0\r\n\r\n")
    assert "script" not in result.detail


STATUS_LINES = [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 301 X\r\n", b"HTTP/1.1 304 \r\n", b"HTTP/1.1 \xb2\xb2\xb2 \r\n", b""]
FIELDS = [
    *(b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999999999999\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n", b"Content-Encoding: deflate\r\n"),
    *(b"Location: http://[\r\n", b"Location: //\r\n", b"Location: \xff\xfe\r\n", b"Location: http://\xfc.example\r\n"),
    *(b"Retry-After: 9e9\r\n", b"ETag: \r\n ", b"Date: Mon, 99 Foo 99999 99:99:99 +9999\r\n", b"Expires: 0\r\n"),
    *(b"Cache-Control: max-age=99999999999999999999\r\n", b": \r\n", b"\r\n", b"\n", b"\r", b"\0"),
    *(b"0\r\n\r\n", b"5;x\r\nhello\r\n", b"-3\r\nhello\r\n", b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"hello"),
]
ANSWERS = st.builds(
    lambda status, pieces: status + b"".join(pieces),
    st.sampled_from(STATUS_LINES),
    st.lists(st.one_of(st.sampled_from(FIELDS), st.binary(max_size=20)), max_size=12),
)


@given(answer=ANSWERS)
@hypothesis_settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
def test_whatever_bytes_come_the_end_is_a_value(site: Site, make_fetcher: MakeFetcher, answer: bytes) -> None:
    fetcher = make_fetcher(read_timeout=timedelta(seconds=0.05))
    site.scripts["/"] = lambda connection: connection.sendall(answer)
    result = fetcher.fetch(Request(url=site.url(), robots=False))
    assert isinstance(result.outcome, Outcome)
    fetcher.close()
