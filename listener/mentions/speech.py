"""Kind of speech: complaint, question, praise, request, churn risk, news, spam; and how surely it is a complaint.
Pure.

The probability of a complaint is a logistic mix of sentiment, phrases of the lexicon of speech, pain topics, and
form (a post addressed to the brand, an exclamation, a question); the weights were set by hand. All is read towards the
brand: who moves from it to another may praise, but not the brand. And it matters who speaks: a report, in which nobody
says "I" or "you", complains of nothing, whatever it tells.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import msgspec

from listener.mentions.sentiment import NEGATIVE
from listener.mentions.words import Found, Words
from listener.types import ItemKind, Speech

#: Lists of the phrase book that are signs of a kind of speech.
KINDS = ("complaint", "question", "praise", "request", "churn", "news", "spam")
#: Lists of what is said of the brand by who turns away from it, and by who comes to it; so many of each are looked at.
LEAVING = "leaving"
COMING = "coming"
COMPARED = 200
#: From here a text complains.
COMPLAINS = 0.5
#: From here a question does, and an article.
ASKED = 0.7
#: An article that names the brand in passing complains from here.
ANGRY = -0.2
#: From here a complaint in anger isn't told as a wish, though it holds one.
SURELY = 0.9
#: What only reports is not told as a complaint, however bad its news, nor is what is of a kind that doesn't complain.
REPORTED = 0.49
CONTENT = frozenset({"praise", "news", "spam", "other"})
#: From here feeling alone is praise.
PLEASED = 0.4

_LINK = re.compile(r"https?://|www\.|\bt\.co/")
#: Each link holds one of these, which are found faster.
_SIGNS_OF_LINKS = ("://", "www.", "t.co/")
_PRICE = re.compile(r"[$€£]\s?\d")


class SpeechReading(msgspec.Struct, frozen=True, kw_only=True):
    """What kind of speech a text is."""

    kind: Speech
    #: 0 to 1.
    complaint: float
    #: Signs found, with the words, for `--explain`.
    signs: tuple[tuple[str, str], ...]
    #: Nobody in it speaks for himself: it tells news.
    reports: bool


def more(kind: str) -> str:
    """Return the name of the list of further signs of a kind: the model doesn't count them."""
    return f"more {kind}"


_LISTS = tuple((kind, more(kind)) for kind in KINDS)


def read_speech(
    words: Words,
    phrases: Mapping[str, Sequence[Found]],
    *,
    compound: float | None,
    pains: int,
    item: ItemKind,
    speaks: bool,
    in_passing: bool = False,
) -> SpeechReading:
    """Return the kind of a text.

    `phrases` are those of the lists of speech, such as "complaint"; `compound` is the sentiment towards the target,
    `pains` the number of pain topics named, `speaks` whether somebody speaks of himself or to somebody. `in_passing`
    is an article that names the brand among others: it asks nothing of the brand, and complains where it is negative.
    """
    signs = _signs(phrases)
    if in_passing:
        signs.pop("request", None)
        if LEAVING not in phrases:
            signs.pop("churn", None)
        speaks = speaks and ("churn" in signs or (compound is not None and compound <= ANGRY))
    if item == "article" and "complaint" not in signs and not (compound is not None and compound <= NEGATIVE):
        # "How to install", "change your password": subjects of articles, which hurt nobody by themselves.
        pains = 0
    reports = not speaks and (item == "article" or _tells_news(words.text, signs))
    if not reports and more("news") in phrases:
        # Who speaks for himself uses these words, too: "my account says".
        signs["news"] = [found.words for found in phrases.get("news", ())]
    signs = {kind: found for kind, found in signs.items() if found}
    # A firm that tells of its own outage doesn't complain.
    complaint = 0.0 if item == "incident" else _complaint(words.text, signs, compound, pains)
    kind = _kind(words.text, signs, compound, complaint, item, reports=reports)
    if reports or kind in CONTENT:
        complaint = min(complaint, REPORTED)
    return SpeechReading(
        kind=kind,
        complaint=round(complaint, 4),
        signs=tuple((sign, word) for sign, found in signs.items() for word in dict.fromkeys(found)),
        reports=reports,
    )


