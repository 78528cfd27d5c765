"""Adapter: mailboxes. Answers requests for `imaps:` URLs with new mails.

The mailbox stays as it is: it is opened with EXAMINE, and mails are taken with BODY.PEEK, so that nobody finds one read
that they haven't read (RFC 3501). A request names the user in its address (RFC 5092) and, in its headers, the password
or a token of OAuth, whether to go over to TLS first, and the place up to which the mailbox was read before: the mails'
number (UID) and the age of these numbers (UIDVALIDITY). The answer holds what came after it, as `listener.parcels`, and
the new place in headers of the same names; NOT_MODIFIED where nothing came.
"""

from __future__ import annotations

import functools
import imaplib
import ssl
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import certifi
import msgspec
from msgspec.structs import replace

from listener.fetch import FetchSettings
from listener.fetch.addresses import Resolve, Resolver, system_resolve
from listener.fetch.failure import Failure
from listener.fetch.wire import Deadline, connect
from listener.mailboxes.conversation import Conversation, Place, lost
from listener.parcels import Parcel, pack
from listener.types import FetchResult, Outcome, Request, Response, Validators

#: Of one answer; what is left comes with the next.
MAILS_LIMIT = 200
ANSWER_LIMIT_BYTES = 16_000_000
#: Share of the time of a fetch after which an answer is handed over as it is.
_ENOUGH = 0.5
_PORTS = {"imaps": 993, "imap": 143}


class _Mailbox(msgspec.Struct, frozen=True):
    """Where a request leads."""

    host: str
    port: int
    user: str
    folder: str
    tls: bool


class Mailboxes:
    """Reads mailboxes. Called from many threads; nothing is kept open between two requests."""

    def __init__(
        self,
        settings: FetchSettings,
        root: Path,
        *,
        clock: Callable[[], datetime],
        resolve: Resolve = system_resolve,
    ) -> None:
        """Take the bounds and networks that hold for the web, too. `root` is what names of files are relative to."""
        self._settings = settings
        self._root = root
        self._clock = clock
        self._resolver = Resolver(settings.allow_networks, resolve=resolve)
        self._context = functools.lru_cache(maxsize=16)(self._make_context)

    def fetch(self, request: Request, validators: Validators, *, under_way: bool = False) -> FetchResult:
        """Return the mails that came. Raises nothing that a server can cause."""
        started = time.monotonic()
        settings = self._settings
        deadline = Deadline(
            total=settings.total_timeout.total_seconds(),
            read=settings.read_timeout.total_seconds(),
            connect=settings.connect_timeout.total_seconds(),
        )
        try:
            result = self._read(request, validators, deadline)
        except Failure as failure:
            result = FetchResult(request=request, outcome=failure.outcome, detail=failure.detail, validators=validators)
        return replace(result, elapsed=timedelta(seconds=time.monotonic() - started))

    def _read(self, request: Request, validators: Validators, deadline: Deadline) -> FetchResult:
        """Converse with the server. Raises Failure."""
        box = _mailbox(request.url)
        ca_file = request.headers.get("ca-file", "")
        context = functools.partial(self._context, ca_file)
        sock = connect(self._resolver, box.host, box.port, deadline, context if box.tls else None)
        try:
            with Conversation(sock, box.host, box.port, deadline) as talk:
                if request.headers.get("starttls"):
                    talk.encrypt(context)
                talk.log_in(box.user, request.headers.get("password", ""), request.headers.get("token", ""))
                return self._answer(request, validators, talk, box, deadline)
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            # The library raises ValueError for numbers that are none, and for letters where it expects ASCII.
            raise lost(box.host, error) from error
        finally:
            sock.close()

    def _answer(
        self, request: Request, validators: Validators, talk: Conversation, box: _Mailbox, deadline: Deadline
    ) -> FetchResult:
        known = _known(request)
        place = talk.examine(box.folder)
        numbered_anew = known is None or known.validity != place.validity
        since = self._since(request) if numbered_anew else None
        waiting = talk.waiting(known.last if known is not None and since is None else 0, since)
        parcels: list[Parcel] = []
        size = 0
        for number in waiting[:MAILS_LIMIT]:
            late = deadline.left(deadline.total) < deadline.total * (1 - _ENOUGH)
            if parcels and (late or size > ANSWER_LIMIT_BYTES):
                break
            place = place.read_up_to(number)
            parcel = talk.take(number)
            if parcel is not None:
                parcels.append(parcel)
                size += len(parcel.body)
        else:
            # Numbers are given once: what comes later has a higher one than those that were given (RFC 3501, 2.3.1.1).
            if len(waiting) <= MAILS_LIMIT:
                place = place.read_up_to(place.following - 1)
        if known is not None and (known.validity, known.last) == (place.validity, place.last):
            return FetchResult(request=request, outcome=Outcome.NOT_MODIFIED, validators=validators)
        left = bool(waiting) and place.last < waiting[-1]
        body = pack(parcels)
        response = Response(
            request=request,
            url=request.url,
            status=200,
            headers={"uidvalidity": str(place.validity), "uid": str(place.last), "left": "yes" if left else "no"},
            body=body,
            fetched_at=self._clock(),
        )
        return FetchResult(
            request=request, outcome=Outcome.OK, response=response, validators=validators, bytes_received=size
        )

    def _since(self, request: Request) -> datetime:
        """Return from which day on mails are read where their numbers tell nothing."""
        days = request.headers.get("days", "0")
        since = self._clock() - timedelta(days=int(days))
        try:
            # Numbers that began anew while nobody looked: one day more, because servers know days alone.
            return min(since, datetime.fromisoformat(request.headers.get("read", "")) - timedelta(days=1))
        except (ValueError, TypeError):
            return since

    def _make_context(self, ca_file: str) -> ssl.SSLContext:
        """Return what TLS trusts. Raises OSError where the file isn't there."""
        context = ssl.create_default_context(cafile=certifi.where())
        if self._settings.ca_file is not None:
            context.load_verify_locations(self._settings.ca_file)
        if ca_file:
            context.load_verify_locations(self._root / Path(ca_file).expanduser())
        return context


def _mailbox(url: str) -> _Mailbox:
    """Take an address apart. Raises Failure (ADDRESS)."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError as error:
        raise Failure(Outcome.ADDRESS, "The mailbox's address can't be read.") from error
    if parts.scheme not in _PORTS or not host or not host.isascii():
        raise Failure(Outcome.ADDRESS, "The mailbox's address names no server.")
    return _Mailbox(
        host=host,
        port=port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        folder=unquote(parts.path.removeprefix("/")) or "INBOX",
        tls=parts.scheme == "imaps",
    )


def _known(request: Request) -> Place | None:
    """Return how far the mailbox was read before."""
    validity, last = request.headers.get("uidvalidity", ""), request.headers.get("uid", "")
    if not (validity.isdecimal() and last.isdecimal()):
        return None
    return Place(validity=int(validity), last=int(last))
