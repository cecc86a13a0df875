"""regulars doctor: what is ok, what needs attention, what is broken, and the fix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from regulars_connectors.foreign_text import clean
from regulars_connectors.plural import pluralize

from .context import Call, verb
from .terminal import echo, fit_in_detail, print_json, results_alone

if TYPE_CHECKING:
    from regulars.doctor import CheckResult
    from regulars_connectors.contract import Finding


@click.command(short_help="Check settings, store and every connection.")
@verb
def doctor(call: Call) -> None:
    """Check settings, store and every connection, and say how to fix what is wrong.

    With more than three connections, each that is ok takes one line.

    \b
    Examples:
      regulars doctor
      regulars doctor --json
    """
    from regulars.clock import real_runtime
    from regulars.doctor import check_all

    settings = call.settings()
    in_short = not fit_in_detail(settings.connections())
    findings: list[Finding] = []
    checks = check_all(settings, real_runtime())
    while (checked := _next_of(checks)) is not None:
        findings += checked.findings
        if not call.as_json:
            _say(checked, in_short=in_short)
    broken = _how_many(findings, "error")
    if call.as_json:
        print_json({"findings": [asdict(finding) for finding in findings], "broken": broken})
    elif in_short:
        warnings = pluralize(_how_many(findings, "warning"), "warning")
        errors = pluralize(broken, "error")
        echo(f"{len(findings)} checks; {warnings}, {errors}.")
    if broken:
        raise SystemExit(1)


def _next_of(checks: Iterator[CheckResult]) -> CheckResult | None:
    with results_alone():
        return next(checks, None)


def _say(checked: CheckResult, *, in_short: bool) -> None:
    findings = checked.findings
    if in_short and checked.connection and _how_many(findings, "ok") == len(findings) > 1:
        # The last says the most: how long a pull takes.
        echo(f"ok       {checked.connection}: {len(findings)} checks. {findings[-1].text}")
        return
    for finding in findings:
        echo(clean(f"{finding.verdict:8} {finding.name}: {finding.text}"))
        if finding.fix and finding.verdict != "ok":
            echo(clean(f"         fix: {finding.fix}"))


def _how_many(findings: Sequence[Finding], verdict: str) -> int:
    return sum(finding.verdict == verdict for finding in findings)


COMMANDS = {"doctor": doctor}
