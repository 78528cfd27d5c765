"""Brands, sources, channels and pain points: tables with user-defined names. Alert rules are in `rules`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias
from urllib.parse import urlsplit

import msgspec

from listener.channels import CHANNEL_TYPES, ChannelSettings, Secret
from listener.config import values
from listener.config.authorities import authorities_file, check_authorities
from listener.config.documents import Book, Entry
from listener.config.lines import KeyPath
from listener.config.report import Report, nearest
from listener.config.secrets import Vault
from listener.config.settings import SecretUse
from listener.config.tables import READERS, Table, reader_of
from listener.errors import QueryError
from listener.mentions.leaves import literal
from listener.mentions.query import parse
from listener.searching import Addressed, SearchOptions, SiteSearchOptions
from listener.searching import searches as is_search
from listener.types import Brand, Search, Source

if TYPE_CHECKING:
    from listener.mentions.pains import Topic

#: Scrapers by name, each with the class of its options (None: it has no options).
Scrapers: TypeAlias = Mapping[str, type[Any] | None]

#: Given the folders with scrapers of the user's own, returns all that there are.
ScrapersIn: TypeAlias = Callable[[tuple[Path, ...]], Scrapers]

DEFAULT_SCRAPER = "feed"
#: What needs no closer look: ten thousand sources are to be read within a second.
USUAL_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::[1-9][0-9]{1,3})?(?:/[!-~]*)?", re.ASCII)
BARE_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:[/?#:].*)?", re.ASCII | re.DOTALL)

BRAND = Table(
    Brand, given=frozenset({"name"}), special={"query": reader_of(Annotated[str, msgspec.Meta(min_length=1)])}
)
SOURCE = Table(
    Source,
    given=frozenset({"name", "options", "searches"}),
    special={
        "every": values.positive_duration,
        "weight": reader_of(Annotated[float, msgspec.Meta(ge=0, le=100)]),
    },
)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What reading the named tables needs, all of it from one run of `load`."""

    book: Book
    report: Report
    vault: Vault

    def entries(self, kind: str) -> Iterator[tuple[Entry, KeyPath]]:
        """Yield the tables of a kind in the order of the files, each with its path."""
        for entry in self.book.named[kind].values():
            yield entry, (kind, entry.name)

    def check_known(self, kind: str, name: object, entry: Entry, path: KeyPath) -> None:
        """Note a reference to a brand, source or channel that isn't there."""
        known = self.book.named[kind]
        if isinstance(name, str) and name not in known:
            self.report.problem(entry.document, path, f"there is no [{kind}.{name}].", nearest(name, known))

    def check_query(self, expression: object, entry: Entry, path: KeyPath, *, narrows: bool = False) -> None:
        """Note a query that doesn't parse. What isn't text is reported by whoever reads the table."""
        if not isinstance(expression, str) or not expression:
            return
        try:
            parse(expression, narrows=narrows)
        except QueryError as error:
            self.report.problem(entry.document, path, f"the query doesn't parse: {error}.")

    def check_aliases(self, aliases: object, entry: Entry, path: KeyPath) -> None:
        """Note an alias with nothing in it to look for."""
        for number, alias in enumerate(aliases if isinstance(aliases, list) else ()):
            try:
                literal(str(alias))
            except QueryError as error:
                self.report.problem(entry.document, (*path, number), f"invalid alias: {error}.")


def read_brands(reading: Reading) -> tuple[Brand, ...]:
    """Read [brands.*]."""
    found = []
    for entry, path in reading.entries("brands"):
        reading.check_query(entry.table.get("query"), entry, (*path, "query"))
        reading.check_aliases(entry.table.get("aliases"), entry, (*path, "aliases"))
        brand = BRAND.read(entry.table, entry.document, path, reading.report, name=entry.name)
        if brand is not None:
            found.append(brand)
    return tuple(found)


@cache
def topic_table() -> Table[Topic]:
    """Return how [pains.*] are read."""
    from listener.mentions.pains import Topic

    return Table(Topic, given=frozenset({"name"}))


