"""Webhooks: a signed JSON document for each batch of alerts, posted to an address of the operator's.

Signed as Standard Webhooks 1.0.0 says: https://www.standardwebhooks.com
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import responses

import msgspec

from listener.channels import Secret, WebhookSettings, signing_key
from listener.errors import DeliveryError, MessageRefused, PermanentDeliveryError, TemporaryDeliveryError
from listener.notify.plain import clean, clean_line, link
from listener.notify.post import Answer, Poster, retry_after
from listener.types import Alert, RuleOn, Tone

#: More alerts are posted in several documents: a program wants all of them, not a count of the rest.
ALERTS_LIMIT = 100
TITLE_LIMIT = 500
QUOTE_LIMIT = 4000
ABOUT_THE_MESSAGE = frozenset({400, 413, 415, 422})


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A label and its value, in the order to show."""

    label: str
    value: str


class AlertBody(msgspec.Struct, frozen=True, kw_only=True):
    """One alert. `key` is unique: take it to drop a repetition."""

    key: str
    rule: str
    on: RuleOn
    brand: str | None
    source: str | None
    created_at: datetime
    title: str
    quote: str
    url: str | None
    tone: Tone
    thread: str
    facts: list[Fact]


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """The alerts, and the channel they were sent on."""

    channel: str
    alerts: list[AlertBody]


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """The document. `type` is always "listener.alerts"; `timestamp` is when its youngest alert was made."""

    type: str
    timestamp: datetime
    data: Data


class WebhookChannel:
    """Posts to an address."""

    MESSAGE_LIMIT = ALERTS_LIMIT

    def __init__(self, name: str, settings: WebhookSettings) -> None:
        """Take the settings. Connects only to send."""
        self.name = name
        self._settings = settings
        self._poster = Poster(settings.url, timeout=settings.timeout, ca_file=settings.ca_file)

    def render(self, alerts: Sequence[Alert], *, message_id: str, now: datetime) -> str:
        """Return the documents as they would be posted, a line each."""
        return "\n".join(body.decode() for _, body in documents(self.name, alerts, message_id))

    def send(self, alerts: Sequence[Alert], *, message_id: str, now: datetime, delivered: Collection[str] = ()) -> None:
        """Post the alerts; see `listener.types.Channel`.

        With more than `MESSAGE_LIMIT` of them there are several documents, with ids of their own that are the same for
        each attempt: after a failure all of them are posted again, and a receiver drops those that it has.
        """
        for identity, body in documents(self.name, alerts, message_id):
            headers = {name: value.reveal() for name, value in self._settings.headers.items()}
            headers |= {"Content-Type": "application/json", **signed(identity, body, now, self._settings.secret)}
            error = webhook_error(self._poster.post(body, headers), self._poster.host, now)
            if error is not None:
                raise error


def documents(channel: str, alerts: Sequence[Alert], message_id: str) -> Iterator[tuple[str, bytes]]:
    """Yield the id and the body of each document."""
    for start in range(0, len(alerts), ALERTS_LIMIT):
        part = alerts[start : start + ALERTS_LIMIT]
        payload = Payload(
            type="listener.alerts",
            timestamp=max(alert.created_at for alert in part),
            data=Data(channel=channel, alerts=[alert_body(alert) for alert in part]),
        )
        identity = message_id if len(alerts) <= ALERTS_LIMIT else f"{message_id}-{start // ALERTS_LIMIT + 1}"
        yield identity, msgspec.json.encode(payload)


def alert_body(alert: Alert) -> AlertBody:
    """Return an alert as it is sent: cleaned of hidden characters, cut, and not escaped for any one use."""
    return AlertBody(
        key=alert.key,
        rule=alert.rule,
        on=alert.on,
        brand=None if alert.brand is None else clean_line(alert.brand, TITLE_LIMIT),
        source=alert.source,
        created_at=alert.created_at.astimezone(UTC),
        title=clean_line(alert.title, TITLE_LIMIT),
        quote=clean(alert.quote, QUOTE_LIMIT),
        url=link(alert.url),
        tone=alert.tone,
        thread=clean_line(alert.thread, TITLE_LIMIT),
        facts=[
            Fact(label=clean_line(label, 100), value=clean_line(value, TITLE_LIMIT)) for label, value in alert.facts
        ],
    )


def signed(identity: str, body: bytes, now: datetime, secret: Secret | None) -> dict[str, str]:
    """Return the headers that name, date and sign a body; unsigned without a secret."""
    stamp = str(int(now.timestamp()))
    headers = {"webhook-id": identity, "webhook-timestamp": stamp}
    if secret is not None:
        digest = hmac.new(signing_key(secret), f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()
        headers["webhook-signature"] = "v1," + base64.b64encode(digest).decode("ascii")
    return headers


def webhook_error(answer: Answer, host: str, now: datetime) -> DeliveryError | None:
    """Read an answer; None for a document that was taken.

    Everything but a refusal of the document, 410 and a redirect is worth another try: receivers are restarted, moved
    and mended. The answer's body stays out of the error: it may repeat the address.
    """
    status = answer.status
    if 200 <= status < 300:
        return None
    said = f"{host} said {status} {responses.get(status, '')}".rstrip()
    if status in ABOUT_THE_MESSAGE:
        return MessageRefused(said)
    if 300 <= status < 400:
        return PermanentDeliveryError(f"{said}: redirects are not followed; put the new address into the settings")
    if status == HTTPStatus.GONE:
        return PermanentDeliveryError(said)
    return TemporaryDeliveryError(said, retry_after=retry_after(answer.retry_after, now))
