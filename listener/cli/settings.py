"""`listener init` creates a settings file, `listener check` validates one."""

from __future__ import annotations

import re
import string
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote_plus, urlsplit

import click
import msgspec
import tomlkit
from rich.console import Console
from rich.table import Table
from rich.text import Text

from listener.app import load_settings
from listener.channels import CHANNEL_TYPES, ChannelSettings, ConsoleSettings, EmailSettings
from listener.config import Settings
from listener.errors import ConfigError
from listener.plugins import bundled
from listener.types import Rule

TEMPLATE = "starter.toml.template"
ROW_LIMIT = 100
DEFAULT_BRAND = "Acme Cloud"
#: A search that answers with a feed, and is there to be polled by programs: https://hnrss.org
SEARCH = "https://hnrss.org/newest?q={query}"


@click.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--brand", help="Your brand's name, such as 'Acme Cloud'.")
@click.option("--competitor", "competitors", multiple=True, help="A competitor's name. Repeatable.")
@click.option("--feed", "feeds", multiple=True, metavar="URL", help="A feed to poll. Repeatable.")
@click.option("--contact", default="", help="Your contact URL or e-mail address, sent in the User-Agent.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.pass_obj
def init(
    settings_path: Path,
    path: Path | None,
    brand: str | None,
    competitors: Sequence[str],
    feeds: Sequence[str],
    contact: str,
    force: bool,
) -> None:
    """Create a settings file at PATH (listener.toml by default).

    Not interactive: anything you don't pass as an option is filled in with an example to edit.
    """
    path = path or settings_path
    text = starter(brand or DEFAULT_BRAND, competitors, feeds, contact)
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise click.ClickException(
            f"{path} already exists. Choose another file, or overwrite it with --force."
        ) from None
    except OSError as error:
        raise click.ClickException(f"can't write {path}: {error.strerror}") from None
    command = "listener" if path == Path("listener.toml") else f"listener --config {path}"
    click.echo(f"Created {path}. Next steps:\n")
    if brand is None or not contact:
        what = " and ".join(name for name, given in (("the brand", brand), ("the contact", contact)) if not given)
        click.echo(f"  edit {path}: {what} in it {'are examples' if ' and ' in what else 'is an example'}")
    click.echo(f"  {command} check        validate it")
    click.echo(f"  {command} run --once   poll every source once")
    click.echo(f"  {command} run          keep running; `{command} service` prints a systemd unit")


def starter(brand: str, competitors: Sequence[str], feeds: Sequence[str], contact: str) -> str:
    """Return the text of a first settings file."""
    template = (bundled("config") / TEMPLATE).read_text(encoding="utf-8")
    keys = {name: slug(name) for name in (brand, *competitors)}
    brands = [brand_block(keys[brand], brand, "own")]
    brands += [brand_block(keys[name], name, "competitor") for name in keys if name != brand]
    sources = [source_block(slug(urlsplit(url).hostname or url), url) for url in feeds]
    sources = sources or [source_block("hacker-news", SEARCH.format(query=quote_plus(f'"{brand}"')))]
    return string.Template(template).substitute(
        contact=in_toml(contact or "https://example.com/bot"),
        brands="\n".join(unique(brands)),
        sources="\n".join(unique(sources)),
        own=in_toml(keys[brand]),
    )


def slug(name: str) -> str:
    """Return a name as a bare key of TOML: lower case, hyphens for the rest."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-")[:60] or "brand"


def in_toml(value: str) -> str:
    """Return text in quotes, as TOML writes it."""
    return tomlkit.string(value).as_string()


def brand_block(key: str, name: str, role: str) -> str:
    """Return the table of a brand that is looked for by its name, as a phrase."""
    query = name.replace('"', " ")
    phrase = f'"{query}"'
    literal = f"'{phrase}'" if "'" not in phrase and phrase.isprintable() else in_toml(phrase)
    return f'[brands.{key}]\nquery = {literal}\nrole = "{role}"\n'


def source_block(key: str, url: str) -> str:
    """Return the table of a feed."""
    return f"[sources.{key}]\nurl = {in_toml(url)}\n"


def unique(blocks: Sequence[str]) -> Iterator[str]:
    """Yield the blocks with numbers behind names that come again."""
    seen: dict[str, int] = {}
    for block in blocks:
        head, _, rest = block.partition("\n")
        seen[head] = seen.get(head, 0) + 1
        yield block if seen[head] == 1 else f"{head[:-1]}-{seen[head]}]\n{rest}"


@click.command()
@click.option("--show", is_flag=True, help="Print the effective settings, including defaults. Secrets are masked.")
@click.option("--no-secrets", is_flag=True, help="Ignore missing secrets that only the service can read.")
@click.pass_obj
def check(settings_path: Path, show: bool, no_secrets: bool) -> None:
    """Validate the settings, and report every problem with file, line and key.

    The exit status is 0 if they are valid, 1 if not. Nothing is polled and nothing is sent.
    """
    try:
        settings = load_settings(settings_path, need_secrets=not no_secrets)
    except ConfigError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        count = len(error.problems)
        click.echo(
            f"\n{count} problem{'s' if count > 1 else ''} found: listener can't start with these settings.", err=True
        )
        sys.exit(1)
    for warning in settings.warnings:
        click.echo(f"warning: {warning}", err=True)
    if show:
        # Not cut to 80 columns when piped into a file or a pager.
        console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
        for table in summary(settings):
            console.print(table)
    click.echo(f"{settings.path}: valid. {counted(settings)}.")


def counted(settings: Settings) -> str:
    """Return how many of everything there are: "2 brands, 1 source, 1 channel, 2 alert rules"."""
    counts = (
        ("brand", len(settings.brands)),
        ("source", len(settings.sources)),
        ("channel", len(settings.channels)),
        ("alert rule", len(settings.alerts)),
    )
    return ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for noun, count in counts)


def summary(settings: Settings) -> Iterator[Table]:
    """Yield what the settings come to, as tables. Text of the user's own is no markup."""
    fetch = settings.fetch
    yield filled(
        "Settings",
        ("", ""),
        [
            ("database", settings.database_shown),
            ("time zone", settings.timezone.key),
            ("contact", settings.contact or "none"),
            ("polls at the same time", str(settings.workers)),
            ("gap between two requests to a host", span(fetch.gap)),
            ("polled every", f"{span(fetch.every)}, from {span(fetch.min_every)} to {span(fetch.max_every)}"),
            ("private networks that may be contacted", ", ".join(map(str, fetch.allow_networks)) or "none"),
        ],
    )
    yield filled("Brands", ("name", "role", "query"), [(b.name, b.role, b.query) for b in settings.brands])
    yield filled(
        "Sources",
        ("name", "scraper", "url", "every", "brand"),
        [
            (s.name if s.enabled else f"{s.name} (off)", s.scraper, s.url, span(s.every), s.brand or "all")
            for s in settings.sources
        ],
    )
    yield filled(
        "Channels",
        ("name", "type", "where"),
        [(name, *described(channel)) for name, channel in settings.channels.items()],
    )
    yield filled(
        "Alert rules",
        ("name", "on", "conditions", "channels", "send"),
        [(rule.name, rule.on, conditions(rule), ", ".join(rule.channels), rule.send) for rule in settings.alerts],
    )
    if settings.secrets:
        yield filled(
            "Secrets",
            ("key", "by", "name", "here"),
            [(use.key, use.by, use.name, "found" if use.found else "missing") for use in settings.secrets],
        )


def filled(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Return a table of at most `ROW_LIMIT` rows, and how many more there are."""
    table = Table(title=title, title_justify="left", title_style="bold", show_header=any(columns), expand=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows[:ROW_LIMIT]:
        table.add_row(*(Text(cell) for cell in row))
    if len(rows) > ROW_LIMIT:
        table.caption = f"and {len(rows) - ROW_LIMIT:,} more"
    return table


def described(channel: ChannelSettings) -> tuple[str, str]:
    """Return a channel's type and where it leads. What is secret stays out."""
    kind = next(name for name, record in CHANNEL_TYPES.items() if isinstance(channel, record))
    if isinstance(channel, EmailSettings):
        return kind, f"{', '.join(channel.to)} by {channel.host}:{channel.server_port} ({channel.security})"
    return kind, "standard output" if isinstance(channel, ConsoleSettings) else "***"


def conditions(rule: Rule) -> str:
    """Return the conditions that a rule sets: "brands acme, sentiment_at_most -0.4"."""
    told = []
    for field in msgspec.structs.fields(rule):
        value = getattr(rule, field.name)
        if field.name not in ("name", "on", "channels", "send") and value != field.default:
            words = ", ".join(value) if isinstance(value, tuple) else str(value)
            told.append(f"{field.name} {span(value) if isinstance(value, timedelta) else words}")
    return "; ".join(told) or "any"


def span(duration: timedelta | None) -> str:
    """Return a duration as the settings write it: "30m", "1d12h"; None is the source's own."""
    if duration is None:
        return "its own"
    left = int(duration.total_seconds())
    parts = []
    for unit, seconds in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
