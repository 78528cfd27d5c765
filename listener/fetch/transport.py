"""Connections to checked addresses, one TLS context, few idle connections, no magic.

The Fetcher calls it without a `requests.Session`, which adds cookies, netrc, proxies from the environment and redirects
of its own, none of which a polite poller may have, and 1 ms of CPU a request. `listener.fetch.session` is for a
Session. urllib3 reads bodies: importing it takes as long as a hundred polls that were answered without one.
"""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import ssl
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from listener.fetch.addresses import Resolver
from listener.fetch.failure import Failure
from listener.fetch.incoming import Incoming
from listener.fetch.settings import FetchSettings
from listener.fetch.target import Target
from listener.fetch.wire import Deadline, GuardedSocket, connect
from listener.lazy import LazyModule
from listener.types import Outcome

if TYPE_CHECKING:
    import certifi
    import urllib3
else:
    certifi, urllib3 = LazyModule("certifi"), LazyModule("urllib3")

#: A connection that nobody used for so long is not used again.
_IDLE_SECONDS = 15.0
_IDLE_LIMIT = 32


class Link:
    """A connection to one origin."""

    def __init__(self, target: Target, sock: socket.socket) -> None:
        #: Under which it is kept while idle.
        self.key = (target.scheme, target.key)
        self.host = target.host
        self.wire = GuardedSocket(sock, target.host)

    @property
    def usable(self) -> bool:
        """Whether the server left the connection open and said nothing unasked."""
        poll = select.poll()
        poll.register(self.wire.fileno(), select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        """Close it."""
        self.wire.close()


class Reply:
    """An answer whose body has not been read. `finish` must be called."""

    def __init__(self, transport: Transport, link: Link, answer: Incoming, method: str) -> None:
        self.wire = link.wire
        self.status = answer.status
        #: Headers by name in lower case; of repeated ones the values joined.
        self.fields = answer.fields
        self.answer = answer
        self._method = method
        self._transport = transport
        self._link = link
        self._raw: urllib3.HTTPResponse | None = None

    def finish(self, *, whole: bool) -> None:
        """Give the connection back if the answer was read as a `whole`, otherwise close it.

        What is left of an answer must never be taken for the beginning of the next one.
        """
        reusable = whole and self.answer.isclosed() and not self.answer.will_close
        if self._raw is None:
            self.answer.close()
        else:
            self._raw.close()
        self._transport.give_back(self._link, reusable=reusable)

    def skip(self) -> bool:
        """Return whether there is no body to be read, so that the answer is whole already."""
        if self.answer.length != 0 or self.answer.chunked:
            return False
        self.answer.close()
        return True

    def open_body(self) -> urllib3.HTTPResponse:
        """Return what reads the body as it comes; answers without one, as of an unchanged feed, do without it.

        Raises Failure (PROTOCOL) where the headers contradict each other.
        """
        if self._raw is None:
            try:
                self._raw = urllib3.HTTPResponse(
                    body=self.answer,
                    headers=self.fields,
                    status=self.answer.status,
                    version=self.answer.version,
                    reason=self.answer.reason,
                    preload_content=False,
                    decode_content=False,
                    original_response=self.answer,
                    request_method=self._method,
                )
            except urllib3.exceptions.HTTPError as error:
                raise unexpected(self._link.host, error) from error
        return self._raw


class Transport:
    """Sends requests. Any number of threads may use one."""

    def __init__(self, settings: FetchSettings, resolver: Resolver) -> None:
        self.settings = settings
        self._resolver = resolver
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None
        self._idle: OrderedDict[tuple[str, str], tuple[Link, float]] = OrderedDict()

    def deadline(self) -> Deadline:
        """Return the deadline of a fetch that begins now."""
        settings = self.settings
        return Deadline(
            total=settings.total_timeout.total_seconds(),
            read=settings.read_timeout.total_seconds(),
            connect=settings.connect_timeout.total_seconds(),
        )

    def exchange(
        self, method: str, target: Target, headers: Mapping[str, str], body: bytes | None, deadline: Deadline
    ) -> Reply:
        """Send a request to `target` and read status and headers of the answer. Raises Failure.

        Names and values of `headers` are sent as they are: they hold what may be sent, in latin-1.
        """
        sent = _head(method, target.path, headers) + (body or b"")
        link = self._take(target) if method == "GET" else None
        if link is not None:
            # The server may have closed it at this very moment: that is no failure, and costs one more try.
            with contextlib.suppress(ConnectionError):
                return self._converse(link, sent, method, deadline)
        link = Link(target, self._connect(target, deadline))
        try:
            return self._converse(link, sent, method, deadline)
        except ConnectionError as error:
            raise Failure(Outcome.PROTOCOL, f"{target.host} closed the connection without a response.") from error

    def give_back(self, link: Link, *, reusable: bool) -> None:
        """Keep a connection for a while, or close it."""
        if not reusable:
            link.close()
            return
        with self._lock:
            replaced = self._idle.pop(link.key, None)
            self._idle[link.key] = (link, time.monotonic())
            if replaced is None and len(self._idle) > _IDLE_LIMIT:
                replaced = self._idle.popitem(last=False)[1]
        if replaced is not None:
            replaced[0].close()

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            links = [link for link, _ in self._idle.values()]
            self._idle.clear()
        for link in links:
            link.close()

    def _take(self, target: Target) -> Link | None:
        with self._lock:
            link, since = self._idle.pop((target.scheme, target.key), (None, 0.0))
        if link is None:
            return None
        if time.monotonic() - since < _IDLE_SECONDS and link.usable:
            return link
        link.close()
        return None

    def _connect(self, target: Target, deadline: Deadline) -> socket.socket:
        """Connect to a checked address, and over TLS check the certificate for the name. Raises Failure."""
        context = self._tls_context if target.scheme == "https" else None
        return connect(self._resolver, target.host, target.port, deadline, context)

    def _converse(self, link: Link, sent: bytes, method: str, deadline: Deadline) -> Reply:
        """Send and read the head of the answer. Raises Failure, or ConnectionError when nothing came back at all."""
        wire = link.wire
        wire.expect(deadline)
        try:
            wire.sendall(sent)
            answer = Incoming(wire, method)
            answer.begin()
        except Failure:
            link.close()
            raise
        except (OSError, http.client.HTTPException) as error:
            link.close()
            if isinstance(error, ConnectionError) and not wire.received:
                raise
            raise unexpected(link.host, error) from error
        return Reply(self, link, answer, method)

    def _tls_context(self) -> ssl.SSLContext:
        """Return the one context: to build it costs 15 to 30 ms of CPU."""
        with self._lock:
            if self._context is None:
                self._context = ssl.create_default_context(cafile=certifi.where())
                self._context.set_alpn_protocols(["http/1.1"])
                if self.settings.ca_file is not None:
                    self._context.load_verify_locations(self.settings.ca_file)
            return self._context


def unexpected(host: str, error: Exception) -> Failure:
    """Tell that a host doesn't speak HTTP as expected."""
    return Failure(Outcome.PROTOCOL, f"{host} doesn't respond in valid HTTP: {type(error).__name__}.")


def _head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """Return the head of a request. Raises ValueError for a header that would begin a line of its own."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "\r\n"]
    text = "\r\n".join(lines)
    if text.count("\n") + text.count("\r") != 2 * len(lines):
        raise ValueError("a header holds a line break")
    return text.encode("latin-1")
