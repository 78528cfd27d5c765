"""Detects what was served instead of a page: block pages, captchas, logins, error pages, empty shells.

Each answer needs two things: words or elements that say so, and the absence of what the page is watched for. A pricing
page that mentions a login, or a documentation page on captchas, is an ordinary page.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from listener.pages.nodes import Page
from listener.pages.scripted import awaits_plans

CAPTCHA: Final = "captcha"
BLOCKED: Final = "blocked"
LOGIN: Final = "login"
ERROR_PAGE: Final = "error-page"
EMPTY_SHELL: Final = "empty-shell"
SCRIPT_PRICES: Final = "script-prices"
REDIRECTED_HOME: Final = "redirected-home"
#: Told by comparison with an earlier look, not from the page alone.
FACTS_GONE: Final = "facts-gone"

#: A page of more readable characters than this isn't somebody else's notice.
_NOTICE_CHARACTERS = 2_500
_SHELL_CHARACTERS = 220
_CAPTCHA = re.compile(
    r"captcha|are you (?:a )?(?:human|robot)|verify (?:that )?you are (?:a )?human|checking (?:your browser|if "
    r"the site connection is secure)|just a moment|attention required|"
    r"prove (?:that )?you(?:'re| are) (?:not a robot|human)|press (?:&|and) hold|unusual traffic|security check|"
    r"ddos protection|bist du ein mensch|sind sie ein roboter|êtes-vous (?:un )?(?:humain|robot)|"
    r"verificar que (?:eres|usted es) humano|confirm you are human|human verification|请完成安全验证|"
    r"ロボットではありません",
    re.IGNORECASE,
)
_CAPTCHA_PARTS = re.compile(
    r"g-recaptcha|h-captcha|cf-turnstile|cf-challenge|challenge-form|challenge-running|px-captcha|"
    r"captcha-container|datadome|_incapsula_|geetest",
    re.IGNORECASE,
)
_BLOCKED = re.compile(
    r"access (?:to this (?:page|site|website) (?:has been|is) )?denied|you have been blocked|request (?:was |has "
    r"been )?(?:blocked|rejected)|403 forbidden|forbidden|not authori[sz]ed to (?:view|access)|"
    r"pardon our interruption|request unsuccessful|your ip (?:address )?(?:has been|is) (?:blocked|banned)|too "
    r"many requests|rate limit(?:ed| exceeded)|zugriff verweigert|zugriff wurde gesperrt|accès refusé|acceso "
    r"denegado|"
    r"accesso negato|acesso negado|not available in your (?:country|region)|unavailable (?:for legal reasons|in "
    r"your country)|web application firewall|cloudflare ray id|incident id|reference #\d+\.[0-9a-f]+",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"\b(?:404|410|500|502|503|504)\b|page (?:not found|can'?t be found|cannot be found|doesn'?t exist|does not "
    r"exist|isn'?t available)|not found|nothing (?:was )?found here|oops|something went wrong|internal server "
    r"error|"
    r"service (?:temporarily )?unavailable|bad gateway|gateway time-?out|temporarily (?:down|unavailable|offline)|"
    r"under (?:maintenance|construction)|(?:down|closed) for maintenance|we'?ll be (?:right )?back|maintenance "
    r"mode|database connection|"
    r"seite (?:wurde )?nicht gefunden|wartungsarbeiten|page (?:introuvable|non trouvée)|en maintenance|página no "
    r"encontrada|no encontrad[ao]|pagina non trovata|página não encontrada|pagina niet gevonden|nie znaleziono "
    r"strony|"
    r"strona nie istnieje|страница не найдена|ошибка 404|ページが見つかりません|找不到页面|页面不存在|this domain "
    r"(?:is for sale|may "
    r"be for sale)|domain (?:is )?parked|account (?:has been )?suspended|default web page|welcome to nginx|it "
    r"works!",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"\b(?:log ?in|sign ?in|anmelden|einloggen|connexion|se connecter|connectez-vous|iniciar sesión|inicia sesión|"
    r"accedi|entrar|inloggen|zaloguj|přihlásit|войти|вход|ログイン|登录|登錄|로그인)\b",
    re.IGNORECASE,
)
_SCRIPT_NEEDED = re.compile(
    r"enable javascript|javascript (?:is )?(?:required|disabled|aktivieren|to be enabled)|you need to enable|"
    r"activ(?:er|ez|ar|e) (?:le )?javascript|javascript aktivieren|включите javascript",
    re.IGNORECASE,
)
_MOUNTS = frozenset(
    {"root", "app", "__next", "__nuxt", "gatsby", "___gatsby", "svelte", "main-app", "react-root", "app-root", "q-app"}
)
_PLACEHOLDER = re.compile(
    r"[\s$€£¥₹]*(?:\{\{.{0,60}\}\}|\$\{.{0,60}\}|--?|—|–|…|\.\.\.|x{2,3}|0|loading\S{0,3}|lade\S{0,3}|"
    r"%[\w.]{1,40}%|\[[\w\s]{1,30}\])?[\s$€£¥₹]*(?:/\s?\w+)?",
    re.IGNORECASE,
)
_PRICE_ENDINGS = frozenset({"price", "amount", "preis", "prix", "precio", "prezzo", "preco", "valor"})
_PRICE_TALK = re.compile(
    r"\b(?:pricing|price|prices|plans|preise|preis|tarife|tarifs?|prix|precios?|planes|prezzi|prezzo|preços?|"
    r"planos|prijzen|cennik|ceny|ceník|цены|тарифы|料金|価格|价格|가격|요금)\b",
    re.IGNORECASE,
)


def find_trouble(page: Page, *, facts: bool, priced: bool) -> str | None:
    """Return what is the matter with a page; None for an ordinary one.

    `facts`: whether plans, questions or incidents were read from it; `priced`: whether plans with an amount were.
    """
    if facts and priced:
        return None
    shown = [line.text for line in page.lines if not line.hidden]
    text = "\n".join(shown)
    if not facts:
        notice = _notice(page, text)
        if notice is not None:
            return notice
    if not priced and (_awaits_prices(page) or awaits_plans(page)):
        return SCRIPT_PRICES
    return None


def _notice(page: Page, text: str) -> str | None:
    head = f"{page.title}\n{text[:_NOTICE_CHARACTERS]}"
    if len(text) > _NOTICE_CHARACTERS:
        return None
    parts = any(
        _CAPTCHA_PARTS.search(f"{node.classes[:300]} {node.names.ident[:300]} {node.attr('src')[:300]}")
        for node in page.nodes
        if node.named or node.tag == "iframe"
    )
    script = any(_CAPTCHA_PARTS.search(body[:5_000]) for _, body in page.scripts)
    if (_CAPTCHA.search(head) and (parts or script or len(text) < 900)) or (parts and len(text) < 600):
        return CAPTCHA
    if _BLOCKED.search(head) and len(text) < 1_500:
        return BLOCKED
    if _is_error(page, text):
        return ERROR_PAGE
    if _is_login(page, text):
        return LOGIN
    if _is_shell(page, text):
        return EMPTY_SHELL
    return None


def _is_error(page: Page, text: str) -> bool:
    headings = " ".join(line.text for line in page.lines if line.node.tag in ("h1", "h2") and not line.hidden)
    told = _ERROR.search(page.title) or _ERROR.search(headings[:300])
    return told is not None or (len(text) < 300 and _ERROR.search(text) is not None)


def _is_login(page: Page, text: str) -> bool:
    password = any(node.tag == "input" and node.attr("type").lower() == "password" for node in page.nodes)
    return password and len(text) < 1_200 and _LOGIN.search(f"{page.title}\n{text}") is not None


def _is_shell(page: Page, text: str) -> bool:
    if len(text) >= _SHELL_CHARACTERS:
        return False
    mount = any(
        node.attr("id") in _MOUNTS and node.is_leaf for node in page.nodes if node.tag in ("div", "main", "app-root")
    )
    told = any(_SCRIPT_NEEDED.search(line.text) for line in page.lines)
    return mount or told or (not text.strip() and bool(page.scripts))


def _awaits_prices(page: Page) -> bool:
    """Whether the page has places for prices that hold none: empty, a dash, a template's variable."""
    waiting = 0
    for node in page.nodes:
        if node.named and node.is_leaf and not node.endings.isdisjoint(_PRICE_ENDINGS):
            waiting += _PLACEHOLDER.fullmatch(page.text_of(node)[:80] if node.line < node.end_line else "") is not None
        elif (
            any("price" in name and name.startswith("data-") for name, _ in node.attributes)
            and node.line >= node.end_line
        ):
            waiting += 1
    return (
        waiting >= 2
        and _PRICE_TALK.search(f"{page.title}\n" + "\n".join(line.text for line in page.lines[:200])) is not None
    )


def redirected_home(asked: str, got: str) -> bool:
    """Whether a request for a page ended at its site's front page: the page is gone, and nobody says so."""
    before, after = urlsplit(asked), urlsplit(got)
    return (
        before.path.strip("/") != ""
        and after.path.strip("/") in ("", "index.html", "index.php", "home")
        and not after.query
    )
