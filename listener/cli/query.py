"""`listener query`: tests a query against a text and explains what matched where."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.cells import cell_len

from listener.config import load
from listener.errors import ConfigError, QueryError
from listener.mentions.evaluate import Finding
from listener.mentions.matcher import CompiledQuery, compile_query
from listener.mentions.syntax import And, Facet, Near, Node, Not, Or, Term, parts_of
from listener.types import Hit, Item, Source

MATCH, NO_MATCH, USAGE = 0, 1, 2
#: A file is read no further than this.
FILE_LIMIT_BYTES = 10_000_000
#: Columns of a line that shows hits, of which so many stand before the first one.
LINE, LEAD = 100, 30
#: Lines of hits shown for one field, and places told for one part of the query.
LINES_LIMIT, PLACES_LIMIT = 10, 3


@click.command()
@click.argument("expression", required=False)
@click.option("--brand", help="Use the query of this brand from the settings instead of EXPRESSION.")
@click.option("--text", help="Text to test the query against.")
@click.option(
    "--file", "file", type=click.Path(allow_dash=True), help="Read the text from a file; - for standard input."
)
@click.option("--title", default="", help="The item's title.")
@click.option("--author", help="The item's author.")
@click.option("--url", help="The item's URL, for site:.")
@click.option("--lang", help="The item's language, such as en or pt-BR.")
@click.option("--source", help="Name of the item's source, for source:.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def query(
    context: click.Context,
    /,
    expression: str | None,
    brand: str | None,
    text: str | None,
    file: str | None,
    **given: Any,
) -> None:
    """Test a query against a text, and show which parts matched and where.

    Without a text, show how the query is parsed. Exit status: 0 match, 1 no match, 2 invalid query or usage.
    docs/queries.md describes the query language.

    \b
    Examples:
      listener query '"Acme Cloud" NOT jobs' --text 'Acme Cloud is down again'
      listener query --brand acme --title 'Acme raises prices' --url https://news.example.com/1
    """
    if text is not None and file is not None:
        raise click.UsageError("Give --text or --file, not both.")
    try:
        compiled = compile_query(_expression(context.obj, expression, brand))
    except QueryError as error:
        click.echo(describe_error(error), err=True)
        context.exit(USAGE)
    content = _read(file) if file is not None else text
    tried = content is not None or any(given[name] for name in ("title", "author", "url", "lang", "source"))
    item = Item(title=given["title"], text=content or "", author=given["author"], url=given["url"], lang=given["lang"])
    source = Source(name=given["source"], scraper="") if given["source"] else None
    finding = compiled.explain(item, source)
    if given["as_json"]:
        told = json.dumps(_as_json(compiled, finding if tried else None, item, source), ensure_ascii=False)
        # Arguments that aren't UTF-8 come as lone surrogates, which can't be written.
        click.echo(told.encode("utf-8", "replace").decode("utf-8"))
    else:
        _print(compiled, finding, item, source, tried=tried)
    context.exit(MATCH if finding.holds or not tried else NO_MATCH)


def _expression(settings_path: Path, expression: str | None, brand: str | None) -> str:
    if expression is not None and brand is None:
        return expression
    if expression is not None or brand is None:
        raise click.UsageError("Give an expression or --brand, one of the two.")
    try:
        settings = load(settings_path, environ=os.environ, need_secrets=False)
    except ConfigError as error:
        raise click.UsageError(f"The settings can't be read:\n{error}") from error
    queries = {found.name: found.query for found in settings.brands}
    if brand not in queries:
        raise click.UsageError(f"The settings have no brand {brand!r}; defined: {', '.join(queries) or 'none'}.")
    return queries[brand]


def _read(file: str) -> str:
    try:
        with click.open_file(file, "rb") as stream:
            return bytes(stream.read(FILE_LIMIT_BYTES)).decode("utf-8", errors="replace")
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror or error}.") from error


# --- errors ---------------------------------------------------------------------------------------------------------


def describe_error(error: QueryError) -> str:
    """Return an error as lines: what is wrong, the expression, and a caret under the place."""
    start = max(0, error.position - LINE * 2 // 3)
    line = shown(error.expression[start : start + LINE])
    column = cell_len(line[: error.position - start])
    return f"The query can't be read: {shown(str(error))}.\n  {line}\n  {' ' * column}^"


def shown(text: str) -> str:
    """Return a text fit for a terminal, character for character: what would move the cursor or hide is replaced."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)


# --- the tree -------------------------------------------------------------------------------------------------------


def label(node: Node) -> str:
    """Return what a part of a query is, as its writer would write it."""
    match node:
        case Term():
            name = f"{{{node.spelled}}}" if node.exact is not None else node.spelled
            if node.exact is None and " " in node.spelled:
                name = f'"{name}"'
            return f"{node.fields[0]}:{name}" if len(node.fields) == 1 else name
        case Facet():
            return f"{node.field}:{node.spelled}"
        case And():
            return "AND"
        case Or():
            return "OR"
        case Not():
            return "NOT"
        case Near():
            return f"{'O' if node.ordered else ''}NEAR/{node.words}"


