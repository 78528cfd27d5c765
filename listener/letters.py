"""Mails to items: what the sender wrote, without what they quote and how they sign. Pure.

The words of a mail are its first text/plain part, else its first text/html part (RFC 2046); attachments aren't read.
Automatic answers (RFC 3834) are nobody's words. The sender's name is kept as the author, or the address where there
is no name.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.utils import parseaddr
from hashlib import blake2b

from listener.dates import parse_date
from listener.html import collapse, decode, text_of
from listener.types import Item, ItemKind

#: Of one mail; the rest are attachments.
BYTES_LIMIT = 1_000_000
_PARTS_LIMIT = 50
_TEXT_LIMIT = 100_000
_LINES_LIMIT = 5_000
#: With a header below it: otherwise it's a sentence that begins so.
_SEPARATOR = re.compile(rb"^From [^\n]*\n(?=[!-9;-~]{1,100}:)", re.MULTILINE)
_QUOTED = re.compile(r"\s*>")
#: What programs write above the mail that is answered: Gmail and Apple, Outlook, and in the languages of their makers.
_ABOVE_REPLY = re.compile(
    r"(?:on .{5,200} wrote|am .{5,200} schrieb.{0,100}|le .{5,200} a écrit|el .{5,200} escribió|"
    r"il .{5,200} ha scritto|op .{5,200} schreef.{0,100})\s?:|"
    r"[-_ ]{3,}\s*(?:original message|ursprüngliche nachricht|forwarded message|message d'origine)\s*[-_ ]{3,}|_{20,}",
    re.IGNORECASE,
)
_REPLY_BEGINS = re.compile(r"(?:on|am|le|el|il|op) .{3,}", re.IGNORECASE)
#: RFC 3676 4.3 writes it with a space behind, which programs lose.
_SIGNATURE = re.compile(
    r"--\s?|sent from my .{2,60}|von meinem .{2,40} gesendet|get outlook for .{2,40}", re.IGNORECASE
)


def own_words(text: str) -> str:
    """Return a mail's text up to its signature or the mail it answers, without quoted lines."""
    lines = text.split("\n")[:_LINES_LIMIT]
    kept: list[str] = []
    for number, line in enumerate(lines):
        bare = line.strip()[:400]
        if bare and (_ABOVE_REPLY.fullmatch(bare) or _SIGNATURE.fullmatch(line.lstrip()[:100])):
            break
        # Long ones are broken into two lines by the program that sends them.
        following = lines[number + 1].strip()[:400] if number + 1 < len(lines) else ""
        if (
            _REPLY_BEGINS.fullmatch(bare)
            and following[-1:] == ":"
            and _ABOVE_REPLY.fullmatch(f"{bare} {following}"[:400])
        ):
            break
        if not _QUOTED.match(line):
            kept.append(line)
    return collapse("\n".join(kept))


def letters_in(body: bytes) -> list[bytes]:
    """Split a mailbox in mbox form (RFC 4155) into its mails; a single mail comes back as it is."""
    if not body.startswith(b"From "):
        return [body]
    starts = [found for found in _SEPARATOR.finditer(body) if found.start() == 0 or _blank_before(body, found.start())]
    if not starts:
        return [body]
    ends = [found.start() for found in starts[1:]] + [len(body)]
    # Mailboxes mask such lines of a mail with a ">".
    return [body[found.end() : end].replace(b"\n>From ", b"\nFrom ") for found, end in zip(starts, ends, strict=True)]


def _blank_before(body: bytes, at: int) -> bool:
    return body[max(0, at - 2) : at] == b"\n\n" or body[max(0, at - 4) : at].endswith(b"\n\r\n")


def item_of(letter: bytes, kind: ItemKind) -> Item | None:
    """Return a mail as an item; None for an automatic one, or one that says nothing. Whatever the bytes are."""
    try:
        mail = BytesParser(policy=policy.compat32).parsebytes(letter[:BYTES_LIMIT])
    except (MessageError, ValueError, RecursionError):
        return None
    if _header(mail, "auto-submitted").lower() not in ("", "no") or _header(mail, "x-autoreply"):
        return None
    text = own_words(_text(mail))[:_TEXT_LIMIT]
    title = _header(mail, "subject")[:1000]
    if not (text or title):
        return None
    name, address = parseaddr(_header(mail, "from")[:500])
    own_id = _header(mail, "message-id")[:500]
    return Item(
        title=title,
        text=text,
        guid=own_id or blake2b(letter[:BYTES_LIMIT], digest_size=12).hexdigest(),
        author=(name or address)[:200] or None,
        published=_date(_header(mail, "date")),
        kind=kind,
    )


def _header(mail: Message, name: str) -> str:
    """Return a header on one line, encoded words (RFC 2047) read; "" where there is none."""
    raw = mail.get(name)
    if raw is None:
        return ""
    try:
        found = policy.default.header_factory(name, str(raw)[:2000].replace("\r", "").replace("\n", " "))
        return " ".join(str(found).split())
    except (ValueError, LookupError, IndexError, AttributeError, TypeError, MessageError):
        # The standard library's parser of headers fails in all these ways on broken ones.
        return " ".join(str(raw)[:2000].split())


def _date(header: str) -> datetime | None:
    found = parse_date(header[:100])
    return None if found is None else found.astimezone(UTC)


def _text(mail: Message) -> str:
    """Return the first plain part, else the first one of HTML, as readable text."""
    markup = ""
    for number, part in enumerate(mail.walk()):
        if number >= _PARTS_LIMIT:
            break
        kind = part.get_content_type()
        if part.is_multipart() or kind not in ("text/plain", "text/html") or part.get_filename():
            continue
        payload = part.get_payload(decode=True)
        text = decode(payload, charset=_charset(part)) if isinstance(payload, bytes) else ""
        if kind == "text/plain" and text.strip():
            return text.replace("\r\n", "\n")
        markup = markup or text
    return text_of(markup)


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except (ValueError, LookupError, TypeError):
        return None
