"""`listener try`: polls a source once without storing anything."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from urllib.parse import unquote

import click

from listener.app import load_settings, open_trial
from listener.cli.page_tables import show_facts
from listener.errors import ListenerError
from listener.fetch import ADVICE
from listener.pages.notices import in_words
from listener.text import counted
from listener.trial import Asked, Judged, Trial, try_source
from listener.types import Hit, Item, Match, Reading

#: Of a text, on the screen.
SHOWN_CHARACTERS = 160


@click.command("try")
@click.argument("name", metavar="SOURCE")
@click.option("--limit", default=10, show_default=True, help="Maximum number of items to show.")
@click.option("--matched", is_flag=True, help="Show only items that match a brand.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def try_(settings_path: Path, name: str, limit: int, matched: bool, as_json: bool) -> None:
    """Poll SOURCE once and store nothing: show the requests, the items, and what matched which brand and why.

    The exit status is 0 if the source answered, 1 if not.
    """
    settings = load_settings(settings_path, need_secrets=False)
    source = next((one for one in settings.sources if one.name == name), None)
    if source is None:
        near = difflib.get_close_matches(name, [one.name for one in settings.sources], n=1)
        hint = f" Did you mean {near[0]!r}?" if near else " See: listener check --show"
        raise ListenerError(f"there is no source {name!r} in {settings_path}.{hint}")
    with open_trial(settings) as app:
        trial = try_source(source, app.parts)
    if as_json:
        click.echo(json.dumps(as_record(trial), ensure_ascii=False))
    else:
        for asked in trial.asked:
            facts = asked.parsed.facts if asked.parsed is not None else None
            if facts is not None and (facts.plans or facts.questions or facts.copy):
                show_facts(facts)
                click.echo()
        for line in lines(trial, limit, settings.timezone, matched=matched):
            click.echo(line)
    if not trial.worked:
        raise SystemExit(1)


def lines(trial: Trial, limit: int, zone: tzinfo, *, matched: bool) -> Iterator[str]:
    """Yield what to print, with times by the clocks of a zone."""
    for asked in trial.asked:
        yield from _request_lines(asked)
    if not trial.worked:
        yield f"\n{trial.detail or trial.outcome.value}"
        yield ADVICE[trial.outcome]
    hits = [one for one in trial.items if one.matches]
    page = any(asked.parsed is not None and asked.parsed.facts is not None for asked in trial.asked)
    if trial.items or (trial.worked and not page):
        double = f", {trial.doubled} duplicate" if trial.doubled else ""
        yield f"\n{counted(len(trial.items), 'item')}{double}; {len(hits)} match a brand."
    shown = hits if matched else [*hits, *(one for one in trial.items if not one.matches)]
    for one in shown[:limit]:
        yield ""
        yield from item_lines(one.item, zone)
        yield from _match_lines(one)
    if len(shown) > limit:
        yield f"\nand {len(shown) - limit} more: --limit {len(shown)}"
    yield "\nNothing was stored."


def _request_lines(asked: Asked) -> Iterator[str]:
    result = asked.result
    status = f"{result.status} " if result.status else ""
    size = f", {result.bytes_received:,} bytes" if result.bytes_received else ""
    url = result.request.url
    yield f"{result.request.method} {clean(unquote(url) if url.startswith('file:') else url)}"
    yield f"    {status}{result.outcome.value}{size}, {result.elapsed.total_seconds() * 1000:.0f} ms"
    if result.validators.moved_to:
        yield f"    moved permanently to {clean(result.validators.moved_to)}"
    if asked.unreadable:
        yield f"    unreadable: {clean(asked.unreadable)}"
    if asked.parsed is not None:
        facts = asked.parsed.facts
        if facts is not None:
            yield (
                f"    a page: {counted(len(facts.plans), 'price')}, {counted(len(facts.questions), 'question')}, "
                f"{counted(len(facts.copy), 'piece')} of copy, {counted(len(facts.incidents), 'incident')}"
            )
            if facts.trouble:
                yield f"    not a regular page ({facts.trouble}): {in_words(facts.trouble)}"
        if asked.parsed.missed:
            yield f"    {clean(asked.parsed.missed)}"
        for reason in asked.parsed.skipped[:5]:
            yield f"    skipped: {clean(reason)}"


def item_lines(item: Item, zone: tzinfo) -> Iterator[str]:
    """Yield an item as it is read: date by the clocks of a zone, author and title, text, address."""
    when = f"{item.published.astimezone(zone):%Y-%m-%d %H:%M}" if item.published else "no date"
    stars = f"  {item.rating:g}/{item.rating_max:g}" if item.rating is not None else ""
    author = f"  {clean(item.author, 40)}" if item.author else ""
    yield f"{when}  {item.kind}{stars}{author}  {clean(item.title or '(no title)', 100)}"
    if item.text:
        yield f"    {clean(item.text)}"
    if item.url:
        yield f"    {clean(item.url)}"


def _match_lines(judged: Judged) -> Iterator[str]:
    for match, reading in judged.matches:
        why = ", ".join(_hit(hit) for hit in match.hits[:5]) or "the query as a whole"
        yield f"  → {match.brand}: {why}"
        if reading is None:
            yield "    judged to be about a namesake: not kept"
        else:
            yield f"    {_reading(reading)}"


def _hit(hit: Hit) -> str:
    if hit.field == "source":
        return "the source is about it"
    return f"{clean(hit.term, 40)!r} in the {hit.field} at {hit.start}"


def _reading(reading: Reading) -> str:
    compound = reading.sentiment.compound
    score = "unscored" if compound is None else f"{compound:+.2f} {reading.sentiment.label}"
    pains = f", {', '.join(pain.topic for pain in reading.pains)}" if reading.pains else ""
    return f"{score}, {reading.kind}, relevance {reading.relevance:.2f}{pains}"


def clean(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """Return text of the web on one line, harmless on a terminal, cut to a length."""
    text = "".join(character if character.isprintable() else " " for character in text[: 4 * limit])
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def as_record(trial: Trial) -> dict[str, object]:
    """Return what `--json` prints."""
    return {
        "outcome": trial.outcome.value,
        "detail": trial.detail,
        "requests": [
            {
                "method": one.result.request.method,
                "url": one.result.request.url,
                "outcome": one.result.outcome.value,
                "status": one.result.status,
                "bytes": one.result.bytes_received,
                "ms": round(one.result.elapsed.total_seconds() * 1000),
                "unreadable": one.unreadable,
                "skipped": list(one.parsed.skipped) if one.parsed else [],
            }
            for one in trial.asked
        ],
        "items": [
            {
                "title": one.item.title,
                "text": one.item.text,
                "url": one.item.url,
                "published": one.item.published.isoformat() if one.item.published else None,
                "author": one.item.author,
                "kind": one.item.kind,
                "rating": one.item.rating,
                "matches": [_match_record(match, reading) for match, reading in one.matches],
            }
            for one in trial.items
        ],
    }


def _match_record(match: Match, reading: Reading | None) -> dict[str, object]:
    return {
        "brand": match.brand,
        "hits": [{"term": hit.term, "field": hit.field, "start": hit.start, "end": hit.end} for hit in match.hits],
        "kept": reading is not None,
        "compound": None if reading is None else reading.sentiment.compound,
        "relevance": None if reading is None else reading.relevance,
    }
