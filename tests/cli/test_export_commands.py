"""`listener export`, `listener backup` and `listener rebuild-trends`, as they are typed."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from listener.cli import group
from listener.cli.export_tables import TABLES
from listener.cli.output_files import OutputError, csv_cell, harmless, output_file, write_rows
from listener.facts import Change
from listener.storage import Store
from listener.types import Source
from tests.storage.stored_samples import DAY, HOUR, NOW, add_mention, alert, reading, with_sources

SETTINGS = """
[listener]
contact = "https://example.com/bot"
timezone = "Europe/Berlin"
[brands.acme]
query = "acme"
[brands.globex]
query = "globex"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LISTENER_CONFIG", raising=False)
    (tmp_path / "listener.toml").write_text(SETTINGS)
    return tmp_path


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    opened = Store.open(folder / "listener.db", now=NOW)
    with_sources(opened, "blog", "forum")
    yield opened
    opened.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, list(arguments))


def exported(*arguments: str) -> list[dict[str, str]]:
    done = run("export", *arguments)
    assert done.exit_code == 0, done.output
    return list(csv.DictReader(io.StringIO(done.stdout)))


def poll(store: Store, at: datetime, *, ok: bool = True) -> None:
    with store.write() as transaction:
        transaction.add_coverage("blog", at, ok=ok, items=0)


def test_trends_by_the_days_of_the_settings_zone(store: Store) -> None:
    # Half past midnight in Berlin: the day before in UTC.
    late = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)
    add_mention(store, 1, reading(compound=-0.5), at=late)
    add_mention(store, 2, reading(compound=0.25), at=late + HOUR)
    poll(store, late)
    poll(store, late, ok=False)
    acme, globex = exported("trends")
    assert acme == {
        "bucket_start": "2026-11-03T00:00:00+01:00",
        "bucket_end": "2026-11-04T00:00:00+01:00",
        "brand": "acme",
        "source": "",
        "mentions": "2",
        "stories": "2",
        "scored": "2",
        "unscored": "0",
        "mean_compound": "-0.125",
        "mean_low": "-1.0",
        "mean_high": "1.0",
        "positive": "1",
        "neutral": "0",
        "negative": "1",
        "complaints": "2",
        "reach": "20.0",
        "polls_ok": "1",
        "polls_failed": "1",
        "coverage": "0.5",
    }
    assert (globex["brand"], globex["mentions"], globex["mean_compound"], globex["coverage"]) == (
        "globex",
        "0",
        "",
        "0.5",
    )


@pytest.mark.parametrize("options", [(), ("--brand", "initech")])
def test_a_brand_that_left_the_settings_is_not_said_to_be_unheard_of(store: Store, options: tuple[str, ...]) -> None:
    add_mention(store, 1, reading("initech"), at=NOW)
    for day in range(3):
        poll(store, NOW + day * DAY)
    rows = [row for row in exported("trends", *options) if row["brand"] == "initech"]
    assert [(row["mentions"], row["coverage"]) for row in rows] == [("1", "1.0")]


def test_old_coverage_belongs_to_its_day_in_zones_west_and_east(store: Store) -> None:
    for day, ok in enumerate((True, False, True)):
        for hour in range(-2, 3):
            poll(store, datetime(2026, 8, 3 + day, 16, 30, tzinfo=UTC) + hour * HOUR, ok=ok)

    def days(zone: str) -> list[tuple[str, str]]:
        rows = exported("trends", "--brand", "acme", "--tz", zone)
        return [(row["bucket_start"][:10], row["coverage"]) for row in rows]

    zones = ("America/Los_Angeles", "Europe/Berlin", "Asia/Tokyo")
    before = [days(zone)[:2] for zone in zones[:2]]
    assert before == [[("2026-08-03", "1.0"), ("2026-08-04", "0.0")]] * 2
    assert store.retain(NOW + 200 * DAY, items=None).coverage == 15
    assert [days(zone) for zone in zones] == [[("2026-08-03", "1.0"), ("2026-08-04", "0.0"), ("2026-08-05", "1.0")]] * 3