def read_topics(reading: Reading) -> tuple[Topic, ...]:
    """Read [pains.*]."""
    found = []
    for entry, path in reading.entries("pains"):
        topic = topic_table().read(entry.table, entry.document, path, reading.report, name=entry.name)
        if topic is None:
            continue
        if not topic.phrases:
            reading.report.problem(entry.document, path, "phrases is missing: nothing would match.")
        found.append(topic)
    return tuple(found)


class OptionTables:
    """How the options of each scraper are read, made when a source first needs it: scrapers are imported on demand."""

    def __init__(self, scrapers: Scrapers, vault: Vault) -> None:
        self.scrapers = scrapers
        self._readers = {**READERS, Secret: vault.read}
        self._tables: dict[str, Table[Any] | None] = {}

    def __getitem__(self, name: str) -> Table[Any] | None:
        """Return how a scraper's options are read; None where it has none. Raises KeyError for an unknown scraper."""
        if name not in self._tables:
            kind = self.scrapers[name]
            self._tables[name] = None if kind is None else Table(kind, readers=self._readers, also=tuple(SOURCE.keys))
        return self._tables[name]


def searches_of(brands: tuple[Brand, ...]) -> tuple[Search, ...]:
    """Return what searches are asked for: the names in the brands' queries, and not the words that narrow them."""
    found = []
    for brand in brands:
        try:
            terms = parse(brand.query).names()
        except QueryError:
            continue  # noted where the brand was read
        if terms:
            found.append(Search(brand=brand.name, terms=terms))
    return tuple(found)


def read_sources(reading: Reading, scrapers: Scrapers | None, brands: tuple[Brand, ...] = ()) -> tuple[Source, ...]:
    """Read [sources.*]. Without `scrapers`, the keys that aren't a source's own become its options as they stand."""
    found = []
    all_searches: tuple[Search, ...] | None = None
    tables = None if scrapers is None else OptionTables(scrapers, reading.vault)
    for entry, path in reading.entries("sources"):
        own = {"scraper": DEFAULT_SCRAPER, **{key: value for key, value in entry.table.items() if key in SOURCE.keys}}
        rest = {key: value for key, value in entry.table.items() if key not in SOURCE.keys}
        options = (rest or None) if tables is None else _read_options(reading, tables, own["scraper"], rest, entry)
        reading.check_known("brands", own.get("brand"), entry, (*path, "brand"))
        _check_url(reading, own, rest, entry, needed=not _makes_addresses(tables, own["scraper"]))
        searches: tuple[Search, ...] = ()
        if is_search(options, own.get("url", "")):
            all_searches = searches_of(brands) if all_searches is None else all_searches
            searches = tuple(one for one in all_searches if own.get("brand") in (None, one.brand))
            own_words = options.ask if isinstance(options, SearchOptions | SiteSearchOptions) else ()
            if not (own_words or searches):
                message = "nothing to search for: expected a brand with a word in its query, or `ask`."
                reading.report.warning(entry.document, path, message)
        source = SOURCE.read(
            own, entry.document, path, reading.report, name=entry.name, options=options, searches=searches
        )
        if source is not None:
            found.append(source)
    return tuple(found)


def _read_options(reading: Reading, tables: OptionTables, name: object, rest: Mapping[str, Any], entry: Entry) -> Any:
    """Return a source's options, or None where it has none or something is wrong with them, which is noted."""
    path = ("sources", entry.name)
    if not isinstance(name, str):
        return None
    try:
        table = tables[name]
    except KeyError:
        meant = nearest(name, tables.scrapers)
        reading.report.problem(entry.document, (*path, "scraper"), f"there is no scraper {name!r}.", meant)
        return None
    if table is not None:
        authorities = rest.get("ca_file") if "ca_file" in table.keys else None
        check_authorities(authorities, reading.book, reading.report, entry.document, (*path, "ca_file"))
        return table.read(rest, entry.document, path, reading.report)
    for key in rest:
        reading.report.unknown_key(entry.document, (*path, key), SOURCE.keys)
    return None


def source_secrets(reading: Reading) -> Iterator[SecretUse]:
    """Yield every secret that [sources.*] refer to: tokens and keys among the options of their scrapers."""
    for entry, path in reading.entries("sources"):
        yield from reading.vault.uses(entry.table, path)


