"""Alerts, deliveries and servers that tests of channels share."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from msgspec.structs import replace

from listener.types import Alert, Delivery, DeliveryStatus

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

ANGRY = Alert(
    key="0123456789abcdef0123456789abcdef",
    rule="angry",
    on="mention",
    brand="acme",
    source="hacker-news",
    created_at=NOW,
    title="acme: complaint on hacker-news: Acme Cloud lost our backups",
    quote="Acme Cloud lost a day of our backups, and support <b>never</b> answered.\n\nThird time & we are leaving. 😡",
    url="https://news.example.com/item?id=1&ref=<feed>",
    tone="bad",
    facts=(("Sentiment", "-0.81 negative"), ("Pain point", "data loss, severity 4 of 4"), ("Author", "jo")),
)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def alert() -> Callable[..., Alert]:
    """Return a function that makes an alert, an angry mention unless told otherwise."""

    def make(**changes: Any) -> Alert:
        return replace(ANGRY, **changes)

    return make


@pytest.fixture
def mixed(alert: Callable[..., Alert]) -> list[Alert]:
    """Return alerts of every tone about brands and sources, not in the order to show."""
    return [
        alert(
            key="b" * 32,
            rule="trouble",
            on="source",
            brand=None,
            tone="good",
            title="Source blog recovered after 1 d 6 h",
            quote="",
            url=None,
            facts=(("Failed polls", "30"),),
        ),
        alert(
            key="c" * 32,
            rule="prices",
            on="price",
            brand="globex",
            tone="plain",
            title="globex: Pro raised from 49 USD per month to 59 USD per month (+20.4 %)",
            quote="",
            url="https://globex.example.com/pricing",
            facts=(("Before", "49 USD per month"), ("After", "59 USD per month"), ("Change", "+20.4 %")),
            thread="globex: prices (globex-pricing)",
        ),
        alert(created_at=NOW - timedelta(hours=1), key="d" * 32, title="acme: churn on blog: Bye", tone="bad"),
        alert(),
    ]


@pytest.fixture
def change(alert: Callable[..., Alert]) -> Alert:
    """Return an alert about words of a page that changed."""
    return alert(
        key="e" * 32,
        rule="faqs",
        on="faq",
        brand="globex",
        tone="plain",
        title="globex: answer edited: Can I <leave>?",
        quote="You can leave [-at any <i>time</i>,-] {+once a year,+} free of charge.",
        url="https://globex.example.com/faq",
        facts=(("Page", "globex-faq"),),
        thread="globex: FAQ (globex-faq)",
    )


@pytest.fixture
def delivery(alert: Callable[..., Alert]) -> Callable[..., Delivery]:
    """Return a function that makes the delivery of an alert with a number."""

    def make(number: int, *, attempts: int = 0, **changes: Any) -> Delivery:
        return Delivery(
            id=number,
            alert_id=number,
            alert=alert(key=f"{number:032}", **changes),
            channel="channel",
            status=DeliveryStatus.PENDING,
            attempts=attempts,
            due_at=NOW,
        )

    return make


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Return a function that compares text with a file in golden/.

    With LISTENER_WRITE_GOLDEN=1 it writes the file instead, to be looked at before it is committed.
    """

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / name
        if os.environ.get("LISTENER_WRITE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    """Return a PEM file with the tests' certificate authority."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def speaking() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """Return a function that starts a server which treats one connection as told, and returns its port."""
    threads: list[threading.Thread] = []
    listeners: list[socket.socket] = []

    def start(talk: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(5)
                try:
                    talk(connection)
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        threads.append(thread)
        port = listener.getsockname()[1]
        assert isinstance(port, int)
        return port

    yield start
    for listener in listeners:
        listener.close()
    for thread in threads:
        thread.join(5)
