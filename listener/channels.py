"""Settings of channels, one record per type, and the wrapper that hides secrets.

Records only, on the floor of `listener.types`: the settings room fills them, `listener.notify` obeys them, and neither
knows the other. A `__post_init__` raises ValueError with a message that starts with the key it is about ("port: ...").
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from datetime import time, timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#: One mailbox, `name@host` in ASCII (RFC 5321, without quoted names and literal addresses): nothing in it could start a
#: header or a second address.
MAILBOX = re.compile(rf"(?=.{{3,254}}\Z){ATOM}(?:\.{ATOM})*@{LABEL}(?:\.{LABEL})*")
#: A name or an address of a server.
SERVER = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:]{2,39}")
#: `Display name <name@host>`.
NAMED_MAILBOX = re.compile(r"[^<>\"\\]{1,100}<[^<>\s]{3,254}>")
#: RFC 9110 field name.
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
#: Printable ASCII and blanks: anything else could end a header early.
HEADER_VALUE = re.compile(r"[\x20-\x7e\t]{0,4000}")
#: As in "22:00-07:00".
QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
#: Headers that the webhook channel sets itself.
RESERVED_HEADERS = frozenset(
    {"content-type", "content-length", "host", "transfer-encoding", "connection", "user-agent"}
    | {"webhook-id", "webhook-timestamp", "webhook-signature"}
)

MAIL_PORTS = {"starttls": 587, "tls": 465, "none": 25}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Secret:
    """A value that only `reveal` shows; in text, logs and errors it stands as `***`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself. Keep it out of anything that is written down."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __format__(self, specification: str) -> str:
        return format("***", specification)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode("utf-8", "replace"), other._value.encode("utf-8", "replace"))

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


class ChannelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings that every channel has."""

    #: "22:00-07:00" in the time zone of the settings: what comes up then is delivered when it ends. Empty: none.
    quiet: str = ""
    #: Least time between two messages; what comes up in between is collected into the next one.
    gap: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        if self.quiet:
            start, end = quiet_window(self.quiet)
            if start == end:
                raise ValueError("quiet: starts when it ends; leave it out for none")
        if not timedelta(0) <= self.gap <= timedelta(days=1):
            raise ValueError("gap: expected 0s to 1d")


class EmailSettings(ChannelSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Mail through an SMTP server."""

    host: str
    #: Each `name@host` or `Some Name <name@host>`.
    from_: str
    to: tuple[str, ...]
    security: Literal["starttls", "tls", "none"] = "starttls"
    #: None: 587 for starttls, 465 for tls, 25 for none.
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    username: str = ""
    password: Secret | None = None
    subject_prefix: Annotated[str, msgspec.Meta(max_length=40)] = "[listener]"
    #: Of the List-Id header, for filters; empty: "listener." and the host of `from`.
    list_id: str = ""
    #: A mailto: or https: address for the List-Unsubscribe header; empty: no such header.
    unsubscribe: str = ""
    #: PEM file with the certificate authority of a server that isn't signed by a public one.
    ca_file: str = ""
    #: Of the whole conversation.
    timeout: timedelta = timedelta(seconds=60)
    gap: timedelta = timedelta(minutes=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_timeout(self.timeout)
        if not SERVER.fullmatch(self.host):
            raise ValueError("host: expected the name or address of a server, such as smtp.example.com")
        mailbox(self.from_, "from")
        if not self.to:
            raise ValueError("to: expected at least one address")
        for address in self.to:
            mailbox(address, "to")
        if bool(self.username) != (self.password is not None):
            raise ValueError("password: username and password go together")
        if self.password is not None and not (self.username + self.password.reveal()).isascii():
            raise ValueError("password: SMTP logs in with ASCII only")
        if self.password is not None and self.security == "none" and self.host not in LOOPBACK:
            raise ValueError('password: would cross the network in clear text; use security = "starttls" or "tls"')
        check_header(self.subject_prefix, "subject_prefix", ascii_only=False)
        if self.list_id and not re.fullmatch(r"[A-Za-z0-9.-]{1,200}", self.list_id):
            raise ValueError("list_id: expected letters, digits, dots and hyphens")
        if self.unsubscribe and not re.fullmatch(
            r"(?:mailto:|https://)[\x21-\x3b\x3d\x3f-\x7e]{3,500}", self.unsubscribe
        ):
            raise ValueError("unsubscribe: expected a mailto: or https: address")

    @property
    def server_port(self) -> int:
        """The port as set, or the usual one for the security."""
        return self.port if self.port is not None else MAIL_PORTS[self.security]


class SlackSettings(ChannelSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Slack incoming webhook. Its address is the whole credential."""

    url: Secret
    #: Of one request.
    timeout: timedelta = timedelta(seconds=20)
    #: Slack takes one message a second for each webhook.
    gap: timedelta = timedelta(seconds=5)
    ca_file: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_timeout(self.timeout)
        check_url(self.url, "url")


class WebhookSettings(ChannelSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A JSON document posted to an address of yours, signed as Standard Webhooks says."""

    url: Secret
    #: "whsec_" and 24 to 64 bytes in base64; None: posted unsigned.
    secret: Secret | None = None
    #: More headers, such as an Authorization for a gateway.
    headers: Mapping[str, Secret] = {}
    #: Of one request.
    timeout: timedelta = timedelta(seconds=20)
    ca_file: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_timeout(self.timeout)
        check_url(self.url, "url")
        if self.secret is not None:
            signing_key(self.secret)
        for name, value in self.headers.items():
            if not HEADER_NAME.fullmatch(name):
                raise ValueError("headers: not a header name")
            if name.lower() in RESERVED_HEADERS:
                raise ValueError(f"headers: {name} is set by listener itself")
            check_header(value.reveal(), f"headers.{name}")


class ConsoleSettings(ChannelSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Plain lines on standard output: a terminal, or the journal under systemd."""


#: Name in `type = "..."` of a channel's table, and the record its other keys fill.
CHANNEL_TYPES: Mapping[str, type[ChannelSettings]] = {
    "console": ConsoleSettings,
    "email": EmailSettings,
    "slack": SlackSettings,
    "webhook": WebhookSettings,
}


def quiet_window(text: str) -> tuple[time, time]:
    """Read "22:00-07:00" into its start and end, local times of day. Raises ValueError."""
    match = QUIET.fullmatch(text)
    if match is None:
        raise ValueError('quiet: expected two times of day such as "22:00-07:00"')
    start_hour, start_minute, end_hour, end_minute = (int(part) for part in match.groups())
    return time(start_hour, start_minute), time(end_hour, end_minute)


def mailbox(text: str, key: str) -> tuple[str, str]:
    """Split `Some Name <name@host>` or `name@host` into name and address. Raises ValueError naming `key`."""
    name, address = "", text
    if NAMED_MAILBOX.fullmatch(text):
        name, _, address = text[:-1].rpartition("<")
    if not MAILBOX.fullmatch(address) or not name.isprintable():
        raise ValueError(f"{key}: expected an address such as team@example.com (a host outside ASCII in its xn-- form)")
    return name.strip(), address


def signing_key(secret: Secret) -> bytes:
    """Return the key of a Standard Webhooks secret: 24 to 64 bytes, in base64 after `whsec_`. Raises ValueError."""
    try:
        key = base64.b64decode(secret.reveal().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError('secret: expected "whsec_" and 24 to 64 bytes in base64 (openssl rand -base64 32)') from None
    if not 24 <= len(key) <= 64:
        raise ValueError(f"secret: expected 24 to 64 bytes in base64, got {len(key)}")
    return key


def check_url(url: Secret, key: str) -> None:
    """Raise ValueError unless `url` is an absolute http(s) address of printable ASCII. The message never quotes it."""
    text = url.reveal()
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").encode("idna")
        usable = parts.scheme in ("http", "https") and bool(host) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not re.fullmatch(r"[\x21-\x7e]{1,2000}", text):
        raise ValueError(f"{key}: expected an address that starts with https:// or http://")
    if parts.username is not None:
        raise ValueError(f"{key}: put credentials into a header instead of the address")


def check_header(value: str, key: str, *, ascii_only: bool = True) -> None:
    """Raise ValueError for text that could end a header early or can't stand in one."""
    usable = HEADER_VALUE.fullmatch(value) is not None if ascii_only else value.isprintable()
    if not usable:
        raise ValueError(f"{key}: contains characters that a header can't have")


def check_timeout(timeout: timedelta) -> None:
    """Raise ValueError for a timeout that would never or always strike."""
    if not timedelta(seconds=1) <= timeout <= timedelta(minutes=10):
        raise ValueError("timeout: expected 1s to 10m")
