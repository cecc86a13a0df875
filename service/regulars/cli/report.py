"""regulars report: one question, answered from the store or by the running server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from regulars_connectors.foreign_text import clean
from regulars_connectors.plural import pluralize

from .context import Call, verb
from .options import set_option, values_of
from .terminal import echo, print_json, say, to_the_second

if TYPE_CHECKING:
    from regulars.settings import Settings
    from regulars.store import Store

_MOST_LINES = 40


@click.command(short_help="Show a report, or list the reports.")
@click.argument("name", required=False)
@click.option("--publication", help="Short name. Needed if you have several.")
@click.option("--as-of", metavar="DATE", help="Count only what happened by the end of that day.")
@set_option("A parameter of the report (docs/reference/reports.md).")
@click.option("--param", "former_pairs", multiple=True, hidden=True)  # as 0.1 spelled it
@verb
def report(
    call: Call,
    name: str | None,
    publication: str | None,
    as_of: str | None,
    pairs: tuple[str, ...],
    former_pairs: tuple[str, ...],
) -> None:
    """Show the report NAME. Without NAME, list all reports and the questions they answer.

    \b
    Examples:
      regulars report house
      regulars report regulars --as-of 2026-06-30 --set state=regular --json
    """
    if name is None:
        _list_reports(call)
        return
    from regulars.publications.lookup import only_of

    if former_pairs:
        say("Use --set in place of --param.", quiet=call.quiet)
    parameters = values_of((*former_pairs, *pairs))
    settings = call.settings()
    server = call.server(settings)
    if server is not None:
        owner = publication or only_of([str(one["name"]) for one in server.publications()])
        asked = parameters | ({"as_of": as_of} if as_of else {})
        envelope = server.report(owner, name, asked)
    else:
        from regulars.clock import system_clock

        with call.store_to_read(settings, "report") as store:
            now = system_clock()
            envelope = ask_here(settings, store, name, publication, as_of, parameters, now)
    _show(call, name, envelope)


def ask_here(
    settings: Settings,
    store: Store,
    name: str,
    publication: str | None,
    as_of: str | None,
    parameters: dict[str, str],
    now: int,
) -> dict[str, Any]:
    """The envelope as JSON values, from a store that this process holds."""
    from regulars.publications.lookup import find_publication
    from regulars.reports.engine.ask import ask_report, find_report
    from regulars_connectors.instants import to_datetime

    find_report(name)
    owner = find_publication(settings, store, publication)
    envelope = ask_report(
        store, owner, name, as_of=as_of, parameters=parameters, now=to_datetime(now)
    )
    values: dict[str, Any] = envelope.model_dump(mode="json")
    return values


def _list_reports(call: Call) -> None:
    from regulars.reports import REPORTS

    if call.as_json:
        print_json({"reports": [{"name": r.name, "question": r.question} for r in REPORTS]})
    else:
        for entry in REPORTS:
            echo(f"{entry.name:12} {entry.question}")


def _show(call: Call, name: str, envelope: dict[str, Any]) -> None:
    if call.as_json:
        print_json(envelope)
        return
    lines = _LINES.get(name, _plain)(envelope["result"])
    shown = [*lines, "", *_left_out(envelope), *_sources(envelope)]
    echo("\n".join(clean(line) for line in shown))


def _house(result: dict[str, Any]) -> list[str]:
    figure = result["sustained_readers"]
    lines = [str(result["sentence"])]
    if figure and figure["low"] != figure["high"]:
        lines.append(
            f"Between {figure['low']} and {figure['high']}, of {_people(figure['n'])} judged."
        )
    return lines + hidden_lines(result)


def hidden_lines(result: dict[str, Any]) -> list[str]:
    """People whose reading nobody can see, in a line of their own."""
    if not result["hidden"]:
        return []
    unit = "posts" if result["rule"]["unit"] == "post" else "weeks"
    line = (
        f"Hidden: {_people(result['hidden'])}. {result['hidden_proved']:,} of them clicked or"
        f" answered in the last 13 {unit}."
    )
    return [line, result["hidden_words"]] if result["hidden_words"] else [line]


def _regulars(result: dict[str, Any]) -> list[str]:
    people = result["people"]
    lines = [f"{_people(len(people))}."]
    for person in people[:_MOST_LINES]:
        since = (person.get("since") or "")[:10]
        lines.append(f"  {person['id']}  {person['state']:12} {since}")
    if len(people) > _MOST_LINES:
        lines.append(f"  and {len(people) - _MOST_LINES} more. --json shows all.")
    return lines


_MOVED = {
    "joined": "Joined",
    "came_back": "Came back",
    "slipping": "Slipping",
    "quiet": "Quiet",
    "left": "Left",
}


def _movement(result: dict[str, Any]) -> list[str]:
    lines = [str(result["sentence"])]
    for name, heading in _MOVED.items():
        group = result[name]
        if group["count"]:
            lines.append(f"{heading}: {_people(group['count'])}.")
            lines += [f"  {_mover(one)}" for one in group["people"][:_MOST_LINES]]
            if len(group["people"]) > _MOST_LINES:
                lines.append(f"  and {len(group['people']) - _MOST_LINES} more. --json shows all.")
    return lines


def _mover(one: dict[str, Any]) -> str:
    low, high = one["reads_low"], one["reads_high"]
    read = f"{low}" if low == high else f"{low} to {high}"
    usual = "" if one["usual_reads"] is None else f", usually {one['usual_reads']}"
    return f"{one['id']}  read {read} of the last {one['of']}{usual}"


def _variation(result: dict[str, Any]) -> list[str]:
    lines = [str(result["sentence"])]
    if result["sent_at"]:
        lines.append(f"{result['title']}, sent on {result['sent_at'][:10]}.")
    if result["mix"]:
        lines.append(str(result["mix"]["sentence"]))
    return lines


def calibration_lines(result: dict[str, Any]) -> list[str]:
    """Each earlier forecast with a table of people by their chance, within 80 columns."""
    lines = [str(result["sentence"])]
    if result["windows"]:
        lines.append("The tables show people by their chance to keep reading, and who did.")
    for window in result["windows"]:
        lines += [
            "",
            f"From {window['date']} on, {window['units']} back:",
            f"  {_expected(window['expected'])} expected, {window['came']:,} came.",
            *([] if window["is_inside"] else ["  That lies outside."]),
            *_tenths(window["tenths"]),
        ]
    return lines


def _expected(estimate: dict[str, Any]) -> str:
    return f"{estimate['value']:,} ({estimate['low']:,} to {estimate['high']:,})"


def _tenths(tenths: list[dict[str, Any]]) -> list[str]:
    """A table of people by their chance to keep reading, under its heading."""
    rows = [
        (f"{one['above']} to {one['below']} %", one["people"], one["expected"], one["came"])
        for one in tenths
    ]
    if not rows:
        return []
    lines = [f"  {'chance':>12}{'people':>11}{'expected':>11}{'came':>11}"]
    return lines + [f"  {chance:>12}" + "".join(f"{n:>11,}" for n in counts)
                    for chance, *counts in rows]  # fmt: skip


def _answers(result: dict[str, Any]) -> list[str]:
    counts = ", ".join(f"{count} of kind {kind}" for kind, count in result["counts"].items())
    lines = [f"Answers: {counts or 'none yet'}."]
    for post in result["posts"][:_MOST_LINES]:
        lines.append(f"{post['title'] or 'No known post'}: {_people(post['people'])}")
        for question in post["questions"]:
            chosen = (f"{choice['label']} {choice['count']}" for choice in question["choices"])
            lines.append(f"  {question['question'] or question['kind']}: {', '.join(chosen)}")
    lines.append(f"{_people(len(result['people']))} answered. --json shows each of them.")
    return lines


def _letters(result: dict[str, Any]) -> list[str]:
    lines = [result["sentence"]]
    for post in result["posts"][:_MOST_LINES]:
        replies = pluralize(post["replies"], "reply", "replies")
        lines.append(f"{post['title'] or post['post_id']}: {replies}, {_people(post['people'])}")
    if result["untied"]:
        lines.append(f"Post unknown: {pluralize(result['untied'], 'reply', 'replies')}.")
    if result["to_other_mails"]:
        others = pluralize(result["to_other_mails"], "reply", "replies")
        lines.append(f"To mails that are no posts: {others}.")
    return lines


def _waiting(result: dict[str, Any]) -> list[str]:
    lines = [result["sentence"]]
    for one in result["listed"][:_MOST_LINES]:
        about = one["title"] or "no known post"
        lines.append(
            f"{to_the_second(one['since'])}  {one['kind']} about {about}  {one['letter_id']}"
        )
    more = len(result["listed"]) - _MOST_LINES
    if more > 0:
        lines.append(f"and {more} more. --json shows all.")
    answered = result["answered_within_7_days"]
    if answered is not None:
        lines.append(
            f"Answered within seven days: {answered['value']} of {answered['n']}"
            f" ({answered['low']} to {answered['high']})."
        )
    half, between = result["half_answered_within_days"], result["half_answered_between_days"]
    if between is not None:
        latest = between["latest"]
        until = "nobody knows how many days" if latest is None else _days(latest)
        lines.append(
            f"Half are answered within {between['earliest']:g} to {until}: of some answers the"
            " time is unknown."
        )
    elif half is not None:
        lines.append(f"Half are answered within {_days(half)}.")
    if result["wishes"]:
        lines.append(f"{_people(len(result['wishes']))} asked to be taken off the list.")
    return lines


def _days(count: float) -> str:
    """Days and tenths of a day."""
    return f"{count:g} {'day' if count == 1 else 'days'}"


def _people(count: int) -> str:
    return pluralize(count, "person", "people")


def _coverage(result: dict[str, Any]) -> list[str]:
    lines = []
    for key, items in result.items():
        if isinstance(items, list) and items:
            lines.append(f"{key.replace('_', ' ').capitalize()}:")
            lines += [f"  {_counted(item)}" for item in items[:_MOST_LINES]]
            if len(items) > _MOST_LINES:
                lines.append(f"  and {len(items) - _MOST_LINES} more. --json shows all.")
    return lines or ["Nothing has been seen yet."]


def _counted(item: dict[str, Any]) -> str:
    if "span" in item:
        return _sum(item)
    if "matched_by" in item:
        return _shared(item)
    places = (item.get("connection"), item.get("stream"), item["words"])
    said = ": ".join(place for place in places if place)
    return said if item["count"] is None else f"{said}: {item['count']:,}"


def _sum(item: dict[str, Any]) -> str:
    """Both sides of a sum, and what their difference means."""
    days = "" if item["days"] is None else f", by day {item['days']:,}"
    return (
        f"{item['connection']}: {item['what']} from {item['since'][:10]} to {item['until'][:10]}:"
        f" {item['people']:,} by person, {item['posts']:,} by post{days};"
        f" gap {item['gap']:,}: {item['words']}"
    )


def _shared(item: dict[str, Any]) -> str:
    """A post that another connection knows too."""
    return (
        f"{item['connection']}: {item['post_id']}, sent {item['sent_at'][:10]}, is one of"
        f" {item['with_connection']} too, {item['words']}"
    )


def _plain(result: dict[str, Any]) -> list[str]:
    """Any result: single values as lines, lists as one line an item."""
    lines = []
    for key, value in result.items():
        name = key.replace("_", " ")
        if isinstance(value, list):
            lines.append(f"{name}: {len(value)}")
            lines += [f"  {_item(item)}" for item in value[:_MOST_LINES]]
        elif isinstance(value, dict):
            lines.append(f"{name}: {_item(value)}")
        elif value is not None:
            lines.append(f"{name}: {value}")
    return lines


def _item(item: Any) -> str:
    if isinstance(item, list):
        return "; ".join(_item(part) for part in item)
    if not isinstance(item, dict):
        return str(item)
    shown = (
        f"{key.replace('_', ' ')} {_item(value)}" for key, value in item.items() if _said(value)
    )
    return ", ".join(shown)


def _said(value: Any) -> bool:
    return value is not None and value not in ([], {})


def _left_out(envelope: dict[str, Any]) -> list[str]:
    from regulars.reports.engine.envelope import ONE_OF

    coverage = envelope["coverage"]
    lines = [
        f"Left out: {left['words']}"
        f" ({pluralize(left['count'], ONE_OF[left['what']], left['what'])})"
        for left in coverage["left_out"]
    ]
    return lines + [f"Note: {note}" for note in coverage["notes"]]


def _sources(envelope: dict[str, Any]) -> list[str]:
    lines = [f"As of {to_the_second(envelope['as_of'])}."]
    for source in envelope["sources"]:
        complete = to_the_second(source["last_complete_sync"] or "never")
        lines.append(f"{source['connection']}: last complete sync {complete}.")
    return lines


_LINES = {
    "house": _house,
    "regulars": _regulars,
    "movement": _movement,
    "variation": _variation,
    "calibration": calibration_lines,
    "answers": _answers,
    "letters": _letters,
    "waiting": _waiting,
    "coverage": _coverage,
}
COMMANDS = {"report": report}
