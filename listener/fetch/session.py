"""The transport as an adapter of requests, to be mounted on a `requests.Session`."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from listener.fetch.target import parse_target
from listener.fetch.transport import Reply, Transport


class Response(requests.Response):
    """What a Session gets: it gives the connection back when it has been read, and closes it otherwise."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.status_code = reply.status
        self.headers = CaseInsensitiveDict(reply.fields)
        _show_headers(reply)
        self.raw = reply.open_body()
        self._reply = reply

    def close(self) -> None:
        """Close the connection."""
        self._reply.finish(whole=False)


class SessionTransport(Transport, BaseAdapter):
    """Sends prepared requests for a Session."""

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Send `request` for a Session, and read the answer unless it is to be streamed. Raises Failure.

        `timeout`, `verify`, `cert` and `proxies` are left unheeded: the settings' deadlines hold, certificates are
        always checked, and proxies are never asked, as they would resolve names unchecked.
        """
        assert request.url is not None
        assert request.method is not None
        assert request.body is None or isinstance(request.body, bytes)
        target = parse_target(request.url)
        headers = {"Host": target.host_header, **request.headers}
        reply = self.exchange(request.method, target, headers, request.body, self.deadline())
        reply.wire.allow(self.settings.body_limit)
        response = Response(reply)
        response.url = request.url
        response.request = request
        if not stream:
            whole = False
            try:
                assert response.content is not None  # which reads it
                whole = True
            finally:
                reply.finish(whole=whole)
        return response


def _show_headers(reply: Reply) -> None:
    """Lay the headers where a Session looks for cookies."""
    message = http.client.HTTPMessage()
    for name, value in reply.fields.items():
        message[name] = value
    reply.answer.headers = reply.answer.msg = message
