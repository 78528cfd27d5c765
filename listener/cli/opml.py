"""`listener import` and `listener export opml`: subscriptions, to and from feed readers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import click
import msgspec

from listener import config
from listener.app import load_settings
from listener.channels import Secret
from listener.cli import settings_file
from listener.cli.output_files import output_file
from listener.cli.settings import slug
from listener.cli.settings import span as written
from listener.cli.trial import clean
from listener.config import Settings
from listener.errors import ListenerError
from listener.opml import SIZE_LIMIT_BYTES, Outline, read, write
from listener.text import counted
from listener.types import Source
from listener.urls import absolute, canonical, host_of

NAME_LIMIT = 100


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one outline."""

    outline: Outline
    end: Literal["added", "skipped", "failed"]
    why: str = ""
    name: str = ""
    block: str = ""


@click.command("import")
@click.argument("file")
@click.option("--category", help="Use this category for all feeds instead of their folders.")
@click.option("--dry-run", is_flag=True, help="Show what would be added without changing the settings.")
@click.pass_obj
def import_(settings_path: Path, file: str, category: str | None, dry_run: bool) -> None:
    """Add the feeds of an OPML file to the settings; `-` reads standard input. No network requests are made.

    Folders become categories. Feeds that are skipped (already present) or invalid are reported with the reason.
    """
    settings = load_settings(settings_path, need_secrets=False)
    outlines = read(_bytes_of(file))
    report = list(taken(outlines, settings, category))
    blocks = [one.block for one in report if one.end == "added"]
    for one in report:
        if one.end != "added":
            what = clean(one.outline.title or one.outline.url or "an outline without a title", 80)
            click.echo(f"{one.end}: line {one.outline.line}, {what}: {one.why}")
    if blocks and not dry_run:
        settings_file.append(settings_path, blocks)
    ends = [one.end for one in report]
    done = "would be added" if dry_run else "added"
    click.echo(f"{len(blocks)} {done}, {ends.count('skipped')} skipped, {ends.count('failed')} failed.")


def _bytes_of(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(SIZE_LIMIT_BYTES + 1)
        with Path(name).open("rb") as file:
            return file.read(SIZE_LIMIT_BYTES + 1)
    except OSError as error:
        raise ListenerError(f"can't read {name}: {error.strerror or error}") from error


def taken(outlines: Sequence[Outline], settings: Settings, category: str | None) -> Iterator[Taken]:
    """Yield what becomes of each outline: added, skipped because it is there, failed and why."""
    names = {source.name for source in settings.sources}
    known = {_identity(source.scraper, source.url): source.name for source in settings.sources if source.url}
    brands = {brand.name for brand in settings.brands}
    for outline in outlines:
        scraper = str(outline.keys.get("scraper", "feed"))
        url = absolute(outline.url)
        if url is None:
            why = (
                f"{clean(outline.url, 80)!r} is not a web address (http or https)."
                if outline.url
                else "it has no address."
            )
            yield Taken(outline=outline, end="failed", why=why)
            continue
        if "brand" in outline.keys and outline.keys["brand"] not in brands:
            yield Taken(outline=outline, end="failed", why=f"there is no [brands.{outline.keys['brand']}] here.")
            continue
        if any(isinstance(value, dict) for value in outline.keys.values()):
            # A reference to a secret of this machine, say, for a server that the file names.
            yield Taken(outline=outline, end="failed", why="its options refer to something of the settings' own.")
            continue
        there = known.get(_identity(scraper, url))
        if there is not None:
            yield Taken(outline=outline, end="skipped", why=f"[sources.{there}] already polls it.")
            continue
        name = settings_file.free_name(_name(outline, url), names)
        known[_identity(scraper, url)] = name
        keys: dict[str, Any] = {"url": url}
        if category or outline.category:
            keys["category"] = category or outline.category
        yield Taken(outline=outline, end="added", name=name, block=settings_file.block(name, keys | dict(outline.keys)))


def _identity(scraper: str, url: str) -> tuple[str, str]:
    """Return what two sources share that are one: a page may be watched for its prices and for its text."""
    return scraper, canonical(url)


def _name(outline: Outline, url: str) -> str:
    own = (outline.name or "").strip()
    if own and own.isprintable() and len(own) <= NAME_LIMIT:
        return own
    return slug(outline.title if any(map(str.isascii, filter(str.isalnum, outline.title))) else host_of(url))


def export_opml(settings_path: Path, output: str) -> None:
    """Write the sources as OPML: feeds for any feed reader, the others for listener alone. No secrets are written."""
    settings = load_settings(settings_path, need_secrets=False)
    raw = {source.name: source.options for source in config.load(
        settings_path, environ=os.environ, need_secrets=False
    ).sources}  # fmt: skip
    hidden = 0
    outlines = []
    for source in settings.sources:
        options, secrets = _options(source, raw[source.name])
        hidden += secrets
        if source.url:
            outlines.append(_outline(source, options))
    with output_file(output) as file:
        file.write(write(outlines, title="listener"))
    if hidden:
        click.echo(f"{counted(hidden, 'secret')} left out.", err=True)
    if len(outlines) < len(settings.sources):
        left = counted(len(settings.sources) - len(outlines), "source")
        click.echo(f"{left} without an address left out: OPML has no place for them.", err=True)


def _options(source: Source, raw: object) -> tuple[dict[str, Any], int]:
    """Return a source's options as they stand in the settings, without secrets, and the number of these."""
    if not isinstance(raw, dict):
        return {}, 0
    secret = {key for key in raw if isinstance(getattr(source.options, key, None), Secret)}
    return {key: value for key, value in raw.items() if key not in secret}, len(secret)


def _outline(source: Source, options: dict[str, Any]) -> Outline:
    keys: dict[str, Any] = dict(options)
    if source.scraper != "feed":
        keys["scraper"] = source.scraper
    if source.brand is not None:
        keys["brand"] = source.brand
    if source.every is not None:
        keys["every"] = written(source.every)
    if source.weight != 1.0:
        keys["weight"] = source.weight
    if not source.enabled:
        keys["enabled"] = False
    return Outline(title=source.name, url=source.url, category=source.category, name=source.name, keys=keys)
