"""`listener backfill`: loads a source's history into the trends."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from listener.app import App, load_settings, open_trial, system_clock
from listener.backfill import Backfill, FindKnown, Progress
from listener.cli.export import MomentType
from listener.config import Settings
from listener.errors import DatabaseInUse, ListenerError, StorageError
from listener.storage import Store
from listener.text import counted
from listener.types import Source

REQUESTS = 200


@click.command()
@click.argument("name", metavar="SOURCE")
@click.option("--since", required=True, type=MomentType(), help="First day, in the time zone of the settings.")
@click.option("--dry-run", is_flag=True, help="Fetch and parse, but store nothing.")
@click.option(
    "--requests",
    "limit",
    default=REQUESTS,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="Maximum number of requests.",
)
@click.option("--anew", is_flag=True, help="Start from the newest items instead of resuming an interrupted run.")
@click.pass_obj
def backfill(settings_path: Path, name: str, since: date | datetime, dry_run: bool, limit: int, anew: bool) -> None:
    """Load the history of SOURCE back to a date, for sources that support paging.

    Items enter the trends at their own dates and raise no alerts. The usual rate limits apply, so a long history
    takes time; an interrupted run resumes where it stopped. Stop the daemon first: rate limits per host are kept by
    one process.
    """
    settings = load_settings(settings_path)
    source = _source(settings, name, settings_path)
    moment = _moment(since, settings)
    if moment >= system_clock():
        raise click.BadParameter("must not be in the future", param_hint="--since")
    with ExitStack() as stack:
        if dry_run:
            app = stack.enter_context(open_trial(settings))
            known = _known_for_real(stack, settings, name)
            work = Backfill(source, moment, app.parts, sleep=time.sleep, find_known=known)
        else:
            app = App(settings)
            stack.callback(app.close)
            _hold(stack, app)
            work = Backfill(source, moment, app.parts, sleep=time.sleep)
        try:
            progress = _run(work, source, limit, anew=anew)
        except KeyboardInterrupt:
            progress = work.progress
            click.echo("Interrupted: run it again to resume from here.", err=True)
    for line in summary(progress, source, moment.astimezone(settings.timezone), dry_run=dry_run):
        click.echo(line)
    if progress.stopped and not progress.new_items:
        raise SystemExit(1)


def _source(settings: Settings, name: str, path: Path) -> Source:
    source = next((one for one in settings.sources if one.name == name), None)
    if source is not None:
        return source
    near = difflib.get_close_matches(name, [one.name for one in settings.sources], n=1)
    hint = f" Did you mean {near[0]!r}?" if near else " See: listener check --show"
    raise ListenerError(f"there is no source {name!r} in {path}.{hint}")


def _moment(since: date | datetime, settings: Settings) -> datetime:
    if not isinstance(since, datetime):
        since = datetime.combine(since, time_of_day())
    return (since if since.tzinfo is not None else since.replace(tzinfo=settings.timezone)).astimezone(UTC)


def _known_for_real(stack: ExitStack, settings: Settings, name: str) -> FindKnown | None:
    """Return what tells the items that the real database knows; None where it knows nothing of the source."""
    try:
        stored = Store.open(settings.database, now=system_clock(), must_exist=True)
    except StorageError:
        return None
    stack.callback(stored.close)
    return stored.find_known if stored.find_source(name) is not None else None


def _hold(stack: ExitStack, app: App) -> None:
    try:
        stack.enter_context(app.store.hold())
    except DatabaseInUse as error:
        by = f" (process {error.pid})" if error.pid is not None else ""
        raise DatabaseInUse(
            f"listener runs with this database{by}, and two programs can't keep one distance to a host. Stop it for as "
            "long as the backfill takes, such as with `systemctl stop listener`; or look first with --dry-run.",
            pid=error.pid,
        ) from error


def _run(work: Backfill, source: Source, limit: int, *, anew: bool) -> Progress:
    console = Console(stderr=True)
    with Bar(
        SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn(),
        console=console, disable=not console.is_terminal, transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task(f"Asking {source.name}", total=None)

        def told(progress: Progress) -> None:
            back = f", back to {progress.oldest:%Y-%m-%d}" if progress.oldest else ""
            bar.update(task, description=f"{progress.requests:,} requests, {progress.new_items:,} new items{back}")

        return work.run(limit=limit, anew=anew, told=told)


def summary(progress: Progress, source: Source, since: datetime, *, dry_run: bool) -> Iterator[str]:
    """Yield what to tell at the end, with times in the zone of `since`."""
    if progress.resumed:
        yield "Went on from where an earlier run was broken off."
    if progress.place_lost:
        yield f"{source.name} no longer knows where an earlier run was broken off, so this one began with now."
    known = progress.items - progress.new_items
    yield (
        f"{counted(progress.requests, 'request')}; {counted(progress.items, 'item')} since {since:%Y-%m-%d %H:%M}, "
        f"{progress.new_items:,} of them new, {known:,} known; {counted(progress.mentions, 'mention')}."
    )
    if progress.undated:
        yield f"{counted(progress.undated, 'item')} without a date left out: the trends can't count them."
    if progress.oldest is not None:
        yield f"The oldest is of {progress.oldest.astimezone(since.tzinfo):%Y-%m-%d %H:%M}."
    if progress.stopped:
        begun = progress.items or progress.pages_back or progress.resumed
        yield f"Not at the end: {progress.stopped.rstrip('.')}.{' Run it again to go on.' if begun else ''}"
    elif not progress.pages_back:
        yield f"{source.name} can't page back: this is all that it shows."
    elif progress.oldest is None or progress.oldest.date() > since.date():
        yield "The source shows nothing older."
    if dry_run:
        yield "Nothing was stored."
