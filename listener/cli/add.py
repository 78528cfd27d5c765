"""`listener add URL`: detects what a URL is, shows five parsed items, and adds it to the settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from listener.app import App, load_settings, open_trial
from listener.cli import settings_file
from listener.cli.one_off import OneOffRequests
from listener.cli.page_tables import show_facts
from listener.cli.settings import slug
from listener.cli.trial import clean, item_lines
from listener.config import Settings
from listener.discovery import Candidate, Discovery, discover
from listener.errors import ListenerError
from listener.text import counted
from listener.trial import judge
from listener.urls import absolute, canonical

SHOWN = 5


@click.command()
@click.argument("url")
@click.option("--name", help="Name of the source. Derived from the URL by default.")
@click.option("--brand", help="Brand that owns the page, or the only brand to match in this source.")
@click.option("--category", default="", help="Category shown in exports and reports.")
@click.option("--dry-run", is_flag=True, help="Show what would be added without changing the settings.")
@click.pass_obj
def add(settings_path: Path, url: str, name: str | None, brand: str | None, category: str, dry_run: bool) -> None:
    """Detect what URL is, and add it to the settings as a source.

    Recognises feeds, pages that link to a feed or have one at a common path, subreddits, App Store apps, Discourse
    forums, status pages, JSON lists, pricing pages and FAQ pages. Any other page is watched as text.
    """
    settings = load_settings(settings_path, need_secrets=False)
    address = absolute(url if "://" in url else f"https://{url}")
    if address is None:
        raise ListenerError(f"{url!r} is not a web address (http or https).")
    if brand is not None and brand not in {one.name for one in settings.brands}:
        raise ListenerError(f"there is no [brands.{brand}] in {settings_path}.")
    if name is not None and name in {one.name for one in settings.sources}:
        raise ListenerError(f"source {name!r} already exists. Choose another --name.")
    _refuse_known(settings, address)
    with open_trial(settings) as app:
        found = discover(address, OneOffRequests(app.fetcher), app.scrapers, app.scrapers.names())
        _refuse_known(settings, found.chosen.url)
        for line in described(found, app):
            click.echo(line)
    if found.parsed.facts is not None and not found.parsed.items:
        show_facts(found.parsed.facts)
    name = name or settings_file.free_name(slug(found.chosen.name), {one.name for one in settings.sources})
    block = settings_file.block(name, keys_of(found.chosen, brand, category))
    click.echo(f"\n{block}")
    if dry_run:
        click.echo(f"Nothing was added to {settings_path}.")
        return
    settings_file.append(settings_path, [block])
    click.echo(f"Added to {settings_path}. Reload a running daemon to pick it up (SIGHUP).")


def _refuse_known(settings: Settings, url: str) -> None:
    """Raise ListenerError where a source has this address already."""
    for source in settings.sources:
        if source.url and canonical(source.url) == canonical(url):
            raise ListenerError(f"[sources.{source.name}] already polls {source.url}.")


def keys_of(candidate: Candidate, brand: str | None, category: str) -> dict[str, object]:
    """Return what stands in the table of a source."""
    keys: dict[str, object] = {"url": candidate.url}
    if candidate.scraper != "feed":
        keys["scraper"] = candidate.scraper
    keys.update(candidate.options)
    if brand is not None:
        keys["brand"] = brand
    if category:
        keys["category"] = category
    return keys


def described(found: Discovery, app: App) -> Iterator[str]:
    """Yield what was found, the first items as they would be read, and how many of all match a brand."""
    title = f" ({clean(found.chosen.title, 60)})" if found.chosen.title else ""
    yield f"{found.chosen.what[0].upper()}{found.chosen.what[1:]}{title}: {clean(found.chosen.url)}"
    for other in found.others:
        title = f" ({clean(other.title, 60)})" if other.title else ""
        yield f"  there is also {other.what}{title}: {clean(other.url)}"
    items = found.parsed.items
    for item in items[:SHOWN]:
        yield ""
        yield from item_lines(item, app.settings.timezone)
    if items:
        source = found.chosen.source()
        matched = sum(bool(judge(source, item, app.parts).matches) for item in items)
        yield f"\n{counted(len(items), 'item')} now; {matched} match a brand."
    elif found.parsed.facts is None:
        yield "\nIt has no items now."
