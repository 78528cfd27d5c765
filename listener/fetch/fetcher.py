"""One fetch: ask politely, follow redirects by hand, and put whatever happens into a FetchResult."""

from __future__ import annotations

import hashlib
import http
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from urllib.parse import urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from listener.fetch.addresses import Resolve, Resolver, system_resolve
from listener.fetch.body import read_body
from listener.fetch.failure import Failure
from listener.fetch.hosts import HostStates
from listener.fetch.politeness import Politeness
from listener.fetch.robots import (
    ROBOTS_FRESH,
    ROBOTS_LIMIT_BYTES,
    ROBOTS_PATIENCE,
    ROBOTS_RETRY,
    decode_robots,
    product_token,
)
from listener.fetch.settings import FetchSettings
from listener.fetch.target import Target, join_target, parse_target
from listener.fetch.transport import Reply, Transport
from listener.fetch.wire import Deadline
from listener.fetch.wishes import fresh_for, retry_after, validator
from listener.types import FetchResult, HostState, Outcome, Request, Response, Validators

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
#: RFC 9309, 2.3.1.2.
_ROBOTS_REDIRECTS_LIMIT = 5
_OUTCOMES = {
    304: Outcome.PROTOCOL,
    401: Outcome.UNAUTHORIZED,
    403: Outcome.FORBIDDEN,
    404: Outcome.NOT_FOUND,
    407: Outcome.UNAUTHORIZED,
    408: Outcome.TIMEOUT,
    410: Outcome.GONE,
    429: Outcome.RATE_LIMITED,
    451: Outcome.FORBIDDEN,
}
#: After these the original URL of a source that had moved is asked again.
_MOVED_WRONG = frozenset({Outcome.NOT_FOUND, Outcome.GONE, Outcome.DNS, Outcome.ADDRESS})
#: Headers of a scraper that every host may see; the others, which may be keys, only that of the request's own URL.
_HARMLESS_HEADERS = frozenset({"accept", "accept-language", "content-type"})
#: What this room alone decides.
_OUR_HEADERS = frozenset(
    {"host", "user-agent", "accept-encoding", "connection", "content-length", "transfer-encoding", "te", "upgrade"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one request brought: the body only of a 2xx that was to be read."""

    status: int
    target: Target
    #: Names in lower case.
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(slots=True, kw_only=True)
class _Trip:
    """One fetch on its way."""

    request: Request
    validators: Validators
    deadline: Deadline
    #: Where keys and passwords of the request may go.
    origin: Target
    received: int = 0
    waited: float = 0.0
    hops: int = 0


def outcome_of(status: int) -> Outcome:
    """Return how a fetch ends that ends with `status`."""
    if 200 <= status < 300:
        return Outcome.PROTOCOL if status == http.HTTPStatus.PARTIAL_CONTENT else Outcome.OK
    if status in _OUTCOMES:
        return _OUTCOMES[status]
    if 400 <= status < 500:
        return Outcome.CLIENT_ERROR
    return Outcome.SERVER_ERROR if 500 <= status < 600 else Outcome.PROTOCOL


class Fetcher:
    """Fetches. Called from many threads; holds the idle connections and the memory of hosts."""

    def __init__(
        self,
        settings: FetchSettings,
        hosts: HostStates,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
        resolve: Resolve = system_resolve,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._token = product_token(settings.user_agent)
        self._politeness = Politeness(settings, hosts, clock=clock, sleep=sleep)
        self._transport = Transport(settings, Resolver(settings.allow_networks, resolve=resolve))

    def ready_at(self, url: str, now: datetime) -> datetime:
        """Return when a fetch of `url` will not be put off (DEFERRED) by other requests to its host."""
        try:
            return self._politeness.ready_at(parse_target(url).key, now)
        except Failure:
            return now

    def fetch(self, request: Request, validators: Validators | None = None) -> FetchResult:
        """Ask for `request.url`, or for where it has moved to, and return how that ended. Never raises for the web.

        The result's validators are to be kept for the next fetch of this URL, however this one ended.
        """
        validators = validators or Validators()
        started = time.monotonic()
        trip = _Trip(
            request=request, validators=validators, deadline=self._transport.deadline(), origin=_origin(request.url)
        )
        result = self._result_from(trip, validators.moved_to or request.url)
        if validators.moved_to and result.outcome in _MOVED_WRONG:
            trip.validators = Validators()
            result = self._result_from(trip, request.url)
            if not result.worked:
                result = replace(result, validators=replace(validators, moved_to=None))
        elapsed = time.monotonic() - started - trip.waited
        return replace(result, bytes_received=trip.received, elapsed=timedelta(seconds=max(elapsed, 0.0)))

    def close(self) -> None:
        """Close idle connections."""
        self._transport.close()

    # --- one fetch ------------------------------------------------------------------------------------------------

    def _result_from(self, trip: _Trip, url: str) -> FetchResult:
        """Fetch, beginning at `url`."""
        try:
            moved_to = url if url != trip.request.url else None
            return self._follow(trip, parse_target(url), moved_to)
        except Failure as failure:
            return FetchResult(
                request=trip.request,
                outcome=failure.outcome,
                status=failure.status,
                detail=failure.detail,
                validators=trip.validators,
                retry_after=failure.retry_after,
            )

    def _follow(self, trip: _Trip, target: Target, moved_to: str | None) -> FetchResult:
        """Ask `target` and those that it redirects to. Raises Failure."""
        permanent = True
        seen = {target.url}
        trip.hops = 0
        while True:
            answer = self._ask(trip, target)
            if answer.status not in _REDIRECTS:
                return self._result(trip, answer, moved_to)
            target = self._next_target(trip, answer, seen)
            downgrade = answer.target.scheme == "https" and target.scheme == "http"
            # One forged redirect must not take TLS from a source for good: followed it is, remembered it isn't.
            permanent = permanent and answer.status in _PERMANENT and not downgrade
            if permanent:
                moved_to = target.url

    def _next_target(self, trip: _Trip, answer: Answer, seen: set[str]) -> Target:
        """Return where a redirect leads. Raises Failure: REDIRECTS, PROTOCOL, ADDRESS."""
        host, status = answer.target.host, answer.status
        location = answer.headers.get("location")
        if not location:
            raise Failure(Outcome.PROTOCOL, f"{host} redirects ({status}) without saying where to.", status=status)
        target = join_target(answer.target, location)
        trip.hops += 1
        if target.url in seen:
            raise Failure(Outcome.REDIRECTS, f"{host} redirects in a circle.", status=status)
        if trip.hops > self._settings.max_redirects:
            raise Failure(
                Outcome.REDIRECTS, f"{host} is the end of more than {trip.hops - 1} redirects.", status=status
            )
        if trip.request.method != "GET" and (status not in (307, 308) or not trip.origin.trusts(target)):
            raise Failure(Outcome.REDIRECTS, f"{host} redirects a POST, which is not followed.", status=status)
        seen.add(target.url)
        return target

    def _ask(self, trip: _Trip, target: Target) -> Answer:
        """Ask one URL, with robots.txt first where that is wanted. Raises Failure."""
        if trip.request.robots and self._settings.robots:
            self._check_robots(trip, target)
        return self._exchange(trip, target, self._headers(trip, target), self._settings.body_limit)

    def _exchange(
        self, trip: _Trip, target: Target, headers: dict[str, str], limit: int, *, cut: bool = False
    ) -> Answer:
        """Take the host's turn, send one request, read its answer. Raises Failure."""
        waited = self._politeness.enter(target.key, target.url, within=trip.hops > 0)
        trip.deadline.extend(waited)
        trip.waited += waited
        outcome, wish = Outcome.PROTOCOL, None
        try:
            reply = self._transport.exchange(_prepare(trip.request, target, headers), target, trip.deadline)
            try:
                answer = Answer(status=reply.status_code, target=target, headers=_lower(reply))
                outcome = outcome_of(answer.status)
                if answer.status in _REDIRECTS or answer.status == 304:
                    outcome = Outcome.OK
                elif answer.status >= 400:
                    wish = retry_after(answer.headers, self._clock(), self._settings.retry_after_cap)
                elif outcome is Outcome.OK:
                    answer = replace(answer, body=read_body(reply, target.host, limit, cut=cut))
            finally:
                trip.received += reply.wire.received
                reply.finish()
        except Failure as failure:
            outcome = failure.outcome
            raise
        finally:
            self._politeness.leave(target.key, outcome, wish)
        return answer

    def _headers(self, trip: _Trip, target: Target) -> dict[str, str]:
        """Return the headers of one request; keys and passwords only for the host that they were meant for."""
        trusted = trip.origin.trusts(target)
        headers = {"User-Agent": self._settings.user_agent, "Accept-Encoding": "gzip, deflate", "Accept": "*/*"}
        for name, value in trip.request.headers.items():
            lower = name.lower()
            if lower not in _OUR_HEADERS and (trusted or lower in _HARMLESS_HEADERS):
                headers["Accept" if lower == "accept" else name] = value
        if trusted and trip.origin.authorization and "authorization" not in {name.lower() for name in headers}:
            headers["Authorization"] = trip.origin.authorization
        if trip.request.method == "GET" and trip.request.conditional:
            if trip.validators.etag:
                headers["If-None-Match"] = trip.validators.etag
            if trip.validators.last_modified:
                headers["If-Modified-Since"] = trip.validators.last_modified
        return headers

    def _result(self, trip: _Trip, answer: Answer, moved_to: str | None) -> FetchResult:
        """Return the end of a fetch by its last answer."""
        now = self._clock()
        cap = self._settings.retry_after_cap
        request, before, status = trip.request, trip.validators, answer.status
        outcome = outcome_of(status)
        conditional = request.method == "GET" and request.conditional and (before.etag or before.last_modified)
        if status == 304 and conditional:
            outcome = Outcome.NOT_MODIFIED
        result = FetchResult(
            request=request,
            outcome=outcome,
            status=status,
            validators=before,
            detail="" if outcome in (Outcome.OK, Outcome.NOT_MODIFIED) else _detail(answer),
        )
        if outcome is Outcome.NOT_MODIFIED:
            return replace(
                result,
                validators=replace(before, moved_to=moved_to),
                fresh_for=fresh_for(answer.headers, now, cap),
                same_body=before.body_hash is not None,
            )
        if outcome is not Outcome.OK:
            wish = retry_after(answer.headers, now, cap) if status >= 400 else None
            url = answer.target.url
            return replace(result, retry_after=None if wish is None else self._politeness.spread(url, wish))
        body_hash = hashlib.sha256(answer.body).hexdigest()
        return replace(
            result,
            response=Response(
                request=request,
                url=answer.target.url,
                status=status,
                headers=MappingProxyType(dict(answer.headers)),
                body=answer.body,
                fetched_at=now,
            ),
            validators=Validators(
                etag=validator(answer.headers, "etag"),
                last_modified=validator(answer.headers, "last-modified"),
                body_hash=body_hash,
                moved_to=moved_to,
            ),
            fresh_for=fresh_for(answer.headers, now, cap),
            same_body=body_hash == before.body_hash,
        )

    # --- robots.txt -----------------------------------------------------------------------------------------------

    def _check_robots(self, trip: _Trip, target: Target) -> None:
        """Raise Failure unless the host's robots.txt, asked for once a day, allows `target`."""
        state = self._politeness.state(target.key)
        if state.robots_until is None or state.robots_until <= self._clock():
            self._politeness.remember(self._learn_robots(trip, target, state))
        if not self._politeness.allows(target.key, target.url):
            raise Failure(Outcome.ROBOTS, f"robots.txt of {target.host} forbids this path.")

    def _learn_robots(self, trip: _Trip, target: Target, state: HostState) -> HostState:
        """Return `state` with the host's robots.txt of today, or with how long its old one may serve.

        Raises Failure when it can't be read and there is no old one: pages are not asked then (RFC 9309, 2.3.1.4),
        until it can be read, or hasn't been for ROBOTS_PATIENCE.
        """
        now = self._clock()
        try:
            text = self._read_robots(trip, replace(target, path="/robots.txt"))
        except Failure as failure:
            if failure.outcome is Outcome.DEFERRED:
                raise
            since = state.robots_failing_since or now
            if state.robots is not None:
                return replace(state, robots_until=now + ROBOTS_RETRY, robots_failing_since=since)
            if now - since >= ROBOTS_PATIENCE:
                return replace(state, robots="", robots_until=now + ROBOTS_FRESH, robots_failing_since=since)
            if state.robots_failing_since is None:
                self._politeness.remember(replace(state, robots_failing_since=since))
            raise Failure(
                failure.outcome,
                f"robots.txt can't be read, so pages are not asked: {failure.detail}",
                status=failure.status,
                retry_after=failure.retry_after,
            ) from failure
        return replace(state, robots=text, robots_until=now + ROBOTS_FRESH, robots_failing_since=None)

    def _read_robots(self, trip: _Trip, target: Target) -> str:
        """Return the text of a robots.txt, "" where there is none. Raises Failure where that can't be known."""
        errand = _Trip(
            request=Request(url=target.url, robots=False),
            validators=Validators(),
            deadline=trip.deadline,
            origin=trip.origin,
            hops=trip.hops,
        )
        headers = self._headers(errand, target)
        try:
            for _ in range(_ROBOTS_REDIRECTS_LIMIT + 1):
                answer = self._exchange(errand, target, headers, ROBOTS_LIMIT_BYTES, cut=True)
                location = answer.headers.get("location")
                if answer.status not in _REDIRECTS or not location:
                    break
                target = join_target(answer.target, location)
                headers = self._headers(errand, target)
                errand.hops += 1
        finally:
            trip.received += errand.received
            trip.waited += errand.waited
        outcome = outcome_of(answer.status)
        if outcome is Outcome.OK:
            return decode_robots(answer.body, self._token)
        if outcome in (Outcome.RATE_LIMITED, Outcome.SERVER_ERROR):
            wish = retry_after(answer.headers, self._clock(), self._settings.retry_after_cap)
            raise Failure(outcome, _detail(answer), status=answer.status, retry_after=wish)
        return ""


def _origin(url: str) -> Target:
    """Return the target of a request's own URL; of one that can't be asked, a target that nothing is told to."""
    try:
        return parse_target(url)
    except Failure:
        return Target(scheme="", host="", port=0, path="")


def _prepare(request: Request, target: Target, headers: dict[str, str]) -> requests.PreparedRequest:
    """Fill a PreparedRequest by hand: its own `prepare` parses the URL again, and costs more than the sending."""
    prepared = requests.PreparedRequest()
    prepared.method = request.method
    prepared.url = target.url
    prepared.headers = CaseInsensitiveDict({"Host": target.host_header, **headers})
    prepared.body = request.body
    return prepared


def _lower(reply: Reply) -> dict[str, str]:
    return {name.lower(): value for name, value in reply.headers.items()}


def _detail(answer: Answer) -> str:
    """Tell a refusal in one sentence; the server's own words are not repeated."""
    try:
        phrase = f" {http.HTTPStatus(answer.status).phrase}"
    except ValueError:
        phrase = ""
    return f"{urlsplit(answer.target.origin).netloc} answers {answer.status}{phrase}."
