"""Tables of prices: rows, columns and matrices, spans laid out, and bare numbers below a heading with a currency."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set

import msgspec

from listener.pages import words
from listener.pages.currency import SYMBOLS, Reading
from listener.pages.labels import clean_name, is_measure, is_period_only, label_of
from listener.pages.nodes import Node, Page

_SPAN_LIMIT = 40
_COLUMN_LIMIT = 60
_COLUMNS_AT_LEAST = 3
_CELL_LINES = 2
_BARE_NUMBER = re.compile(r"\d{1,3}(?:[ .,'’]\d{3})*(?:[.,]\d{1,2})?(?:\s?[-–]\s?\d[\d.,]*)?")
_SIGN = re.compile(
    "|".join(re.escape(sign) for sign in sorted(SYMBOLS, key=len, reverse=True))
    + r"|\b[A-Z]{3}\b|\b[Ee]uros?\b|\bzł\b|\bKč\b|\bkr\b|\bруб|\bгрн"
)


#: "(€)", "in EUR" and "[USD]" in the heading of a column.
_IN_CURRENCY = re.compile(
    r"[(\[]\s?[^\w\s)\]]{1,3}\s?[)\]]|[(\[]\s?(?:in )?[A-Z]{3}\s?[)\]]|\bin (?:[A-Z]{3}|Euro|€|\$|£)(?!\w)"
)


class Row(msgspec.Struct, eq=False):
    """A row with every column filled: a cell that spans stands in each place it covers."""

    node: Node
    cells: list[Node | None] = msgspec.field(default_factory=list)
    header: bool = False


def rows_of(page: Page, table: Node) -> list[Row]:
    """Lay out the rows of a table, without those of tables within it."""
    rows: list[Row] = []
    carried: dict[int, tuple[Node, int]] = {}
    for tr in _trs(page, table):
        row = Row(tr)
        cells = [child for child in page.children(tr) if child.tag in ("td", "th")]
        row.header = bool(cells) and (
            all(cell.tag == "th" for cell in cells) or (tr.parent is not None and tr.parent.tag == "thead")
        )
        for cell in cells:
            _carry(row, carried)
            width, height = _span(cell, "colspan"), _span(cell, "rowspan")
            for _ in range(width):
                if len(row.cells) >= _COLUMN_LIMIT:
                    break
                if height > 1:
                    carried[len(row.cells)] = (cell, height - 1)
                row.cells.append(cell)
        _carry(row, carried)
        rows.append(row)
    return rows


def grid_of(page: Page, around: Node, priced: Set[int]) -> list[Row] | None:
    """Lay out elements that stand in rows and columns like a table of prices; None where they don't.

    `priced`: indices of lines with prices. The first row names the columns, the first cell of each other one its row.
    """
    lines = page.children(around)
    rows: list[list[Node]] = []
    for line in lines:
        rows.append(page.children(line))
        if len(rows[-1]) != len(rows[0]) or not _COLUMNS_AT_LEAST <= len(rows[0]) <= _COLUMN_LIMIT:
            return None
    if not _is_regular(rows):
        return None
    counts = [sum(any(index in priced for index in range(c.line, c.end_line)) for c in cells) for cells in rows]
    firsts = {index for cells in rows for index in range(cells[0].line, cells[0].end_line)}
    if counts[0] or max(counts) < 2 or not firsts.isdisjoint(priced):
        return None
    if any(cells[0].line == cells[0].end_line for cells in rows[1:]):
        return None
    return [Row(line, list(cells), header=line is lines[0]) for line, cells in zip(lines, rows, strict=True)]


def _is_regular(rows: list[list[Node]]) -> bool:
    """Whether all cells are of one tag and a line or two each, and the first row names the columns."""
    if len(rows) < 2:
        return False
    cells = [cell for row in rows for cell in row]
    if any(cell.inline or cell.tag != cells[-1].tag or cell.end_line - cell.line > _CELL_LINES for cell in cells):
        return False
    return sum(cell.line < cell.end_line for cell in rows[0]) >= len(rows[0]) - 1


def _carry(row: Row, carried: dict[int, tuple[Node, int]]) -> None:
    """Fill the next columns with cells that reach down from rows above."""
    while (held := carried.get(len(row.cells))) is not None and held[0].parent is not row.node:
        cell, left = held
        if left > 1:
            carried[len(row.cells)] = (cell, left - 1)
        else:
            del carried[len(row.cells)]
        row.cells.append(cell)


def _span(cell: Node, name: str) -> int:
    value = cell.attr(name)
    return max(1, min(int(value), _SPAN_LIMIT)) if value.isascii() and value.isdigit() else 1


def _trs(page: Page, table: Node) -> Iterator[Node]:
    for child in page.children(table):
        if child.tag == "tr":
            yield child
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from (row for row in page.children(child) if row.tag == "tr")


def cell_text(page: Page, cell: Node | None) -> str:
    """Return what a cell says, its ribbons left out."""
    if cell is None:
        return ""
    lines = page.lines_of(cell)
    named = [label.text for line in lines if (label := label_of(line)) is not None]
    return named[0] if named else clean_name(" ".join(line.text for line in lines)[: words.LABEL_CHARACTERS + 1])


def bare_columns(page: Page, rows: list[Row], reading: Reading) -> Iterator[tuple[int, str]]:
    """Yield line indices of bare numbers in columns headed by a currency, with that currency's code."""
    currencies: dict[int, str] = {}
    for row in rows:
        for column, cell in enumerate(row.cells):
            if cell is None:
                continue
            text = page.text_of(cell)
            if not any(sign.isdigit() for sign in text):
                found = _SIGN.search(text) if len(text) <= 40 else None
                meaning = reading.meaning(found[0]) if found else None
                if meaning is not None and (row.header or row is rows[0]):
                    currencies[column] = meaning
            elif column in currencies and _BARE_NUMBER.fullmatch(text) and cell.end_line - cell.line == 1:
                yield cell.line, currencies[column]


