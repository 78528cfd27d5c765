"""IMAP: mail to one of your mailboxes, such as feedback@ (https://www.rfc-editor.org/rfc/rfc3501).

Each mail is an item: its subject, the sender's own words without quotes and signature, date and
sender. Auto-replies and bounces are skipped. The mailbox is not modified, and no mail is marked as
read. The connection is encrypted (https://www.rfc-editor.org/rfc/rfc8314). Accounts without passwords, such as
Microsoft 365, use OAuth: each poll first requests a token from `token_url`. docs/customers.md has
complete examples.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

import msgspec
from msgspec.structs import replace

from listener.channels import LOOPBACK, SERVER, Secret
from listener.dates import parse_date
from listener.emails import item_of
from listener.errors import ParseError
from listener.fields import read_json
from listener.parcels import Parcel, unpack
from listener.searching import Addressed, going_back_to
from listener.types import Item, ItemKind, Parsed, Request, Response, Source
from listener.urls import host_of, is_web

#: What a log-in can hold without being quoted.
_USER = re.compile(r"[^\x00-\x20\x7f-\x9f\"\\(){}%*]{1,254}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PORTS = {"tls": 993, "starttls": 143, "none": 143}
#: How far the mailbox was read, in the state.
_PLACE = ("uidvalidity", "uid", "read")
#: A sender's clock may be wrong; the server's is trusted where a mail says it was written later than it arrived.
_AHEAD = timedelta(hours=1)


class Options(Addressed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a mailbox in the settings."""

    #: Server, such as "imap.example.com".
    host: str
    #: Login name, usually the address: "feedback@example.com".
    user: str
    #: As { env = "FEEDBACK_PASSWORD" }. For accounts with a second factor, an app password.
    password: Secret | None = None
    #: OAuth token endpoint, used with `client_id` instead of a password.
    token_url: str = ""
    #: OAuth credential of your app.
    client_id: Annotated[str, msgspec.Meta(max_length=500)] = ""
    #: OAuth credential of your app.
    client_secret: Secret | None = None
    #: From a user's consent, if the app has no permission of its own for the mailbox (Gmail).
    refresh_token: Secret | None = None
    #: OAuth scope to request: "https://outlook.office365.com/.default" for Microsoft 365.
    scope: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    #: Folder to read: "INBOX", or one filled by a filter, such as "Lists/feedback".
    mailbox: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = "INBOX"
    #: Type of each mail: "ticket", "note", "review", ...
    kind: ItemKind = "ticket"
    #: Number of days the first poll reads back; 0: from today on.
    days: Annotated[int, msgspec.Meta(ge=0, le=3650)] = 30
    #: "tls"; "starttls" for a server that starts unencrypted; or "none", only for a server on this machine.
    security: Literal["tls", "starttls", "none"] = "tls"
    #: Default: 993 for tls, else 143.
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    #: PEM file with your own server's certificate authority, relative to the settings file.
    ca_file: Annotated[str, msgspec.Meta(max_length=1000)] = ""

    def __post_init__(self) -> None:
        if not SERVER.fullmatch(self.host):
            raise ValueError("host: expected the name or address of a server, such as imap.example.com")
        if not _USER.fullmatch(self.user):
            raise ValueError("user: expected a name or address without blanks, quotes, brackets, %, * and backslashes")
        if (self.password is None) == (not self.token_url):
            raise ValueError("password: a mailbox needs one, or token_url and client_id for OAuth, and not both")
        if self.token_url:
            self._check_oauth()
        if self.password is not None and _CONTROL.search(self.password.reveal()):
            raise ValueError("password: contains a line feed or another control character")
        if _CONTROL.search(self.mailbox + self.ca_file):
            raise ValueError("mailbox: contains a control character")
        if self.security == "none" and self.host not in LOOPBACK:
            raise ValueError('security: the password would cross the network in clear text; use "tls"')

    def _check_oauth(self) -> None:
        if not is_web(self.token_url):
            raise ValueError("token_url: expected an address that begins with https://")
        if not self.token_url.startswith("https://") and host_of(self.token_url) not in LOOPBACK:
            raise ValueError("token_url: the secret would cross the network in clear text; use https://")
        if not self.client_id or (self.client_secret is None and self.refresh_token is None):
            raise ValueError("client_id: OAuth needs it, and client_secret or refresh_token")


class Imap:
    """Reads mailboxes."""

    name = "imap"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for the mails that came since the last poll; for a token first where the mailbox takes these."""
        options = source.options
        if not isinstance(options, Options):
            return
        back = going_back_to(state)
        # The mailbox is read from a day on: from the one before, by the server's own time.
        place = state if back is None else {"read": back.isoformat()}
        yield _token_request(options, place) if options.token_url else _request(options, place, {})

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read mails. Raises ParseError for another answer than a mailbox gives."""
        if not isinstance(source.options, Options):
            raise ParseError("the settings name no mailbox")
        if response.request.method == "POST":
            token = _token(response)
            return Parsed(more=(_request(source.options, msgspec.json.decode(response.request.tag), {"token": token}),))
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
        given = {name: value for name, value in response.request.headers.items() if name == "token"}
        more = (_request(source.options, state, given),) if response.headers.get("left") == "yes" else ()
        skipped = (f"{left_out} mails that are automatic or say nothing",) if left_out else ()
        return Parsed(items=tuple(items), more=more, state=state, skipped=skipped)


def _request(options: Options, place: Mapping[str, Any], given: Mapping[str, str]) -> Request:
    """Return the request for what came after a place; `given` holds the token that was asked for, if one was."""
    host = f"[{options.host}]" if ":" in options.host else options.host
    port = options.port or _PORTS[options.security]
    scheme = "imaps" if options.security == "tls" else "imap"
    address = f"{scheme}://{quote(options.user, safe='')}@{host}:{port}/{quote(options.mailbox)}"
    headers = {"days": str(options.days), "ca-file": options.ca_file, **given}
    if options.password is not None:
        headers["password"] = options.password.reveal()
    if options.security == "starttls":
        headers["starttls"] = "yes"
    headers |= {name: str(place[name]) for name in _PLACE if name in place}
    return Request(url=address, headers=headers, robots=False, conditional=False)


def _token_request(options: Options, place: Mapping[str, Any]) -> Request:
    """Return the request for a token (RFC 6749, 4.4 and 6). Where to go on with it travels in its tag."""
    secret, refresh = options.client_secret, options.refresh_token
    fields = {
        "grant_type": "client_credentials" if refresh is None else "refresh_token",
        "client_id": options.client_id,
        "client_secret": secret.reveal() if secret is not None else "",
        "refresh_token": refresh.reveal() if refresh is not None else "",
        "scope": options.scope,
    }
    return Request(
        url=options.token_url,
        method="POST",
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
        body=urlencode({name: value for name, value in fields.items() if value}).encode("ascii"),
        conditional=False,
        robots=False,
        tag=msgspec.json.encode({name: place[name] for name in _PLACE if name in place}).decode(),
    )


def _token(response: Response) -> str:
    token = read_json(response).raw("access_token")
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ParseError("no token: the token service rejected this app")
    return token


def _item(parcel: Parcel, kind: ItemKind) -> Item | None:
    """Return a mail as an item, dated by its arrival where its own date can't be right."""
    item = item_of(parcel.body, kind)
    arrived = parse_date(parcel.stamp)
    return item if item is None or arrived is None else replace(item, published=_dated(item.published, arrived))


def _dated(written: datetime | None, arrived: datetime) -> datetime:
    return arrived if written is None or written > arrived + _AHEAD else written


scraper = Imap()
