"""`listener status` and `listener doctor`: whether the daemon is running, and diagnostics."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from listener import config
from listener.app import load_settings, open_store, system_clock
from listener.cli.sources import ago, span
from listener.errors import DatabaseInUse
from listener.storage import Counts, Store

#: Less free space than this is said.
DISK_WANTED = 500_000_000
#: A clock may differ from the newest row by this much before it is called wrong.
CLOCK_SLACK = timedelta(minutes=5)
#: A recipient that was refused longer ago isn't named any more.
REFUSED_WITHIN = timedelta(days=7)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def status(settings_path: Path, as_json: bool) -> None:
    """Show whether the daemon is running, its last poll, failing sources and pending deliveries.

    The exit status is 0 if the daemon is running, 3 if not.
    """
    settings = load_settings(settings_path, need_secrets=False)
    now = system_clock()
    with open_store(settings, now) as store:
        holder = holder_of(store)
        counts = store.counts()
    if as_json:
        click.echo(json.dumps(as_record(counts, holder)))
    else:
        show(counts, holder, settings, now)
    if holder is None:
        raise SystemExit(3)


def holder_of(store: Store) -> str | None:
    """Return who holds the database, in words; None where nobody does."""
    try:
        with store.hold():
            return None
    except DatabaseInUse as error:
        return str(error)


def as_record(counts: Counts, holder: str | None) -> dict[str, object]:
    """Return what `--json` prints."""
    names = ("sources", "failing", "stopped", "items", "mentions", "stories", "alerts", "pending", "dead", "size_bytes")
    moments = {"oldest_pending": counts.oldest_pending, "last_poll": counts.last_poll}
    return {
        "running": holder is not None,
        **{name: getattr(counts, name) for name in names},
        **{name: None if at is None else at.isoformat() for name, at in moments.items()},
    }


def show(counts: Counts, holder: str | None, settings: config.Settings, now: datetime) -> None:
    """Print the numbers with a word to each that matters."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    to_send = "1 delivery pending" if counts.pending == 1 else f"{counts.pending} deliveries pending"
    waiting = f", {since_due(counts.oldest_pending, now)}" if counts.oldest_pending else ""
    rows = {
        "daemon": "running" if holder is not None else "not running: start it with `listener run`",
        "database": f"{settings.database_shown} ({counts.size_bytes / 1e6:.1f} MB)",
        "last poll": ago(counts.last_poll, now),
        "sources": f"{counts.sources}, {counts.failing} failing, {counts.stopped} stopped",
        "mentions": f"{counts.mentions} in {counts.stories} stories, from {counts.items} items",
        "alerts": f"{counts.alerts}; {to_send}{waiting}; {counts.dead} abandoned",
    }
    for name, value in rows.items():
        table.add_row(name, Text(value))
    Console().print(table)


def since_due(due: datetime, now: datetime) -> str:
    """Say for how long the delivery that is due first has been due, or when it will be."""
    return f"the oldest for {span(now - due)}" if due <= now else f"the first due in {span(due - now)}"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that doctor looked at."""

    name: str
    #: None: all is well.
    problem: str | None = None
    fix: str = ""


@click.command()
@click.option("--full", is_flag=True, help="Also check every database page, and compare the trends with the mentions.")
@click.pass_obj
def doctor(settings_path: Path, full: bool) -> None:
    """Diagnose the database, clock, disk, sources and channels, and suggest fixes.

    The exit status is 0 if everything is fine, 1 if there is a problem.
    """
    settings = load_settings(settings_path, need_secrets=False)
    now = system_clock()
    with open_store(settings, now) as store:
        findings = [*examine(store, settings, now, full=full)]
    console = Console()
    for finding in findings:
        well = finding.problem is None
        line = f"{'ok ' if well else 'BAD'}  {finding.name}"
        console.print(Text(line if well else f"{line}: {finding.problem}", style="green" if well else "red"))
        if finding.fix and not well:
            console.print(Text(f"     {finding.fix}"))
    if any(finding.problem is not None for finding in findings):
        raise SystemExit(1)


def examine(store: Store, settings: config.Settings, now: datetime, *, full: bool) -> Iterator[Finding]:
    """Yield what was looked at, problem or not."""
    problems = store.check(full=full)
    yield Finding(
        name="database",
        problem="; ".join(problems[:3]) or None,
        fix="Stop the daemon, and restore the latest backup (see `listener backup`).",
    )
    if full:
        differences = store.verify_trends()
        yield Finding(
            name="trends match mentions",
            problem=f"{len(differences)} rows differ, the first: {differences[0]}" if differences else None,
            fix="listener rebuild-trends",
        )
    counts = store.counts()
    ahead = counts.last_poll is not None and counts.last_poll > now + CLOCK_SLACK
    yield Finding(
        name="clock",
        problem=f"the last poll was at {counts.last_poll:%Y-%m-%d %H:%M} UTC, which is in the future"
        if ahead
        else None,
        fix="Set this machine's clock (timedatectl) and enable NTP.",
    )
    if "://" not in settings.database:
        free = shutil.disk_usage(Path(settings.database).parent).free
        yield Finding(
            name="disk",
            problem=f"only {free / 1e6:.0f} MB free" if free < DISK_WANTED else None,
            fix="Free disk space, or lower [retention] in the settings.",
        )
    never = [
        one.name for one in store.list_sources() if one.active and one.state.failures and not one.state.last_success_at
    ]
    yield Finding(
        name="sources",
        problem=f"{len(never)} never polled successfully: {', '.join(never[:5])}{' ...' if len(never) > 5 else ''}"
        if never
        else None,
        fix="listener sources --failing",
    )
    dead = store.dead_by_channel()
    yield Finding(
        name="channels",
        problem=", ".join(f"{channel} could not deliver {number}" for channel, number in dead.items()) or None,
        fix="listener alerts --dead; then listener channels test NAME; then listener alerts retry --dead",
    )
    refused = [
        f"{one.channel}: {one.last_error}, at {one.sent_at:%Y-%m-%d %H:%M} UTC"
        for one in store.last_sent()
        if one.last_error and one.sent_at is not None and one.sent_at > now - REFUSED_WITHIN
    ]
    yield Finding(
        name="recipients",
        problem="; ".join(refused) or None,
        fix="Correct `to` in the settings. This line goes away with the next message that reaches all of them.",
    )
