"""`listener correct`: corrections of a mention's labels, which override the program's."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from listener.app import known_pains, rescorer
from listener.cli.database import database_option, find_settings, opened
from listener.config import Settings
from listener.config.report import nearest
from listener.errors import ListenerError
from listener.mentions.corrections import COMPLAINS, FIELDS, Verdict
from listener.notify.plain import clean_line
from listener.rescore import Wanted
from listener.storage import Mention, NewReading, Revised, Store, StoredCorrection
from listener.types import Label, Speech

#: Instead of the name of a pain point: it names none.
NONE = "none"
SEVEREST = 4
#: Letters of a language's code, digits of a story's number.
CODE = 2
STORY_DIGITS = 18
#: Instead of the number of a story: one of its own, made when it is stored.
NEW = 0
#: Characters shown of a name, and of a line.
NAME = 60
TEXT = 600


class PainType(click.ParamType[tuple[str, int | None]]):
    """A pain point, with a severity or without: billing, billing:3."""

    name = "topic[:0-4]"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int | None]:
        """Return topic and severity."""
        if isinstance(value, tuple):
            return value
        topic, colon, severity = str(value).partition(":")
        if colon and not (severity.isascii() and severity.isdigit() and int(severity) <= SEVEREST):
            self.fail(
                f"expected a severity from 0 (in passing) to {SEVEREST}, such as billing:3; got {value!r}", param, ctx
            )
        return topic.strip(), int(severity) if colon else None


class LanguageType(click.ParamType[str]):
    """A language as ISO 639-1: de, pt."""

    name = "code"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the code."""
        code = str(value).lower()
        if not (code.isascii() and code.isalpha() and len(code) == CODE):
            self.fail(f"expected a two-letter language code, such as de or pt; got {value!r}", param, ctx)
        return code


class StoryType(click.ParamType[int]):
    """The number of a story; `NEW` for one of its own."""

    name = "story|new"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        text = str(value)
        if text == "new":
            return NEW
        if not (text.isascii() and text.isdigit() and 0 < int(text[: STORY_DIGITS + 1]) < 10**STORY_DIGITS):
            self.fail(
                f"expected a story number, as shown by `listener correct MENTION`, or new; got {value!r}", param, ctx
            )
        return int(text)


