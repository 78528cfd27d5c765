"""`listener sources`: what each source answers, and what to do about it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from listener.app import load_settings, open_store, system_clock
from listener.errors import ListenerError
from listener.fetch import ADVICE
from listener.storage import StoredSource
from listener.types import Outcome


@click.group(invoke_without_command=True)
@click.option("--failing", is_flag=True, help="Only those that don't answer as they should.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def sources(ctx: click.Context, failing: bool, as_json: bool) -> None:
    """Show every source: last success, next poll, what it answers, and the fix to try."""
    if ctx.invoked_subcommand is not None:
        return
    settings = load_settings(ctx.obj, need_secrets=False)
    now = system_clock()
    with open_store(settings, now) as store:
        listed = [one for one in store.list_sources() if one.active and (not failing or in_trouble(one))]
    if as_json:
        for one in listed:
            click.echo(json.dumps(as_record(one)))
    elif listed:
        show(listed, now)
    elif failing:
        click.echo("All sources answer.")
    else:
        click.echo("No source was polled yet. Start with: listener run --once")


@sources.command()
@click.argument("name")
@click.pass_obj
def resume(settings_path: Path, name: str) -> None:
    """Ask a source again at once that was stopped (410 Gone) or waits after failures."""
    settings = load_settings(settings_path, need_secrets=False)
    now = system_clock()
    with open_store(settings, now) as store:
        if not any(one.name == name and one.active for one in store.list_sources()):
            raise ListenerError(f"no source {name!r}; see: listener sources")
        with store.write() as tx:
            tx.reschedule([name], now)
    click.echo(f"{name} is due now.")


def in_trouble(source: StoredSource) -> bool:
    """Return whether a source is stopped or its last poll failed."""
    return source.state.stopped or source.state.failures > 0


def as_record(source: StoredSource) -> dict[str, object]:
    """Return what `--json` prints of a source."""
    state = source.state
    moments = {
        "next_poll": state.due_at,
        "last_poll": state.last_poll_at,
        "last_success": state.last_success_at,
        "last_item": state.last_item_at,
        "failing_since": state.failing_since,
    }
    return {
        "source": source.name,
        "url": source.url,
        "scraper": source.scraper,
        "outcome": state.outcome,
        "detail": state.detail,
        "failures": state.failures,
        "stopped": state.stopped,
        **{name: None if at is None else at.isoformat() for name, at in moments.items()},
        "advice": ADVICE[state.outcome] if state.outcome is not None and in_trouble(source) else None,
    }


def show(listed: list[StoredSource], now: datetime) -> None:
    """Print a table, and below it what to do about each source in trouble."""
    console = Console()
    table = Table(box=None, pad_edge=False)
    for title in ("source", "answers", "last success", "last new item", "next poll"):
        table.add_column(title, overflow="fold")
    for one in listed:
        state = one.state
        bad = in_trouble(one)
        answer = "not asked yet" if state.outcome is None else state.outcome.value
        if state.failures > 1:
            answer += f" ({state.failures} times)"
        table.add_row(
            Text(one.name),
            Text(answer, style="red" if bad else "green"),
            Text(ago(state.last_success_at, now)),
            Text(ago(state.last_item_at, now)),
            Text("stopped" if state.stopped else ahead(state.due_at, now)),
        )
    console.print(table)
    for one in listed:
        if in_trouble(one) and one.state.outcome is not None:
            console.print()
            console.print(Text(f"{one.name}: {one.state.detail or one.state.outcome.value}", style="bold"))
            console.print(Text(f"  {one.url}"))
            console.print(Text(f"  {ADVICE[one.state.outcome]}"))
            if one.state.outcome is Outcome.GONE:
                console.print(Text(f"  listener sources resume {one.name}"))


def ago(moment: datetime | None, now: datetime) -> str:
    """Return how long ago a moment was, in its largest unit."""
    if moment is None:
        return "never"
    return "just now" if now - moment < timedelta(minutes=1) else f"{span(now - moment)} ago"


def ahead(moment: datetime, now: datetime) -> str:
    """Return how far ahead a moment lies, in its largest unit."""
    return "now" if moment <= now else f"in {span(moment - now)}"


def span(length: timedelta) -> str:
    """Return a length of time in its largest unit."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
