"""Plans of a page: each price with its plan's name, whatever the layout.

Works from the inside out. A price begins as a group of its own. Going up the tree, a group takes its name from the
nearest element that holds a line fit to name it; groups that meet without names of their own share one (a plan with a
monthly and a yearly price), those whose names come in turn with them each get theirs, before or after.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping

from listener.pages import words
from listener.pages.grid import Row, cell_name, priced_cells
from listener.pages.groups import Group, distinct, give, line_groups, merged
from listener.pages.labels import STRONG, Label, is_period_only, label_of
from listener.pages.mentions import Mention
from listener.pages.nodes import Node, Page
from listener.pages.periods import period_in, period_of_heading

#: Lines before and after a price's element that are looked at for its name.
_REACH_BEFORE = 60
_REACH_AFTER = 20
_TABLE_PARTS = frozenset({"tr", "tbody", "thead", "tfoot"})


def group_plans(
    page: Page, mentions: dict[int, list[Mention]], skipped: bytearray, tables: Mapping[int, list[Row]]
) -> list[Group]:
    """Return the groups of a page, named where a name was found. `tables`: rows of each table by its order."""
    return _Grouping(page, mentions, skipped, tables).groups()


class _Grouping:
    def __init__(
        self, page: Page, mentions: dict[int, list[Mention]], skipped: bytearray, tables: Mapping[int, list[Row]]
    ) -> None:
        self._tables = tables
        self._page = page
        self._mentions = mentions
        self._skipped = skipped
        self._priced = sorted(mentions)
        self._labels: dict[int, Label | None] = {}

    def groups(self) -> list[Group]:
        found: dict[int, list[Group]] = {}
        tables = [self._page.nodes[order] for order in self._tables]
        grids = [node for node in tables if self._holds_prices(node) and self._is_grid(node)]
        within = {part.order for table in grids for part in self._page.walk(table) if part.tag in _TABLE_PARTS}
        within |= {row.node.order for table in grids for row in self._tables[table.order]}
        holders = {node.order: node for index in self._mentions for node in self._page.lines[index].node.ancestors()}
        for _, node in sorted(holders.items(), reverse=True):
            if node.inline or node.order in within:
                continue
            if node in grids:
                found[node.order] = self._resolve_grid(node, found)
            else:
                found[node.order] = self._resolve(node, found)
        return found.get(0, [])

    def _is_grid(self, table: Node) -> bool:
        """Whether a table's prices stand in cells of their own, not each in a cell with a title of its own."""
        cells = [
            cell
            for row in self._tables[table.order]
            for cell in dict.fromkeys(row.cells)
            if cell and self._holds_prices(cell)
        ]
        if any(below.tag == "table" for below in self._page.walk(table) if below is not table):
            return False
        titled = sum(self._has_title(cell) for cell in cells)
        return titled * 2 <= len(cells)

    def _has_title(self, cell: Node) -> bool:
        return cell.tag == "td" and any(
            label.rank == STRONG and label.level < 7
            for index in range(cell.line, cell.end_line)
            if index not in self._mentions and (label := self._label(index))
        )

    def _resolve_grid(self, table: Node, found: dict[int, list[Group]]) -> list[Group]:
        cells = {cell.order for row in self._tables[table.order] for cell in row.cells if cell is not None}
        priced = {order for order in cells if order in found}
        groups: list[Group] = []
        context = self._caption(table)
        for cell in priced_cells(self._page, self._tables[table.order], priced):
            for group in found.pop(cell.node.order):
                own = group.name or group.weak if cell.node.tag == "th" else None
                group.name = own or cell_name(cell) or group.name or group.weak or group.later
                group.card = cell.node
                group.context = context
                group.column = cell.column
                group.row_label = " ".join(cell.row)
                group.period = period_of_heading(cell.column) or period_in(group.row_label)
                if not words.SUM_ROW.fullmatch(group.row_label[:80]):
                    groups.append(group)
        return groups

    def _caption(self, table: Node) -> str | None:
        caption = next((child for child in self._page.children(table) if child.tag == "caption"), None)
        label = self._label(caption.line) if caption is not None and caption.line < caption.end_line else None
        return label.text if label else None

    def _holds_prices(self, node: Node) -> bool:
        first = bisect_left(self._priced, node.line)
        return first < len(self._priced) and self._priced[first] < node.end_line

    def _resolve(self, node: Node, found: dict[int, list[Group]]) -> list[Group]:
        items = self._items(node, found)
        groups = [item for item in items if isinstance(item, Group)]
        if len(groups) == 1:
            self._name_single(node, groups[0], items)
            return groups
        groups = self._drop_features(groups, items)
        kept = set(map(id, groups))
        return self._name_several(
            node, groups, [item for item in items if not isinstance(item, Group) or id(item) in kept]
        )

    def _items(self, node: Node, found: dict[int, list[Group]]) -> list[Group | Label]:
        """Return the groups in a node and the labels around them, in page order."""
        items: list[Group | Label] = []
        line = node.line
        end = min(node.end_line, len(self._page.lines))
        for child in _blocks(self._page, node):
            if child.order in found:
                self._own_lines(line, child.line, items)
                items.extend(found.pop(child.order))
                line = child.end_line
        self._own_lines(line, end, items)
        return items

    def _own_lines(self, start: int, end: int, items: list[Group | Label]) -> None:
        for index in range(start, end):
            if end - _REACH_BEFORE > index >= start + _REACH_AFTER and index not in self._mentions:
                continue
            if index in self._mentions:
                items.extend(line_groups(self._mentions[index]))
            elif not self._skipped[index] and (label := self._label(index)):
                items.append(label)

    def _label(self, index: int) -> Label | None:
        if index not in self._labels:
            line = self._page.lines[index]
            self._labels[index] = None if line.hidden and line.node.tag == "noscript" else label_of(line)
        return self._labels[index]

    def _name_single(self, node: Node, group: Group, items: list[Group | Label]) -> None:
        place = items.index(group)
        before = [item for item in items[:place] if isinstance(item, Label)]
        after = [item for item in items[place + 1 :] if isinstance(item, Label)]
        if group.name is not None:
            if group.context is None and (label := _best(before)):
                group.context = label.text
            return
        if label := _best(before):
            give(group, label.text, node, label.rest)
            return
        if group.later is None and (label := _best(after)):
            group.later = label.text
            group.card = group.card or node
        if group.weak is None:
            group.plain = [label for label in before if not is_period_only(label.text)] or before
            if group.plain:
                group.weak = group.plain[0].text
                group.card = group.card or node

    def _drop_features(self, groups: list[Group], items: list[Group | Label]) -> list[Group]:
        """Leave out amounts in the list of features below a card's one price."""
        leading = [group for group in groups if group.prominent and not group.row]
        if len(leading) != 1:
            return groups
        lead = leading[0]
        kept: list[Group] = []
        below = False
        for item in items:
            if item is lead:
                below = True
            elif isinstance(item, Label) and item.rank == STRONG:
                below = False
            if isinstance(item, Group) and (item is lead or not below or not item.row):
                kept.append(item)
        return kept

    def _name_several(self, node: Node, groups: list[Group], items: list[Group | Label]) -> list[Group]:
        """Name the groups that meet in a node by the first way that fits all of them."""
        unnamed = [group for group in groups if group.name is None]
        if unnamed and not (
            self._names_precede(node, items, unnamed)
            or self._names_follow(node, items, unnamed)
            or self._names_in_lines(node, items, unnamed)
            or self._names_alike(node, items, unnamed)
            or self._names_shared(node, items, unnamed)
        ):
            if len(unnamed) == len(groups):
                whole = merged(groups)
                self._name_single(node, whole, [item for item in items if item is whole or isinstance(item, Label)])
                return [whole]
            self._share_named(items)
        self._give_context(items)
        return groups

    def _names_precede(self, node: Node, items: list[Group | Label], unnamed: list[Group]) -> bool:
        """Name groups after the strong line before each, where each has one of its own."""
        owns = _labels_between(items, unnamed)
        levels = [{label.level for label in labels if label.rank == STRONG} for _, labels in owns]
        if not all(levels):
            return False
        common = set.intersection(*levels)
        for group, labels in owns:
            # What stands over the first of them may title them all: the level that all have is theirs.
            own = [label for label in labels if label.rank == STRONG and (not common or label.level == min(common))]
            label = own[-1] if common else _best(own)
            assert label is not None
            give(group, label.text, node, label.rest)
        return True

    def _names_in_lines(self, node: Node, items: list[Group | Label], unnamed: list[Group]) -> bool:
        """Name groups after their own lines, where at least two have words before their price."""
        if sum(group.inline is not None for group in unnamed) < 2:
            return False
        self._name_rows(node, items)
        return True

    def _names_alike(self, node: Node, items: list[Group | Label], unnamed: list[Group]) -> bool:
        """Name groups after plain lines before, or strong lines after, that each found within a smaller element."""
        if len(unnamed) < 2:
            return False
        for names in (_parallel(unnamed), [group.later for group in unnamed]):
            if distinct(names):
                self._give_context(items)
                for group, name in zip(unnamed, names, strict=True):
                    give(group, name, group.card or node)
                return True
        return False

    def _names_shared(self, node: Node, items: list[Group | Label], unnamed: list[Group]) -> bool:
        """Let groups share the strong line before them, or name them after the plain line before each."""
        owns = _labels_between(items, unnamed)
        if any(_best(labels) for _, labels in owns):
            self._share_preceding(node, items)
            return True
        if len(unnamed) < 2 or not distinct([labels[0].text if labels else None for _, labels in owns]):
            return False
        for group, labels in owns:
            give(group, labels[0].text, node)
        return True

    def _names_follow(self, node: Node, items: list[Group | Label], unnamed: list[Group]) -> bool:
        """Name groups after the strong line that follows each, where none precedes the first."""
        if any(isinstance(group, Group) and group.name for group in items):
            return False
        following: list[tuple[Group, list[Label]]] = []
        for item in items:
            if isinstance(item, Group):
                following.append((item, []))
            elif following and item.rank == STRONG:
                following[-1][1].append(item)
            elif not following and item.rank == STRONG:
                return False
        if len(following) < 2 or not all(labels for _, labels in following):
            return False
        for group, labels in following:
            give(group, labels[0].text, node)
        return True

    def _share_preceding(self, node: Node, items: list[Group | Label]) -> None:
        """Name each group after the nearest strong line before it; several may share one."""
        current: Label | None = None
        fresh = True
        for item in items:
            if isinstance(item, Label):
                if item.rank == STRONG and (current is None or not fresh or item.level <= current.level):
                    current, fresh = item, True
                continue
            fresh = False
            if item.name is None and current is not None:
                give(item, current.text, node)
            elif item.name is None and item.weak:
                give(item, item.weak, node)

    def _name_rows(self, node: Node, items: list[Group | Label]) -> None:
        """Name each group after its own line, in the context of the line above, or after that line itself."""
        current: Label | None = None
        for item in items:
            if isinstance(item, Label):
                current = item
                continue
            if item.name is None and item.inline is not None:
                give(item, item.inline, node)
                if current is not None:
                    item.context = current.text
            elif item.name is None and current is not None and item.weak is None:
                give(item, current.text, node)

    def _share_named(self, items: list[Group | Label]) -> None:
        """Let a group without any label belong to the named one before it, and one with a plain label go by that."""
        before: Group | None = None
        for item in items:
            if not isinstance(item, Group):
                continue
            if item.name is None:
                if item.weak or item.later:
                    give(item, item.weak or item.later, item.card)
                elif before is not None:
                    item.name, item.card = before.name, before.card
            before = item

    def _give_context(self, items: list[Group | Label]) -> None:
        current: Label | None = None
        for item in items:
            if isinstance(item, Label):
                if item.rank == STRONG:
                    current = item
            elif item.context is None and current is not None and current.text != item.name:
                item.context = current.text


