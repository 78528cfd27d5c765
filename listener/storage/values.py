"""Converts between record fields and columns: exact integers, JSON, and text accepted by any database."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

E4 = 10_000
#: Made once: `json.dumps` makes one for each value.
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def e4(number: float) -> int:
    """Return a number in whole ten-thousandths. Raises ValueError for one that is not finite."""
    return round(number * E4)


def e4_or_none(number: float | None) -> int | None:
    """Return `e4`; None where there is no number, or none that is one (NaN, infinity)."""
    return None if number is None or not math.isfinite(number) else round(number * E4)


def from_e4(count: int | None) -> float | None:
    """Return the number that a column in ten-thousandths holds."""
    return None if count is None else count / E4


def clean(text: str) -> str:
    """Return text that can be stored: NUL and lone surrogates, which PostgreSQL or UTF-8 can't hold, become U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def clean_or_none(text: str | None) -> str | None:
    """Return `clean` of a text; None for None."""
    return None if text is None else clean(text)


def to_json(value: Any) -> str:
    """Return compact JSON in ASCII, which holds any text byte for byte."""
    return _ENCODER.encode(value)


def numbers_to_json(numbers: Mapping[str, float]) -> str:
    """Return JSON of named numbers, without those that are not finite: JSON can't say them."""
    return to_json({name: number for name, number in numbers.items() if math.isfinite(number)}) if numbers else "{}"


def from_json(text: str) -> Any:
    """Return what `to_json` was given."""
    return json.loads(text)
