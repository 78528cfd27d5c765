"""From files to `Settings`: reads every table, then checks references between them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec

from listener.config import values
from listener.config.authorities import check_authorities
from listener.config.documents import Book, open_book
from listener.config.named import (
    Reading,
    ScrapersIn,
    read_brands,
    read_channels,
    read_sources,
    read_topics,
    source_secrets,
)
from listener.config.report import Report, nearest
from listener.config.rules import KnownPains, read_rules
from listener.config.secrets import Vault
from listener.config.settings import (
    DaemonSection,
    FetchSection,
    PagesSection,
    RetentionSection,
    Settings,
    UnderstandSection,
    WebSubSection,
    has_password,
)
from listener.config.tables import Record, Table, reader_of

DATABASE_SCHEMES = ("sqlite", "postgresql")


class ListenerSection(msgspec.Struct, frozen=True, kw_only=True):
    """[listener] as it stands in the file, paths and all."""

    database: Any = "listener.db"
    timezone: ZoneInfo = msgspec.field(default_factory=lambda: ZoneInfo("UTC"))
    contact: str = ""
    workers: int = 8
    scrapers: tuple[str, ...] = ()
    include: Any = ()


def as_it_stands(value: Any) -> Any:
    """Leave a value to whoever reads the section."""
    return value


LISTENER = Table(
    ListenerSection,
    special={
        "database": as_it_stands,
        "include": as_it_stands,
        "contact": values.contact,
        "workers": reader_of(Annotated[int, msgspec.Meta(ge=1, le=256)]),
    },
)
POSITIVE = ("connect_timeout", "read_timeout", "total_timeout", "every", "min_every", "max_every")
FETCH = Table(FetchSection, special={**dict.fromkeys(POSITIVE, values.positive_duration), "gaps": values.gaps})
UNDERSTAND = Table(
    UnderstandSection,
    special={
        "languages": values.languages,
        "lexicon": reader_of(Mapping[str, Annotated[float, msgspec.Meta(ge=-4, le=4)]]),
        "relevance_at_least": reader_of(Annotated[float, msgspec.Meta(ge=0, le=1)]),
    },
)
PAGES = Table(
    PagesSection,
    special={"looks": reader_of(Annotated[int, msgspec.Meta(ge=1, le=10)]), "delay": values.positive_duration},
)
WEBSUB = Table(WebSubSection, special={"public_url": values.public_url, "listen": values.listen_at})
DAEMON = Table(DaemonSection, special={"metrics": values.listen_at_or_nowhere})
KEPT = ("items", "mentions", "snapshots", "deliveries")
RETENTION = Table(RetentionSection, special=dict.fromkeys(KEPT, values.keeping))


def load(
    path: Path,
    *,
    environ: Mapping[str, str],
    scrapers_in: ScrapersIn | None = None,
    known_pains: KnownPains | None = None,
    need_secrets: bool = True,
) -> Settings:
    """Read the settings file at `path`, what it includes, and the secrets that it refers to.

    `environ` is where `{ env = ... }` and `$CREDENTIALS_DIRECTORY` are looked up. Without `scrapers_in` the names and
    options of scrapers stay unchecked, and `Source.options` is the mapping that stands in the file; without
    `known_pains` the names of pain points in rules stay unchecked. Commands that send nothing pass
    `need_secrets=False`: a channel whose secret is missing here is then left out, with a warning.

    Raises ConfigError with every problem that was found, each with file, line and dotted key.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() follows links, and what is relative to the file moves
    report = Report(path)
    book = open_book(path, report)
    vault = Vault(environ=environ, folder=path.parent, needed=need_secrets)
    reading = Reading(book=book, report=report, vault=vault)

    main = _section(LISTENER, "listener", book, report, ListenerSection())
    folders = _scraper_folders(main, book, report)
    scrapers = scrapers_in(folders) if scrapers_in is not None else None
    channels, uses = read_channels(reading)
    brands = read_brands(reading)
    settings = Settings(
        path=path,
        included=tuple(document.path for document in book.included),
        database=_database(main, vault, book, report),
        timezone=main.timezone,
        contact=main.contact,
        workers=main.workers,
        scraper_folders=folders,
        fetch=_section(FETCH, "fetch", book, report, FetchSection()),
        understand=_section(UNDERSTAND, "understand", book, report, UnderstandSection()),
        pages=_section(PAGES, "pages", book, report, PagesSection()),
        retention=_section(RETENTION, "retention", book, report, RetentionSection()),
        websub=_section(WEBSUB, "websub", book, report, WebSubSection()),
        daemon=_section(DAEMON, "daemon", book, report, DaemonSection()),
        brands=brands,
        sources=read_sources(reading, scrapers, brands),
        channels=MappingProxyType(channels),
        alerts=read_rules(reading, known_pains),
        pains=read_topics(reading),
        secrets=(*uses, *source_secrets(reading)),
    )
    _check_rhythm(settings.fetch, book, report)
    check_authorities(settings.fetch.ca_file, book, report, book.main, ("fetch", "ca_file"))
    _check_scorer(settings.understand, book, report)
    report.check()
    _note_gaps(settings, book, report)
    return msgspec.structs.replace(settings, warnings=report.located(report.warnings))


