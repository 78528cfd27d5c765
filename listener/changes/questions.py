"""Changes of questions and answers. Rewording or moving a question keeps its identity."""

from __future__ import annotations

import re
from collections.abc import Sequence

from listener.changes.likeness import best_pairs, fold, likeness, match_equal
from listener.facts import Change, Question

#: A question this like another is the same one reworded, and so is one whose answer stayed.
_REWORDED = 0.75
_SAME_ANSWER = 0.85
#: Words of an answer that make it one of its kind; "Yes." is the answer to many questions.
_TELLING_WORDS = 6
_WORD = re.compile(r"\w+")


def question_changes(before: Sequence[Question], after: Sequence[Question]) -> list[Change]:
    """Return new, removed and reworded questions, and edited answers."""
    _, old, new = match_equal(before, after, lambda each: (fold(each.question), fold(each.answer)))
    changes: list[Change] = []
    edited, old, new = match_equal(old, new, lambda each: fold(each.question))
    changes += [change for pair in edited for change in _edited(*pair)]
    alike = best_pairs(old, new, _kinship, least=_REWORDED)
    for one, other in alike:
        changes.append(Change(kind="faq_reworded", subject=other.question, before=one.question, after=other.question))
        changes += _edited(one, other)
    taken = {id(question) for pair in alike for question in pair}
    changes += [
        Change(kind="faq_removed", subject=each.question, before=each.question) for each in old if id(each) not in taken
    ]
    changes += [
        Change(kind="faq_added", subject=each.question, after=each.question) for each in new if id(each) not in taken
    ]
    return changes


def _edited(one: Question, other: Question) -> list[Change]:
    if not one.answer or not other.answer or fold(one.answer) == fold(other.answer):
        return []
    return [Change(kind="faq_answer_edited", subject=other.question, before=one.answer, after=other.answer)]


def _kinship(one: Question, other: Question) -> float:
    """Return the similarity of two questions, by their words or by an unchanged answer."""
    asked = likeness(fold(one.question), fold(other.question))
    ours, theirs = fold(one.answer), fold(other.answer)
    answered = likeness(ours, theirs) if len(ours.split()) >= _TELLING_WORDS else 0.0
    if answered >= _SAME_ANSWER:
        return max(asked, answered)
    return asked if answered > 0.3 or asked >= 0.85 or not ours else asked * 0.9
