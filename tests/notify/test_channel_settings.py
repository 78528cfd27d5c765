"""Settings of channels: what is refused, and that a secret stays one."""

from __future__ import annotations

import base64
import copy
import logging
import pickle
from collections.abc import Callable
from datetime import time, timedelta

import msgspec
import pytest

from listener.channels import (
    CHANNEL_TYPES,
    ConsoleSettings,
    EmailSettings,
    Secret,
    SlackSettings,
    WebhookSettings,
    mailbox,
    quiet_window,
    signing_key,
)

PASSWORD = Secret("hunter2")
HOOK = Secret("https://hooks.example.com/T1/B2/xyz")


def email(**changes: object) -> EmailSettings:
    table = {"host": "smtp.example.com", "from": "listener@example.com", "to": ["team@example.com"], **changes}
    return msgspec.convert(table, EmailSettings)


def test_a_secret_shows_itself_to_nobody_who_does_not_ask() -> None:
    assert PASSWORD.reveal() == "hunter2"
    for shown in (repr(PASSWORD), str(PASSWORD), f"{PASSWORD}", f"{PASSWORD:>10}", "%s %r" % (PASSWORD, PASSWORD)):  # noqa: UP031
        assert "hunter2" not in shown
        assert "***" in shown
    assert "hunter2" not in repr(email(username="listener", password=PASSWORD))
    assert "hunter2" not in logging.makeLogRecord({"msg": "%s", "args": (PASSWORD,)}).getMessage()


def test_a_secret_is_neither_pickled_nor_written_as_json() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(PASSWORD)
    with pytest.raises(TypeError):
        copy.copy(PASSWORD)
    with pytest.raises(TypeError):
        msgspec.json.encode(email(username="listener", password=PASSWORD))


def test_secrets_compare_by_value_and_only_with_each_other() -> None:
    assert Secret("a") == Secret("a")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"


def test_every_type_has_a_record_that_refuses_unknown_keys() -> None:
    assert sorted(CHANNEL_TYPES) == ["console", "email", "slack", "webhook"]
    for kind in CHANNEL_TYPES.values():
        assert issubclass(kind, msgspec.Struct)
        assert kind.__struct_config__.forbid_unknown_fields
        assert kind.__struct_config__.frozen


def test_a_table_becomes_a_record_with_the_usual_port() -> None:
    assert email().server_port == 587
    assert email(security="tls").server_port == 465
    assert email(security="none").server_port == 25
    assert email(port=2525).server_port == 2525
    assert email(**{"from": "Listener <listener@example.com>"}).from_ == "Listener <listener@example.com>"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"to": []}, "to:"),
        ({"to": ["team@example.com\r\nBcc: all@example.com"]}, "to:"),
        ({"to": ["team@example.com, second@example.com"]}, "to:"),
        ({"to": ["a..b@example.com"]}, "to:"),
        ({"to": [".a@example.com"]}, "to:"),
        ({"to": ["a@-example.com"]}, "to:"),
        ({"to": ["a@" + "b." * 130 + "com"]}, "to:"),
        ({"from": "Eve\u202e <eve@example.com>"}, "from:"),
        ({"host": "smtp.example.com:25"}, "host:"),
        ({"host": "smtp example"}, "host:"),
        ({"from": "nobody"}, "from:"),
        ({"from": 'Eve" <eve@example.com>'}, "from:"),
        ({"username": "listener"}, "password:"),
        ({"password": PASSWORD}, "password:"),
        ({"username": "listener", "password": Secret("schlüssel")}, "ASCII"),
        ({"username": "listener", "password": PASSWORD, "security": "none"}, "clear text"),
        ({"subject_prefix": "[x]\r\nBcc: all@example.com"}, "subject_prefix:"),
        ({"list_id": "a b"}, "list_id:"),
        ({"unsubscribe": "javascript:alert(1)"}, "unsubscribe:"),
        ({"unsubscribe": "https://example.com/>\r\nX: y"}, "unsubscribe:"),
        ({"timeout": timedelta(0)}, "timeout:"),
        ({"quiet": "22-7"}, "quiet:"),
        ({"quiet": "07:00-07:00"}, "quiet:"),
        ({"gap": timedelta(days=2)}, "gap:"),
        ({"port": 0}, "port"),
        ({"security": "ssl"}, "security"),
        ({"host": ""}, "host"),
        ({"hots": "smtp.example.com"}, "hots"),
    ],
)
def test_bad_mail_settings_are_refused_naming_the_key(changes: dict[str, object], key: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=key):
        email(**changes)


def test_a_password_may_stay_unencrypted_on_the_machine_itself() -> None:
    settings = email(host="127.0.0.1", security="none", username="listener", password=PASSWORD)
    assert settings.password == PASSWORD


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com/x",
        "ftp://example.com/x",
        "https://",
        "https://example.com/a b",
        "https://ex[ample/",
        "https://" + "a" * 64 + ".example/",
        "https://e.com/\r\nX: y",
    ],
)
def test_an_address_that_cannot_be_posted_to_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(ValueError, match="url: expected") as caught:
        SlackSettings(url=Secret(url))
    assert str(caught.value) == "url: expected an address that starts with https:// or http://"


def test_credentials_do_not_belong_into_an_address() -> None:
    with pytest.raises(ValueError, match="header") as caught:
        WebhookSettings(url=Secret("https://user:hunter2@example.com/"))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda: WebhookSettings(url=HOOK, secret=Secret("whsec_!!")), "secret: expected"),
        (lambda: WebhookSettings(url=HOOK, secret=Secret("whsec_" + base64.b64encode(b"short").decode())), "24 to 64"),
        (lambda: WebhookSettings(url=HOOK, headers={"X y": Secret("1")}), "headers"),
        (lambda: WebhookSettings(url=HOOK, headers={"Webhook-Id": Secret("1")}), "Webhook-Id"),
        (lambda: WebhookSettings(url=HOOK, headers={"X-Token": Secret("a\r\nY: z")}), "X-Token"),
        (lambda: ConsoleSettings(quiet="25:00-07:00"), "quiet"),
    ],
)
def test_bad_settings_of_other_channels_are_refused_naming_the_key(make: Callable[[], object], key: str) -> None:
    with pytest.raises(ValueError, match=key):
        make()


def test_the_pieces_of_settings_are_read() -> None:
    assert quiet_window("22:00-07:30") == (time(22), time(7, 30))
    assert mailbox("Team One <team@example.com>", "to") == ("Team One", "team@example.com")
    assert mailbox("team@example.com", "to") == ("", "team@example.com")
    assert signing_key(Secret("whsec_" + base64.b64encode(b"k" * 24).decode())) == b"k" * 24
