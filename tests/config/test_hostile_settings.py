"""Whatever stands in a settings file: it is read, or refused with a place and a sentence. Nothing else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listener.channels import CHANNEL_TYPES
from listener.cli.settings import span
from listener.config import load, values
from listener.config.documents import NAMED, SECTIONS
from listener.config.loading import DAEMON, FETCH, LISTENER, PAGES, RETENTION, UNDERSTAND, WEBSUB
from listener.config.named import BRAND, SOURCE, topic_table
from listener.config.rules import RULE
from listener.config.tables import fields_of
from listener.errors import ConfigError

CHANNEL_KEYS = {key for kind in CHANNEL_TYPES.values() for key, *_ in fields_of(kind)} | {"type"}
KEYS = {
    "listener": LISTENER.keys,
    "fetch": FETCH.keys,
    "understand": UNDERSTAND.keys,
    "pages": PAGES.keys,
    "retention": RETENTION.keys,
    "websub": WEBSUB.keys,
    "daemon": DAEMON.keys,
    "brands": BRAND.keys,
    "sources": SOURCE.keys,
    "channels": CHANNEL_KEYS,
    "alerts": RULE.keys,
    "pains": topic_table().keys,
}
WORDS = st.sampled_from(
    [
        *("", "x", "now", "07:00", "24:00", "30m", "-1m", "1e9d", "forever", "10MB", "UTC", "../..", "Europe"),
        *("https://example.com/", "https://[::1", "https://x:99999999/", "sqlite://", "me@example.com", "10.0.0.0/8"),
        *("a AND", "(((", "\x7f", "mention", "source", "price", "whsec_QUFB", "9" * 400, "😀", *CHANNEL_TYPES),
    ]
)
SCALARS = (
    WORDS
    | st.text(max_size=8)
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.booleans()
    | st.datetimes()
    | st.dates()
    | st.times()
)
REFERENCES = st.dictionaries(st.sampled_from(["env", "file", "credential"]), WORDS, min_size=1, max_size=2)
VALUES = SCALARS | REFERENCES | st.lists(SCALARS | REFERENCES, max_size=2) | st.dictionaries(WORDS, SCALARS, max_size=2)


def tables(kind: str) -> st.SearchStrategy[Any]:
    table = st.dictionaries(st.sampled_from(sorted(KEYS[kind])) | WORDS, VALUES, max_size=6)
    return (st.dictionaries(WORDS, table, max_size=2) if kind in NAMED else table) | SCALARS


DOCUMENTS = st.fixed_dictionaries({}, optional={kind: tables(kind) for kind in (*SECTIONS, *NAMED)})


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DOCUMENTS)
def test_settings_are_read_or_refused_with_a_line_for_each_problem(tmp_path: Path, tables: dict[str, Any]) -> None:
    path = tmp_path / "listener.toml"
    path.write_text(tomlkit.dumps(tables), encoding="utf-8")
    try:
        read = load(path, environ={"x": "y"}, scrapers_in=lambda folders: {"feed": None}, known_pains=set)
    except ConfigError as error:
        for problem in error.problems:
            assert problem.line is not None
            assert problem.message.endswith(".")
            assert "\n" not in problem.key
    else:
        assert read.path == path


@given(st.binary(max_size=60))
def test_bytes_that_are_no_settings_are_refused_with_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.toml"
    path.write_bytes(content)
    told = ""
    try:
        load(path, environ={})
    except ConfigError as error:
        told = str(error)
    assert not told or told.startswith(str(path))


def test_brackets_that_nest_without_end_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "listener.toml"
    path.write_text("a = " + "[" * 50_000 + "]" * 50_000)
    with pytest.raises(ConfigError, match="nested too deeply"):
        load(path, environ={})


@given(st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=3000)))
def test_a_duration_that_is_shown_can_be_read_back(duration: timedelta) -> None:
    whole = timedelta(seconds=int(duration.total_seconds()))
    assert values.duration(span(whole)) == whole


@pytest.mark.parametrize(
    ("text", "size"),
    [("1B", 1), ("500kB", 500_000), ("1.5MB", 1_500_000), ("16 MiB", 16 * 2**20), ("2GB", 2 * 10**9)],
)
def test_sizes_are_powers_of_a_thousand_unless_they_say_otherwise(text: str, size: int) -> None:
    assert values.byte_size(text) == size


@pytest.mark.parametrize("text", ["0B", "-1MB", "10 Mb", "1e9", "2000GB", "", "MB", "１MB"])
def test_other_sizes_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a size"):
        values.byte_size(text)


@pytest.mark.parametrize("text", ["", "5", "m", "5 min", "-5m", "5M", "٣m", "1h-30m"])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration"):
        values.duration(text)
