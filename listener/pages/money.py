"""Amounts of money in a line of text, in every locale's way of writing them. Pure text, no tree.

An amount needs its currency beside it, before or after. Every quantifier is bounded: time is linear in the line.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

import msgspec
from msgspec.structs import replace

from listener.pages.currency import SYMBOLS, Reading, is_currency


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """An amount as found: `start` to `end` in the text, its currency sign included."""

    start: int
    end: int
    value: Decimal
    #: Upper end of "49 – 99 €".
    upper: Decimal | None = None
    #: ISO 4217; None only where the reader was told to accept bare numbers.
    currency: str | None


#: Most letters of a currency word, and of one with a space in it ("f cfa").
_WORD_LENGTH = 10
_SYMBOL_LENGTH = max(map(len, SYMBOLS))
_FIRST_SIGNS = frozenset(sign[0] for sign in SYMBOLS)
_LAST_SIGNS = frozenset(sign[-1] for sign in SYMBOLS)
#: No letter after.
_STOP = r"(?![^\W\d_])"
#: Digits of any script: Arabic-Indic, Persian, Devanagari and full-width ones are decimal digits to `\d` and to int().
_NUMBER = (
    r"(?:\d{1,3}(?:[ '’´.,٬]\d{3}){1,4}(?!\d)(?:[.,٫]\d{1,2}(?!\d))?"
    r"|\d{1,2}(?:,\d{2}){1,4},\d{3}(?!\d)(?:\.\d{1,2}(?!\d))?"
    r"|\d{1,12}(?:[.,٫]\d{1,8}(?!\d))?"
    r"|[.,]\d{1,4})"
)
_TIMES = (
    r"(?:\s?(?:万|萬|만|千|億|억)(?:\s?\d[\d,]{0,5})?"
    rf"|\s?(?:tys\.?|тыс\.?|млн\.?|mil|lakhs?|rb|ribu|jt|juta|triệu|nghìn|thousand|million){_STOP}|[kK]{_STOP}|M{_STOP})"
)
#: "99,-", "1'299.–", "99:-", "99,--".
_NO_CENTS = r"(?:[.,:]\s?[-–—]{1,2}(?!\s?\d))"
_FOUND = re.compile(
    rf"(?P<number>{_NUMBER})(?P<times>{_TIMES})?(?P<bare>{_NO_CENTS})?(?:(?P<tight>[€£$])(?P<cents>\d\d)(?![\d.,]))?",
    re.IGNORECASE,
)
_ALONE = re.compile(_NUMBER)
_DIGIT = re.compile(r"\d")
_LETTERS = r"[^\W\d_]"
_WORD_BEFORE = re.compile(
    rf"(?<!{_LETTERS})((?:F |frs )?{_LETTERS}(?:{_LETTERS}|['’ʻ‘.`ʼ״\"])*)\s?-?\s?$", re.IGNORECASE
)
_WORD_AFTER = re.compile(
    rf"\s?((?:F |frs )?{_LETTERS}(?:{_LETTERS}|['’ʻ‘`ʼ״\"]|\.(?={_LETTERS}))*\.?)(?!{_LETTERS})", re.IGNORECASE
)
_BETWEEN = re.compile(
    r"\s?(?:[-–—~〜～]|\bto\b|\bbis\b|\bà\b|\ba\b|\bdo\b|\bдо\b|\bal\b|\btot\b|\btill\b|\baté\b|\bhasta\b)\s?",
    re.IGNORECASE,
)
_FACTORS = {
    "万": 10_000,
    "萬": 10_000,
    "만": 10_000,
    "千": 1_000,
    "億": 100_000_000,
    "억": 100_000_000,
    "tys": 1_000,
    "тыс": 1_000,
    "млн": 1_000_000,
    "mil": 1_000,
    "lakh": 100_000,
    "lakhs": 100_000,
    "rb": 1_000,
    "ribu": 1_000,
    "jt": 1_000_000,
    "juta": 1_000_000,
    "triệu": 1_000_000,
    "nghìn": 1_000,
    "thousand": 1_000,
    "million": 1_000_000,
    "k": 1_000,
    "m": 1_000_000,
}
#: Currencies with three decimals, where "9.500" is nine and a half.
_THREE_DECIMALS = frozenset({"KWD", "BHD", "OMR", "TND", "JOD", "LYD", "IQD"})
_MINOR = frozenset({"¢", "cent", "cents", "ct", "pence", "копеек"})


def find_amounts(text: str, reading: Reading, *, bare: str | None = None) -> list[Amount]:
    """Return the amounts of a line in order.

    `bare`: take numbers without a currency, too, as amounts of this one ("" for an unknown one). For cells of a
    column that is headed "Price (EUR)".
    """
    if _DIGIT.search(text) is None:
        return []
    found: list[Amount] = []
    loose: re.Match[str] | None = None
    position = 0
    while (match := _FOUND.search(text, position)) is not None:
        amount = _read(text, match, reading, bare, found[-1].end if found else 0)
        # The sign after "$20" in "$20€18" is the next amount's.
        position = max(amount.end if amount is not None else match.end(), match.end("number"))
        if amount is None:
            loose = match
            continue
        previous = found[-1] if found else None
        if previous is not None and previous.upper is None and _joins(text, previous.end, amount.start):
            if previous.currency == amount.currency and previous.value < amount.value:
                found[-1] = replace(previous, end=amount.end, upper=amount.value)
                continue
        elif loose is not None and _joins(text, loose.end(), amount.start):
            value = _value(loose["number"], loose["times"], None)
            if value is not None and _spans(value, loose.end(), amount):
                amount = replace(amount, start=loose.start("number"), value=value, upper=amount.value)
        found.append(amount)
        loose = None
    return found


def number_of(text: str) -> Decimal | None:
    """Return the number that a text consists of, in any locale's way of writing; None for anything else."""
    text = text.strip()
    return _value(text, None, None) if len(text) <= 20 and _ALONE.fullmatch(text) else None


