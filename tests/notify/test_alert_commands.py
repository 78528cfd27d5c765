"""`listener alerts` and `listener channels`, as they are typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pytest_httpserver import HTTPServer

from listener.cli import group, main
from listener.storage import Store
from listener.types import Alert

START = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SETTINGS = """
[listener]
timezone = "Europe/Berlin"

[brands.acme]
query = "acme"

[channels.screen]
type = "console"
quiet = "22:00-07:00"

[channels.slack]
type = "slack"
url = {{ env = "SLACK" }}

[channels.mail]
type = "email"
host = "smtp.example.com"
username = "listener"
password = {{ env = "PASSWORD" }}
from = "listener@example.com"
to = ["team@example.com"]

[channels.hook]
type = "webhook"
url = "{hook}"

[alerts.angry]
sentiment_at_most = -0.4
channels = ["screen", "slack"]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer) -> Path:
    """Work in a folder with settings, and a terminal that is wide enough."""
    monkeypatch.chdir(tmp_path)
    for name in ("LISTENER_CONFIG", "SLACK", "PASSWORD", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "listener.toml").write_text(SETTINGS.format(hook=httpserver.url_for("/secret-path")))
    return tmp_path


@pytest.fixture
def stored(folder: Path, alert: Callable[..., Alert]) -> None:
    """Store alerts: one handed over, one failed and waiting, one given up, one that waits for its digest."""
    with_store = Store.open(folder / "listener.db", now=START)
    both = {"channels": ("screen",)}
    alerts = [
        alert(key="1" * 32, title="acme: first \x1b[31m[bold]title[/bold]", **both),
        alert(key="2" * 32, created_at=START + timedelta(hours=1), title="acme: second", **both),
        alert(key="3" * 32, created_at=START + timedelta(hours=2), title="globex: third", brand="globex", **both),
        alert(key="4" * 32, created_at=START + timedelta(hours=3), title="acme: fourth", rule="calm", **both),
    ]
    digest = START + timedelta(days=1)
    with with_store.write() as tx:
        assert tx.add_alerts(alerts, {("4" * 32, "screen"): digest}) == 4
        tx.mark_sent([1], START + timedelta(minutes=1))
        tx.mark_retry([2], START + timedelta(hours=5), "Slack said 503")
        tx.mark_dead([3], "Slack said 404 no_service")
    with_store.close()


def run(*arguments: str, environ: dict[str, str | None] | None = None) -> Result:
    return CliRunner().invoke(group, list(arguments), env=environ)


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that ends with a message for people, and return it."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 1
    return capsys.readouterr().err


@pytest.mark.usefixtures("stored")
def test_alerts_are_shown_with_what_became_of_them() -> None:
    done = run("alerts")
    assert done.exit_code == 0, done.output
    lines = [line.rstrip() for line in done.output.splitlines()]
    assert lines[0].split() == ["no.", "when", "alert"]
    (fourth, fourth_became), (_, third_became), (_, second_became), (first, first_became) = batched(lines[1:9])
    assert "2026-11-20 13:30" in fourth
    assert fourth_became.endswith("due 2026-11-21 10:30")
    assert third_became.endswith("abandoned after once: Slack said 404 no_service")
    assert second_became.endswith("failed once, next 2026-11-20 15:30: Slack said 503")
    assert first_became.endswith("sent 2026-11-20 10:31")
    assert first.endswith("acme: first [31m[bold]title[/bold]"), "neither terminal nor rich read web text"


@pytest.mark.usefixtures("stored")
def test_channels_of_one_alert_share_its_title(folder: Path, alert: Callable[..., Alert]) -> None:
    with closing(Store.open(folder / "listener.db", now=START)) as store, store.write() as tx:
        both = alert(
            key="5" * 32, created_at=START + timedelta(days=1), title="acme: fifth", channels=("mail", "slack")
        )
        assert tx.add_alerts([both]) == 1
    lines = [line.split() for line in run("alerts", "--limit", "2").output.splitlines()[1:4]]
    assert [line[0] for line in lines] == ["6", "angry,", "5"]
    assert [" ".join(line[-3:]) for line in lines[1:]] == ["due 2026-11-21 10:30"] * 2


@pytest.mark.usefixtures("stored")
def test_receivers_that_a_server_refuses_are_named_until_a_message_reaches_all(folder: Path) -> None:
    now = datetime.now(UTC)
    error = "the server refuses gone@example.com (550 no such user)"
    with closing(Store.open(folder / "listener.db", now=START)) as store, store.write() as tx:
        tx.mark_sent([2], now, error)
    assert f"not to all: {error}" in run("alerts", "--sent").output
    assert f"BAD  recipients: screen: {error}, at {now:%Y-%m-%d %H:%M} UTC" in run("doctor").output
    with closing(Store.open(folder / "listener.db", now=START)) as store, store.write() as tx:
        tx.mark_sent([4], now + timedelta(seconds=1))
    assert "ok   recipients" in run("doctor").output


def batched(lines: list[str]) -> list[tuple[str, str]]:
    """Return lines by two: what was told, and what became of it."""
    return list(zip(lines[::2], lines[1::2], strict=True))


@pytest.mark.usefixtures("stored")
def test_alerts_are_chosen_by_options() -> None:
    choices: list[tuple[list[str], list[int]]] = [
        ([], [4, 3, 2, 1]),
        (["--pending"], [4, 2]),
        (["--dead"], [3]),
        (["--sent"], [1]),
        (["--brand", "globex"], [3]),
        (["--rule", "calm"], [4]),
        (["--channel", "mail"], []),
        (["--since", "2026-11-20T11:30:00Z"], [4, 3]),
        (["--since", "2026-11-20"], [4, 3, 2, 1]),
        (["--since", "2026-11-20T11:30"], [4, 3, 2]),
        (["--since", "5200w"], [4, 3, 2, 1]),
        (["--limit", "2"], [4, 3]),
    ]
    for arguments, numbers in choices:
        done = run("alerts", "--json", *arguments)
        assert done.exit_code == 0, done.output
        assert [json.loads(line)["id"] for line in done.output.splitlines()] == numbers, arguments


