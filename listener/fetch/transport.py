"""An adapter for requests: connections to checked addresses, one TLS context, few idle connections, no magic.

It can be mounted on a `requests.Session`, but the Fetcher calls it directly: a Session adds cookies, netrc, proxies
from the environment and redirects of its own, none of which a polite poller may have, and 1 ms of CPU a request.
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
from typing import Any, cast

import certifi
import requests
import urllib3
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from listener.fetch.addresses import Resolver
from listener.fetch.failure import Failure
from listener.fetch.settings import FetchSettings
from listener.fetch.target import Target, parse_target
from listener.fetch.wire import Deadline, GuardedSocket, connect
from listener.types import Outcome

#: A connection that nobody used for so long is not used again.
_IDLE_SECONDS = 15.0
_IDLE_LIMIT = 32


class Link(http.client.HTTPConnection):
    """A connection to one origin. http.client resolves no name here: `open` is given the connected socket."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.host, target.port)
        #: Under which it is kept while idle.
        self.key = (target.scheme, target.key)
        self.auto_open = 0

    def open(self, sock: socket.socket) -> None:
        """Speak over `sock`."""
        self.sock = cast("socket.socket", GuardedSocket(sock, self.host))

    @property
    def wire(self) -> GuardedSocket:
        """Return the guarded socket of an open connection."""
        return cast("GuardedSocket", self.sock)

    @property
    def usable(self) -> bool:
        """Whether the server left the connection open and said nothing unasked."""
        if self.sock is None:
            return False
        poll = select.poll()
        poll.register(self.wire.fileno(), select.POLLIN)
        return not poll.poll(0)


class Reply(requests.Response):
    """A response whose body has not been read. `finish` must be called."""

    raw: urllib3.HTTPResponse | None

    def __init__(
        self, transport: Transport, link: Link, wire: GuardedSocket, answer: http.client.HTTPResponse, method: str
    ) -> None:
        super().__init__()
        self.wire = wire
        #: Headers by name in lower case; of repeated ones the values joined.
        self.fields = _fields(answer)
        self.status_code = answer.status
        self._answer = answer
        self._method = method
        self._transport = transport
        self._link = link

    def finish(self, *, whole: bool) -> None:
        """Give the connection back if the answer was read as a `whole`, otherwise close it.

        What is left of an answer must never be taken for the beginning of the next one.
        """
        # http.client drops the socket of an answer that can't be followed by another one.
        reusable = whole and self._answer.isclosed() and self._link.sock is not None
        if self.raw is None:
            self._answer.close()
        else:
            self.raw.close()
        self._transport.give_back(self._link, reusable=reusable)

    def skip(self) -> bool:
        """Return whether there is no body to be read, so that the answer is whole already."""
        if self._answer.length != 0 or self._answer.chunked:
            return False
        self._answer.read()  # nothing comes, but http.client notices the end
        return True

    def open_body(self) -> urllib3.HTTPResponse:
        """Return what reads the body as it comes; answers without one, as of an unchanged feed, do without it.

        Raises Failure (PROTOCOL) where the headers contradict each other.
        """
        if self.raw is None:
            try:
                self.raw = urllib3.HTTPResponse(
                    body=self._answer,
                    headers=self.fields,
                    status=self._answer.status,
                    version=self._answer.version,
                    reason=self._answer.reason,
                    preload_content=False,
                    decode_content=False,
                    original_response=self._answer,
                    request_method=self._method,
                )
            except urllib3.exceptions.HTTPError as error:
                raise unexpected(self._link.host, error) from error
        return self.raw

    def close(self) -> None:
        """Close the connection, for a Session that streams."""
        self.finish(whole=False)


class Transport(BaseAdapter):
    """Sends prepared requests. Any number of threads may use one."""

    def __init__(self, settings: FetchSettings, resolver: Resolver) -> None:
        super().__init__()
        self._settings = settings
        self._resolver = resolver
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None
        self._idle: OrderedDict[tuple[str, str], tuple[Link, float]] = OrderedDict()

    def deadline(self) -> Deadline:
        """Return the deadline of a fetch that begins now."""
        settings = self._settings
        return Deadline(
            total=settings.total_timeout.total_seconds(),
            read=settings.read_timeout.total_seconds(),
            connect=settings.connect_timeout.total_seconds(),
        )

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send `request` for a Session, and read the answer unless it is to be streamed. Raises Failure.

        `timeout`, `verify`, `cert` and `proxies` are left unheeded: the settings' deadlines hold, certificates are
        always checked, and proxies are never asked, as they would resolve names unchecked.
        """
        assert request.url is not None
        reply = self.exchange(request, parse_target(request.url), self.deadline())
        reply.wire.allow(self._settings.body_limit)
        reply.open_body()
        reply.url = request.url
        reply.request = request
        reply.headers = CaseInsensitiveDict(reply.fields)
        if not stream:
            whole = False
            try:
                assert reply.content is not None  # which reads it
                whole = True
            finally:
                reply.finish(whole=whole)
        return reply

    def exchange(self, request: requests.PreparedRequest, target: Target, deadline: Deadline) -> Reply:
        """Send `request` to `target` and read status and headers of the answer. Raises Failure."""
        link = self._take(target) if request.method == "GET" else None
        if link is not None:
            # The server may have closed it at this very moment: that is no failure, and costs one more try.
            with contextlib.suppress(ConnectionError):
                return self._converse(link, request, target, deadline)
        link = Link(target)
        link.open(self._connect(target, deadline))
        try:
            return self._converse(link, request, target, deadline)
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

    def _converse(self, link: Link, request: requests.PreparedRequest, target: Target, deadline: Deadline) -> Reply:
        """Send and read the head of the answer. Raises Failure, or ConnectionError when nothing came back at all."""
        wire = link.wire
        wire.expect(deadline)
        assert request.method is not None
        assert request.body is None or isinstance(request.body, bytes)
        try:
            link.putrequest(request.method, target.path, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                link.putheader(name, value)
            link.endheaders(request.body)
            return Reply(self, link, wire, link.getresponse(), request.method)
        except Failure:
            link.close()
            raise
        except (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError) as error:
            link.close()
            if isinstance(error, ConnectionError) and not wire.received:
                raise
            raise unexpected(target.host, error) from error

    def _tls_context(self) -> ssl.SSLContext:
        """Return the one context: to build it costs 15 to 30 ms of CPU."""
        with self._lock:
            if self._context is None:
                self._context = ssl.create_default_context(cafile=certifi.where())
                self._context.set_alpn_protocols(["http/1.1"])
                if self._settings.ca_file is not None:
                    self._context.load_verify_locations(self._settings.ca_file)
            return self._context


def unexpected(host: str, error: Exception) -> Failure:
    """Tell that a host doesn't speak HTTP as expected."""
    return Failure(Outcome.PROTOCOL, f"{host} doesn't respond in valid HTTP: {type(error).__name__}.")


def _fields(answer: http.client.HTTPResponse) -> dict[str, str]:
    """Return the headers of an answer by lower-case name; a value folded over lines is unfolded (RFC 9112, 5.2)."""
    fields: dict[str, str] = {}
    for name, value in answer.msg.items():
        name = name.lower()
        if "\n" in value:
            value = " ".join(line.strip() for line in value.split("\n"))
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields
