"""What `regulars doctor` shows of a connection to Ghost before its first sync."""

from __future__ import annotations

from math import ceil

from ..bounds import said
from ..contract import Finding, Preflight
from ..errors import AuthenticationFailed, ConfigurationError, ConnectorError
from ..http import Got, clock_findings, clock_skew
from ..loose import LooseDecoder
from ..plural import pluralize
from ..rows import read_rows
from . import mapping, wire
from .client import LIMIT, GhostClient
from .members import MAILED
from .posts import POSTS_LIMIT, mailings, members_at_once, newsletter_id
from .settings import GhostSettings

_LINES = ("5", "6")
_SETTING = LooseDecoder(wire.Setting)


def preflight(client: GhostClient, settings: GhostSettings) -> Preflight:
    """Some ten requests: the site, the key, the newsletter, the counts, the tracking, the mails."""
    try:
        site = client.site()
    except ConnectorError as error:
        return Preflight([Finding("site", "error", error.happened, error.to_do)])
    findings = [_site_finding(site), _version_finding(site)]
    skew = clock_skew(site)
    findings += clock_findings(skew, "Ghost", "; tokens are dated by Ghost's")
    try:
        counts = _counts(client, settings, findings)
        at_once = members_at_once(mailings(client))
    except ConnectorError as error:
        findings.append(Finding(_of_what(error), "error", error.happened, error.to_do))
        return Preflight(findings, clock_skew_seconds=skew)
    requests = _requests(counts, at_once)
    return Preflight(findings, requests, requests * 60 / settings.requests_per_minute, skew)


def _of_what(error: ConnectorError) -> str:
    if isinstance(error, AuthenticationFailed):
        return "key"
    return "settings" if isinstance(error, ConfigurationError) else "provider"


def _counts(
    client: GhostClient, settings: GhostSettings, findings: list[Finding]
) -> dict[str, int]:
    counts = {name: client.count(name) or 0 for name in ("members", "posts")}
    findings.append(Finding("key", "ok", "Ghost accepts the key, and it may read members."))
    for name, total in counts.items():
        findings.append(Finding(name, "ok", f"{total:,} to read."))
    newsletter_id(client, settings.newsletter)
    for kind in mapping.KINDS:
        counts[kind] = client.events(f"type:{kind}", 1).value.total or 0
    said = ", ".join(pluralize(counts[kind], name) for kind, name in _SIGNALS.items())
    findings.append(Finding("signals", "ok", f"To read: {said}."))
    findings.extend(_tracking_findings(client))
    return counts


_SIGNALS = {
    mapping.DELIVERED: "send",
    mapping.OPENED: "open",
    mapping.CLICKED: "click",
    mapping.RATED: "one-click answer",
    mapping.COMMENTED: "comment",
}


def _tracking_findings(client: GhostClient) -> list[Finding]:
    """What the site's settings keep Ghost from recording; what is off is not measured."""
    rows = read_rows(client.sheet("settings", ()).value.rows, _SETTING.decode).read
    values = {row.key: bytes(row.value) for row in rows}
    switches = (
        ("email_track_opens", "opens", "Open tracking is off: opens are not measured from now on."),
        ("email_track_clicks", "clicks", "Click tracking is off: clicks are not measured."),
        (
            "members_track_sources",
            "sources",
            "Member sources are off: nothing says where people came from.",
        ),
    )
    fix = "Turn it on in Ghost's settings under Analytics, if you want it measured."
    return [
        Finding(name, "warning", text, fix)
        for key, name, text in switches
        if values.get(key) == b"false"
    ]


def _site_finding(site: Got[wire.Site]) -> Finding:
    return Finding("site", "ok", f"Ghost answers for {said(site.value.title)!r}.")


def _version_finding(site: Got[wire.Site]) -> Finding:
    version = site.headers.get("content-version", "").removeprefix("v") or site.value.version
    if version and version.split(".", 1)[0] in _LINES:
        return Finding("version", "ok", f"It is Ghost {said(version)}.")
    return Finding(
        "version",
        "warning",
        f"It is Ghost {said(version or 'of an unknown version')}. Known versions: 5 and 6.",
        "Compare a few figures with those in Ghost, and report what differs.",
    )


def _requests(counts: dict[str, int], at_once: int | None) -> int:
    """The first sync: at most three for a page of members, to see them, and what was mailed.

    at_once: how many members can be asked for with their mails; None: the feed tells of these.
    """
    pages = {name: max(1, ceil(total / LIMIT)) for name, total in counts.items()}
    if at_once is None:
        mailed = pages[mapping.DELIVERED] + pages[mapping.OPENED]
    else:
        mailed = 2 * max(1, ceil(counts["members"] / at_once))
    fed = sum(pages[kind] for kind in mapping.KINDS if kind not in MAILED)
    return 4 + 3 * pages["members"] + mailed + 3 * ceil(counts["posts"] / POSTS_LIMIT) + fed
