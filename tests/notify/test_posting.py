"""Slack and webhooks over real HTTP: what servers may answer, and what becomes of the message."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import trustme
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.channels import ConsoleSettings, Secret, SlackSettings, WebhookSettings
from listener.errors import DeliveryError, MessageRefused, PermanentDeliveryError, TemporaryDeliveryError
from listener.notify import RenderingChannel, build, sample_alert
from listener.notify.post import retry_after
from listener.notify.webhook import Payload, signed
from listener.types import Alert

BERLIN = ZoneInfo("Europe/Berlin")
MESSAGE_ID = "00112233445566778899aabbccddeeff"
PATH = "/services/T000/B000/very-secret"
KEY = b"0123456789abcdef0123456789abcdef"
SIGNING = Secret("whsec_" + base64.b64encode(KEY).decode())


def slack(url: str, **options: Any) -> RenderingChannel:
    return build("slack", SlackSettings(url=Secret(url), **options), BERLIN)


def webhook(url: str, **options: Any) -> RenderingChannel:
    return build("hook", WebhookSettings(url=Secret(url), **options), BERLIN)


def failure(channel: RenderingChannel, alert: Alert, now: datetime) -> DeliveryError:
    """Send, and return the error that came of it, having looked whether it tells the secret address."""
    with pytest.raises(DeliveryError) as caught:
        channel.send([alert], message_id=MESSAGE_ID, now=now)
    assert "secret" not in repr(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


def test_slack_gets_a_message(httpserver: HTTPServer, alert: Callable[..., Alert], now: datetime) -> None:
    httpserver.expect_oneshot_request(PATH, method="POST").respond_with_data("ok")
    slack(httpserver.url_for(PATH)).send([alert()], message_id=MESSAGE_ID, now=now)
    ((request, _),) = httpserver.log
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert request.headers["Host"] == f"{httpserver.host}:{httpserver.port}"
    message = json.loads(request.get_data())
    assert message["text"] == "acme: complaint on hacker-news: Acme Cloud lost our backups"
    assert message["blocks"][0]["type"] == "header"


SLACK_FAULTS = [
    (400, "invalid_payload", MessageRefused, "Slack said 400 invalid_payload"),
    (400, "invalid_blocks", MessageRefused, "Slack said 400 invalid_blocks"),
    (403, "action_prohibited", PermanentDeliveryError, "Slack said 403 action_prohibited"),
    (403, "invalid_token", PermanentDeliveryError, "Slack said 403 invalid_token"),
    (404, "no_service", PermanentDeliveryError, "Slack said 404 no_service"),
    (404, f"<html>Not found: {PATH}</html>", PermanentDeliveryError, "Slack said 404"),
    (410, "channel_is_archived", PermanentDeliveryError, "Slack said 410 channel_is_archived"),
    (413, "", MessageRefused, "Slack said 413"),
    (302, "", PermanentDeliveryError, "Slack said 302"),
    (408, "", TemporaryDeliveryError, "Slack said 408"),
    (429, "rate_limited", TemporaryDeliveryError, "Slack said 429 rate_limited"),
    (500, "rollup_error", TemporaryDeliveryError, "Slack said 500 rollup_error"),
    (503, "x" * 1_000_000, TemporaryDeliveryError, "Slack said 503"),
    (200, "<html>Log in to our WiFi</html>", TemporaryDeliveryError, "Slack said 200 with a web page"),
]


@pytest.mark.parametrize(("status", "body", "kind", "said"), SLACK_FAULTS)
def test_what_slack_may_answer(
    status: int,
    body: str,
    kind: type[DeliveryError],
    said: str,
    httpserver: HTTPServer,
    alert: Callable[..., Alert],
    now: datetime,
) -> None:
    httpserver.expect_request(PATH).respond_with_data(body, status=status)
    error = failure(slack(httpserver.url_for(PATH)), alert(), now)
    assert (type(error), str(error)) == (kind, said)


WEBHOOK_FAULTS = [
    (400, MessageRefused),
    (413, MessageRefused),
    (422, MessageRefused),
    (410, PermanentDeliveryError),
    (301, PermanentDeliveryError),
    (307, PermanentDeliveryError),
    (401, TemporaryDeliveryError),
    (404, TemporaryDeliveryError),
    (429, TemporaryDeliveryError),
    (500, TemporaryDeliveryError),
    (502, TemporaryDeliveryError),
    (599, TemporaryDeliveryError),
]


@pytest.mark.parametrize(("status", "kind"), WEBHOOK_FAULTS)
def test_what_a_receiver_of_webhooks_may_answer(
    status: int, kind: type[DeliveryError], httpserver: HTTPServer, alert: Callable[..., Alert], now: datetime
) -> None:
    httpserver.expect_request(PATH).respond_with_data(f"Not at {PATH}", status=status, headers={"Location": "/other"})
    error = failure(webhook(httpserver.url_for(PATH)), alert(), now)
    assert type(error) is kind
    assert str(error).startswith(f"{httpserver.host} said {status}")
    assert len(httpserver.log) == 1, "no redirect is followed"


@pytest.mark.parametrize("make", [slack, webhook])
@pytest.mark.parametrize(
    ("header", "wish"),
    [
        ("30", timedelta(seconds=30)),
        ("Fri, 20 Nov 2026 09:45:00 GMT", timedelta(minutes=15)),
        ("Fri, 20 Nov 2020 09:45:00 GMT", timedelta(0)),
        ("-5", timedelta(0)),
        ("1e300", timedelta(days=30)),
        ("nan", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_service_names_the_time_of_the_next_attempt(
    make: Callable[[str], RenderingChannel],
    header: str,
    wish: timedelta | None,
    httpserver: HTTPServer,
    alert: Callable[..., Alert],
    now: datetime,
) -> None:
    httpserver.expect_request(PATH).respond_with_data("rate_limited", status=429, headers={"Retry-After": header})
    error = failure(make(httpserver.url_for(PATH)), alert(), now)
    assert isinstance(error, TemporaryDeliveryError)
    assert error.retry_after == wish


@pytest.mark.parametrize("value", ["inf", "-inf", "٣", "Fri, 99 Nov 2026 09:45:00 GMT", "Fri, 20 Nov 99999 09:45:00"])
def test_nonsense_names_no_time(value: str, now: datetime) -> None:
    assert retry_after(value, now) in (None, timedelta(seconds=3))


def test_a_webhook_is_signed_so_that_a_receiver_can_check_it(
    httpserver: HTTPServer, alert: Callable[..., Alert], now: datetime
) -> None:
    httpserver.expect_request(PATH).respond_with_data("", status=204)
    hook = webhook(httpserver.url_for(PATH), secret=SIGNING, headers={"Authorization": Secret("Bearer xyz")})
    hook.send([alert()], message_id=MESSAGE_ID, now=now)
    later = now + timedelta(minutes=5)
    hook.send([alert()], message_id=MESSAGE_ID, now=later)
    for (request, _), moment in zip(httpserver.log, (now, later), strict=True):
        assert request.headers["Authorization"] == "Bearer xyz"
        assert request.headers["webhook-id"] == MESSAGE_ID
        assert request.headers["webhook-timestamp"] == str(int(moment.timestamp()))
        content = f"{MESSAGE_ID}.{int(moment.timestamp())}.".encode() + request.get_data()
        expected = base64.b64encode(hmac.digest(KEY, content, hashlib.sha256)).decode()
        assert request.headers["webhook-signature"] == f"v1,{expected}"
    assert httpserver.log[0][0].get_data() == httpserver.log[1][0].get_data()


def test_a_signature_is_the_one_of_the_specification() -> None:
    """Try the example of the Standard Webhooks libraries."""
    headers = signed(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        datetime.fromtimestamp(1614265330, UTC),
        Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_an_unsigned_webhook_has_an_id_all_the_same(
    httpserver: HTTPServer, alert: Callable[..., Alert], now: datetime
) -> None:
    httpserver.expect_request(PATH).respond_with_data("fine")
    webhook(httpserver.url_for(PATH)).send([alert()], message_id=MESSAGE_ID, now=now)
    request = httpserver.log[0][0]
    assert request.headers["webhook-id"] == MESSAGE_ID
    assert "webhook-signature" not in request.headers


def test_many_alerts_are_posted_in_parts_and_the_first_failure_ends_it(
    httpserver: HTTPServer, alert: Callable[..., Alert], now: datetime
) -> None:
    seen: list[str] = []

    def answer(request: Request) -> Response:
        seen.append(request.headers["webhook-id"])
        return Response(status=503 if len(seen) == 2 else 200)

    httpserver.expect_request(PATH).respond_with_handler(answer)
    hook = webhook(httpserver.url_for(PATH))
    alerts = [alert(key=str(number)) for number in range(250)]
    with pytest.raises(TemporaryDeliveryError):
        hook.send(alerts, message_id=MESSAGE_ID, now=now)
    hook.send(alerts, message_id=MESSAGE_ID, now=now)
    ids = [f"{MESSAGE_ID}-{number}" for number in (1, 2, 3)]
    assert seen == [*ids[:2], *ids]


def trickle(connection: socket.socket) -> None:
    """Send a byte from time to time, so that no single read waits for long."""
    connection.recv(100_000)
    connection.settimeout(0.05)
    while True:
        try:
            if not connection.recv(1):
                return
        except TimeoutError:
            connection.sendall(b"H")


def say_nothing(connection: socket.socket) -> None:
    while connection.recv(100_000):
        pass


def speak_something_else(connection: socket.socket) -> None:
    connection.sendall(b"220 mail.example.com ESMTP\r\n")
    connection.recv(100_000)


def hang_up(connection: socket.socket) -> None:
    connection.recv(100_000)


def answer_without_end(connection: socket.socket) -> None:
    connection.recv(100_000)
    connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        connection.sendall(b"x" * 10_000)


@pytest.mark.parametrize(
    ("talk", "said"),
    [
        (trickle, "127.0.0.1 did not answer within 1 s"),
        (say_nothing, "127.0.0.1 did not answer within 1 s"),
        (speak_something_else, "127.0.0.1 can't be reached: the connection broke"),
        (hang_up, "127.0.0.1 can't be reached: "),
        (answer_without_end, "127.0.0.1 said 503"),
    ],
)
def test_a_server_that_misbehaves_costs_little_and_makes_another_attempt(
    talk: Callable[[socket.socket], None],
    said: str,
    alert: Callable[..., Alert],
    now: datetime,
    speaking: Callable[[Callable[[socket.socket], None]], int],
) -> None:
    hook = webhook(f"http://127.0.0.1:{speaking(talk)}{PATH}", timeout=timedelta(seconds=1))
    error = failure(hook, alert(), now)
    assert type(error) is TemporaryDeliveryError
    assert str(error).startswith(said)


def test_a_server_that_is_not_there_makes_another_attempt(alert: Callable[..., Alert], now: datetime) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    error = failure(webhook(f"http://127.0.0.1:{port}{PATH}"), alert(), now)
    assert str(error) == "127.0.0.1 can't be reached: connection refused"


@pytest.fixture
def secure(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


def test_https_is_verified(secure: ssl.SSLContext, ca_file: str, alert: Callable[..., Alert], now: datetime) -> None:
    with HTTPServer(host="127.0.0.1", ssl_context=secure) as server:
        server.expect_request(PATH).respond_with_data("ok")
        url = server.url_for(PATH)
        webhook(url, ca_file=ca_file).send([alert()], message_id=MESSAGE_ID, now=now)
        error = failure(webhook(url), alert(), now)
        wrong_name = failure(webhook(url.replace("127.0.0.1", "127.0.0.2"), ca_file=ca_file), alert(), now)
    assert "its certificate is not accepted" in str(error)
    assert isinstance(wrong_name, TemporaryDeliveryError)


def test_plain_http_behind_https_is_told_as_such(
    httpserver: HTTPServer, alert: Callable[..., Alert], now: datetime
) -> None:
    error = failure(webhook(httpserver.url_for(PATH).replace("http://", "https://")), alert(), now)
    assert "no TLS" in str(error) or "broke" in str(error)


def test_proxies_of_the_environment_are_not_asked(
    httpserver: HTTPServer, alert: Callable[..., Alert], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    httpserver.expect_request(PATH).respond_with_data("ok")
    slack(httpserver.url_for(PATH)).send([alert()], message_id=MESSAGE_ID, now=now)


def test_no_secret_reaches_a_log(
    httpserver: HTTPServer, alert: Callable[..., Alert], now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    httpserver.expect_request(PATH).respond_with_data("no_service", status=404)
    with caplog.at_level(logging.DEBUG):
        failure(slack(httpserver.url_for(PATH)), alert(), now)
        failure(webhook(httpserver.url_for(PATH), secret=SIGNING), alert(), now)
    ours = [record.getMessage() for record in caplog.records if record.name != "werkzeug"]
    assert not any("very-secret" in message or "whsec" in message for message in ours)


def test_the_schema_in_the_documentation_is_the_one_that_is_sent() -> None:
    path = Path(__file__).parents[2] / "docs" / "webhook.schema.json"
    assert json.loads(path.read_text(encoding="utf-8")) == msgspec.json.schema(Payload)


def test_every_channel_can_show_its_message_without_sending_it(now: datetime) -> None:
    for channel in (
        slack("https://127.0.0.1:9/x"),
        webhook("https://127.0.0.1:9/x"),
        build("c", ConsoleSettings(), BERLIN),
    ):
        assert "Test of the channel x" in channel.render([sample_alert("x", now)], message_id=MESSAGE_ID, now=now)
