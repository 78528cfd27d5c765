"""Suggested fix for each poll outcome; the CLI and docs/fetching.md use the same text."""

from __future__ import annotations

from listener.types import Outcome

#: One or two sentences for the operator, for every outcome.
ADVICE: dict[Outcome, str] = {
    Outcome.OK: "Nothing to do.",
    Outcome.NOT_MODIFIED: "Nothing to do: the source has nothing new.",
    Outcome.DEFERRED: "Nothing to do: the source waits for its host's rate limit. "
    "If this persists, poll this host's sources less often.",
    Outcome.ROBOTS: "The site's robots.txt disallows this page. Look for a feed or an API; "
    "if the site is yours, allow listener in robots.txt.",
    Outcome.ADDRESS: "The URL is invalid or resolves to a private address. Correct it; "
    "to poll your own network, add it to fetch.allow_networks.",
    Outcome.DNS: "The host name can't be resolved. Check it for typos; "
    "if all sources fail like this, DNS on this machine is down.",
    Outcome.CONNECT: "Can't connect to that host and port. Open the URL in a browser; "
    "if it works there, check for a firewall.",
    Outcome.TLS: "The certificate is expired, for another host, or from an unknown authority. Tell the site's owner; "
    "for your own authority, set fetch.ca_file.",
    Outcome.TIMEOUT: "The server is too slow. If this persists, raise fetch.read_timeout and fetch.total_timeout.",
    Outcome.PROTOCOL: "The response is incomplete or not valid HTTP. If this persists, tell the site's owner.",
    Outcome.TOO_LARGE: "The response is too large. Use a shorter feed (many accept a limit parameter), "
    "or raise fetch.body_limit.",
    Outcome.BOMB: "The body expands enormously when decompressed: broken or malicious. Remove the source, "
    "or tell the site's owner.",
    Outcome.REDIRECTS: "Too many redirects, or a redirect loop; often a cookie or login wall. "
    "Open the URL in a browser and use the final address.",
    Outcome.NOT_FOUND: "The URL is wrong or no longer exists. Look for the new one on the site.",
    Outcome.GONE: "The site has removed this permanently; polling has stopped. Remove the source, "
    "or correct its URL and resume it.",
    Outcome.RATE_LIMITED: "The host limits requests; listener waits for as long as it asks. "
    "Poll its sources less often, or use an API key if there is one.",
    Outcome.UNAUTHORIZED: "Authentication required. Check the source's user name, password or token.",
    Outcome.FORBIDDEN: "The host refuses this client or this network (data centres are often blocked). "
    "Look for a feed or an API; if you use a token, check its permissions.",
    Outcome.CLIENT_ERROR: "The server rejects the request. Check the URL and its parameters.",
    Outcome.SERVER_ERROR: "The server has a problem. listener retries automatically, with increasing delays.",
    Outcome.PARSE: "The content isn't in the expected format. Inspect it with `listener extract URL`, "
    "and check the source's scraper and URL.",
    Outcome.BLOCKED: "A captcha, login or error page was served instead of the content. "
    "Open the URL in a browser; look for a feed or an API.",
    Outcome.RENDER: "Install the extra `browser` and Chromium. If both are there, the page is too heavy or its scripts "
    "never finish: look for a feed or an API, or watch it without `render`.",
    Outcome.ERROR: "A bug in listener, not in the source. Report it with the traceback from the log; "
    "the source is retried automatically.",
}