def _makes_addresses(tables: OptionTables | None, name: object) -> bool:
    """Whether a scraper makes its addresses itself, so that its sources need no URL; one that isn't there may."""
    if tables is None:
        return name != DEFAULT_SCRAPER
    try:
        table = tables[name] if isinstance(name, str) else None
    except KeyError:
        return True
    return table is not None and issubclass(table.kind, Addressed)


def _check_url(
    reading: Reading, own: Mapping[str, Any], rest: Mapping[str, Any], entry: Entry, *, needed: bool
) -> None:
    """Note a URL that can't be one. Schemes other than the web's are the scraper's own affair."""
    url, path = own.get("url", ""), ("sources", entry.name, "url")
    if not isinstance(url, str) or USUAL_URL.fullmatch(url):
        return
    if not url:
        if needed and not rest:
            reading.report.problem(entry.document, path[:2], "url is missing.")
    elif any(character <= " " or character == "\x7f" for character in url):
        reading.report.problem(entry.document, path, f"expected a URL without blanks, got {url!r}.")
    elif own["scraper"] == DEFAULT_SCRAPER and "://" not in url:
        meant = f"https://{url}" if BARE_HOST.fullmatch(url) else None
        reading.report.problem(entry.document, path, f"expected a URL such as https://..., got {url!r}.", meant)
    elif url.lower().startswith(("http:", "https:")) and not _has_host(url):
        reading.report.problem(entry.document, path, f"expected a URL with a host, got {url!r}.")


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def read_channels(reading: Reading) -> tuple[dict[str, ChannelSettings], tuple[SecretUse, ...]]:
    """Read [channels.*], and every secret that they refer to."""
    found: dict[str, ChannelSettings] = {}
    uses: list[SecretUse] = []
    readers = {**READERS, Secret: reading.vault.read}
    for entry, path in reading.entries("channels"):
        kind = entry.table.get("type")
        if not isinstance(kind, str) or kind not in CHANNEL_TYPES:
            _note_type(reading, kind, entry, path)
            continue
        table = {key: value for key, value in entry.table.items() if key != "type"}
        here = tuple(reading.vault.uses(table, path))
        uses += here
        missing = [use for use in here if not use.found]
        if missing and not reading.vault.needed:
            message = f"left out: the {missing[0].by} {missing[0].name!r} can't be found here."
            reading.report.warning(entry.document, path, message)
            continue
        kinds = Table(CHANNEL_TYPES[kind], readers=readers, also=("type",))
        channel = kinds.read(table, entry.document, path, reading.report)
        if channel is not None:
            found[entry.name] = _with_authorities(reading, channel, entry)
            if entry.document.exposed:
                _note_plain_secrets(reading, kinds, channel, entry)
    return found, tuple(uses)


def _with_authorities(reading: Reading, channel: ChannelSettings, entry: Entry) -> ChannelSettings:
    """Return a channel whose certificate authorities are named by their full path, and note those of no use."""
    name = getattr(channel, "ca_file", "")
    if not name:
        return channel
    check_authorities(name, reading.book, reading.report, entry.document, ("channels", entry.name, "ca_file"))
    return msgspec.structs.replace(channel, ca_file=str(authorities_file(name, reading.book)))


def _note_type(reading: Reading, kind: object, entry: Entry, path: KeyPath) -> None:
    if kind is None:
        reading.report.problem(entry.document, path, f"type is missing: one of {', '.join(CHANNEL_TYPES)}.")
        return
    message = f"expected one of {', '.join(CHANNEL_TYPES)}, got {values.shown(kind)}."
    reading.report.problem(entry.document, (*path, "type"), message, nearest(str(kind), CHANNEL_TYPES))


def _note_plain_secrets(
    reading: Reading, kinds: Table[ChannelSettings], channel: ChannelSettings, entry: Entry
) -> None:
    """Warn of secrets written out in a file that every account of the machine can read."""
    for name, key in kinds.keys.items():
        if isinstance(getattr(channel, key.field), Secret) and isinstance(entry.table.get(name), str):
            message = (
                "this secret is stored in plain text in a world-readable file."
                " Use { env = ... }, { file = ... } or { credential = ... }, or restrict the file (chmod o-r)."
            )
            reading.report.warning(entry.document, ("channels", entry.name, name), message)
