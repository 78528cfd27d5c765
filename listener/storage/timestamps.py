"""Timestamps as the database stores them: UTC text, 27 characters wide, sortable and readable.

`2026-11-22T01:23:47.123456Z`, and a trend's hour as the same text with nothing after the hour. The text is the same on
SQLite and PostgreSQL, so that every statement and view is, too.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

WIDTH = 27
_STAMP = "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ"


def stamp(moment: datetime) -> str:
    """Return an aware UTC datetime as the database's text. Raises ValueError for another zone or none."""
    if moment.tzinfo is not UTC and moment.utcoffset() != timedelta(0):
        raise ValueError(f"not an aware UTC datetime: {moment!r}")
    # Half of the time that `isoformat` takes, and each item has two or three.
    return _STAMP % (
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.microsecond,
    )


def stamp_or_none(moment: datetime | None) -> str | None:
    """Return `stamp` of a moment; None for None."""
    return None if moment is None else stamp(moment)


def moment(text: str) -> datetime:
    """Return the datetime that a stamp says, aware, in UTC."""
    return datetime.fromisoformat(text)


def moment_or_none(text: str | None) -> datetime | None:
    """Return `moment` of a stamp; None for None."""
    return None if text is None else moment(text)


def hour_of(stamped: str) -> str:
    """Return the stamp of the hour that a stamp falls into: the bucket of a trend row."""
    return stamped[:13] + ":00:00.000000Z"


def day_of(stamped: str) -> str:
    """Return the UTC day of a stamp, such as `2026-11-22`."""
    return stamped[:10]
