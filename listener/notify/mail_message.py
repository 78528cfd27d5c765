"""Mail: from alerts to a message. Pure; the text part is written to be read, not derived from the HTML."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from email.utils import format_datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import css_inline
import jinja2

from listener.alerts.words import cut
from listener.channels import EmailSettings, mailbox
from listener.notify.digest import (
    ALL_ALERTS,
    DIFFERENCES_ON,
    MARKS,
    Digest,
    counted,
    digest,
    facts,
    merged,
    quoted,
    segments,
    shown_at,
    thread_of,
    title_of,
)
from listener.notify.plain import clean, clean_line, host_of, link
from listener.types import Alert, Tone

COLUMNS = 78
#: A mail with more than this is not read but deleted.
ALERTS_LIMIT = 50
#: Characters, with the prefix: what mail programs show of a subject.
SUBJECT_LIMIT = 120
QUOTE_LIMIT = 1000
#: Of each quote where a mail holds several.
DIGEST_QUOTE_LIMIT = 300
SEVERITIES: Mapping[Tone, str] = {"bad": "high", "plain": "normal", "good": "low"}


class Folding(EmailPolicy):
    """The library's way to fold headers, without its empty first line.

    What just fits into a line of its own it moves below the name; some programs then show, and filters see, the blank
    that begins the second line. So the first becomes longer than 78 characters, which RFC 5322 (2.1.1) allows.
    """

    def fold(self, name: str, value: str) -> str:
        """Return a header as text."""
        folded: str = super().fold(name, value)
        return folded.replace(f"{name}:{self.linesep} ", f"{name}: ", 1)

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return a header as bytes."""
        folded: bytes = super().fold_binary(name, value)
        return folded.replace(f"{name}:{self.linesep} ".encode(), f"{name}: ".encode(), 1)


class WholeHeader(UnstructuredHeader, BaseHeader):
    """A header for programs, in ASCII: never folded, for `email` would encode what finds no place on a line."""

    def fold(self, *, policy: Policy) -> str:
        """Return the header on one line; what stands in one here is shorter than the 998 characters of RFC 5322."""
        return f"{self.name}: {self}{policy.linesep}"


HEADERS = HeaderRegistry()
for name in ("In-Reply-To", "References", "List-Id", "List-Unsubscribe"):
    HEADERS.map_to_type(name, WholeHeader)
POLICY = Folding(linesep=SMTP.linesep, header_factory=HEADERS)


class MailWriter:
    """Writes messages for one channel."""

    def __init__(self, settings: EmailSettings, zone: ZoneInfo) -> None:
        """Take the channel's settings, which name sender and receivers, and the zone in which times are shown."""
        self._settings = settings
        self._zone = zone
        name, address = mailbox(settings.from_, "from")
        self.sender = address
        self._from = Address(display_name=name or "listener", addr_spec=address)
        self.receivers = tuple(mailbox(entry, "to")[1] for entry in settings.to)
        self._to = tuple(
            Address(display_name=name, addr_spec=address)
            for name, address in (mailbox(entry, "to") for entry in settings.to)
        )
        self._domain = address.rpartition("@")[2]

    @cached_property
    def _template(self) -> jinja2.Template:
        loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
        environment = jinja2.Environment(
            loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        return environment.get_template("mail.html")

    @cached_property
    def _inliner(self) -> css_inline.CSSInliner:
        return css_inline.CSSInliner(load_remote_stylesheets=False)

    def write(self, alerts: Sequence[Alert], *, message_id: str, now: datetime) -> EmailMessage:
        """Write one message with these alerts. The same arguments give the same bytes."""
        rules = named(alert.rule for alert in alerts)
        alerts = merged(alerts)
        shown = digest(alerts, ALERTS_LIMIT)
        message = EmailMessage(policy=POLICY)
        for name, value in self._headers(alerts, shown, message_id, now, rules=rules):
            if value:
                message[name] = value
        message["From"] = self._from
        message["To"] = self._to
        message.set_content(text_part(shown, alerts, self._zone), cte="quoted-printable")
        message.add_alternative(self._html_part(shown, alerts), subtype="html", cte="quoted-printable")
        message.set_boundary(f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:32]}")
        return message

    def _headers(
        self, alerts: Sequence[Alert], shown: Digest, message_id: str, now: datetime, *, rules: str
    ) -> Iterator[tuple[str, str]]:
        yield "Subject", self.subject(alerts, shown)
        yield "Date", format_datetime(now)
        yield "Message-ID", f"<{message_id}@{self._domain}>"
        thread = thread_of(alerts)
        if thread:
            # A message that nobody got: what all of the thread have in common, whichever of them was delivered first.
            root = f"<thread.{hashlib.sha256(thread.encode('utf-8', 'replace')).hexdigest()[:32]}@{self._domain}>"
            yield "In-Reply-To", root
            yield "References", root
        yield "List-Id", f"<{self._settings.list_id or f'listener.{self._domain}'}>"
        # RFC 3834: out-of-office programs keep silent.
        yield "Auto-Submitted", "auto-generated"
        yield "X-Auto-Response-Suppress", "All"
        if self._settings.unsubscribe:
            yield "List-Unsubscribe", f"<{self._settings.unsubscribe}>"
        yield "X-Listener-Rule", rules
        yield "X-Listener-Brand", named(alert.brand or "" for alert in alerts)
        yield "X-Listener-Severity", SEVERITIES[shown.worst]

    def subject(self, alerts: Sequence[Alert], shown: Digest) -> str:
        """Return the subject: the thread's name, the only alert's title, or a count.

        Within a thread it never changes: mail programs start a new one with another subject.
        """
        text = thread_of(alerts) or (title_of(shown.single) if shown.single else counted(alerts))
        prefix = self._settings.subject_prefix
        room = SUBJECT_LIMIT - len(prefix) - 1
        return f"{prefix} {clean_line(text, room)}".strip()

    def _html_part(self, shown: Digest, alerts: Sequence[Alert]) -> str:
        page = self._template.render(
            digest=shown,
            heading=counted(alerts),
            cards=[
                [self._card(alert, single=shown.single is not None) for alert in group.alerts] for group in shown.groups
            ],
            all_alerts=ALL_ALERTS,
        )
        return self._inliner.inline(page)

    def _card(self, alert: Alert, *, single: bool) -> Mapping[str, object]:
        """Return what the template shows of one alert."""
        quote = clean(alert.quote, QUOTE_LIMIT if single else DIGEST_QUOTE_LIMIT)
        address = link(alert.url)
        return {
            "title": title_of(alert),
            "tone": alert.tone,
            "quote": segments(quote) if alert.on in DIFFERENCES_ON else [("same", quote)] if quote else [],
            "address": address,
            "host": host_of(address) if address else "",
            "facts": facts(alert),
            "rule": clean_line(alert.rule, 100),
            "at": shown_at(alert.created_at, self._zone),
        }


