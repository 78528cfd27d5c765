"""Real servers on loopback that answer by script, and a clock that moves when somebody waits."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

#: What is sent for a path: bytes as they are, or a function that talks on the connection and then has it closed.
Script = bytes | Callable[[socket.socket], None]


def reply(status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """Return a well-formed answer."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Whatever"
    lines = [f"HTTP/1.1 {status} {phrase}"]
    if status not in (204, 304):
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def redirect(location: str, status: int = 302) -> bytes:
    """Return an answer that sends elsewhere."""
    return reply(status, headers={"Location": location})


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came in."""

    method: str
    path: str
    #: Names in lower case.
    headers: dict[str, str]
    body: bytes
    #: Which connection it came over, counted from 0.
    connection: int


class Site:
    """A server on one address that answers each path by a script, and 404 where there is none."""

    def __init__(self, address: str = "127.0.0.1", *, tls: ssl.SSLContext | None = None) -> None:
        self.address = address
        self.scripts: dict[str, Script] = {}
        #: Answers to give before those of `scripts`, one request each.
        self.queue: dict[str, list[Script]] = {}
        self.seen: list[Seen] = []
        self.connections = 0
        self._tls = tls
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server((address, 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def key(self) -> str:
        """Return name:port."""
        return f"{self.address}:{self.port}"

    @property
    def paths(self) -> list[str]:
        """Return what was asked for, in order."""
        return [seen.path for seen in self.seen]

    def url(self, path: str = "/") -> str:
        """Return the URL of a path."""
        return f"{'https' if self._tls else 'http'}://{self.key}{path}"

    def close(self) -> None:
        """Stop serving, and wait for it."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True)
            self.connections += 1
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.enter_context(connection)
            if not self._tls and connection.recv(1, socket.MSG_PEEK) == b"\x16":
                connection.sendall(reply(400))  # as plain servers do when TLS comes
                return
            if self._tls:
                connection = stack.enter_context(self._tls.wrap_socket(connection, server_side=True))
            reader = stack.enter_context(connection.makefile("rb"))
            while line := reader.readline().decode("latin-1"):
                method, path, _ = line.split(" ")
                headers = {}
                while header := reader.readline().decode("latin-1").rstrip("\r\n"):
                    name, _, value = header.partition(": ")
                    headers[name.lower()] = value
                body = reader.read(int(headers.get("content-length", 0)))
                self.seen.append(Seen(method, path, headers, body, number))
                queued = self.queue.get(path)
                script = queued.pop(0) if queued else self.scripts.get(path, reply(404))
                if not isinstance(script, bytes):
                    script(connection)
                    return
                connection.sendall(script)
                if b"\r\nConnection: close\r\n" in script:
                    return


class Clock:
    """A clock that stands still, but for those who wait on it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move on by `seconds`."""
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    def forward(self, wait: timedelta) -> None:
        """Move on without anybody waiting."""
        self.now += wait
