"""Which publications there are: those of the settings, and those that an import brought."""

from __future__ import annotations

from .errors import NothingHere, UsageWrong
from .settings import PublicationSettings, Settings
from .store import Store


def known_publications(settings: Settings, store: Store) -> list[PublicationSettings]:
    """Every publication; one that only the store knows gets the defaults of the settings."""
    named = {publication.name: publication for publication in settings.publications}
    with store.read() as cursor:
        rows = cursor.execute("SELECT DISTINCT publication FROM runs ORDER BY 1").fetchall()
    for (name,) in rows:
        named.setdefault(name, PublicationSettings(name=name))
    return list(named.values())


def find_publication(settings: Settings, store: Store, name: str | None) -> PublicationSettings:
    """The publication of that name, or the only one. Raises NothingHere, UsageWrong."""
    known = known_publications(settings, store)
    names = ", ".join(publication.name for publication in known) or "none yet"
    if name is None:
        if len(known) == 1:
            return known[0]
        raise UsageWrong(f"Say which publication is meant; there are: {names}.")
    for publication in known:
        if publication.name == name:
            return publication
    raise NothingHere(f"There is no publication named {name!r}; there are: {names}.")
