"""Records returned by the store that are not in `listener.types`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from listener.facts import Change
from listener.mentions.corrections import Correction, Verdict
from listener.types import EMPTY, Item, Pain, Sentiment, Source, SourceState


class StoredSource(msgspec.Struct, frozen=True, kw_only=True):
    """A source as the database knows it: settings of the last start, and the state between polls."""

    name: str
    scraper: str
    url: str
    brand: str | None
    category: str
    weight: float
    #: False for one that left the settings or was disabled there.
    active: bool
    added_at: datetime
    state: SourceState


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """A mention as it is listed and exported."""

    id: int
    at: datetime
    seen_at: datetime
    brand: str
    source: str
    category: str
    item_id: int
    story_id: int | None
    first_of_story: bool
    sentiment: Sentiment
    scorer: str
    complaint: float
    relevance: float
    reach: float
    kind: str
    lang: str | None
    title: str
    excerpt: str
    url: str | None
    author: str | None
    published: datetime | None
    rating: float | None
    rating_max: float
    #: Topic and severity, the severest first.
    pains: tuple[tuple[str, int], ...] = ()
    irrelevant: bool = False
    #: What a person said something of: fields of `Correction`.
    corrected: tuple[str, ...] = ()


class StoredText(msgspec.Struct, frozen=True, kw_only=True):
    """A mention with the item it stands in, to be read again."""

    mention_id: int
    brand: str
    item: Item
    #: As the settings last had it.
    source: Source


class StoredItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item with the brands that it is a mention of, to be looked through again."""

    item_id: int
    item: Item
    #: As the settings last had it.
    source: Source
    seen_at: datetime
    brands: frozenset[str]


class StoredCorrection(msgspec.Struct, frozen=True, kw_only=True):
    """The last word of a person on one thing about a mention."""

    mention_id: int
    brand: str
    #: A field of `Correction`.
    field: str
    #: As JSON has it.
    value: object
    made_at: datetime
    made_by: str


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A mention that a person judged: what the program says by itself, and what is right."""

    mention_id: int
    brand: str
    own: Verdict
    correction: Correction


class Complaint(msgspec.Struct, frozen=True, kw_only=True):
    """What complains, in few words."""

    mention_id: int
    excerpt: str
    source: str
    author: str | None
    reach: float


class StoredPain(msgspec.Struct, frozen=True, kw_only=True):
    """A pain point that a mention names, as it is exported."""

    mention_id: int
    at: datetime
    brand: str
    source: str
    first_of_story: bool
    pain: Pain
    excerpt: str
    url: str | None


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What was heard of a brand, in numbers."""

    stories: int
    positive: int
    negative: int


class StoredAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert with what became of it, as it is exported."""

    id: int
    key: str
    rule: str
    on: str
    brand: str | None
    source: str | None
    created_at: datetime
    title: str
    quote: str
    url: str | None
    #: Where it was to go.
    channels: tuple[str, ...] = ()
    #: Channel, status, attempts, sent at, last error; in the order of the channels' names. Those that ended long ago
    #: are forgotten by retention.
    deliveries: tuple[tuple[str, str, int, datetime | None, str], ...] = ()


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Answers to a survey in one hour, as a whole or of one segment."""

    #: When the hour begins.
    at: datetime
    brand: str
    source: str
    #: nps, csat, ces, ...
    metric: str
    #: Both empty: all answers together.
    segment_key: str
    segment_value: str
    answers: int
    #: Sum of the answers, on the survey's own scale.
    total: float
    promoters: int
    detractors: int


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """The store in numbers, for a status line."""

    sources: int
    failing: int
    stopped: int
    items: int
    mentions: int
    stories: int
    alerts: int
    pending: int
    dead: int
    #: When the oldest delivery that still waits was due.
    oldest_pending: datetime | None
    last_poll: datetime | None
    size_bytes: int


#: A change waits for a second look, was seen twice, or comes and goes.
ChangeStatus: TypeAlias = Literal["pending", "confirmed", "flapping"]


class StoredChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a page, with what is known of it."""

    id: int
    source: str
    brand: str | None
    url: str
    change: Change
    first_seen: datetime
    confirmed_at: datetime | None
    status: ChangeStatus


class StoredPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan cost for a time. Texts are empty where the page said nothing."""

    source: str
    brand: str | None
    plan: str
    #: None for "contact us".
    price: Decimal | None
    currency: str
    period: str
    unit: str
    first_seen: datetime
    last_seen: datetime


class StoredClaim(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of advertising copy and the time that it was used."""

    source: str
    brand: str | None
    #: headline, subhead, cta, claim, logo.
    kind: str
    text: str
    url: str | None
    first_seen: datetime
    last_seen: datetime


class StoredAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A question of a FAQ with an answer, and the time that this answer stood."""

    source: str
    brand: str | None
    question: str
    answer: str
    first_seen: datetime
    last_seen: datetime


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a page, as it was received."""

    id: int
    source: str
    url: str
    taken_at: datetime
    #: The same bytes came again until here.
    last_seen_at: datetime
    body_hash: str
    body: bytes
    headers: Mapping[str, str] = EMPTY
