"""`listener sources`: the state of each source, with suggested fixes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import msgspec
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table
from rich.text import Text

from listener.app import load_settings, open_store, system_clock
from listener.cli import hub_words
from listener.config import Settings
from listener.errors import ListenerError
from listener.fetch import ADVICE, host_key
from listener.insights.health import Health, Yield, health_of, is_login
from listener.notify.plain import clean_line
from listener.pages.trouble import FACTS_GONE
from listener.storage import StoredSource
from listener.subscriptions import PREFIX, Subscription, kept
from listener.types import Outcome
from listener.watch import accepting

#: Of what a server or a page said of itself.
TEXT_LIMIT = 2000


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A source with its state in words."""

    stored: StoredSource
    health: Health
    #: At the hub that tells of its news; None where there is none.
    subscription: Subscription | None


@click.group(invoke_without_command=True)
@click.option("--failing", is_flag=True, help="Only failing sources.")
@click.option("--odd", is_flag=True, help="Only sources that answer but look suspicious.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@click.pass_context
def sources(ctx: click.Context, failing: bool, odd: bool, as_json: bool) -> None:
    """List every source: last success, next poll, items and matches per day, state, and a suggested fix."""
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
            click.echo(json.dumps(as_record(one, now)))
    elif chosen:
        show(chosen, now)
    elif listed:
        click.echo("No failing sources." if failing else "No suspicious sources.")
    else:
        click.echo("No source has been polled yet. Start with: listener run --once")


def look(settings: Settings, now: datetime) -> list[Listed]:
    """Read the states of all active sources, and put them into words."""
    utc = now.astimezone(UTC)
    with open_store(settings, utc) as store:
        stored = [one for one in store.list_sources() if one.active]
        yields, hosts = store.yields(utc), store.hosts_left_alone(utc)
        hubs = {one.source: one for one in kept(store.list_meta(PREFIX)) if one.state != "leaving"}
    listed = []
    for one in stored:
        health = health_of(
            one.state,
            yields.get(one.name, Yield()),
            url=one.url,
            added_at=one.added_at,
            host=hosts.get(host_key(one.url) or ""),
            now=now,
        )
        subscription = hubs.get(one.name)
        odd = None if subscription is None else hub_words.odd(subscription)
        if odd is not None:
            health = replace(health, notes=(*health.notes, odd))
        listed.append(Listed(stored=one, health=health, subscription=subscription))
    return listed


@sources.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show_one(settings_path: Path, name: str, as_json: bool) -> None:
    """Show details of one source."""
    settings = load_settings(settings_path, need_secrets=False)
    now = system_clock().astimezone(settings.timezone)
    one = next((one for one in look(settings, now) if one.stored.name == name), None)
    if one is None:
        raise _unknown(name)
    if as_json:
        click.echo(json.dumps(as_record(one, now)))
        return
    facts = dict(facts_of(one, now))
    width = max(map(len, facts))
    for label, value in facts.items():
        click.echo(f"{label:<{width}}  {clean_line(value, TEXT_LIMIT)}")
    for line in troubles(one):
        click.echo(line)


@sources.command()
@click.argument("name")
@click.pass_obj
def resume(settings_path: Path, name: str) -> None:
    """Poll a source now that was stopped (410 Gone) or is backing off after failures."""
    settings = load_settings(settings_path, need_secrets=False)
    now = system_clock()
    with open_store(settings, now) as store:
        if not any(one.name == name and one.active for one in store.list_sources()):
            raise _unknown(name)
        with store.write() as tx:
            tx.reschedule([name], now)
    click.echo(f"{name} will be polled now.")


@sources.command()
@click.argument("name")
@click.pass_obj
def accept(settings_path: Path, name: str) -> None:
    """Accept that a page has lost all its facts (facts-gone): poll it now, and report what is gone as changes."""
    settings = load_settings(settings_path, need_secrets=False)
    now = system_clock()
    with open_store(settings, now) as store, store.write() as tx:
        found = store.find_source(name)
        if found is None or not found.active:
            raise _unknown(name)
        state = found.state
        if state.outcome is not Outcome.BLOCKED or FACTS_GONE not in state.detail:
            raise ListenerError(f"{name} is not in the state facts-gone; see: listener sources show {name}")
        tx.save_source(replace(state, page_state=accepting(state.page_state), due_at=now))
    click.echo(f"{name} will be polled now. Once a second poll confirms it, `listener changes` shows what was removed.")


def _unknown(name: str) -> ListenerError:
    return ListenerError(f"no source {name!r}; see: listener sources")


def facts_of(listed: Listed, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield what is known of a source, each with its label."""
    source, health, hub = listed.stored, listed.health, listed.subscription
    state = source.state
    yield "source", f"{source.name} ({source.scraper})"
    yield "url", source.url or "(built by the scraper)"
    yield "state", health.answers
    yield "last poll", ago(state.last_poll_at, now)
    yield "last success", ago(state.last_success_at, now)
    yield "last new item", ago(state.last_item_at, now)
    yield "next poll", "stopped" if state.stopped else ahead(state.due_at, now)
    if state.rhythm is not None:
        yield "publishes", f"about every {span(state.rhythm)}"
    yield "items/day", a_day(health.items_a_day)
    yield "matched/day", a_day(health.matched_a_day)
    if state.failures:
        yield "failures", f"{state.failures} in a row, the first {ago(state.failing_since, now)}"
    if hub is not None:
        yield "hub", f"{hub.hub} {hub_words.in_words(hub, now)}"


def as_record(listed: Listed, now: datetime) -> dict[str, object]:
    """Return what `--json` prints of a source."""
    source, health, hub = listed.stored, listed.health, listed.subscription
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
        "rhythm_seconds": None if state.rhythm is None else round(state.rhythm.total_seconds()),
        "hub": None if hub is None else hub_words.as_record(hub, now),
        "advice": advice_of(listed),
        "notes": [{"what": what, "fix": fix} for what, fix in health.notes],
    }


def advice_of(listed: Listed) -> str | None:
    """Return what to try for a source that fails; None for one that doesn't."""
    state = listed.stored.state
    if state.outcome is None or not listed.health.failing:
        return None
    if is_login(state):
        return "The page requires a login. Look for a feed or an API."
    return ADVICE[state.outcome]


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 2)


def show(listed: list[Listed], now: datetime) -> None:
    """Print a table, and below it what to do about each source in trouble or odd."""
    console = Console()
    table = Table(box=None, pad_edge=False)
    for title in ("source", "state", "last success", "next poll", "items/day", "matched/day"):
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
        for line in troubles(one):
            console.print(Text(line, style="" if line.startswith(" ") else "bold"))


def troubles(listed: Listed) -> Iterator[str]:
    """Yield a paragraph about what to do for a source in trouble or odd; nothing for the others."""
    advice, source = advice_of(listed), listed.stored
    if advice is None and not listed.health.notes:
        return
    yield ""
    what = (source.state.detail or listed.health.answers) if advice is not None else listed.health.answers
    yield f"{source.name}: {clean_line(what, TEXT_LIMIT)}"
    yield f"  {source.url}"
    if advice is not None:
        yield f"  {advice}"
    for odd, fix in listed.health.notes:
        yield f"  {odd[0].upper()}{odd[1:]}. {clean_line(fix, TEXT_LIMIT)}"
    if source.state.outcome is Outcome.GONE:
        yield f"  listener sources resume {source.name}"


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
