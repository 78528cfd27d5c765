"""CPU of one fetch, beside `requests.get` and a shared `requests.Session`, in turn in one process.

    .venv/bin/python benchmarks/fetching.py [--hosts 300] [--rounds 7] [--threads 16]

A small server in a process of its own answers on as many loopback hosts. "unchanged" is a conditional GET with a 304,
"cold" one of a feed of 20 kB. Milliseconds of CPU a fetch, user and system: best round and median.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from ipaddress import IPv4Network
from multiprocessing.connection import Connection

import requests

from listener.fetch import Fetcher, FetchSettings, MemoryHosts
from listener.types import Outcome, Request, Validators

ETAG = '"5f3e-abc"'
HEADERS = (
    b"Server: nginx\r\nDate: Sun, 22 Nov 2026 01:00:00 GMT\r\nLast-Modified: Sat, 21 Nov 2026 01:00:00 GMT\r\n"
    b'ETag: "5f3e-abc"\r\nCache-Control: max-age=300\r\nVary: Accept-Encoding\r\nConnection: keep-alive\r\n'
)
UNCHANGED = b"HTTP/1.1 304 Not Modified\r\n" + HEADERS + b"\r\n"
COLD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 20000\r\n" + HEADERS + b"\r\n" + b"x" * 20_000


def serve(pipe: Connection) -> None:
    """Answer until killed; send the port through `pipe`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(UNCHANGED if b"if-none-match" in head.lower() else COLD)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=2000)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def measure(action: Callable[[str], object], urls: list[str], threads: int) -> float:
    """Return the milliseconds of CPU that `action` takes for one URL."""
    with ThreadPoolExecutor(threads) as pool:
        begun = time.process_time()
        list(pool.map(action, urls))
        return 1000 * (time.process_time() - begun) / len(urls)


def ours(validators: Validators, expected: Outcome) -> Callable[[str], object]:
    """Return an action that fetches with a Fetcher that knows nothing of the hosts yet."""
    settings = FetchSettings(user_agent="listener/1.0", allow_networks=(IPv4Network("127.0.0.0/8"),))
    fetcher = Fetcher(settings, MemoryHosts(), clock=lambda: datetime.now(UTC))

    def fetch(url: str) -> None:
        result = fetcher.fetch(Request(url=url, robots=False), validators)
        assert result.outcome is expected, result.detail

    return fetch


def theirs(client: object, headers: dict[str, str], expected: int) -> Callable[[str], object]:
    """Return an action that fetches with requests or one of its Sessions."""
    get = client.get  # type: ignore[attr-defined]

    def fetch(url: str) -> None:
        response = get(url, headers=headers, timeout=10)
        assert response.status_code == expected
        assert expected == 304 or len(response.content) == 20_000

    return fetch


def main() -> None:
    """Measure in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=16)
    options = parser.parse_args()
    near, far = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(far,), daemon=True)
    server.start()
    port = near.recv()
    urls = [f"http://127.1.{n // 250}.{n % 250 + 1}:{port}/feed" for n in range(options.hosts)]
    conditional = {"If-None-Match": ETAG}
    cases: dict[str, Callable[[], Callable[[str], object]]] = {
        "unchanged, requests.get": lambda: theirs(requests, conditional, 304),
        "unchanged, Session.get": lambda: theirs(requests.Session(), conditional, 304),
        "unchanged, Fetcher": lambda: ours(Validators(etag=ETAG), Outcome.NOT_MODIFIED),
        "cold, requests.get": lambda: theirs(requests, {}, 200),
        "cold, Fetcher": lambda: ours(Validators(), Outcome.OK),
    }
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(options.rounds):
        for name, case in cases.items():
            taken[name].append(measure(case(), urls, options.threads))
    for name, figures in taken.items():
        print(f"{name:26} best {min(figures):6.3f} ms   median {statistics.median(figures):6.3f} ms")
    server.terminate()


if __name__ == "__main__":
    main()
