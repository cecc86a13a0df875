"""What the report `house` says in words: the definition, the sentence, what is missing and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from regulars.messages import in_a_row
from regulars.stats.estimate import Estimate
from regulars.stats.interval import fewest_opportunities

from . import messages
from .engine.envelope import LeftOut
from .engine.report import Context, Parameters
from .few_people import FewPeople
from .states import left_out_people


def definition(context: Context[Parameters]) -> str:
    """How it is counted, with the rule in force."""
    rule = context.facts.rule
    first = (
        messages.HOUSE_DEFINITION_POSTS if rule.unit == "post" else messages.HOUSE_DEFINITION_WEEKS
    )
    fewest = fewest_opportunities(rule.of)
    return in_a_row(
        first(reads=rule.reads, of=rule.of, fewest=fewest), messages.HOUSE_DEFINITION_MORE()
    )


def why_missing(
    reason: str | None,
    figure: Estimate | None,
    context: Context[Parameters],
    seen: int,
    needed: int,
    day: date | None,
) -> str | None:
    """Why there is no figure, or why it is empty; None where it speaks for itself."""
    rule = context.facts.rule
    match reason:
        case "no_posts":
            return messages.NO_POST_SENT()
        case "no_people":
            return messages.NO_SUBSCRIPTIONS()
        case "not_measured":
            return messages.CANNOT_BE_JUDGED()
        case "too_few_posts":
            text = messages.TOO_FEW_POSTS if rule.unit == "post" else messages.TOO_FEW_WEEKS
            expected = messages.EXPECTED_AROUND(day=_day(day)) if day else ""
            return in_a_row(text(count=seen, of=needed), expected)
    if figure is not None and figure.n == 0:
        nobody = (
            messages.NOBODY_COUNTS_POSTS if rule.unit == "post" else messages.NOBODY_COUNTS_WEEKS
        )
        return nobody(fewest=needed)
    return None


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def sentence(
    figure: Estimate | None,
    few: FewPeople | None,
    words: str | None,
    context: Context[Parameters],
) -> str:
    """The answer as a writer could say it. Of few people the counts come first."""
    if figure is None or figure.n == 0:
        return words or ""
    rule = context.facts.rule
    by_post = rule.unit == "post"
    title = context.publication.title or context.publication.name
    parts = {"title": title, "reads": rule.reads, "of": rule.of}
    if figure.high == 0:
        nobody = messages.NOBODY_IS_EXPECTED_POSTS if by_post else messages.NOBODY_IS_EXPECTED_WEEKS
        return nobody(**parts)
    if few is not None:
        likely = messages.FEW_LIKELY_POSTS if by_post else messages.FEW_LIKELY_WEEKS
        said = likely(count=few.regular, people=few.people, **parts)
        return in_a_row(said, added_up(figure))
    if figure.low == figure.high:
        people = messages.PEOPLE_EXPECTED_POSTS if by_post else messages.PEOPLE_EXPECTED_WEEKS
        return people(count=figure.value, **parts)
    about = messages.ABOUT_EXPECTED_POSTS if by_post else messages.ABOUT_EXPECTED_WEEKS
    return about(count=figure.value, low=f"{figure.low:,}", high=f"{figure.high:,}", **parts)


def added_up(figure: Estimate) -> str:
    """What the chances of few people add up to, after their counts."""
    if figure.low == figure.high:
        return messages.FEW_ADD_UP(count=figure.value)
    return messages.FEW_ADD_UP_ABOUT(count=figure.value, low=figure.low, high=figure.high)


def hidden_words(estimate: Estimate | None) -> str | None:
    """How many hidden people keep reading, and under which assumption."""
    return messages.HIDDEN_READERS(count=estimate.value) if estimate else None


def left_out(people: Mapping[str, int], context: Context[Parameters]) -> list[LeftOut]:
    """Who and which posts stand outside the figure."""
    facts = context.facts
    recent = sum(not post.is_matured for post in facts.posts)
    matured = [post for post in facts.posts if post.is_matured]
    unsaid = sum(post.is_unsaid for post in matured)
    unmeasured = sum(not post.is_measured for post in matured) - unsaid
    unseen = sum(post.is_matured and not post.is_seen for post in facts.posts)
    undated = sum(s.undated for source in facts.sources for s in source.streams)
    outliers = len(context.readership.outliers) if context.readership else 0
    posts = (
        ("too_recent", recent, messages.POST_TOO_RECENT),
        ("opens_not_recorded", unmeasured, messages.POST_OPENS_NOT_RECORDED),
        ("not_said", unsaid, messages.POST_NOT_SAID),
        ("undated", undated, messages.POST_UNDATED),
        ("not_between_looks", unseen, messages.POST_NOT_BETWEEN_LOOKS),
        ("far_out", outliers, messages.POST_FAR_OUT),
    )
    return left_out_people(people) + [
        LeftOut(reason=reason, what="posts", count=count, words=text())
        for reason, count, text in posts
        if count
    ]


def notes(context: Context[Parameters], *, cannot_tell: int, provisional: bool) -> list[str]:
    """What else a reader of the figure should know."""
    said = []
    streams = [stream for source in context.facts.sources for stream in source.streams]
    held, unknown = sum(s.held_changes for s in streams), sum(s.unknown_standings for s in streams)
    missing = sum(s.held_removals for s in streams)
    shared = sum(post.is_shared for post in context.facts.posts)
    if provisional:
        said.append(messages.PROVISIONAL())
    if cannot_tell and not unknown:
        said.append(messages.DEPENDS_ON_POSTS(count=cannot_tell))
    if unknown:
        said.append(messages.DEPENDS_ON_STANDING(count=unknown))
    if held:
        said.append(messages.LEAVINGS_HELD(count=held))
    if missing:
        said.append(messages.MISSING_HELD(count=missing))
    if unread := sum(s.quarantined for s in streams):
        said.append(messages.ROWS_UNREAD(count=unread))
    if shared:
        said.append(messages.POSTS_SHARED(count=shared))
    said += _about_the_model(context)
    alarms = {stream.alarm for stream in streams}
    if "counters_all_zero" in alarms:
        said.append(messages.TOTALS_ALL_ZERO())
    if "counters_fell" in alarms:
        said.append(messages.TOTALS_FELL())
    said += [
        messages.NOT_SYNCED_LATELY(connection=source.connection)
        for source in context.facts.sources
        if source.is_stale
    ]
    return said


def _about_the_model(context: Context[Parameters]) -> list[str]:
    fitted, said = context.readership, []
    if fitted is None:
        return []
    if fitted.has_plain_opens:
        said.append(messages.RECORDED_OPENS())
    if arrivals := sum(one.people for one in fitted.bursts):
        said.append(messages.ARRIVALS_APART(count=arrivals))
    if fitted.has_fallen_back:
        said.append(messages.FALLEN_BACK())
    return said
