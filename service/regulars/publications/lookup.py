"""Finds publications, of the settings and of imports."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from regulars.errors import NothingHere, UsageWrong
from regulars.settings import PublicationSettings, Settings
from regulars.store import Store
from regulars.store.actions.publications import all_publication_data
from regulars.store.mending import asked_again
from regulars.store.sync_state import owner_of
from regulars_connectors.validation_messages import describe


@asked_again
def known_publications(settings: Settings, store: Store) -> list[PublicationSettings]:
    """Every publication. One that only the store knows has default settings."""
    named = {publication.name: publication for publication in settings.publications}
    with store.read() as cursor:
        rows = cursor.execute("SELECT DISTINCT publication FROM runs ORDER BY 1").fetchall()
    for (name,) in rows:
        named.setdefault(name, PublicationSettings(name=name))
    return list(named.values())


def find_publication(settings: Settings, store: Store, name: str | None) -> PublicationSettings:
    """The publication of that name, or the only one. Raises NothingHere, UsageWrong."""
    known = {publication.name: publication for publication in known_publications(settings, store)}
    wanted = only_of(list(known)) if name is None else name
    if wanted not in known:
        listed = ", ".join(known) or "none yet"
        raise NothingHere(f"There is no publication named {name!r}. Known publications: {listed}.")
    return known[wanted]


def only_of(names: Sequence[str]) -> str:
    """The only publication. Raises NothingHere without any, UsageWrong with several."""
    if not names:
        raise NothingHere(
            "There is no publication yet.",
            to_do="Run `regulars init`, or `regulars import files FOLDER --publication NAME`.",
        )
    if len(names) > 1:
        raise UsageWrong(
            f"There are several publications: {', '.join(names)}.",
            to_do=f"Add --publication {names[0]}, or another of these names.",
        )
    return names[0]


def check_short_name(name: str) -> None:
    """Raise UsageWrong unless it is a valid short name of a publication."""
    try:
        PublicationSettings(name=name)
    except ValidationError as error:
        said = describe(error, PublicationSettings)
        raise UsageWrong(
            f"{name!r} is not a valid short name: {said}",
            to_do="Use small letters, digits and hyphens, as in field-notes.",
        ) from None


@asked_again
def import_connection(store: Store, publication: str, connector: str = "files") -> str:
    """The name of the connection for a publication's imports by a connector.

    A renamed publication keeps its connection, so that nothing counts twice, and the name stays
    taken for other publications.
    """
    own = all_publication_data(store.journal).get(publication)
    names = own.names if own else [publication]
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT connection FROM runs WHERE publication = $publication"
            " AND connector = $connector"
            " AND regexp_replace(connection, '-' || $connector || '(-\\d+)?$', '')"
            " IN (SELECT unnest($names)) ORDER BY entry DESC LIMIT 1",
            {"publication": publication, "connector": connector, "names": names},
        ).fetchall()
    if rows:
        return str(rows[0][0])
    name, number = f"{publication}-{connector}", 1
    while owner_of(store, name) not in (None, publication):
        number += 1
        name = f"{publication}-{connector}-{number}"
    return name