def tree_lines(finding: Finding, *, tried: bool) -> Iterator[str]:
    """Yield a line for each part of a query, indented by its depth, marked [x] where the part holds."""
    stack: list[tuple[Finding, int]] = [(finding, 0)]
    while stack:
        part, depth = stack.pop()
        mark = ("[x] " if part.holds else "[ ] ") if tried else ""
        where = ""
        if part.hits and not parts_of(part.node):
            places = [f"{hit.field} {hit.start}-{hit.end}" for hit in part.hits[:PLACES_LIMIT]]
            more = len(part.hits) - len(places)
            where = "   " + ", ".join(places) + (f" and {more} more" if more else "")
        yield f"{'  ' * depth}{mark}{shown(label(part.node))}{where}"
        stack.extend((child, depth + 1) for child in reversed(part.parts))


def _print(compiled: CompiledQuery, finding: Finding, item: Item, source: Source | None, *, tried: bool) -> None:
    if tried:
        click.secho("match" if finding.holds else "no match", fg="green" if finding.holds else "red", bold=True)
    for line in tree_lines(finding, tried=tried):
        click.echo(line)
    names = ", ".join(compiled.query.names())
    click.echo(f"\nnames of the brand: {shown(names) or 'none, it matches by where an item comes from'}")
    if not tried:
        click.echo("Give --text, --title or --file to try it.")
    for field, text in _fields(item, source).items():
        hits = [hit for hit in finding.hits if hit.field == field]
        if hits:
            click.echo(f"\n{field}:")
            _print_hits(text, hits)


def _fields(item: Item, source: Source | None) -> Mapping[str, str]:
    site, name = item.url or "", source.name if source else ""
    return {
        "title": item.title,
        "text": item.text,
        "author": item.author or "",
        "site": site,
        "lang": item.lang or "",
        "source": name,
    }


# --- places in the text -----------------------------------------------------------------------------------------------


def _print_hits(text: str, hits: Sequence[Hit]) -> None:
    windows = list(_windows(text, hits))
    for start, end, spans in windows[:LINES_LIMIT]:
        line = shown(text[start:end])
        opening, closing = "…" if start else "", "…" if end < len(text) else ""
        marked = [any(a <= at < b for a, b in spans) for at in range(start, end)]
        if sys.stdout.isatty():
            styled = "".join(
                click.style(c, bold=True, reverse=True) if on else c for c, on in zip(line, marked, strict=True)
            )
            click.echo(f"  {opening}{styled}{closing}")
            continue
        carets = "".join(("^" if on else " ") * cell_len(c) for c, on in zip(line, marked, strict=True))
        click.echo(f"  {opening}{line}{closing}")
        click.echo(f"  {' ' * len(opening)}{carets.rstrip()}")
    if len(windows) > LINES_LIMIT:
        click.echo(f"  and {len(windows) - LINES_LIMIT} more places")


def _windows(text: str, hits: Sequence[Hit]) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Yield stretches of a text, each with the hits in it: neighbours share a stretch."""
    spans = sorted({(hit.start, hit.end) for hit in hits})
    while spans:
        start = max(0, spans[0][0] - LEAD)
        end = min(len(text), max(start + LINE, spans[0][1]))
        inside = [span for span in spans if span[1] <= end]
        yield start, end, inside
        spans = [span for span in spans if span[1] > end]


# --- JSON -----------------------------------------------------------------------------------------------------------


def _as_json(compiled: CompiledQuery, finding: Finding | None, item: Item, source: Source | None) -> dict[str, Any]:
    texts = _fields(item, source)
    about: dict[str, Any] = {
        "query": compiled.query.expression,
        "names": list(compiled.query.names()),
        "terms": list(compiled.query.terms()),
        "match": None if finding is None else finding.holds,
    }
    if finding is not None:
        about["hits"] = [_hit_as_json(hit, texts) for hit in finding.hits]
        about["parts"] = _part_as_json(finding)
    return about


def _hit_as_json(hit: Hit, texts: Mapping[str, str]) -> dict[str, Any]:
    found = texts[hit.field][hit.start : hit.end]
    return {"field": hit.field, "start": hit.start, "end": hit.end, "term": hit.term, "text": found}


def _part_as_json(finding: Finding) -> dict[str, Any]:
    places = [{"field": hit.field, "start": hit.start, "end": hit.end} for hit in finding.hits]
    parts = [_part_as_json(part) for part in finding.parts]
    return {"part": label(finding.node), "match": finding.holds, "hits": places, "parts": parts}
