"""Polls and what people answered."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..handler import Response
from ..people import Answer, Person
from ..schedule import Question
from ..snapshot_view import SnapshotView
from .context import Context
from .envelope import slice_cursor
from .requests import ParsedRequest, Refusal, answer, missing


class Polls:
    """The endpoints below ``/polls``."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def many(self, asking: ParsedRequest) -> Response:
        """The list: a cursor walk."""
        self._allowed()
        moment, expand = self.context.moment(), asking.expand()
        order = asking.choice("order_by", ("created", "name"))
        numbered = [(n, poll) for n, poll in enumerate(moment.polls) if self._in_post(poll, asking)]
        if order == "name":
            numbered.sort(key=lambda pair: pair[1].name)
        if asking.descending:
            numbered.reverse()
        return slice_cursor(
            self.context.quirks,
            numbered,
            asking,
            lambda pair: self._poll(moment, pair[0], pair[1], expand),
        )

    def one(self, asking: ParsedRequest, poll_id: str) -> Response:
        """One poll by id."""
        self._allowed()
        moment = self.context.moment()
        number = self._number(moment, poll_id)
        return answer({"data": self._poll(moment, number, moment.polls[number], asking.expand())})

    def responses(self, asking: ParsedRequest, poll_id: str) -> Response:
        """Who answered a poll: a cursor walk."""
        self._allowed()
        moment = self.context.moment()
        asking.choice("order_by", ("created",))
        number, post_id = self._number(moment, poll_id), asking.one("post_id")
        found = [
            pair
            for pair in moment.answers[number]
            if not post_id or self._post(pair[1]).id == post_id
        ]
        if asking.descending:
            found.reverse()
        with_post = "post" in asking.expand()
        return slice_cursor(
            self.context.quirks,
            found,
            asking,
            lambda pair: self._response(moment, pair[0], pair[1], with_post=with_post),
        )

    def _allowed(self) -> None:
        if not self.context.quirks.polls_allowed:
            raise Refusal(403, "Polls are not part of this plan", "FORBIDDEN")

    def _number(self, moment: SnapshotView, poll_id: str) -> int:
        for number, poll in enumerate(moment.polls):
            if poll.id == poll_id:
                return number
        raise missing("Poll")

    def _in_post(self, poll: Question, asking: ParsedRequest) -> bool:
        post_id, emailed = asking.one("post_id"), self.context.world.schedule.emailed
        return not post_id or any(emailed[number].id == post_id for number in poll.posts)

    def _post(self, given: Answer) -> Any:
        return self.context.world.schedule.emailed[given.post]

    def _poll(
        self, moment: SnapshotView, number: int, poll: Question, expand: frozenset[str]
    ) -> dict[str, Any]:
        given = moment.answers[number]
        row: dict[str, Any] = {
            "id": poll.id,
            "name": poll.name,
            "question": poll.text,
            "description": "",
            "poll_type": poll.kind,
            "status": "published" if poll.published else "draft",
            "created_at": poll.created_s,
            "poll_choices": [{"id": at, "label": label} for at, label in poll.choices],
            "total_responses": len(given),
        }
        if "stats" in expand:
            votes = Counter(poll.choices[one.choice][1] for _, one in given)
            row["stats"] = {"completions": len(given), "vote_counts": dict(votes)}
        if "poll_responses" in expand:
            row["poll_responses"] = [
                self._response(moment, person, one, with_post=False) for person, one in given[:10]
            ]
        if "trivia_answer" in expand and poll.answer:
            row["trivia_answer"] = {"id": poll.answer}
        return row

    def _response(
        self, moment: SnapshotView, person: Person, given: Answer, *, with_post: bool
    ) -> dict[str, Any]:
        """One answer. Of people who were deleted only the choice remains."""
        deleted = self.context.status(moment, person) is None
        choice_id, label = self.context.world.schedule.polls[given.poll].choices[given.choice]
        row: dict[str, Any] = {
            "id": given.id,
            "subscription_id": None if deleted else person.id,
            "subscription_deleted": deleted,
            "poll_choice_id": choice_id,
            "poll_choice_label": label,
            "created_at": given.at_s,
            "extended_feedback": None if deleted else given.words,
        }
        if with_post:
            post = None if deleted else self._post(given)
            row["post_id"] = post and post.id
            row["post_title"] = post and post.title
            row["post_publish_date"] = post and post.sent_s
        return row
