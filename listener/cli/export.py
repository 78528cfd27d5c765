"""`listener export`: tables for spreadsheets and programs."""

from __future__ import annotations

import difflib
import os
import sys
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from listener.cli.database import database_option, find_settings, opened
from listener.cli.export_tables import TABLES, Wanted
from listener.cli.opml import export_opml
from listener.cli.output_files import Format, output_file, write_rows
from listener.insights.series import By
from listener.storage import Store

#: Not a table of the database: the sources in the settings.
OPML = "opml"


class ZoneType(click.ParamType[ZoneInfo]):
    """A time zone by its name."""

    name = "zone"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> ZoneInfo:
        """Return the zone, or say that there is none of that name."""
        if isinstance(value, ZoneInfo):
            return value
        try:
            return ZoneInfo(str(value))
        except (KeyError, ValueError, OSError):
            self.fail(f"unknown time zone {value!r}; expected a name such as Europe/Berlin or UTC", param, ctx)


class MomentType(click.ParamType[date | datetime]):
    """A day or a moment, in ISO 8601. A day stays one until the zone is known."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date | datetime:
        """Return a date or a datetime, naive where no zone was given."""
        if isinstance(value, date):
            return value
        text = str(value)
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            expected = "2026-11-22, 2026-11-22T08:00 or 2026-11-22T08:00+01:00"
            self.fail(f"{text!r} is not a valid time; expected {expected}", param, ctx)


@click.command()
@click.argument("kind", type=click.Choice([*TABLES, OPML]), metavar="KIND")
@click.option("--from", "since", type=MomentType(), help="First day (inclusive), or a timestamp.")
@click.option("--to", "until", type=MomentType(), help="Last day (inclusive), or a timestamp (exclusive).")
@click.option(
    "--by",
    type=click.Choice(["hour", "day", "week"]),
    default="day",
    show_default=True,
    help="Bucket size of trends, change-trends and scores.",
)
@click.option(
    "--tz", "zone", type=ZoneType(), help="Time zone of days and timestamps. Defaults to that of the settings."
)
@click.option("--brand", "brands", multiple=True, help="Only this brand. Repeatable.")
@click.option("--per-source", is_flag=True, help="Break trends and change-trends down by source.")
@click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl"]), help="Defaults to the file's extension, else csv."
)
@click.option(
    "-o", "--output", default="-", show_default=True, metavar="FILE", help="Output file; - for standard output."
)
@database_option
@click.pass_obj
def export(
    settings_path: Path,
    kind: str,
    since: date | datetime | None,
    until: date | datetime | None,
    by: By,
    zone: ZoneInfo | None,
    brands: tuple[str, ...],
    per_source: bool,
    form: Format | None,
    output: str,
    database: str | None,
) -> None:
    """Export a table as CSV or JSON Lines.

    KIND is trends, mentions, pains, alerts, scores, changes, change-trends, prices, faq or claims; the columns are
    stable and described in docs/schema.md. `opml` exports the sources for a feed reader instead.
    """
    if kind == OPML:
        export_opml(settings_path, output)
        return
    settings = find_settings(settings_path, database)
    zone = zone or (settings.timezone if settings is not None else ZoneInfo("UTC"))
    try:
        start, end = moment_of(since, zone, last=False), moment_of(until, zone, last=True)
    except OverflowError:
        raise click.BadParameter(
            f"expected years from {MINYEAR + 1} to {MAXYEAR - 1}", param_hint="--from, --to"
        ) from None
    if start is not None and end is not None and start >= end:
        raise click.BadParameter("the end is before the start", param_hint="--to")
    table = TABLES[kind]
    with opened(settings, database) as store:
        known = _known_brands(store, [brand.name for brand in settings.brands] if settings is not None else [])
        check_brands(brands, tuple(sorted({*known, *store.pages.list_brands()})))
        left = frozenset(known).difference(one.name for one in settings.brands) if settings is not None else frozenset()
        wanted = Wanted(
            start=start, end=end, by=by, zone=zone, brands=brands, all_brands=known, left=left, per_source=per_source
        )
        try:
            with output_file(output) as file:
                count = write_rows(file, form or _format_of(output), table.columns, table.rows(store, wanted))
        except BrokenPipeError:
            _end_quietly()
    if output != "-":
        click.echo(f"{count:,} row{'' if count == 1 else 's'} written to {output}", err=True)


def moment_of(given: date | datetime | None, zone: ZoneInfo, *, last: bool) -> datetime | None:
    """Return a moment in UTC; a day stands for its begin, or as the `last` one for its end."""
    if given is None:
        return None
    if not isinstance(given, datetime):
        given = datetime.combine(given + timedelta(days=int(last)), time())
    return (given if given.tzinfo is not None else given.replace(tzinfo=zone)).astimezone(UTC)


def _format_of(output: str) -> Format:
    return "jsonl" if Path(output).suffix in (".jsonl", ".ndjson") else "csv"


def _known_brands(store: Store, configured: list[str]) -> tuple[str, ...]:
    return tuple(sorted({*configured, *store.list_brands()}))


def check_brands(brands: tuple[str, ...], known: tuple[str, ...]) -> None:
    """Raise BadParameter for the first brand that isn't known, with the one that was probably meant."""
    for brand in brands:
        if brand not in known:
            near = difflib.get_close_matches(brand, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known) or 'none'}"
            raise click.BadParameter(f"unknown brand {brand!r}; {hint}", param_hint="--brand")


def _end_quietly() -> None:
    """End as a program does whose reader has seen enough, such as `head`."""
    # What is still buffered goes nowhere: Python would complain about the pipe when it closes it at the end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)
