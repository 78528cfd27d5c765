"""Facts and changes of pages for people: tables, and a line for a change.

Text of the web is never markup, and nothing in it reaches the terminal that could move its cursor or turn its lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from listener.facts import Change, Incident, PageFacts, Plan, Price
from listener.notify.plain import clean_line
from listener.pages.notices import in_words
from listener.reading import Look

_NAMES = {"pricing": "plans", "faq": "questions", "landing": "advertising copy", "status": "incidents"}
_ANSWER_CHARACTERS = 110
#: Of a page's text and of a feed's entries, on the screen.
_TEXT_LINES = 40
#: Of one cell or line.
_CELL_CHARACTERS = 4000
_ITEMS_SHOWN = 20


def show_look(look: Look) -> None:
    """Print what was read of an answer, whatever it is."""
    if "feed" in look.kinds:
        _show_items(look)
    if look.facts.trouble or any(kind in _NAMES for kind in look.kinds):
        show_facts(look.facts, look.kinds)
    if "page" in look.kinds and not look.facts.trouble:
        _show_text(look.facts)


def show_facts(facts: PageFacts, kinds: Sequence[str] = ()) -> None:
    """Print what was read from a page; `kinds` are what was looked for, to be named where nothing was found."""
    console = Console(highlight=False, soft_wrap=True)
    if facts.trouble:
        click.echo(f"Trouble: {in_words(facts.trouble)}.")
    if facts.plans:
        console.print(_plans(facts.plans))
    if facts.questions:
        table = _table("Questions", "question", "answer")
        for each in facts.questions:
            table.add_row(_cell(each.question), _cell(_short(each.answer)))
        console.print(table)
    if facts.copy:
        table = _table("Copy", "kind", "text")
        for copy in facts.copy:
            table.add_row(copy.kind, _cell(copy.text))
        console.print(table)
    if facts.incidents:
        console.print(_incidents(facts.incidents))
    if not (facts.plans or facts.questions or facts.copy or facts.incidents or facts.trouble):
        wanted = [_NAMES[kind] for kind in kinds or ("pricing", "faq", "landing") if kind in _NAMES]
        click.echo(f"No {', no '.join(wanted)} here.")


def _show_items(look: Look) -> None:
    if not look.items:
        click.echo("A feed without entries.")
        return
    table = _table("Entries", "published", "title", "address")
    for item in look.items[:_ITEMS_SHOWN]:
        when = f"{item.published:%Y-%m-%d %H:%M}" if item.published else "–"
        table.add_row(when, _cell(_short(item.title or item.text)), _cell(item.url or ""))
    Console(highlight=False, soft_wrap=True).print(table)
    if len(look.items) > _ITEMS_SHOWN:
        click.echo(f"and {len(look.items) - _ITEMS_SHOWN} more: --json prints all.")


def _show_text(facts: PageFacts) -> None:
    lines = facts.text.splitlines()
    console = Console(highlight=False, soft_wrap=True)
    if facts.title:
        console.print(_cell(facts.title, style="bold"))
    for line in lines[:_TEXT_LINES]:
        console.print(_cell(line))
    if len(lines) > _TEXT_LINES:
        click.echo(f"and {len(lines) - _TEXT_LINES} more lines: --json prints all.")
    if not lines:
        click.echo("A page without text.")


def _incidents(incidents: Sequence[Incident]) -> Table:
    table = _table("Incidents", "began", "ended", "impact", "title", "components")
    for each in incidents:
        began, ended = (f"{at:%Y-%m-%d %H:%M}" if at else "" for at in (each.started, each.resolved))
        table.add_row(
            began or "–", ended or each.state or "–", each.impact or "–",
            _cell(each.title), _cell(", ".join(each.components)),
        )  # fmt: skip
    return table


def show_changes(changes: Sequence[Change]) -> None:
    """Print what changed, a line each."""
    if not changes:
        click.echo("No change.")
    for change in changes:
        click.echo(clean_line(change_line(change), _CELL_CHARACTERS))


def change_line(change: Change) -> str:
    """Return a change in one line: what, of what, from what to what."""
    kind = change.kind.replace("_", " ")
    percent = f" ({change.percent:+g} %)" if change.percent is not None else ""
    sides = [_side(side) for side in (change.before, change.after) if side is not None]
    if change.subject in sides and len(sides) == 1:
        sides = []
    return f"{kind}: {change.subject}{': ' if sides else ''}{' → '.join(sides)}{percent}"


def _plans(plans: Sequence[Plan]) -> Table:
    table = _table("Plans", "plan", "price", "per", "notes")
    for plan in plans:
        table.add_row(
            _cell(plan.name or "–"), _cell(_price(plan)), _cell(plan.period or plan.unit or ""), _cell(_notes(plan))
        )
    return table


def _price(plan: Plan) -> str:
    if plan.price is None:
        return "on request" if plan.contact else "–"
    upper = f" – {_amount(plan.price_max)}" if plan.price_max is not None else ""
    return f"{'from ' if plan.starting else ''}{_amount(plan.price)}{upper} {plan.currency or ''}".strip()


def _notes(plan: Plan) -> str:
    notes = [f"instead of {_amount(plan.list_price)}"] if plan.list_price is not None else []
    notes += [word for word, told in (("add-on", plan.addon), ("promotional", plan.promotional)) if told]
    notes += [note for note in (plan.billing, plan.unit if plan.period else None) if note]
    return ", ".join(notes)


def _side(side: Price | str | None) -> str:
    if isinstance(side, str):
        return _short(side)
    if side is not None and side.name is not None:
        return side.name
    if side is None or side.price is None:
        return "no price"
    due = f" per {side.period}" if side.period else ""
    return f"{_amount(side.price)} {side.currency or ''}".rstrip() + due


def _amount(value: Decimal) -> str:
    return f"{value:,f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:,f}"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _ANSWER_CHARACTERS else flat[: _ANSWER_CHARACTERS - 1] + "…"


def _cell(text: str, style: str = "") -> Text:
    return Text(clean_line(text, _CELL_CHARACTERS), style=style)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
