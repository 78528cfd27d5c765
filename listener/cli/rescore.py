"""`listener rescore`: applies the current settings to stored mentions."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from listener import rescore as rescoring
from listener.app import load_settings, rescorer
from listener.cli.database import opened
from listener.cli.export import MomentType, check_brands, moment_of
from listener.errors import ListenerError


@click.command()
@click.option("--brand", "brands", multiple=True, help="Only mentions of this brand. Repeatable.")
@click.option("--from", "since", type=MomentType(), help="First day (inclusive), or a timestamp.")
@click.option("--to", "until", type=MomentType(), help="Last day (inclusive), or a timestamp (exclusive).")
@click.option("--dry-run", is_flag=True, help="Show what would change without changing it.")
@click.option("--again", is_flag=True, help="Start over instead of resuming an interrupted run.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per kind of change.")
@click.pass_obj
def rescore(
    settings_path: Path,
    brands: tuple[str, ...],
    since: date | datetime | None,
    until: date | datetime | None,
    dry_run: bool,
    again: bool,
    as_json: bool,
) -> None:
    """Re-analyse stored mentions with the current settings: scorer, lexicon, pain points, queries, relevance.

    Stored items that matched no query are searched again, so a new brand finds its earlier mentions.

    Trends are updated, corrections are kept, and no alerts are raised. Safe to run while the daemon runs. An
    interrupted run resumes when the same command is repeated.
    """
    settings = load_settings(settings_path, need_secrets=False)
    known = tuple(brand.name for brand in settings.brands)
    check_brands(brands, known)
    if not known:
        raise ListenerError("the settings define no brand")
    start, end = moment_of(since, settings.timezone, last=False), moment_of(until, settings.timezone, last=True)
    if start is not None and end is not None and start >= end:
        raise click.BadParameter("the end is before the start", param_hint="--to")
    wanted = rescoring.Wanted(brands=tuple(sorted(brands or known)), start=start, end=end)
    with opened(settings, None) as store:
        reader = rescorer(settings, store, wanted)
        progress = rescoring.Progress(differences={}) if again or dry_run else reader.progress()
        if progress.seen:
            click.echo(f"Resuming an earlier run after {progress.seen:,} mentions.", err=True)
        try:
            progress = _walk(reader, progress, write=not dry_run)
        except KeyboardInterrupt:
            done = "" if dry_run else " Progress is saved; run the same command to resume."
            click.echo(f"Stopped.{done}", err=True)
            raise SystemExit(130) from None
        left = [name for name in store.list_brands() if name not in known]
    if as_json:
        _print_json(progress)
        return
    _show(progress, dry_run=dry_run)
    if left and not brands:
        click.echo(f"Unchanged: mentions of {', '.join(left)}, which are no longer in the settings.")


def _walk(reader: rescoring.Rescorer, progress: rescoring.Progress, *, write: bool) -> rescoring.Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Reading again", total=reader.total(), completed=progress.seen + progress.items)
        latest = progress
        for latest in reader.run(progress, write=write):
            bar.update(task, completed=latest.seen + latest.items)
    return latest


def _print_json(progress: rescoring.Progress) -> None:
    for one, count in sorted(progress.differences.items()):
        record = {"brand": one.brand, "what": one.what, "before": one.before, "after": one.after, "mentions": count}
        click.echo(json.dumps(record, ensure_ascii=False))


def _show(progress: rescoring.Progress, *, dry_run: bool) -> None:
    """Print what changed."""
    would = "would change" if dry_run else "changed"
    kept = f"; corrections of {progress.corrected:,} kept" if progress.corrected else ""
    click.echo(f"{progress.seen:,} mentions re-analysed, {progress.changed:,} {would}{kept}.")
    if progress.missed:
        found = "would be" if dry_run else "are"
        click.echo(f"{progress.items:,} items searched, {progress.missed:,} {found} new mentions.")
    if not progress.differences:
        return
    table = Table(box=None, pad_edge=False)
    for title in ("brand", "what", "before", "now", "mentions"):
        table.add_column(title, justify="right" if title == "mentions" else "left", overflow="fold")
    by_count = sorted(progress.differences.items(), key=lambda pair: (pair[0].brand, pair[0].what, -pair[1], pair[0]))
    for one, count in by_count:
        table.add_row(Text(one.brand), one.what, Text(one.before or "–"), Text(one.after or "–"), f"{count:,}")
    Console().print(table)
