"""The settings as records: validated, with all defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NewType, TypeAlias
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import msgspec

from listener.channels import ChannelSettings
from listener.errors import ConfigProblem
from listener.types import EMPTY, Brand, Rule, Source

if TYPE_CHECKING:
    from listener.mentions.pains import Topic

#: A number of bytes, written "10MB" (powers of 1000) or "10MiB" (powers of 1024).
ByteSize = NewType("ByteSize", int)
Network: TypeAlias = IPv4Network | IPv6Network
ScorerName: TypeAlias = Literal["model", "vader", "minilm"]


class FetchSection(msgspec.Struct, frozen=True, kw_only=True):
    """How the web is asked: [fetch]."""

    gap: timedelta = timedelta(seconds=2)
    #: Longer ones, by domain.
    gaps: Mapping[str, timedelta] = EMPTY
    connect_timeout: timedelta = timedelta(seconds=10)
    read_timeout: timedelta = timedelta(seconds=20)
    total_timeout: timedelta = timedelta(seconds=60)
    #: After decompression.
    body_limit: ByteSize = ByteSize(10_000_000)
    allow_networks: tuple[Network, ...] = ()
    #: PEM file of authorities to trust besides the usual ones.
    ca_file: str = ""
    robots: bool = True
    every: timedelta = timedelta(minutes=30)
    min_every: timedelta = timedelta(minutes=15)
    max_every: timedelta = timedelta(hours=24)


class UnderstandSection(msgspec.Struct, frozen=True, kw_only=True):
    """How mentions are understood: [understand]."""

    #: ISO 639-1, of what the brands' customers write in.
    languages: tuple[str, ...] = ("en",)
    scorer: ScorerName = "model"
    #: Words and phrases with their valence, -4 to 4, over those that come with the program.
    lexicon: Mapping[str, float] = EMPTY
    #: Mentions that are less surely about the brand are not kept, 0 to 1.
    relevance_at_least: float = 0.2
    #: Use the pain points of these settings alone, without those that come with the program.
    only_own_pains: bool = False


class PagesSection(msgspec.Struct, frozen=True, kw_only=True):
    """When a change of a page is confirmed: [pages]."""

    #: Looks in a row that show it, the first one included; 1 tells every change at once.
    looks: int = 2
    #: Least time between the first look and the one that confirms.
    delay: timedelta = timedelta(minutes=10)


class RetentionSection(msgspec.Struct, frozen=True, kw_only=True):
    """How long things are kept: [retention]. None: for ever."""

    #: Items that no brand's query matched.
    items: timedelta | None = timedelta(days=30)
    mentions: timedelta | None = None
    snapshots: timedelta | None = timedelta(days=180)
    deliveries: timedelta | None = timedelta(days=90)


class WebSubSection(msgspec.Struct, frozen=True, kw_only=True):
    """Where hubs reach this machine, so that they can tell of news: [websub]."""

    #: As the world sees it; "": hubs are not asked.
    public_url: str = ""
    #: Where calls arrive on this machine: host and port.
    listen: tuple[str, int] = ("127.0.0.1", 8710)


class DaemonSection(msgspec.Struct, frozen=True, kw_only=True):
    """How the service is watched: [daemon]."""

    #: Where metrics can be read on this machine: host and port. None: nowhere.
    metrics: tuple[str, int] | None = None


class SecretUse(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the settings that refers to a secret."""

    #: Dotted, as in `channels.mail.password`.
    key: str
    by: Literal["env", "file", "credential"]
    #: Of the variable, the file (absolute) or the credential.
    name: str
    found: bool


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """A settings file with all that it includes."""

    #: Absolute.
    path: Path
    #: The files it included, absolute, in the order they were read.
    included: tuple[Path, ...] = ()
    #: An absolute path, or a URL such as `postgresql://...`. Holds a password, perhaps: print `database_shown`.
    database: str
    timezone: ZoneInfo
    contact: str = ""
    #: Polls at the same time.
    workers: int = 8
    #: Absolute; with scrapers of the user's own.
    scraper_folders: tuple[Path, ...] = ()
    fetch: FetchSection = FetchSection()
    understand: UnderstandSection = UnderstandSection()
    pages: PagesSection = PagesSection()
    retention: RetentionSection = RetentionSection()
    websub: WebSubSection = WebSubSection()
    daemon: DaemonSection = DaemonSection()
    brands: tuple[Brand, ...] = ()
    sources: tuple[Source, ...] = ()
    #: By name. A channel whose secret was allowed to be missing is left out.
    channels: Mapping[str, ChannelSettings] = EMPTY
    alerts: tuple[Rule, ...] = ()
    #: Pain points beyond those that come with the program; one of the same name replaces it.
    pains: tuple[Topic, ...] = ()
    #: Every secret that the settings refer to, found or not.
    secrets: tuple[SecretUse, ...] = ()
    #: What is odd, but no reason not to start.
    warnings: tuple[ConfigProblem, ...] = ()

    def __repr__(self) -> str:
        """Return the settings without `database`."""
        shown = (name for name in self.__struct_fields__ if name != "database")
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    @property
    def database_shown(self) -> str:
        """The database as it may be printed: without a password."""
        if not has_password(self.database):
            return self.database
        parts = urlsplit(self.database)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:***@{host}", query=""))


def has_password(database: str) -> bool:
    """Return whether a database URL holds a password, before the host or among its parameters."""
    if "://" not in database:
        return False
    try:
        parts = urlsplit(database)
    except ValueError:
        return True
    return parts.password is not None or "password" in parts.query