def _joins(text: str, end: int, start: int) -> bool:
    return 0 < start - end <= 7 and _BETWEEN.fullmatch(text, end, start) is not None


def _spans(value: Decimal, end: int, amount: Amount) -> bool:
    """Whether a bare number is the lower end of the amount after it ("50–80 €") and no label ("Level 1 – 80 €")."""
    tight = amount.start - end == 1
    return value < amount.value <= value * (20 if tight else 4)


def _read(text: str, match: re.Match[str], reading: Reading, bare: str | None, floor: int) -> Amount | None:
    start, end = match.span()
    sign_start, sign = _sign_before(text, start, reading)
    if sign_start < floor:
        sign = None
    if sign is not None and match["tight"]:
        end = match.end("bare") if match["bare"] else match.end("number")
    if sign is None and start and _is_part_of_a_word(text[start - 1]):
        return None
    tight = match["tight"] is not None and sign is None
    if tight:
        after: str | None = reading.meaning(match["tight"])
        sign_end, minor = end, False
    else:
        sign_end, after, minor = _sign_after(text, end, reading, code_only=sign is not None)
    currency = after or sign or (reading.customary() if match["bare"] else None)
    if currency is None and bare is None:
        return None
    if currency == "PHP" and sign == "PHP" and len(match["number"]) < 4:
        # A version of the language.
        return None
    value = _value(match["number"], match["times"], currency)
    if value is None or (after is None and text[end : end + 2].strip().startswith("%")):
        return None
    if tight and match["cents"]:
        value += Decimal(match["cents"]) / 100
    return Amount(
        start=sign_start if sign else start,
        end=sign_end if after else end,
        value=value / 100 if minor else value,
        currency=currency or bare or None,
    )


def _is_part_of_a_word(sign: str) -> bool:
    """Whether a number right after this sign is none of its own. Scripts without capitals put no space before one."""
    return sign.isdigit() or sign.isupper() or sign.islower() or sign in ".,#_"


