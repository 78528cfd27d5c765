"""Questions and answers that a page shows: accordions, details, definition lists, headings, tables, "Q:" paragraphs.

Lines that are made alike are judged together: where enough of those made one way ask something, all of them are
questions. What is visible counts; a FAQPage in JSON-LD is used only where nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from listener.facts import Question
from listener.pages.classes import Names
from listener.pages.faq_zones import zones_of
from listener.pages.labels import HEADINGS
from listener.pages.nodes import Line, Node, Page
from listener.pages.structured import faq_of
from listener.pages.words import asks

_QUESTION_CHARACTERS = 320
_ANSWER_CHARACTERS = 20_000
_Q = re.compile(
    r"(?:Q|F|P|D|В|Frage|Question|Pregunta|Domanda|Pergunta|Vraag|Вопрос|问|問|질문)\s*\d{0,3}\s*[:：.)]\s*",
    re.IGNORECASE,
)
_SIGNS = tuple("?？؟;\u037e吗呢か요까")
_Q_LETTERS = frozenset("QFPDVqfpdvВв问問질")
_A = re.compile(
    r"(?:A|R|О|Antwort|Answer|Respuesta|Risposta|Resposta|Réponse|Antwoord|Ответ|答|답변?)\s*\d{0,3}\s*[:：]\s*",
    re.IGNORECASE,
)
#: After "Q. …", "A. …" is an answer, too; elsewhere it may be a list's first item.
_A_MARK = re.compile(rf"{_A.pattern}|(?:A|R|О)\s?[.)]\s+", re.IGNORECASE)
_NUMBERING = re.compile(
    r"(?:(?:Q|F|P|D|В|Frage|问|問)\s*\d{0,3}\s*[:：.)]\s*|#?\d{1,3}\s*[.):·–-]\s*(?=\D)|0\d\s*(?=\D)|"
    r"\d{1,2}\s+(?=[^\W\d_][^\d]{12}))",
    re.IGNORECASE,
)
_ICONS = " \t+−–—▼▾▲▴►▸›»⌄⌃✕×✖⊕⊖↓→❯•·◦●○☐✓❓❔?#*|"
_ACCORDION = frozenset(
    (
        "accordion accordian collapse collapsible toggle toggler expander faq faqs question frage akkordeon qa "
        "disclosure"
    ).split()
)
#: Last words of the classes of what is clicked, and of what then opens.
_CLICKED = frozenset(
    (
        "question questions frage q header title button btn toggle trigger heading head label summary ask "
        "pregunta domanda pergunta name control link text accordion"
    ).split()
)
_OPENED = frozenset(
    (
        "answer answers antwort reponse respuesta risposta resposta a panel content body collapse inner pane "
        "description ans details"
    ).split()
)
#: Last words of classes of what holds a question.
_QUESTION = frozenset(
    "question frage pregunta domanda pergunta vraag pytanie otazka fraga sporsmal kysymys soru вопрос vopros".split()
)
#: Calls to action that end in a question mark.
_CALL = re.compile(
    r"[\W_]*(?:(?:still|do you|got|have|any|more|other|further|additional|your|can'?t find|cannot find|didn'?t "
    r"find|didn’t find|not sure|need|ready|want|looking|interested|curious|questions|confused|what are you "
    r"waiting|still unsure|prefer|didn't see|don't see|don’t see)\b.{0,60}"
    r"(?:questions?|answers?|help|more|started?|start|talk|contact|ready|join|asking|demo|waiting for|which|"
    r"looking for|assistance|support|information|here|listed)|(?:are you )?ready\b.{0,60}|questions|"
    r"(?:noch|haben sie|hast du|weitere|offene|deine|keine passende|ihre)\b.{0,40}(?:fragen?|antwort)|"
    r"bereit\b.{0,50}|nicht gefunden\b.{0,40}|(?:d['’]autres|encore des|une|des|vous avez|vous ne "
    r"trouvez)\b.{0,40}(?:questions?|réponse)|prêts?\b.{0,50}|"
    r"(?:más|otras|aún|todavía|tienes|tiene|alguna|no encuentras)\b.{0,40}(?:preguntas?|dudas?|respuesta)|"
    r"¿?(?:listo|preparado)s?\b.{0,50}|(?:altre|ancora|hai|avete|non trovi|non (?:hai|avete) "
    r"trovato)\b.{0,40}(?:domande|dubbi|risposta)|"
    r"pronto\b.{0,50}|(?:ainda|tem|mais|outras|alguma|não encontrou)\b.{0,40}(?:dúvidas?|perguntas?|resposta)|"
    r"(?:nog|heeft u|heb je|andere)\b.{0,30}(?:vraag|vragen)|(?:masz|inne|nie znalaz)\w*\b.{0,40}(?:pyta\w+|"
    r"odpowied\w+)|(?:остались|ещё|есть|не нашли)\b.{0,40}(?:вопрос\w*|ответ\w*))[\W_]*",
    re.IGNORECASE,
)
_STATES = frozenset(
    (
        "active open opened show shown collapsed expanded first last is-open is-active current selected odd "
        "even visible w--open in mb-0 border-0"
    ).split()
)


class Entry(msgspec.Struct, eq=False):
    """A question as found: its line, and the lines of its answer."""

    line: Line
    text: str
    #: Rest of the question's own line.
    rest: str = ""
    answer: list[Line] = msgspec.field(default_factory=list)


class _Make(msgspec.Struct, eq=False):
    """Lines that are made alike."""

    entries: list[Entry] = msgspec.field(default_factory=list)
    asking: int = 0
    prefixed: int = 0
    structural: bool = False
    heading: bool = False
    linked: bool = False


def read_faq(page: Page) -> tuple[tuple[Question, ...], list[Line]]:
    """Return the questions of a page in page order, and the lines that they and their answers take."""
    told = faq_of(page)
    entries = _Finder(page, told).entries()
    if not entries:
        return tuple(Question(question=clean_question(name), answer=answer) for name, answer in told), []
    lines = [line for entry in entries for line in (entry.line, *entry.answer)]
    return tuple(Question(question=entry.text, answer=_answer_text(entry)) for entry in entries), lines


def clean_question(text: str) -> str:
    """Return a question without its number, its "Q:" and the icons around it."""
    text = " ".join(text.split()).strip(_ICONS.replace("?", "").replace("#", ""))
    text = _NUMBERING.sub("", text, count=1) if _NUMBERING.match(text) else text
    return text.strip(" \t+−–—▼▾▲▴►▸›»⌄⌃✕×✖⊕⊖↓→❯•·●○|")


def _answer_text(entry: Entry) -> str:
    text = "\n".join(
        [entry.rest, *(line.text for line in entry.answer)] if entry.rest else [line.text for line in entry.answer]
    )
    found = (_A_MARK if _Q.match(entry.line.text) else _A).match(text)
    return (text[found.end() :] if found else text)[:_ANSWER_CHARACTERS]


class _Finder:
    def __init__(self, page: Page, told: list[tuple[str, str]]) -> None:
        self._page = page
        self._told = told
        self._zone = zones_of(page)
        self._makers: dict[Names, str] = {}
        #: Orders of the elements that microdata calls a question's name.
        self._told_names = {node.order for node in page.properties if _is_question_name(node)}

    def entries(self) -> list[Entry]:
        told = {_key(name) for name, _ in self._told}
        accepted = [(make.structural, self._accepted(make, told)) for make in self._makes().values()]
        found: list[Entry] = []
        spans: list[tuple[int, int]] = []
        for structural, entries in sorted(accepted, key=lambda pair: (pair[0], len(pair[1])), reverse=True):
            if not entries:
                continue
            taken = [item for item in _items(found, len(self._page.lines)) if item is not None]
            entries = [entry for entry in entries if not any(item.holds(entry.line.node) for item in taken)]
            if not structural:
                # Between questions that open and close, others stand in their answers.
                entries = [entry for entry in entries if not any(a < entry.line.index < b for a, b in spans)]
            elif len(entries) > 1:
                spans.append((entries[0].line.index, entries[-1].line.index))
            found += entries
            found.sort(key=lambda entry: entry.line.index)
        self._give_answers(found)
        return [entry for entry in found if not self._is_title(entry, found)]

    def _candidates(self) -> Iterator[Line]:
        """Yield the lines that may be questions: made like one that asks, or like what opens an answer in a FAQ."""
        lines, inside, allowed = self._page.lines, self._zone.inside, self._zone.allowed
        asking = [line.node for line in self._page.lines_holding(*_SIGNS)]
        asking += [line.node for line in lines if line.text[0] in _Q_LETTERS and _Q.match(line.text)]
        tags, classes = {node.tag for node in asking}, {node.names.classes for node in asking}
        kins = {self._kin(node) for node in asking}
        opening = self._opening()
        for line in lines:
            index = line.index
            if not allowed[index] or len(line.text) < 2:
                continue
            node = line.node
            if inside[index]:
                wanted = self._told or opening[index] or self._kin(node) in kins
            else:
                wanted = node.tag in tags and node.names.classes in classes and self._kin(node) in kins
            if wanted:
                yield line

    def _kin(self, node: Node) -> tuple[str, str, str, str]:
        """Return what elements made alike share: their tag and class, and those of the element around them."""
        parent = node.parent
        if parent is None:
            return node.tag, self._class_of(node), "", ""
        tag = node.tag
        if parent.tag == "tr" and node.is_first:
            # Of a table's cells those of the first column are made alike.
            tag += " first"
        elif node.order in self._told_names:
            tag += " name"
        return tag, self._class_of(node), parent.tag, self._class_of(parent)

    def _opening(self) -> bytearray:
        """Flag the lines of elements that open an answer."""
        page = self._page
        flags = bytearray(len(page.lines))
        nodes = [*page.of_tags("summary", "dt"), *page.openers]
        nodes += [node for node in (*page.of_tags("label"), *page.properties) if _discloses(node)]
        nodes += [
            node for names, same in page.by_names.items() if not names.endings.isdisjoint(_QUESTION) for node in same
        ]
        for node in nodes:
            if node.end_line - node.line <= 2:
                for index in range(node.line, min(max(node.end_line, node.line + 1), len(flags))):
                    flags[index] = 1
        return flags

    def _class_of(self, node: Node) -> str:
        """Return the classes that things made alike share: without numbers and what tells a state."""
        found = self._makers.get(node.names)
        if found is None:
            kept = [_DIGITS.sub("", word) for word in node.classes.split() if word not in _STATES]
            found = self._makers[node.names] = " ".join(sorted(kept))
        return found

    def _makes(self) -> dict[tuple[object, ...], _Make]:
        makes: dict[tuple[object, ...], _Make] = {}
        for line in self._candidates():
            bold_end = _bold_end(line)
            entry = _entry(line, bold_end)
            if entry is None or _is_opened(line):
                continue
            bold = bold_end > 0
            linked = any(above.tag == "a" for above in _up_to(line.owners[0], line.node))
            key = (*self._kin(line.node), bold, linked, bool(self._zone.inside[line.index]), bool(entry.rest))
            make = makes.get(key)
            if make is None:
                heading = bold or line.node.tag in HEADINGS
                structural = _is_structural(line) or self._is_paired(line.node)
                make = makes[key] = _Make(structural=structural, heading=heading, linked=linked)
            make.entries.append(entry)
            make.asking += asks(line.text if not entry.rest else entry.text)
            make.prefixed += _Q.match(line.text) is not None
        return makes

    def _is_paired(self, node: Node) -> bool:
        """Whether an element is the first of two cells in a row."""
        row = node.parent
        return node.is_first and row is not None and row.tag == "tr" and len(self._page.children(row)) == 2

    def _accepted(self, make: _Make, told: set[str]) -> list[Entry]:
        """Return the questions among lines that are made alike."""
        entries = [entry for entry in make.entries if entry.text and not _CALL.fullmatch(entry.text[:120])]
        asking = [entry for entry in entries if asks(entry.text)]
        if make.prefixed >= 2:
            return [entry for entry in entries if _Q.match(entry.line.text)]
        known = [entry for entry in entries if _key(entry.text) in told]
        if len(known) >= 2 and len(known) * 2 >= len(entries):
            return entries if make.heading or make.structural else [e for e in entries if e in known or asks(e.text)]
        inside = bool(entries) and bool(self._zone.inside[entries[0].line.index])
        share = len(asking) / len(make.entries)
        if make.structural and (inside or (len(asking) >= 2 and share >= 0.5)):
            return entries if share >= 0.34 or (inside and _is_disclosure(entries[0].line)) else asking
        if inside and (make.heading or any(entry.rest for entry in entries)):
            return entries if share >= 0.6 and len(asking) >= 2 else asking
        if inside and (share >= 0.4 or make.linked):
            return asking
        enough = len(asking) >= 3 and (share >= 0.6 or (len(asking) >= 5 and share >= 0.5))
        if make.heading and enough:
            return asking
        if len(asking) >= 3 and share >= 0.4 and sum(map(self._is_answered, asking)) * 3 >= len(asking) * 2:
            return asking
        return []

    def _is_answered(self, entry: Entry) -> bool:
        following = self._page.lines[entry.line.index + 1 : entry.line.index + 2]
        return len(entry.text) <= 160 and any(len(line.text) >= 30 and not asks(line.text) for line in following)

    def _give_answers(self, entries: list[Entry]) -> None:
        lines = self._page.lines
        for number, entry in enumerate(entries):
            stop = entries[number + 1].line.index if number + 1 < len(entries) else self._end_after(entries)
            item = _item(entry.line, stop)
            end = min(stop, item.end_line) if item is not None else stop
            level = HEADINGS.get(entry.line.node.tag, 7)
            for line in lines[entry.line.index + 1 : end]:
                heading = HEADINGS.get(line.node.tag)
                if (heading is not None and (heading <= level or item is None)) or not self._zone.allowed[line.index]:
                    break
                if any(sign.isalnum() for sign in line.text):
                    entry.answer.append(line)

    def _end_after(self, entries: list[Entry]) -> int:
        """Return where the last answer ends at the latest: with the element around the last two questions."""
        if len(entries) < 2:
            return len(self._page.lines)
        before, last = entries[-2].line.node, entries[-1].line.node
        around = next(node for node in last.ancestors() if node.holds(before))
        return max(around.end_line, entries[-1].line.index + 1)

    def _is_title(self, entry: Entry, entries: list[Entry]) -> bool:
        """Whether an entry is the title of a group of questions: it asks nothing and nothing answers it."""
        if entry.answer or entry.rest or asks(entry.text):
            return False
        return sum(bool(other.answer or other.rest) for other in entries) * 2 > len(entries)


def _entry(line: Line, bold_end: int) -> Entry | None:
    """Return a line as a question that it may be: all of it, or the bold words that it begins with."""
    if bold_end and bold_end < len(line.text):
        text = clean_question(line.text[:bold_end].rstrip(" :–-"))
        rest = line.text[bold_end:].strip(" :–-")
        if len(rest) > 20 and asks(line.text[:bold_end].rstrip(" :–-")) and len(text) <= _QUESTION_CHARACTERS:
            return Entry(line, text, rest)
    if len(line.text) > _QUESTION_CHARACTERS:
        return None
    text = clean_question(line.text)
    return Entry(line, text) if any(sign.isalpha() for sign in text) else None


def _bold_end(line: Line) -> int:
    ends = [*line.starts[1:], len(line.text)]
    reach = 0
    for owner, end in zip(line.owners, ends, strict=True):
        if not any(node.tag in ("b", "strong") for node in _up_to(owner, line.node)):
            break
        reach = end
    return reach


def _up_to(owner: Node, block: Node) -> Iterable[Node]:
    for node in owner.ancestors():
        if node is block:
            return
        yield node


_DIGITS = re.compile(r"\d+")


def _is_structural(line: Line) -> bool:
    """Whether a line stands in what opens and closes an answer: summary, dt, a button that controls a panel."""
    if _is_disclosure(line):
        return True
    if line.node.tag == "button" and asks(line.text):
        return True
    return any(
        node.named and not node.words.isdisjoint(_ACCORDION) and not node.endings.isdisjoint(_CLICKED)
        for node in _around(line)
    )


def _is_disclosure(line: Line) -> bool:
    return any(_discloses(node) or not node.endings.isdisjoint(_QUESTION) for node in _around(line))


def _discloses(node: Node) -> bool:
    """Whether an element is made to hold a question, or opens something when it is clicked."""
    if node.tag in ("summary", "dt"):
        return True
    if node.tag == "label":
        # That of a box in front of it, by which styles open what follows.
        return node.has("for") and not node.is_first
    return _is_question_name(node) or any(_opens(name, value) for name, value in node.attributes)


def _is_question_name(node: Node) -> bool:
    """Whether microdata says that a question stands in an element: https://schema.org/Question."""
    return (
        node.attr("itemprop") == "name"
        and node.parent is not None
        and node.parent.attr("itemtype").endswith("/Question")
    )


