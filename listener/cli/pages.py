"""`listener changes`, `prices`, `faq` and `claims`: current and past facts of watched pages."""

from __future__ import annotations

import difflib
import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

import click
import msgspec
from msgspec.structs import fields
from rich.console import Console
from rich.table import Table
from rich.text import Text

from listener.alerts import change_quote, change_title
from listener.app import load_settings, open_store, system_clock
from listener.config import Settings
from listener.errors import ListenerError
from listener.facts import Change, Price
from listener.notify.plain import clean, clean_line
from listener.storage import Store, StoredAnswer, StoredClaim, StoredPrice
from listener.watch import stood_at, waiting_since

#: Heights of a price in the terminal's chart.
BARS = "▁▂▃▄▅▆▇█"
#: Shown of a long answer or claim, and of any cell.
TEXT_WIDTH = 160
CELL_LIMIT = 2000
Entry = TypeVar("Entry", bound=StoredPrice | StoredAnswer | StoredClaim)

brand_option = click.option("--brand", "brands", multiple=True, help="Only this brand. Repeatable.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")


@click.command()
@brand_option
@click.option(
    "--days", type=click.IntRange(1, 36_500), default=30, show_default=True, help="Number of days to look back."
)
@json_option
@click.pass_obj
def changes(settings_path: Path, brands: tuple[str, ...], days: int, as_json: bool) -> None:
    """List changes of watched pages, newest first: prices, plans, answers, copy, incidents."""
    settings = load_settings(settings_path, need_secrets=False)
    now = system_clock()
    with open_store(settings, now) as store:
        check_brands(brands, settings, store)
        found = [*store.pages.iter_changes(now - timedelta(days=days), None, brands)][::-1]
        pages = [one for one in store.list_sources() if one.active and (not brands or one.brand in brands)]
    if as_json:
        for one in found:
            change = one.change
            click.echo(
                to_json(
                    at=one.first_seen, confirmed_at=one.confirmed_at, source=one.source, brand=one.brand,
                    kind=change.kind, subject=change.subject, before=plain(change.before), after=plain(change.after),
                    percent=change.percent, url=one.url,
                )
            )  # fmt: skip
        return
    zone = settings.timezone
    show(
        ("when", "what", "page"),
        ((minute(one.first_seen, zone), told(one.brand or one.source, one.change), one.source) for one in found),
        f"No change of a page in the last {days} days.",
    )
    for page in pages:
        since = waiting_since(page.state.page_state)
        if since is not None:
            again = minute(page.state.due_at, zone)
            click.echo(
                f"{page.name}: something differs since {minute(since, zone)}; the next look, {again}, is to confirm it."
            )


class Ledger(msgspec.Struct, Generic[Entry], frozen=True, kw_only=True):
    """What pages say of one kind, and what they said before: how it is read and shown."""

    read: Callable[[Store, Sequence[str]], Iterable[Entry]]
    #: Entries in a row of which this is equal are the steps of one history, and stand in one row of the table.
    same: Callable[[Entry], object]
    titles: tuple[str, ...]
    #: The cells below the titles.
    cells: Callable[[Sequence[Entry]], tuple[str, ...]]
    #: Said where there are no entries.
    nothing: str


def price_cells(steps: Sequence[StoredPrice]) -> tuple[str, ...]:
    """Return a plan, its last prices with what they are for, and its chart.

    A plan that was gone for a while and came back at its price is told with that price once.
    """
    last = steps[-1]
    steps = [next(same) for _, same in itertools.groupby(steps, lambda one: one.price)]
    per = " per ".join(part for part in (last.currency, last.unit, last.period) if part)
    line = " → ".join("contact" if one.price is None else f"{one.price.normalize():f}" for one in steps[-5:])
    return last.plan or "(no name)", f"{line} {per}", chart(steps)


PRICES: Ledger[StoredPrice] = Ledger(
    read=lambda store, brands: store.pages.iter_prices(brands),
    same=lambda one: (one.source, one.plan, one.period, one.unit, one.currency),
    titles=("plan", "price", ""),
    cells=price_cells,
    nothing="No prices yet: watch a page with the scraper pricing.",
)
ANSWERS: Ledger[StoredAnswer] = Ledger(
    read=lambda store, brands: store.pages.iter_answers(brands),
    same=id,
    titles=("question", "answer"),
    cells=lambda steps: (steps[0].question, cut(steps[0].answer)),
    nothing="No answers yet: watch a page with the scraper faq.",
)
CLAIMS: Ledger[StoredClaim] = Ledger(
    read=lambda store, brands: store.pages.iter_claims(brands),
    same=id,
    titles=("kind", "text"),
    cells=lambda steps: (steps[0].kind, cut(steps[0].text)),
    nothing="No copy yet: watch a page with the scraper landing.",
)


@click.command()
@brand_option
@json_option
@click.pass_obj
def prices(settings_path: Path, brands: tuple[str, ...], as_json: bool) -> None:
    """Show the price history of every plan, with a small chart."""
    show_ledger(PRICES, settings_path, brands, as_json)


