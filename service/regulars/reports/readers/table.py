"""The rows of a fit: one for each standing that is open, or was at the first back-test."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from regulars.stats.headcount import QUIET_BELOW, fewest_opportunities, with_returns
from regulars.stats.rule_evidence import NEVER, rule_states
from regulars.stats.unit_bits import Bits, Integers

from .judge import Judged, Moment

if TYPE_CHECKING:
    import pyarrow as pa

SUSTAINED = 0.5  # whoever is at least as likely to keep reading is a regular
_FROM_ROWS = (
    "person_id", "standing_no", "end_kind", "since_at", "until_at", "is_dated", "is_unsure",
    "last_read_at", "last_answer_at", "last_reply_at",
)  # fmt: skip


def rows_of(judged: Judged) -> pa.Table:
    """The rows, in the columns of the table ``reader_scores`` without its publication."""
    import pyarrow as pa

    now, gathered = judged.moments[0], judged.gathered
    before = judged.moments[1] if len(judged.moments) > 1 else None
    kept = now.is_there | before.is_there if before else now.is_there
    which = np.flatnonzero(kept)
    taken = gathered.rows.select(_FROM_ROWS).take(which)
    columns: dict[str, Any] = {name: taken.column(name) for name in _FROM_ROWS}
    made = _now(judged) | _hidden(judged) | _rule(judged) | _before(judged)
    for name, column in made.items():
        values, known = column if isinstance(column, tuple) else (column, None)
        mask = None if known is None else ~known[which]
        # Words of nobody would have no type, which the older DuckDB takes for a number.
        kind = pa.string() if values.dtype == np.object_ else None
        columns[name] = pa.array(values[which], kind, mask=mask)
    return pa.table(columns)


def states_before(judged: Judged) -> tuple[datetime | None, pa.Table]:
    """The state of every standing that was open at the first back-test, and that moment.

    Without a back-test nobody stood then.
    """
    import pyarrow as pa

    names = ["person_id", "standing_no"]
    rows = judged.gathered.rows.select(names)
    if len(judged.moments) < 2:
        return None, rows.slice(0, 0).append_column("state", pa.array([], pa.string()))
    then = judged.moments[1]
    which = np.flatnonzero(then.is_there)
    states = pa.array(_state_then(judged)[which], pa.string())
    return then.at, rows.take(which).append_column("state", states)


def _now(judged: Judged) -> dict[str, Any]:
    now, returns = judged.moments[0], judged.returns[0]
    forecasts, known = now.forecasts, _forecast(now)
    return {
        "is_open": now.is_there,
        "visibility": np.select(
            [now.then.is_hidden, now.then.is_uncertain], ["hidden", "uncertain"], "visible"
        ).astype(object),
        "is_provisional": now.then.is_provisional,
        "reached": now.then.reached,
        "opportunities": now.then.histories.n,
        "reads": now.then.histories.x,
        "p_sustained": (judged.chances(0), known),
        "p_most": (with_returns(forecasts.p_sustained, returns.r_max), known),
        "p_moved": (forecasts.moved, known),
        "p_here": (forecasts.p_here, known),
        "expected_reads": (forecasts.expected_reads, known),
    }


def _hidden(judged: Judged) -> dict[str, Any]:
    found = judged.hidden
    return {
        "is_proved": judged.gathered.proofs.is_proved,
        "p_if_alike": (found.p_sustained, found.is_known),
        "p_if_alike_moved": (found.moved, found.is_known),
    }


def _forecast(moment: Moment) -> Bits:
    return moment.is_there & ~moment.then.is_hidden & (moment.then.histories.n > 0)


def _before(judged: Judged) -> dict[str, Any]:
    """What was known at both back-tests, and what they read since."""
    count = len(judged.gathered.first)
    nothing = np.zeros(count), np.zeros(count, np.bool_)
    found: dict[str, Any] = {
        "was_state": (np.full(count, None, object), nothing[1]),
        "was_p_sustained": nothing,
        "was_p_here": nothing,
        "was_usual_reads": nothing,
        "reads_since": (np.zeros(count, np.int16), nothing[1]),
        "opportunities_since": (np.zeros(count, np.int16), nothing[1]),
        "earlier_p_sustained": nothing,
        "earlier_p_here": nothing,
        "reads_since_earlier": (np.zeros(count, np.int16), nothing[1]),
    }
    windows = judged.gathered.windows
    if len(judged.moments) > 1:
        then = judged.moments[1]
        known, past = _forecast(then), then.then.histories
        usual = past.x / np.maximum(past.n, 1) * judged.rule.of
        found |= {
            "was_state": (_state_then(judged), then.is_there),
            "was_p_sustained": (judged.chances(1), known & then.counts),
            "was_p_here": (then.forecasts.p_here, known),
            "was_usual_reads": (usual, known),
            "reads_since": (windows[0].reads, then.is_there),
            "opportunities_since": (windows[0].opportunities, then.is_there),
        }
    if len(judged.moments) > 2:
        then = judged.moments[2]
        known = _forecast(then)
        found |= {
            "earlier_p_sustained": (judged.chances(2), known & then.counts),
            "earlier_p_here": (then.forecasts.p_here, known),
            "reads_since_earlier": (windows[0].reads + windows[1].reads, then.is_there),
        }
    return found


def _state_then(judged: Judged) -> npt.NDArray[np.object_]:
    """The state of everybody at the first back-test, as far as it needs no past of its own."""
    then, fewest = judged.moments[1], fewest_opportunities(judged.rule.of)
    since = judged.gathered.column("since_at")
    chance = judged.chances(1)
    is_new = (then.then.reached < fewest) | (since > _tenure(then))
    states = [
        (then.then.is_hidden, "hidden"),
        (then.then.is_uncertain, "uncertain"),
        (is_new, "newcomer"),
        (then.then.histories.n < fewest, "not_measured"),
        (then.is_established & (chance >= SUSTAINED), "regular"),
        (then.forecasts.p_here < QUIET_BELOW, "quiet"),
    ]
    conditions, names = zip(*states, strict=True)
    found: npt.NDArray[np.object_] = np.select(conditions, names, "occasional").astype(object)
    return found


def _tenure(moment: Moment) -> Any:
    from .judge import TENURE

    return np.datetime64(moment.at - TENURE, "us")


def _rule(judged: Judged) -> dict[str, Any]:
    """What the rule says, with the evidence of the last units."""
    gathered = judged.gathered
    evidence, habit = gathered.evidence, gathered.habit
    sent = np.array(
        [np.datetime64(unit.first_sent_at, "us") for unit in gathered.units.all]
        + [np.datetime64("NaT", "us")]
    )
    return {
        "rule_state": rule_states(
            evidence, gathered.column("is_unsure"), judged.rule.reads, judged.rule.of
        ),
        "posts_judged": evidence.judged,
        "reads_low": evidence.reads_low,
        "reads_high": evidence.reads_high,
        "opens": evidence.opens,
        "clicks": evidence.clicks,
        "answers": evidence.answers,
        "first_read_post_at": _when(sent, evidence.first_read),
        "held_since": _when(sent, habit.held_since),
        "held_until": _when(sent, habit.held_until),
    }


def _when(sent: npt.NDArray[Any], places: Integers) -> npt.NDArray[Any]:
    found: npt.NDArray[Any] = sent[np.where(places == NEVER, len(sent) - 1, places)]
    return found
