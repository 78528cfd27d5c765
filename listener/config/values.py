"""Parses single values: durations, sizes, times of day, zones, networks. A ValueError states what was expected."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Mapping
from datetime import time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo, available_timezones

from listener.config.settings import ByteSize, Network

#: A longer duration is a slip of the pen, and its sum with a date would leave the calendar.
LONGEST_DURATION = timedelta(days=36_500)
LARGEST_SIZE_BYTES = 10**12

UNIT_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
UNIT_BYTES = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}

DURATION = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,3})?[smhdw])+", re.ASCII)
DURATION_PART = re.compile(r"([0-9.]+)([smhdw])", re.ASCII)
SIZE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,3})?) ?([A-Za-z]{1,3})", re.ASCII)
CONTACT = re.compile(r"(?:https?://[!-'*-~]{3,200}|(?:mailto:)?[!-'*-?A-~]{1,64}@[A-Za-z0-9.-]{1,190})", re.ASCII)
DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
PUBLIC_URL = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?(?:/[!$-.0-;=@-Z_a-z~/-]{0,500})?", re.ASCII)
LISTEN = re.compile(r"(?:([A-Za-z0-9.-]{1,253})|\[([0-9A-Fa-f:]{2,39})\]):([0-9]{1,5})", re.ASCII)
LANGUAGE = re.compile(r"[a-z]{2,3}", re.ASCII)
TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::00)?", re.ASCII)


class Meant(ValueError):
    """A value that can't be used, where the one that was meant can be guessed."""

    def __init__(self, message: str, candidates: tuple[str, ...], given: str) -> None:
        self.candidates = candidates
        self.given = given
        super().__init__(message)


def duration(value: object) -> timedelta:
    """Read "30m", "6h", "2d", "90s", "1h30m" or "2w"."""
    if not isinstance(value, str):
        raise ValueError(f'expected a duration in quotes, such as "30m", "6h" or "2d", got {value!r}')
    return _duration(value)


@functools.lru_cache(maxsize=256)
def _duration(text: str) -> timedelta:
    """Read a duration, remembered: ten thousand sources share a handful of rhythms."""
    spaceless = text.replace(" ", "")
    if not DURATION.fullmatch(spaceless):
        raise ValueError(f'expected a duration such as "90s", "30m", "6h" or "2d", got {text!r}')
    seconds = sum(float(number) * UNIT_SECONDS[unit] for number, unit in DURATION_PART.findall(spaceless))
    if seconds > LONGEST_DURATION.total_seconds():
        raise ValueError(f"expected a duration of a hundred years at most, got {text!r}")
    return timedelta(seconds=seconds)


def positive_duration(value: object) -> timedelta:
    """Read a duration that is longer than nothing."""
    read = duration(value)
    if not read:
        raise ValueError(f"expected a duration longer than zero, got {value!r}")
    return read


def gaps(value: object) -> Mapping[str, timedelta]:
    """Read durations by domain: { "example.com" = "10s" }."""
    if not isinstance(value, dict):
        raise ValueError(f'expected durations by domain, such as {{ "example.com" = "10s" }}, got {shown(value)}')
    for domain in value:
        if not DOMAIN.fullmatch(domain):
            raise ValueError(f"expected a domain such as example.com, got {domain!r}")
    return MappingProxyType({domain: duration(gap) for domain, gap in value.items()})


def keeping(value: object) -> timedelta | None:
    """Read how long something is kept: a duration, or "forever" (None)."""
    if value == "forever":
        return None
    try:
        return positive_duration(value)
    except ValueError as error:
        raise ValueError(f'{error}; or "forever"') from None


def byte_size(value: object) -> ByteSize:
    """Read "10MB" (10,000,000 bytes), "10MiB" (10,485,760 bytes) or a plain number of bytes."""
    if isinstance(value, str) and (match := SIZE.fullmatch(value.strip())) and match[2] in UNIT_BYTES:
        size = int(float(match[1]) * UNIT_BYTES[match[2]])
    elif isinstance(value, int) and not isinstance(value, bool):
        size = value
    else:
        raise ValueError(f'expected a size such as "500kB", "10MB" or "16MiB", got {value!r}')
    if not 0 < size <= LARGEST_SIZE_BYTES:
        raise ValueError(f"expected a size above zero and up to 1000GB, got {value!r}")
    return ByteSize(size)


