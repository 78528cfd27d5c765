"""`listener pages discover`: finds the pages of a site worth watching, and prints settings for them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from listener.app import load_settings, open_web
from listener.cli import settings_file
from listener.cli.add import keys_of
from listener.cli.one_off import OneOffRequests
from listener.cli.settings import slug
from listener.cli.trial import clean
from listener.config import Settings
from listener.discovery.site import REQUESTS_LIMIT, Found, Site, explore
from listener.errors import ListenerError
from listener.plugins import Scrapers
from listener.urls import absolute, canonical

_UNBROKEN = 400
#: How kinds of pages are called where one was not found.
_CALLED = {"pricing": "prices", "faq": "questions and answers", "status": "a status page", "blog": "a feed of a blog"}


@click.group()
def pages() -> None:
    """Discover pages of a site that are worth watching."""


@pages.command()
@click.argument("url")
@click.option("--brand", help="Brand that owns the site; used as a prefix for source names.")
@click.option("--append", is_flag=True, help="Add the pages found to the settings, as `listener add` does.")
@click.option(
    "--requests",
    "limit",
    type=click.IntRange(1, 200),
    default=REQUESTS_LIMIT,
    show_default=True,
    help="Maximum number of requests.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def discover(settings_path: Path, url: str, brand: str | None, append: bool, limit: int, as_json: bool) -> None:
    """Find the pricing, FAQ, status and blog pages of the site at URL, and print settings that watch them.

    Follows links on that page, the sitemap and common paths, and verifies each page by its content. Respects
    robots.txt, sends one request at a time, and stops at --requests. Needs a settings file only for --append.
    """
    settings = load_settings(settings_path, need_secrets=False) if append or settings_path.is_file() else None
    address = absolute(url if "://" in url else f"https://{url}")
    if address is None:
        raise ListenerError(f"{url!r} is not a web address (http or https).")
    if brand is not None and settings is not None and brand not in {one.name for one in settings.brands}:
        raise ListenerError(f"there is no [brands.{brand}] in {settings_path}.")
    with open_web(settings) as web, _progress() as tell:
        scrapers = Scrapers(settings.scraper_folders if settings is not None else ())
        site = explore(address, OneOffRequests(web), scrapers, limit=limit, tell=tell)
    named = list(_named(site, settings, brand))
    if as_json:
        click.echo(json.dumps(_record(site, named), ensure_ascii=False))
    else:
        _show(site, named)
    fresh = [(name, found) for name, found, known in named if known is None]
    blocks = [settings_file.block(name, keys_of(found.candidate, brand, "")) for name, found in fresh]
    if not as_json and blocks:
        click.echo("\n" + "\n".join(blocks), nl=False)
    if append:
        _append(settings_path, blocks)
    if not site.found:
        sys.exit(1)


def _named(site: Site, settings: Settings | None, brand: str | None) -> Iterator[tuple[str, Found, str | None]]:
    """Yield for each page the name that its source gets, and the name of a source that watches it already."""
    sources = settings.sources if settings is not None else ()
    taken = {source.name for source in sources}
    known = {canonical(source.url): source.name for source in sources if source.url}
    for found in site.found:
        old = known.get(canonical(found.candidate.url))
        wanted = f"{brand}-{found.kind}" if brand is not None else slug(found.candidate.name)
        yield (old or settings_file.free_name(wanted, taken)), found, old


def _show(site: Site, named: Sequence[tuple[str, Found, str | None]]) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("page", "address", "what is there", "why"):
        table.add_column(title, overflow="fold")
    for name, found, known in named:
        why = found.why if known is None else f"watched already, by {name}"
        table.add_row(
            found.kind, Text(clean(found.candidate.url, 300)), Text(clean(found.reads)), Text(clean(why, 120))
        )
    if named:
        # Addresses are to be copied whole: a file or a pipe has no width to break them for.
        Console(highlight=False, width=None if sys.stdout.isatty() else _UNBROKEN).print(table)
    for kind in site.missing:
        if not any(kind in found.candidate.options.get("also", ()) for found in site.found):
            click.echo(f"Not found: {_CALLED[kind]}.")
    for note in site.notes:
        click.echo(f"  {clean(note, 300)}")


def _record(site: Site, named: Sequence[tuple[str, Found, str | None]]) -> dict[str, object]:
    return {
        "url": site.url,
        "pages": [
            {
                "kind": found.kind, "url": found.candidate.url, "why": found.why, "reads": found.reads, "source": name,
                "known": known is not None, "settings": keys_of(found.candidate, None, ""),
            }
            for name, found, known in named
        ],
        "missing": list(site.missing),
        "notes": list(site.notes),
        "requests": site.requests,
    }  # fmt: skip


def _append(settings_path: Path, blocks: list[str]) -> None:
    if not blocks:
        click.echo("Nothing to add.", err=True)
        return
    settings_file.append(settings_path, blocks)
    count = f"{len(blocks)} source{'s' * (len(blocks) > 1)}"
    click.echo(f"\nAdded {count} to {settings_path}. Reload a running daemon to pick it up (SIGHUP).", err=True)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Say on a terminal what is being asked, in a line that goes away."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("asking") as status:
        yield lambda url: status.update(Text(f"asking {clean(url, 100)}"))
