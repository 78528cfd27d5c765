"""Mail over real SMTP: what servers may say, and what becomes of the message."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from listener.channels import EmailSettings, Secret
from listener.errors import MessageDeferred, MessageRefused, PermanentDeliveryError, TemporaryDeliveryError
from listener.notify import build
from listener.notify.mail import EmailChannel
from listener.types import Alert

MESSAGE_ID = "00112233445566778899aabbccddeeff"
UTC = ZoneInfo("UTC")


class Postbox:
    """A server's mind: what it answers, by receiver and to data, and what it took."""

    def __init__(self, *, to: dict[str, list[str]] | None = None, mail: str = "", data: str = "250 OK") -> None:
        #: Receivers and content of each message taken.
        self.taken: list[tuple[list[str], bytes]] = []
        self.logged_in = False
        self._to = to or {}
        self._mail = mail
        self._data = data

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._mail:
            return self._mail
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answers = self._to.get(address)
        if answers:
            answer = answers.pop(0)
            if not answer.startswith("250"):
                return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._data.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.taken.append((list(envelope.rcpt_tos), envelope.content))
            self.logged_in = session.authenticated is True
        return self._data


@contextmanager
def serving(postbox: Postbox, **options: Any) -> Iterator[int]:
    """Run an SMTP server on a port of its own."""
    controller = Controller(postbox, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port


def channel(port: int, **changes: Any) -> EmailChannel:
    options: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "from_": "listener@example.com",
        "to": ("one@example.com", "two@example.com"),
        "timeout": timedelta(seconds=5),
        **changes,
    }
    made = build("mail", EmailSettings(**options), UTC)
    assert isinstance(made, EmailChannel)
    return made


@pytest.fixture
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


def test_a_message_arrives_whole(alert: Callable[..., Alert], now: datetime) -> None:
    postbox = Postbox()
    with serving(postbox) as port:
        channel(port).send([alert(quote=".\nA line that starts with a dot\n.\n.")], message_id=MESSAGE_ID, now=now)
    ((receivers, content),) = postbox.taken
    assert receivers == ["one@example.com", "two@example.com"]
    message = message_from_bytes(content, policy=default)
    assert message["Message-ID"] == f"<{MESSAGE_ID}@example.com>"
    body = message.get_body(("plain",))
    assert body is not None
    assert "> .\n> A line that starts with a dot\n> .\n> .\n" in body.get_content().replace("\r\n", "\n")


def login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=data.login == b"listener" and data.password == b"hunter2", handled=False)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_message_arrives_over_tls_with_a_login(
    security: str, alert: Callable[..., Alert], now: datetime, ca_file: str, server_tls: ssl.SSLContext
) -> None:
    postbox = Postbox()
    context = {"ssl_context": server_tls} if security == "tls" else {"tls_context": server_tls}
    with serving(postbox, **context, authenticator=login, auth_require_tls=security == "starttls") as port:
        mail = channel(port, security=security, ca_file=ca_file, username="listener", password=Secret("hunter2"))
        mail.send([alert()], message_id=MESSAGE_ID, now=now)
    assert len(postbox.taken) == 1
    assert postbox.logged_in


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_not_accepted(
    security: str, alert: Callable[..., Alert], now: datetime, server_tls: ssl.SSLContext
) -> None:
    postbox = Postbox()
    context = {"ssl_context": server_tls} if security == "tls" else {"tls_context": server_tls}
    with serving(postbox, **context) as port, pytest.raises(TemporaryDeliveryError, match="certificate"):
        channel(port, security=security).send([alert()], message_id=MESSAGE_ID, now=now)
    assert postbox.taken == []


def test_a_server_without_starttls_gets_nothing_in_clear_text(alert: Callable[..., Alert], now: datetime) -> None:
    postbox = Postbox()
    with serving(postbox) as port, pytest.raises(TemporaryDeliveryError, match="STARTTLS"):
        channel(port, security="starttls").send([alert()], message_id=MESSAGE_ID, now=now)
    assert postbox.taken == []