class Cell(msgspec.Struct, eq=False):
    """A place in a table that holds a price, with all that may name it."""

    node: Node
    row: Sequence[str]
    column: str
    #: Number of places with prices in this row.
    beside: int


def priced_cells(page: Page, rows: list[Row], priced: set[int]) -> list[Cell]:
    """Return the cells of a table whose elements (by order) hold prices, with the labels of their rows and columns."""
    headers: dict[int, str] = {}
    found: list[Cell] = []
    done: set[int] = set()
    shared = _shared(rows)
    for number, row in enumerate(rows):
        here = [cell for cell in dict.fromkeys(row.cells) if cell is not None and cell.order in priced]
        if not here:
            if row.header or number == 0:
                _take_headers(page, row, headers)
            continue
        labels = _row_labels(page, row, priced, shared)
        for column, cell in enumerate(row.cells):
            if cell is not None and cell.order in priced and cell.order not in done:
                done.add(cell.order)
                found.append(Cell(cell, labels, headers.get(column, ""), len(here)))
    return found


def _take_headers(page: Page, row: Row, headers: dict[int, str]) -> None:
    if len(set(map(id, row.cells))) == 1 and len(row.cells) > 1:
        return
    for column, cell in enumerate(row.cells):
        text = cell_text(page, cell)
        if text:
            headers[column] = text


def _shared(rows: list[Row]) -> set[int]:
    """Return the orders of cells that stand in several rows."""
    seen: set[int] = set()
    twice: set[int] = set()
    for row in rows:
        for cell in set(row.cells):
            if cell is not None:
                (twice if cell.order in seen else seen).add(cell.order)
    return twice


def _row_labels(page: Page, row: Row, priced: set[int], shared: set[int]) -> list[str]:
    """Return the texts that name a row: its first cell with words; the next, too, if it spans rows or is a measure."""
    labels: list[str] = []
    wanted = 1
    for cell in dict.fromkeys(row.cells):
        if cell is None or cell.order in priced:
            if labels:
                break
            continue
        text = cell_text(page, cell)
        if not any(sign.isalpha() for sign in text):
            continue
        labels.append(text)
        if cell.order in shared or is_measure(text):
            wanted += 1
        if len(labels) >= wanted:
            break
    return labels


def unpriced_cells(page: Page, rows: list[Row], priced: set[int]) -> Iterator[int]:
    """Yield the lines of cells beside prices, in a row of prices, that may say "Free" or "Contact us"."""
    for row in rows:
        if row.header or not any(cell is not None and cell.order in priced for cell in row.cells):
            continue
        labels = _row_labels(page, row, priced, set())
        if labels and not words.is_generic(labels[0]):
            continue
        for cell in dict.fromkeys(row.cells):
            if cell is not None and cell.order not in priced and cell.end_line - cell.line == 1:
                yield cell.line


def cell_name(cell: Cell) -> str | None:
    """Return the name that a price has by its row and column."""
    row = " ".join(cell.row)
    heading = clean_name(_IN_CURRENCY.sub("", cell.column))
    column = "" if words.is_generic(heading) or is_period_only(heading) else heading
    plain_row = not row or words.is_generic(row) or is_period_only(row)
    if plain_row:
        return column or row or None
    if cell.beside > 1 and column:
        return f"{row} {column}"
    return row
