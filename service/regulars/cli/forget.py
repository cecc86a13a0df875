"""regulars forget: erase a person, or let one in again who came back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from regulars_connectors.plural import pluralize

from .context import Call, own_store, verb
from .terminal import echo, print_json, say

if TYPE_CHECKING:
    from regulars.publications.forgetting import ForgetPreview, Receipt


@click.command(short_help="Erase a person, and keep them out from now on.")
@click.argument("person", metavar="ADDRESS|ID")
@click.option("--publication", metavar="NAME", help="Only in this publication. Default: in all.")
@click.option("--dry-run", is_flag=True, help="Only show what would go.")
@click.option("--lift", is_flag=True, help="Let a forgotten person in again. Brings nothing back.")
@click.option("--yes", is_flag=True, help="Forget without asking.")
@click.option("--no-input", is_flag=True, help="Ask nothing. Forgetting then needs --yes.")
@verb
def forget(
    call: Call,
    person: str,
    publication: str | None,
    dry_run: bool,
    lift: bool,
    yes: bool,
    no_input: bool,
) -> None:
    """Erase the person with this ADDRESS or ID from the store, and keep them out.

    ID is Regulars' own (per_…) or the provider's. Everything about them goes: addresses, name,
    subscriptions, events, totals, answers. Their address goes from what others wrote. Later syncs
    and restores leave them out. Published widget figures stay. This cannot be undone.

    With --lift, somebody who subscribed again of their own will is let in: the next sync takes them
    as a new reader. Give the address, or the id at your provider.

    \b
    Examples:
      regulars forget reader@example.org --dry-run
      regulars forget reader@example.org --publication field-notes --yes
      regulars forget reader@example.org --lift
    """
    from regulars import clock
    from regulars.errors import NothingHere
    from regulars.publications.forgetting import (
        find_people,
        forget_people,
        is_forgotten_already,
        last_day_in_backups,
        preview_forgetting,
    )

    if lift:
        _lift(call, person, publication, dry_run=dry_run)
        return
    settings = call.settings()
    receipt = None
    with own_store(call, settings, "forget") as store:
        if store is None:
            raise NothingHere(f"There is no store in {settings.store.folder} yet.")
        try:
            found = find_people(store, person, publication)
        except NothingHere:
            if not is_forgotten_already(store, person, publication):
                raise
            _tell_done_before(call)
            return
        preview = preview_forgetting(store, found)
        days = settings.store.backup_days
        if not call.as_json:
            expire = last_day_in_backups(clock.system_clock(), days)
            echo("\n".join(_what_would_go(preview, expire)))
        done = not dry_run and _agreed(call, yes=yes, no_input=no_input)
        before = len(store.notices)
        if done:
            receipt = forget_people(store, found, preview, clock.system_clock, days)
        notices = store.notices[before:]
    for notice in notices:
        say(notice)
    if call.as_json:
        facts = {"forgotten": done, "would_go": asdict(preview)}
        print_json(facts | {"receipt": asdict(receipt) if receipt else None})
    elif receipt:
        echo("\n".join(_receipt(receipt)))


def _lift(call: Call, person: str, publication: str | None, *, dry_run: bool) -> None:
    from regulars import clock
    from regulars.errors import NothingHere
    from regulars.publications.forgetting import kept_out_of, let_in

    settings = call.settings()
    with own_store(call, settings, "forget") as store:
        if store is None:
            raise NothingHere(f"There is no store in {settings.store.folder} yet.")
        before = len(store.notices)
        names = kept_out_of(store, person, publication)
        if names and not dry_run:
            let_in(store, person, names, clock.system_clock)
        notices = store.notices[before:]
    for notice in notices:
        say(notice)
    if call.as_json:
        print_json({"lifted": bool(names) and not dry_run, "publications": names})
    elif not names:
        echo("This person is let in already.")
    elif dry_run:
        echo(f"Would let this person into {', '.join(names)} again.")
    else:
        echo(
            f"Let into {', '.join(names)} again. The next sync takes this person as a new reader,"
            " with what your provider still shows of them. What was erased stays erased."
        )


def _tell_done_before(call: Call) -> None:
    if call.as_json:
        print_json({"forgotten": True, "would_go": None, "receipt": None})
    else:
        echo("This person is forgotten already. The store holds nothing of them.")


def _agreed(call: Call, *, yes: bool, no_input: bool) -> bool:
    """Whether the owner agrees. Raises UsageWrong where asking is impossible."""
    from regulars.errors import UsageWrong

    if yes:
        return True
    if no_input or call.as_json:
        raise UsageWrong(
            "Nobody was forgotten: confirmation is required.",
            to_do="Add --yes to forget the person, or --dry-run to see what would go.",
        )
    try:
        agreed = click.confirm("Forget this person?", err=True)
    except click.Abort:
        agreed = False
    if not agreed:
        say("Nothing was changed.")
    return agreed


def _what_would_go(preview: ForgetPreview, expire: str) -> list[str]:
    """What goes, and what that means. expire: the day on which the last backup with them goes."""
    rows = dict(preview.rows)
    totals, events = rows.pop("totals", 0), rows.pop("events", 0)
    answers = ", ".join(f"{kind} {count:,}" for kind, count in rows.items())
    lines = [
        f"{pluralize(preview.people, 'person', 'people')} in {', '.join(preview.publications)}",
        f"  subscriptions: {preview.subscriptions:,}, addresses: {preview.addresses:,}",
        f"  sends, opens and clicks: {events:,}, rows of totals: {totals:,}",
        f"  answers: {answers or 'none'}",
        f"  history files to rewrite: {preview.history_files:,}",
    ]
    if preview.elsewhere:
        lines.append(f"  also in {', '.join(preview.elsewhere)}: stays there")
    lines.append(
        "This cannot be undone, and later syncs and restores leave them out. Backups made before"
        f" today hold them until {expire}."
    )
    return lines


def _receipt(receipt: Receipt) -> list[str]:
    backups = (
        "Backups made before today still hold this person;"
        f" the newest of them expires on {receipt.backups_expire}."
    )
    return [f"Forgotten. Receipt {receipt.action} of {receipt.at}.", backups]


COMMANDS = {"forget": forget}
