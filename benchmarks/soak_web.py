"""A web that misbehaves: loopback hosts whose feeds are slow, limited, broken, moved and gone, in simulated time.

Run as a program by `soak.py`. It reads the simulated time from a file that the listener's side writes, answers by it,
and keeps the book of every request: whether one came sooner than the host's gap allows, or inside a Retry-After. When
its standard input closes it prints the book as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import mmap
import resource
import struct
import sys
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = 86_400.0
HOUR = 3_600.0
GAP_SECONDS = 2.0
CRAWL_DELAY_SECONDS = 20.0
#: Entries that a feed shows: what is published while a host is down for two days must still stand there.
SHOWN = 40

#: How a source behaves, by its number.
KINDS = (
    "steady", "atom", "json", "no-validators", "new-guids", "new-guids-and-links", "dates-of-now", "no-dates",
    "redirected", "moved", "gone", "breaks-off", "cut", "login-page", "flapping", "forbidden",
)  # fmt: skip
#: How a host behaves, by its number.
HOST_KINDS = ("fine", "429", "503", "slow", "crawl-delay", "500", "hangs-up", "robots-500", "hangs", "fine")
#: In which of these spans of days the hosts of a kind misbehave.
EPISODES = {
    "429": ((3.0, 3.5), (11.0, 11.5), (19.0, 19.5)),
    "503": ((4.0, 4.5), (16.0, 16.5)),
    "500": ((8.0, 10.0),),
    "hangs-up": ((13.0, 14.0),),
    "robots-500": ((6.0, 6.5), (21.0, 21.5)),
    "hangs": ((7.0, 7.2),),
}
#: `moved` moves and `gone` goes at these days.
MOVES, GOES = 5.0, 20.0


def kind_of(number: int) -> str:
    """Return how a source behaves. Shifted with each round, so that a host has sources of several kinds."""
    return KINDS[(number + number // 500) % len(KINDS)]


def hosts(count: int) -> list[str]:
    """Return loopback addresses."""
    return [f"127.{20 + i // 200}.0.{1 + i % 200}" for i in range(count)]


def host_kind_of(number: int) -> str:
    """Return how a host behaves."""
    return HOST_KINDS[number % len(HOST_KINDS)]


def period_of(number: int) -> float:
    """Return how many seconds lie between two items of a source: 8 hours to two days."""
    return HOUR * (8 + number * 7 % 41)


def published(number: int, now: float) -> int:
    """Return how many items a source has published `now` seconds after the start."""
    return int(now / period_of(number)) + 1 if now >= 0 else 0


def chance(*seeds: object) -> float:
    """Return a number from 0 to 1, always the same for the same seeds."""
    return zlib.crc32(repr(seeds).encode()) / 0xFFFF_FFFF


class SharedClock:
    """Simulated seconds since the start, in a file that two processes map."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(8))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 8)

    def get(self) -> float:
        """Return the seconds."""
        return float(struct.unpack_from("d", self._map)[0])

    def set(self, seconds: float) -> None:
        """Set the seconds."""
        struct.pack_into("d", self._map, 0, seconds)


@dataclass(slots=True)
class Host:
    """What a host remembers of its visitor."""

    kind: str
    last_end: float = -1e9
    alone_until: float = -1e9
    served: int = 0
    #: What was asked for when it hung up last.
    hung_up_on: str = ""


@dataclass(slots=True)
class Book:
    """What happened, for the report."""

    requests: int = 0
    too_soon: int = 0
    sent_again: int = 0
    inside_retry_after: int = 0
    forbidden_asked: int = 0
    after_gone: int = 0
    statuses: Counter[str] = field(default_factory=Counter)