def time_of_day(value: object) -> time:
    """Read "07:00"; TOML's own local time (07:00:00 without quotes) is one, too."""
    if isinstance(value, time) and not value.second and not value.microsecond:
        return value
    if isinstance(value, str) and (match := TIME_OF_DAY.fullmatch(value)):
        return time(int(match[1]), int(match[2]))
    raise ValueError(f'expected a time of day from "00:00" to "23:59", got {shown(value)}')


def send_time(value: object) -> str:
    """Read when an alert goes out: "now", or the time of day of a digest, returned as "HH:MM"."""
    if value == "now":
        return "now"
    try:
        return time_of_day(value).strftime("%H:%M")
    except ValueError:
        raise ValueError(f'expected "now", or a time of day for a digest such as "07:00", got {shown(value)}') from None


def zone(value: object) -> ZoneInfo:
    """Read a name of the IANA time zone database."""
    if isinstance(value, str) and value:
        try:
            return ZoneInfo(value)
        except (ValueError, OSError, LookupError):
            # LookupError is the base of ZoneInfoNotFoundError; a directory's name ("Europe") gives an OSError.
            message = f'expected the name of a time zone such as "Europe/Berlin" or "UTC", got {value!r}'
            raise Meant(message, tuple(sorted(available_timezones())), value) from None
    raise ValueError(f'expected the name of a time zone such as "Europe/Berlin" or "UTC", got {shown(value)}')


def languages(value: object) -> tuple[str, ...]:
    """Read a list of ISO 639 codes: two letters, or three where there is no code of two."""
    if isinstance(value, list) and value and all(isinstance(code, str) and LANGUAGE.fullmatch(code) for code in value):
        return tuple(value)
    raise ValueError(f'expected a list of language codes such as ["en", "de"], got {shown(value)}')


def contact(value: object) -> str:
    """Read who polls: an address on the web or a mailbox, fit to stand in a User-Agent header."""
    if isinstance(value, str) and (not value or CONTACT.fullmatch(value)):
        return value
    raise ValueError(f'expected a page such as "https://example.com/bot" or a mailbox, got {shown(value)}')


def public_url(value: object) -> str:
    """Read the address at which the world reaches this machine: without a query, which hubs would add to."""
    if isinstance(value, str) and (not value or PUBLIC_URL.fullmatch(value)):
        return value
    raise ValueError(f'expected an address such as "https://listen.example.com/hubs", got {shown(value)}')


def listen_at(value: object) -> tuple[str, int]:
    """Read "127.0.0.1:8710" or "[::1]:8710"."""
    found = LISTEN.fullmatch(value) if isinstance(value, str) else None
    if found is not None and 0 < int(found[3]) <= 65_535:
        return found[1] or found[2], int(found[3])
    raise ValueError(f'expected an address and a port such as "127.0.0.1:8710", got {shown(value)}')


def listen_at_or_nowhere(value: object) -> tuple[str, int] | None:
    """Read what `listen_at` reads, or "" for None."""
    return None if value == "" else listen_at(value)


def network(value: object) -> Network:
    """Read "10.1.0.0/16", "fd00::/8" or a single address."""
    try:
        return ipaddress.ip_network(value) if isinstance(value, str) else _refuse()
    except ValueError as error:
        hint = " (the address has bits beyond its mask)" if "host bits" in str(error) else ""
        raise ValueError(f'expected a network such as "10.1.0.0/16", got {shown(value)}{hint}') from None


def _refuse() -> Network:
    raise ValueError


def shown(value: object) -> str:
    """Return a value as a message quotes it."""
    return repr(value) if isinstance(value, str | int | float | bool) else str(value)
