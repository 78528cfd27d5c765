"""`listener extract` and `listener diff`: look at any page now, in a file or on the web, without a database."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from listener import __version__
from listener.changes.compare import changes_between
from listener.cli.page_json import Json, change_json, facts_json
from listener.cli.page_tables import show_changes, show_facts
from listener.errors import ListenerError, ParseError
from listener.facts import PageFacts
from listener.html import decode
from listener.html.charset import header_charset
from listener.pages.facts import ALL, FactKind, read_facts

_FILE_LIMIT_BYTES = 25_000_000

_as = click.option(
    "--as", "kind", type=click.Choice(sorted(ALL)), metavar="KIND", help="Only these facts: pricing, faq or landing."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.argument("target", metavar="FILE_OR_URL", required=False)
@_as
@_json
@click.option("--batch", metavar="FILE", help='Read a line {"id", "path"} for each page, print one for each.')
@click.pass_obj
def extract(settings_path: Path, target: str | None, kind: FactKind | None, as_json: bool, batch: str | None) -> None:
    """Read the facts of a page: plans and prices, questions and answers, headlines and calls to action."""
    kinds = ALL if kind is None else {kind}
    look = _Look(settings_path, kinds)
    if batch is not None:
        _run_batch(batch, lambda line: facts_json(look.at(_text(line, "path"))))
    elif target is None:
        raise click.UsageError("Name a file or a URL, or use --batch.")
    elif as_json:
        _echo(facts_json(look.at(target)))
    else:
        show_facts(look.at(target))


@click.command()
@click.argument("before", required=False)
@click.argument("after", required=False)
@_as
@_json
@click.option(
    "--batch", metavar="FILE", help='Read a line {"id", "before", "after"} for each pair, print one for each.'
)
@click.pass_obj
def diff(
    settings_path: Path, before: str | None, after: str | None, kind: FactKind | None, as_json: bool, batch: str | None
) -> None:
    """Tell what changed between two versions of a page: prices, plans, questions, answers, copy."""
    kinds = ALL if kind is None else {kind}
    look = _Look(settings_path, kinds)
    if batch is not None:
        _run_batch(batch, lambda line: _changes_json(look.at(_text(line, "before")), look.at(_text(line, "after"))))
    elif before is None or after is None:
        raise click.UsageError("Name two files or URLs, or use --batch.")
    elif as_json:
        _echo(_changes_json(look.at(before), look.at(after)))
    else:
        old, new = look.at(before), look.at(after)
        for name, facts in ((before, old), (after, new)):
            if facts.trouble:
                click.echo(f"{name}: not compared, because it is no ordinary page ({facts.trouble}).")
        if not (old.trouble or new.trouble):
            show_changes(changes_between(old, new))


def _changes_json(old: PageFacts, new: PageFacts) -> dict[str, Json]:
    return {
        "changes": [change_json(change) for change in changes_between(old, new)],
        "trouble": {"before": old.trouble, "after": new.trouble},
    }


class _Look:
    """Gets pages and reads them; a fetcher is built when the first URL asks for one."""

    def __init__(self, settings_path: Path, kinds: Collection[FactKind]) -> None:
        self._settings_path = settings_path
        self._kinds = kinds
        self._fetch: Callable[[str], str] | None = None

    def at(self, target: str) -> PageFacts:
        """Return the facts of a file, a URL or, for "-", standard input."""
        return read_facts(self._markup(target), self._kinds)

    def _markup(self, target: str) -> str:
        if target.startswith(("http://", "https://")):
            self._fetch = self._fetch or _fetching(self._settings_path)
            return self._fetch(target)
        return decode(_bytes_of(target))


def _bytes_of(name: str) -> bytes:
    try:
        if name == "-":
            body = sys.stdin.buffer.read(_FILE_LIMIT_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                body = file.read(_FILE_LIMIT_BYTES + 1)
    except OSError as error:
        raise ListenerError(f"{name}: {error.strerror or error}.") from error
    if len(body) > _FILE_LIMIT_BYTES:
        raise ParseError(f"{name}: larger than {_FILE_LIMIT_BYTES:,} bytes.")
    return body


def _fetching(settings_path: Path) -> Callable[[str], str]:
    """Return what gets a URL's page, as politely as the settings say where there are any."""
    from listener.config import load  # a file needs neither settings nor the network
    from listener.fetch import Fetcher, FetchSettings, MemoryHosts
    from listener.types import Request

    contact = None
    networks: FetchSettings = FetchSettings(user_agent=f"listener/{__version__}")
    if settings_path.is_file():
        settings = load(settings_path, environ=os.environ, need_secrets=False)
        contact = settings.contact
        networks = FetchSettings(
            user_agent=f"listener/{__version__} (+{contact})" if contact else f"listener/{__version__}",
            allow_networks=settings.fetch.allow_networks,
            robots=settings.fetch.robots,
        )
    fetcher = Fetcher(networks, MemoryHosts(), clock=lambda: datetime.now(UTC))

    def get(url: str) -> str:
        result = fetcher.fetch(Request(url=url, conditional=False))
        if result.response is None:
            raise ListenerError(f"{url}: {result.detail or result.outcome.value}.")
        return decode(result.response.body, charset=header_charset(result.response.headers.get("content-type")))

    return get


def _run_batch(name: str, answer: Callable[[dict[str, object]], dict[str, Json]]) -> None:
    """Answer each line of a file with a line; a page that can't be read becomes an `error` and stops nothing."""
    for number, line in enumerate(_lines_of(name), start=1):
        if not line.strip():
            continue
        try:
            asked = json.loads(line)
        except ValueError as error:
            raise ListenerError(f"{name}, line {number}: not JSON ({error}).") from error
        if not isinstance(asked, dict):
            raise ListenerError(f"{name}, line {number}: expected an object.")
        try:
            told = answer(asked)
        except ListenerError as error:
            told = {"error": str(error)}
        _echo({"id": asked.get("id"), **told})


def _lines_of(name: str) -> Iterator[str]:
    if name == "-":
        yield from sys.stdin
        return
    try:
        with Path(name).open(encoding="utf-8") as file:
            yield from file
    except (OSError, UnicodeDecodeError) as error:
        raise ListenerError(f"{name}: {error}.") from error


def _text(line: dict[str, object], key: str) -> str:
    value = line.get(key)
    if not isinstance(value, str):
        raise ListenerError(f'expected "{key}" with a path or a URL.')
    return value


def _echo(value: dict[str, Json]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))
