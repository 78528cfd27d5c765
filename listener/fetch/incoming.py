"""The head of an answer, read without the parser of e-mails that http.client asks: it took longer than the network.

What is orderly is read here. Headers that are folded, or look in any way unusual, are still left to that parser, so
that no server is understood differently for it.
"""

from __future__ import annotations

import http
import http.client
import io
import re
from typing import BinaryIO

from listener.fetch.wire import GuardedSocket

#: As http.client has them.
_LINE_LIMIT_BYTES = 65_536
_LINES_LIMIT = 100
_STATUS = re.compile(r"(HTTP/\S*)\s+([1-9][0-9]{2})(?:\s(.*))?", re.DOTALL)
#: RFC 9112, 5: as the parser of e-mails knows it, with nothing that it would have to look at twice.
_ORDERLY = re.compile(r"(?:[!-9;-~]+:[^\r\n]*\r?\n)*\r?\n")
_FIELD = re.compile(r"([!-9;-~]+):[ \t]*([^\r\n]*)")
_WITHOUT_BODY = frozenset({http.HTTPStatus.NO_CONTENT, http.HTTPStatus.NOT_MODIFIED})


class Incoming(http.client.HTTPResponse):
    """An answer whose body has not been read; `begin` reads its head."""

    def __init__(self, wire: GuardedSocket, method: str) -> None:
        super().__init__(wire, method=method)  # type: ignore[arg-type]
        self._asked_by = method
        #: Headers by name in lower case; of repeated ones the values joined.
        self.fields: dict[str, str] = {}

    def begin(self) -> None:
        """Read status and headers, and what they say of the body. Raises HTTPException."""
        assert self.fp is not None
        version, status, self.reason = _read_status(self.fp)
        while status == http.HTTPStatus.CONTINUE:
            read_fields(self.fp)
            version, status, self.reason = _read_status(self.fp)
        # RFC 9112, 2.3: a higher minor version changes nothing; 0.9 is what some old servers say for 1.0.
        self.version = 10 if version in ("HTTP/1.0", "HTTP/0.9") else 11
        self.code = self.status = status
        self.fields = read_fields(self.fp)
        self.chunked = self.fields.get("transfer-encoding", "").lower() == "chunked"
        self.chunk_left = None
        self.length = None if self.chunked else _length(self.fields.get("content-length"))
        if status in _WITHOUT_BODY or status < 200 or self._asked_by == "HEAD":
            self.length = 0
        self.will_close = self._closes() or (not self.chunked and self.length is None)

    def _closes(self) -> bool:
        """Return whether the server closes the connection after this answer (RFC 9112, 9.3)."""
        wish = self.fields.get("connection", "").lower()
        if self.version == 11:
            return "close" in wish
        return not ("keep-alive" in self.fields or "keep-alive" in wish)


def _read_status(file: BinaryIO) -> tuple[str, int, str]:
    """Return version, status and reason. Raises HTTPException."""
    line = file.readline(_LINE_LIMIT_BYTES + 1).decode("latin-1")
    if len(line) > _LINE_LIMIT_BYTES:
        raise http.client.LineTooLong("status line")
    if not line:
        raise http.client.RemoteDisconnected("no answer")
    found = _STATUS.fullmatch(line.strip())
    if found is None:
        raise http.client.BadStatusLine(line)
    version, status, reason = found.groups(default="")
    if not version.startswith(("HTTP/1.", "HTTP/0.9")):
        raise http.client.UnknownProtocol(version)
    return version, int(status), reason.strip()


def read_fields(file: BinaryIO) -> dict[str, str]:
    """Return the headers that follow, by name in lower case; of repeated ones the values joined by ", ".

    A value folded over lines is unfolded (RFC 9112, 5.2). Raises HTTPException for too many or too long ones.
    """
    lines: list[bytes] = []
    while True:
        line = file.readline(_LINE_LIMIT_BYTES + 1)
        if len(line) > _LINE_LIMIT_BYTES:
            raise http.client.LineTooLong("header line")
        lines.append(line)
        if len(lines) > _LINES_LIMIT:
            raise http.client.HTTPException(f"more than {_LINES_LIMIT} headers")
        if line in (b"\r\n", b"\n", b""):
            break
    head = b"".join(lines)
    text = head.decode("latin-1")
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(text) if _ORDERLY.fullmatch(text) else _unusual(head):
        lower = name.lower()
        fields[lower] = f"{fields[lower]}, {value}" if lower in fields else value
    return fields


def _unusual(head: bytes) -> list[tuple[str, str]]:
    """Return names and values of headers that only a parser of e-mails can make sense of."""
    found = http.client.parse_headers(io.BytesIO(head)).items()
    return [(name, _unfolded(value) if "\n" in value else value) for name, value in found]


def _unfolded(value: str) -> str:
    return " ".join(line.strip() for line in value.split("\n"))


def _length(text: str | None) -> int | None:
    """Return the length of a body that a server declares; None where it says nothing, or nonsense."""
    try:
        length = int(text or "")
    except ValueError:
        return None
    return length if length >= 0 else None
