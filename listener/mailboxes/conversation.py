"""One IMAP session within the limits of time and size of web requests. Read-only."""

from __future__ import annotations

import base64
import imaplib
import re
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any, cast

import msgspec
from msgspec.structs import replace

from listener.emails import BYTES_LIMIT
from listener.fetch.failure import Failure
from listener.fetch.wire import Deadline, GuardedSocket, encrypt
from listener.parcels import Parcel
from listener.types import Outcome

#: What a server may send beside mails, and of one mail: some send all of it where a part was asked for.
TALK_LIMIT_BYTES = 1_000_000
MAIL_LIMIT_BYTES = 64_000_000
#: As the library has it: numbers of a search stand on one line.
_LINE_LIMIT_BYTES = 1_000_000
_CHUNK_BYTES = 64 * 1024
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_ARRIVED = re.compile(rb'INTERNALDATE "([ \d]\d-[A-Za-z]{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4})"')
_CODE = re.compile(r"\[([A-Z-]{2,30})")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")
_SAID_LIMIT = 120
#: Response codes of RFC 5530, and what they come to here.
_OUTCOMES = {
    "AUTHENTICATIONFAILED": Outcome.UNAUTHORIZED,
    "AUTHORIZATIONFAILED": Outcome.UNAUTHORIZED,
    "EXPIRED": Outcome.UNAUTHORIZED,
    "PRIVACYREQUIRED": Outcome.UNAUTHORIZED,
    "CONTACTADMIN": Outcome.FORBIDDEN,
    "NOPERM": Outcome.FORBIDDEN,
    "NONEXISTENT": Outcome.NOT_FOUND,
    "LIMIT": Outcome.RATE_LIMITED,
    "UNAVAILABLE": Outcome.SERVER_ERROR,
    "SERVERBUG": Outcome.SERVER_ERROR,
    "INUSE": Outcome.SERVER_ERROR,
}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """How far a mailbox was read."""

    #: Changes when the server numbers its mails anew.
    validity: int
    #: The number of the last mail that was looked at.
    last: int = 0
    #: The number that the next mail to come will have.
    following: int = 1

    def read_up_to(self, number: int) -> Place:
        """Return the place after a mail."""
        return replace(self, last=max(self.last, number))