def named(names: Iterator[str]) -> str:
    """List names for a header, each once, in ASCII where they are."""
    return cut(", ".join(clean_line(name, 100) for name in dict.fromkeys(names) if name), 300)


def text_part(shown: Digest, alerts: Sequence[Alert], zone: ZoneInfo) -> str:
    """Write the text part, in lines of at most `COLUMNS` characters but for addresses."""
    lines: list[str] = []
    only = shown.single
    if only is not None:
        lines += text_card(only, zone, quote_limit=QUOTE_LIMIT, mark="", one_line_facts=False)
    else:
        lines += [*wrapped(counted(alerts))]
        for group in shown.groups:
            if shown.named:
                name = f"{group.name} ({len(group.alerts)})"
                lines += ["", name, "-" * len(name)]
            for alert in group.alerts:
                mark = f"{MARKS[alert.tone]} "
                lines += ["", *text_card(alert, zone, quote_limit=DIGEST_QUOTE_LIMIT, mark=mark, one_line_facts=True)]
    if shown.rest:
        lines += ["", shown.rest_line]
    lines += ["", "-- ", f"Sent by listener. All alerts: {ALL_ALERTS}"]
    return "\n".join(lines) + "\n"


def text_card(alert: Alert, zone: ZoneInfo, *, quote_limit: int, mark: str, one_line_facts: bool) -> list[str]:
    """Write one alert: title, quote, address, facts."""
    indent = " " * len(mark)
    lines = wrapped(title_of(alert), first=mark, rest=indent)
    quote = quoted(alert, quote_limit)
    if quote:
        lines += [] if one_line_facts else [""]
        for line in quote.split("\n"):
            lines += wrapped(line, first=f"{indent}> ", rest=f"{indent}> ") or [f"{indent}>"]
    told = [*facts(alert), ("Rule", clean_line(alert.rule, 100)), ("Alert", shown_at(alert.created_at, zone))]
    address = link(alert.url)
    if address:
        lines += [f"{indent}{address}"] if one_line_facts else ["", address]
    if one_line_facts:
        lines += wrapped("; ".join(f"{label}: {value}" for label, value in told), first=indent, rest=indent)
    else:
        width = max(len(label) for label, _ in told) + 2
        lines.append("")
        for label, value in told:
            lines += wrapped(value, first=label.ljust(width), rest=" " * width)
    return lines


def wrapped(text: str, *, first: str = "", rest: str = "") -> list[str]:
    """Wrap one line of text; words longer than a line are broken."""
    return textwrap.wrap(
        text, COLUMNS, initial_indent=first, subsequent_indent=rest, break_long_words=True, break_on_hyphens=False
    )