def test_a_day_in_which_polls_failed_is_there_and_one_without_polls_is_not(store: Store) -> None:
    poll(store, NOW, ok=False)
    poll(store, NOW + 2 * DAY)
    rows = exported("trends", "--brand", "acme", "--tz", "UTC")
    assert [(row["bucket_start"][:10], row["mentions"], row["coverage"]) for row in rows] == [
        ("2026-11-02", "0", "0.0"),
        ("2026-11-04", "0", "1.0"),
    ]


@pytest.mark.parametrize(
    ("options", "days"),
    [
        ((), [2, 3, 4, 5]),
        (("--from", "2026-11-03"), [3, 4, 5]),
        (("--to", "2026-11-03"), [2, 3]),
        (("--from", "2026-11-03", "--to", "2026-11-03"), [3]),
        (("--from", "2026-11-03T10:30"), [4, 5]),
        (("--from", "2026-11-03T10:30+01:00", "--to", "2026-11-05T09:30Z"), [3, 4]),
    ],
)
def test_from_and_to_hold_days_of_the_zone_or_moments(store: Store, options: tuple[str, ...], days: list[int]) -> None:
    for day in range(4):
        add_mention(store, day, at=NOW + day * DAY)
    # 10:30 in the zone of the settings is 9:30 in UTC, when the mentions are.
    if options == ("--from", "2026-11-03T10:30"):
        options = ("--from", "2026-11-03T10:31")
    assert [int(row["at"][8:10]) for row in exported("mentions", *options)] == days


def test_mentions_with_all_their_columns(store: Store) -> None:
    said = reading(compound=-0.8123, pains=[("bugs", 1), ("price", 3)])
    mention_id = add_mention(store, 1, said)
    (row,) = exported("mentions")
    assert tuple(row) == TABLES["mentions"].columns
    assert (row["mention_id"], row["at"], row["compound"]) == (str(mention_id), "2026-11-02T10:30:00+01:00", "-0.8123")
    assert (row["pains"], row["first_of_story"], row["published_at"]) == ("price:3; bugs:1", "true", "")