class Site:
    """Answers requests by the simulated time."""

    def __init__(self, clock: Callable[[], float], host_count: int) -> None:
        self._clock = clock
        self._hosts = {address: Host(host_kind_of(number)) for number, address in enumerate(hosts(host_count))}
        self._gone: set[int] = set()
        self.book = Book()

    def answer(self, address: str, path: str, etag: str) -> tuple[bytes, float, bool] | None:
        """Return the bytes to send, after how many real seconds, and whether to hang up then; None: say nothing."""
        now, host = self._clock(), self._hosts[address]
        book = self.book
        book.requests += 1
        gap = CRAWL_DELAY_SECONDS if host.kind == "crawl-delay" else GAP_SECONDS
        soon = now < host.last_end + gap - 1e-3
        # A request that meets a kept connection just as it is closed is sent once more on a fresh one (RFC 9112,
        # 9.3.1).
        book.sent_again += soon and path == host.hung_up_on
        book.too_soon += soon and path != host.hung_up_on
        host.hung_up_on = ""
        book.inside_retry_after += now < host.alone_until - 1e-3
        host.last_end = now
        host.served += 1
        day = now / DAY
        bad = any(start <= day < end for start, end in EPISODES.get(host.kind, ()))
        if path == "/robots.txt":
            return self._robots(host, bad=bad)
        if bad and host.kind in ("429", "503"):
            wait = 1800 + 3600 * chance(address, host.served)
            host.alone_until = now + int(wait)
            moment = START + timedelta(seconds=now)
            value = str(int(wait))
            if host.kind == "503":
                value = format_datetime(moment + timedelta(seconds=int(wait)), usegmt=True)
            date = format_datetime(moment, usegmt=True)
            return self._plain(int(host.kind), f"Retry-After: {value}\r\nDate: {date}\r\n")
        if bad and host.kind == "500":
            return self._plain(500)
        if bad and host.kind == "hangs-up":
            book.statuses["hung up"] += 1
            host.hung_up_on = path
            return b"", 0.0, True
        if bad and host.kind == "hangs":
            book.statuses["silence"] += 1
            return None
        found = self._feed(path, etag, now, host)
        return found if host.kind != "slow" else (found[0], 0.02, found[2])

    def _robots(self, host: Host, *, bad: bool) -> tuple[bytes, float, bool]:
        if bad and host.kind == "robots-500":
            return self._plain(500)
        delay = f"Crawl-delay: {CRAWL_DELAY_SECONDS:.0f}\n" if host.kind == "crawl-delay" else ""
        return self._ok("text/plain", f"User-agent: *\nDisallow: /forbidden/\n{delay}".encode())

    def _feed(self, path: str, etag: str, now: float, host: Host) -> tuple[bytes, float, bool]:
        number = int(path.strip("/").split("/")[-1])
        kind, day = kind_of(number), now / DAY
        if kind == "forbidden":
            self.book.forbidden_asked += 1
        if kind == "redirected" and path.startswith("/feed/"):
            return self._plain(302, f"Location: /there/{number}\r\n")
        if kind == "moved" and day >= MOVES and path.startswith("/feed/"):
            return self._plain(301, f"Location: /moved/{number}\r\n")
        if kind == "gone" and day >= GOES:
            self.book.after_gone += number in self._gone
            self._gone.add(number)
            return self._plain(410)
        bad = chance(number, host.served) < 0.3
        if kind == "flapping" and bad:
            return self._plain(502)
        if kind == "login-page" and bad:
            return self._ok("text/html", b"<html><head><title>Log in</title></head><body>Log in</body></html>")
        body, media_type = document(number, kind, now, host.served)
        stable = kind not in ("no-validators", "new-guids", "new-guids-and-links", "dates-of-now")
        own = f'"{zlib.crc32(body)}"' if stable else ""
        if own and own == etag:
            return self._plain(304, f"ETag: {own}\r\n")
        if kind == "breaks-off" and bad:
            self.book.statuses["broken off"] += 1
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
            return head.encode() + body[: len(body) // 2], 0.0, True
        if kind == "cut" and bad:
            # As a program does that dies while it writes: less than it meant, and nobody says so.
            return self._ok(media_type, body[: int(len(body) * chance(number, host.served, "cut"))])
        return self._ok(media_type, body, f"ETag: {own}\r\n" if own else "")

    def _ok(self, media_type: str, body: bytes, more: str = "") -> tuple[bytes, float, bool]:
        self.book.statuses["200"] += 1
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        return head.encode() + body, 0.0, False

    def _plain(self, status: int, more: str = "") -> tuple[bytes, float, bool]:
        self.book.statuses[str(status)] += 1
        length = "" if status == 304 else "Content-Length: 0\r\n"
        return f"HTTP/1.1 {status} Whatever\r\n{length}{more}\r\n".encode(), 0.0, False


def document(number: int, kind: str, now: float, served: int) -> tuple[bytes, str]:
    """Return a feed as it stands, and its media type."""
    count = published(number, now)
    rows = []
    for k in range(count - 1, max(-1, count - 1 - SHOWN), -1):
        at = START + timedelta(seconds=k * period_of(number))
        about = "Acme broke my build" if (k + number) % 10 == 0 else "The weather stayed as it was"
        # Long enough to be known again by its words alone, and unlike any other.
        text = f"{about}, and that was report {k} of place {number}. " + " ".join(
            f"w{zlib.crc32(f'{number} {k} {n}'.encode()):x}" for n in range(20)
        )
        salt = served if kind.startswith("new-guids") else ""
        link = f"https://site{number}.example/{k}" + (f"/{served}" if kind == "new-guids-and-links" else "")
        rows.append((f"Report {k} of place {number}", text, f"id-{number}-{k}-{salt}", link, at))
    if kind == "json":
        entries = [
            {"id": guid, "url": link, "title": title, "content_text": text, "date_published": at.isoformat()}
            for title, text, guid, link, at in rows
        ]
        version = "https://jsonfeed.org/version/1.1"
        return json.dumps({"version": version, "title": "x", "items": entries}).encode(), "application/feed+json"
    if kind == "atom":
        items = "".join(
            f"<entry><title>{title}</title><id>{guid}</id><link href='{link}'/><updated>{at.isoformat()}</updated>"
            f"<content>{text}</content></entry>"
            for title, text, guid, link, at in rows
        )
        return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>x</title>{items}</feed>".encode(), "text/xml"
    moment = START + timedelta(seconds=now)
    dates = {"dates-of-now": moment + timedelta(days=served % 3), "no-dates": None}
    items = "".join(
        f"<item><title>{title}</title><link>{link}</link><guid isPermaLink='false'>{guid}</guid>"
        f"{_date(dates.get(kind, at))}<description>{text}</description></item>"
        for title, text, guid, link, at in rows
    )
    built = f"<lastBuildDate>{format_datetime(moment)}</lastBuildDate>" if kind == "no-validators" else ""
    return f"<rss version='2.0'><channel><title>x</title>{built}{items}</channel></rss>".encode(), "text/xml"


def _date(at: datetime | None) -> str:
    return "" if at is None else f"<pubDate>{format_datetime(at)}</pubDate>"


class Connection(asyncio.Protocol):
    """HTTP/1.1 with as little work as can be."""

    site: Site

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer, and as which host."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._address = transport.get_extra_info("sockname")[0]

    def data_received(self, data: bytes) -> None:
        """Answer each complete request."""
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            etag = next((line[15:].strip() for line in lines if line.lower().startswith("if-none-match:")), "")
            answer = self.site.answer(self._address, lines[0].split(" ")[1], etag)
            if answer is not None:
                asyncio.get_running_loop().call_later(answer[1], self._send, answer[0], answer[2])

    def _send(self, data: bytes, hang_up: bool) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
            if hang_up:
                self._transport.close()


async def serve(clock: SharedClock, host_count: int) -> None:
    """Print the port, serve until standard input closes, then print the book."""
    Connection.site = site = Site(clock.get, host_count)
    loop = asyncio.get_running_loop()
    first, *others = hosts(host_count)
    server = await loop.create_server(Connection, first, 0, backlog=64)
    port = server.sockets[0].getsockname()[1]
    if others:
        await loop.create_server(Connection, others, port, backlog=64)
    print(port, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    book = site.book
    print(
        json.dumps(
            {
                "requests": book.requests,
                "too_soon": book.too_soon,
                "sent_again": book.sent_again,
                "inside_retry_after": book.inside_retry_after,
                "forbidden_asked": book.forbidden_asked,
                "after_gone": book.after_gone,
                "statuses": dict(book.statuses.most_common()),
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(serve(SharedClock(Path(sys.argv[1])), int(sys.argv[2])))
