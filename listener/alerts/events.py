"""The events that rules are evaluated on: a mention or a change with its context."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from listener.facts import Change, Price
from listener.types import Item, Reading, Source, SpikeOf, check_aware


class MentionEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A mention that was just stored."""

    reading: Reading
    item: Item
    source: Source
    mention_id: int
    #: Copies of one story share it, and its alert.
    story_id: int
    first_of_story: bool
    seen_at: datetime
    #: It came with the first poll of its source: an item without a date may be of any age.
    history: bool = False

    def __post_init__(self) -> None:
        check_aware(self.seen_at)


class PricePoint(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan cost from a moment on."""

    since: datetime
    price: Price

    def __post_init__(self) -> None:
        check_aware(self.since)


class ChangeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a page that was just stored."""

    change: Change
    change_id: int
    source: Source
    #: Whose page it is.
    brand: str | None
    seen_at: datetime
    #: Where to look; empty: the source's address.
    url: str = ""
    #: Earlier prices of the plan, oldest first, without the one that came with this change.
    history: tuple[PricePoint, ...] = ()

    def __post_init__(self) -> None:
        check_aware(self.seen_at)


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A mention that shows what a trend is about."""

    mention_id: int
    source: str
    quote: str
    url: str | None


class SpikeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Many more voices about a brand than usual."""

    brand: str
    counts: SpikeOf
    start: datetime
    end: datetime
    count: int
    #: At the same time of other days; their median, and how many were known.
    usual: float
    windows: int
    #: Of the stories in this time.
    positive: int
    negative: int
    #: Those that reach most people first.
    examples: tuple[Example, ...]

    def __post_init__(self) -> None:
        check_aware(self.start)
        check_aware(self.end)


class PainEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A pain point of a brand that is new or named more often than before."""

    brand: str
    topic: str
    #: What it means, by the taxonomy; may be empty.
    definition: str
    window: timedelta
    #: Stories that name it, of all stories about the brand, late and before.
    late: int
    late_stories: int
    earlier: int
    earlier_stories: int
    mean_severity: float
    #: The severest first.
    examples: tuple[Example, ...]