def _opens(name: str, value: str | None) -> bool:
    """Whether an attribute says that a click here opens something."""
    return name in ("aria-expanded", "aria-controls") or (
        name in ("data-toggle", "data-bs-toggle") and value == "collapse"
    )


def _around(line: Line) -> Iterator[Node]:
    """Yield the elements that hold this line and hardly more, from the inside out."""
    for number, node in enumerate(line.owners[0].ancestors()):
        if number > 4 or node.end_line - node.line > 2:
            return
        yield node


def _is_opened(line: Line) -> bool:
    """Whether a line stands in the part of an accordion that opens."""
    for node in list(line.node.ancestors())[:5]:
        if node.tag in ("summary", "button", "dt"):
            return False
        if node.tag == "dd":
            return True
        if node.named and node.endings & _OPENED and node.words & (_ACCORDION | {"answer", "antwort"}):
            return True
    return False


def _item(line: Line, stop: int) -> Node | None:
    """Return the largest element that holds this question and none after it, if it holds more than the question."""
    best: Node | None = None
    for node in line.owners[0].ancestors():
        if node.line < line.index - 2 or node.end_line > stop or node.tag in ("body", "html", "main", "#page"):
            break
        if not node.inline and node.end_line > line.index + 1:
            best = node
            if node.tag == "details":
                break
    return best


def _items(entries: list[Entry], end: int) -> list[Node | None]:
    """Return the element around each question and its answer, where there is one."""
    stops = [*(entry.line.index for entry in entries[1:]), end]
    return [_item(entry.line, stop) for entry, stop in zip(entries, stops, strict=False)]


def _key(question: str) -> str:
    return re.sub(r"\W+", "", clean_question(question).casefold())
