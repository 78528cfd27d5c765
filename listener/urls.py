"""URLs: made absolute, checked, and normalised to identify a page. Pure.

Two forms, for two purposes. `absolute` gives the address to open: nothing is taken from it. `canonical` gives a key to
compare: never opened, never shown.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, urljoin, urlsplit

#: Longer ones are no addresses: browsers and servers give up between 2,000 and 64,000 characters.
LENGTH_LIMIT = 8000

#: Parameters that say how somebody came to a page, not which page it is. A name that also tells pages apart somewhere
#: (`ref`, `id`, `feature`) isn't here: two pages taken for one lose a mention, one taken for two repeats it at worst.
_TRACKING_PREFIXES = ("utm_", "mtm_", "hsa_", "stm_", "oly_", "vero_", "__hs")
# fmt: off
_TRACKING = frozenset((
    "_ga", "_gl", "_hsenc", "_hsmi", "_openstat", "action_object_map", "action_ref_map", "action_type_map",
    "at_campaign", "at_medium", "ck_subscriber_id", "cmpid", "dclid", "echobox", "fb_action_ids", "fb_action_types",
    "fb_ref", "fb_source", "fbclid", "gbraid", "gclid", "gclsrc", "gs_l", "hmb_campaign", "hmb_medium", "hmb_source",
    "igsh", "igshid", "irclickid", "mc_cid", "mc_eid", "mkt_tok", "msclkid", "ncid", "ns_campaign", "ns_fee",
    "ns_linkname", "ns_mchannel", "ns_source", "ocid", "pk_campaign", "pk_kwd", "pk_medium", "pk_source", "s_cid",
    "s_kwcid", "smid", "soc_src", "soc_trk", "spm", "sr_share", "srsltid", "taid", "tblci", "trkcampaign", "ttclid",
    "twclid", "wbraid", "wt_mc", "wt_zmc", "xtor", "yclid", "ysclid",
))
# fmt: on
#: An address as most are, with nothing to mend.
_ORDINARY = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d{1,4})?(?:[/?][!-%'-~]*+(?:&(?!amp;)[!-%'-~]*+)*+)?", re.ASCII)
#: Host and path of an address that is canonical but for its ends.
_PLAIN = re.compile(
    r"https?://(?:www\.|m\.|amp\.)?([a-z0-9-]++(?:\.[a-z0-9-]++)+)((?:/[A-Za-z0-9._~!$'()*+,;=:@-]++)*+)/?", re.ASCII
)
#: An address without a port, by its parts.
_ORDERLY = re.compile(r"https?://([a-z0-9.-]++)(/[!\"$->@-~]*+)?(?:\?([!\"$-~]*+))?(?:#([!-~]*+))?", re.ASCII)
_ORDINARY_HOST = re.compile(r"https?://([A-Za-z0-9.-]+)(?::[0-9]{1,5})?(?=[/?#]|\Z)", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x20\x7f]+")
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp|cgi)$", re.IGNORECASE)


def absolute(address: str | None, base: str = "") -> str | None:
    """Return an http(s) address that can be opened, resolved against `base`; None for anything else.

    White space inside is what line breaks in a feed leave and goes away; characters beyond ASCII stay for people to
    read. `feed:` and `//host` forms are understood.
    """
    if not address or len(address) > LENGTH_LIMIT:
        return None
    if _ORDINARY.fullmatch(address):
        return address
    address = _cleaned(address)
    if address[:5].lower() == "feed:":
        address = address[5:] if address[5:9].lower() == "http" else "http:" + address[5:]
    try:
        if base and not address[:8].lower().startswith(("http://", "https://")):
            address = urljoin(base, address) if address else ""
        elif address[:4].lower() == "www.":
            address = "http://" + address
        split = urlsplit(address)
        _ = split.port
    except ValueError:
        return None
    return address if is_web(split) else None


def is_web(address: str | SplitResult) -> bool:
    """Whether an address is http or https with a host that could exist: the only ones to open or to link to."""
    try:
        split = urlsplit(address) if isinstance(address, str) else address
        host = split.hostname
    except ValueError:
        return False
    return split.scheme in ("http", "https") and bool(host) and not _CONTROL.search(split.netloc)


def host_of(address: str) -> str:
    """Return the host of an address in lower case, without port and user; "" where there is none."""
    ordinary = _ORDINARY_HOST.match(address)
    if ordinary:
        return ordinary[1].lower().rstrip(".")
    try:
        return (urlsplit(address.strip()).hostname or "").rstrip(".")
    except ValueError:
        return ""


def canonical(address: str) -> str:
    """Return the form of an address by which the same page is known again, however it was linked.

    Scheme, `www.` or `m.` before a host, default port, user, fragment (but `#!` ones, which are pages), tracking
    parameters, order of parameters, empty query, index file, doubled and trailing slashes, and case of host and of
    percent-escapes don't tell pages apart. Path and values keep their case. What is no web address comes back stripped.
    """
    plain = _PLAIN.fullmatch(address)
    if plain and ("." not in plain[2] or not _INDEX.search(plain[2])):
        return plain[1] + plain[2]
    parts = _parts(address)
    if parts is None:
        return address.strip()
    host, port, path, query, fragment = parts
    for prefix in ("www.", "m.", "amp."):
        if host.startswith(prefix) and "." in host[len(prefix) :]:
            host = host[len(prefix) :]
            break
    if port and port not in (80, 443):
        host = f"{host}:{port}"
    path = _escapes(path)
    if "//" in path:
        path = re.sub(r"//+", "/", path)
    path = _INDEX.sub("/", path).rstrip("/")
    query = "&".join(sorted(_telling(query)))
    fragment = f"#{fragment}" if fragment.startswith("!") else ""
    return f"{host}{path}{'?' + query if query else ''}{fragment}"


def _parts(address: str) -> tuple[str, int | None, str, str, str] | None:
    """Return host, port, path, query and fragment; None for what is no web address."""
    orderly = _ORDERLY.fullmatch(address)
    if orderly and "&amp;" not in address:
        # What `urlsplit` would say, in a third of its time.
        host, path, query, fragment = orderly.groups(default="")
        return (host.rstrip("."), None, path, query, fragment) if host.strip(".") else None
    try:
        split = urlsplit(_cleaned(address))
        host, port = (split.hostname or "").rstrip("."), split.port
    except ValueError:
        return None
    if split.scheme not in ("http", "https") or not host:
        return None
    return _ascii_host(host), port, split.path, split.query, split.fragment


def _cleaned(address: str) -> str:
    address = address.strip()
    if "&amp;" in address:
        address = address.replace("&amp;", "&")
    return (
        _CONTROL.sub(lambda found: "%20" if found[0] == " " else "", address) if _CONTROL.search(address) else address
    )


def _telling(query: str) -> list[str]:
    """Return the parameters that tell pages apart."""
    if not query:
        return []
    kept = []
    for parameter in re.split("[&;]", query):
        name = parameter.partition("=")[0].lower()
        if parameter and name not in _TRACKING and not name.startswith(_TRACKING_PREFIXES):
            kept.append(_escapes(parameter))
    return kept


def _escapes(part: str) -> str:
    """Return a path or parameter percent-encoded in one way: letters, digits and `-._~` plain, hex in capitals."""
    if "%" not in part and part.isascii():
        return part
    part = re.sub("%([0-9A-Fa-f]{2})", _one_way, part)
    return quote(part, safe="%/:@!$&'()*+,;=-._~?[]|")


def _one_way(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if character.isascii() and (character.isalnum() or character in "-._~") else found[0].upper()


def _ascii_host(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host
