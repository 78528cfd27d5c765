"""Guesses the kind of a page from the words of its URL and of the links to it. Pure.

Words are those that sites use in the languages they are written in; each page so found is read before it is believed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, TypeAlias
from urllib.parse import unquote, urlsplit

PageKind: TypeAlias = Literal["pricing", "faq", "status", "blog"]
KINDS: tuple[PageKind, ...] = ("pricing", "faq", "status", "blog")

#: As they stand in an address, folded (see `folded`): words that say what a page is, and those that only may.
_SURE: Mapping[PageKind, frozenset[str]] = {
    "pricing": frozenset(
        "pricing prices price preise preis preisliste preisuebersicht tarife tarif tarifs tarification prix precios "
        "precio tarifas preco precos prezzi prezzo listino tariffe prijzen tarieven priser prissattning hinnasto "
        "hinnat ceny cennik cenik arak araink arlista preturi fiyatlar fiyatlandirma cijene цены тарифы ціни тарифи "
        "τιμες 料金 価格 料金プラン 价格 定价 價格 方案與定價 가격 요금 요금제 أسعار מחירים".split()
    ),
    "faq": frozenset(
        "faq faqs haeufige-fragen haufige-fragen fragen-und-antworten foire-aux-questions questions-frequentes "
        "preguntas-frecuentes preguntas perguntas-frequentes domande-frequenti veelgestelde-vragen vanliga-fragor "
        "ofte-stillede-sporgsmal ofte-stilte-sporsmal usein-kysytyt-kysymykset ukk najczesciej-zadawane-pytania "
        "caste-dotazy caste-otazky gyik intrebari-frecvente sss sikca-sorulan-sorular вопросы "
        "вопросы-и-ответы частые-вопросы よくある質問 よくあるご質問 常见问题 常見問題 자주-묻는-질문 "
        "frequently-asked-questions questions-and-answers".split()
    ),
    "status": frozenset("status system-status service-status systemstatus uptime incidents 稼働状況".split()),
    "blog": frozenset(
        "blog blogg blogue changelog release-notes releases whats-news whats-new news newsroom aktuelles neuigkeiten "
        "nachrichten actualites actus noticias novedades novidades notizie novita nieuws nyheter nyheder uutiset "
        "aktualnosci novinky hirek haberler новости блог новини ブログ お知らせ ニュース 博客 新闻 블로그 소식".split()
    ),
}
_PERHAPS: Mapping[PageKind, frozenset[str]] = {
    "pricing": frozenset(
        "plans plan packages pakete subscriptions subscription subscribe membership memberships mitgliedschaft abo "
        "abos abonnement abonnements forfaits formules offres offers planes planos piani pacchetti abonnementen "
        "pakketten editions buy kaufen kosten cost costs rates fees services leistungen プラン 套餐 요금안내".split()
    ),
    "faq": frozenset(
        "help hilfe aide ayuda ajuda aiuto support questions question fragen domande vragen pytania otazky kysymykset "
        "q-and-a qa helpcenter help-center 帮助 ヘルプ 도움말".split()
    ),
    "status": frozenset("availability betriebsstatus etat-des-services estado statut statuspage health".split()),
    "blog": frozenset(
        "journal articles artikel stories updates magazine magazin press presse announcements insights posts".split()
    ),
}
_SPLIT = re.compile(r"[\s/_.&+:|,!?()-]+")
_LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][a-z]{2})?")
#: The address of one article: a date, or a number and words.
_ARTICLE = re.compile(r"/(?:19|20)\d\d/|/\d{4,}(?:[/-]|$)", re.ASCII)
_ENDING = re.compile(r"\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)
_FILE = re.compile(r"\.(?:pdf|zip|png|jpe?g|webp|svg|gif|mp4|docx?|xlsx?|css|js|xml|json|txt|ics)$", re.IGNORECASE)
#: Words of an address beyond which it names one thing out of many, not a kind of page.
_WORDS_LIMIT = 5

#: Where such pages are where nothing leads to them, by language ("": any), the likeliest first.
USUAL_PATHS: Mapping[PageKind, Mapping[str, tuple[str, ...]]] = {
    "pricing": {
        "": ("/pricing", "/plans", "/prices"), "de": ("/preise", "/tarife"), "fr": ("/tarifs", "/prix"),
        "es": ("/precios", "/tarifas"), "pt": ("/precos", "/planos"), "it": ("/prezzi",), "nl": ("/prijzen",),
        "pl": ("/cennik",), "cs": ("/cenik",), "sk": ("/cennik",), "sv": ("/priser",), "da": ("/priser",),
        "nb": ("/priser",), "no": ("/priser",), "fi": ("/hinnasto",), "hu": ("/arak",), "tr": ("/fiyatlar",),
        "ja": ("/price", "/plan"), "ro": ("/preturi",),
    },
    "faq": {"": ("/faq", "/help"), "es": ("/preguntas-frecuentes",), "pt": ("/perguntas-frequentes",), "tr": ("/sss",),
            "hu": ("/gyik",)},
    "status": {"": ("/status",)},
    "blog": {"": ("/blog", "/news"), "de": ("/aktuelles",), "fr": ("/actualites",), "es": ("/noticias",)},
}  # fmt: skip


@lru_cache(maxsize=20_000)
def folded(text: str) -> str:
    """Return text in lower case, without accents, ä ö ü as ae oe ue: `Häufige Fragen` gives `haeufige fragen`."""
    text = unicodedata.normalize("NFKC", text).lower()
    for letter, written in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("ł", "l"), ("ø", "o"), ("ı", "i")):
        text = text.replace(letter, written)
    decomposed = unicodedata.normalize("NFD", text)
    bare = "".join(c for c in decomposed if not ("\u0300" <= c <= "\u036f"))
    return unicodedata.normalize("NFC", bare)


#: How the words above read when they are folded: those beyond ASCII lose their accents, too.
_FOLDED = {
    kind: (frozenset(map(folded, _SURE[kind])), frozenset(map(folded, _PERHAPS[kind]))) for kind in KINDS
}  # fmt: skip


def score_address(url: str, kind: PageKind, lang: str | None) -> int:
    """Return how likely an address is that of a site's page of one kind, 0 for not at all; `lang` is the site's.

    `/pricing` scores 10. Each folder above costs one; other words beside it cost, too.
    """
    split = urlsplit(url)
    path = _ENDING.sub("", unquote(split.path[:1_000]))
    if _FILE.search(split.path) or _ARTICLE.search(path):
        return 0
    host_label = (split.hostname or "").split(".")[0]
    if kind in ("status", "blog") and host_label in _FOLDED[kind][0]:
        return 10 if path in ("", "/") else 4
    segments = [folded(part) for part in path.split("/") if part]
    if segments and segments[-1] == "index":
        segments.pop()
    penalty = 2 if split.query else 0
    if segments and _LANGUAGE.fullmatch(segments[0]):
        penalty += 3 if lang and segments[0][:2] != lang[:2].lower() else 0
        segments = segments[1:]
    if not segments:
        return 0
    best = _score(segments[-1], kind)
    if best == 0:
        # /pricing/teams: a part of the page that is looked for.
        best = max((_score(part, kind) for part in segments[:-1]), default=0) // 3
    return max(best - penalty - (len(segments) - 1), 0)


def score_label(text: str, kind: PageKind) -> int:
    """Return how likely a link with this text leads to a site's page of one kind, 0 for not at all."""
    text = " ".join(text.split())
    return _score(folded(text).replace(" ", "-"), kind) if 0 < len(text) <= 60 else 0


def _score(name: str, kind: PageKind) -> int:
    """Return how much one name of several words speaks for a kind."""
    sure, perhaps = _FOLDED[kind]
    words = [word for word in _SPLIT.split(name) if word]
    if name in sure:
        return 10
    if name in perhaps:
        return 6
    if not words or len(words) > _WORDS_LIMIT:
        return 0
    runs = {"-".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)}
    if not sure.isdisjoint(runs):
        return 9 - len(words)
    return max(5 - len(words), 0) if not perhaps.isdisjoint(runs) else 0


def usual_paths(kind: PageKind, lang: str | None) -> tuple[str, ...]:
    """Return where to look for a page that nothing leads to, those of the site's language first."""
    paths = USUAL_PATHS[kind]
    return (*paths.get((lang or "")[:2].lower(), ()), *paths[""])
