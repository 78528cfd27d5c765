"""Forms that a listed word takes in a text without changing what it means: lists name each word once. Pure.

French and Italian words lose a space to the word before them ("l'arnaque", "n'aime"), Arabic ones have small words
written to their front ("والكذب"), and many write without accents what is spelled with them. Forms that would be other
words of the language are left to the lists.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

#: What is written before a vowel, by language.
_ELIDED = {
    "fr": ("l'", "d'", "j'", "m'", "t'", "s'", "c'", "qu'"),
    "it": ("l'", "d'", "un'", "m'", "t'", "c'", "dell'", "all'", "nell'", "dall'", "sull'", "quell'"),
}
#: What turns a feeling before a vowel.
_ELIDED_NEGATION = {"fr": "n'"}
_VOWELS = "aeiouyhàâäéèêëîïôöùûüœ"
_ARABIC_PREFIXES = ("ال", "و", "وال", "ب", "بال", "لل", "ف", "ي")
#: Shorter words without their accents are often others: "má" and "ma", "dói" and "doi".
_LEAST_BARE = 5
_LEAST_ARABIC = 3
_BARE = ("fr", "es", "it", "pt")


def forms_of(lang: str, phrase: str) -> Iterator[tuple[str, bool]]:
    """Yield the forms of a phrase, itself first, each with whether it denies what the phrase says."""
    yield phrase, False
    bare = _bare(phrase) if lang in _BARE and len(phrase) >= _LEAST_BARE else phrase
    for form in dict.fromkeys((phrase, bare)):
        if form != phrase:
            yield form, False
        if form[0] in _VOWELS:
            for before in _ELIDED.get(lang, ()):
                yield before + form, False
            if lang in _ELIDED_NEGATION:
                yield _ELIDED_NEGATION[lang] + form, True
    if lang == "ar" and len(phrase) >= _LEAST_ARABIC and "\u0621" <= phrase[0] <= "\u064a":
        for before in _ARABIC_PREFIXES:
            yield before + phrase, False


def _bare(text: str) -> str:
    if text.isascii():
        return text
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))