def test_json_lines_say_the_same(store: Store) -> None:
    add_mention(store, 1, reading(pains=[("price", 3)]))
    done = run("export", "mentions", "--format", "jsonl")
    (row,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert tuple(row) == TABLES["mentions"].columns
    assert (row["pains"], row["compound"], row["author"], row["first_of_story"]) == (["price:3"], -0.5, None, True)


def test_alerts_have_a_row_for_each_delivery(store: Store) -> None:
    with store.write() as transaction:
        transaction.add_alerts([alert("a"), alert("b", channels=[], at=NOW + HOUR)])
        transaction.mark_sent([1], NOW + HOUR)
        transaction.mark_dead([2], "channel_is_archived")
    rows = exported("alerts")
    assert [(row["alert_id"], row["channel"], row["status"], row["sent_at"], row["last_error"]) for row in rows] == [
        ("1", "mail", "sent", "2026-11-02T11:30:00+01:00", ""),
        ("1", "slack", "dead", "", "channel_is_archived"),
        ("2", "", "", "", ""),
    ]


def test_deliveries_that_retention_let_go_are_told_as_forgotten_and_not_as_never_made(store: Store) -> None:
    with store.write() as transaction:
        transaction.add_alerts([alert("a")])
        transaction.mark_sent([1], NOW + HOUR)
        transaction.add_alerts([alert("b", at=NOW + 200 * DAY)])
    store.retain(NOW + 201 * DAY, items=None, deliveries=90 * DAY)
    told = [(row["alert_id"], row["channel"], row["status"], row["attempts"]) for row in exported("alerts")]
    assert told == [
        ("1", "mail", "forgotten", ""),
        ("1", "slack", "pending", "0"),
        ("2", "mail", "pending", "0"),
        ("2", "slack", "pending", "0"),
    ]


@pytest.mark.parametrize("kind", list(TABLES))
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_every_table_of_an_empty_store_is_its_header(store: Store, kind: str, form: str) -> None:
    done = run("export", kind, "--format", form)
    assert done.exit_code == 0, done.output
    assert done.stdout == ("" if form == "jsonl" else ",".join(TABLES[kind].columns) + "\n")


def test_trends_by_week_and_source(store: Store) -> None:
    for day in range(10):
        add_mention(store, day, at=NOW + day * DAY, source="forum")
    rows = exported("trends", "--by", "week", "--per-source", "--brand", "acme")
    assert [(row["bucket_start"][:10], row["source"], row["mentions"]) for row in rows] == [
        ("2026-11-02", "forum", "7"),
        ("2026-11-09", "forum", "3"),
    ]


def test_a_file_appears_when_it_is_whole(store: Store, folder: Path) -> None:
    add_mention(store, 1)
    target = folder / "out" / "mentions.jsonl"
    target.parent.mkdir()
    done = run("export", "mentions", "-o", str(target))
    assert done.exit_code == 0, done.output
    assert "1 row written" in done.stderr
    assert json.loads(target.read_text())["brand"] == "acme"
    assert [path.name for path in target.parent.iterdir()] == ["mentions.jsonl"]


def test_a_file_that_fails_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "trends.csv"
    target.write_text("old")

    def rows() -> Iterator[tuple[int]]:
        yield (1,)
        raise OutputError("the disk is gone")

    def write() -> None:
        with output_file(str(target)) as file:
            write_rows(file, "csv", ["a"], rows())

    with pytest.raises(OutputError):
        write()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_device_is_written_and_not_replaced(store: Store) -> None:
    assert run("export", "mentions", "-o", "/dev/null").exit_code == 0
    assert Path("/dev/null").is_char_device()


def test_a_folder_that_is_not_there_is_told(store: Store, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "listener", "export", "mentions", "-o", "nowhere/x.csv"],
        cwd=folder,
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "listener: can't write nowhere/x.csv: No such file or directory\n"


def test_a_reader_that_has_seen_enough_is_no_error(store: Store, folder: Path) -> None:
    for number in range(300):
        add_mention(store, number)
    done = subprocess.run(
        f"{sys.executable} -m listener export mentions | head -2",
        shell=True,
        cwd=folder,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("trends", "--brand", "acmee"), "did you mean 'acme'?"),
        (("trends", "--tz", "Mars/Olympus"), "unknown time zone"),
        (("trends", "--from", "yesterday"), "2026-11-22T08:00"),
        (("trends", "--from", "2026-11-03", "--to", "2026-11-02"), "before the start"),
        (("trends", "--to", "9999-12-31"), "expected years"),
        (("trends", "--tz", "Asia/Tokyo", "--from", "0001-01-01"), "expected years"),
        (("trend",), "is not one of"),
    ],
)
def test_wrong_usage_is_told(store: Store, arguments: tuple[str, ...], said: str) -> None:
    done = run("export", *arguments)
    assert done.exit_code == 2
    assert said in done.output


def test_a_database_that_is_not_there_is_not_made(folder: Path) -> None:
    done = run("export", "trends", "--database", "nowhere.db")
    assert done.exit_code == 1
    assert not (folder / "nowhere.db").exists()


def test_a_database_can_be_named_without_settings(store: Store, folder: Path) -> None:
    add_mention(store, 1)
    (folder / "listener.toml").unlink()
    (row,) = exported("mentions", "--database", "listener.db")
    assert row["at"] == "2026-11-02T09:30:00+00:00"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u00a0=1",
        "\u200b=1",
        "\ufeff=1",
        "＝1",
        "﹢1",
        "－1+cmd",
        "＠x",
        "-",
        "-1 and =2",
        "+49 170 1234",
    ],
)
def test_what_a_spreadsheet_may_take_for_a_formula_is_put_behind_an_apostrophe(text: str) -> None:
    assert harmless(text).startswith("'")