class Conversation(imaplib.IMAP4):
    """A client whose socket keeps to a deadline and a number of bytes. A context: it says goodbye at its end.

    It reads by itself: the library's own reader is another one from Python 3.14 on, and takes what came unencrypted
    along into TLS.
    """

    def __init__(self, sock: socket.socket, host: str, port: int, deadline: Deadline) -> None:
        """Read the greeting and what the server can do. Raises Failure, OSError, and the library's error."""
        self._deadline = deadline
        self._guard(sock, host)
        super().__init__(host, port)

    def _guard(self, sock: socket.socket, host: str) -> None:
        self._plain = sock
        self._guarded = GuardedSocket(sock, host)
        self._guarded.expect(self._deadline, TALK_LIMIT_BYTES)

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """Take the guarded socket, with a reader that holds nothing yet. Called by the library."""
        self.host, self.port = host, port
        self.sock = cast("socket.socket", self._guarded)
        self._reader = self._guarded.makefile("rb")

    def read(self, size: int) -> bytes:
        """Read what a server announces to send: the beginning of a mail is kept, the rest let go."""
        if size > MAIL_LIMIT_BYTES:
            raise Failure(Outcome.TOO_LARGE, f"{self.host} announces {size:,} bytes at once.")
        kept = self._reader.read(min(size, BYTES_LIMIT))
        left = size - BYTES_LIMIT
        while left > 0 and (dropped := self._reader.read(min(left, _CHUNK_BYTES))):
            left -= len(dropped)
        return kept

    def readline(self) -> bytes:
        """Read a line. Raises the library's error for one that doesn't end."""
        line = self._reader.readline(_LINE_LIMIT_BYTES + 1)
        if len(line) > _LINE_LIMIT_BYTES:
            raise self.error(f"a line of more than {_LINE_LIMIT_BYTES:,} bytes")
        return line

    def shutdown(self) -> None:
        """Close the connection; it may be closed already."""
        self._reader.close()
        with suppress(OSError):
            self._guarded.shutdown(socket.SHUT_RDWR)
        self._guarded.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say goodbye, unless the conversation broke off. Raises Failure where the server said why it did."""
        if kind is None:
            super().__exit__(kind, error, trace)
            return
        self.shutdown()
        if isinstance(error, imaplib.IMAP4.abort) and (goodbye := self.untagged_responses.get("BYE")):
            words = _text(goodbye)
            outcome = _outcome(words, Outcome.PROTOCOL)
            raise Failure(outcome, f"{self.host} ended the session: {_line(words)}") from error

    def encrypt(self, context: Callable[[], ssl.SSLContext]) -> None:
        """Go on over TLS (RFC 3501, 6.2.1), before anything secret is said. Raises Failure where the server doesn't."""
        # One that greets as if somebody were logged in can't be asked, and may not be a server's word.
        if self.state != "NONAUTH" or "STARTTLS" not in self.capabilities:
            raise Failure(Outcome.TLS, f"{self.host} doesn't offer encryption (STARTTLS).")
        kind, said = self._simple_command("STARTTLS")
        if kind != "OK":
            raise Failure(Outcome.TLS, f"{self.host} doesn't start encryption: {_line(_text(said))}")
        self._guard(encrypt(self._plain, self.host, self._deadline, context), self.host)
        # A new reader: what came unencrypted and wasn't read yet is from anybody. So are the abilities told before.
        self.open(self.host, self.port)
        self.untagged_responses = {}
        self.capabilities = tuple(_text(self.capability()[1]).upper().split())

    def log_in(self, user: str, password: str, token: str = "") -> None:
        """Log in, with a token of OAuth where there is one.

        Raises Failure: UNAUTHORIZED with what the server says, or the outcome that its code stands for.
        """
        try:
            if token:
                self._bear(user, token)
            elif "AUTH=PLAIN" in self.capabilities:
                self.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
            elif "LOGINDISABLED" in self.capabilities:
                raise Failure(Outcome.UNAUTHORIZED, f"{self.host} accepts no passwords.")
            else:
                self.login(user, password)
        except imaplib.IMAP4.abort:
            raise
        except UnicodeEncodeError:
            raise Failure(Outcome.UNAUTHORIZED, f"{self.host} accepts passwords in ASCII only.") from None
        except imaplib.IMAP4.error as error:
            said = _masked(str(error), token or password)
            outcome = _outcome(said, Outcome.UNAUTHORIZED)
            raise Failure(outcome, f"{self.host} refuses the login: {_line(said)}") from None

    def _bear(self, user: str, token: str) -> None:
        """Log in with a token (https://developers.google.com/workspace/gmail/imap/xoauth2-protocol)."""
        if "AUTH=XOAUTH2" not in self.capabilities:
            raise Failure(Outcome.UNAUTHORIZED, f"{self.host} accepts no OAuth tokens (XOAUTH2).")
        given = iter([f"user={user}\x01auth=Bearer {token}\x01\x01".encode()])
        # A server that refuses it sends its reasons first, and waits for an empty line.
        self.authenticate("XOAUTH2", lambda _: next(given, b""))

    def examine(self, folder: str) -> Place:
        """Open a mailbox for reading alone. Raises Failure."""
        name = encoded(folder).replace("\\", "\\\\").replace('"', '\\"')
        kind, said = self.select(f'"{name}"', readonly=True)
        if kind != "OK":
            words = _text(said)
            outcome = _outcome(words, Outcome.NOT_FOUND)
            raise Failure(outcome, f"{self.host} doesn't open the mailbox {folder[:80]!r}: {_line(words)}")
        validity, following = self._number("UIDVALIDITY"), self._number("UIDNEXT")
        if validity is None:
            raise Failure(Outcome.PROTOCOL, f"{self.host} doesn't report how the mailbox is numbered (UIDVALIDITY).")
        return Place(validity=validity, following=following or 1)

    def waiting(self, last: int, since: datetime | None) -> list[int]:
        """Return the numbers of mails above `last`, or that arrived on the day of `since` or later, lowest first."""
        wanted = f"UID {last + 1}:*"
        if since is not None:
            wanted = f"SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}"
        kind, found = self.uid("SEARCH", "UNDELETED", *wanted.split(" "))
        if kind != "OK":
            raise Failure(_outcome(_text(found), Outcome.SERVER_ERROR), f"{self.host} doesn't search the mailbox.")
        numbers = {int(number) for line in found if isinstance(line, bytes) for number in line.split()}
        # `8:*` is the last mail also where its number is 7.
        return sorted(number for number in numbers if number > last)

    def take(self, number: int) -> Parcel | None:
        """Return a mail up to the limit; None for one that is gone, or that the server can't hand over."""
        self._guarded.allow(MAIL_LIMIT_BYTES)
        kind, parts = self.uid("FETCH", str(number), f"(INTERNALDATE BODY.PEEK[]<0.{BYTES_LIMIT}>)")
        self._guarded.allow(TALK_LIMIT_BYTES)
        if kind != "OK":
            return None
        for part in parts:
            if isinstance(part, tuple) and len(part) == 2 and b"BODY[]" in part[0]:
                lines = b" ".join(one if isinstance(one, bytes) else one[0] for one in parts if one)
                arrived = _ARRIVED.search(lines)
                stamp = arrived[1].decode("ascii").strip() if arrived else ""
                return Parcel(name=str(number), stamp=stamp, body=part[1])
        return None

    def _number(self, name: str) -> int | None:
        found = self.response(name)[1]
        word = found[-1] if found else None
        return int(word) if isinstance(word, bytes) and word.isdigit() and len(word) <= 10 else None


