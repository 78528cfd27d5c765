"""What to try when a source ends in an outcome: the same words in the command line and in docs/fetching.md."""

from __future__ import annotations

from listener.types import Outcome

#: One or two sentences for the operator, for every outcome.
ADVICE: dict[Outcome, str] = {
    Outcome.OK: "Nothing to do.",
    Outcome.NOT_MODIFIED: "Nothing to do: the source has nothing new.",
    Outcome.DEFERRED: "Nothing to do: other requests to the same host come first. "
    "If this lasts, poll the sources of this host less often.",
    Outcome.ROBOTS: "The site doesn't want programs to read this page. Look for a feed or an API of it; "
    "if the page is yours, allow the program in robots.txt.",
    Outcome.ADDRESS: "The URL leads to a private address or can't be asked at all. Correct it; "
    "if a network of your own is meant, name it in fetch.allow_networks.",
    Outcome.DNS: "The host name can't be found. Look for a typing error; "
    "if all sources say so, this machine's name resolution is down.",
    Outcome.CONNECT: "Nothing answers at that host and port. Open the URL in a browser; "
    "if it works there, a firewall may stand between.",
    Outcome.TLS: "The certificate is expired, for another name or by an unknown authority. Tell the site's owner; "
    "for an authority of your own, add its certificate to the trusted ones.",
    Outcome.TIMEOUT: "The server is too slow. If it always is, raise fetch.read_timeout and fetch.total_timeout.",
    Outcome.PROTOCOL: "The server's answer breaks off or isn't HTTP. If this lasts, tell the site's owner.",
    Outcome.TOO_LARGE: "Use a shorter feed (many take a parameter for the number of entries), "
    "or raise fetch.body_limit.",
    Outcome.BOMB: "The body grows enormously when decompressed: broken or hostile. Remove the source, "
    "or tell the site's owner.",
    Outcome.REDIRECTS: "The redirects run in a circle or don't end: often a cookie or login wall. "
    "Open the URL in a browser and use the one it ends at.",
    Outcome.NOT_FOUND: "The URL has gone or was mistyped. Look for the feed's new address on the site.",
    Outcome.GONE: "The site has removed this for good, and it isn't asked for again. Remove the source, "
    "or correct its URL and resume it.",
    Outcome.RATE_LIMITED: "The host wants fewer requests; it is left alone for as long as it says. "
    "Poll its sources less often, or use an API key where it offers one.",
    Outcome.UNAUTHORIZED: "The URL needs a login. Check the user name, password or token of the source.",
    Outcome.FORBIDDEN: "The host refuses this program or this machine's network (data centres often are). "
    "Look for a feed or an API; where it knows you, check the token's rights.",
    Outcome.CLIENT_ERROR: "The server doesn't take the request as it is. Check the URL and its parameters.",
    Outcome.SERVER_ERROR: "The server is in trouble. It is tried again by itself, less and less often.",
    Outcome.PARSE: "What came isn't what the source promised. Look at it with `listener extract URL`, "
    "and check the source's scraper and URL.",
    Outcome.BLOCKED: "A captcha, login or error page came instead of the content. "
    "Open the URL in a browser; look for a feed or an API.",
    Outcome.RENDER: "Install the extra `browser` and Chromium. If they are there, the page is too heavy or its scripts "
    "never rest: look for a feed or an API, or watch it without `render`.",
    Outcome.ERROR: "A bug of this program, not of the source. Report it with the traceback in the log; "
    "the source is tried again by itself.",
}
