"""regulars publication: list, rename, pause, resume and remove newsletters."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from regulars_connectors.foreign_text import clean
from regulars_connectors.plural import pluralize

from .context import Call, own_store, verb
from .terminal import echo, print_json, say

if TYPE_CHECKING:
    from regulars.publications.changes import RemovalPreview
    from regulars.settings import Settings
    from regulars.settings.editor import SettingsFile

_MIB = 1024 * 1024


@click.group()
def publication() -> None:
    """List, rename, pause and remove newsletters."""


@publication.command("list", short_help="List all publications.")
@verb
def list_(call: Call) -> None:
    """List every publication from your settings, and those that an import added.

    \b
    Examples:
      regulars publication list
      regulars publication list --json
    """
    from .status import NO_PUBLICATION, publications_of

    settings = call.settings()
    items = publications_of(call, settings)
    named = {one.name for one in settings.publications}
    if call.as_json:
        rows = [
            {
                **{key: item[key] for key in ("name", "title", "paused")},
                "in_settings": item["name"] in named,
                "connections": [source["connection"] for source in item["sources"]],
            }
            for item in items
        ]
        print_json({"publications": rows})
        return
    width = max((len(item["name"]) for item in items), default=0)
    for item in items:
        notes = [", paused"] if item["paused"] else []
        notes += [] if item["name"] in named else [", not in the settings"]
        echo(clean(f"{item['name']:{width}}  {item['title']}{''.join(notes)}"))
    if not items:
        echo("\n".join(NO_PUBLICATION))


_dry_run = click.option("--dry-run", is_flag=True, help="Only show what would change.")


@publication.command(short_help="Change a short name or a title.")
@click.argument("name")
@click.argument("new_name", required=False)
@click.option("--title", help="Display name. Without NEW_NAME the short name stays.")
@_dry_run
@verb
def rename(call: Call, name: str, new_name: str | None, title: str | None, dry_run: bool) -> None:
    """Change the short name of the publication NAME, its title, or both.

    Stored files keep the old short name. Reports, API and page show the new one. Connections keep
    their names. Widget figures may be rounded differently, because rounding depends on the short
    name.

    \b
    Examples:
      regulars publication rename field-notes harbour-notes --dry-run
      regulars publication rename field-notes --title "Field Notes"
    """
    from regulars import clock
    from regulars.errors import NothingHere, UsageWrong
    from regulars.publications.changes import rename as rename_it

    if new_name is None and title is None:
        raise UsageWrong("Give a new short name, a --title, or both.")
    settings, file = _files(call)
    if title is not None and not file.has(name):
        raise NothingHere(f"There is no publication named {name!r} in {file.path}.")
    if new_name is not None:
        with own_store(call, settings, "rename") as store:
            rename_it(file, store, name, new_name, clock.system_clock, dry_run=dry_run)
    now = new_name or name
    if title is not None:
        _change(file, now, {"title": title}, dry_run=dry_run)
    facts = {"publication": now, "title": title}
    if dry_run:
        title_too = f" with the title {title!r}" if title is not None else ""
        _tell_of_nothing(call, facts, f"{name} would be called {now}{title_too}.")
    else:
        _tell(call, settings, facts, f"{now}: renamed.")


@publication.command(short_help="Leave a publication out of syncs.")
@click.argument("name")
@_dry_run
@verb
def pause(call: Call, name: str, dry_run: bool) -> None:
    """Leave the publication NAME out of syncs until you resume it. Its data and page stay.

    \b
    Examples:
      regulars publication pause field-notes
      regulars publication pause field-notes --dry-run
    """
    _let_pause(call, name, paused=True, dry_run=dry_run)


@publication.command(short_help="Include a paused publication in syncs again.")
@click.argument("name")
@_dry_run
@verb
def resume(call: Call, name: str, dry_run: bool) -> None:
    """Include the paused publication NAME in syncs again.

    \b
    Examples:
      regulars publication resume field-notes
      regulars publication resume field-notes --json
    """
    _let_pause(call, name, paused=False, dry_run=dry_run)


def _let_pause(call: Call, name: str, *, paused: bool, dry_run: bool) -> None:
    settings, file = _files(call)
    _change(file, name, {"paused": paused or None}, dry_run=dry_run)
    facts = {"publication": name, "paused": paused}
    if dry_run:
        _tell_of_nothing(call, facts, f"{name} would be {'paused' if paused else 'resumed'}.")
    elif paused:
        _tell(call, settings, facts, f"{name} is paused.")
    else:
        text = f"{name} is resumed. `regulars sync` brings it up to date."
        _tell(call, settings, facts, text)


@publication.command(short_help="Remove a publication and its data.")
@click.argument("name")
@click.option("--keep-data", is_flag=True, help="Remove it from the settings only.")
@_dry_run
@click.option("--yes", is_flag=True, help="Remove without asking.")
@click.option("--no-input", is_flag=True, help="Ask nothing. Removing then needs --yes.")
@verb
def remove(
    call: Call, name: str, keep_data: bool, dry_run: bool, yes: bool, no_input: bool
) -> None:
    """Remove the publication NAME: its settings, its rows, its history files.

    You first see what goes. The journal keeps the records of its runs, without addresses: its
    names, times, counts, and the paths and digests of its files. Backups and other copies are
    yours to remove.

    \b
    Examples:
      regulars publication remove field-notes --dry-run
      regulars publication remove field-notes --keep-data
    """
    from regulars import clock
    from regulars.publications.changes import preview_removal
    from regulars.publications.changes import remove as remove_it

    settings, file = _files(call)
    with own_store(call, settings, "remove") as store:
        left = preview_removal(file, store, name)
        if not call.as_json:
            echo("\n".join(_what_it_left(name, left, keep_data=keep_data)))
        done = not dry_run and _agreed(call, name, yes=yes, no_input=no_input)
        notices: list[str] = []
        if done and keep_data:
            _take_out(file, name)
        elif done:
            notices = remove_it(file, store, name, left, clock.system_clock)
    if call.as_json:
        facts = {"publication": name, "removed": done, "data_kept": keep_data}
        print_json(facts | {"left": asdict(left), "notices": notices})
    for notice in notices:
        say(notice)
    if done and not call.as_json:
        echo(f"{name} is out of the settings." if keep_data else f"{name} is removed.")


def _take_out(file: SettingsFile, name: str) -> None:
    file.remove_publication(name)
    file.write()


def _agreed(call: Call, name: str, *, yes: bool, no_input: bool) -> bool:
    """Whether the owner agrees. Raises UsageWrong where asking is impossible."""
    from regulars.errors import UsageWrong

    if yes:
        return True
    if no_input or call.as_json:
        raise UsageWrong(
            "Not removed: confirmation is required.",
            to_do="Add --yes to remove it, or --dry-run to see what would go.",
        )
    try:
        agreed = click.confirm(f"Remove {name}?", err=True)
    except click.Abort:
        agreed = False
    if not agreed:
        say("Nothing was removed.")
    return agreed


def _what_it_left(name: str, left: RemovalPreview, *, keep_data: bool) -> list[str]:
    names = "" if len(left.names) == 1 else f" (before: {', '.join(left.names[:-1])})"
    lines = [f"{name}{names}"]
    lines.append(f"  settings: {'one publication' if left.in_settings else 'nothing'}")
    lines.append(f"  connections: {', '.join(left.connections) or 'none'}")
    if left.widgets:
        lines.append(f"  public figures that end: {left.widgets}")
    stays = " (stay)" if keep_data else ""
    lines.append(
        f"  history: {pluralize(left.history_files, 'file')}, {_size(left.history_bytes)}{stays}"
    )
    if left.part_files:
        lines.append(
            f"  parts of interrupted pulls: {left.part_files:,}, {_size(left.part_bytes)}{stays}"
        )
    if left.damaged_databases:
        lines.append(
            f"  damaged databases: {', '.join(left.damaged_databases)},"
            f" {_size(left.moved_aside_bytes)}{stays or ' (may hold its people)'}"
        )
    stay = pluralize(left.journal_entries, "entry stays", "entries stay")
    lines.append(
        f"  journal: {stay}, with its names, times, counts and paths of files, no addresses"
    )
    lines.append("  backups and copies made elsewhere: yours to remove")
    return lines


def _size(count: int) -> str:
    return f"{count / _MIB:,.1f} MiB" if count >= _MIB else f"{count / 1024:,.0f} KiB"


# Settings and store


def _files(call: Call) -> tuple[Settings, SettingsFile]:
    """The settings, and their file to be changed; an empty one where there is none."""
    from pathlib import Path

    from regulars.settings import FILE_NAME
    from regulars.settings.editor import SettingsFile

    settings = call.settings()
    return settings, SettingsFile(settings.source_file or Path(FILE_NAME))


def _change(file: SettingsFile, name: str, changes: dict[str, Any], *, dry_run: bool) -> None:
    """Change the settings file; only prove that it can be, on a dry run."""
    file.change_publication(name, changes)
    if dry_run:
        file.prove()
    else:
        file.write()


def _tell_of_nothing(call: Call, facts: dict[str, Any], text: str) -> None:
    """What a dry run would have done."""
    if call.as_json:
        print_json(facts | {"changed": False})
    else:
        echo(f"{text} Nothing was changed.")


def _tell(call: Call, settings: Settings, facts: dict[str, Any], text: str) -> None:
    restart = call.server(settings) is not None
    if call.as_json:
        print_json(facts | {"changed": True, "server_needs_restart": restart})
    else:
        echo(text)
    if restart:
        say("Restart the running server: it reads the settings when it starts.")


COMMANDS = {"publication": publication}
