"""Text of alerts: lines, amounts, times and differences, as plain text. Renderers escape what is from the web."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from zoneinfo import ZoneInfo

from listener.facts import Price

TITLE_LIMIT = 200
QUOTE_LIMIT = 1000
FACT_LIMIT = 300
#: Words of each side that are compared once the common start and end are off: SequenceMatcher is quadratic and worse.
DIFF_WORDS_LIMIT = 400
#: Unchanged words shown on either side of a difference.
DIFF_CONTEXT = 8


def cut(text: str, limit: int) -> str:
    """Shorten text to at most `limit` characters, at a blank where one is near, with an ellipsis for the rest."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    blank = head.rfind(" ", limit * 2 // 3)
    return (head[:blank] if blank > 0 else head).rstrip() + "…"


def one_line(text: str, limit: int = TITLE_LIMIT) -> str:
    """Put text on one line of at most `limit` characters."""
    return cut(" ".join(text[: limit * 8].split()), limit)


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Say when, to the minute, by the clocks of a zone."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def duration(length: timedelta) -> str:
    """Say how long, in two units at most."""
    minutes = max(0, int(length.total_seconds() // 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    units = ((days, "d"), (hours, "h"), (minutes, "min"))
    said = [f"{count} {unit}" for count, unit in units if count][:2]
    return " ".join(said) or "less than a minute"


def amount(price: Price) -> str:
    """Say a price: "49 USD per month". One that isn't shown says so."""
    if price.price is None:
        return "no price shown"
    figure = f"{price.price:f}"
    whole, _, cents = figure.partition(".")
    figure = f"{whole}.{cents.ljust(2, '0')}" if cents.strip("0") else whole
    parts = [figure]
    if price.currency:
        parts.append(price.currency)
    if price.period:
        parts.append(period(price.period))
    return " ".join(parts)


def period(name: str) -> str:
    """Say what time a price is for: "per month", "per seat and month", "one-time"."""
    return name if name == "one-time" else "per " + " and ".join(name.split("-"))


def shown(value: Price | str | None) -> str:
    """Say what stands before or after a change, on one line."""
    if value is None:
        return ""
    return amount(value) if isinstance(value, Price) else one_line(value, FACT_LIMIT)


def word_diff(before: str, after: str, limit: int = QUOTE_LIMIT) -> str:
    """Show how `before` became `after`, word by word: `[-old-]` is gone, `{+new+}` is new, `…` stands for the same.

    Marks that the text itself contains are broken up by a blank. Texts that differ in more than `DIFF_WORDS_LIMIT`
    words are compared up to there.
    """
    old, new = tame(before).split(), tame(after).split()
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    old_middle, new_middle = old[start : len(old) - end], new[start : len(new) - end]
    pieces = [*context(old[:start], first=False)]
    pieces += differences(old_middle[:DIFF_WORDS_LIMIT], new_middle[:DIFF_WORDS_LIMIT])
    if max(len(old_middle), len(new_middle)) > DIFF_WORDS_LIMIT:
        pieces.append("…")
    pieces += context(old[len(old) - end :], last=False)
    return fit(pieces, limit)


def tame(text: str) -> str:
    """Break up the marks of a difference where the text has them itself."""
    for mark in ("[-", "-]", "{+", "+}"):
        text = text.replace(mark, " ".join(mark))
    return text


def differences(old: list[str], new: list[str]) -> Iterator[str]:
    """Yield marked runs of words, with a few words between them."""
    matcher = SequenceMatcher(None, old, new)
    codes = matcher.get_opcodes()
    for number, (code, old_start, old_end, new_start, new_end) in enumerate(codes):
        if code == "equal":
            yield from context(old[old_start:old_end], first=number > 0, last=number < len(codes) - 1)
            continue
        if old_end > old_start:
            yield f"[-{' '.join(old[old_start:old_end])}-]"
        if new_end > new_start:
            yield f"{{+{' '.join(new[new_start:new_end])}+}}"


def context(words: list[str], *, first: bool = True, last: bool = True) -> Iterator[str]:
    """Yield what to show of unchanged words: `first` a difference stands before them or `last` one follows."""
    head = words[:DIFF_CONTEXT] if first else []
    tail = words[-DIFF_CONTEXT:] if last else []
    if len(head) + len(tail) >= len(words):
        yield from words
        return
    yield from head
    yield "…"
    yield from tail


def fit(pieces: list[str], limit: int) -> str:
    """Join pieces with blanks up to `limit` characters; a marked run is shortened inside its marks."""
    text = ""
    for piece in pieces:
        room = limit - len(text) - (1 if text else 0)
        if len(piece) > room:
            marked = piece[:2] in ("[-", "{+")
            if marked and room > 10:
                piece = piece[:2] + cut(piece[2:-2], room - 4) + piece[-2:]
            else:
                piece = "…" if room >= 1 else ""
            return f"{text} {piece}".strip()
        text = f"{text} {piece}" if text else piece
    return text
