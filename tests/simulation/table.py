"""What the runs came to: tables in Markdown, and each promise with what was measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from simulation.runs import OFFSETS, Row
from simulation.worlds import WORLDS, World

Settings = dict[tuple[World, int], list[Row]]

_ORDINARY = (
    "| world | people | unusually low % | unusually high % | z without change (sd) |"
    " half years with a fall | falls of 0.4 found |"
)
_BURST = (
    "| posts after the burst | S moves by, mean % | most % | most, people | width, most % |"
    " unflagged, mean % | most % |"
)


@dataclass(frozen=True)
class Check:
    """A promise, the figure that was measured, and whether it holds. detail: over what."""

    promise: str
    measured: str
    holds: bool
    detail: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.holds else 'MISS'} {self.promise}: {self.measured} ({self.detail})"


def settings_of(rows: Iterable[Row], experiment: str) -> Settings:
    """The rows of one experiment by world and number of people."""
    found: Settings = defaultdict(list)
    for row in rows:
        if row["experiment"] == experiment:
            found[row["world"], row["people"]].append(row)
    return dict(sorted(found.items()))


# --- the headline ------------------------------------------------------------------------------


def bias(rows: Sequence[Row]) -> float:
    """Mean of S less the truth, in people."""
    return float(np.mean([row["value"] - row["truth"] for row in rows]))


def share_off(rows: Sequence[Row]) -> float:
    """The bias as a part of the truth."""
    return bias(rows) / float(np.mean([row["truth"] for row in rows]))


def covered(rows: Sequence[Row], *, printed: bool = False) -> float:
    """How often the truth lies in the interval, before rounding or as it is printed."""
    ends = [
        (row["printed"][0], row["printed"][2]) if printed else (row["low"], row["high"])
        for row in rows
    ]
    inside = [low <= row["truth"] <= high for row, (low, high) in zip(rows, ends, strict=True)]
    return float(np.mean(inside))


def calibration_error(rows: Sequence[Row]) -> float:
    """Expected calibration error: how far chances lie from what came, by tenths of P'."""
    people, expected, came = (
        np.sum([row["tenths"][name] for row in rows], axis=0)
        for name in ("people", "expected", "came")
    )
    return float(np.abs(expected - came).sum() / people.sum())


