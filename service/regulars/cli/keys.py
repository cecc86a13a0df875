"""regulars keys: keys for programs that ask this service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from regulars_connectors.foreign_text import clean

from .context import Call, verb
from .terminal import echo, print_json, say, to_the_second

if TYPE_CHECKING:
    from datetime import datetime

    from regulars.access.register import Register
    from regulars.settings import Settings

_SCOPES = (
    "read:figures", "read:people", "read:replies", "write:answers", "sync:run", "widgets:manage",
    "export", "admin",
)  # fmt: skip


@click.group()
def keys() -> None:
    """Let programs ask this service: add, list and revoke their keys."""


@keys.command(short_help="Make a key, and show it once.")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(_SCOPES), metavar="SCOPE",
    help=f"What it may do: {', '.join(_SCOPES)}. Repeat it for several. Default: read:figures.",
)  # fmt: skip
@click.option(
    "--publication", "publications", multiple=True, metavar="NAME",
    help="For this publication alone. Repeat it for several. Default: all.",
)  # fmt: skip
@click.option(
    "--expires", metavar="DATE", help="Day or instant (UTC) at which it ends. Default: never."
)
@verb
def add(
    call: Call,
    name: str,
    scopes: tuple[str, ...],
    publications: tuple[str, ...],
    expires: str | None,
) -> None:
    """Make a key called NAME and print it. It is shown this once: the store keeps a digest.

    Programs send it as `Authorization: Bearer`.

    \b
    Examples:
      regulars keys add "the site"
      regulars keys add agency --scope read:figures --scope sync:run --publication field-notes
    """
    settings = call.settings()
    _require_known(call, settings, publications)
    wish = {
        "name": _checked_name(name),
        "scopes": list(scopes or ("read:figures",)),
        "publications": list(publications) or None,
        "expires_at": None if expires is None else _instant(expires).isoformat(),
    }
    server = call.server(settings)
    made = server.add_key(wish) if server is not None else _added(call, settings, wish)
    if call.as_json:
        print_json({"key": made})
        return
    say(f"{made['id']} may {_may(made)}. Copy the key now: it is shown this once.")
    echo(made["key"])


@keys.command("list", short_help="List all keys, without their texts.")
@verb
def list_(call: Call) -> None:
    """List every key: what it may do, for which publications, until when, and its last use.

    \b
    Examples:
      regulars keys list
      regulars keys list --json
    """
    settings = call.settings()
    server = call.server(settings)
    if server is not None:
        items = server.keys()
    else:
        from regulars.access.shown import shown_key

        with call.store_to_read(settings, "keys") as store:
            items = [shown_key(one) for one in _register(store).all_keys()]
    if call.as_json:
        print_json({"keys": items})
        return
    if not items:
        echo("No key yet. `regulars keys add NAME` makes one.")
    for item in items:
        echo("\n".join(clean(line) for line in _in_words(item)))


@keys.command(short_help="End a key now.")
@click.argument("key_id", metavar="ID")
@verb
def revoke(call: Call, key_id: str) -> None:
    """End the key with this ID now. What it asks from then on is refused.

    \b
    Examples:
      regulars keys revoke key_5f0c9a7be1d24688
      regulars keys revoke key_5f0c9a7be1d24688 --json
    """
    from regulars.access.shown import shown_key

    settings = call.settings()
    server = call.server(settings)
    if server is not None:
        item = server.revoke_key(key_id)
    else:
        with opened_register(call, settings, "keys") as register:
            item = shown_key(register.revoke_key(key_id))
    if call.as_json:
        print_json({"key": item})
        return
    echo(clean(f"{item['id']} ({item['name']}) is revoked."))


@contextmanager
def opened_register(call: Call, settings: Settings, purpose: str) -> Iterator[Register]:
    """The register of a store that this process opens, where no server holds it."""
    with call.store(settings, purpose) as store:
        yield _register(store)


def _register(store: Any) -> Register:
    from regulars.access.register import Register
    from regulars.clock import system_clock

    return Register(store, system_clock)


def _added(call: Call, settings: Settings, wish: dict[str, Any]) -> dict[str, Any]:
    from datetime import datetime

    from regulars.access.shown import shown_key
    from regulars_connectors.instants import from_datetime

    expires = wish["expires_at"]
    ends = None if expires is None else from_datetime(datetime.fromisoformat(expires))
    with opened_register(call, settings, "keys") as register:
        record, text = register.add_key(wish["name"], wish["scopes"], wish["publications"], ends)
    return {**shown_key(record), "key": text}


def _checked_name(name: str) -> str:
    from regulars.access.register import LONGEST_NAME
    from regulars.errors import UsageWrong

    stripped = name.strip()
    if not 0 < len(stripped) <= LONGEST_NAME:
        raise UsageWrong(f"A key's name has 1 to {LONGEST_NAME} characters.")
    return stripped


def _require_known(call: Call, settings: Settings, names: tuple[str, ...]) -> None:
    """Raise NothingHere for a publication that is neither in the settings nor in the store."""
    from .status import publications_of

    if not names:
        return
    known = {item["name"] for item in publications_of(call, settings)}
    for name in names:
        if name not in known:
            settings.publication(name)


def _instant(text: str) -> datetime:
    from datetime import UTC, datetime

    from regulars.errors import UsageWrong

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageWrong(
            f"{text[:60]!r} is no day or instant.",
            to_do="Write one like 2027-06-30 or 2027-06-30T12:00:00Z.",
        ) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _may(item: dict[str, Any]) -> str:
    where = ", ".join(item["publications"]) if item["publications"] is not None else "all"
    return f"{', '.join(item['scopes'])} for {where or 'no publication'}"


def _in_words(item: dict[str, Any]) -> list[str]:
    used = f"last used {to_the_second(item['last_used_at'])}" if item["last_used_at"] else "unused"
    ends = f"ends {to_the_second(item['expires_at'])}" if item["expires_at"] else "never ends"
    if item["revoked_at"]:
        ends = f"revoked {to_the_second(item['revoked_at'])}"
    return [
        f"{item['id']} ({item['name']})",
        f"  {_may(item)}; made {to_the_second(item['made_at'])}, {ends}, {used}",
    ]


COMMANDS = {"keys": keys}
