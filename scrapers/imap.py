"""IMAP: what customers write to a mailbox of yours, such as feedback@ (https://www.rfc-editor.org/rfc/rfc3501).

Each mail is an item: its subject, its sender's own words without what they quote and how they sign, its date and its
sender. Automatic answers and returned mails are left out. Nothing is changed in the mailbox, and no mail is marked as
read. The connection is encrypted (https://www.rfc-editor.org/rfc/rfc8314). docs/customers.md shows complete settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec

from listener.channels import LOOPBACK, SERVER, Secret
from listener.dates import parse_date
from listener.errors import ParseError
from listener.letters import item_of
from listener.parcels import Parcel, unpack
from listener.searching import Addressed, going_back_to
from listener.types import Item, ItemKind, Parsed, Request, Response, Source

#: What a log-in can hold without being quoted.
_USER = re.compile(r"[^\x00-\x20\x7f-\x9f\"\\(){}%*]{1,254}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PORTS = {"tls": 993, "none": 143}
_SCHEMES = {"tls": "imaps", "none": "imap"}
#: A sender's clock may be wrong; the server's is trusted where a mail says it was written later than it arrived.
_AHEAD = timedelta(hours=1)


class Options(Addressed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a mailbox in the settings."""

    #: The server: "imap.example.com".
    host: str
    #: Who logs in: mostly the address, "feedback@example.com".
    user: str
    #: By reference: { env = "FEEDBACK_PASSWORD" }. Where the account has a second factor, one for this app alone.
    password: Secret
    #: Which folder: "INBOX", or one that a filter fills, "Lists/feedback".
    mailbox: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = "INBOX"
    #: What each mail is: "ticket", "note", "review", ...
    kind: ItemKind = "ticket"
    #: How many days back the first poll reads; 0: only what comes from today on.
    days: Annotated[int, msgspec.Meta(ge=0, le=3650)] = 30
    #: "tls"; or "none", for a server on this machine alone.
    security: Literal["tls", "none"] = "tls"
    #: Left out, 993 for tls, 143 for none.
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    #: PEM file with the certificate authority of a server of your own, relative to the settings file.
    ca_file: Annotated[str, msgspec.Meta(max_length=1000)] = ""

    def __post_init__(self) -> None:
        if not SERVER.fullmatch(self.host):
            raise ValueError("host: expected the name or address of a server, such as imap.example.com")
        if not _USER.fullmatch(self.user):
            raise ValueError("user: expected a name or address without blanks, quotes, brackets, %, * and backslashes")
        if _CONTROL.search(self.password.reveal()):
            raise ValueError("password: holds a line feed or another control character")
        if _CONTROL.search(self.mailbox + self.ca_file):
            raise ValueError("mailbox: holds a control character")
        if self.security == "none" and self.host not in LOOPBACK:
            raise ValueError('security: the password would cross the network in clear text; use "tls"')


class Imap:
    """Reads mailboxes."""

    name = "imap"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for the mails that came since the last poll."""
        if isinstance(source.options, Options):
            back = going_back_to(state)
            # The mailbox is read from a day on: from the one before, by the server's own time.
            yield _request(source.options, state if back is None else {"read": back.isoformat()})

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read mails. Raises ParseError for another answer than a mailbox gives."""
        if not isinstance(source.options, Options):
            raise ParseError("the settings name no mailbox")
        items: list[Item] = []
        left_out = 0
        for parcel in unpack(response.body):
            item = _item(parcel, source.options.kind)
            if item is None:
                left_out += 1
            else:
                items.append(item)
        state: dict[str, Any] = {
            name: int(value)
            for name in ("uidvalidity", "uid")
            if (value := response.headers.get(name, "")).isdecimal() and len(value) <= 10
        }
        state["read"] = response.fetched_at.isoformat()
        more = (_request(source.options, state),) if response.headers.get("left") == "yes" else ()
        skipped = (f"{left_out} mails that are automatic or say nothing",) if left_out else ()
        return Parsed(items=tuple(items), more=more, state=state, skipped=skipped)


def _request(options: Options, state: Mapping[str, Any]) -> Request:
    host = f"[{options.host}]" if ":" in options.host else options.host
    port = options.port or _PORTS[options.security]
    address = f"{_SCHEMES[options.security]}://{quote(options.user, safe='')}@{host}:{port}/{quote(options.mailbox)}"
    headers = {"password": options.password.reveal(), "days": str(options.days), "ca-file": options.ca_file}
    headers |= {name: str(state[name]) for name in ("uidvalidity", "uid", "read") if name in state}
    return Request(url=address, headers=headers, robots=False, conditional=False)


def _item(parcel: Parcel, kind: ItemKind) -> Item | None:
    """Return a mail as an item, dated by its arrival where its own date can't be right."""
    item = item_of(parcel.body, kind)
    arrived = parse_date(parcel.stamp)
    return item if item is None or arrived is None else replace(item, published=_dated(item.published, arrived))


def _dated(written: datetime | None, arrived: datetime) -> datetime:
    return arrived if written is None or written > arrived + _AHEAD else written


scraper = Imap()