@click.command()
@click.argument("mention", required=False)
@click.option("--sentiment", type=click.Choice(get_args(Label)), help="Sentiment towards the brand.")
@click.option("--kind", type=click.Choice(get_args(Speech)), help="Kind of speech.")
@click.option(
    "--complaint/--no-complaint", default=None, help="Whether it is a complaint, where the kind leaves that open."
)
@click.option(
    "--pain", "pains", multiple=True, type=PainType(),
    help="All pain points it names, with an optional severity. Repeatable; `none` for no pain point.",
)  # fmt: skip
@click.option(
    "--irrelevant/--relevant",
    default=None,
    help="Whether it is about the brand at all. Irrelevant mentions count nowhere.",
)
@click.option("--language", type=LanguageType(), help="Language of the text, such as de.")
@click.option("--reach", type=click.FloatRange(0, 100), help="Reach, 0 to 100.")
@click.option("--story", type=StoryType(), help="Move it to the story with this number, or to a new story.")
@click.option("--agree", is_flag=True, help="Confirm that all other labels are right.")
@click.option("--undo", is_flag=True, help="Remove all corrections of this mention.")
@click.option("--brand", help="Brand of the mention, if the item names several; without MENTION, list only this brand.")
@click.option("--by", metavar="NAME", help="Who makes the correction. Defaults to your login name.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@database_option
@click.pass_obj
def correct(
    settings_path: Path,
    mention: str | None,
    sentiment: str | None,
    kind: str | None,
    complaint: bool | None,
    pains: tuple[tuple[str, int | None], ...],
    irrelevant: bool | None,
    language: str | None,
    reach: float | None,
    story: int | None,
    agree: bool,
    undo: bool,
    brand: str | None,
    by: str | None,
    as_json: bool,
    database: str | None,
) -> None:
    """Correct the labels of a MENTION, named by its number in `listener mentions` or by the URL of its item.

    Corrections take effect in trends and exports at once, and override every later rescoring. With MENTION alone,
    show its current labels; without it, list all corrections.
    """
    settings = find_settings(settings_path, database)
    said: dict[str, object] = {
        name: value
        for name, value in (
            ("sentiment", sentiment),
            ("kind", kind),
            ("complaint", complaint),
            ("pains", _pains(pains, settings) if pains else None),
            ("irrelevant", irrelevant),
            ("lang", language),
            ("reach", reach),
            ("story", story),
        )
        if value is not None
    }
    if undo and (said or agree):
        raise click.UsageError("--undo removes all corrections and can't be combined with new ones")
    with opened(settings, database) as store:
        if mention is None:
            if said or agree or undo:
                raise click.UsageError("name the mention by its number in `listener mentions` or its URL")
            listing(list(store.review.iter_corrections((brand,) if brand else ())), as_json=as_json)
            return
        mention_id = _number(store, mention, brand)
        (before,) = store.review.plan([NewReading(mention_id=mention_id)])
        if undo:
            said = dict.fromkeys(before.correction.said)
        elif agree:
            said = _agreed(before.own, other_kind=kind) | said
        if said:
            again = _read_again(settings, store, mention_id, language) if "lang" in said else None
            with store.write() as tx:
                if story == NEW:
                    said["story"] = tx.add_story_of(mention_id)
                tx.correct(mention_id, said, at=datetime.now(UTC), by=by or _login())
                if again is not None:
                    tx.revise([again])
        shown = store.review.find_mention(mention_id)
        (after,) = store.review.plan([NewReading(mention_id=mention_id)])
    assert shown is not None
    if as_json:
        click.echo(json.dumps(as_record(shown, after), ensure_ascii=False))
        return
    if undo:
        click.echo("Corrections removed." if said else "There were no corrections.")
    show(shown, after)


def _read_again(settings: Settings | None, store: Store, mention_id: int, language: str | None) -> NewReading | None:
    """Return a mention read in the language that it is in, None for the program's own word; None where it can't be
    read: without settings, without its text, or where no query finds it today.
    """
    stored = store.review.find_text(mention_id)
    if settings is None or stored is None:
        return None
    again = rescorer(settings, store, Wanted(brands=(stored.brand,))).read(stored, language)
    return again if again.reading is not None else None


def _pains(pains: Sequence[tuple[str, int | None]], settings: Settings | None) -> list[tuple[str, int | None]]:
    """Return the pains to store: checked, each once. Raises BadParameter for one that nobody knows."""
    topics = [topic for topic, _ in pains]
    if NONE in topics:
        if len(topics) > 1:
            raise click.BadParameter("none can't be combined with other pain points", param_hint="--pain")
        return []
    known = {topic.name for topic in settings.pains} if settings is not None else set()
    if settings is None or not settings.understand.only_own_pains:
        known |= known_pains()
    for topic in topics:
        if topic not in known:
            near = nearest(topic, known)
            hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(sorted(known))}"
            raise click.BadParameter(
                f"unknown pain point {topic!r}; {hint} Add your own as [pains.NAME] in the settings",
                param_hint="--pain",
            )
    return list(dict(pains).items())


def _number(store: Store, mention: str, brand: str | None) -> int:
    """Return the number of the mention that is meant. Raises ListenerError where that is none, or not clear."""
    if mention.isascii() and mention.isdigit():
        found = [int(mention)] if len(mention) < 19 and store.review.find_mention(int(mention)) is not None else []
    else:
        found = store.review.find_mentions_at(mention)
    candidates = [one for one in (store.review.find_mention(number) for number in found) if one is not None]
    meant = [one for one in candidates if brand in (None, one.brand)]
    if len(meant) == 1:
        return meant[0].id
    if not meant:
        of = f" of {brand}" if brand and candidates else ""
        raise ListenerError(f"there is no mention {mention}{of}; `listener mentions` shows their numbers")
    several = ", ".join(f"{one.id} ({one.brand})" for one in meant)
    raise ListenerError(f"several mentions have that URL: {several}; use the number, or --brand")


def _agreed(own: Verdict, *, other_kind: str | None) -> dict[str, object]:
    """Return what it means to agree with the program; where it doesn't know, there is nothing to agree with.

    `other_kind` is what a person calls it instead: whether that complains may follow from it.
    """
    agreed: dict[str, object] = {
        "kind": own.kind,
        **({} if other_kind in COMPLAINS else {"complaint": own.complaint >= 0.5}),
        "pains": [(pain.topic, pain.severity) for pain in own.pains],
        "irrelevant": own.irrelevant,
    }
    return agreed if own.label is None else {"sentiment": own.label, **agreed}


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name for this user, as in a container
        return "somebody"


