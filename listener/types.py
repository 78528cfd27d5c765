"""Records and Protocols shared by all packages.

All records are values: frozen, slotted, keyword-only, one class per processing stage. Datetimes are aware and in UTC.
Page facts are in `listener.facts`; alerts and deliveries are in `listener.deliveries` and re-exported here.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from listener.deliveries import Alert as Alert
from listener.deliveries import Channel as Channel
from listener.deliveries import Delivery as Delivery
from listener.deliveries import DeliveryStatus as DeliveryStatus
from listener.deliveries import Rule as Rule
from listener.deliveries import RuleOn as RuleOn
from listener.deliveries import SpikeOf as SpikeOf
from listener.deliveries import Tone as Tone
from listener.facts import PageFacts

EMPTY: Mapping[str, Any] = MappingProxyType({})


def check_aware(moment: datetime | None) -> None:
    """Raise ValueError unless `moment` is None or an aware datetime in UTC."""
    if moment is not None and moment.tzinfo is not UTC and moment.utcoffset() != timedelta(0):
        raise ValueError(f"not an aware UTC datetime: {moment!r}")


# --- brands and sources (from the settings) -----------------------------------------------------------------------

Role: TypeAlias = Literal["own", "competitor", "watched"]


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """A brand to monitor. `name` is the key of its table in the settings."""

    name: str
    #: In the query language of `listener.mentions.query`.
    query: str
    role: Role = "own"
    #: Names to mask before sentiment is scored, in addition to those in the query: products, handles, spellings.
    aliases: tuple[str, ...] = ()
    #: Words that indicate the brand (context) or a namesake (not_context).
    context: tuple[str, ...] = ()
    not_context: tuple[str, ...] = ()


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """The search terms for one brand on one network."""

    brand: str
    #: Words and phrases as spelled in the brand's query. Every text that matches the query contains at least one.
    terms: tuple[str, ...]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A feed, page, search, folder or mailbox to poll. `name` is the key of its table in the settings."""

    name: str
    scraper: str
    url: str = ""
    #: Polling interval; None: adaptive, within the bounds of the settings.
    every: timedelta | None = None
    #: The brand that owns the page, or the only brand to match; None: all brands.
    brand: str | None = None
    category: str = ""
    #: Weight of this source in reach; 1.0 is the default.
    weight: float = 1.0
    enabled: bool = True
    #: The scraper's own typed options record, as parsed by `Scraper.Options`; None for one without options.
    options: Any = None
    #: For search scrapers, one per brand to search for; empty for all others.
    searches: tuple[Search, ...] = ()


# --- fetching -----------------------------------------------------------------------------------------------------


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request that a scraper asks for."""

    url: str
    method: Literal["GET", "POST"] = "GET"
    headers: Mapping[str, str] = EMPTY
    body: bytes | None = None
    #: Send stored validators and accept a 304; an unchanged body is not parsed. False if an unchanged response
    #: matters, too, such as a session token.
    conditional: bool = True
    #: Respect robots.txt. False only for documented APIs and feeds published for polling.
    robots: bool = True
    #: Render the page in a browser and return the resulting HTML. Needs the extra `browser`.
    render: bool = False
    #: Arbitrary text for the scraper, available again in `Response.request`.
    tag: str = ""


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A successful response (status 200 to 299): the decompressed body, within the limits."""

    request: Request
    #: After redirects.
    url: str
    status: int
    #: Names in lower case; repeated headers are joined by ", ".
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime


class Outcome(enum.StrEnum):
    """How a fetch ended. Everything but OK, NOT_MODIFIED and DEFERRED is a failed poll."""

    OK = "ok"
    NOT_MODIFIED = "not-modified"
    #: No request was made because of the host's rate limit. Retry after `retry_after`; neither a success nor a failure
    #: of the source.
    DEFERRED = "deferred"
    ROBOTS = "robots-forbid"
    ADDRESS = "address-refused"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    TOO_LARGE = "too-large"
    BOMB = "decompression-bomb"
    REDIRECTS = "too-many-redirects"
    NOT_FOUND = "not-found"
    GONE = "gone"
    RATE_LIMITED = "rate-limited"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    CLIENT_ERROR = "client-error"
    SERVER_ERROR = "server-error"
    #: Fetched, but the scraper could not parse it (ParseError).
    PARSE = "unreadable"
    #: Fetched, but it is a captcha, login wall, error page or empty shell.
    BLOCKED = "blocked"
    #: Rendering was requested, but there is no browser, or it failed.
    RENDER = "not-rendered"
    #: A bug in listener; the traceback is in the log.
    ERROR = "internal-error"


