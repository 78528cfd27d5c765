"""Fetches robots.txt once a day per host, and checks requests against it. RFC 9309."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from listener.fetch.exchange import Exchange, Trip, outcome_of
from listener.fetch.failure import Failure
from listener.fetch.politeness import Politeness
from listener.fetch.robots import (
    ROBOTS_FRESH,
    ROBOTS_LIMIT_BYTES,
    ROBOTS_PATIENCE,
    ROBOTS_RETRY,
    decode_robots,
    product_token,
)
from listener.fetch.target import Target, join_target
from listener.types import HostState, Outcome, Request, Validators

#: RFC 9309, 2.3.1.2.
_REDIRECTS_LIMIT = 5


class RobotsGate:
    """Stands before every host that a fetch with `Request.robots` asks."""

    def __init__(
        self, exchange: Exchange, politeness: Politeness, *, user_agent: str, clock: Callable[[], datetime]
    ) -> None:
        self._exchange = exchange
        self._politeness = politeness
        self._token = product_token(user_agent)
        self._clock = clock

    def check(self, trip: Trip, target: Target) -> None:
        """Raise Failure unless robots.txt of the host allows `target`."""
        state = self._politeness.state(target.key)
        if state.robots_until is None or state.robots_until <= self._clock():
            self._learn(trip, target, state)
        if not self._politeness.allows(target.key, target.url):
            raise Failure(Outcome.ROBOTS, f"robots.txt of {target.host_header} forbids this path.")

    def _learn(self, trip: Trip, target: Target, state: HostState) -> None:
        """Remember the host's robots.txt of today, or for how long its old one may serve.

        Raises Failure when it can't be read and there is no old one: pages are not asked then (RFC 9309, 2.3.1.4),
        until it can be read, or couldn't be for ROBOTS_PATIENCE.
        """
        now = self._clock()
        try:
            text = self._read(trip, replace(target, path="/robots.txt"))
        except Failure as failure:
            if failure.outcome is Outcome.DEFERRED:
                raise
            since = state.robots_failing_since or now
            known = replace(state, robots_until=now + ROBOTS_RETRY, robots_failing_since=since)
            if state.robots is None:
                if now - since < ROBOTS_PATIENCE:
                    self._politeness.remember(replace(state, robots_failing_since=since))
                    raise _unreadable(target, failure) from failure
                known = replace(known, robots="", robots_until=now + ROBOTS_FRESH)
            # The page is requested now, whatever backoff this failure alone would mean.
            self._politeness.remember(known, forgive=not failure.asked_for)
            return
        self._politeness.remember(
            replace(state, robots=text, robots_until=now + ROBOTS_FRESH, robots_failing_since=None)
        )

    def _read(self, trip: Trip, target: Target) -> str:
        """Return the text of a robots.txt, "" where there is none. Raises Failure where that can't be known."""
        errand = Trip(
            request=Request(url=target.url),
            validators=Validators(),
            deadline=trip.deadline,
            origin=trip.origin,
            under_way=trip.under_way,
            hops=trip.hops,
        )
        try:
            for _ in range(_REDIRECTS_LIMIT + 1):
                answer = self._exchange.ask(errand, target, limit=ROBOTS_LIMIT_BYTES, cut=True)
                location = answer.headers.get("location")
                if not (answer.redirect and location):
                    break
                target = join_target(target, location)
                errand.hops += 1
        finally:
            trip.received += errand.received
            trip.waited += errand.waited
        outcome = outcome_of(answer.status)
        if outcome is Outcome.OK:
            return decode_robots(answer.body, self._token)
        if outcome in (Outcome.RATE_LIMITED, Outcome.SERVER_ERROR):
            raise Failure(
                outcome,
                answer.detail,
                status=answer.status,
                retry_after=answer.retry_after,
                asked_for=outcome is Outcome.RATE_LIMITED or "retry-after" in answer.headers,
            )
        # RFC 9309, 2.3.1.3: any other refusal, and too many redirects, mean that there is no robots.txt.
        return ""


def _unreadable(target: Target, failure: Failure) -> Failure:
    return Failure(
        failure.outcome,
        f"{target.host_header} is not polled because its robots.txt can't be read: {failure.detail}",
        status=failure.status,
        retry_after=failure.retry_after,
    )
