"""Posts that the settings name: whether the store knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regulars.settings import PublicationSettings

from .mending import asked_again

if TYPE_CHECKING:
    from .protocols import ReadableStore


@asked_again
def unknown_posts(
    store: ReadableStore, publication: PublicationSettings, connection: str | None = None
) -> list[tuple[str, str]]:
    """The posts of ``same_posts`` and ``different_posts`` that no sync has brought.

    Each with the setting that names it, as CONNECTION/ID. connection: those of this one alone. One
    that has brought no post so far is left aside.
    """
    named = [
        (setting, name)
        for setting in ("same_posts", "different_posts")
        for pair in getattr(publication, setting)
        for name in pair
    ]
    connections = {name.partition("/")[0] for _, name in named}
    found: dict[str, set[str]] = {}
    with store.read() as cursor:
        for one in connections if connection is None else connections & {connection}:
            rows = cursor.execute(
                "SELECT id FROM posts WHERE connection = $connection", {"connection": one}
            ).fetchall()
            found[one] = {str(row_id) for (row_id,) in rows}
    return [
        (setting, name)
        for setting, name in dict.fromkeys(named)
        if (known := found.get(name.partition("/")[0])) and name.partition("/")[2] not in known
    ]


def unknown_post_notice(setting: str, name: str) -> str:
    """A sentence for the owner about such a post, with what to do."""
    return (
        f"`{setting}` in your settings names the post {name}, which no sync has brought."
        " Correct its id there, or take the pair out."
    )
