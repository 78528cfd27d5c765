"""`listener extract` and `listener diff`: facts of any page, from a file or the web, without a database."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from listener.changes.compare import changes_between
from listener.cli.page_json import Json, change_json, look_json
from listener.cli.page_tables import show_changes, show_look
from listener.errors import ListenerError, ParseError
from listener.facts import PageFacts
from listener.pages.notices import in_words
from listener.pages.response import HEADERS
from listener.plugins import Scrapers
from listener.reading import KINDS, Kind, Look, read_any, read_as
from listener.types import Request, Response

_FILE_LIMIT_BYTES = 25_000_000
#: A name of a file that reads like an address without its scheme.
_SITE = re.compile(r"(?!.*\.(?:html?|xml|json|txt|jsonl)$)[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?(?:/\S*)?", re.IGNORECASE)
_SIDES = ("before", "after")

_as = click.option(
    "--as", "kind", type=click.Choice(KINDS), help="Extract only this kind. Detected from the content by default."
)
_render = click.option(
    "--render", is_flag=True, help="Render the URL in a headless browser first (needs the extra `browser`)."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.argument("target", metavar="FILE_OR_URL", required=False)
@_as
@_render
@_json
@click.option("--batch", metavar="FILE", help='Read JSON Lines of {"id", "path"}, and print one result per line.')
@click.pass_obj
def extract(
    settings_path: Path, target: str | None, kind: Kind | None, render: bool, as_json: bool, batch: str | None
) -> None:
    """Extract the facts of a page: plans and prices, questions and answers, headlines and calls to action, incidents.

    A feed yields its entries; a page without such facts yields its text.
    """
    looks = _Looks(settings_path, kind, render=render)
    if batch is not None:
        _run_batch(batch, lambda line: look_json(looks.at(_text(line, "path"))))
    elif target is None:
        raise click.UsageError("Name a file or a URL, or use --batch.")
    elif as_json:
        _echo(look_json(looks.at(target)))
    else:
        show_look(looks.at(target))


@click.command()
@click.argument("before", required=False)
@click.argument("after", required=False)
@_as
@_render
@_json
@click.option(
    "--batch", metavar="FILE", help='Read JSON Lines of {"id", "before", "after"}, and print one result per line.'
)
@click.pass_obj
def diff(
    settings_path: Path,
    before: str | None,
    after: str | None,
    kind: Kind | None,
    render: bool,
    as_json: bool,
    batch: str | None,
) -> None:
    """Compare two versions of a page, and print what changed: prices, plans, questions, answers, copy."""
    looks = _Looks(settings_path, kind, render=render)
    if batch is not None:
        _run_batch(batch, lambda line: _changes_json(*(looks.at(_text(line, side)).facts for side in _SIDES)))
    elif before is None or after is None:
        raise click.UsageError("Name two files or URLs, or use --batch.")
    elif as_json:
        _echo(_changes_json(looks.at(before).facts, looks.at(after).facts))
    else:
        old, new = looks.at(before).facts, looks.at(after).facts
        for name, facts in ((before, old), (after, new)):
            if facts.trouble:
                click.echo(f"{name}: not compared, because it is no ordinary page: {in_words(facts.trouble)}.")
        if not (old.trouble or new.trouble):
            show_changes(changes_between(old, new))


def _changes_json(old: PageFacts, new: PageFacts) -> dict[str, Json]:
    return {
        "changes": [change_json(change) for change in changes_between(old, new)],
        "trouble": {"before": old.trouble, "after": new.trouble},
    }


class _Looks:
    """Gets answers and reads them; a fetcher is built when the first URL asks for one."""

    def __init__(self, settings_path: Path, kind: Kind | None, *, render: bool) -> None:
        self._settings_path = settings_path
        self._render = render
        self._kind = kind
        self._scrapers = Scrapers()
        self._fetch: Callable[[str], Response] | None = None

    def at(self, target: str) -> Look:
        """Return what a file, a URL or, for "-", standard input says. Raises ListenerError."""
        if target.startswith(("http://", "https://")):
            self._fetch = self._fetch or _fetching(self._settings_path, render=self._render)
            response = self._fetch(target)
        else:
            response = _file_of(target)
        try:
            if self._kind is None:
                return read_any(response, self._scrapers)
            return read_as(response, self._kind, self._scrapers)
        except ParseError as error:
            raise ParseError(f"{target}: {error}") from error


def _file_of(name: str) -> Response:
    """Return a file as if it had just come; it has no address, so relative links in it lead nowhere."""
    return Response(
        request=Request(url=""), url="", status=200, headers={}, body=_bytes_of(name), fetched_at=datetime.now(UTC)
    )


def _bytes_of(name: str) -> bytes:
    try:
        if name == "-":
            body = sys.stdin.buffer.read(_FILE_LIMIT_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                body = file.read(_FILE_LIMIT_BYTES + 1)
    except OSError as error:
        hint = f" If a page of the web is meant: https://{name}" if _SITE.fullmatch(name) else ""
        raise ListenerError(f"{name}: {error.strerror or error}.{hint}") from error
    if len(body) > _FILE_LIMIT_BYTES:
        raise ParseError(f"{name}: larger than {_FILE_LIMIT_BYTES:,} bytes.")
    return body


def _fetching(settings_path: Path, *, render: bool) -> Callable[[str], Response]:
    """Return what gets a URL's answer, as politely as the settings say where there are any."""
    from listener.app import load_settings, open_web  # a file needs neither settings nor the network
    from listener.cli.one_off import OneOffRequests
    from listener.fetch import ADVICE

    settings = load_settings(settings_path, need_secrets=False) if settings_path.is_file() else None
    ask = OneOffRequests(click.get_current_context().with_resource(open_web(settings)))

    def get(url: str) -> Response:
        result = ask(Request(url=url, headers=HEADERS, conditional=False, render=render))
        if result.response is None:
            raise ListenerError(f"{url}: {result.detail or result.outcome.value} {ADVICE[result.outcome]}")
        return result.response

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
