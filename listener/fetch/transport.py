"""An adapter for requests: connections to checked addresses, one TLS context, few idle connections, no magic.

It can be mounted on a `requests.Session`, but the Fetcher calls it directly: a Session adds cookies, netrc, proxies
from the environment and redirects of its own, none of which a polite poller may have, and 1 ms of CPU a request.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, cast

import requests
import urllib3
from certifi import where
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection

from listener.fetch.addresses import Resolver
from listener.fetch.failure import Failure
from listener.fetch.settings import FetchSettings
from listener.fetch.target import Target, parse_target
from listener.fetch.wire import Deadline, GuardedSocket, dial, tls_failure
from listener.types import Outcome

#: A connection that nobody used for so long is not used again.
_IDLE_SECONDS = 15.0
_IDLE_LIMIT = 32


class _Plain(HTTPConnection):
    """A connection over TCP to one of the endpoints that were checked."""

    resolver: Resolver
    target: Target
    deadline: Deadline

    def _new_conn(self) -> socket.socket:
        """Connect. urllib3 would resolve the name once more, and might be told another address."""
        target, deadline = self.target, self.deadline
        endpoints = self.resolver.endpoints(target.host, target.port, deadline.left(deadline.connect))
        return dial(endpoints, target.host, target.port, deadline)

    def connect(self) -> None:
        """Connect, and guard the socket."""
        super().connect()
        self.guard()

    def guard(self) -> None:
        """Put a guard before the socket."""
        assert self.sock is not None
        self.sock = cast("socket.socket", GuardedSocket(self.sock, self.target.host))

    @property
    def wire(self) -> GuardedSocket:
        """Return the guarded socket of an open connection."""
        return cast("GuardedSocket", self.sock)


class _Tls(_Plain, HTTPSConnection):
    """The same over TLS, the certificate being checked for the name that was asked for."""

    def connect(self) -> None:
        """Connect, shake hands within the connect timeout, and guard the socket."""
        try:
            HTTPSConnection.connect(self)
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
            self.close()
            raise tls_failure(self.target.host, error) from error
        self.guard()

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        sock.settimeout(self.deadline.left(self.deadline.connect))
        return sock


class Reply(requests.Response):
    """A response whose body has not been read. `finish` must be called."""

    raw: urllib3.HTTPResponse

    def __init__(self, transport: Transport, link: _Plain, wire: GuardedSocket) -> None:
        super().__init__()
        self.wire = wire
        self._transport = transport
        self._link = link

    def finish(self) -> None:
        """Give the connection back if its answer was read to the end, otherwise close it."""
        if self.raw.length_remaining == 0 and not self.raw.chunked:
            self.raw.read(1, decode_content=False)  # nothing comes, but http.client notices the end
        whole = self.raw.isclosed() and self._link.sock is not None
        self.raw.close()
        self._transport.give_back(self._link, reusable=whole)

    def close(self) -> None:
        """Do what `finish` does, for a Session."""
        self.finish()


class Transport(BaseAdapter):
    """Sends prepared requests. Any number of threads may use one."""

    def __init__(self, settings: FetchSettings, resolver: Resolver) -> None:
        super().__init__()
        self._settings = settings
        self._resolver = resolver
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None
        self._idle: OrderedDict[tuple[str, str], tuple[_Plain, float]] = OrderedDict()

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
        """Send `request` and read status and headers of the answer.

        `timeout` may be a Deadline; anything else means one of the settings. `verify`, `cert` and `proxies` are left
        unheeded: certificates are always checked, and proxies never asked, as they would resolve names unchecked.
        Raises Failure.
        """
        assert request.url is not None
        return self.exchange(
            request, parse_target(request.url), timeout if isinstance(timeout, Deadline) else self.deadline()
        )

    def exchange(self, request: requests.PreparedRequest, target: Target, deadline: Deadline) -> Reply:
        """Send `request` to `target` and read status and headers of the answer. Raises Failure."""
        link = self._take(target) if request.method == "GET" else None
        if link is not None:
            # The server may have closed it at this very moment: that is no failure, and costs one more try.
            with contextlib.suppress(ConnectionError):
                return self._converse(link, request, target, deadline)
        link = self._open(target)
        link.target, link.deadline = target, deadline
        try:
            link.connect()
            return self._converse(link, request, target, deadline)
        except ConnectionError as error:
            raise Failure(Outcome.PROTOCOL, f"{target.host} closed the connection without an answer.") from error

    def give_back(self, link: _Plain, *, reusable: bool) -> None:
        """Keep a connection for a while, or close it."""
        unwanted = []
        if reusable:
            with self._lock:
                self._idle[link.target.scheme, link.target.key] = (link, time.monotonic())
                while len(self._idle) > _IDLE_LIMIT:
                    unwanted.append(self._idle.popitem(last=False)[1][0])
        else:
            unwanted.append(link)
        for connection in unwanted:
            connection.close()

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            links = [link for link, _ in self._idle.values()]
            self._idle.clear()
        for link in links:
            link.close()

    def _take(self, target: Target) -> _Plain | None:
        with self._lock:
            link, since = self._idle.pop((target.scheme, target.key), (None, 0.0))
        if link is None:
            return None
        if time.monotonic() - since < _IDLE_SECONDS and link.is_connected:
            return link
        link.close()
        return None

    def _open(self, target: Target) -> _Plain:
        link: _Plain
        if target.scheme == "https":
            link = _Tls(target.host, target.port, ssl_context=self._tls_context())
        else:
            link = _Plain(target.host, target.port)
        link.resolver = self._resolver
        return link

    def _converse(self, link: _Plain, request: requests.PreparedRequest, target: Target, deadline: Deadline) -> Reply:
        """Send and read the head of the answer. Raises Failure, or ConnectionError when nothing came back at all."""
        wire = link.wire
        wire.expect(deadline)
        try:
            assert request.method is not None
            link.request(
                request.method,
                target.path,
                body=request.body,
                headers=request.headers,
                preload_content=False,
                decode_content=False,
            )
            raw = link.getresponse()
        except Failure:
            link.close()
            raise
        except (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError) as error:
            link.close()
            if isinstance(error, ConnectionError) and not wire.received:
                raise
            raise Failure(
                Outcome.PROTOCOL, f"{target.host} doesn't answer in HTTP as expected: {type(error).__name__}."
            ) from error
        reply = Reply(self, link, wire)
        reply.raw = raw
        reply.status_code = raw.status
        reply.url = target.url
        reply.request = request
        reply.headers = CaseInsensitiveDict({name: raw.headers[name] for name in raw.headers})
        return reply

    def _tls_context(self) -> ssl.SSLContext:
        """Return the one context: to build it costs 15 to 30 ms of CPU."""
        with self._lock:
            if self._context is None:
                self._context = ssl.create_default_context(cafile=where())
                if self._settings.ca_file is not None:
                    self._context.load_verify_locations(self._settings.ca_file)
            return self._context