@click.command()
@brand_option
@json_option
@click.pass_obj
def faq(settings_path: Path, brands: tuple[str, ...], as_json: bool) -> None:
    """Show the FAQ entries of watched pages, with each answer over time."""
    show_ledger(ANSWERS, settings_path, brands, as_json)


@click.command()
@brand_option
@json_option
@click.pass_obj
def claims(settings_path: Path, brands: tuple[str, ...], as_json: bool) -> None:
    """Show headlines, calls to action and claims of watched pages, and how long each was used."""
    show_ledger(CLAIMS, settings_path, brands, as_json)


def show_ledger(ledger: Ledger[Entry], settings_path: Path, brands: Sequence[str], as_json: bool) -> None:
    """Print a ledger: a line of JSON for each entry, or a row for each history with the days it began and ended."""
    settings = load_settings(settings_path, need_secrets=False)
    with open_store(settings, system_clock()) as store:
        check_brands(brands, settings, store)
        found = list(ledger.read(store, brands))
        stood = {one.name: stood_at(one.state.page_state) for one in store.list_sources()}
    if as_json:
        for one in found:
            click.echo(to_json(**{each.name: getattr(one, each.name) for each in fields(one)}))
        return
    newest, zone = newest_of(found, stood), settings.timezone
    histories = [list(steps) for _, steps in groupby(found, key=ledger.same)]
    show(
        ("brand", *ledger.titles, "since", "until"),
        (
            (
                steps[-1].brand or steps[-1].source,
                *ledger.cells(steps),
                day(steps[0].first_seen, zone),
                until(steps[-1], newest, zone),
            )
            for steps in histories
        ),
        ledger.nothing,
    )


def check_brands(brands: Sequence[str], settings: Settings, store: Store) -> None:
    """Raise ListenerError for a brand that neither the settings know nor any source nor what pages said."""
    known = {brand.name for brand in settings.brands} | {one.brand for one in store.list_sources() if one.brand}
    known.update(store.pages.list_brands())
    for brand in brands:
        if brand not in known:
            near = difflib.get_close_matches(brand, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(sorted(known)) or 'none'}."
            raise ListenerError(f"unknown brand {brand!r}. {hint}")


def told(who: str, change: Change) -> Text:
    """Return a change in words, with what its text was and became."""
    text = Text(clean_line(change_title(who, change), CELL_LIMIT))
    quote = change_quote(change)
    return text if not quote else text.append(f"\n{cut(quote)}", style="dim")


def chart(history: Sequence[StoredPrice]) -> str:
    """Return a bar for each price that a plan has had; nothing for one that never moved."""
    known = [one.price for one in history if one.price is not None]
    if len(known) < 2:
        return ""
    top = max(known)
    return "".join(BARS[int(price * (len(BARS) - 1) / top)] if top else BARS[0] for price in known[-20:])


def show(titles: Sequence[str], rows: Iterable[Sequence[str | Text]], nothing: str) -> None:
    """Print a table, or what to say where there are no rows. Text of the web is no markup, and moves no cursor."""
    table = Table(box=None, pad_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(clean(cell, CELL_LIMIT)) for cell in row))
    if table.row_count:
        Console().print(table)
    else:
        click.echo(nothing)


def day(moment: datetime, zone: ZoneInfo) -> str:
    """Return the day of a moment by the clock of a zone."""
    return f"{moment.astimezone(zone):%Y-%m-%d}"


def minute(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment to the minute by the clock of a zone."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def newest_of(found: Iterable[Entry], stood: Mapping[str, datetime | None]) -> dict[str, datetime]:
    """Return when each page was last seen in its reported version, from its state or its stored facts."""
    newest = {name: at for name, at in stood.items() if at is not None}
    for one in found:
        newest[one.source] = max(newest.get(one.source, one.last_seen), one.last_seen)
    return newest


def until(one: Entry, newest: Mapping[str, datetime], zone: ZoneInfo) -> str:
    """Return the day on which something was seen last; "now" where it stands on the page."""
    return "now" if one.last_seen == newest[one.source] else day(one.last_seen, zone)


def cut(text: str) -> str:
    """Return a text on one line, shortened."""
    return clean_line(text, TEXT_WIDTH)


def plain(value: object) -> object:
    """Return a price or a text as JSON has it."""
    if isinstance(value, Price):
        told = {"price": number(value.price), "currency": value.currency, "period": value.period}
        return told if value.name is None else {**told, "name": value.name}
    return value


def number(value: Decimal | None) -> float | None:
    """Return an amount as JSON has it."""
    return None if value is None else float(value)


def to_json(**record: object) -> str:
    """Return a record as a line of JSON."""

    def known(value: object) -> object:
        if isinstance(value, datetime):
            return value.isoformat()
        return number(value) if isinstance(value, Decimal) else value

    line: Mapping[str, object] = {name: known(value) for name, value in record.items()}
    return json.dumps(line, ensure_ascii=False)
