"""Records that rooms hand to each other, and the ports between them.

Everything here is a value: frozen, slotted, keyword-only, one class a stage. Times are aware UTC datetimes. Page facts
have a file of their own beside this one, `listener.facts`; so have alerts, `listener.deliveries`, which are given out
here with all others.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeAlias

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


def empty() -> Mapping[str, Any]:
    """Return `EMPTY`: the default of a mapping field, which Python 3.11 doesn't take as a plain one."""
    return EMPTY


def check_aware(moment: datetime | None) -> None:
    """Raise ValueError unless `moment` is None or an aware datetime in UTC."""
    if moment is not None and moment.tzinfo is not UTC and moment.utcoffset() != timedelta(0):
        raise ValueError(f"not an aware UTC datetime: {moment!r}")


# --- what is listened to and for (from settings) ------------------------------------------------------------------

Role: TypeAlias = Literal["own", "competitor", "watched"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """Somebody to listen for. `name` is the key of its table in the settings."""

    name: str
    #: In the query language of `listener.mentions.query`.
    query: str
    role: Role = "own"
    #: Names to mask before sentiment is scored, beyond the words of the query: products, handles, spellings.
    aliases: tuple[str, ...] = ()
    #: Words that speak for (context) and against (not_context) this being the brand and not its namesake.
    context: tuple[str, ...] = ()
    not_context: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a network's search is to be asked for on behalf of one brand."""

    brand: str
    #: Words and phrases, as the brand's query spells them: whatever matches the query holds at least one of them.
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A feed, page, search or folder that is polled. `name` is the key of its table in the settings."""

    name: str
    scraper: str
    url: str = ""
    #: None: the source's own rhythm within the bounds of the settings.
    every: timedelta | None = None
    #: The brand whose page this is, or the only brand looked for here; None: every brand's query is tried.
    brand: str | None = None
    category: str = ""
    #: How much a mention here weighs, 1.0 being an ordinary source.
    weight: float = 1.0
    enabled: bool = True
    #: The scraper's own typed options record, as parsed by `Scraper.Options`; None for one without options.
    options: Any = None
    #: Of a scraper that searches: one for each brand whose mentions are looked for here. Empty for all others.
    searches: tuple[Search, ...] = ()


# --- fetching -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request that a scraper asks for."""

    url: str
    method: Literal["GET", "POST"] = "GET"
    headers: Mapping[str, str] = field(default_factory=empty)
    body: bytes | None = None
    #: Send stored validators and accept a 304; with the same bytes as last time there is nothing to read. False where
    #: the answer matters although it stays the same, such as a session's token.
    conditional: bool = True
    #: Ask robots.txt first. False only for documented APIs and feeds that are published to be polled by programs.
    robots: bool = True
    #: Let a browser run the page's scripts, and return what it then shows. Needs the extra `browser`.
    render: bool = False
    #: Whatever the scraper wants to find again in `Response.request`.
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back: bytes, decompressed and within the limits. Only a status of 200 to 299 gets this far."""

    request: Request
    #: After redirects.
    url: str
    status: int
    #: Names in lower case; of repeated ones the values joined by ", ".
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime


class Outcome(enum.StrEnum):
    """How a fetch ended. Everything but OK, NOT_MODIFIED and DEFERRED is a failed poll."""

    OK = "ok"
    NOT_MODIFIED = "not-modified"
    #: Nothing was asked: politeness wants this host left alone for a moment. Come back after `retry_after`; neither a
    #: success nor a failure of the source.
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
    #: Fetched well, but not what the source promised (ParseError).
    PARSE = "unreadable"
    #: Fetched well, but a captcha, login wall, error page or empty shell.
    BLOCKED = "blocked"
    #: The page was to be rendered by a browser, and there is none, or it failed at that.
    RENDER = "not-rendered"
    #: The program's own fault; its traceback is in the log.
    ERROR = "internal-error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What makes the next GET of one URL conditional, byte for byte as the server gave it."""

    etag: str | None = None
    last_modified: str | None = None
    #: SHA-256 of the last body read to the end, hex: equal bytes cost no parse even without a 304.
    body_hash: str | None = None
    #: Where a chain of permanent redirects (301, 308) led; asked first from then on.
    moved_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResult:
    """The end of one request: a value, whatever happened."""

    request: Request
    outcome: Outcome
    #: Only with OK.
    response: Response | None = None
    #: HTTP status of the last hop, if one was received.
    status: int | None = None
    #: One sentence for the operator, without secrets: what happened, to which host.
    detail: str = ""
    validators: Validators = field(default_factory=Validators)
    #: Already capped: do not come back earlier (Retry-After, Crawl-delay, backoff of the host).
    retry_after: timedelta | None = None
    #: False: nothing was sent, for the host is to be left alone.
    asked: bool = True
    #: How long the server calls this answer fresh (max-age, Expires); None where it doesn't say.
    fresh_for: timedelta | None = None
    #: The body has the same bytes as last time (by `Validators.body_hash`).
    same_body: bool = False
    bytes_received: int = 0
    elapsed: timedelta = timedelta(0)

    @property
    def worked(self) -> bool:
        """Whether the source answered, with news or without."""
        return self.outcome in (Outcome.OK, Outcome.NOT_MODIFIED)


# --- scraping -----------------------------------------------------------------------------------------------------

ItemKind: TypeAlias = Literal["article", "post", "comment", "review", "ticket", "survey", "note", "incident"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A post, article, review or ticket as scraped. Title and text are readable text: no markup, no entities."""

    title: str = ""
    text: str = ""
    #: Absolute; None where the source has none.
    url: str | None = None
    #: The source's own identifier (guid, id), byte for byte.
    guid: str | None = None
    author: str | None = None
    #: None where the source gives no date that can be read. Never guessed.
    published: datetime | None = None
    updated: datetime | None = None
    #: As declared by the source (BCP 47), not detected.
    lang: str | None = None
    kind: ItemKind = "post"
    categories: tuple[str, ...] = ()
    #: Stars or score, with the best one possible; NPS 0..10 has rating_max 10.
    rating: float | None = None
    rating_max: float = 5.0
    #: Raw numbers that speak of reach: points, comments, shares, likes, views, followers, ratings.
    metrics: Mapping[str, float] = field(default_factory=empty)
    #: Segment of a customer: plan, country, persona; and `stage` of the journey, `metric` of a survey (nps, csat, ces).
    segment: Mapping[str, str] = field(default_factory=empty)

    def __post_init__(self) -> None:
        check_aware(self.published)
        check_aware(self.updated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """Where a source offers to tell of its news (WebSub): the hub, and the topic that it knows the source by."""

    url: str
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a scraper read from one response."""

    items: tuple[Item, ...] = ()
    #: Of a page; None for sources of items.
    facts: PageFacts | None = None
    #: Further requests that belong to the same poll (next page). The pipeline bounds their number.
    more: tuple[Request, ...] = ()
    #: Requests for what is older than all of this, where the source can page back. A poll leaves them alone; a backfill
    #: makes them in place of `more`.
    older: tuple[Request, ...] = ()
    #: Where the source offers to tell of its news.
    hub: Hub | None = None
    #: The answer broke off before its end: it is asked for again next time, whatever its validators say.
    cut: bool = False
    #: The source asks for a rest of this length before it is asked for more.
    rest: timedelta | None = None
    #: Small JSON-able state that the next poll's `requests` gets back. Keys named here are set, all others keep what is
    #: there: each response of a poll speaks for itself alone. None changes nothing.
    state: Mapping[str, Any] | None = None
    #: What the source says about how often to come (ttl, sy:updatePeriod), if it does.
    rhythm: timedelta | None = None
    #: Entries that were there but could not be read, each in one sentence.
    skipped: tuple[str, ...] = ()
    #: More news is there than the source's settings let a poll read: a sentence that says what to do. "": all was read.
    missed: str = ""


class Scraper(Protocol):
    """One way of reading the web. Pure: no clock, no socket, no file.

    A module in `scrapers/` binds an instance of this to the name `scraper`. `version` rises when the same bytes give
    other facts, so that stored pages are read again before two are compared.
    """

    name: str
    version: int
    #: A `msgspec.Struct` (frozen, kw_only, forbid_unknown_fields) or None.
    Options: type[Any] | None

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Return the requests of one poll. `state` is what the last `Parsed.state` held, or empty."""
        ...

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read one response. Raises ParseError and nothing else, whatever the bytes are."""
        ...


# --- understanding ------------------------------------------------------------------------------------------------

Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A term of a query found in an item: `start` and `end` are character offsets into the field's original text."""

    field: Literal["title", "text", "author", "site", "lang", "source"]
    start: int
    end: int
    #: The term as the query spells it.
    term: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An item answers a brand's query, because of `hits` (never empty)."""

    brand: str
    hits: tuple[Hit, ...]


Label: TypeAlias = Literal["positive", "neutral", "negative"]
Speech: TypeAlias = Literal["complaint", "question", "praise", "request", "churn", "news", "spam", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentiment:
    """How a text feels about a target. Unknown is not neutral: both are None where nothing could score it."""

    #: -1 to 1, on VADER's scale.
    compound: float | None
    label: Label | None
    #: Words that led to it, with what each gave; for `--explain`.
    reasons: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pain:
    """A pain point that a mention names."""

    topic: str
    #: 0 (named in passing) to 4 (leaving, lost money, legal).
    severity: int
    #: The words that led to it, as they stand in the text.
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A matched item as understood for one brand: what becomes a mention."""

    brand: str
    excerpt: str
    lang: str | None
    sentiment: Sentiment
    scorer: str
    #: 0 to 1: how surely this is a complaint.
    complaint: float
    kind: Speech
    pains: tuple[Pain, ...]
    #: 0 to 1: how surely this is the brand and not a namesake.
    relevance: float
    #: 0 (nobody) to 100, see docs/schema.md.
    reach: float
    hits: tuple[Hit, ...]


# --- polling ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
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
    #: Trouble was announced to people; recovery will be, too.
    announced: bool = False
    #: 410: not asked again until the settings change or `listener sources resume`.
    stopped: bool = False
    #: By URL.
    validators: Mapping[str, Validators] = field(default_factory=empty)
    #: The scraper's own.
    scraper_state: Mapping[str, Any] = field(default_factory=empty)
    #: What `listener.watch` remembers of a page; empty for a source of items.
    page_state: Mapping[str, Any] = field(default_factory=empty)
    #: Mean gap between new items, where known.
    rhythm: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """What is remembered of a host: its robots.txt, and when it may be asked again."""

    host: str
    #: Not earlier than this, by Retry-After or backoff.
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