def _forecast_table(rows: Sequence[Row]) -> list[str]:
    lines = [
        "| world | people | runs | truth | bias % | holds the truth | as printed | width | ECE |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for (world, people), these in settings_of(rows, "forecast").items():
        truth = float(np.mean([row["truth"] for row in these]))
        width = float(np.mean([row["high"] - row["low"] for row in these]))
        lines.append(
            f"| {world} | {people:,} | {len(these)} | {truth:.1f} | {100 * share_off(these):+.1f} |"
            f" {covered(these):.3f} | {covered(these, printed=True):.3f} | {width:.1f} |"
            f" {calibration_error(these):.3f} |"
        )
    return lines


def _headline_checks(rows: Sequence[Row]) -> list[Check]:
    settings = settings_of(rows, "forecast")
    if not settings:
        return []
    small = {key: bias(these) for key, these in settings.items() if key[1] < 300}
    large = {key: share_off(these) for key, these in settings.items() if key[1] >= 300}
    holds = {key: covered(these) for key, these in settings.items()}
    everything = covered([row for these in settings.values() for row in these])
    errors = {key: calibration_error(these) for key, these in settings.items()}
    plain = {key: error for key, error in errors.items() if key[0] != "e"}
    back = {key: error for key, error in errors.items() if key[0] == "e"}
    over_all = Check(
        "and in 88 to 93 % over all",
        f"{everything:.1%}",
        0.88 <= everything <= 0.93,
        f"{sum(map(len, settings.values()))} runs",
    )
    return [
        *_worst("bias at most 3 % from 300 people up", large, _in(-0.03, 0.03), "{:+.1%}"),
        *_worst("bias at most one person at 60", small, _in(-1, 1), "{:+.2f} people"),
        *_worst("interval holds the truth in 82 to 97 %", holds, _in(0.82, 0.97), "{:.1%}"),
        over_all,
        *_worst("calibration error at most 0.02", plain, _in(0, 0.02), "{:.3f}"),
        *_worst("where people return, at most 0.04", back, _in(0, 0.04), "{:.3f}"),
    ]


def _in(low: float, high: float) -> Callable[[float], bool]:
    return lambda value: low <= value <= high


def _worst(
    promise: str,
    values: dict[tuple[World, int], float],
    holds: Callable[[float], bool],
    shown: str,
) -> list[Check]:
    """Holds where each setting does; nothing without settings. Shows the range, and who misses."""
    if not values:
        return []
    missed = [f"{world} {people}" for (world, people), one in values.items() if not holds(one)]
    ends = f"{shown.format(min(values.values()))} to {shown.format(max(values.values()))}"
    detail = f"missed by {', '.join(missed)}" if missed else f"{len(values)} settings"
    return [Check(promise, ends, not missed, detail)]


# --- what is ordinary --------------------------------------------------------------------------


def _ordinary_table(rows: Sequence[Row]) -> list[str]:
    verdicts, falls = settings_of(rows, "forecast"), settings_of(rows, "half_year")
    found = settings_of(rows, "fall")
    lines = [
        _ORDINARY,
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for key in sorted({*verdicts, *falls, *found}):
        low, high = _unusual(verdicts.get(key, []))
        z = [one for row in falls.get(key, []) for one in row["z"]]
        spread = f"{np.mean(z):+.2f} ({np.std(z):.2f})" if z else ""
        fell = falls.get(key, [])
        with_fall = f"{sum(row['fell'] > 0 for row in fell)} of {len(fell)}" if fell else ""
        hits = found.get(key, [])
        seen = f"{sum(row['fell'] for row in hits)} of {len(hits)}" if hits else ""
        lines.append(
            f"| {key[0]} | {key[1]:,} | {100 * low:.2f} | {100 * high:.2f} | {spread} |"
            f" {with_fall} | {seen} |"
        )
    return lines


def _unusual(rows: Sequence[Row]) -> tuple[float, float]:
    posts = sum(row["posts"] for row in rows) or 1
    low, high = (sum(row[name] for row in rows) for name in ("unusually_low", "unusually_high"))
    return low / posts, high / posts


def _ordinary_checks(rows: Sequence[Row]) -> list[Check]:
    verdicts = settings_of(rows, "forecast")
    most = {key: max(_unusual(these)) for key, these in verdicts.items()}
    checks = _worst("unusual in at most 1 % of posts a side", most, _in(0, 0.01), "{:.2%}")
    years = [row for row in rows if row["experiment"] == "half_year"]
    if years:
        fell = sum(row["fell"] > 0 for row in years) / len(years)
        promise = "lasting fall in at most 5 % of half years"
        checks.append(Check(promise, f"{fell:.1%}", fell <= 0.05, f"{len(years)} half years"))
    found = settings_of(rows, "fall")
    shares = {key: float(np.mean([row["fell"] for row in these])) for key, these in found.items()}
    told = {key: share for key, share in shares.items() if key[0] in "abc"}
    return checks + _worst("fall of 0.4 found in 90 % in a to c", told, _in(0.9, 1), "{:.0%}")


# --- bursts and single looks -------------------------------------------------------------------


def _moves(rows: Sequence[Row], name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(runs, offsets): how far S moved as a part, in people, and by what the width changed."""
    part, people, width = [], [], []
    for row in rows:
        by_offset = [(one[name], one["calm"], one["width"]) for one in row["moved"]]
        part.append([value / calm - 1 for (value, _), calm, _ in by_offset])
        people.append([value - calm for (value, _), calm, _ in by_offset])
        width.append([wide / usual - 1 if usual else 0 for (_, wide), _, usual in by_offset])
    return np.array(part), np.array(people), np.array(width)


def _burst_table(rows: Sequence[Row]) -> list[str]:
    bursts = [row for row in rows if row["experiment"] == "burst"]
    if not bursts:
        return []
    lines = [
        _BURST,
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    part, people, width = _moves(bursts, "flagged")
    bare, _, _ = _moves(bursts, "unflagged")
    for place, offset in enumerate(OFFSETS):
        lines.append(
            f"| +{offset} | {100 * part[:, place].mean():+.2f} |"
            f" {100 * np.abs(part[:, place]).max():.2f} | {np.abs(people[:, place]).max():.2f} |"
            f" {100 * width[:, place].max():+.1f} | {100 * bare[:, place].mean():+.2f} |"
            f" {100 * np.abs(bare[:, place]).max():.2f} |"
        )
    return lines


def _burst_checks(rows: Sequence[Row]) -> list[Check]:
    bursts = [row for row in rows if row["experiment"] == "burst"]
    if not bursts:
        return []
    part, people, width = _moves(bursts, "flagged")
    bare, bare_people, _ = _moves(bursts, "unflagged")
    mean, bare_mean = np.abs(part).mean(axis=0).max(), np.abs(bare).mean(axis=0).max()
    worst = bool(((np.abs(part) <= 0.015) | (np.abs(people) <= 1)).all())
    bare_worst = bool(((np.abs(bare) <= 0.03) | (np.abs(bare_people) <= 1)).all())
    other = [row["others"] for row in bursts]
    rate = min(one["spiked"][0] / one["calm"][0] - 1 for one in other)
    active = min(one["spiked"][1] / one["calm"][1] - 1 for one in other)
    worlds = f"{len(bursts)} worlds"
    return [
        Check("a burst moves S by at most 1 % on average", f"{mean:.2%}", mean <= 0.01, worlds),
        Check("and by at most 1.5 % or one person in each", f"{np.abs(part).max():.2%}", worst,
              worlds),
        Check("and the width by at most 5 %", f"{np.abs(width).max():.1%}",
              bool((np.abs(width) <= 0.05).all()), worlds),
        Check("unflagged at most 2 % on average", f"{bare_mean:.2%}", bare_mean <= 0.02, worlds),
        Check("unflagged at most 3 % in each", f"{np.abs(bare).max():.2%}", bare_worst, worlds),
        Check("while people active in a month grow by over 100 %", f"{active:+.0%}", active > 1,
              worlds),
        Check("and the open rate of that post grows", f"{rate:+.0%}", rate > 0, worlds),
    ]  # fmt: skip


def _single_checks(rows: Sequence[Row]) -> list[Check]:
    checks = []
    rises = [row for row in rows if row["experiment"] == "staying"]
    if rises:
        found = float(np.mean([row["spiked"] / row["calm"] - 1 for row in rises]))
        true = float(np.mean([row["true"][1] / row["true"][0] - 1 for row in rises]))
        checks.append(
            Check(
                "where 2 % of a burst stay, S rises by 4 to 9 %",
                f"{found:+.1%}",
                0.04 <= found <= 0.09,
                f"truth {true:+.1%}, {len(rises)} worlds",
            )
        )
    opened = [row for row in rows if row["experiment"] == "reopening"]
    if opened:
        moves = [after / calm - 1 for row in opened for _, calm, after, _ in row["moved"]]
        flagged = all(flag for row in opened for *_, flag in row["moved"])
        most = float(np.abs(moves).max())
        checks.append(
            Check(
                "a post that everybody opens moves S by at most 3 %, flagged",
                f"{most:.2%}",
                most <= 0.03 and flagged,
                f"{len(opened)} worlds",
            )
        )
    looks = [row for row in rows if row["experiment"] == "first_look"]
    if looks:
        off = [row["after_4"] / row["whole"] - 1 for row in looks]
        first = [row["after_0"] / row["whole"] - 1 for row in looks]
        most = float(np.abs(off).max())
        checks.append(
            Check(
                "one look and four posts: within 5 % of the whole history",
                f"{most:.1%}",
                most <= 0.05,
                f"{len(looks)} worlds; the look alone {min(first):+.0%} to {max(first):+.0%}",
            )
        )
    return checks  # fmt: skip


# --- all ---------------------------------------------------------------------------------------


def tables_of(rows: Sequence[Row]) -> list[str]:
    """The tables that the rows fill, as lines of Markdown."""
    parts = [_forecast_table(rows), _ordinary_table(rows), _burst_table(rows)]
    return [line for part in parts if len(part) > 2 for line in (*part, "")]


def checks_of(rows: Sequence[Row]) -> list[Check]:
    """Every promise of which a run is there."""
    return [
        *_headline_checks(rows),
        *_ordinary_checks(rows),
        *_burst_checks(rows),
        *_single_checks(rows),
    ]


__all__ = ["WORLDS", "Check", "bias", "checks_of", "covered", "settings_of", "tables_of"]