def test_a_wrong_password_is_tried_again_later_and_not_told(
    alert: Callable[..., Alert], now: datetime, ca_file: str, server_tls: ssl.SSLContext
) -> None:
    with serving(Postbox(), tls_context=server_tls, authenticator=login) as port:
        mail = channel(port, security="starttls", ca_file=ca_file, username="listener", password=Secret("swordfish"))
        with pytest.raises(TemporaryDeliveryError, match="535") as caught:
            mail.send([alert()], message_id=MESSAGE_ID, now=now)
    assert "swordfish" not in str(caught.value)


@pytest.mark.parametrize(
    ("postbox", "error", "said"),
    [
        (Postbox(mail="421 shutting down"), TemporaryDeliveryError, "421"),
        (Postbox(mail="451 try later"), TemporaryDeliveryError, "451"),
        (Postbox(mail="550 no such sender"), PermanentDeliveryError, "550"),
        (Postbox(mail="552 too large"), MessageRefused, "552"),
        (Postbox(data="421 shutting down"), TemporaryDeliveryError, "421"),
        (Postbox(data="450 busy"), MessageDeferred, "450"),
        (Postbox(data="452 no space"), TemporaryDeliveryError, "452"),
        (Postbox(data="552 too large"), MessageRefused, "552"),
        (Postbox(data="554 looks like spam\x1b[31m"), MessageRefused, "554 looks like spam"),
    ],
)
def test_a_refusal_is_temporary_or_permanent_by_its_code(
    postbox: Postbox, error: type[Exception], said: str, alert: Callable[..., Alert], now: datetime
) -> None:
    with serving(postbox) as port, pytest.raises(error, match=said) as caught:
        channel(port).send([alert()], message_id=MESSAGE_ID, now=now)
    assert type(caught.value) is error
    assert "\x1b" not in str(caught.value)


GREY = "450 greylisted, come back"
UNKNOWN = "550 no such user"


def test_greylisted_receivers_make_another_attempt(alert: Callable[..., Alert], now: datetime) -> None:
    postbox = Postbox(to={"one@example.com": [GREY], "two@example.com": [GREY]})
    with serving(postbox) as port:
        mail = channel(port)
        with pytest.raises(TemporaryDeliveryError, match="greylisted"):
            mail.send([alert()], message_id=MESSAGE_ID, now=now)
        mail.send([alert()], message_id=MESSAGE_ID, now=now)
    assert [receivers for receivers, _ in postbox.taken] == [["one@example.com", "two@example.com"]]


def test_who_has_a_message_does_not_get_it_again_because_another_was_put_off(
    alert: Callable[..., Alert], now: datetime
) -> None:
    postbox = Postbox(to={"two@example.com": [GREY, GREY]})
    with serving(postbox) as port:
        mail = channel(port)
        have: Sequence[str] = ()
        for _ in range(2):
            with pytest.raises(MessageDeferred, match="450") as caught:
                mail.send([alert()], message_id=MESSAGE_ID, now=now, delivered=have)
            have = caught.value.delivered
            assert have == ("one@example.com",)
        # After a restart, as it were: who has it is told by whoever sends.
        channel(port).send([alert()], message_id=MESSAGE_ID, now=now, delivered=have)
        mail.send([alert()], message_id="another", now=now)
    assert [receivers for receivers, _ in postbox.taken] == [
        ["one@example.com"],
        ["two@example.com"],
        ["one@example.com", "two@example.com"],
    ]


def test_a_message_is_sent_once_some_have_it_though_the_others_turn_out_to_be_unknown(
    alert: Callable[..., Alert], now: datetime
) -> None:
    postbox = Postbox(to={"two@example.com": [UNKNOWN]})
    with serving(postbox) as port:
        refused = channel(port).send([alert()], message_id=MESSAGE_ID, now=now, delivered=["one@example.com"])
    assert postbox.taken == []
    assert refused == "the server refuses two@example.com (550 no such user)"


def test_a_message_that_all_of_todays_receivers_have_is_sent(alert: Callable[..., Alert], now: datetime) -> None:
    delivered = ["one@example.com", "two@example.com", "gone@example.com"]
    # No server is there: the message must not be handed over once more.
    assert channel(free_port()).send([alert()], message_id=MESSAGE_ID, now=now, delivered=delivered) is None


