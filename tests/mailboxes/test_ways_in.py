"""Ways into a mailbox beside a password over TLS: STARTTLS, and tokens of OAuth that each poll asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from msgspec.structs import replace
from pytest_httpserver import HTTPServer
from werkzeug import Request as Asked
from werkzeug import Response as Answered

from listener.channels import Secret
from listener.types import Outcome
from tests.mailboxes.conftest import Reader
from tests.mailboxes.mail_server import MailServer

MAIL = "From: Jo <jo@example.com>\nSubject: Hello\nMessage-ID: <1@x>\n\nThe export fails\n"
OAUTH = "IMAP4rev1 AUTH=XOAUTH2"


@dataclass
class Tokens:
    """A service that gives out tokens, one after the other."""

    server: HTTPServer
    mails: MailServer
    secret: str = "shh"
    asked: list[dict[str, str]] = field(default_factory=list)

    def answer(self, request: Asked) -> Answered:
        form = {name: values[0] for name, values in parse_qs(request.get_data(as_text=True)).items()}
        self.asked.append(form)
        if form.get("client_secret", self.secret) != self.secret:
            return Answered(json.dumps({"error": "invalid_client"}), status=401, content_type="application/json")
        self.mails.token = f"token-{len(self.asked)}"
        given = {"access_token": self.mails.token, "token_type": "Bearer", "expires_in": 3599}
        return Answered(json.dumps(given), content_type="application/json")

    @property
    def url(self) -> str:
        return self.server.url_for("/token").replace("localhost", "127.0.0.1")


@pytest.fixture
def tokens(server: MailServer, httpserver: HTTPServer) -> Tokens:
    made = Tokens(httpserver, server)
    httpserver.expect_request("/token", method="POST").respond_with_handler(made.answer)
    server.capabilities = OAUTH
    return made


@pytest.fixture
def reader_with_oauth(server: MailServer, tokens: Tokens, authority: Path, tmp_path: Path) -> Iterator[Reader]:
    made = Reader(
        server.port,
        authority / "ca.pem",
        tmp_path,
        password=None,
        token_url=tokens.url,
        client_id="an-app",
        client_secret=Secret("shh"),
        scope="https://outlook.office365.com/.default",
    )
    yield made
    made.store.close()


def with_options(reader: Reader, **options: Any) -> None:
    reader.source = replace(reader.source, options=msgspec.structs.replace(reader.source.options, **options))


# --- STARTTLS -----------------------------------------------------------------------------------------------------


def test_a_server_that_begins_in_clear_text_is_told_the_password_only_over_tls(
    server: MailServer, reader: Reader
) -> None:
    server.clear = True
    server.put(MAIL)
    with_options(reader, security="starttls")
    assert reader.poll().new_items == 1
    assert reader.poll().outcome is Outcome.NOT_MODIFIED
    assert [command.split(" ")[0] for command in server.commands[:4]] == [
        "CAPABILITY",
        "STARTTLS",
        "CAPABILITY",
        "AUTHENTICATE",
    ]


@pytest.mark.parametrize(
    ("greeting", "instead", "detail"),
    [
        (b"* OK ready\r\n", {"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n"}, "doesn't offer encryption"),
        (b"* PREAUTH welcome\r\n", {}, "doesn't offer encryption"),
        (b"* OK ready\r\n", {"STARTTLS": b"TAG NO not today\r\n"}, "doesn't start encryption: 'not today'"),
        (b"* OK ready\r\n", {"STARTTLS": b"TAG OK go\r\nnot TLS at all"}, "TLS"),
    ],
)
def test_nothing_is_said_to_a_server_that_does_not_begin_to_encrypt(
    server: MailServer, reader: Reader, greeting: bytes, instead: dict[str, bytes], detail: str
) -> None:
    server.clear, server.greeting = True, greeting
    server.instead.update(instead)
    with_options(reader, security="starttls")
    result = reader.poll()
    assert result.outcome is Outcome.TLS
    assert detail in result.detail
    assert not [command for command in server.commands if command.startswith(("AUTH", "LOGIN"))]


def test_a_certificate_of_an_unknown_authority_is_refused_after_starttls_too(
    server: MailServer, reader: Reader
) -> None:
    server.clear = True
    reader.settings = replace(reader.settings, ca_file=None)
    with_options(reader, security="starttls")
    assert reader.poll().outcome is Outcome.TLS


def test_what_somebody_in_between_says_before_tls_begins_is_not_heard(server: MailServer, reader: Reader) -> None:
    server.clear = True
    server.injected = b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n* BYE forged"
    server.put(MAIL)
    with_options(reader, security="starttls")
    assert reader.poll().new_items == 1


# --- OAuth --------------------------------------------------------------------------------------------------------


def test_each_poll_asks_for_a_token_and_logs_in_with_it(
    server: MailServer, tokens: Tokens, reader_with_oauth: Reader
) -> None:
    server.put(MAIL)
    first = reader_with_oauth.poll()
    assert (first.new_items, first.requests) == (1, 2)
    assert tokens.asked == [
        {
            "grant_type": "client_credentials",
            "client_id": "an-app",
            "client_secret": "shh",
            "scope": "https://outlook.office365.com/.default",
        }
    ]
    # The place up to which the mailbox was read goes along.
    second = reader_with_oauth.poll()
    assert (second.items, second.worked, len(tokens.asked)) == (0, True, 2)
    server.put(MAIL.replace("<1@x>", "<2@x>").replace("Hello", "Again").replace("export", "import"))
    assert reader_with_oauth.poll().new_items == 1


def test_a_person_s_consent_is_renewed(server: MailServer, tokens: Tokens, reader_with_oauth: Reader) -> None:
    server.put(MAIL)
    with_options(reader_with_oauth, client_secret=None, refresh_token=Secret("consent"), scope="")
    assert reader_with_oauth.poll().new_items == 1
    assert tokens.asked == [{"grant_type": "refresh_token", "client_id": "an-app", "refresh_token": "consent"}]


def test_more_mails_than_one_answer_holds_are_read_with_one_token(
    server: MailServer, tokens: Tokens, reader_with_oauth: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("listener.mailboxes.MAILS_LIMIT", 2)
    for number in range(5):
        server.put(MAIL.replace("<1@x>", f"<{number}@x>").replace("fails", f"fails {number} times"))
    assert reader_with_oauth.poll().new_items == 5
    assert len(tokens.asked) == 1


def test_an_app_that_is_not_let_in_is_told_without_its_secret(tokens: Tokens, reader_with_oauth: Reader) -> None:
    with_options(reader_with_oauth, client_secret=Secret("wr0ng"))
    result = reader_with_oauth.poll()
    assert result.outcome is Outcome.UNAUTHORIZED
    assert "wr0ng" not in result.detail


def test_a_token_that_the_mailbox_refuses_is_told_without_it(
    server: MailServer, tokens: Tokens, reader_with_oauth: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "mails", MailServer(server.context))
    result = reader_with_oauth.poll()
    assert result.outcome is Outcome.UNAUTHORIZED
    assert "Invalid credentials" in result.detail
    assert "token-1" not in result.detail


def test_a_server_that_knows_no_tokens_says_so(server: MailServer, tokens: Tokens, reader_with_oauth: Reader) -> None:
    server.capabilities = "IMAP4rev1 AUTH=PLAIN"
    result = reader_with_oauth.poll()
    assert result.outcome is Outcome.UNAUTHORIZED
    assert "accepts no OAuth tokens" in result.detail


@pytest.mark.parametrize("answer", ["{}", '{"access_token": "two words"}', '{"access_token": "a\\r\\nb"}', "<html>"])
def test_an_answer_without_a_token_is_a_failed_poll(
    tokens: Tokens, reader_with_oauth: Reader, httpserver: HTTPServer, answer: str
) -> None:
    httpserver.clear()
    httpserver.expect_request("/token").respond_with_data(answer, content_type="application/json")
    assert reader_with_oauth.poll().outcome is Outcome.PARSE


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"password": None}, "password: a mailbox needs one"),
        ({"token_url": "https://login.example/token"}, "password: a mailbox needs one"),
        ({"password": None, "token_url": "login.example"}, "token_url: expected an address"),
        ({"password": None, "token_url": "http://login.example/t", "client_id": "x"}, "cross the network in clear"),
        ({"password": None, "token_url": "https://login.example/t", "client_id": "x"}, "client_id: OAuth needs it"),
        ({"password": None, "token_url": "https://l.example/t", "client_secret": Secret("x")}, "client_id: OAuth"),
    ],
)
def test_half_of_what_a_way_in_needs_is_refused(
    server: MailServer, authority: Path, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        Reader(server.port, authority / "ca.pem", tmp_path, **options)