def lost(host: str, error: Exception) -> Failure:
    """Tell how a conversation broke off."""
    if isinstance(error, imaplib.IMAP4.error):
        said = str(error)
        return Failure(_outcome(said, Outcome.PROTOCOL), f"{host} ended the session: {_line(said)}")
    if isinstance(error, ssl.SSLError | ConnectionError):
        return Failure(Outcome.PROTOCOL, f"{host} closed the session unexpectedly.")
    if isinstance(error, OSError):
        return Failure(Outcome.CONNECT, f"{host}: {error.strerror or type(error).__name__}.")
    return Failure(Outcome.PROTOCOL, f"{host} doesn't respond in valid IMAP.")


def encoded(folder: str) -> str:
    """Return a mailbox's name in IMAP's own UTF-7 (RFC 3501, 5.1.3)."""
    parts: list[str] = []
    for piece in re.findall(r"[\x20-\x7e]+|[^\x20-\x7e]+", folder):
        if piece.isascii() and piece.isprintable():
            parts.append(piece.replace("&", "&-"))
        else:
            packed = base64.b64encode(piece.encode("utf-16-be", "replace")).decode("ascii")
            parts.append(f"&{packed.rstrip('=').replace('/', ',')}-")
    return "".join(parts)


def _text(said: list[Any]) -> str:
    return " ".join(one.decode("ascii", "replace") for one in said if isinstance(one, bytes))


def _outcome(said: str, usual: Outcome) -> Outcome:
    """Return what a server's response code stands for, or the usual outcome."""
    code = _CODE.search(said[:1000])
    return _OUTCOMES.get(code[1], usual) if code else usual


def _line(said: str) -> str:
    """Return what a server said as the end of a sentence for the operator."""
    words = " ".join(_UNPRINTABLE.sub(" ", said[:1000]).split())[:_SAID_LIMIT]
    return repr(words.removeprefix("b'").removesuffix("'")) if words else "it doesn't say why."


def _masked(said: str, password: str) -> str:
    return said.replace(password, "***") if password else said
