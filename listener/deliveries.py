"""Records of alert rules, alerts and deliveries, and the Protocol of channels.

Values, as those of `listener.types`, which gives them out with its own.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol, TypeAlias

import msgspec

#: What a rule watches.
RuleOn: TypeAlias = Literal["mention", "source", "price", "faq", "copy", "status", "spike", "pain"]

HOUR = timedelta(hours=1)
#: The window of a rule by what it watches: its unit, the longest one, and both in words.
WINDOWS: Mapping[RuleOn, tuple[timedelta, timedelta, str]] = {
    "spike": (HOUR, 24 * HOUR, "1 to 24 whole hours"),
    "pain": (24 * HOUR, 90 * 24 * HOUR, "1 to 90 whole days"),
}
#: What a spike is a spike of.
SpikeOf: TypeAlias = Literal["stories", "negative", "complaints"]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """An alert rule. A condition left out (None, empty) holds always; those given must all hold."""

    name: str
    on: RuleOn = "mention"
    channels: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    #: Query in the brands' query language, over the mention's text.
    words: str | None = None
    #: Compound at or below. A mention without a score never satisfies it.
    sentiment_at_most: float | None = None
    sentiment_at_least: float | None = None
    reach_at_least: float | None = None
    relevance_at_least: float | None = None
    pains: tuple[str, ...] = ()
    severity_at_least: int | None = None
    kinds: tuple[str, ...] = ()
    #: Of price changes, absolute.
    percent_at_least: float | None = None
    plans: tuple[str, ...] = ()
    #: Trouble of a source raises an alert when it has lasted this long.
    failing_for: timedelta | None = None
    #: "now", or collected for the digest of that time of day ("07:00", in the settings' time zone).
    send: str = "now"
    #: Items published earlier than this before they were first seen don't alert (a new source's history).
    fresh_within: timedelta = timedelta(days=2)
    #: Of spikes: what is counted, and of spikes and pain points: within which time, at least how many, and how many
    #: times as many as usual. None: what `listener.alerts.trends` has for each.
    counts: SpikeOf = "stories"
    window: timedelta | None = None
    stories_at_least: int | None = None
    times_at_least: float = 2.0
    #: No second alert about the same spike or pain point within this time.
    cool_down: timedelta | None = None

    def __post_init__(self) -> None:
        bounds = WINDOWS.get(self.on)
        if self.window is None or bounds is None:
            return
        unit, most, words = bounds
        if self.window % unit or not unit <= self.window <= most:
            raise ValueError(f'window: expected {words} for a rule on "{self.on}"')


Tone: TypeAlias = Literal["bad", "good", "plain"]


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """Something worth a person's attention, once. Text in it is from the web: renderers escape it."""

    #: Unique: the same cause never makes a second alert (rule, story; rule, source, failing since; ...).
    key: str
    rule: str
    on: RuleOn
    brand: str | None
    source: str | None
    created_at: datetime
    #: One line: what happened.
    title: str
    #: Quoted words of the web, readable text; may be empty.
    quote: str = ""
    url: str | None = None
    tone: Tone = "plain"
    #: 0 to 1: how much it weighs beside others of its tone. The heavier come first in one message.
    weight: float = 0.0
    #: Label and value, in the order to show: ("Sentiment", "-0.81 negative"), ("Before", "49 USD").
    facts: tuple[tuple[str, str], ...] = ()
    #: Messages about the same thing are threaded together: a stable string.
    thread: str = ""
    channels: tuple[str, ...] = ()
    send: str = "now"


class DeliveryStatus(enum.StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One alert on its way to one channel."""

    id: int
    alert_id: int
    alert: Alert
    channel: str
    status: DeliveryStatus
    attempts: int
    due_at: datetime
    #: Of the last attempt. Of a delivery that was sent: which receivers were refused for good.
    last_error: str = ""
    sent_at: datetime | None = None
    #: Receivers who have it already, of a message that others are to get at a later attempt.
    delivered_to: tuple[str, ...] = ()


class Channel(Protocol):
    """Hands messages over to people. Rendering is pure and apart from sending."""

    name: str
    #: How many alerts one message may hold; the rest is counted and pointed at.
    MESSAGE_LIMIT: int

    def send(
        self, alerts: Sequence[Alert], *, message_id: str, now: datetime, delivered: Collection[str] = ()
    ) -> str | None:
        """Send one message with these alerts; return which receivers were refused for good, if others have it.

        `message_id` is the same for each attempt at the same message, so that a receiver can drop a repetition.
        `delivered` are the receivers whom an earlier attempt has reached, as its MessageDeferred named them.
        Raises TemporaryDeliveryError or PermanentDeliveryError.
        """
        ...
