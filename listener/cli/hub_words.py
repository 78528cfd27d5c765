"""Describes a source's WebSub subscription: in words, for `--json`, and anything suspicious about it."""

from __future__ import annotations

from datetime import datetime

from listener.insights.health import clock_time
from listener.subscriptions import Subscription


def in_words(one: Subscription, now: datetime) -> str:
    """Return how a subscription stands, with times in the zone of `now`."""
    if one.alive(now) and one.expires_at is not None:
        return f"subscribed until {clock_time(one.expires_at, now)} (renewed before)"
    if one.state == "leaving":
        return "being unsubscribed"
    again = f"next request {'now' if one.next_at <= now else f'at {clock_time(one.next_at, now)}'}"
    if one.state == "denied":
        return f"subscription rejected; {again}"
    if one.pending_until is not None and now < one.pending_until:
        return f"requested; the hub has until {clock_time(one.pending_until, now)} to call back"
    if one.expires_at is not None:
        return f"expired at {clock_time(one.expires_at, now)}; {again}"
    if one.tries == 0:
        return "not requested yet"
    if one.tries > 1:
        return f"requested {one.tries} times, but the hub never called back; {again}"
    return f"request failed; {again}"


def odd(one: Subscription) -> tuple[str, str] | None:
    """Return what is odd about a subscription with the fix to try; None where nothing is."""
    if one.state == "denied":
        return ("its hub rejects the subscription", "It is polled by its schedule, as if it had no hub.")
    if one.unheard:
        return (
            f"its hub never called back after {one.tries} requests",
            "Hubs must reach `public_url` of [websub] from outside: open it elsewhere and expect a 404 of the daemon. "
            "Until then the source is polled by its schedule.",
        )
    return None


def as_record(one: Subscription, now: datetime) -> dict[str, object]:
    """Return what `--json` prints of a subscription. Its token and secret are nobody's business."""
    return {
        "url": one.hub,
        "topic": one.topic,
        "state": one.state,
        "until": None if one.expires_at is None else one.expires_at.isoformat(),
        "asked_again": one.next_at.isoformat(),
        "words": in_words(one, now),
    }
