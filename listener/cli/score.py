"""`listener score` and `listener group`: analyse JSON Lines as the daemon analyses items, without a database."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import click
import msgspec

from listener.config import load as load_settings
from listener.config.understanding import understand_settings
from listener.errors import ParseError
from listener.mentions.data import load_for, read_topics
from listener.mentions.locate import locate
from listener.mentions.passages import titled
from listener.mentions.stories import fingerprint
from listener.mentions.story_index import StoryIndex
from listener.mentions.understand import Judgement, Understander, UnderstandSettings
from listener.plugins import bundled
from listener.types import Brand

#: Items that `group` holds back.
WINDOW = 20_000
#: A line longer than this is refused: it is no mention.
LINE_LIMIT = 10_000_000


@click.command()
@click.argument("file", type=click.File("r", encoding="utf-8-sig", errors="replace"), default="-")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line, even on a terminal.")
@click.option(
    "--scorer",
    type=click.Choice(["vader", "model", "minilm"]),
    help="Use this scorer instead of the one in the settings.",
)
@click.option(
    "--taxonomy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file with [pains.NAME] tables; only these pain points are detected.",
)
@click.option("--explain", is_flag=True, help="Include the words that led to each result.")
@click.pass_obj
def score(
    settings_path: Path, file: IO[str], as_json: bool, scorer: str | None, taxonomy: Path | None, explain: bool
) -> None:
    """Analyse texts: sentiment towards a target, complaint, kind, pain points, relevance.

    FILE is JSON Lines: {"id", "text", "target"?, "title"?, "lang"?}; - reads standard input. If the target is a
    brand in the settings, its context words are used. The settings file is optional.
    """
    brands, settings = _settings(settings_path, scorer, taxonomy)
    understander = Understander(brands, settings, load_for(settings.scorer, bundled("config")))
    names = {brand.name.lower(): brand.name for brand in brands}
    plain = not as_json and sys.stdout.isatty()
    for number, row in _rows(file):
        title, text = _string(row, "title", number), _string(row, "text", number)
        whole = titled(title, text)
        target = _string(row, "target", number)
        judgement = understander.judge(
            whole,
            locate(whole, target),
            brand=names.get(target.lower()),
            declared=_string(row, "lang", number) or None,
        )
        if plain:
            click.echo(_line(row, judgement))
        else:
            click.echo(json.dumps(_object(row, judgement, explain), ensure_ascii=False))


@click.command()
@click.argument("file", type=click.File("r", encoding="utf-8-sig", errors="replace"), default="-")
@click.option(
    "--window",
    type=click.IntRange(min=0),
    default=WINDOW,
    show_default=True,
    help="Items buffered so that a later one can merge two stories; 0 writes each at once.",
)
def group(file: IO[str], window: int) -> None:
    """Group near-duplicate texts into stories.

    FILE is JSON Lines in order of publication: {"id", "title", "text", "published"?}; - reads standard input. Prints
    lines of {"id", "story"}, where the story is the id of its first item.
    """
    index = StoryIndex()
    ids: list[Any] = [None]
    written = 0
    for number, row in _rows(file):
        ids.append(row.get("id"))
        item = index.add(fingerprint(_string(row, "title", number), _string(row, "text", number)))
        while written < item - window:
            written += 1
            _write_story(ids, index, written)
    while written < len(ids) - 1:
        written += 1
        _write_story(ids, index, written)


def _write_story(ids: Sequence[Any], index: StoryIndex, item: int) -> None:
    click.echo(json.dumps({"id": ids[item], "story": ids[index.story(item)]}, ensure_ascii=False))


def _settings(path: Path, scorer: str | None, taxonomy: Path | None) -> tuple[tuple[Brand, ...], UnderstandSettings]:
    """Put the settings together from the file, if it is there, and the options, which win."""
    brands: tuple[Brand, ...] = ()
    settings = UnderstandSettings()
    if path.exists():
        loaded = load_settings(path, environ=os.environ, need_secrets=False)
        brands, settings = loaded.brands, understand_settings(loaded)
    if scorer is not None:
        settings = msgspec.structs.replace(settings, scorer=scorer)
    if taxonomy is not None:
        settings = msgspec.structs.replace(settings, topics=read_topics(taxonomy), only_own_topics=True)
    return brands, settings


def _rows(file: IO[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the objects of a file with the numbers of their lines. Raises ParseError."""
    number = 0
    while line := file.readline(LINE_LIMIT + 1):
        number += 1
        if len(line) > LINE_LIMIT:
            raise ParseError(f"line {number} is longer than {LINE_LIMIT:,} characters")
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            raise ParseError(f"line {number} isn't JSON: {error}") from error
        if not isinstance(row, dict):
            raise ParseError(f'line {number} isn\'t a JSON object, such as {{"id": 1, "text": "..."}}')
        yield number, row


def _string(row: Mapping[str, Any], key: str, number: int) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ParseError(f'line {number}: "{key}" isn\'t a string')
    # A lone surrogate (half an emoji, cut) can't be written out again.
    return value.encode("utf-8", "replace").decode("utf-8")


def _object(row: Mapping[str, Any], judgement: Judgement, explain: bool) -> dict[str, Any]:
    pains = [{"topic": pain.topic, "severity": pain.severity, "words": list(pain.words)} for pain in judgement.pains]
    found: dict[str, Any] = {
        "id": row.get("id"),
        "lang": judgement.lang,
        "compound": judgement.sentiment.compound,
        "label": judgement.sentiment.label,
        "complaint": judgement.complaint,
        "kind": judgement.kind,
        "pains": pains,
        "relevance": judgement.relevance,
    }
    if explain:
        found["scorer"] = judgement.scorer
        found["reasons"] = [[words, value] for words, value in judgement.sentiment.reasons]
        found["signs"] = [[sign, words] for sign, words in judgement.signs]
    return found


def _line(row: Mapping[str, Any], judgement: Judgement) -> str:
    compound = judgement.sentiment.compound
    felt = "   –" if compound is None else f"{compound:+.2f}"
    pains = ", ".join(f"{pain.topic} {pain.severity}" for pain in judgement.pains)
    text = " ".join(str(row.get("text", "")).split())[:80]
    return f"{felt}  {judgement.kind:<9}  {pains:<24}  {text}"