class Validators(msgspec.Struct, frozen=True, kw_only=True):
    """Validators for the next conditional GET of one URL, byte for byte as sent by the server."""

    etag: str | None = None
    last_modified: str | None = None
    #: Hex SHA-256 of the last complete body: an unchanged body is not parsed, even without a 304.
    body_hash: str | None = None
    #: Target of permanent redirects (301, 308); requested first from then on.
    moved_to: str | None = None


class FetchResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one request, successful or not."""

    request: Request
    outcome: Outcome
    #: Only with OK.
    response: Response | None = None
    #: HTTP status of the last hop, if one was received.
    status: int | None = None
    #: One sentence for the operator, without secrets: what happened, to which host.
    detail: str = ""
    validators: Validators = msgspec.field(default_factory=Validators)
    #: Minimum time before the next request, already capped (Retry-After, Crawl-delay, backoff of the host).
    retry_after: timedelta | None = None
    #: False if nothing was sent because of the host's backoff.
    asked: bool = True
    #: Freshness lifetime of the response (max-age, Expires); None if not stated.
    fresh_for: timedelta | None = None
    #: The body is unchanged since last time (by `Validators.body_hash`).
    same_body: bool = False
    bytes_received: int = 0
    elapsed: timedelta = timedelta(0)

    @property
    def worked(self) -> bool:
        """Whether the source answered, with or without new content."""
        return self.outcome in (Outcome.OK, Outcome.NOT_MODIFIED)


# --- scraping -----------------------------------------------------------------------------------------------------

ItemKind: TypeAlias = Literal["article", "post", "comment", "review", "ticket", "survey", "note", "incident"]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A post, article, review or ticket as scraped. Title and text are plain text: no markup, no entities."""

    title: str = ""
    text: str = ""
    #: Absolute; None where the source has none.
    url: str | None = None
    #: The source's own identifier (guid, id), byte for byte.
    guid: str | None = None
    author: str | None = None
    #: None if the source gives no unambiguous date. Never guessed.
    published: datetime | None = None
    updated: datetime | None = None
    #: As declared by the source (BCP 47), not detected.
    lang: str | None = None
    kind: ItemKind = "post"
    categories: tuple[str, ...] = ()
    #: Stars or score, and the maximum; for NPS (0 to 10) `rating_max` is 10.
    rating: float | None = None
    rating_max: float = 5.0
    #: Raw counts related to reach: points, comments, shares, likes, views, followers, ratings.
    metrics: Mapping[str, float] = EMPTY
    #: Customer segment: plan, country, persona; also `stage` of the journey and `metric` of a survey (nps, csat, ces).
    segment: Mapping[str, str] = EMPTY

    def __post_init__(self) -> None:
        check_aware(self.published)
        check_aware(self.updated)


class Hub(msgspec.Struct, frozen=True, kw_only=True):
    """A WebSub hub offered by a source, and the topic that identifies the source there."""

    url: str
    topic: str


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """The result of parsing one response."""

    items: tuple[Item, ...] = ()
    #: Facts of a page; None for sources of items.
    facts: PageFacts | None = None
    #: Further requests of the same poll, such as the next page. The pipeline limits their number.
    more: tuple[Request, ...] = ()
    #: Requests for items older than these, if the source supports paging. Ignored by polls; a backfill makes them
    #: instead of `more`.
    older: tuple[Request, ...] = ()
    #: The WebSub hub that the source offers, if any.
    hub: Hub | None = None
    #: The response was truncated: it is requested again next time, regardless of its validators.
    cut: bool = False
    #: Pause that the source requests before the next request.
    rest: timedelta | None = None
    #: Small JSON-serialisable state, passed to the next poll's `requests`. Only the keys given here are updated; None
    #: changes nothing.
    state: Mapping[str, Any] | None = None
    #: The source's own update interval (ttl, sy:updatePeriod), if stated.
    rhythm: timedelta | None = None
    #: Entries that could not be parsed, one sentence each.
    skipped: tuple[str, ...] = ()
    #: Set if there are more new items than a poll may fetch: a sentence with a suggested fix. "": everything was read.
    missed: str = ""