def _sign_before(text: str, start: int, reading: Reading) -> tuple[int, str | None]:
    """Return where the currency before a number begins, and its code."""
    end = start
    if end and text[end - 1] == "-":
        end -= 1
    if end and text[end - 1] == " ":
        end -= 1
    if not end or not _may_end_sign(text[end - 1]):
        return start, None
    for length in range(min(_SYMBOL_LENGTH, end), 0, -1) if text[end - 1] in _LAST_SIGNS else ():
        token = text[end - length : end]
        if token in SYMBOLS and not (token[0].isalpha() and end > length and text[end - length - 1].isalpha()):
            # "$5" in "plans$5" is money, "s$5" isn't; and the sign after "49" belongs to "49".
            if length == 1 and end > 1 and end < start and text[end - 2].isdigit():
                return start, None
            return end - length, reading.meaning(token)
    token = text[max(0, end - _WORD_LENGTH - 2) : end].rpartition(" ")[2]
    if token.isalpha() and not is_currency(token):
        return start, None
    found = _WORD_BEFORE.search(text, max(0, start - _WORD_LENGTH - 3), start)
    if found is None:
        return start, None
    return found.start(1), reading.meaning(found[1]) or reading.meaning(found[1].rstrip("."))


def _may_end_sign(letter: str) -> bool:
    """Whether a currency's sign, code or word may end so: a quick look, since most numbers are no amounts."""
    return letter.isalpha() or letter in _LAST_SIGNS or letter in "'’ʻ‘.`ʼ״\""


def _sign_after(text: str, end: int, reading: Reading, *, code_only: bool) -> tuple[int, str | None, bool]:
    """Return where the currency after a number ends, its code, and whether it is the hundredth of one."""
    begin = end + 1 if text[end : end + 1] == " " else end
    following = text[begin : begin + 1]
    if not following.isalpha() and following not in _FIRST_SIGNS:
        return end, None, False
    for length in range(_SYMBOL_LENGTH, 0, -1) if following in _FIRST_SIGNS else ():
        token = text[begin : begin + length]
        if len(token) == length and token in SYMBOLS:
            following = text[begin + length : begin + length + 1]
            if code_only or following.isdigit() or (token[-1].isalpha() and token.isascii() and following.isalpha()):
                return end, None, False
            return begin + length, reading.meaning(token), token in _MINOR
    found = _WORD_AFTER.match(text, end, end + _WORD_LENGTH + 2)
    if found is None or (code_only and len(found[1].strip(".")) != 3):
        return end, None, False
    word = found[1]
    meaning = reading.meaning(word)
    if meaning is None and word.endswith("."):
        word = word[:-1]
        meaning = reading.meaning(word)
    return found.start(1) + len(word), meaning, word.lower() in _MINOR


def _value(number: str, times: str | None, currency: str | None) -> Decimal | None:
    try:
        value = Decimal(_plain(number, currency, times is not None))
    except InvalidOperation:
        return None
    if times is None:
        return value
    unit = times.strip().rstrip(".").lower()
    factor = _FACTORS.get(unit) or _FACTORS[unit[0]]
    rest = unit[1:].strip().replace(",", "") if unit[0] in "万萬만千億억" else ""
    return value * factor + (int(rest) if rest else 0)


def _plain(number: str, currency: str | None, scaled: bool) -> str:
    """Return a number as Decimal reads it, its grouping taken out and its decimal sign made a point.

    Of two kinds of separators the last one is the decimal sign. A single one with three digits behind it groups
    ("1.099", "1,499"), unless nothing but zero stands before it ("0.125"), the currency has three decimals or a factor
    follows ("1.275 M").
    """
    text = number.translate(_PLAIN_SIGNS)
    marks = [sign for sign in text if sign in ".,"]
    if not marks:
        return text
    if len(set(marks)) == 2:
        decimal_sign = marks[-1]
        group = "," if decimal_sign == "." else "."
        return text.replace(group, "").replace(decimal_sign, ".")
    if len(marks) > 1:
        return text.replace(marks[0], "")
    whole, _, fraction = text.partition(marks[0])
    if len(fraction) == 3 and whole.strip("0") and len(whole) <= 3 and not scaled and currency not in _THREE_DECIMALS:
        return whole + fraction
    return f"{whole or '0'}.{fraction}"


_PLAIN_SIGNS = str.maketrans({" ": None, "'": None, "’": None, "´": None, "٬": None, "٫": "."})