def _section(table: Table[Record], name: str, book: Book, report: Report, default: Record) -> Record:
    """Read a section; the default stands in for one that has problems, so that the rest is checked, too."""
    return table.read(book.section(name, report), book.main, (name,), report) or default


def _database(main: ListenerSection, vault: Vault, book: Book, report: Report) -> str:
    """Return an absolute path, or a URL as it stands."""
    where = ("listener", "database")
    try:
        database = vault.read(main.database).reveal()
    except ValueError as error:
        report.problem(book.main, where, f"{error}.")
        return ""
    scheme, separator, _ = database.partition("://")
    if separator:
        if scheme.partition("+")[0] not in DATABASE_SCHEMES:
            message = f"expected a file, or a URL that begins with one of {', '.join(DATABASE_SCHEMES)}."
            report.problem(book.main, where, message, nearest(scheme, DATABASE_SCHEMES))
        elif book.main.exposed and isinstance(main.database, str) and has_password(database):
            message = "this password is stored in plain text in a world-readable file."
            report.warning(book.main, where, message)
        return database
    if not database.strip() or "\0" in database:
        report.problem(book.main, where, "expected a file or a URL.")
        return ""
    return os.path.normpath(book.main.path.parent / Path(database).expanduser())


def _scraper_folders(main: ListenerSection, book: Book, report: Report) -> tuple[Path, ...]:
    """Return the folders with scrapers of the user's own that are there, and note those that aren't."""
    found = []
    for index, name in enumerate(main.scrapers):
        folder = Path(os.path.normpath(book.main.path.parent / Path(name).expanduser()))
        if folder.is_dir():
            found.append(folder)
        else:
            report.problem(book.main, ("listener", "scrapers", index), f"no such folder: {folder}.")
    return tuple(found)


def _check_rhythm(fetch: FetchSection, book: Book, report: Report) -> None:
    """Note bounds that cross."""
    if fetch.min_every > fetch.max_every:
        report.problem(book.main, ("fetch", "min_every"), "expected no more than max_every.")
    elif not fetch.min_every <= fetch.every <= fetch.max_every:
        report.problem(book.main, ("fetch", "every"), "expected a duration between min_every and max_every.")


def _check_scorer(understand: UnderstandSection, book: Book, report: Report) -> None:
    """Note packages that a scorer needs and that aren't there."""
    if understand.scorer != "minilm":
        return
    from listener.mentions.network_files import missing

    if reason := missing():
        report.problem(book.main, ("understand", "scorer"), f"{reason}.")


def _note_gaps(settings: Settings, book: Book, report: Report) -> None:
    """Warn of what is missing for polls or alerts."""
    if not settings.contact:
        message = "no contact: set a URL or e-mail address; some sites block clients without one."
        report.warning(book.main, ("listener",) if "listener" in book.main.tables else (), message)
    if not settings.brands:
        report.warning(book.main, (), "no brands: nothing will match. Add a table [brands.NAME] with a query.")
    if not settings.sources:
        report.warning(book.main, (), "no sources: nothing will be polled. Add a table [sources.NAME] with a url.")
    if not book.named["channels"]:
        report.warning(book.main, (), "no channels: no alert will be sent. Add a table [channels.NAME] with a type.")
    elif not settings.alerts:
        report.warning(
            book.main, (), "no alert rules: no alert will be raised. Add a table [alerts.NAME] with channels."
        )