def test_a_receiver_that_is_unknown_is_left_out_and_named(alert: Callable[..., Alert], now: datetime) -> None:
    postbox = Postbox(to={"two@example.com": [UNKNOWN]})
    with serving(postbox) as port:
        refused = channel(port).send([alert()], message_id=MESSAGE_ID, now=now)
    assert [receivers for receivers, _ in postbox.taken] == [["one@example.com"]]
    assert refused == "the server refuses two@example.com (550 no such user)"


def test_a_message_that_no_receiver_may_have_is_refused(alert: Callable[..., Alert], now: datetime) -> None:
    postbox = Postbox(to={"one@example.com": [UNKNOWN], "two@example.com": [UNKNOWN]})
    with serving(postbox) as port, pytest.raises(PermanentDeliveryError, match="no such user"):
        channel(port).send([alert()], message_id=MESSAGE_ID, now=now)


def test_a_server_that_hangs_up_between_receivers_has_taken_nothing(alert: Callable[..., Alert], now: datetime) -> None:
    postbox = Postbox(to={"two@example.com": ["421 too many receivers"]})
    with serving(postbox) as port:
        mail = channel(port)
        with pytest.raises(TemporaryDeliveryError):
            mail.send([alert()], message_id=MESSAGE_ID, now=now)
        mail.send([alert()], message_id=MESSAGE_ID, now=now)
    assert [receivers for receivers, _ in postbox.taken] == [["one@example.com", "two@example.com"]]


def lines_of(connection: socket.socket) -> Iterator[bytes]:
    with connection.makefile("rb") as stream:
        yield from stream


def hang_up_within_data(connection: socket.socket) -> None:
    connection.sendall(b"220 hello\r\n")
    lines = lines_of(connection)
    for line in lines:
        if line.upper().startswith(b"DATA"):
            connection.sendall(b"354 go on\r\n")
            next(lines)
            return
        connection.sendall(b"250 OK\r\n")


def answer_ehlo_without_end(connection: socket.socket) -> None:
    connection.sendall(b"220 hello\r\n")
    connection.recv(100)
    while True:
        connection.sendall(b"250-X\r\n")


def say_nothing(connection: socket.socket) -> None:
    connection.recv(1)


def refuse(connection: socket.socket) -> None:
    connection.sendall(b"554 we don't like you\r\n")
    connection.recv(1)


def speak_something_else(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9\r\n")
    connection.recv(1)


def hang_up(connection: socket.socket) -> None:
    connection.sendall(b"")


@pytest.mark.parametrize(
    ("talk", "said"),
    [
        (hang_up_within_data, "127.0.0.1"),
        (answer_ehlo_without_end, "did not answer in time"),
        (say_nothing, "did not answer in time"),
        (refuse, "554 we don't like you"),
        (speak_something_else, "127.0.0.1"),
        (hang_up, "127.0.0.1 ended the session"),
    ],
)
def test_a_server_that_breaks_off_or_never_ends_costs_a_second_and_another_attempt(
    talk: Callable[[socket.socket], None],
    said: str,
    alert: Callable[..., Alert],
    now: datetime,
    speaking: Callable[[Callable[[socket.socket], None]], int],
) -> None:
    mail = channel(speaking(talk), timeout=timedelta(seconds=1))
    with pytest.raises(TemporaryDeliveryError, match=said):
        mail.send([alert()], message_id=MESSAGE_ID, now=now)


def test_a_server_that_is_not_there_makes_another_attempt(alert: Callable[..., Alert], now: datetime) -> None:
    with pytest.raises(TemporaryDeliveryError, match="can't be reached: connection refused"):
        channel(free_port()).send([alert()], message_id=MESSAGE_ID, now=now)


def test_a_certificate_file_that_is_missing_is_told_when_the_channel_is_built() -> None:
    with pytest.raises(PermanentDeliveryError, match=r"ca_file /nowhere/ca\.pem"):
        channel(25, security="tls", ca_file="/nowhere/ca.pem")


def test_what_would_be_sent_can_be_read_without_sending_it(alert: Callable[..., Alert], now: datetime) -> None:
    shown = channel(1).render([alert()], message_id=MESSAGE_ID, now=now)
    assert shown.startswith("Subject: [listener] acme: complaint on hacker-news")
    assert "> Acme Cloud lost a day of our backups" in shown
