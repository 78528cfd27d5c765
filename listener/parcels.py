"""Several bodies in one response: passed from the folder and mailbox adapters to scrapers. Pure.

Each is a line of JSON (name, stamp, size in bytes) and then its bytes as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import msgspec

from listener.errors import ParseError


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """One file or message."""

    name: str
    #: Changes when the content does.
    stamp: str
    body: bytes


def pack(parcels: Iterable[Parcel]) -> bytes:
    """Return parcels as one body."""
    parts: list[bytes] = []
    for parcel in parcels:
        parts.append(json.dumps([parcel.name, parcel.stamp, len(parcel.body)]).encode("ascii") + b"\n")
        parts.append(parcel.body)
    return b"".join(parts)


def unpack(body: bytes) -> list[Parcel]:
    """Return the parcels of a body. Raises ParseError for one that isn't made by `pack`, or cut short."""
    parcels, position = [], 0
    while position < len(body):
        end = body.find(b"\n", position, position + 100_000)
        try:
            name, stamp, size = json.loads(body[position : max(end, position)])
        except (ValueError, TypeError, RecursionError):
            raise ParseError("neither files nor messages: another answer than a folder or mailbox gives") from None
        if not (isinstance(name, str) and isinstance(stamp, str) and type(size) is int and size >= 0):
            raise ParseError("neither files nor messages: another answer than a folder or mailbox gives")
        if end + 1 + size > len(body):
            raise ParseError(f"{name[:80]}: cut short")
        parcels.append(Parcel(name=name, stamp=stamp, body=body[end + 1 : end + 1 + size]))
        position = end + 1 + size
    return parcels