def _tells_news(text: str, signs: Mapping[str, list[str]]) -> bool:
    """Tell whether a post holds more of news than of complaint, or as much and ends like a headline."""
    told, complained = len(signs.get("news", ())), len(signs.get("complaint", ()))
    return told > complained or (told == complained > 0 and text.rstrip()[-1:].isalnum())


def _signs(phrases: Mapping[str, Sequence[Found]]) -> dict[str, list[str]]:
    """Return the words that are signs of each kind, once for each place, as far as they speak of the brand."""
    found: dict[str, Sequence[Found]] = {}
    for kind, further in _LISTS:
        some = phrases.get(kind, ())
        if further in phrases:
            some = _once([*some, *phrases[further]])
        if some:
            found[kind] = some
    # Each is compared with each: of a text of megabytes only the first ones are.
    coming = phrases.get(COMING, ())[:COMPARED]
    leaving = [one for one in phrases.get(LEAVING, ())[:COMPARED] if not _meets(one, coming)]
    if leaving:
        # What is praised is where one goes.
        found |= {"churn": _once([*found.get("churn", ()), *leaving]), "praise": ()}
    elif coming and "churn" in found:
        found["churn"] = [one for one in found["churn"][:COMPARED] if not _meets(one, coming)]
    return {kind: [one.words for one in some] for kind, some in found.items() if some}


def _once(found: Sequence[Found]) -> Sequence[Found]:
    return list({(one.first, one.last): one for one in found}.values())


def _meets(found: Found, others: Sequence[Found]) -> bool:
    return any(one.first <= found.last and found.first <= one.last for one in others)


def _has_link(text: str) -> bool:
    return any(sign in text for sign in _SIGNS_OF_LINKS) and _LINK.search(text) is not None


def _complaint(text: str, signs: Mapping[str, list[str]], compound: float | None, pains: int) -> float:
    score = -1.0
    score -= 2.4 * (compound or 0.0)
    # In a language that isn't read, words that look like a pain point's are another's.
    score += 1.1 * min(pains, 2) * (compound is not None or "complaint" in signs)
    score += 1.3 * min(len(signs.get("complaint", ())), 2)
    score += 1.2 * ("churn" in signs)
    score -= 1.0 * ("praise" in signs)
    score -= 1.2 * ("news" in signs or "spam" in signs)
    score += 0.5 * text.lstrip().startswith("@")
    score -= 0.8 * _has_link(text)
    return 1.0 / (1.0 + math.exp(-score))


def _kind(
    text: str,
    signs: Mapping[str, list[str]],
    compound: float | None,
    complaint: float,
    item: ItemKind,
    *,
    reports: bool,
) -> Speech:
    if item == "incident":
        return "news"
    if len(signs.get("spam", ())) >= 2 or ("spam" in signs and _has_link(text) and _PRICE.search(text)):
        return "spam"
    if reports:
        return "question" if "question" in signs and text.rstrip().endswith("?") else "news"
    if "churn" in signs:
        return "churn"
    angry = complaint >= SURELY and compound is not None and compound <= NEGATIVE
    if "request" in signs and len(signs["request"]) >= len(signs.get("complaint", ())) and not angry:
        return "request"
    asks = "question" in signs or text.rstrip().endswith("?")
    # Who asks and names what may hurt ("Does it ship to Norway?") doesn't complain yet, nor does who writes of it.
    if complaint >= (ASKED if item == "article" or (asks and "complaint" not in signs) else COMPLAINS):
        return "complaint"
    if "request" in signs:
        return "request"
    if item == "article" or "news" in signs:
        return "news"
    if asks:
        return "question"
    if compound is None:
        return "praise" if "praise" in signs else "other"
    # Who praises in anger praises another, or doesn't mean it.
    return "praise" if compound >= PLEASED or ("praise" in signs and compound > NEGATIVE) else "other"
