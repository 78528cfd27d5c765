"""`listener mentions`: the newest mentions, with the numbers that other commands take."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import click
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from listener.cli.database import database_option, find_settings, opened
from listener.notify.plain import clean_line
from listener.storage import Mention
from listener.types import Label

LIMIT = 20
#: Characters shown of a name, and of a text.
NAME = 40
TEXT = 200
#: Columns before a text.
INDENT = 4
COLOURS = {"positive": "green", "negative": "red"}


@click.command()
@click.option("--brand", "brands", multiple=True, help="Only this brand. Repeatable.")
@click.option("--source", "sources", multiple=True, help="Only this source. Repeatable.")
@click.option(
    "--sentiment", "labels", multiple=True, type=click.Choice(get_args(Label)), help="Only this sentiment. Repeatable."
)
@click.option("--days", type=click.IntRange(1, 36_500), help="Only mentions from the last N days.")
@click.option("--corrected", is_flag=True, help="Only corrected mentions.")
@click.option("--irrelevant", is_flag=True, help="Show irrelevant mentions instead of relevant ones.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=LIMIT, show_default=True, help="Maximum number to show."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@database_option
@click.pass_obj
def mentions(
    settings_path: Path,
    brands: tuple[str, ...],
    sources: tuple[str, ...],
    labels: tuple[str, ...],
    days: int | None,
    corrected: bool,
    irrelevant: bool,
    limit: int,
    as_json: bool,
    database: str | None,
) -> None:
    """List mentions, newest first, with sentiment, kind and pain points.

    The first column is the mention number that `listener correct` takes; a * marks corrected labels.
    """
    settings = find_settings(settings_path, database)
    start = None if days is None else datetime.now(UTC) - timedelta(days=days)
    with opened(settings, database) as store:
        found = store.review.newest_mentions(
            limit, start=start, brands=brands, named=sources, labels=labels, corrected=corrected,
            irrelevant=irrelevant,
        )  # fmt: skip
    if as_json:
        for mention in found:
            click.echo(json.dumps(as_record(mention), ensure_ascii=False))
    elif found:
        show(found, settings.timezone if settings is not None else ZoneInfo("UTC"))
        if len(found) == limit:
            click.echo(f"\nShowing the newest {limit}; use --limit to see more.")
    else:
        some = any((brands, sources, labels, days, corrected, irrelevant))
        click.echo("No matching mentions." if some else "No mentions yet.")


def show(found: list[Mention], zone: ZoneInfo) -> None:
    """Print a row for each mention, and its text below it in the full width."""
    heading = ("number", "when", "brand", "source", "sentiment", "kind")
    rows = [cells(one, zone) for one in found]
    widths = [max(cell_len(row[column]) for row in (heading, *rows)) for column in range(len(heading))]
    console = Console()
    console.print(Text(line(heading, widths), style="bold"), soft_wrap=True)
    for one, row in zip(found, rows, strict=True):
        shown = Text(line(row, widths))
        shown.highlight_words([row[4]], COLOURS.get(one.sentiment.label or "", ""))
        console.print(shown, soft_wrap=True)
        console.print(Padding(Text(clean_line(one.excerpt, TEXT), style="dim"), (0, 0, 0, INDENT)))


def cells(one: Mention, zone: ZoneInfo) -> tuple[str, ...]:
    """Return what the row of a mention says: number, time, brand, source, sentiment, kind with pain points."""
    pains = ", ".join(f"{topic}:{severity}" for topic, severity in one.pains)
    return (
        f"{one.id}{'*' if one.corrected else ''}",
        f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}",
        one.brand,
        clean_line(one.source, NAME),
        "–" if one.sentiment.compound is None else f"{one.sentiment.compound:+.2f}",
        f"{one.kind}  {pains}".rstrip(),
    )


def line(row: Sequence[str], widths: Sequence[int]) -> str:
    """Align a row."""
    return "  ".join(set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()


def as_record(mention: Mention) -> dict[str, object]:
    """Return what `--json` prints of a mention."""
    return {
        "mention_id": mention.id,
        "at": mention.at.isoformat(),
        "brand": mention.brand,
        "source": mention.source,
        "compound": mention.sentiment.compound,
        "label": mention.sentiment.label,
        "complaint": mention.complaint,
        "kind": mention.kind,
        "pains": [{"topic": topic, "severity": severity} for topic, severity in mention.pains],
        "relevance": mention.relevance,
        "reach": mention.reach,
        "lang": mention.lang,
        "title": mention.title,
        "excerpt": mention.excerpt,
        "url": mention.url,
        "author": mention.author,
        "corrected": list(mention.corrected),
    }
