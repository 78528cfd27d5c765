"""Saved position of an interrupted backfill: the remaining requests, as text without secrets. Pure.

Headers may hold secrets, so they are never part of it. A request with the headers of one that the source begins with
gets these again. One with the headers of a session can't be made as it was: who goes on signs in anew, and the request
is made with what that gives, for the same server alone.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from listener.types import Request

#: In place of the number of headers: those that a session gives.
_SESSION = "session"


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """What is left to be asked, never empty."""

    requests: tuple[Request, ...]
    #: They lack their headers until somebody has signed in.
    signs_in: bool = False


def as_text(
    queue: Iterable[Request], first: Sequence[Request], since: datetime, session: Mapping[str, str] | None
) -> str | None:
    """Return what is left to ask as text; None where nothing is, or where it can't be asked again.

    `first` is what the source begins with, `session` the headers that signing in has given.
    """
    left = []
    headers: list[Mapping[str, str]] = [request.headers for request in first]
    for request in queue:
        if request.headers in headers:
            known: int | str = headers.index(request.headers)
        elif request.headers == session and len(first) == 1:
            known = _SESSION
        else:
            return None
        left.append(
            {
                "url": request.url,
                "method": request.method,
                "body": None if request.body is None else base64.b64encode(request.body).decode("ascii"),
                "tag": request.tag,
                "conditional": request.conditional,
                "robots": request.robots,
                "headers": known,
            }
        )
    if not left:
        return None
    return json.dumps({"since": since.isoformat(), "begins": _names(first, since), "left": left})


def from_text(text: str | None, since: datetime, first_since: Callable[[datetime], Iterable[Request]]) -> Left | None:
    """Return what an earlier run left to ask.

    None where it left nothing, asked for less than everything since `since`, or for something else than the source asks
    today: `first_since` returns what it begins with to get everything since a date.
    """
    try:
        place = json.loads(text or "{}")
        before = datetime.fromisoformat(place["since"])
        if before > since or place["begins"] != _names(first_since(before), before):
            return None
        first = tuple(first_since(since))
        signs_in = any(one["headers"] == _SESSION for one in place["left"])
        left = tuple(_request(one, first) for one in place["left"])
    except (KeyError, ValueError, TypeError, IndexError):
        return None  # written by another version
    return Left(requests=left, signs_in=signs_in) if left else None


def signed(left: Iterable[Request], like: Request) -> tuple[Request, ...]:
    """Return requests with the headers of one that signing in led to; those for other servers are left out."""
    server = urlsplit(like.url)[:2]
    return tuple(replace(one, headers=like.headers) for one in left if urlsplit(one.url)[:2] == server)


def _request(place: Mapping[str, Any], first: Sequence[Request]) -> Request:
    body = place["body"]
    return Request(
        url=place["url"],
        method=place["method"],
        body=None if body is None else base64.b64decode(body),
        tag=place["tag"],
        conditional=place["conditional"],
        robots=place["robots"],
        headers={} if place["headers"] == _SESSION else first[place["headers"]].headers,
    )


def _names(requests: Iterable[Request], since: datetime) -> list[str]:
    """Return what tells whether a source still asks the same; what signs in names its questions in its tag."""
    names = [f"{request.method} {request.url} {request.tag}".rstrip() for request in requests]
    return [*names, since.astimezone(UTC).isoformat()]
