"""One fetch: follows redirects, remembers permanent ones, and returns a FetchResult whatever happens."""

from __future__ import annotations

import hashlib
import http
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from types import MappingProxyType

import msgspec
from msgspec.structs import replace

from listener.fetch.addresses import Resolve, Resolver, system_resolve
from listener.fetch.exchange import Answer, Exchange, Trip, outcome_of
from listener.fetch.failure import Failure
from listener.fetch.hosts import HostStates
from listener.fetch.politeness import Politeness
from listener.fetch.response_headers import fresh_for, validator
from listener.fetch.robots_gate import RobotsGate
from listener.fetch.settings import FetchSettings
from listener.fetch.target import Target, join_target, parse_target
from listener.fetch.transport import Transport
from listener.types import FetchResult, Outcome, Request, Response, Validators

_PERMANENT = frozenset({301, 308})
#: These keep method and body.
_SAME_METHOD = frozenset({307, 308})
#: After these the original URL of a source that had moved is asked again.
_MOVED_WRONG = frozenset({Outcome.NOT_FOUND, Outcome.GONE, Outcome.DNS, Outcome.ADDRESS})
#: Fetches remembered that were put off between two redirects.
_PAUSED_LIMIT = 1_000


class _Way(msgspec.Struct, kw_only=True):
    """A chain of redirects, as far as it was followed."""

    target: Target
    #: Where it led as long as all redirects were permanent.
    moved_to: str | None
    seen: set[str]
    permanent: bool = True


