"""`listener sources`: what each source answers, and what to do about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from listener.app import load_settings, open_store, system_clock
from listener.config import Settings
from listener.errors import ListenerError
from listener.fetch import ADVICE, host_key
from listener.insights.health import Health, Yield, health_of, is_login
from listener.storage import StoredSource
from listener.types import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A source with its state in words."""

    stored: StoredSource
    health: Health


@click.group(invoke_without_command=True)
@click.option("--failing", is_flag=True, help="Only those that don't answer as they should.")
@click.option("--odd", is_flag=True, help="Only those that answer, but with something odd about them.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def sources(ctx: click.Context, failing: bool, odd: bool, as_json: bool) -> None:
    """Show every source: last success, next poll, items and matches a day, what it answers, and the fix to try."""
    if ctx.invoked_subcommand is not None:
        return
    settings = load_settings(ctx.obj, need_secrets=False)
    now = system_clock().astimezone(settings.timezone)
    listed = look(settings, now)
    chosen = [
        one for one in listed if not (failing or odd) or (failing and one.health.failing) or (odd and one.health.notes)
    ]
    if as_json:
        for one in chosen:
            click.echo(json.dumps(as_record(one)))
    elif chosen:
        show(chosen, now)
    elif listed:
        click.echo("All sources answer." if failing else "Nothing is odd about any source.")
    else:
        click.echo("No source was polled yet. Start with: listener run --once")


def look(settings: Settings, now: datetime) -> list[Listed]:
    """Read the states of all active sources, and put them into words."""
    utc = now.astimezone(UTC)
    with open_store(settings, utc) as store:
        stored = [one for one in store.list_sources() if one.active]
        yields, hosts = store.yields(utc), store.hosts_left_alone(utc)
    return [
        Listed(
            stored=one,
            health=health_of(
                one.state,
                yields.get(one.name, Yield()),
                url=one.url,
                added_at=one.added_at,
                host=hosts.get(host_key(one.url) or ""),
                now=now,
            ),
        )
        for one in stored
    ]


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


def as_record(listed: Listed) -> dict[str, object]:
    """Return what `--json` prints of a source."""
    source, health = listed.stored, listed.health
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
        "answers": health.answers,
        "outcome": state.outcome,
        "detail": state.detail,
        "failures": state.failures,
        "stopped": state.stopped,
        **{name: None if at is None else at.isoformat() for name, at in moments.items()},
        "items_a_day": _rounded(health.items_a_day),
        "matched_a_day": _rounded(health.matched_a_day),
        "moved_to": health.moved_to,
        "advice": advice_of(listed),
        "notes": [{"what": what, "fix": fix} for what, fix in health.notes],
    }


def advice_of(listed: Listed) -> str | None:
    """Return what to try for a source that fails; None for one that doesn't."""
    state = listed.stored.state
    if state.outcome is None or not listed.health.failing:
        return None
    if is_login(state):
        return "The page wants a login, and the program has none. Look for a feed or an API; never for a way around it."
    return ADVICE[state.outcome]


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 2)


def show(listed: list[Listed], now: datetime) -> None:
    """Print a table, and below it what to do about each source in trouble or odd."""
    console = Console()
    table = Table(box=None, pad_edge=False)
    for title in ("source", "answers", "last success", "next poll", "items/day", "matched/day"):
        table.add_column(title, overflow="fold", justify="right" if title.endswith("/day") else "left")
    for one in listed:
        state, health = one.stored.state, one.health
        style = "red" if health.failing else "yellow" if health.notes else "green"
        table.add_row(
            Text(one.stored.name),
            Text(health.answers, style=style),
            Text(ago(state.last_success_at, now)),
            Text("stopped" if state.stopped else ahead(state.due_at, now)),
            Text(a_day(health.items_a_day)),
            Text(a_day(health.matched_a_day)),
        )
    console.print(table)
    for one in listed:
        advice, state = advice_of(one), one.stored.state
        if advice is None and not one.health.notes:
            continue
        console.print()
        what = (state.detail or one.health.answers) if advice is not None else one.health.answers
        console.print(Text(f"{one.stored.name}: {what}", style="bold"))
        console.print(Text(f"  {one.stored.url}"))
        if advice is not None:
            console.print(Text(f"  {advice}"))
        for odd, fix in one.health.notes:
            console.print(Text(f"  {odd[0].upper()}{odd[1:]}. {fix}"))
        if state.outcome is Outcome.GONE:
            console.print(Text(f"  listener sources resume {one.stored.name}"))


def a_day(number: float | None) -> str:
    """Return how many there are a day: "12", "0.3", "-" where nothing is known."""
    if number is None:
        return "-"
    return f"{number:,.0f}" if number >= 10 or number == 0 else f"{number:.1f}" if number >= 0.1 else "<0.1"


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
