"""Decodes bytes like browsers do: byte order mark, HTTP header, meta element, UTF-8, windows-1252.

Labels mean what the WHATWG Encoding Standard says they mean on the web (https://encoding.spec.whatwg.org/#names-and-labels):
ISO-8859-1 and ASCII are windows-1252, gb2312 is gb18030, and so on.
"""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Bytes of the head that are searched for a declaration; the standard asks for 1024, real pages need more.
_HEAD_BYTES = 4096
_PARAMETER = re.compile(r"charset\s*=\s*[\"']?\s*([^\s;,\"']+)", re.IGNORECASE)
_META = re.compile(rb"""<meta[^>]{0,300}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.()-]{2,40})""", re.IGNORECASE)
_XML = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([A-Za-z0-9_:.()-]{2,40})""")
#: Python's names of what browsers use for a label. All others keep Python's meaning.
_ON_THE_WEB = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
}
_LABELS = {
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "x-euc-jp": "euc_jp",
    "x-x-big5": "big5hkscs",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ukrainian": "mac_cyrillic",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "windows-874": "cp874",
    "unicode": "utf-16-le",
    "utf-16": "utf-16-le",
    "utf8mb4": "utf-8",
    "win-1251": "cp1251",
}
_FROM_C1 = {
    code: character
    for code in range(0x80, 0xA0)
    if (character := bytes([code]).decode("cp1252", "replace")) != "\ufffd"
}
#: Tried first: the same characters, but for the wave dash and the minus, which are then those of the standard.
_NARROWER = {"cp932": "shift_jis"}
#: Codecs of Python that are for text on the web. Others (utf-7, punycode, unicode_escape, zip) are refused.
_TEXT = re.compile(r"utf-(8|8-sig|16|16-le|16-be|32|32-le|32-be)$|iso|cp\d|koi8|mac-|euc|shift|big5|gb|johab|kz|hz|hp")
_WESTERN = frozenset({"cp1252", "iso8859-15", "mac_roman"})


def codec_of(label: str | None) -> str | None:
    """Return the codec that a charset label means on the web; None for no label, an unknown one or a dangerous one."""
    if not label:
        return None
    label = label.strip().strip("\"'").lower()
    label = _LABELS.get(label, label)
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    name = _ON_THE_WEB.get(name, name)
    return name if _TEXT.match(name.replace("_", "-")) else None


def header_charset(content_type: str | None) -> str | None:
    """Return the charset parameter of a Content-Type header, as it stands there."""
    found = _PARAMETER.search(content_type) if content_type else None
    return found[1] if found else None


def bom_codec(data: bytes) -> str | None:
    """Return the codec that a byte order mark speaks of."""
    return next((codec for bom, codec in _BOMS if data.startswith(bom)), None)


def decode(data: bytes, *, charset: str | None = None) -> str:
    """Decode a page. `charset` is what the HTTP header named; what can't be decoded becomes U+FFFD."""
    return decode_as(data, bom_codec(data), codec_of(charset), codec_of(_declared(data)))


def decode_as(data: bytes, bom: str | None, *candidates: str | None) -> str:
    """Decode by the byte order mark, else by the first candidate, corrected where the bytes speak against it.

    Bytes that are valid UTF-8 with something beyond ASCII are UTF-8 whatever Western charset is claimed (a server's
    default header); a claim of UTF-8 that mostly fails gives way to another claim, else to windows-1252.
    """
    if bom is not None:
        return data.decode(bom, "replace").removeprefix("\ufeff")
    claims = [codec for codec in candidates if codec is not None]
    claim = claims[0] if claims else "utf-8"
    if claim == "utf-8" or claim in _WESTERN:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    if claim == "cp1252":
        return _windows(data)
    if claim != "utf-8":
        return _strictly(data, _NARROWER.get(claim, claim), "utf-8") or data.decode(claim, "replace")
    text = data.decode("utf-8", "replace")
    if not _mostly_broken(text):
        return text
    other = next((codec for codec in claims if codec != "utf-8"), "cp1252")
    return _windows(data) if other == "cp1252" else data.decode(other, "replace")


def _windows(data: bytes) -> str:
    """Decode windows-1252 as the standard does: the five bytes that it leaves free are control characters."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1").translate(_FROM_C1)


def _strictly(data: bytes, *codecs_in_turn: str) -> str | None:
    for codec in codecs_in_turn:
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return None


def _mostly_broken(text: str) -> bool:
    """Whether more of what lies beyond ASCII is broken than sound in the UTF-8 reading `text`."""
    broken = text.count("\ufffd")
    beyond = sum(character > "\x7f" for character in text[:200_000])
    return broken * 2 > beyond


def _declared(data: bytes) -> str | None:
    head = data[:_HEAD_BYTES]
    found = _META.search(head) or _XML.search(head)
    if not found:
        return None
    label = found[1].decode("ascii")
    # A declaration that can be read in ASCII isn't in UTF-16, whatever it says.
    return "utf-8" if label.lower().startswith("utf-16") else label
