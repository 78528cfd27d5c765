"""URLs as requested: parsed once and strictly, so that what is checked is what is connected to. Pure."""

from __future__ import annotations

import base64
import contextlib
import functools
import re
from urllib.parse import quote, unquote, urljoin, urlsplit

import msgspec

from listener.fetch.failure import Failure
from listener.types import Outcome

_DEFAULT_PORTS = {"http": 80, "https": 443}
#: In a request line everything else is percent-encoded, and so is a percent sign that starts no escape.
_UNSAFE = re.compile(r"[^!$%&'()*+,/:;=?@\[\]~A-Za-z0-9_.-]|%(?![0-9A-Fa-f]{2})")
#: Underscores are no host name by RFC 1123, but there are hosts that have them.
_HOST = re.compile(r"(?=.{1,253}\Z)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_-]{1,63}\.?")
_IPV6 = re.compile(r"[0-9A-Fa-f:.]{2,45}")
#: Parsers disagree about these, and host names get smuggled past checks with them. (urlsplit drops some silently.)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_AMBIGUOUS = re.compile(r"[\s\\]")
_URL_LIMIT = 8_000
#: What `urlsplit` and the checks would leave as it is, taken apart in a third of their time.
_ORDERLY = re.compile(
    r"(https?)://([a-z0-9]+(?:[.-][a-z0-9]+)*)(?::([1-9][0-9]{0,3}))?"
    r"(/[!$&'()*+,/:;=@~A-Za-z0-9_.-]*)?(\?[!$&'()*+,/:;=?@~A-Za-z0-9_.-]+)?",
    re.ASCII,
)
_ORDERLY_HOST_LIMIT = 63


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One URL, ready to be asked."""

    scheme: str
    #: In ASCII, lower case, without brackets or a final dot.
    host: str
    port: int
    #: Path and query, percent-encoded: what the request line says.
    path: str
    #: Value of an Authorization header, from a user name and password in the URL.
    authorization: str | None = None

    @property
    def key(self) -> str:
        """Return name:port, the key under which politeness knows the host."""
        return f"{self._bracketed}:{self.port}"

    @property
    def host_header(self) -> str:
        """Return the value of the Host header."""
        return self._bracketed if self.port == _DEFAULT_PORTS[self.scheme] else self.key

    @property
    def origin(self) -> str:
        """Return scheme and host, without user name and password."""
        return f"{self.scheme}://{self.host_header}"

    @property
    def url(self) -> str:
        """Return the URL without user name, password and fragment."""
        return f"{self.origin}{self.path}"

    @property
    def _bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    def trusts(self, other: Target) -> bool:
        """Return whether what was meant for this URL's host may also be sent to `other`.

        The same origin, or the same host on the usual ports with TLS instead of without.
        """
        upgrade = (self.scheme, self.port, other.scheme, other.port) == ("http", 80, "https", 443)
        return self.host == other.host and (upgrade or (self.scheme, self.port) == (other.scheme, other.port))


@functools.lru_cache(maxsize=4096)
def parse_target(url: str) -> Target:
    """Take `url` apart. Raises Failure (ADDRESS) for one that can't or mustn't be asked."""
    orderly = _ORDERLY.fullmatch(url)
    if orderly and len(orderly[2]) <= _ORDERLY_HOST_LIMIT and len(url) <= _URL_LIMIT:
        scheme, host, port, path, query = orderly.groups(default="")
        port_number = int(port) if port else _DEFAULT_PORTS[scheme]
        return Target(scheme=scheme, host=host, port=port_number, path=(path or "/") + query)
    return _parsed(url)


def _parsed(url: str) -> Target:
    """Do what `parse_target` does, for any URL."""
    if len(url) > _URL_LIMIT:
        raise Failure(Outcome.ADDRESS, f"The URL is longer than {_URL_LIMIT} characters.")
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError as error:
        raise Failure(Outcome.ADDRESS, "The URL can't be read.") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise Failure(Outcome.ADDRESS, f"The URL starts with {parts.scheme[:20]!r}, not with http or https.")
    if _CONTROL.search(url) or _AMBIGUOUS.search(parts.netloc):
        raise Failure(Outcome.ADDRESS, "The URL contains a control character, or its host a blank or backslash.")
    path = _UNSAFE.sub(_escape, parts.path or "/")
    if parts.query:
        path += "?" + _UNSAFE.sub(_escape, parts.query)
    return Target(
        scheme=parts.scheme,
        host=_ascii_host(host, literal="[" in parts.netloc),
        port=_DEFAULT_PORTS[parts.scheme] if port is None else port,
        path=path,
        authorization=_authorization(parts.username, parts.password),
    )


def join_target(base: Target, location: str) -> Target:
    """Return where a Location header leads from `base`. Raises Failure (ADDRESS) like `parse_target`."""
    with contextlib.suppress(ValueError):
        # http.client decodes headers as latin-1; servers that put other characters here mean UTF-8.
        location = location.encode("latin-1").decode()
    try:
        url = urljoin(base.url, location.strip())
    except ValueError as error:
        raise Failure(Outcome.ADDRESS, f"{base.host} redirects to a URL that can't be read.") from error
    return parse_target(url)


def _escape(match: re.Match[str]) -> str:
    return quote(match[0], errors="replace")


def _authorization(username: str | None, password: str | None) -> str | None:
    if not username and not password:
        return None
    pair = f"{unquote(username or '')}:{unquote(password or '')}"
    return "Basic " + base64.b64encode(pair.encode(errors="replace")).decode()


def _ascii_host(host: str, *, literal: bool) -> str:
    """Return the host as it is looked up: lower case, internationalised names by IDNA 2008 with UTS 46."""
    if literal:
        if _IPV6.fullmatch(host):
            return host
        raise Failure(Outcome.ADDRESS, "The URL's host is not a valid IPv6 address.")
    if not host.isascii():
        import idna  # its tables cost 10 ms, and few hosts need them

        try:
            host = idna.encode(host, uts46=True).decode()
        except (idna.IDNAError, UnicodeError) as error:
            raise Failure(Outcome.ADDRESS, "The URL's host is not a valid internationalized name.") from error
    if not _HOST.fullmatch(host):
        raise Failure(Outcome.ADDRESS, "The URL's host is not a valid name.")
    return host.removesuffix(".").lower()


def host_key(url: str) -> str | None:
    """Return name:port, the key under which politeness knows the host of `url`; None for no URL that can be asked."""
    try:
        return parse_target(url).key
    except Failure:
        return None