def _start(trip: Trip) -> _Way:
    """Return the way that begins where the request's URL is known to have moved to, or at itself."""
    target, moved_to = trip.origin, trip.validators.moved_to
    try:
        target = parse_target(moved_to) if moved_to else target
    except Failure:
        moved_to = None
    return _Way(target=target, moved_to=moved_to, seen={target.url})


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
        """Take `clock`, which returns aware UTC, and `sleep`, which waits seconds of the same time.

        The deadlines of sockets don't run on that clock: the network isn't simulated.
        """
        self._settings = settings
        self._clock = clock
        self._politeness = Politeness(settings, hosts, clock=clock, sleep=sleep)
        self._transport = Transport(settings, Resolver(settings.allow_networks, resolve=resolve))
        self._exchange = Exchange(settings, self._politeness, self._transport, clock=clock)
        self._paused: dict[str, _Way] = {}
        self._lock = threading.Lock()
        self._robots = RobotsGate(self._exchange, self._politeness, user_agent=settings.user_agent, clock=clock)

    def ready_at(self, url: str, now: datetime) -> datetime:
        """Return when a fetch of `url` will not be put off (DEFERRED) because of its host: `now` or later.

        A host that is left alone for longer than five minutes counts as ready: the fetch fails at once, without a
        request, and its result says why and until when.
        """
        try:
            return self._politeness.ready_at(parse_target(url).key, now)
        except Failure:
            return now

    def left_alone(self, url: str, now: datetime) -> str:
        """Return until when and why the host of `url` must not be contacted, in a sentence; "" where that isn't so."""
        try:
            return self._politeness.left_alone(parse_target(url).key, now)
        except Failure:
            return ""

    def fetch(self, request: Request, validators: Validators | None = None, *, under_way: bool = False) -> FetchResult:
        """Ask for `request.url`, or for where it has moved to, and return how that ended. Never raises for the web.

        `under_way` says that this isn't the first request of a poll (next page): it rather waits up to a minute for
        its host than that it is put off. What was put off in the middle of its redirects goes on from there next time.
        The result's validators are to be kept for the next fetch of this URL, however this one ended; but those of a
        body that turned out not to be what the source promised are better not kept.
        """
        started = time.monotonic()
        validators = validators or Validators()
        try:
            origin = parse_target(request.url)
        except Failure as failure:
            return FetchResult(request=request, outcome=failure.outcome, detail=failure.detail, validators=validators)
        trip = Trip(
            request=request,
            validators=validators,
            deadline=self._transport.deadline(),
            origin=origin,
            under_way=under_way,
        )
        with self._lock:
            way = self._paused.pop(request.url) if request.url in self._paused else _start(trip)
        result = self._begin(trip, way)
        if validators.moved_to and result.outcome in _MOVED_WRONG:
            trip.validators = Validators()
            result = self._begin(trip, _start(trip))
            if not result.worked:
                result = replace(result, validators=replace(validators, moved_to=None))
        elapsed = time.monotonic() - started - trip.waited
        return replace(result, bytes_received=trip.received, elapsed=timedelta(seconds=max(elapsed, 0.0)))

    def close(self) -> None:
        """Close idle connections."""
        self._transport.close()

    def _begin(self, trip: Trip, way: _Way) -> FetchResult:
        """Fetch, beginning on `way`."""
        try:
            return self._follow(trip, way)
        except Failure as failure:
            if failure.outcome is Outcome.DEFERRED and trip.hops:
                with self._lock:
                    if len(self._paused) < _PAUSED_LIMIT:
                        self._paused[trip.request.url] = way
            return FetchResult(
                request=trip.request,
                outcome=failure.outcome,
                status=failure.status,
                detail=failure.detail,
                validators=trip.validators,
                retry_after=failure.retry_after,
                asked=failure.asked or trip.hops > 0,
            )

    def _follow(self, trip: Trip, way: _Way) -> FetchResult:
        """Ask where `way` stands, and where that redirects to. Raises Failure."""
        trip.hops = len(way.seen) - 1
        while True:
            if trip.request.robots and self._settings.robots:
                self._robots.check(trip, way.target)
            answer = self._exchange.ask(trip, way.target, limit=self._settings.body_limit)
            if not answer.redirect:
                return self._result(trip, answer, way.moved_to)
            way.target = self._next_target(trip, answer, way.seen)
            downgrade = answer.target.scheme == "https" and way.target.scheme == "http"
            # One forged redirect must not take TLS from a source for good: followed it is, remembered it isn't.
            way.permanent = way.permanent and answer.status in _PERMANENT and not downgrade
            if way.permanent:
                way.moved_to = way.target.url

    def _next_target(self, trip: Trip, answer: Answer, seen: set[str]) -> Target:
        """Return where a redirect leads. Raises Failure: REDIRECTS, PROTOCOL, ADDRESS."""
        host, status = answer.target.host_header, answer.status
        location = answer.headers.get("location")
        if not location:
            raise Failure(Outcome.PROTOCOL, f"{host} redirects ({status}) without a target.", status=status)
        target = join_target(answer.target, location)
        if target.url in seen:
            raise Failure(Outcome.REDIRECTS, f"{host} redirects in a loop.", status=status)
        if trip.hops >= self._settings.max_redirects:
            raise Failure(Outcome.REDIRECTS, f"{host} redirects more than {trip.hops} times.", status=status)
        if trip.request.method != "GET" and not (status in _SAME_METHOD and trip.origin.trusts(target)):
            raise Failure(Outcome.REDIRECTS, f"{host} redirects a POST, which is not followed.", status=status)
        seen.add(target.url)
        trip.hops += 1
        return target

    def _result(self, trip: Trip, answer: Answer, moved_to: str | None) -> FetchResult:
        """Return the end of a fetch by its last answer."""
        request, before, status = trip.request, trip.validators, answer.status
        outcome = outcome_of(status)
        if outcome is Outcome.OK:
            return self._ok(trip, answer, moved_to)
        if status == http.HTTPStatus.NOT_MODIFIED and trip.conditional:
            return FetchResult(
                request=request,
                outcome=Outcome.NOT_MODIFIED,
                status=status,
                validators=before if moved_to == before.moved_to else replace(before, moved_to=moved_to),
                fresh_for=fresh_for(answer.headers, self._clock(), self._settings.retry_after_cap),
                same_body=before.body_hash is not None,
            )
        return FetchResult(
            request=request,
            outcome=outcome,
            status=status,
            detail=answer.detail,
            validators=before,
            retry_after=answer.retry_after,
        )

    def _ok(self, trip: Trip, answer: Answer, moved_to: str | None) -> FetchResult:
        """Return the end of a fetch that brought a body."""
        now = self._clock()
        body_hash = hashlib.sha256(answer.body).hexdigest()
        response = Response(
            request=trip.request,
            url=answer.target.url,
            status=answer.status,
            headers=MappingProxyType(dict(answer.headers)),
            body=answer.body,
            fetched_at=now,
        )
        validators = Validators(
            etag=validator(answer.headers, "etag"),
            last_modified=validator(answer.headers, "last-modified"),
            body_hash=body_hash,
            moved_to=moved_to,
        )
        return FetchResult(
            request=trip.request,
            outcome=Outcome.OK,
            response=response,
            status=answer.status,
            validators=validators,
            fresh_for=fresh_for(answer.headers, now, self._settings.retry_after_cap),
            same_body=trip.request.conditional and body_hash == trip.validators.body_hash,
        )
