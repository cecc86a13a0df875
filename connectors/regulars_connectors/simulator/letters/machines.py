"""How machines show themselves: headers of absences, and parts of bounces, receipts, reactions."""

from __future__ import annotations

from collections.abc import Mapping

from .mail import Mail

ABSENCES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "exchange": (("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")),
    "gmail": (("Auto-Submitted", "auto-replied"), ("Precedence", "bulk"), ("X-Autoreply", "yes")),
    "sieve": (("Auto-Submitted", "auto-replied (vacation)"),),
    "apple": (("X-Apple-Action", "VACATION"),),
    "unmarked": (),  # the subject alone tells
}
"""Programs that answer for somebody who is away, with their headers."""

_SUBJECTS = {"exchange": "Automatic reply: ", "unmarked": "Abwesenheitsnotiz: "}


def absence_subject(machine: str, subject: str) -> str:
    """The subject of a notice of absence."""
    return f"{_SUBJECTS.get(machine, 'Re: ')}{subject}"


def machine_headers(mail: Mail) -> tuple[tuple[str, str], ...]:
    """The headers by which a machine shows itself."""
    if mail.machine == "bounce":
        return (("Return-Path", "<>"), ("Auto-Submitted", "auto-replied"))
    return ABSENCES.get(mail.machine, ())


def machine_parts(mail: Mail) -> tuple[str, list[bytes]] | None:
    """The type of the whole and its parts, of what is no plain mail; None for all else."""
    make = _PARTS.get(mail.machine)
    return None if make is None else make(mail)


def _part(kind: str, *lines: str) -> bytes:
    return "\n".join([f"Content-Type: {kind}", "", *lines, ""]).encode()


def _bounce(mail: Mail) -> tuple[str, list[bytes]]:
    reader = mail.text.split()[0]
    return "multipart/report; report-type=delivery-status", [
        _part("text/plain; charset=utf-8", f"Your mail to {reader} was not delivered."),
        _part(
            "message/delivery-status",
            "Reporting-MTA: dns; mail.example.org",
            "",
            f"Final-Recipient: rfc822; {reader}",
            "Action: failed",
            "Status: 4.2.2",
        ),
    ]


def _receipt(mail: Mail) -> tuple[str, list[bytes]]:
    return "multipart/report; report-type=disposition-notification", [
        _part("text/plain; charset=utf-8", "Your mail was displayed."),
        _part(
            "message/disposition-notification",
            f"Final-Recipient: rfc822; {mail.sender.address}",
            "Disposition: manual-action/MDN-sent-manually; displayed",
        ),
    ]


def _reaction(mail: Mail) -> tuple[str, list[bytes]]:
    said = f"❤️ {mail.sender.name} reacted via Gmail"
    return "multipart/alternative", [
        _part("text/plain; charset=utf-8", said),
        _part("text/vnd.google.email-reaction+json", '{"version": 1, "emoji": "❤️"}'),
        _part("text/html; charset=utf-8", f"<p>{said}</p>"),
    ]


_PARTS = {"bounce": _bounce, "receipt": _receipt, "reaction": _reaction}
