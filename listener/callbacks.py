"""Adapter: a small HTTP server for WebSub callbacks and metrics.

Whoever finds the address may call, so everything is bounded: connections at a time, the head, the body, and the whole
time of one call, however slowly it comes. One thread serves all of them; what answers a call must not wait for
anything. It speaks HTTP/1.1 without TLS and closes after each answer: the web server in front of it does the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec.structs import replace

from listener.errors import ListenerError
from listener.types import EMPTY

log = logging.getLogger(__name__)

CONNECTIONS_LIMIT = 32
HEAD_LIMIT_BYTES = 16 * 1024
BODY_LIMIT_BYTES = 1_000_000
#: Bodies of this many calls are read at the same time; others wait, and are sent away when their time is over.
BODIES_LIMIT = 8
CALL_SECONDS = 10.0
PARAMETERS_LIMIT = 50
_LAST_TURNS = 5
_REST_SECONDS = 0.1


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request."""

    method: str
    #: Without the query, as it was sent.
    path: str
    query: Mapping[str, str] = EMPTY
    #: Names in lower case.
    headers: Mapping[str, str] = EMPTY
    body: bytes = b""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered, as plain text."""

    status: int
    text: str = ""
    content_type: str = "text/plain; charset=utf-8"


class _Refused(Exception):
    """A call that isn't understood, or is too large."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(status)


class Callbacks:
    """Listens at an address until it is closed."""

    def __init__(self, host: str, port: int, answer: Callable[[Call], Answer], *, use: str) -> None:
        """Begin to listen. `answer` is called in the server's thread; `use` says in an error what the address is for.

        Raises ListenerError where the address is taken.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._socket = socket.create_server((host, port), family=family, backlog=CONNECTIONS_LIMIT)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ListenerError(f"can't listen at {host}:{port} {use}: {reason}") from error
        self._socket.setblocking(False)
        self._answer = answer
        self._bodies = asyncio.Semaphore(BODIES_LIMIT)
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._thread = threading.Thread(target=self._serve, name="callbacks", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port, chosen by the system where 0 was asked for."""
        return int(self._socket.getsockname()[1])

    def close(self) -> None:
        """Stop listening; calls under way are broken off."""
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()

    def _serve(self) -> None:
        try:
            self._loop.run_until_complete(self._run())
        finally:
            self._loop.close()

    async def _run(self) -> None:
        """Let callers in until it is time to close. (asyncio's own ways lose a socket that comes in just then.)"""
        tasks: set[asyncio.Task[None]] = set()
        self._loop.add_reader(self._socket, self._let_in, tasks)
        await self._closing.wait()
        self._loop.remove_reader(self._socket)
        self._socket.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Sockets are closed in later turns of the loop.
        for _ in range(_LAST_TURNS):
            await asyncio.sleep(0)

    def _let_in(self, tasks: set[asyncio.Task[None]]) -> None:
        try:
            connection, _ = self._socket.accept()
        except OSError as error:
            if not isinstance(error, BlockingIOError | ConnectionError):
                # Out of file descriptors, perhaps: it would be tried again at once, and again.
                log.warning("a connection was lost: %s", error.strerror or type(error).__name__)
                time.sleep(_REST_SECONDS)
            return
        if len(tasks) >= CONNECTIONS_LIMIT:
            connection.close()
            return
        task = self._loop.create_task(self._converse(connection))
        tasks.add(task)

        def over(task: asyncio.Task[None]) -> None:
            tasks.discard(task)
            connection.close()  # also where it was cancelled before it began

        task.add_done_callback(over)

    async def _converse(self, connection: socket.socket) -> None:
        """Answer one call, within its time."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                reader, writer = await asyncio.open_connection(sock=connection, limit=HEAD_LIMIT_BYTES)
                try:
                    await self._call(reader, writer)
                finally:
                    writer.transport.abort()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever calls so gets no answer

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            call, length = _head(await reader.readuntil(b"\r\n\r\n"))
            if length:
                async with self._bodies:
                    body = await reader.readexactly(length)
                    answer = self._answer(replace(call, body=body))
            else:
                answer = self._answer(call)
        except _Refused as refused:
            answer = Answer(status=refused.status)
        writer.write(_wire(answer))
        await writer.drain()
        writer.write_eof()
        with contextlib.suppress(OSError):
            # Until the other side has read it: closed before, what is on its way would be lost.
            await reader.read(1)


def _head(head: bytes) -> tuple[Call, int]:
    """Return a call without its body, and the length of that. Raises _Refused."""
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1.") or not words[1].startswith("/"):
        raise _Refused(HTTPStatus.BAD_REQUEST)
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.lower()
        if not colon or name != name.strip() or (name in headers and name == "content-length"):
            raise _Refused(HTTPStatus.BAD_REQUEST)
        headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
    try:
        target = urlsplit(words[1])
        query = dict(parse_qsl(target.query, max_num_fields=PARAMETERS_LIMIT))
    except ValueError:
        raise _Refused(HTTPStatus.BAD_REQUEST) from None
    return Call(method=words[0], path=target.path, query=query, headers=headers), _length(words[0], headers)


def _length(method: str, headers: Mapping[str, str]) -> int:
    if method in ("GET", "HEAD"):
        return 0
    told = headers.get("content-length", "")
    if "transfer-encoding" in headers or not (told.isascii() and told.isdecimal() and len(told) <= 12):
        raise _Refused(HTTPStatus.LENGTH_REQUIRED)
    if int(told) > BODY_LIMIT_BYTES:
        raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return int(told)


def _wire(answer: Answer) -> bytes:
    """Return an answer as it is sent."""
    body = answer.text.encode()
    lines = (
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        f"Content-Type: {answer.content_type}",
        "X-Content-Type-Options: nosniff",
        f"Content-Length: {len(body)}",
        "Connection: close",
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("ascii") + body
