"""Dates of the web to aware UTC datetimes, or None. Pure.

One reader for every form that feeds and pages use: RFC 822 and 2822 with its sloppy relatives, ISO 8601 and W3C-DTF,
Unix times, and dates written out in the months' names of some thirty languages. Its rules:

- A date that can be read in two ways is not guessed. `01/10/2011` is settled by AM or PM beside it (month first), by
  dots (day first), by a weekday that fits only one reading, by `day_first`, which `day_first_in` finds from the other
  dates of the same source; otherwise it is None. `13/10/2011` has one reading.
- A time without a zone is in `zone`: what the settings say of the source, UTC by default. A date without a time is its
  first moment, a month (`2011-10`) or year its first day.
- Letters of zones (EST, CEST) mean what `listener.dates.names` lists; unknown ones count as no zone at all.
- Words that a zero becomes in programs (1970-01-01 at 0:00, year 0001, 1899) are no dates, nor is anything outside
  1900 to 2100. A future date is returned as it is: whether it can be true is for those who know the time.
- "Yesterday" is None: there is no clock here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from listener.dates.names import HALF_DAYS, LOCAL_ZONES, PLACES, WEEKDAYS, ZONES, fold, month_of

#: Longest text that is looked at; the longest sensible date is half as long.
LENGTH_LIMIT = 120
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: What a zero becomes in programs.
_ZEROS = (_EPOCH, datetime(1900, 1, 1, tzinfo=UTC))
_ZERO_YEARS = frozenset(zero.year for zero in _ZEROS)
_LONGEST_OFFSET = timedelta(hours=15)

_MONTHS = {
    name: f"{number:02}"
    for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)
}
_RFC = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d\d?) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:([+-])(\d\d)(\d\d)|GMT|UTC|Z)",
    re.ASCII,
)
_NUMBER = re.compile(r"(\d{9,19})(?:\.\d+)?", re.ASCII)
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[ t]?(\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?)?(?=z?$|[ +-])", re.ASCII)
_EAST_ASIAN = re.compile(
    rf"(\d{{4}})\s?(?:年|{fold('년')})\s?(\d{{1,2}})\s?(?:月|{fold('월')})\s?(\d{{1,2}})\s?(?:日|{fold('일')})?"
)
_HALF = "|".join(re.escape(word) for word in sorted(HALF_DAYS, key=len, reverse=True))
_TIME = re.compile(
    rf"(?:(?<![^\W\d_])(?P<before>{_HALF})\s?)?(?<![\d:])(?P<hour>\d{{1,2}})"
    r"(?:\s?[:：]\s?(?P<minute>\d{1,2})(?:\s?[:：]\s?(?P<second>\d{1,2})(?:[.,:]\d{1,9})?)?|h(?P<french>\d\d)?(?![a-z]))"
    rf"(?:\s?(?P<after>{_HALF})(?![a-z]))?"
)
_HOUR = re.compile(r"(?<![\d:])(?P<hour>\d{1,2})\s?(?P<after>[ap]\.?m\.?)(?![a-z])")
_DOTTED_TIME = re.compile(r"(?<![\d.])(?P<hour>[012]?\d)\.(?P<minute>[0-5]\d)(?:\.(?P<second>[0-5]\d))?(?![\d.])")
_OFFSET = re.compile(
    r"(?:(?P<sign>(?<!\d)[+-])\s?(?P<hours>\d\d):?(?P<minutes>\d\d)"
    r"|(?:gmt|utc?|z)\s?(?P<sign1>[+-])\s?(?P<hours1>\d{1,2})"
    r"|^\s*(?P<sign2>[+-])(?P<hours2>\d{1,2}))(?![\d:])"
)
_ZONE_NAME = re.compile(r"[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_]+){1,2}", re.ASCII)
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?([-/.\s])\s?(\d{1,2})(?:\s?\2\s?(\d{1,2}))?(?!\d)")
_TRIPLE = re.compile(r"(?<![\d.])(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{4}|\d\d)(?!\d)")
_ISO_WEEK = re.compile(r"(?<!\d)(\d{4})-?w(\d\d)(?:-?([1-7]))?(?!\d)")
_ORDINAL_DAY = re.compile(r"(?<!\d)(\d{4})-(\d{3})(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"'?\d+")


def parse_date(
    text: str | None, *, zone: tzinfo = UTC, day_first: bool | None = None, lang: str | None = None
) -> datetime | None:
    """Read a date as the module's rules say; None where it can't be read or not in one way only.

    `lang` is the source's language (ISO 639-1), for names that mean different months in two languages.
    """
    if not text:
        return None
    text = text.strip()
    try:
        found = _common(text, zone)
        if found is None and len(text) <= LENGTH_LIMIT and "://" not in text:
            found = _Reader(text, zone, day_first, lang).read()
        return found if found is not None and _sensible(found) else None
    except (ValueError, OverflowError):
        return None


def day_first_in(texts: Iterable[str]) -> bool | None:
    """Return whether dates such as 25/12/2011 of one source put the day first; None where none of them shows it."""
    votes = set()
    for text in texts:
        found = _TRIPLE.search(text[:LENGTH_LIMIT])
        if found and found[2] != ".":
            first, second = int(found[1]), int(found[3])
            if first > 12 >= second:
                votes.add(True)
            elif second > 12 >= first:
                votes.add(False)
    return votes.pop() if len(votes) == 1 else None


def _sensible(moment: datetime) -> bool:
    year = moment.year
    return _FIRST_YEAR <= year <= _LAST_YEAR and (year not in _ZERO_YEARS or moment not in _ZEROS)


def _common(text: str, zone: tzinfo) -> datetime | None:
    """Read the two forms that 19 dates of 20 have."""
    found = _RFC.fullmatch(text)
    if found:
        day, name, year, hour, minute, second, sign, hours, minutes = found.groups()
        month = _MONTHS.get(name)
        if month is None or hour > "23":
            return None
        # Half of the time that seven numbers would take.
        moment = datetime.fromisoformat(f"{year}-{month}-{day:0>2}T{hour}:{minute}:{min(second, '59')}+00:00")
        if sign and (hours != "00" or minutes != "00"):
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            if offset > _LONGEST_OFFSET:
                return None
            moment = moment - offset if sign == "+" else moment + offset
        return moment
    if text[4:5] == "-" and text[7:8] == "-" and len(text) >= 10:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        if moment.tzinfo is UTC:
            return moment
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    return None


class _Reader:
    """Reads one date by finding and striking out its time, its zone and then its day."""

    def __init__(self, text: str, zone: tzinfo, day_first: bool | None, lang: str | None) -> None:
        self._raw = text
        self._text = fold(text.replace("−", "-")).replace("(", " ").replace(")", " ").strip(" \"'")
        self._zone = zone
        self._day_first = day_first
        self._lang = lang.lower().partition("-")[0] if lang else None
        self._american = False

    def read(self) -> datetime | None:
        number = _NUMBER.fullmatch(self._text)
        if number and not (len(number[1]) in (12, 14) and number[1][:2] in ("19", "20")):
            return _unix_time(number[1])
        stamp = _STAMP.match(self._text)
        if stamp and 1 <= int(stamp[2]) <= 12:
            parts = [int(group or 0) for group in stamp.groups()]
            return self._at(date(*parts[:3]), (parts[3], parts[4], parts[5]), self._text[stamp.end() :])
        time, rest, tail = self._split_time()
        offset = _OFFSET.search(tail)
        if offset:
            rest = rest.replace(offset[0], " ", 1)
        day = self._day(rest)
        if day is None:
            return None
        if time == (0, 0, 0) and not tail:
            dotted = _DOTTED_TIME.search(_TRIPLE.sub(" ", rest)) if _WORD.search(rest) else None
            time = _clock(dotted) or time if dotted else time
        return self._at(day, time, tail)

    def _at(self, day: date, time: tuple[int, int, int], tail: str) -> datetime:
        hour, minute, second = time
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        moment += timedelta(hours=hour, minutes=minute, seconds=second)
        offset = self._offset(tail)
        if isinstance(offset, timedelta):
            return moment - offset
        return moment.replace(tzinfo=offset).astimezone(UTC)

    def _split_time(self) -> tuple[tuple[int, int, int], str, str]:
        """Return hour, minute and second, the text without them, and what follows them."""
        found = _TIME.search(self._text) or _HOUR.search(self._text)
        if not found:
            return (0, 0, 0), self._text, ""
        half = found["after"] or found.groupdict().get("before")
        self._american = bool(half) and (half or "").isascii()
        tail = self._text[found.end() :]
        rest = self._text[: found.start()] + " " + tail
        return _clock(found) or (0, 0, 0), rest, tail or " "

    def _offset(self, tail: str) -> timedelta | tzinfo:
        found = _OFFSET.search(tail)
        if found:
            sign = found["sign"] or found["sign1"] or found["sign2"]
            hours = int(found["hours"] or found["hours1"] or found["hours2"])
            offset = timedelta(hours=hours, minutes=int(found["minutes"] or 0))
            if offset <= _LONGEST_OFFSET and int(found["minutes"] or 0) < 60:
                return -offset if sign == "-" else offset
            return self._zone
        place = _ZONE_NAME.search(self._raw)
        if place:
            try:
                return ZoneInfo(place[0])
            except (KeyError, OSError):
                return self._zone
        for word in _WORD.findall(tail.upper()):
            named = LOCAL_ZONES.get((self._lang or "", word)) or ZONES.get(word)
            if named is not None:
                return named
            if word in PLACES:
                return ZoneInfo(PLACES[word])
        return self._zone

    def _day(self, text: str) -> date | None:
        """Find the day in what is left when the time is struck out."""
        found = _EAST_ASIAN.search(text)
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
        months = [(word.start(), month_of(word[0], self._lang)) for word in _WORD.finditer(text)]
        named = [(position, month) for position, month in months if month]
        if named and not _TRIPLE.search(text):
            return _written_out(text, *named[-1])
        found = _ISO_WEEK.search(text)
        if found:
            return date.fromisocalendar(int(found[1]), int(found[2]), int(found[3] or 1))
        found = _ORDINAL_DAY.search(text)
        if found:
            return date(int(found[1]), 1, 1) + timedelta(days=int(found[2]) - 1)
        found = _YEAR_FIRST.search(text)
        if found:
            return date(int(found[1]), int(found[3]), int(found[4] or 1))
        found = _TRIPLE.search(text)
        if found:
            return self._numeric(text, found)
        return date(int(text), 1, 1) if re.fullmatch(r"(?:19|20)\d\d", text) else None

    def _numeric(self, text: str, found: re.Match[str]) -> date | None:
        first, separator, second, year = int(found[1]), found[2], int(found[3]), _full_year(found[4])
        if len(found[4]) == 2 and first > 31:
            return None
        if first > 12 or second > 12 or first == second:
            return date(year, second, first) if first > 12 or first == second else date(year, first, second)
        if separator == ".":
            return date(year, second, first)
        if self._american:
            return date(year, first, second)
        readings = (date(year, second, first), date(year, first, second))
        weekdays = {WEEKDAYS[word] for word in _WORD.findall(text) if word in WEEKDAYS}
        fitting = [reading for reading in readings if reading.weekday() in weekdays]
        if len(fitting) == 1:
            return fitting[0]
        if self._day_first is None:
            return None
        return readings[0] if self._day_first else readings[1]


def _clock(found: re.Match[str]) -> tuple[int, int, int] | None:
    """Return hour, minute, second of a matched time; None for a time that no clock shows."""
    parts = found.groupdict()
    hour, minute = int(parts["hour"]), int(parts.get("minute") or parts.get("french") or 0)
    second = min(int(parts.get("second") or 0), 59)
    half = parts.get("after") or parts.get("before")
    if half is not None and hour <= 12:
        hour = hour % 12 + (12 if HALF_DAYS.get(half, half[0] == "p") else 0)
    possible = hour < 24 or (hour, minute, second) == (24, 0, 0)
    return (hour, minute, second) if possible and minute < 60 else None


def _written_out(text: str, position: int, month: int) -> date | None:
    """Read a date whose month has a name, at `position`: `3 October 2011`, `Oct. 3rd, '11`, `2011 October 3`."""
    before = _DIGITS.findall(text[:position])
    after = _DIGITS.findall(text[position:])
    numbers = before[-2:] + after[:2]
    years = [number for number in numbers if len(number.strip("'")) == 4]
    if not years:
        # Two digits: the one that can't be a day, else the last, as in RFC 822.
        years = [number for number in numbers if number.startswith("'") or int(number) > 31] or numbers[1:]
    if not years:
        return None
    year = years[-1]
    place = len(numbers) - 1 - numbers[::-1].index(year)
    days = numbers[:place] + numbers[place + 1 :]
    if not days:
        return date(_full_year(year.strip("'")), month, 1) if len(year) == 4 else None
    day = days[-1] if before and days[-1] == before[-1] else days[0]
    return date(_full_year(year.strip("'")), month, int(day.strip("'")))


def _full_year(digits: str) -> int:
    """Return the year of two or four digits; two are read as RFC 2822 4.3 says."""
    year = int(digits)
    if len(digits) > 2:
        return year
    return year + (2000 if year < 50 else 1900)


def _unix_time(digits: str) -> datetime:
    """Read seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their number of digits."""
    scale = 10 ** (3 * ((len(digits) - 9) // 3)) if len(digits) > 11 else 1
    return _EPOCH + timedelta(microseconds=int(digits) * 1_000_000 // scale)
