"""WebSub subscriptions (https://www.w3.org/TR/websub/): their states and transitions. Pure.

A hub tells the subscriber of a topic, a feed's own address, that there is news. Here that is taken for a hint and no
more: the feed is polled at once, as politely as ever, and what a caller sends is never read as items. So the worst that
somebody can do who has learned a secret is to have a feed asked early.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlencode

import msgspec

from listener.types import Hub

#: Before a subscription's token, in the names of facts of the database.
PREFIX = "websub "
#: Asked of hubs; they may grant another. Long ones outlive a machine's holiday, short ones end with a forgotten one.
LEASE = timedelta(days=10)
#: Leases are taken for at least and at most this, whatever a hub says.
LEASE_LEAST, LEASE_MOST = timedelta(minutes=10), timedelta(days=60)
#: Renewed when this much of a lease is over.
RENEWED_AFTER = 0.75
#: How long a hub may take to verify what was asked of it before it is asked again.
VERIFIED_WITHIN = timedelta(hours=1)
RETRY_FIRST, RETRY_MOST = timedelta(minutes=5), timedelta(days=1)
#: Times that a hub is asked to end a subscription.
LEAVING_TRIES = 3
CHALLENGE_LIMIT = 1_000
_CHALLENGE = re.compile(r"[\x21-\x7e]+")
#: Of the standard's section 6.1.1; SHA-1 is still what most hubs sign with.
_METHODS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}

State = Literal["wanted", "active", "denied", "leaving"]


class Subscription(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source's subscription at one hub."""

    source: str
    hub: str
    topic: str
    #: Names it in the address that the hub calls; nobody else knows it.
    token: str
    #: Shared with the hub, which signs with it.
    secret: str
    state: State = "wanted"
    #: When the hub is to be asked next: to subscribe, to renew, to end it.
    next_at: datetime
    #: The hub was asked, and may call to verify that until then.
    pending_until: datetime | None = None
    #: Until when the hub tells of news; None while it has never promised to.
    expires_at: datetime | None = None
    #: Times that it was asked without a word since it last answered well.
    tries: int = 0

    def alive(self, now: datetime) -> bool:
        """Return whether the hub has promised to tell of news."""
        return self.state == "active" and self.expires_at is not None and now < self.expires_at

    @property
    def unheard(self) -> bool:
        """Whether the hub was asked more than once, and has never called back."""
        return self.state == "wanted" and self.expires_at is None and self.tries > 1

    @property
    def over(self) -> bool:
        """Whether nothing is left to be done for it."""
        return self.state == "leaving" and self.tries >= LEAVING_TRIES


def wanted(source: str, offer: Hub, now: datetime, *, token: str, secret: str) -> Subscription:
    """Return a subscription that is to be asked for at once."""
    return Subscription(source=source, hub=offer.url, topic=offer.topic, token=token, secret=secret, next_at=now)


def leaving(one: Subscription, now: datetime) -> Subscription:
    """Return a subscription that nobody needs any more."""
    return msgspec.structs.replace(one, state="leaving", next_at=now, pending_until=None, tries=0)


def request_form(one: Subscription, callback: str) -> bytes:
    """Return what is posted to the hub (5.1): subscribe, which renews, too, or unsubscribe."""
    mode = "unsubscribe" if one.state == "leaving" else "subscribe"
    fields = {"hub.callback": callback, "hub.mode": mode, "hub.topic": one.topic}
    if mode == "subscribe":
        fields |= {"hub.secret": one.secret, "hub.lease_seconds": f"{LEASE.total_seconds():.0f}"}
    return urlencode(fields).encode("ascii")


def asked(one: Subscription, now: datetime) -> Subscription:
    """Return a subscription whose hub is being asked: that verifies by itself, or is asked again, ever more rarely."""
    return msgspec.structs.replace(
        one,
        next_at=now + max(_backoff(one.tries), VERIFIED_WITHIN),
        pending_until=now + VERIFIED_WITHIN,
        tries=one.tries + 1,
    )


def refused(one: Subscription, now: datetime) -> Subscription:
    """Return a subscription whose hub did not take what it was asked."""
    return msgspec.structs.replace(one, next_at=now + _backoff(one.tries - 1), pending_until=None)


def _backoff(tries: int) -> timedelta:
    wait: timedelta = min(RETRY_FIRST * 2 ** min(max(tries, 0), 12), RETRY_MOST)
    return wait


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a hub's call to verify: what is answered, and the subscription afterwards; None: it has ended."""

    status: int
    text: str = ""
    after: Subscription | None = None


def verified(one: Subscription, query: Mapping[str, str], now: datetime) -> Verdict:
    """Judge a hub's call to verify what it was asked (5.3), or its word that it won't have it (5.2)."""
    mode, challenge = query.get("hub.mode", ""), query.get("hub.challenge", "")
    if query.get("hub.topic") != one.topic:
        return Verdict(status=404, after=one)
    if mode == "denied" and one.state != "leaving":
        denied = msgspec.structs.replace(one, state="denied", next_at=now + RETRY_MOST, pending_until=None)
        return Verdict(status=200, after=denied)
    expected = "unsubscribe" if one.state == "leaving" else "subscribe"
    pending = one.pending_until is not None and now < one.pending_until
    if mode != expected or not pending or len(challenge) > CHALLENGE_LIMIT or not _CHALLENGE.fullmatch(challenge):
        return Verdict(status=404, after=one)
    if mode == "unsubscribe":
        return Verdict(status=200, text=challenge)
    lease = _lease(query.get("hub.lease_seconds", ""))
    active = msgspec.structs.replace(
        one,
        state="active",
        expires_at=now + lease,
        next_at=now + lease * RENEWED_AFTER,
        pending_until=None,
        tries=0,
    )
    return Verdict(status=200, text=challenge, after=active)


def _lease(seconds: str) -> timedelta:
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 12):
        return LEASE
    return timedelta(seconds=min(max(int(seconds), LEASE_LEAST.total_seconds()), LEASE_MOST.total_seconds()))


def is_signed(header: str, body: bytes, secret: str) -> bool:
    """Return whether an X-Hub-Signature ("sha256=...") of a body was made with a secret (6.1)."""
    method, _, given = header.strip().partition("=")
    if method.lower() not in _METHODS or not given.isascii():
        return False
    made = hmac.new(secret.encode("ascii"), body, _METHODS[method.lower()]).hexdigest()
    return hmac.compare_digest(made, given.strip().lower())


def as_text(one: Subscription) -> str:
    """Return a subscription as text, to be kept."""
    return msgspec.json.encode(one).decode("ascii")


def kept(facts: Mapping[str, str]) -> list[Subscription]:
    """Return the subscriptions among the facts under `PREFIX`; without what another version has written."""
    found = []
    for text in facts.values():
        with suppress(msgspec.MsgspecError, ValueError):
            found.append(msgspec.json.decode(text, type=Subscription))
    return found