class Scraper(Protocol):
    """Reads one kind of source. Pure: no clock, socket or file.

    A module in `scrapers/` binds an instance of this to the name `scraper`. `version` is increased whenever
    the same bytes give different results: stored pages are then parsed again before they are compared.
    """

    name: str
    version: int
    #: A `msgspec.Struct` (frozen, kw_only, forbid_unknown_fields) or None.
    Options: type[Any] | None

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Return the requests of one poll. `state` is the state kept from earlier polls, empty at first."""
        ...

    def parse(self, response: Response, source: Source) -> Parsed:
        """Parse one response. Raises only ParseError, whatever the bytes are."""
        ...


# --- understanding ------------------------------------------------------------------------------------------------

Span: TypeAlias = tuple[int, int]


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A term of a query found in an item: `start` and `end` are character offsets into the field's original text."""

    field: Literal["title", "text", "author", "site", "lang", "source"]
    start: int
    end: int
    #: The term as the query spells it.
    term: str


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A match of an item with a brand's query; `hits` is never empty."""

    brand: str
    hits: tuple[Hit, ...]


Label: TypeAlias = Literal["positive", "neutral", "negative"]
Speech: TypeAlias = Literal["complaint", "question", "praise", "request", "churn", "news", "spam", "other"]


class Sentiment(msgspec.Struct, frozen=True, kw_only=True):
    """Sentiment of a text towards a target. Both fields are None if it could not be scored: unknown is not neutral."""

    #: -1 to 1, on VADER's scale.
    compound: float | None
    label: Label | None
    #: Words that led to it, with their contributions; for `--explain`.
    reasons: tuple[tuple[str, float], ...] = ()


class Pain(msgspec.Struct, frozen=True, kw_only=True):
    """A pain point that a mention names."""

    topic: str
    #: 0 (named in passing) to 4 (leaving, lost money, legal).
    severity: int
    #: The words that led to it, as written in the text.
    words: tuple[str, ...]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The analysis of a matched item for one brand; stored as a mention."""

    brand: str
    excerpt: str
    lang: str | None
    sentiment: Sentiment
    scorer: str
    #: Probability that this is a complaint, 0 to 1.
    complaint: float
    kind: Speech
    pains: tuple[Pain, ...]
    #: Probability that the brand is meant and not a namesake, 0 to 1.
    relevance: float
    #: 0 (nobody) to 100, see docs/schema.md.
    reach: float
    hits: tuple[Hit, ...]


# --- polling ------------------------------------------------------------------------------------------------------


class SourceState(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of a source between polls."""

    source: str
    #: When it is to be polled next.
    due_at: datetime
    last_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    last_item_at: datetime | None = None
    outcome: Outcome | None = None
    detail: str = ""
    #: Consecutive failures, and since when.
    failures: int = 0
    failing_since: datetime | None = None
    #: An alert about the failure was raised; its recovery will be reported, too.
    announced: bool = False
    #: 410 Gone: not polled until the settings change or `listener sources resume`.
    stopped: bool = False
    #: By URL.
    validators: Mapping[str, Validators] = EMPTY
    #: The scraper's own.
    scraper_state: Mapping[str, Any] = EMPTY
    #: What `listener.watch` remembers of a page; empty for a source of items.
    page_state: Mapping[str, Any] = EMPTY
    #: Mean gap between new items, where known.
    rhythm: timedelta | None = None


class HostState(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of a host: its robots.txt, and when it may be contacted again."""

    host: str
    #: No requests before this time (Retry-After or backoff).
    not_before: datetime | None = None
    #: Consecutive failures, and how the last of them ended; None while the host answers.
    failures: int = 0
    outcome: Outcome | None = None
    #: Body of robots.txt as text; "" allows everything (404). None: not known.
    robots: str | None = None
    robots_until: datetime | None = None
    #: Since when robots.txt can't be read (5xx, no connection); None while it can.
    robots_failing_since: datetime | None = None


def utc(moment: datetime) -> datetime:
    """Return an aware datetime in UTC. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime: {moment!r}")
    return moment.astimezone(UTC)
