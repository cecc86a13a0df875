"""regulars doctor: what is fine, what deserves a look, what is broken, and the fix."""

from __future__ import annotations

from dataclasses import asdict

import click

from .context import Call, verb
from .terminal import print_json


@click.command(short_help="Check settings, store and every connection.")
@verb
def doctor(call: Call) -> None:
    """Check settings, store and every connection; say what to do where something is wrong.

    \b
    Examples:
      regulars doctor
      regulars doctor --json
    """
    from regulars.checks import check_all
    from regulars.clock import real_tools

    findings = []
    for finding in check_all(call.settings(), real_tools()):
        findings.append(finding)
        if not call.as_json:
            click.echo(f"{finding.verdict:6} {finding.name}: {finding.text}")
            if finding.fix and finding.verdict != "fine":
                click.echo(f"       fix: {finding.fix}")
    broken = sum(finding.verdict == "broken" for finding in findings)
    if call.as_json:
        print_json({"findings": [asdict(finding) for finding in findings], "broken": broken})
    if broken:
        raise SystemExit(1)


COMMANDS = {"doctor": doctor}
