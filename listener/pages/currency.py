"""Currencies of symbols, codes and words, and the meaning of "$", "kr" or "¥" on a page in a given language.

Codes are ISO 4217; Iranian toman, which has no code of its own there, is IRT as exchanges write it.
"""

from __future__ import annotations

import re
from functools import cached_property

#: Codes that are written beside an amount. Ones that are also words, such as ALL, CUP or TOP, are left out.
CODES = frozenset(
    "AED AFN AMD ARS AUD AZN BAM BDT BGN BHD BIF BND BOB BRL BWP BYN CAD CHF CLP CNY COP CRC CZK DKK DOP DZD EGP "
    "ETB EUR FJD GBP "
    "GEL GHS GTQ HKD HNL HRK HUF IDR ILS INR IQD IRR IRT ISK JMD JOD JPY KES KGS KHR KRW KWD KZT LBP LKR LYD MAD "
    "MDL MGA MKD "
    "MMK MNT MOP MUR MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SEK "
    "SGD SYP THB "
    "TND TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND XAF XOF YER ZAR ZMW ZWL USDT USDC BTC ETH".split()
)


def _table(text: str) -> dict[str, str]:
    """Read "EUR: € euro; USD: US$" into a dict of signs; an underscore stands for a space."""
    signs: dict[str, str] = {}
    for part in text.split("; "):
        code, _, tokens = part.partition(": ")
        signs.update((token.replace("_", " "), code) for token in tokens.split())
    return signs


