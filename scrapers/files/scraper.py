"""Files: customer feedback from a folder: tickets, survey answers, exported reviews, sales notes, mails.

Formats: CSV (https://www.rfc-editor.org/rfc/rfc4180; also with semicolons or tabs), JSON Lines
(https://jsonlines.org/), mbox (https://www.rfc-editor.org/rfc/rfc4155) and single mails (.eml), by the file's
extension. Each row is imported once, even if the file grows or is rewritten: identified by the column `id`, else by its
whole content. docs/customers.md has complete examples.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from listener.emails import emails_in, item_of
from listener.errors import ParseError
from listener.parcels import Parcel, unpack
from listener.types import Item, ItemKind, Parsed, Request, Response, Source
from listener_scrapers.files.rows import COLUMNS, How, items_of, rows_of

_MAILS = (".eml", ".mbox")
#: The best answer of each survey as it is mostly asked: 0 to 10, 1 to 5, 1 to 7; who has left counts 0 of 1.
_BEST = {"nps": 10.0, "csat": 5.0, "ces": 7.0, "churn": 1.0}

Column = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a folder in the settings."""

    #: Files to read, as a pattern relative to the settings file: "feedback/*.csv".
    files: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
    #: Type of each row. Default: "survey" if `metric` is set, else "ticket".
    kind: ItemKind | None = None
    #: Column names by field: title, text, date, author, id, url, rating, lang. Several for text: "pros + cons".
    columns: dict[str, Column] = {}
    #: Columns with the customer's segment: { plan = "Plan", country = "Country", stage = "Lifecycle" }.
    segment: dict[Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_-]{0,30}$")], Column] = {}
    #: Survey that the rows answer, with the score as rating: "nps", "csat", "ces"; or "churn" for customers who left.
    metric: Literal["nps", "csat", "ces", "churn"] | None = None
    #: Maximum rating. Default: 10 for nps, 7 for ces, else 5.
    rating_max: Annotated[float, msgspec.Meta(gt=0, le=1000)] | None = None
    #: Time zone of times without one, such as "Europe/Berlin".
    timezone: str = "UTC"
    #: Whether 03/10/2025 is the third of October. Default: decided by other dates of the file.
    day_first: bool | None = None

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"there is no time zone {self.timezone!r}; expected one such as 'Europe/Berlin'") from None
        unknown = sorted(self.columns.keys() - COLUMNS)
        if unknown:
            raise ValueError(f"columns: expected {', '.join(sorted(COLUMNS))}, got {unknown[0]!r}")
        if self.metric in ("nps", "csat", "ces") and "rating" not in self.columns:
            raise ValueError(f"columns: {self.metric} needs to know which one holds the score, as rating")
        if "metric" in self.segment:
            raise ValueError("segment: metric is set by the option of that name")


class Files:
    """Reads folders."""

    name = "files"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for the files that changed since the last poll."""
        if isinstance(source.options, Options):
            known = state.get("files")
            yield _request(source.options, known if isinstance(known, dict) else {})

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read all rows of changed files. Raises ParseError where none of them can be read."""
        if not isinstance(source.options, Options):
            raise ParseError("the settings name no files")
        parcels = unpack(response.body)
        items: list[Item] = []
        skipped: list[str] = []
        unread: list[str] = []
        for parcel in parcels:
            try:
                found, left_out = _read(parcel, source.options)
            except ParseError as error:
                unread.append(f"{parcel.name}: {error}")
                continue
            items += found
            if left_out:
                skipped.append(f"{parcel.name}: {left_out:,} rows that say nothing")
        if parcels and len(unread) == len(parcels):
            raise ParseError(unread[0])
        files = _still_there(response) | {parcel.name: parcel.stamp for parcel in parcels}
        # There may be more than one answer holds; where there isn't, nothing has changed.
        more = (_request(source.options, files),) if parcels else ()
        return Parsed(items=tuple(items), more=more, state={"files": files}, skipped=(*unread, *skipped))


def _request(options: Options, known: Mapping[str, Any]) -> Request:
    return Request(
        url=f"file:{quote(options.files)}", headers={"known": json.dumps(known)}, robots=False, conditional=False
    )


def _still_there(response: Response) -> dict[str, str]:
    """Return what was known before of files that are still there."""
    known = json.loads(response.request.headers.get("known", "{}"))
    present = set(json.loads(response.headers.get("present", "[]")))
    return {name: stamp for name, stamp in known.items() if name in present}


def _read(parcel: Parcel, options: Options) -> tuple[list[Item], int]:
    """Return the items of a file, and how many rows held none. Raises ParseError."""
    kind: ItemKind = options.kind or ("survey" if options.metric in ("nps", "csat", "ces") else "ticket")
    if parcel.name.lower().endswith(_MAILS):
        mails = emails_in(parcel.body)
        read = [item for mail in mails if (item := item_of(mail, kind)) is not None]
        return read, len(mails) - len(read)
    how = How(
        columns=options.columns,
        segment=options.segment,
        metric=options.metric,
        best=options.rating_max or _BEST.get(options.metric or "", 5.0),
        kind=kind,
        zone=ZoneInfo(options.timezone),
        day_first=options.day_first,
    )
    return items_of(rows_of(parcel.name, parcel.body), how)


scraper = Files()
