"""What the store holds of letters, in counts: for `regulars doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from .mending import asked_again
from .timestamps import aware

if TYPE_CHECKING:
    from .protocols import ReadableStore

_COUNTS = """
SELECT
    count(*) AS letters,
    count(*) FILTER (NOT ties.is_other AND (ties.post_id IS NULL OR ties.rung >= 9)) AS untied,
    (
        SELECT count(*) FROM post_texts
        WHERE publication = $publication AND presence = 'present' AND runs IS NOT NULL
    ) + (
        SELECT count(*) FROM letters
        WHERE publication = $publication AND rule = 'copy_of_an_issue'
    ) AS texts
FROM letters
JOIN letter_ties AS ties
    ON ties.publication = letters.publication AND ties.letter_id = letters.id
    AND ties.connection = letters.connection
WHERE letters.publication = $publication
    AND letters.direction = 'in'
    AND ties.kind = 'human'
    AND ties.same_as IS NULL
    AND NOT letters.is_junk
"""


@dataclass(frozen=True, slots=True)
class LetterCounts:
    """Of one publication. letters: by people, to the writer. untied: of these, which no trace ties
    to a post. texts: posts whose text is known, by the provider or by a copy in the mailbox."""

    letters: int
    untied: int
    texts: int


@asked_again
def letter_counts(store: ReadableStore, publication: str) -> LetterCounts:
    """The counts of a publication."""
    with store.read() as cursor:
        row = cursor.execute(_COUNTS, {"publication": publication}).fetchone()
    letters, untied, texts = row or (0, 0, 0)
    return LetterCounts(int(letters), int(untied), int(texts))


@asked_again
def last_complete_sync(store: ReadableStore, connection: str) -> datetime | None:
    """When a run of the connection last came to its end, in UTC. None where none did."""
    with store.read() as cursor:
        row = cursor.execute(
            "SELECT max(ended_at) FROM runs"
            " WHERE connection = $connection AND outcome = 'complete'",
            {"connection": connection},
        ).fetchone()
    return None if row is None or row[0] is None else aware(row[0])