#: Written before or after an amount, as they stand. What is no code is settled by the page.
SYMBOLS = _table(
    "USD: US$ $US U$S u$s USD$; BRL: R$; AUD: AU$ A$ AUD$; CAD: C$ CA$ CAD$ CDN$; NZD: NZ$; HKD: HK$; "
    "SGD: S$ SG$; TWD: NT$ NTD$; MXN: MX$ MXN$; ARS: AR$; COP: COP$; CLP: CLP$; DOP: RD$; JMD: J$; TTD: TT$; "
    "NAD: N$; ZWL: Z$; BND: B$; $: $ ＄; EUR: €; GBP: £ ￡; ¥: ¥ ￥; INR: ₹; RUB: ₽; KRW: ₩ ￦ 원; VND: ₫; TRY: ₺; "
    "UAH: ₴; NGN: ₦; ILS: ₪; PHP: ₱; THB: ฿ บาท; CRC: ₡; PYG: ₲; GHS: GH₵ ₵; KZT: ₸; AZN: ₼; GEL: ₾; LAK: ₭; "
    "MNT: ₮; KHR: ៛; SAR: ﷼; BDT: ৳; Rs: ₨; AMD: ֏; BTC: ₿; PEN: S/. S/; ¢: ¢; JPY: 円; 元: 元; CNY: 圆"
)
#: Words, compared without case; letters may not touch them.
WORDS = _table(
    "EUR: euro euros eur evro eura евро євро ευρώ ευρω 欧元 ユーロ; "
    "$: dollars dollar bucks dólares dolares dólar dollari pesos; USD: долларов 美元 美金 ドル 달러; "
    "GBP:  quid pence; CHF: chf sfr sfr. fr. franken francs; PLN: zł zl złotych złote zlotych; "
    "CZK: kč kc korun; HUF: ft ft. huf forint; RON: lei leu ; BGN: лв лв. leva; kr: kr kr. kroner; "
    "SEK: kronor ; ISK: krónur ; DKK: dkk; NOK: nok; RUB: руб руб. р. рублей рубля рубль р rub; "
    "UAH: грн грн. гривень гривен uah; KZT: тг тг. тенге теңге; UZS: сум сўм so'm so‘m soʻm so’m so`m soʼm sum; "
    "KGS: сом; TJS: сомони; AMD: драм դրամ; GEL: лари ლარი ; AZN: манат manat; BYN: br; Rs: rs rs. rupees; "
    "INR: रु रु. रुपये inr; LKR: lkr රු රු.; IDR: rp rp. rupiah; MYR: rm; BDT: tk tk. taka টাকা; THB: baht; "
    "VND: đ ₫ vnđ vnd đồng dong; KRW: won ウォン; JPY: yen 日元; CNY: yuan rmb 人民币; TWD: 台幣 新台幣 新臺幣 "
    "ntd; HKD: 港币 港幣; "
    "DH: dh dirham dirhams; AED: dhs dhs. درهم د.إ; SAR: ر.س ريال sr; QAR: qr; KWD: kd د.ك دينار; BHD: bd; "
    'EGP: ج.م جنيه l.e l.e. le; DZD: دج da; TND: dt tnd; IRT: تومان تومن; IRR: ریال; ILS: ش״ח ש"ח שח שקל nis; '
    "TRY: tl lira; KES: ksh kshs ksh. kes; TZS: tsh tzs; UGX: ush ugx; NGN: naira; ZAR: rand r; "
    "XOF: fcfa cfa f_cfa frs_cfa; BRL: reais; PEN: soles; BOB: bs bs.; RSD: din din. дин дин.; MKD: ден ден.; "
    "BAM: km; HRK: kn; ¢: ¢ cent cents ct"
)
#: Words that are a currency only in their own country's languages, and in this case of letters (None: any).
_ONLY_IN: dict[str, tuple[tuple[str, ...], str | None]] = {
    "km": (("bs", "hr", "sr", "sh"), "KM"),
    "kn": (("hr",), None),
    "br": (("be", "ru"), None),
    "le": (("en", "ar", ""), "LE"),
    "da": (("fr", "ar"), "DA"),
    "dt": (("fr", "ar"), "DT"),
    "sr": (("en", "ar", ""), "SR"),
    "kd": (("en", "ar", ""), "KD"),
    "bd": (("en", "ar", ""), "BD"),
    "qr": (("en", "ar", ""), "QR"),
    "sum": (("uz", "ru", ""), None),
    "bs": (("es",), None),
    "р": (("ru", "be", ""), None),
    "fr.": (("de", "fr", "it", ""), None),
    "din": (("sr", "hr", "bs", "sh"), None),
    "kc": (("cs",), None),
    "zl": (("pl",), None),
    "ft": (("hu",), None),
    "ft.": (("hu",), None),
    "won": (("ko",), None),
    "dong": (("vi",), None),
    "lei": (("ro", "mo"), None),
    "leu": (("ro", "mo"), None),
    "dh": (("en", "fr", "ar", ""), None),
}
_DOLLAR = {
    "AU": "AUD",
    "CA": "CAD",
    "NZ": "NZD",
    "SG": "SGD",
    "HK": "HKD",
    "MX": "MXN",
    "AR": "ARS",
    "CL": "CLP",
    "CO": "COP",
    "UY": "UYU",
    "TW": "TWD",
}
_KRONE = {"sv": "SEK", "da": "DKK", "nb": "NOK", "no": "NOK", "nn": "NOK", "is": "ISK", "fo": "DKK", "cs": "CZK"}
_RUPEE = {"PK": "PKR", "LK": "LKR", "NP": "NPR", "MU": "MUR", "SC": "SCR"}
_RUPEE_LANG = {"ur": "PKR", "si": "LKR", "ta": "LKR", "ne": "NPR"}
_CUSTOMARY = {**_KRONE, "de": "EUR", "nl": "EUR", "fi": "EUR", "et": "EUR"}
#: What a page says of the country whose "$" or "Rs" it means: its code beside amounts, or its name.
_COUNTRY_SIGNS = {
    **{
        code: code
        for code in (
            "AUD CAD NZD SGD HKD MXN ARS CLP COP UYU TWD LKR PKR NPR MUR INR USD ZAR NOK DKK SEK CNY JPY AED MAD"
        ).split()
    },
    "NTD": "TWD",
    "RMB": "CNY",
    "Australian dollar": "AUD",
    "Canadian dollar": "CAD",
    "New Zealand dollar": "NZD",
    "Singapore dollar": "SGD",
    "Hong Kong dollar": "HKD",
    "pesos mexicanos": "MXN",
    "pesos argentinos": "ARS",
    "pesos chilenos": "CLP",
    "pesos colombianos": "COP",
    "Sri Lanka": "LKR",
    "Pakistan": "PKR",
    "Nepal": "NPR",
    "Mauritius": "MUR",
    "South Africa": "ZAR",
    "Norge": "NOK",
    "Danmark": "DKK",
    "Sverige": "SEK",
}
#: Its alternatives begin with letters, which lets the search skip to them; boundaries come after.
_COUNTRY_SIGN = re.compile(
    "|".join(rf"{sign[0]}(?<![^\W_]{sign[0]}){re.escape(sign[1:])}(?=s?(?![^\W_]))" for sign in _COUNTRY_SIGNS)
)
_CANDIDATES = {
    "$": frozenset(_DOLLAR.values()) | {"USD"},
    "Rs": frozenset(_RUPEE.values()) | {"INR"},
    "kr": frozenset(_KRONE.values()),
    "¥": frozenset({"JPY", "CNY"}),
    "元": frozenset({"CNY", "TWD"}),
    "DH": frozenset({"AED", "MAD"}),
}
_DEFAULT = {"$": "USD", "¢": "USD", "Rs": "INR", "kr": "SEK", "¥": "JPY", "元": "CNY", "DH": "MAD"}