def _blocks(page: Page, node: Node) -> list[Node]:
    """Return the nearest block elements below a node."""
    blocks: list[Node] = []
    stack = list(reversed(page.children(node)))
    while stack:
        child = stack.pop()
        if child.inline:
            stack.extend(reversed(page.children(child)))
        else:
            blocks.append(child)
    return blocks


def _parallel(groups: list[Group]) -> list[str | None]:
    """Return a plain name for each group, from elements of the same make where there are such."""
    made = [{_make(label): label.text for label in reversed(group.plain)} for group in groups]
    for label in groups[0].plain:
        names = [names.get(_make(label)) for names in made]
        if distinct(names):
            return names
    return [group.weak for group in groups]


def _make(label: Label) -> tuple[str, str]:
    return label.line.node.tag, label.line.node.classes


def _labels_between(items: list[Group | Label], unnamed: list[Group]) -> list[tuple[Group, list[Label]]]:
    """Return each unnamed group with the labels between the group before it and itself."""
    found: list[tuple[Group, list[Label]]] = []
    labels: list[Label] = []
    for item in items:
        if isinstance(item, Label):
            labels.append(item)
            continue
        if item in unnamed:
            found.append((item, labels))
        labels = []
    return found


def _best(labels: list[Label]) -> Label | None:
    """Return the label that names what follows: in an element named for it, or the highest heading, or the first."""
    strong = [label for label in labels if label.rank == STRONG]
    specific = [label for label in strong if not is_period_only(label.text)] or strong
    return min(specific, key=lambda label: label.level, default=None)