def listing(found: Sequence[StoredCorrection], *, as_json: bool) -> None:
    """Print the corrections that stand."""
    if as_json:
        for one in found:
            record = {
                "mention_id": one.mention_id, "brand": one.brand, "field": one.field, "value": one.value,
                "made_at": one.made_at.isoformat(), "made_by": one.made_by,
            }  # fmt: skip
            click.echo(json.dumps(record, ensure_ascii=False))
        return
    if not found:
        click.echo("No corrections yet. `listener mentions` lists mentions and their numbers.")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("mention", "brand", "label", "value", "corrected", "by"):
        table.add_column(title, overflow="fold")
    for one in found:
        value = words_of(one.field, one.value)
        table.add_row(
            str(one.mention_id), Text(one.brand), one.field, Text(value), f"{one.made_at:%Y-%m-%d %H:%M}",
            Text(clean_line(one.made_by, NAME)),
        )  # fmt: skip
    Console().print(table)


def words_of(field: str, value: Any) -> str:
    """Return a corrected value in words."""
    if field == "pains":
        return ", ".join(topic if severity is None else f"{topic}:{severity}" for topic, severity in value) or NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def show(mention: Mention, revised: Revised) -> None:
    """Print a mention: what holds of it, and beside it what the program says by itself where a person was heard."""
    console = Console(highlight=False)
    head = f"Mention {mention.id} of {mention.brand}, {mention.at:%Y-%m-%d %H:%M}, {clean_line(mention.source, NAME)}"
    console.print(Text(head, style="bold"))
    for line in (mention.url, mention.excerpt):
        if line:
            console.print(Text(f"  {clean_line(line, TEXT)}", style="dim"), soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    for title in ("", "current", "by listener"):
        table.add_column(title, overflow="fold")
    holds, own = said_of(revised.after), said_of(revised.own)
    for name in FIELDS:
        corrected = name in revised.correction.said
        agrees = "the same" if own[name] == holds[name] else own[name]
        table.add_row(name, Text(holds[name], style="bold" if corrected else ""), Text(agrees if corrected else ""))
    console.print(table)
    if revised.after.irrelevant:
        click.echo("Irrelevant: not counted in trends or exports.")


def said_of(verdict: Verdict) -> Mapping[str, str]:
    """Return the things that can be corrected, in words."""
    compound = "" if verdict.compound is None else f" {verdict.compound:+.2f}"
    return {
        "sentiment": f"{verdict.label or 'not scored'}{compound}",
        "kind": verdict.kind,
        "complaint": f"{'yes' if verdict.complaint >= 0.5 else 'no'} ({verdict.complaint:.2f})",
        "pains": ", ".join(f"{pain.topic}:{pain.severity}" for pain in verdict.pains) or NONE,
        "irrelevant": "yes" if verdict.irrelevant else "no",
        "lang": verdict.lang or "unknown",
        "reach": f"{verdict.reach:.0f}",
        "story": NONE if verdict.story is None else str(verdict.story),
    }


def as_record(mention: Mention, revised: Revised) -> dict[str, object]:
    """Return what `--json` prints of a mention."""
    return {
        "mention_id": mention.id,
        "at": mention.at.isoformat(),
        "brand": mention.brand,
        "source": mention.source,
        "url": mention.url,
        "excerpt": mention.excerpt,
        "corrected": list(revised.correction.said),
        "holds": plain(revised.after),
        "own": plain(revised.own),
    }


def plain(verdict: Verdict) -> dict[str, object]:
    """Return a verdict as JSON has it."""
    return {
        "compound": verdict.compound,
        "sentiment": verdict.label,
        "scorer": verdict.scorer,
        "kind": verdict.kind,
        "complaint": verdict.complaint,
        "pains": [{"topic": one.topic, "severity": one.severity, "words": list(one.words)} for one in verdict.pains],
        "irrelevant": verdict.irrelevant,
        "lang": verdict.lang,
        "reach": verdict.reach,
        "story": verdict.story,
    }