def is_currency(word: str) -> bool:
    """Whether a word is a currency's code or name on any page at all."""
    return word.lower() in WORDS or word.upper() in CODES


class Reading:
    """What currency words mean on one page.

    `lang` is the page's own BCP 47 tag, `text` all it says: a code or a country named most often there decides what an
    ambiguous symbol stands for, before the language's region does. `declared` is the currency that the page tells
    machines: it decides first.
    """

    def __init__(self, lang: str = "", text: str = "", declared: str | None = None) -> None:
        language, _, rest = lang.replace("_", "-").partition("-")
        self.language = language.lower()
        self.region = rest.rpartition("-")[2].upper()
        self._text = text[:400_000]
        self._declared = declared

    @cached_property
    def _said(self) -> dict[str, int]:
        """How often the page names each currency or its country; counted when a sign first needs it."""
        said: dict[str, int] = {}
        for found in _COUNTRY_SIGN.finditer(self._text):
            code = _COUNTRY_SIGNS[found[0]]
            said[code] = said.get(code, 0) + 1
        return said

    def meaning(self, token: str) -> str | None:
        """Return the ISO code that a symbol, code or word stands for here; None where it is no currency here."""
        sign = SYMBOLS.get(token)
        if sign is None and token.upper() in CODES and (token.isupper() or token.lower() in WORDS):
            sign = token.upper()
        if sign is None:
            word = token.lower()
            sign = WORDS.get(word)
            if sign is None:
                return None
            if word == "r":
                return "ZAR" if token.strip() == "R" and (self.says("ZAR") or self.region == "ZA") else None
            languages, exact = _ONLY_IN.get(word, (None, None))
            if languages is not None and (self.language not in languages or (exact is not None and token != exact)):
                return None
        return sign if sign not in _DEFAULT else self._settled(sign)

    def customary(self) -> str | None:
        """Return the currency of "99,-" and "99:-", which need no other sign where they are customary."""
        return _CUSTOMARY.get(self.language)

    def says(self, code: str) -> bool:
        """Whether the page names this currency or its country."""
        return code in self._said

    def _settled(self, sign: str) -> str:
        if self._declared in _CANDIDATES.get(sign, ()):
            assert self._declared is not None
            return self._declared
        said = {code: count for code, count in self._said.items() if code in _CANDIDATES.get(sign, ())}
        if said:
            return max(said, key=lambda code: (said[code], code))
        if sign == "¢":
            return "EUR" if self.language in ("de", "nl", "fr", "it", "es") else self._settled("$")
        if sign == "$":
            return (
                _DOLLAR.get(self.region, "USD") if self.language != "en" or self.region in ("AU", "NZ", "SG") else "USD"
            )
        if sign == "Rs":
            return _RUPEE.get(self.region) or _RUPEE_LANG.get(self.language, "INR")
        if sign == "kr":
            return _KRONE.get(self.language, "SEK")
        if sign == "¥":
            return "CNY" if self.language == "zh" else "JPY"
        if sign == "元":
            return "TWD" if self.region in ("TW", "HANT") else "CNY"
        return "AED" if self.region == "AE" else "MAD"
