"""A thousand feeds on loopback hosts: real files, one host each, served with validators from memory.

Run as a program it serves until its standard input closes: `python benchmarks/farm.py DATA COUNT FOLDER` unpacks the
feeds into FOLDER and prints one line of JSON with the URLs. A conditional request for an unchanged feed gets a 304.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import json
import resource
import subprocess
import sys
import tarfile
from pathlib import Path

PORT = 8181


def unpack(data: Path, target: Path) -> list[Path]:
    """Unpack the feeds of `data`/feeds-real into `target`, once, and return the files."""
    done = target / ".done"
    if not done.exists():
        target.mkdir(parents=True, exist_ok=True)
        command = ["zstd", "-dcq", str(data / "feeds-real" / "feeds.tar.zst")]
        with (
            subprocess.Popen(command, stdout=subprocess.PIPE) as unpacked,
            tarfile.open(fileobj=unpacked.stdout, mode="r|") as tar,
        ):
            tar.extractall(target, filter="data")
        done.touch()
    return sorted(path for path in target.rglob("*") if path.is_file() and path != done)


def feeds_only(data: Path, files: list[Path]) -> list[Path]:
    """Leave out the answers that are no feeds."""
    with (data / "feeds-real" / "manifest.csv").open(encoding="utf-8", newline="") as manifest:
        names = {Path(row["file"]).name for row in csv.DictReader(manifest) if row["group"] != "not-a-feed"}
    return [file for file in files if file.name in names]


def hosts(count: int) -> list[str]:
    """Return `count` loopback addresses."""
    return [f"127.{10 + i // 40000}.{(i // 200) % 200}.{1 + i % 200}" for i in range(count)]


class Feeds(asyncio.Protocol):
    """HTTP/1.1 with as little work as can be, so that what is measured is the client."""

    #: By path: the ETag, the whole answer, the 304.
    answers: dict[bytes, tuple[bytes, bytes, bytes]]

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each complete request."""
        assert self._transport is not None
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            found = self.answers.get(head.split(b" ", 2)[1])
            if found is None:
                self._transport.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            else:
                etag, full, unchanged = found
                self._transport.write(unchanged if etag in head else full)


def answers(files: list[Path], count: int) -> dict[bytes, tuple[bytes, bytes, bytes]]:
    """Return what `Feeds` answers to /feed/0 ... /feed/`count`-1."""
    made = {}
    for i in range(count):
        file = files[i % len(files)]
        body = file.read_bytes()
        etag = b'"' + hashlib.sha256(body).hexdigest()[:16].encode() + b"-%d" % i + b'"'
        kind = b"application/feed+json" if file.suffix == ".json" else b"application/xml"
        validators = b"ETag: " + etag + b"\r\nLast-Modified: Mon, 02 Nov 2026 08:00:00 GMT\r\n"
        full = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n" % (kind, len(body), validators)
        made[b"/feed/%d" % i] = (etag, full + body, b"HTTP/1.1 304 Not Modified\r\n%s\r\n" % validators)
    return made


async def serve(files: list[Path], count: int) -> None:
    """Serve until standard input closes."""
    Feeds.answers = answers(files, count)
    loop = asyncio.get_running_loop()
    await loop.create_server(Feeds, hosts(count), PORT, backlog=64)
    print(json.dumps([f"http://{host}:{PORT}/feed/{i}" for i, host in enumerate(hosts(count))]), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    data = Path(sys.argv[1])
    asyncio.run(serve(feeds_only(data, unpack(data, Path(sys.argv[3]))), int(sys.argv[2])))
