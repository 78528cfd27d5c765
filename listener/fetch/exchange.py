"""One request and its answer: the host's turn, the headers it may get, the outcome by status."""

from __future__ import annotations

import http
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec
import requests
from msgspec.structs import replace
from requests.structures import CaseInsensitiveDict

from listener.fetch.body import read_body
from listener.fetch.failure import Failure
from listener.fetch.politeness import Politeness
from listener.fetch.response_headers import retry_after
from listener.fetch.settings import FetchSettings
from listener.fetch.target import Target
from listener.fetch.transport import Transport
from listener.fetch.wire import Deadline
from listener.types import Outcome, Request, Validators

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OUTCOMES = {
    206: Outcome.PROTOCOL,  # a part, which nobody asked for
    401: Outcome.UNAUTHORIZED,
    403: Outcome.FORBIDDEN,
    404: Outcome.NOT_FOUND,
    407: Outcome.UNAUTHORIZED,
    408: Outcome.TIMEOUT,
    410: Outcome.GONE,
    429: Outcome.RATE_LIMITED,
    451: Outcome.FORBIDDEN,
}
#: Headers of a scraper that every host may see. Others may be keys: only the host of the request's own URL gets them.
_HARMLESS_HEADERS = frozenset({"accept", "accept-language", "content-type"})
#: What this room alone decides.
_OUR_HEADERS = frozenset(
    {"host", "user-agent", "accept-encoding", "connection", "content-length", "transfer-encoding", "te", "upgrade"}
)

#: RFC 9110, 5.1 and 5.5.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_UNSENDABLE = re.compile(r"[^\x20-\x7e]")


class Trip(msgspec.Struct, kw_only=True):
    """One fetch on its way."""

    request: Request
    validators: Validators
    deadline: Deadline
    #: Where keys and passwords of the request may go.
    origin: Target
    #: A poll is under way: rather wait for a host than put this off.
    under_way: bool = False
    #: Redirects followed so far.
    hops: int = 0
    #: Bytes off the wire, and seconds waited for turns.
    received: int = 0
    waited: float = 0.0

    @property
    def conditional(self) -> bool:
        """Whether validators are sent, so that a 304 makes sense."""
        wanted = self.request.conditional and self.request.method == "GET"
        return wanted and bool(self.validators.etag or self.validators.last_modified)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What one request brought."""

    status: int
    target: Target
    #: Names in lower case.
    headers: Mapping[str, str]
    #: Only of a 2xx; other bodies are not read.
    body: bytes = b""
    #: How long its host is to be left alone now.
    retry_after: timedelta | None = None

    @property
    def redirect(self) -> bool:
        """Whether it sends us elsewhere."""
        return self.status in REDIRECTS

    @property
    def detail(self) -> str:
        """Tell a refusal in one sentence; the server's own words are not repeated."""
        try:
            phrase = f" {http.HTTPStatus(self.status).phrase}"
        except ValueError:
            phrase = ""
        return f"{self.target.host_header} answers {self.status}{phrase}."


def outcome_of(status: int) -> Outcome:
    """Return how a fetch ends that ends with `status`; of 304 that it was not asked for."""
    if status in _OUTCOMES:
        return _OUTCOMES[status]
    if 200 <= status < 300:
        return Outcome.OK
    if 400 <= status < 500:
        return Outcome.CLIENT_ERROR
    return Outcome.SERVER_ERROR if 500 <= status < 600 else Outcome.PROTOCOL


class Exchange:
    """Asks one URL at a time of each host."""

    def __init__(
        self,
        settings: FetchSettings,
        politeness: Politeness,
        transport: Transport,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._user_agent = _UNSENDABLE.sub("?", settings.user_agent)
        self._politeness = politeness
        self._transport = transport
        self._clock = clock

    def ask(self, trip: Trip, target: Target, *, limit: int, cut: bool = False) -> Answer:
        """Take the host's turn, send one request, read its answer with a body of at most `limit` bytes.

        Raises Failure. The host's memory learns of every end.
        """
        headers = self._headers(trip, target)
        host = target.key
        waited = self._politeness.enter(host, target.url, within=trip.under_way or trip.hops > 0)
        trip.deadline.extend(waited)
        trip.waited += waited
        try:
            answer = self._converse(trip, target, headers, limit, cut)
        except Failure as failure:
            wait = self._politeness.leave(host, failure.outcome)
            failure.retry_after = None if wait is None else self._politeness.spread(target.url, wait)
            raise
        except BaseException:
            self._politeness.leave(host, Outcome.PROTOCOL)
            raise
        if answer.status < 400:
            self._politeness.leave(host, Outcome.OK)
            return answer
        wish = retry_after(answer.headers, self._clock(), self._settings.retry_after_cap)
        wait = self._politeness.leave(host, outcome_of(answer.status), wish) or wish
        return answer if wait is None else replace(answer, retry_after=self._politeness.spread(target.url, wait))

    def _converse(self, trip: Trip, target: Target, headers: dict[str, str], limit: int, cut: bool) -> Answer:
        """Send one request and read its answer. Raises Failure."""
        prepared = requests.PreparedRequest()
        # Filled by hand: `prepare` takes the URL apart again, and costs more than the sending.
        prepared.method = trip.request.method
        prepared.url = target.url
        prepared.headers = CaseInsensitiveDict(headers)
        prepared.body = trip.request.body
        reply = self._transport.exchange(prepared, target, trip.deadline)
        whole = False
        try:
            body = b""
            if outcome_of(reply.status_code) is Outcome.OK:
                body = read_body(reply, target.host, limit, cut=cut)
                whole = True
            else:
                whole = reply.skip()
            return Answer(status=reply.status_code, target=target, headers=reply.fields, body=body)
        except Failure as failure:
            failure.status = reply.status_code
            raise
        finally:
            trip.received += reply.wire.received
            reply.finish(whole=whole)

    def _headers(self, trip: Trip, target: Target) -> dict[str, str]:
        """Return the headers of one request; keys and passwords only for the host that they were meant for.

        Raises Failure (CLIENT_ERROR) for one that can't be sent, such as a token that ends in a line feed.
        """
        headers = {
            "Host": target.host_header,
            "User-Agent": self._user_agent,
            "Accept-Encoding": "gzip, deflate",
            "Accept": "*/*",
        }
        trusted = trip.origin.trusts(target)
        if trusted and trip.origin.authorization:
            headers["Authorization"] = trip.origin.authorization
        for name, value in trip.request.headers.items():
            lower = name.lower()
            if lower in _OUR_HEADERS or not (trusted or lower in _HARMLESS_HEADERS):
                continue
            if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
                # http.client would raise an error that quotes the value.
                raise Failure(
                    Outcome.CLIENT_ERROR, f"The header {name[:40]!r} contains a character that can't be sent."
                )
            headers[name] = value
        if trip.request.method == "POST":
            headers["Content-Length"] = str(len(trip.request.body or b""))
        if trip.conditional:
            if trip.validators.etag:
                headers["If-None-Match"] = trip.validators.etag
            if trip.validators.last_modified:
                headers["If-Modified-Since"] = trip.validators.last_modified
        return headers