@pytest.mark.usefixtures("stored")
def test_a_line_of_json_tells_all_of_a_delivery() -> None:
    (line,) = run("alerts", "--dead", "--json").output.splitlines()
    assert json.loads(line) == {
        "id": 3,
        "alert": "3" * 32,
        "created_at": "2026-11-20T11:30:00+00:00",
        "rule": "angry",
        "on": "mention",
        "brand": "globex",
        "source": "hacker-news",
        "title": "globex: third",
        "url": "https://news.example.com/item?id=1&ref=<feed>",
        "tone": "bad",
        "channel": "screen",
        "status": "dead",
        "attempts": 1,
        "due_at": None,
        "sent_at": None,
        "last_error": "Slack said 404 no_service",
        "delivered_to": [],
    }


@pytest.mark.usefixtures("stored")
def test_who_has_a_mail_that_others_wait_for_is_named(folder: Path) -> None:
    with closing(Store.open(folder / "listener.db", now=START)) as store, store.write() as tx:
        tx.mark_retry([4], START + timedelta(hours=5), "450 greylisted", ["jo@example.com"])
    assert "delivered to jo@example.com; others next 2026-11-20 15:30: 450 greylisted" in run("alerts").output


def test_an_empty_list_says_so() -> None:
    assert run("alerts").output == "No alerts yet.\n"
    assert run("alerts", "--dead").output == "No matching alerts.\n"


def test_a_moment_that_is_none_is_wrong_usage() -> None:
    done = run("alerts", "--since", "soon")
    assert done.exit_code == 2
    assert '"7d"' in done.output


def standings() -> dict[int, tuple[str, int]]:
    records = [json.loads(line) for line in run("alerts", "--json").output.splitlines()]
    return {record["id"]: (record["status"], record["attempts"]) for record in records}


@pytest.mark.usefixtures("stored")
def test_what_failed_or_was_given_up_is_tried_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("alerts", "retry", "2", "3").output == "2 queued for delivery.\n"
    assert standings() == {1: ("sent", 1), 2: ("pending", 1), 3: ("pending", 0), 4: ("pending", 0)}
    told = fails(capsys, "alerts", "retry", "1", "4", "99")
    assert "0 queued; 3 of the numbers given are not failed deliveries" in told


@pytest.mark.usefixtures("stored")
def test_all_that_failed_or_all_that_was_given_up_is_tried_again() -> None:
    assert run("alerts", "retry", "--dead").output == "1 queued for delivery.\n"
    assert run("alerts", "retry", "--dead").output == "No failed deliveries.\n"
    assert run("alerts", "retry", "--failed").output == "1 queued for delivery.\n"
    assert standings()[4] == ("pending", 0)
    assert run("alerts", "retry").exit_code == 2
    assert run("alerts", "retry", "3", "--dead").exit_code == 2


def test_channels_are_shown_with_their_rules_and_without_their_secrets() -> None:
    done = run("channels", environ={"SLACK": "https://hooks.example.com/T1/B2/hush", "PASSWORD": "hunter2"})
    assert done.exit_code == 0, done.output
    assert "hush" not in done.output
    assert "hunter2" not in done.output
    assert "secret-path" not in done.output
    assert "https://hooks.example.com/***" in done.output
    assert "team@example.com by smtp.example.com:587 (starttls) as listener" in done.output
    assert "22:00-07:00" in done.output
    assert "not signed" in done.output


def test_a_channel_without_its_secret_is_shown_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    records = [json.loads(line) for line in run("channels", "--json").output.splitlines()]
    assert {record["channel"]: record["type"] for record in records} == {
        "screen": "console",
        "hook": "webhook",
        "slack": None,
        "mail": None,
    }
    told = fails(capsys, "channels", "test", "mail")
    assert "channels.mail.password wants the environment variable PASSWORD" in told


def test_a_test_message_is_sent(httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request("/secret-path", method="POST").respond_with_data("fine")
    done = run("channels", "test", "hook")
    assert done.exit_code == 0, done.output
    assert "Sent a test message over hook: http://" in done.output
    assert "secret-path" not in done.output
    body = json.loads(httpserver.log[0][0].get_data())
    assert body["data"]["alerts"][0]["title"] == "Test of the channel hook"


def test_a_test_message_is_shown_instead_on_a_dry_run(httpserver: HTTPServer) -> None:
    environ: dict[str, str | None] = {"PASSWORD": "hunter2"}
    assert "Test of the channel hook" in run("channels", "test", "hook", "--dry-run").output
    assert run("channels", "test", "mail", "--dry-run", environ=environ).output.startswith("Subject: [listener] Test")
    assert run("channels", "test", "screen", "--dry-run").output.startswith("* Test of the channel screen")
    assert httpserver.log == []


def test_a_test_message_that_fails_says_why(httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]) -> None:
    httpserver.expect_request("/secret-path").respond_with_data("no", status=503)
    told = fails(capsys, "channels", "test", "hook")
    assert "said 503 Service Unavailable" in told
    assert "secret-path" not in told


def test_a_channel_that_is_not_there_is_answered_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert "defined: screen, hook" in fails(capsys, "channels", "test", "mial")
