"""Parses mails into items: the sender's own words, without quotes and signature. Pure.

The words of a mail are its first text/plain part, else its first text/html part (RFC 2046); attachments aren't read.
Automatic answers and returned mails are nobody's words. The sender's name is kept as the author, or the address where
there is no name.
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
#: Lines of a header that Outlook copies above the mail that is answered, in the languages of its makers.
_COPIED_FROM = re.compile(r"\W{0,2}(?:from|von|de|da|van)\s?:\W.{3,}", re.IGNORECASE)
_COPIED_HEADER = re.compile(
    r"\W{0,2}(?:from|von|de|da|van|sent|gesendet|envoyé|enviado|enviado el|inviato|verzonden|date|datum|fecha|data|"
    r"to|an|à|para|a|aan|cc|subject|betreff|objet|asunto|oggetto|onderwerp|reply-to)\s?:(?:\W.*)?",
    re.IGNORECASE,
)
#: RFC 3676 4.3 writes it with a space behind, which programs lose.
_SIGNATURE = re.compile(
    r"--\s?|sent from my .{2,60}|von meinem .{2,40} gesendet|get outlook for .{2,40}", re.IGNORECASE
)
#: Where programs begin the mail that is answered, in HTML: Gmail, Outlook, Thunderbird, Yahoo, Proton.
_QUOTED_MARKUP = re.compile(
    r"<(?:div|span|hr)\b[^<>]{0,300}"
    r"(?:gmail_(?:quote|signature)|divRplyFwdMsg|appendonsend|moz-(?:cite-prefix|signature)|yahoo_quoted|protonmail_quote)",
    re.IGNORECASE,
)
_BLOCKQUOTE = re.compile(r"<(/?)blockquote\b[^<>]{0,1000}>", re.IGNORECASE)
#: Who sends mails back that can't be delivered.
_MAIL_SYSTEM = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon)@", re.IGNORECASE)


def own_words(text: str) -> str:
    """Return a mail's text up to its signature or the mail it answers, without quoted lines.

    Where that mail comes first, what follows it are the words: an answer below, or what somebody forwards.
    """
    lines = text.split("\n")[:_LINES_LIMIT]
    kept: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        above = _lines_above_reply(lines, number)
        if above and any(map(str.strip, kept)):
            break
        if _SIGNATURE.fullmatch(line.lstrip()[:100]):
            break
        if not above and not _QUOTED.match(line):
            kept.append(line)
        number += above or 1
    return collapse("\n".join(kept))


def _lines_above_reply(lines: list[str], number: int) -> int:
    """Return how many lines from here on only say whose mail follows; 0 where none does."""
    bare = lines[number].strip()[:400]
    if not bare:
        return 0
    if _ABOVE_REPLY.fullmatch(bare):
        return 1 + _copied_headers(lines, number + 1)
    # Long ones are broken into two lines by the program that sends them.
    following = lines[number + 1].strip()[:400] if number + 1 < len(lines) else ""
    if _REPLY_BEGINS.fullmatch(bare) and following[-1:] == ":" and _ABOVE_REPLY.fullmatch(f"{bare} {following}"[:400]):
        return 2
    copied = _copied_headers(lines, number) if _COPIED_FROM.fullmatch(bare) else 0
    return copied if copied >= 3 else 0


def _copied_headers(lines: list[str], number: int) -> int:
    """Return how many lines from here on look like the header of a mail."""
    end = number
    while end < min(len(lines), number + 8) and _COPIED_HEADER.fullmatch(lines[end].strip()[:400]):
        end += 1
    return end - number


def emails_in(body: bytes) -> list[bytes]:
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


def item_of(mail_bytes: bytes, kind: ItemKind) -> Item | None:
    """Return a mail as an item; None for an automatic one, or one that says nothing. Whatever the bytes are."""
    try:
        mail = BytesParser(policy=policy.compat32).parsebytes(mail_bytes[:BYTES_LIMIT])
    except (MessageError, ValueError, RecursionError):
        return None
    if _automatic(mail):
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
        guid=own_id or blake2b(mail_bytes[:BYTES_LIMIT], digest_size=12).hexdigest(),
        author=(name or address)[:200] or None,
        published=_date(_header(mail, "date")),
        kind=kind,
    )


def _automatic(mail: Message) -> bool:
    """Whether a program answers: an absence note (RFC 3834), or a mail system that could not deliver (RFC 3464)."""
    if _header(mail, "auto-submitted").partition(";")[0].strip().lower() not in ("", "no"):
        return True
    if any(mail.get(name) is not None for name in ("x-autoreply", "x-autorespond", "x-failed-recipients")):
        return True
    if _header(mail, "precedence").lower() == "auto_reply" or _header(mail, "return-path") == "<>":
        return True
    sender = parseaddr(_header(mail, "from")[:500])[1]
    return mail.get_content_type() == "multipart/report" or _MAIL_SYSTEM.match(sender) is not None


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
    return _own_markup(markup)


def _own_markup(markup: str) -> str:
    """Return the text of HTML without the mail that it answers; all of it where nothing else is left."""
    quoted = _QUOTED_MARKUP.search(markup)
    own = text_of(_without_blockquotes(markup[: quoted.start()])) if quoted else ""
    return own or text_of(_without_blockquotes(markup)) or text_of(markup)


def _without_blockquotes(markup: str) -> str:
    kept: list[str] = []
    depth, position = 0, 0
    for tag in _BLOCKQUOTE.finditer(markup):
        if not tag[1]:
            if depth == 0:
                kept.append(markup[position : tag.start()])
            depth += 1
        elif depth:
            depth -= 1
            position = tag.end()
    return "".join(kept) + (markup[position:] if depth == 0 else "")


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except (ValueError, LookupError, TypeError):
        return None
