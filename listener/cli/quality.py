"""`listener quality`: accuracy of the program's labels, measured against corrections."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from listener.cli.database import database_option, find_settings, opened
from listener.cli.mentions import show as show_mentions
from listener.insights.agreement import Agreement, ClassAgreement, Share, of_labels, of_sets, together
from listener.storage import Judged

#: Below this many judged mentions a share is hardly more than a hint: its interval spans some 35 points.
FEW = 30
NOTHING = (
    "No mention has been judged yet. Draw a random sample with `listener quality --sample 30`, then judge each mention "
    "with `listener correct NUMBER --agree`, adding corrections where it is wrong."
)


@click.command()
@click.option("--brand", "brands", multiple=True, help="Only mentions of this brand. Repeatable.")
@click.option("--days", type=click.IntRange(1, 36_500), help="Only mentions from the last N days.")
@click.option("--sample", type=click.IntRange(1, 10_000), metavar="N", help="Draw N random mentions to judge.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@database_option
@click.pass_obj
def quality(
    settings_path: Path,
    brands: tuple[str, ...],
    days: int | None,
    sample: int | None,
    as_json: bool,
    database: str | None,
) -> None:
    """Measure listener's labels against your corrections: precision and recall, with counts.

    Compares the labels of the latest analysis; run `listener rescore` first to measure new settings. Every judged
    mention counts, so judge a random sample (--sample), not only the mentions that are wrong.
    """
    settings = find_settings(settings_path, database)
    start = None if days is None else datetime.now(UTC) - timedelta(days=days)
    with opened(settings, database) as store:
        drawn = [] if sample is None else store.review.sample(sample, brands)
        judged = [] if sample is not None else list(store.review.iter_judged(brands, start))
    if sample is not None:
        show_mentions(drawn, settings.timezone if settings is not None else ZoneInfo("UTC"))
        click.echo(
            "\nJudge each with `listener correct NUMBER --agree`, adding corrections such as --sentiment negative."
        )
        return
    measured = agreements(judged)
    if as_json:
        record = {"judged": len(judged), "scorers": scorers(judged), **{one.what: as_record(one) for one in measured}}
        click.echo(json.dumps(record, ensure_ascii=False))
    elif judged:
        show(judged, measured)
    else:
        click.echo(NOTHING)


def agreements(judged: Sequence[Judged]) -> list[Agreement]:
    """Return how far each thing agrees, over the mentions in which a person said something of it."""
    said = [(one.own, one.correction) for one in judged]
    return [
        of_labels("sentiment", ((own.label, it.sentiment) for own, it in said if it.sentiment is not None)),
        of_labels("kind", ((own.kind, it.kind) for own, it in said if it.kind is not None)),
        of_labels(
            "complaint",
            ((_yes(own.complaint >= 0.5), _yes(it.complaint)) for own, it in said if it.complaint is not None),
        ),
        of_sets(
            "pains",
            (
                ([pain.topic for pain in own.pains], [topic for topic, _ in it.pains])
                for own, it in said
                if it.pains is not None
            ),
        ),
        of_sets(
            "severity",
            (
                (
                    [f"{pain.topic}:{pain.severity}" for pain in own.pains if pain.topic in graded],
                    [f"{topic}:{severity}" for topic, severity in graded.items()],
                )
                for own, it in said
                if (graded := _graded([pain.topic for pain in own.pains], it.pains))
            ),
        ),
        of_labels(
            "relevance",
            ((_kept(own.irrelevant), _kept(it.irrelevant)) for own, it in said if it.irrelevant is not None),
        ),
    ]


def _graded(own: Sequence[str], said: Sequence[tuple[str, int | None]] | None) -> dict[str, int]:
    """Return the severities that a person gave to pains that the program found, too."""
    return {topic: severity for topic, severity in said or () if severity is not None and topic in own}


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _kept(irrelevant: bool) -> str:
    return "irrelevant" if irrelevant else "relevant"


def scorers(judged: Sequence[Judged]) -> dict[str, int]:
    """Return what scored the mentions whose sentiment was judged."""
    return dict(Counter(one.own.scorer for one in judged if one.correction.sentiment is not None).most_common())


def show(judged: Sequence[Judged], measured: Sequence[Agreement]) -> None:
    """Print what was measured."""
    named = ", ".join(f"{brand} {count}" for brand, count in Counter(one.brand for one in judged).most_common())
    click.echo(f"Judged mentions: {len(judged):,} ({named}).")
    by = ", ".join(f"{scorer} ({count:,})" for scorer, count in scorers(judged).items())
    if by:
        click.echo(f"Sentiment scored by {by}.")
    table = Table(box=None, pad_edge=False)
    for title in ("", "agreement", "precision", "recall"):
        table.add_column(title, overflow="fold")
    for one in measured:
        if not one.same.of:
            continue
        table.add_row(Text(one.what, style="bold"), words_of(one.same), "", "")
        for row in _rows(one):
            recall = "" if one.what == "relevance" else words_of(row.recall)
            table.add_row(Text(f"  {row.name}"), "", words_of(row.precision), recall)
    Console().print(table)
    few = ", ".join(one.what for one in measured if 0 < one.same.of < FEW)
    if few:
        click.echo(f"\nFewer than {FEW} judged for {few}: rely on the ranges in brackets, not on the percentages.")
    click.echo(
        "Ranges: 95 %, valid for a random sample. The recall of relevance is unknown: mentions below the threshold"
    )
    click.echo("are not stored.")


def _rows(one: Agreement) -> Sequence[ClassAgreement]:
    """Return the labels that have a row of their own."""
    if one.what == "severity":
        return ()
    if one.what == "complaint":
        return [row for row in one.classes if row.name == "yes"]
    if one.what == "pains" and len(one.classes) > 1:
        return [together("all", one.classes), *one.classes]
    return one.classes


def words_of(share: Share) -> str:
    """Return a share in words."""
    if share.value is None or share.interval is None:
        return "–"
    low, high = share.interval
    return f"{share.right}/{share.of} {share.value:.0%} [{low * 100:.0f}–{high * 100:.0f}]"


def as_record(one: Agreement) -> dict[str, object]:
    """Return what `--json` prints of one thing."""
    return {
        "same": share_record(one.same),
        "classes": {} if one.what == "severity" else {row.name: class_record(row) for row in one.classes},
    }


def class_record(row: ClassAgreement) -> dict[str, object]:
    """Return what `--json` prints of one label."""
    return {"precision": share_record(row.precision), "recall": share_record(row.recall), "f1": row.f1}


def share_record(share: Share) -> dict[str, object]:
    """Return what `--json` prints of a share."""
    return {"right": share.right, "of": share.of, "share": share.value, "interval": share.interval}