@pytest.mark.parametrize("text", ["", "plain", "-5", "-1,234.50", "-20%", "a=b", "'=1", "1-2", "#1", "“=1”", "é"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_numbers_are_numbers_and_control_characters_are_blanks() -> None:
    assert [csv_cell(cell) for cell in (-0.5, -3, None, True, ("a", "=b"), "a\r\nb\rc\x07")] == [
        *(-0.5, -3, "", "true", "a; =b", "a\nb c "),
    ]


def test_a_formula_from_the_web_arrives_as_text(store: Store) -> None:
    add_mention(store, 1)
    with store.write() as transaction:
        transaction._connection.exec_driver_sql(
            """UPDATE items SET title = '=HYPERLINK("http://evil")', author = '@x'"""
        )
    (row,) = exported("mentions")
    assert (row["title"], row["author"]) == ("""'=HYPERLINK("http://evil")""", "'@x")


def fill(store: Store, hours: int, sources: int) -> None:
    """Make trend rows of many hours and sources without the mentions below them."""
    store.sync_sources([Source(name=f"s{n}", scraper="feed", url="x") for n in range(sources)], NOW, spread=HOUR)
    with store.write() as transaction:
        transaction._connection.exec_driver_sql(
            "WITH RECURSIVE h(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM h WHERE n < ?)"
            " INSERT INTO trends SELECT strftime('%Y-%m-%dT%H:00:00.000000Z', '2026-01-01', n || ' hours'),"
            " 'acme', s.id, 1, 1, 1, 0, 1, 0, 0, 100, 10000, 0, 5 FROM h, sources s WHERE s.name LIKE 's%'",
            (hours - 1,),
        )


def test_a_long_export_takes_no_more_memory_than_a_short_one(store: Store, folder: Path) -> None:
    def peak(*options: str) -> tuple[int, int]:
        tracemalloc.start()
        try:
            done = run("export", "trends", "--tz", "UTC", "--per-source", "--by", "hour", "-o", "out.csv", *options)
            assert done.exit_code == 0, done.output
            return tracemalloc.get_traced_memory()[1], len((folder / "out.csv").read_text().splitlines())
        finally:
            tracemalloc.stop()

    fill(store, 120, 25)
    peak("--to", "2026-01-01T01:00")
    short, few = peak("--to", "2026-01-01")
    long, many = peak()
    assert (few, many) == (601, 3001)
    assert long < short + 300_000


def test_a_backup_is_made_of_a_database_in_use(store: Store, folder: Path) -> None:
    add_mention(store, 1)
    with store.hold():
        done = run("backup", "today.db")
    assert done.exit_code == 0, done.output
    (row,) = exported("mentions", "--database", "today.db")
    assert row["brand"] == "acme"
    again = run("backup", "today.db")
    assert again.exit_code == 1
    assert "--force" in again.output
    assert run("backup", "today.db", "--force").exit_code == 0
    assert run("backup", "listener.db", "--force").exit_code == 1


def test_trends_are_checked_and_counted_anew(store: Store) -> None:
    add_mention(store, 1)
    assert run("rebuild-trends", "--check").output == "The trends agree with the mentions.\n"
    with store.write() as transaction:
        transaction._connection.exec_driver_sql("UPDATE trends SET mentions = 5")
    checked = run("rebuild-trends", "--check")
    assert checked.exit_code == 1
    assert "5" in checked.output
    assert "recomputed" in run("rebuild-trends").output
    assert run("rebuild-trends", "--check").exit_code == 0


def test_changes_of_pages_are_counted_by_the_day_and_feeds_are_no_pages(store: Store) -> None:
    raised = Change(kind="price_raised", subject="Pro", percent=20.4)
    with store.write() as transaction:
        transaction.add_snapshot("forum", url="https://f/", taken_at=NOW, body_hash="x", body=b"x", headers={})
        transaction.add_changes("forum", "globex", "https://f/", [raised], NOW, "confirmed")
        transaction.add_changes("forum", "globex", "https://f/", [raised], NOW, "pending")
        transaction.add_coverage("forum", NOW, ok=True, items=0)
    poll(store, NOW, ok=False)
    (nobody, globex) = exported("change-trends", "--tz", "UTC")
    assert (nobody["brand"], nobody["polls_ok"], nobody["changes"]) == ("", "1", "0")
    assert (globex["brand"], globex["changes"], globex["price_raised"], globex["mean_percent"]) == (
        "globex", "1", "1", "20.4",
    )  # fmt: skip
    assert globex["bucket_start"] == "2026-11-02T00:00:00+00:00"
    with store._read() as connection:
        daily = connection.exec_driver_sql("SELECT day, brand, source, kind, changes FROM v_changes_daily").all()
    assert [tuple(row) for row in daily] == [("2026-11-02", "globex", "forum", "price_raised", 1)]
