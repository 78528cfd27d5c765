"""Response headers that govern the next request: Retry-After, freshness and validators. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"[0-9]{1,12}")
_MAX_AGE = re.compile(r'(?:^|[\s,;])max-age\s*=\s*"?([0-9]{1,12})', re.IGNORECASE)
_FORBIDS_STORING = re.compile(r"(?:^|[\s,;])no-(?:store|cache)\b", re.IGNORECASE)
_CONTROL = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
#: A validator is sent with every poll; nothing that was seen in the wild comes near this.
_VALIDATOR_LIMIT = 2_000


def parse_http_date(text: str | None) -> datetime | None:
    """Return the moment that an HTTP date names (RFC 9110, 5.6.7, and what is sent instead); None if none."""
    if not text or len(text) > 100:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def retry_after(headers: Mapping[str, str], now: datetime, cap: timedelta) -> timedelta | None:
    """Return how long the server wants to be left alone, at most `cap`; None where it doesn't say, or says nonsense.

    A date counts from the server's own Date, so that a clock that is wrong on one side changes nothing.
    """
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        wait = _seconds(int(text), cap)
    else:
        moment = parse_http_date(text)
        if moment is None:
            return None
        wait = moment - (parse_http_date(headers.get("date")) or now)
    return min(wait, cap) if wait > timedelta(0) else None


def fresh_for(headers: Mapping[str, str], now: datetime, cap: timedelta) -> timedelta | None:
    """Return for how long an answer stays fresh, at most `cap` (RFC 9111, 4.2.1); None where the server doesn't say."""
    control = headers.get("cache-control", "")
    if control and _FORBIDS_STORING.search(control):
        return None
    max_age = _MAX_AGE.search(control) if control else None
    if max_age:
        age = headers.get("age", "").strip()
        spent = _seconds(int(age), cap) if _SECONDS.fullmatch(age) else timedelta(0)
        wait = _seconds(int(max_age[1]), cap) - spent
    else:
        expires = parse_http_date(headers.get("expires"))
        if expires is None:
            return None
        wait = expires - (parse_http_date(headers.get("date")) or now)
    return min(wait, cap) if wait > timedelta(0) else None


def validator(headers: Mapping[str, str], name: str) -> str | None:
    """Return a validator byte for byte, as latin-1 text; None where there is none that could be sent back."""
    value = headers.get(name)
    if not value or len(value) > _VALIDATOR_LIMIT or _CONTROL.search(value):
        return None
    return value


def _seconds(number: int, cap: timedelta) -> timedelta:
    """Return `number` seconds, at most `cap`; a timedelta can't hold every number that a server may send."""
    return timedelta(seconds=min(number, cap.total_seconds()))
