"""A watched folder, from files on disk to items: real files, the real scraper, the real store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from listener.files import FILE_LIMIT_BYTES, Folders
from listener.parts import Parts
from listener.pipeline import PollResult, poll
from listener.routing import Router
from listener.storage import Store
from listener.types import Outcome, Request, Source, Validators
from tests.pipeline.polling import Clock, PaperWeb, parts
from tests.scrapers.cases import source_of

SURVEY = {
    "files": "in/*.csv",
    "metric": "nps",
    "columns": {"rating": "Score", "text": "Why", "date": "When"},
    "segment": {"plan": "Plan"},
}
HEAD = "When,Score,Why,Plan\n"


class Box:
    """A folder that a source watches, and the poll of it."""

    def __init__(self, root: Path, clock: Clock, store: Store, **options: Any) -> None:
        self.root, self.clock, self.store = root, clock, store
        self.source = replace(source_of("files", "", **{**SURVEY, **options}), name="survey", brand="acme")
        web = PaperWeb(clock)
        self.parts: Parts = parts(store, web, clock)
        self.parts = replace(self.parts, fetcher=Router(web, {"file": Folders(root, clock=clock)}, web))
        store.sync_sources([self.source], clock(), spread=timedelta(0))

    def put(self, name: str, text: str, *, age: timedelta = timedelta(minutes=1)) -> None:
        """Write a file that was last changed so long ago."""
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        at = (self.clock() - age).timestamp()
        os.utime(path, (at, at))

    def poll(self) -> PollResult:
        """Poll the folder a minute later."""
        self.clock.advance(timedelta(minutes=1))
        found = self.store.find_source("survey")
        assert found is not None
        return poll(self.source, found.state, self.parts)

    def answers(self) -> int:
        """Return how many answers the scores count."""
        return sum(score.answers for score in self.store.iter_scores() if not score.segment_key)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = Store.open(tmp_path / "listener.db", now=clock())
    yield opened
    opened.close()


@pytest.fixture
def box(tmp_path: Path, clock: Clock, store: Store) -> Box:
    return Box(tmp_path, clock, store)


def test_each_row_is_an_item_once_while_the_file_grows_and_when_it_is_written_anew(box: Box) -> None:
    rows = ["2026-10-01,9,Fast,pro\n", "2026-10-02,3,Crashes,free\n"]
    box.put("in/nps.csv", HEAD + "".join(rows))
    assert box.poll().new_items == 2
    assert box.poll().outcome is Outcome.NOT_MODIFIED
    rows.append("2026-10-03,10,,pro\n")
    box.put("in/nps.csv", HEAD + "".join(rows))
    assert box.poll().new_items == 1
    box.put("in/nps.csv", HEAD + "".join(reversed(rows)), age=timedelta(seconds=30))
    assert box.poll().new_items == 0
    box.put("in/copy.csv", HEAD + "".join(rows))
    assert box.poll().new_items == 0
    assert box.answers() == 3


def test_two_customers_who_answer_the_same_count_twice(box: Box) -> None:
    box.put("in/nps.csv", HEAD + "2026-10-01,9,,pro\n" * 3)
    assert box.poll().new_items == 3
    box.put("in/nps.csv", HEAD + "2026-10-01,9,,pro\n" * 4)
    assert box.poll().new_items == 1


def test_answers_enter_the_scores_at_their_dates_and_by_segment(box: Box, store: Store) -> None:
    box.put("in/nps.csv", HEAD + "2026-10-01,9,Good,pro\n2026-10-01,2,Bad,free\n2026-10-01,8,,free\n2026-10-01,n/a,,\n")
    box.poll()
    everybody, free, pro = sorted(store.iter_scores(), key=lambda score: score.segment_value)
    assert (everybody.answers, everybody.promoters, everybody.detractors, everybody.total) == (3, 1, 1, 19)
    assert (free.answers, free.promoters, free.detractors) == (2, 0, 1)
    assert (pro.answers, pro.promoters, pro.detractors) == (1, 1, 0)
    assert everybody.at.date().isoformat() == "2026-10-01"


def test_an_answer_without_words_is_counted_and_is_no_mention(box: Box, store: Store) -> None:
    box.put("in/nps.csv", HEAD + "2026-10-01,9,,pro\n2026-10-01,1,It crashes all day,pro\n")
    box.poll()
    assert [mention.excerpt for mention in store.iter_mentions()] == ["It crashes all day"]
    assert box.answers() == 2


def test_a_file_that_is_still_written_to_is_left_for_the_next_poll(box: Box) -> None:
    box.put("in/nps.csv", HEAD + "2026-10-01,9,Ha", age=timedelta(minutes=-1, seconds=2))
    assert box.poll().new_items == 0
    box.put("in/nps.csv", HEAD + "2026-10-01,9,Handy,pro\n")
    assert box.poll().new_items == 1


def test_one_broken_file_keeps_none_of_the_others_from_being_read(box: Box) -> None:
    box.put("in/a.csv", "Other,Columns\n1,2\n")
    box.put("in/b.csv", HEAD + "2026-10-01,9,Fast,pro\n")
    assert box.poll().new_items == 1


def test_a_folder_of_unreadable_files_says_which_column_is_missing_until_it_is_mended(box: Box) -> None:
    box.put("in/a.csv", "When,Points,Why,Plan\n2026-10-01,9,Fast,pro\n")
    failed = box.poll()
    assert failed.outcome is Outcome.PARSE
    assert failed.detail == "in/a.csv: there is no column 'Score'; there are Plan, Points, When, Why"
    assert box.poll().outcome is Outcome.PARSE
    box.put("in/a.csv", HEAD + "2026-10-01,9,Fast,pro\n")
    assert box.poll().new_items == 1


def test_a_folder_that_is_not_there_is_a_failure_and_an_empty_one_is_not(box: Box) -> None:
    missing = box.poll()
    assert missing.outcome is Outcome.NOT_FOUND
    assert missing.detail == f"there is no folder {box.root / 'in'}"
    (box.root / "in").mkdir()
    assert box.poll().worked


def test_a_pipe_among_the_files_is_not_opened(box: Box) -> None:
    (box.root / "in").mkdir()
    os.mkfifo(box.root / "in" / "pipe.csv")
    assert box.poll().worked


def test_a_file_beyond_the_limit_fails_with_what_to_do(box: Box) -> None:
    box.put("in/big.csv", HEAD)
    with (box.root / "in/big.csv").open("r+b") as opened:
        opened.truncate(FILE_LIMIT_BYTES + 1)
    at = box.clock().timestamp() - 60
    os.utime(box.root / "in/big.csv", (at, at))
    assert box.poll().detail == "in/big.csv is larger than 32 MB; split it"


def test_what_is_more_than_one_answer_holds_comes_with_the_next(tmp_path: Path, clock: Clock) -> None:
    folders = Folders(tmp_path, clock=clock)
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.csv").write_bytes(b"x" * 12_000_000)
        os.utime(tmp_path / f"{name}.csv", (1, 1))
    result = folders.fetch(Request(url="file:*.csv"), Validators())
    assert result.response is not None
    assert 24_000_000 < len(result.response.body) < 25_000_000


def test_mails_of_a_folder_are_tickets_with_what_their_senders_wrote(box: Box, tmp_path: Path) -> None:
    source: Source = replace(source_of("files", "", files="in/*.eml"), name="survey", brand="acme")
    box.source = source
    mail = (
        "From: Jo <jo@example.com>\nSubject: Export broken\nMessage-ID: <1@example.com>\n\nIt fails.\n\n> old words\n"
    )
    box.put("in/1.eml", mail)
    assert box.poll().new_items == 1
    (mention,) = box.store.iter_mentions()
    assert "old words" not in mention.excerpt
