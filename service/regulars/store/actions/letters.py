"""What the owner says of letters: let it rest, later, answered elsewhere, a person, a machine.

Each is an entry with a time, so a question about an earlier moment leaves later words out. The last
word on a letter counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from regulars.errors import NothingHere, UsageWrong
from regulars_connectors.instants import Instant

from ..journal import Entry
from ..mending import asked_again
from ..protocols import WritableStore
from ..timestamps import stored_moment

if TYPE_CHECKING:
    import duckdb

KIND: Final = "letter_act"
LetterAction: TypeAlias = Literal["rest", "later", "answered", "person", "machine"]
ACTIONS: Final[tuple[LetterAction, ...]] = get_args(LetterAction)
OF_WAITING: Final = ("rest", "later", "answered")
"""Words on what becomes of a letter. They change nothing that anybody read or wrote."""
MOST_AT_ONCE: Final = 200


def say_of_letters(
    store: WritableStore,
    publication: str,
    letters: Sequence[str],
    action: LetterAction,
    *,
    at: Instant,
    until: Instant | None = None,
) -> int:
    """Commit the owner's word on some letters. Returns how many it is news for.

    letters: ids. until: of ``later``, the moment from which they wait again. Raises NothingHere for
    ids that the publication has no letter of, and UsageWrong for too many and for a wrong until.
    """
    wanted = list(dict.fromkeys(letters))
    _refuse_wrong(wanted, action, at, until)
    with store.writing:
        store.catch_up()
        _refuse_unknown(store, publication, wanted)
        news = [one for one in wanted if _last_word(store, publication, one) != (action, until)]
        if news:
            store.append(
                {
                    "kind": KIND,
                    "at": at,
                    "publication": publication,
                    "letters": news,
                    "act": action,
                    "until": until,
                }
            )
    return len(news)


def _refuse_wrong(
    letters: Sequence[str], action: LetterAction, at: Instant, until: Instant | None
) -> None:
    if not letters or len(letters) > MOST_AT_ONCE:
        raise UsageWrong(
            f"{len(letters)} letters were named.",
            to_do=f"Name at least one and at most {MOST_AT_ONCE} letters at once.",
        )
    if until is not None and action != "later":
        raise UsageWrong(
            f"A time belongs to `later`, not to `{action}`.",
            to_do="Leave the time out, or say later.",
        )
    if until is not None and until <= at:
        raise UsageWrong("The time for later is over.", to_do="Name a time that is still to come.")


def _refuse_unknown(store: WritableStore, publication: str, letters: Sequence[str]) -> None:
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT DISTINCT id FROM letters WHERE publication = $publication"
            " AND id IN (SELECT unnest($letters))",
            {"publication": publication, "letters": list(letters)},
        ).fetchall()
    unknown = sorted(set(letters) - {str(one) for (one,) in rows})
    if unknown:
        raise NothingHere(
            f"{publication} has no letter {unknown[0]}.",
            to_do="Take the ids from `regulars report waiting`.",
        )


@asked_again
def _last_word(
    store: WritableStore, publication: str, letter: str
) -> tuple[str, Instant | None] | None:
    """The last word of the same sort: what becomes of a letter, or who wrote it."""
    with store.read() as cursor:
        rows = cursor.execute(
            "SELECT act, epoch_us(until_at) FROM letter_acts"
            " WHERE publication = $publication AND letter_id = $letter ORDER BY entry DESC LIMIT 1",
            {"publication": publication, "letter": letter},
        ).fetchall()
    return (str(rows[0][0]), rows[0][1]) if rows else None


def apply(cursor: duckdb.DuckDBPyConnection, entry: Entry) -> None:
    """Put the owner's words into their table."""
    facts = entry.facts
    until = facts.get("until")
    cursor.execute(
        "INSERT INTO letter_acts BY NAME SELECT $publication AS publication,"
        " unnest(CAST($letters AS VARCHAR[])) AS letter_id, $act AS act,"
        " CAST($until AS TIMESTAMP) AS until_at, $at AS acted_at, $entry AS entry",
        {
            "publication": facts["publication"],
            "letters": list(facts["letters"]),
            "act": facts["act"],
            "until": None if until is None else stored_moment(until),
            "at": stored_moment(facts["at"]),
            "entry": entry.number,
        },
    )
