"""What a monitoring system reads, over a real socket and by Prometheus' own parser."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families
from pytest_httpserver import HTTPServer

from listener.callbacks import Call
from listener.errors import ListenerError
from listener.metrics import TICK_LIMIT, Metrics
from listener.outbox import Delivered
from listener.pipeline import PollResult
from listener.storage import Counts, StoredSource
from listener.types import Outcome, SourceState
from tests.daemon.test_daemon import SETTINGS, Systemd, daemon, feed, until

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
COUNTS = Counts(
    sources=3, failing=1, stopped=0, items=40, mentions=12, stories=9, alerts=5, pending=2, dead=1,
    oldest_pending=NOW - timedelta(minutes=5), last_poll=NOW - timedelta(seconds=3), size_bytes=4096,
)  # fmt: skip


class Clock:
    """A clock that nobody sets but the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def metrics(clock: Clock) -> Iterator[Metrics]:
    made = Metrics(clock)
    made.listen(("127.0.0.1", free_port()))
    yield made
    made.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def get(port: int | None, path: str) -> tuple[int, str, str]:
    """Return status, content type and text."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def scraped(port: int | None) -> dict[tuple[str, ...], float]:
    """Return the value of each series, by its name and the values of its labels."""
    _, kind, text = get(port, "/metrics")
    assert kind == "text/plain; version=0.0.4; charset=utf-8"
    families = text_string_to_metric_families(text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def result(outcome: Outcome = Outcome.OK, requests: int = 0) -> PollResult:
    return PollResult(source="blog", outcome=outcome, elapsed=timedelta(seconds=0.3), requests=requests)


def test_polls_and_what_they_brought_are_counted(metrics: Metrics) -> None:
    metrics.polled(replace(result(requests=2), items=20, new_items=3, mentions=2), NOW)
    metrics.polled(result(Outcome.NOT_MODIFIED, requests=1), NOW + timedelta(minutes=1))
    metrics.polled(result(Outcome.TIMEOUT, requests=1), NOW + timedelta(minutes=2))
    metrics.polled(result(Outcome.DEFERRED), NOW + timedelta(minutes=3))
    seen = scraped(metrics.port)
    polls = {key[1]: count for key, count in seen.items() if key[0] == "listener_polls_total"}
    assert {outcome: count for outcome, count in polls.items() if count} == {
        "ok": 1, "not-modified": 1, "timeout": 1, "deferred": 1,
    }  # fmt: skip
    assert set(polls) == {outcome.value for outcome in Outcome}, "those that never happened as well"
    for name, count in (
        ("requests", 4), ("items_read", 20), ("items", 3), ("mentions", 2), ("changes", 0),
    ):  # fmt: skip
        assert seen[f"listener_{name}_total",] == count, name
    assert seen["listener_poll_duration_seconds_count",] == 3, "nothing was asked in the fourth"
    assert seen["listener_poll_duration_seconds_bucket", "0.5"] == 3
    assert seen["listener_source_last_success_timestamp_seconds", "blog"] == (NOW + timedelta(minutes=1)).timestamp()


def test_alerts_are_counted_by_rule(metrics: Metrics) -> None:
    metrics.configured([], [], ["angry", "prices"])
    metrics.alerted({"angry": 2, "notes": 1})
    metrics.alerted({"angry": 1})
    seen = scraped(metrics.port)
    counted = {key[1]: count for key, count in seen.items() if key[0] == "listener_alerts_total"}
    assert counted == {"angry": 3, "notes": 1, "prices": 0}


def test_deliveries_are_counted_by_channel_and_by_what_became_of_them(metrics: Metrics) -> None:
    metrics.configured([], ["mail", "slack"], [])
    metrics.delivered(Delivered(channel="mail", sent=3))
    metrics.delivered(Delivered(channel="mail", retried=2, dead=1, error="503"))
    seen = scraped(metrics.port)
    counted = {key[1:]: count for key, count in seen.items() if key[0] == "listener_deliveries_total"}
    assert counted == {
        ("mail", "sent"): 3, ("mail", "retried"): 2, ("mail", "dead"): 1,
        ("slack", "sent"): 0, ("slack", "retried"): 0, ("slack", "dead"): 0,
    }  # fmt: skip


def test_how_things_stand_is_told_in_seconds_and_bytes(metrics: Metrics) -> None:
    metrics.stands(COUNTS, NOW - timedelta(seconds=90), NOW)
    metrics.ticked(NOW)
    seen = scraped(metrics.port)
    assert (seen["listener_sources",], seen["listener_sources_failing",], seen["listener_sources_stopped",]) == (
        3,
        1,
        0,
    )
    assert (seen["listener_poll_lag_seconds",], seen["listener_delivery_lag_seconds",]) == (90, 300)
    assert (seen["listener_deliveries_pending",], seen["listener_deliveries_dead",]) == (2, 1)
    assert (seen["listener_database_size_bytes",], seen["listener_database_rows", "mentions"]) == (4096, 12)
    assert seen["listener_last_tick_timestamp_seconds",] == NOW.timestamp()
    assert seen["process_resident_memory_bytes",] > 0
    metrics.stands(COUNTS, NOW + timedelta(seconds=90), NOW - timedelta(hours=1))
    seen = scraped(metrics.port)
    assert (seen["listener_poll_lag_seconds",], seen["listener_delivery_lag_seconds",]) == (0, 0), "nothing is overdue"


def test_sources_that_left_the_settings_leave_and_others_are_there_before_their_first_poll(metrics: Metrics) -> None:
    metrics.polled(result(), NOW)

    def stored(name: str, *, active: bool = True, at: datetime | None = None) -> StoredSource:
        return StoredSource(
            name=name, scraper="feed", url="", brand=None, category="", weight=1.0, active=active,
            state=SourceState(source=name, due_at=NOW, last_success_at=at), added_at=NOW,
        )  # fmt: skip

    metrics.configured([stored("new"), stored("news", at=NOW), stored("gone", active=False)], [], [])
    seen = scraped(metrics.port)
    last = {key[1]: at for key, at in seen.items() if key[0] == "listener_source_last_success_timestamp_seconds"}
    assert last == {"new": 0, "news": NOW.timestamp()}


def test_names_keep_the_conventions_and_labels_are_few(metrics: Metrics) -> None:
    metrics.configured([], ["mail"], ["angry"])
    metrics.stands(COUNTS, NOW, NOW)
    for family in text_string_to_metric_families(get(metrics.port, "/metrics")[2]):
        assert family.name.startswith(("listener_", "process_"))
        assert family.documentation
        assert len(family.samples) <= 40, family.name
        if family.type == "counter" and family.name.startswith("listener_"):
            assert all(sample.name.endswith("_total") for sample in family.samples)


def test_every_metric_is_described(metrics: Metrics) -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "metrics.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^\| `(listener_\w+)` \|", page, flags=re.MULTILINE))
    families = text_string_to_metric_families(get(metrics.port, "/metrics")[2])
    assert described == {
        f"{one.name}_total" if one.type == "counter" else one.name
        for one in families
        if one.name.startswith("listener_")
    }
    used = set(re.findall(r"\blistener_[a-z_]+", page))
    assert used == described


def test_health_is_that_work_is_handed_out(metrics: Metrics, clock: Clock) -> None:
    assert get(metrics.port, "/health") == (200, "text/plain; charset=utf-8", "ok\n")
    clock.now += TICK_LIMIT.total_seconds() + 1
    status, _, text = get(metrics.port, "/health")
    assert (status, text) == (503, "no work was dispatched for 76 s\n")
    metrics.ticked(NOW)
    assert get(metrics.port, "/health")[0] == 200


def test_nothing_else_is_answered(metrics: Metrics) -> None:
    assert get(metrics.port, "/")[0] == 404
    assert metrics.answer(Call(method="POST", path="/metrics")).status == 405


def test_an_address_that_is_taken_is_told_and_another_one_can_be_taken(metrics: Metrics) -> None:
    first = metrics.port
    with socket.create_server(("127.0.0.1", 0)) as other:
        with pytest.raises(ListenerError, match=r"can't listen at .* for metrics \(daemon\.metrics\)"):
            metrics.listen(other.getsockname()[:2])
        assert metrics.port is None
    second = free_port()
    metrics.listen(("127.0.0.1", second))
    assert get(second, "/health")[0] == 200
    with pytest.raises(urllib.error.URLError):
        get(first, "/health")
    metrics.listen(None)
    with pytest.raises(urllib.error.URLError):
        get(second, "/health")


def test_the_daemon_is_scraped_while_it_works_and_goes_on_counting_at_another_address(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    httpserver.expect_request("/feed").respond_with_data(feed("Acme one"), content_type="text/xml")
    first, second = free_port(), free_port()
    settings = tmp_path / "listener.toml"
    text = SETTINGS.format(url=httpserver.url_for("/feed"))
    settings.write_text(f'{text}\n[daemon]\nmetrics = "127.0.0.1:{first}"\n')
    systemd = Systemd(tmp_path / "notify")
    with daemon(settings, systemd) as process:
        systemd.wait_for("READY=1")
        assert scraped(first)["listener_deliveries_total", "screen", "sent"] == 0
        until(lambda: scraped(first)["listener_deliveries_total", "screen", "sent"] == 1)
        seen = scraped(first)
        assert seen["listener_polls_total", "ok"] == seen["listener_mentions_total",] == 1
        until(lambda: scraped(first)["listener_alerts_total", "angry"] == 1)
        assert get(first, "/health")[0] == 200
        settings.write_text(f'{text}\n[daemon]\nmetrics = "127.0.0.1:{second}"\n')
        process.send_signal(signal.SIGHUP)
        systemd.wait_for("READY=1", count=2)
        assert scraped(second)["listener_mentions_total",] == 1
        with pytest.raises(urllib.error.URLError):
            get(first, "/health")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=50) == 0
    systemd.close()
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_nothing_of_it_is_loaded_where_nobody_asks_for_it() -> None:
    loaded = "import sys, listener.daemon, listener.cli.run; print('prometheus_client' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
