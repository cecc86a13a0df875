"""Who joined the regulars, who is slipping below their own rhythm, who returned after a silence?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from pydantic import Field

from regulars.store.timestamps import aware

from . import messages
from .engine.envelope import Part
from .engine.report import Built, Context, EvidenceQuery, Parameters, Report
from .judged_posts import Variation
from .states import State
from .variation import variation_of

CAME_BACK_READS = 2

Held = Literal["outlier", "unusually_low", "lasting_fall"]
_HELD = {
    "outlier": messages.HELD_BY_OUTLIER,
    "unusually_low": messages.HELD_BY_LOW,
    "lasting_fall": messages.HELD_BY_FALL,
}


class MovementParameters(Parameters):
    """How far to look back."""

    posts: int | None = Field(
        default=None,
        ge=1,
        le=104,
        description="posts (or weeks) to look back over (default: as many as the rule looks at)",
    )

    def back_needed(self) -> int | None:
        """How far back the states are wanted."""
        return self.posts


class MovementRow(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One standing in one of the groups, as it is and as it was. Times are naive UTC.

    was_state: at the moment looked back to, None without a standing then. seemed_gone: at a
    back-test, and reads_since: from then on. reads_low, reads_high, of: of the last posts.
    usual_reads: per so many posts as the rule looks at, before the first back-test.
    """

    person_id: str
    connection: str
    subscription_id: str
    state: State | Literal["left"]
    was_state: str | None
    seemed_gone: bool
    reads_since: int
    reads_low: int
    reads_high: int
    of: int
    usual_reads: float | None
    last_read_at: datetime | None
    since: datetime | None
    until: datetime | None
    left_at: datetime | None
    is_unreachable: bool


class Mover(Part):
    """One person who moved, by ids alone."""

    id: str = Field(description="our own id (per_...)")
    connection: str = Field(description="connection of their first subscription")
    provider_id: str = Field(description="the provider's id of their first subscription")
    reads_low: int = Field(description="posts of the last ones that were certainly read")
    reads_high: int = Field(description="posts of the last ones that may have been read")
    of: int = Field(description="how many last posts these are")
    usual_reads: int | None = Field(
        description="how many of so many they read before then (null: too few posts to say)"
    )
    reads_since: int | None = Field(
        description="for people who came back: posts that they read since they seemed gone"
    )
    last_read_at: datetime | None = Field(description="time of the newest evidence, if any")
    since: datetime | None = Field(description="for regulars: since when they keep to the rule")
    until: datetime | None = Field(description="for quiet people: when they last kept to it")
    left_at: datetime | None = Field(description="for people who left: when")
    is_unreachable: bool = Field(
        description="for people who left: their address bounced or you removed them"
    )
    is_new: bool = Field(description="was in another group at the moment looked back to")


class Group(Part):
    """People who moved in one way. ``people`` is empty while their names are held back."""

    count: int = Field(description="how many there are")
    people: list[Mover] = Field(description="who they are, the newest movement first")


class HeldBack(Part):
    """Why nobody is named under ``slipping`` and ``quiet``."""

    reason: Held = Field(description="why, as a code")
    words: str = Field(description="why, in words")


class Movement(Part):
    """Who moved between the moment looked back to and now."""

    sentence: str = Field(description="the answer as a writer could say it")
    posts: int = Field(description="posts (or weeks) looked back over")
    back_to: datetime | None = Field(
        description="when the first of these went out (null: too few have gone out)"
    )
    joined: Group = Field(description="regulars who were none then")
    slipping: Group = Field(description="fading: still there, and reading less than they used to")
    quiet: Group = Field(description="gone quiet within the last twelve months")
    came_back: Group = Field(description="seemed gone at a back-test, and have read since")
    left: Group = Field(description="regulars then who have left since")
    held_back: HeldBack | None = Field(
        description="why names under slipping and quiet are held back, if they are"
    )


def _definition(context: Context[MovementParameters]) -> str:
    posts = context.parameters.posts or context.facts.rule.of
    return messages.MOVEMENT_DEFINITION(of=posts)


