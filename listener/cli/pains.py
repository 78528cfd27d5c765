"""`listener pains`: pain points by frequency and severity, with quotes, and emerging ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from listener.app import emerging_pains, load_settings, system_clock, taxonomy
from listener.cli.database import opened
from listener.cli.export import check_brands
from listener.config import Settings
from listener.insights.emerging import Emerging, Pain
from listener.insights.pains import PainRow, ranked
from listener.mentions.pains import Topic
from listener.notify.plain import clean_line
from listener.storage import Mention, Store

DAYS = 30
EMERGING_DAYS = 7
#: What is of late is compared with a time so many times as long before it.
EARLIER = 4
EMERGING_LIMIT = 20
#: Characters of a quote.
QUOTE = 160
#: Columns that hold numbers.
NUMBERS = frozenset({"stories", "before", "mentions", "voices"})


@click.command()
@click.option("--brand", "brands", multiple=True, help="Only this brand. Repeatable.")
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    help=f"Number of days to look back. Defaults to {DAYS}, or {EMERGING_DAYS} with --emerging.",
)
@click.option(
    "--emerging", is_flag=True, help="Find phrases that recur in recent complaints and match no known pain point."
)
@click.option(
    "--taxonomy", "only_taxonomy", is_flag=True, help="Describe each pain point, and what a good answer to it covers."
)
@click.option(
    "--quotes", type=click.IntRange(0, 20), default=1, show_default=True, help="Number of quotes per pain point."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@click.pass_obj
def pains(
    settings_path: Path,
    brands: tuple[str, ...],
    days: int | None,
    emerging: bool,
    only_taxonomy: bool,
    quotes: int,
    as_json: bool,
) -> None:
    """Rank the pain points of each brand by frequency times severity, compared with the previous period.

    Counts are by story, so copies don't count twice.
    """
    settings = load_settings(settings_path, need_secrets=False)
    if only_taxonomy:
        _show_taxonomy(taxonomy(settings), as_json=as_json)
        return
    now = system_clock()
    with opened(settings, None) as store:
        check_brands(brands, tuple(sorted({*(brand.name for brand in settings.brands), *store.list_brands()})))
        if emerging:
            _emerging(settings, store, brands, timedelta(days=days or EMERGING_DAYS), quotes, now, as_json=as_json)
        else:
            _known(settings, store, brands, timedelta(days=days or DAYS), quotes, now, as_json=as_json)


def _known(
    settings: Settings,
    store: Store,
    brands: tuple[str, ...],
    span: timedelta,
    quotes: int,
    now: datetime,
    *,
    as_json: bool,
) -> None:
    heard_from = store.pains.heard_from()
    heard = heard_from is not None and heard_from <= now - 2 * span
    before = store.pains.count(now - 2 * span, now - span, brands) if heard else None
    rows = ranked(store.pains.count(now - span, None, brands), before)
    topics = {topic.name: topic for topic in taxonomy(settings)}
    quoted = {
        (row.now.brand, row.now.topic): store.pains.quotes(row.now.brand, row.now.topic, quotes, now - span)
        for row in rows
        if quotes
    }
    if as_json:
        for row in rows:
            click.echo(to_json(row_record(row, topics, quoted.get((row.now.brand, row.now.topic), ()))))
        return
    if not rows:
        click.echo(f"No pain points in the last {span.days} days.")
        return
    for brand, group in groupby(rows, key=lambda row: row.now.brand):
        click.echo(f"{brand}, the last {span.days} days{f' and the {span.days} before' if heard else ''}:")
        table = Table(box=None, pad_edge=False)
        for title in ("pain point", "stories", "before", "mentions", "severity", "stage"):
            table.add_column(title, overflow="fold", justify="right" if title in NUMBERS else "left")
        said = []
        for row in group:
            table.add_row(*_cells(row, topics))
            said.append((row.now.topic, quoted.get((brand, row.now.topic), ())))
        Console().print(table)
        _quote(said)


def _cells(row: PainRow, topics: Mapping[str, Topic]) -> tuple[Text | str, ...]:
    mean = "–" if row.mean_severity is None else f"{row.mean_severity:.1f}, worst {row.now.severest}"
    known = topics.get(row.now.topic)
    return (
        Text(row.now.topic), f"{row.now.stories:,}", "–" if row.before is None else f"{row.before:,}",
        f"{row.now.mentions:,}", mean, Text(known.stage if known is not None else "(removed)"),
    )  # fmt: skip


def _quote(said: Sequence[tuple[str, Sequence[Mention]]]) -> None:
    """Print what was said of each of some things, with the numbers of the mentions."""
    table = Table(box=None, pad_edge=False)
    table.add_column("mention", justify="right")
    table.add_column("quote", overflow="fold")
    for name, mentions in said:
        for mention in mentions:
            text = clean_line(mention.excerpt, QUOTE)
            table.add_row(str(mention.id), Text.assemble((f"{name}  ", "bold"), text))
    click.echo()
    if table.row_count:
        Console().print(table)
        click.echo()


def _emerging(
    settings: Settings,
    store: Store,
    brands: tuple[str, ...],
    span: timedelta,
    quotes: int,
    now: datetime,
    *,
    as_json: bool,
) -> None:
    for brand in settings.brands:
        if brands and brand.name not in brands:
            continue
        finder = emerging_pains(settings, store, brand)
        found = finder.find(brand.name, now - (1 + EARLIER) * span, now - span, now, limit=EMERGING_LIMIT)
        quoted = {pain.name: _mentions(store, pain.mentions[:quotes]) for pain in found.pains}
        if as_json:
            for pain in found.pains:
                click.echo(to_json(emerging_record(brand.name, pain, found, quoted[pain.name])))
        else:
            _show_emerging(brand.name, found, quoted, span)


def _mentions(store: Store, numbers: Sequence[int]) -> list[Mention]:
    return [one for one in map(store.review.find_mention, numbers) if one is not None]


def _show_emerging(brand: str, found: Emerging, quoted: Mapping[str, Sequence[Mention]], span: timedelta) -> None:
    days, before = span.days, EARLIER * span.days
    click.echo(f"{brand}: {found.late:,} complaints in the last {days} days, {found.earlier:,} in the {before} before.")
    if not found.pains:
        click.echo("No new or rising phrase outside the known pain points.\n")
        return
    if found.pains[0].state == "recurring":
        click.echo("Too few earlier complaints to compare with; showing all recurring phrases.")
    table = Table(box=None, pad_edge=False)
    for title in ("phrase", "", "voices", "before"):
        table.add_column(title, overflow="fold", justify="right" if title in NUMBERS else "left")
    for pain in found.pains:
        name = Text(pain.name, style="bold")
        if pain.variants:
            name.append(f"\n{', '.join(pain.variants)}", style="dim not bold")
        how = pain.state if pain.rise is None else f"{pain.rise:.1f} times as often"
        table.add_row(name, how, f"{pain.late:,}", "–" if pain.surprise is None else f"{pain.earlier:,}")
    Console().print(table)
    _quote([(pain.name, quoted[pain.name]) for pain in found.pains])
    click.echo("To track one, add it as [pains.NAME] with these phrases, then run `listener rescore`.\n")


def _show_taxonomy(topics: Sequence[Topic], *, as_json: bool) -> None:
    if as_json:
        for topic in topics:
            record = {
                "topic": topic.name, "definition": topic.definition, "stage": topic.stage,
                "phrases": list(topic.phrases), "answer": topic.answer,
            }  # fmt: skip
            click.echo(to_json(record))
        return
    table = Table(box=None, pad_edge=False)
    for title in ("pain point", "stage", "definition, and what a good answer covers"):
        table.add_column(title, overflow="fold")
    for topic in topics:
        means = Text(topic.definition).append(f"\n{topic.answer}" if topic.answer else "", style="dim")
        table.add_row(Text(topic.name, style="bold"), Text(topic.stage), means)
    Console().print(table)


def row_record(row: PainRow, topics: Mapping[str, Topic], quoted: Sequence[Mention]) -> dict[str, object]:
    """Return what `--json` prints of a pain point."""
    known = topics.get(row.now.topic)
    return {
        "brand": row.now.brand,
        "topic": row.now.topic,
        "stage": known.stage if known is not None else None,
        "stories": row.now.stories,
        "stories_before": row.before,
        "mentions": row.now.mentions,
        "mean_severity": row.mean_severity,
        "severest": row.now.severest,
        "reach": row.now.reach,
        "weight": row.weight,
        "quotes": [quote_record(one) for one in quoted],
    }


def emerging_record(brand: str, pain: Pain, found: Emerging, quoted: Sequence[Mention]) -> dict[str, object]:
    """Return what `--json` prints of an emerging pain."""
    return {
        "brand": brand,
        "phrase": pain.name,
        "variants": list(pain.variants),
        "state": pain.state,
        "voices": pain.late,
        "voices_before": pain.earlier,
        "complaints": found.late,
        "complaints_before": found.earlier,
        "rise": pain.rise,
        "surprise": pain.surprise,
        "mentions": list(pain.mentions),
        "quotes": [quote_record(one) for one in quoted],
    }


def quote_record(mention: Mention) -> dict[str, object]:
    """Return what `--json` prints of a quoted mention."""
    return {"mention_id": mention.id, "source": mention.source, "excerpt": mention.excerpt, "url": mention.url}


def to_json(record: Mapping[str, object]) -> str:
    """Return a record as a line of JSON."""
    return json.dumps(record, ensure_ascii=False)
