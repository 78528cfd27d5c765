"""`listener note`: records customer feedback as an item like any other."""

from __future__ import annotations

import difflib
import sys
from datetime import UTC, date, datetime, time
from hashlib import blake2b
from pathlib import Path

import click

from listener.app import App, open_app
from listener.cli.export import MomentType
from listener.pipeline import record
from listener.types import Item, Source

_TEXT_LIMIT = 100_000


class SegmentType(click.ParamType[tuple[str, str]]):
    """A name and a value: plan=pro."""

    name = "name=value"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return name and value."""
        if isinstance(value, tuple):
            return value
        name, _, said = str(value).partition("=")
        if not (name.strip() and said.strip()) or name.strip() == "metric":
            self.fail(f"expected a name and a value such as plan=pro, got {value!r}", param, ctx)
        return name.strip()[:40], said.strip()[:200]


@click.command()
@click.argument("text")
@click.option("--brand", required=True, help="Brand the note is about, as named in the settings.")
@click.option(
    "--from",
    "heard_by",
    default="team",
    show_default=True,
    metavar="WHO",
    help="Person or team that heard it, such as sales.",
)
@click.option(
    "--segment", "segments", multiple=True, type=SegmentType(), help="Customer segment, such as plan=pro. Repeatable."
)
@click.option(
    "--at", "moment", type=MomentType(), help="When it was heard, in the time zone of the settings. Defaults to now."
)
@click.pass_obj
def note(
    settings_path: Path,
    text: str,
    brand: str,
    heard_by: str,
    segments: tuple[tuple[str, str], ...],
    moment: date | datetime | None,
) -> None:
    """Record TEXT, feedback heard from a customer, as a mention of a brand. `-` reads standard input.

    The note is analysed, counted and alerted like any other mention. Safe to use while the daemon runs.
    """
    words = (sys.stdin.read(_TEXT_LIMIT) if text == "-" else text).strip()[:_TEXT_LIMIT]
    if not words:
        raise click.BadParameter("the note is empty", param_hint="TEXT")
    app = open_app(settings_path)
    try:
        click.echo(_stored(app, words, brand, heard_by, dict(segments), moment))
    finally:
        app.close()


def _stored(
    app: App, words: str, brand: str, heard_by: str, segment: dict[str, str], moment: date | datetime | None
) -> str:
    """Store a note; return what to tell."""
    known = [one.name for one in app.settings.brands]
    if brand not in known:
        near = difflib.get_close_matches(brand, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known) or 'none'}"
        raise click.BadParameter(f"unknown brand {brand!r}; {hint}", param_hint="--brand")
    now = app.clock()
    at = now if moment is None else _in_utc(moment, app)
    if at > now:
        raise click.BadParameter("must not be in the future", param_hint="--at")
    # The same words heard twice are two notes; the same note twice within a second is a slip of the keyboard.
    mark = blake2b(f"{words}\0{brand}\0{at:%Y-%m-%dT%H:%M:%S}".encode("utf-8", "surrogatepass"), digest_size=12)
    item = Item(text=words, guid=mark.hexdigest(), author=heard_by, published=at, kind="note", segment=segment)
    source = Source(name=f"notes from {heard_by}", scraper="note", brand=brand, category="notes", enabled=False)
    result = record(source, item, app.parts)
    if not result.new_items:
        return "Known already: nothing stored."
    if not result.mentions:
        return f"Stored, but not as a mention: too little of it is about {brand}."
    alerts = f"; {result.alerts} alert{'' if result.alerts == 1 else 's'}" if result.alerts else ""
    return f"Stored as a mention of {brand} from {heard_by}{alerts}."


def _in_utc(moment: date | datetime, app: App) -> datetime:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(12))
    zone = app.settings.timezone
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)