def build(rows: Sequence[MovementRow], context: Context[MovementParameters]) -> Built[Movement]:
    """Who moved. Names wait while the newest post says that something may have failed."""
    found = context.readership
    before = found.before if found else None
    result = move(
        rows,
        posts=context.parameters.posts or context.facts.rule.of,
        back_to=aware(before.at) if before else None,
        variation=variation_of(context),
    )
    return Built(result, len(rows))


def move(
    rows: Sequence[MovementRow], posts: int, back_to: datetime | None, variation: Variation
) -> Movement:
    """Put the people into their groups. ``back_to``: aware, None where nobody was judged then."""
    held = _held(variation)
    joined = [row for row in rows if row.state == "regular" and row.was_state != "regular"]
    groups = {
        "joined": _group(joined if back_to else (), newest="since"),
        "slipping": _group([r for r in rows if r.state == "fading"], newest=None, held=held),
        "quiet": _group([r for r in rows if r.state == "quiet"], newest="until", held=held),
        "came_back": _group([r for r in rows if _came_back(r)], newest=None),
        "left": _group([r for r in rows if _has_left(r)], newest="left_at"),
    }
    return Movement(
        sentence=_sentence(groups, held),
        posts=posts,
        back_to=back_to,
        held_back=held,
        **groups,
    )


def _held(variation: Variation) -> HeldBack | None:
    """Fewer reads of everybody may mean that a pixel or a provider failed: nobody is named then."""
    readers = variation.readers
    reason: Held | None = None
    if variation.set_aside != "none":
        reason = "outlier"
    elif readers is not None and readers.verdict == "unusually_low":
        reason = "unusually_low"
    elif variation.lasting_fall is not None:
        reason = "lasting_fall"
    return HeldBack(reason=reason, words=_HELD[reason]()) if reason else None


def _came_back(row: MovementRow) -> bool:
    return row.state != "left" and row.seemed_gone and row.reads_since >= CAME_BACK_READS


def _has_left(row: MovementRow) -> bool:
    return row.state == "left" and row.was_state == "regular"


def _group(
    rows: Sequence[MovementRow],
    *,
    newest: Literal["since", "until", "left_at"] | None,
    held: HeldBack | None = None,
) -> Group:
    """The people by the time that ``newest`` names, the latest first, and then by their ids."""
    ordered = sorted(rows, key=lambda row: row.person_id)
    if newest is not None:
        ordered.sort(key=lambda row: getattr(row, newest) or datetime.min, reverse=True)  # noqa: DTZ901
    people = [] if held else [_mover(row) for row in ordered]
    return Group(count=len(rows), people=people)


def _mover(row: MovementRow) -> Mover:
    return Mover(
        id=row.person_id,
        connection=row.connection,
        provider_id=row.subscription_id,
        reads_low=row.reads_low,
        reads_high=row.reads_high,
        of=row.of,
        usual_reads=None if row.usual_reads is None else round(row.usual_reads),
        reads_since=row.reads_since if row.seemed_gone else None,
        last_read_at=_aware(row.last_read_at),
        since=_aware(row.since),
        until=_aware(row.until),
        left_at=_aware(row.left_at),
        is_unreachable=row.is_unreachable,
        is_new=row.was_state != row.state,
    )


def _aware(moment: datetime | None) -> datetime | None:
    return None if moment is None else aware(moment)


def _sentence(groups: dict[str, Group], held: HeldBack | None) -> str:
    counts = {name: group.count for name, group in groups.items()}
    if not any(counts.values()):
        return messages.NOBODY_MOVED()
    texts = {
        "joined": messages.SO_MANY_JOINED,
        "came_back": messages.SO_MANY_CAME_BACK,
        "slipping": messages.SO_MANY_ARE_SLIPPING,
        "quiet": messages.SO_MANY_WENT_QUIET,
        "left": messages.SO_MANY_LEFT,
    }
    said = [
        text(count=counts[name])
        for name, text in texts.items()
        if counts[name] and not (held and name in ("slipping", "quiet"))
    ]
    return " ".join([*said, *([held.words] if held else [])])


MOVEMENT: Report[MovementParameters, MovementRow, Movement] = Report(
    name="movement",
    question="Who joined the regulars, who is slipping below their own rhythm, who came back?",
    definition=_definition,
    parameters=MovementParameters,
    query=EvidenceQuery,
    evidence=MovementRow,
    result=Movement,
    build=build,
    reads_readers=True,
)
