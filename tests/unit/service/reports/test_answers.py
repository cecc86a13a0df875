"""What people said, by post and by person."""

from regulars.reports.answers import ANSWERS, AnswersParameters


def fill(tables, at):
    tables.posts(3)
    tables.person("anna")
    tables.person("ben")
    tables.insert("questions", id="q1", kind="poll", name="Tea?", presence="present", seen_at=at(3))
    tables.signal("poll", "anna", 0, question_id="q1", answer="Yes")
    tables.signal("poll", "ben", 0, question_id="q1", answer="No")
    tables.signal("poll", None, 0, question_id="q1", answer="Yes")
    tables.signal("comment", "anna", 1, signal_key="c1")
    tables.insert("words", subject="signal", id="comment/c1", text="Well said.", entry=1)
    tables.signal("reply", "ben", None, happened_at=at(1.5))
    tables.signal("reply", "ben", 2, machine=True)


def test_by_post(tables, at):
    fill(tables, at)
    result = tables.ask(ANSWERS, at(3)).result
    assert result.counts == {"comment": 1, "poll": 3, "reply": 1}
    assert [post.title for post in result.posts] == ["Post 1", "Post 0", None]
    poll = result.posts[1]
    assert (poll.people, poll.counts) == (2, {"poll": 3})
    (question,) = poll.questions
    assert (question.question, question.kind) == ("Tea?", "poll")
    assert [(c.label, c.count) for c in question.choices] == [("Yes", 2), ("No", 1)]


def test_by_person_with_words_where_they_are_kept(tables, at):
    fill(tables, at)
    result = tables.ask(ANSWERS, at(3)).result
    assert [person.id for person in result.people] == ["per_ben", "per_anna"]
    said = result.people[1].answers
    assert [(one.kind, one.answer, one.text) for one in said] == [
        ("poll", "Yes", None), ("comment", None, "Well said."),
    ]  # fmt: skip


def test_what_belongs_nowhere_is_counted(tables, at):
    fill(tables, at)
    coverage = tables.ask(ANSWERS, at(3)).coverage
    assert coverage.counted == 5
    assert {item.reason: item.count for item in coverage.left_out} == {
        "without_person": 1, "without_post": 1,
    }  # fmt: skip


def test_only_what_had_happened(tables, at):
    fill(tables, at)
    assert tables.ask(ANSWERS, at(1)).result.counts == {"poll": 3}


def test_one_post_or_one_person(tables, at):
    fill(tables, at)
    post = tables.ask(ANSWERS, at(3), parameters=AnswersParameters(post="post0")).result
    assert post.counts == {"poll": 3}
    person = tables.ask(ANSWERS, at(3), parameters=AnswersParameters(person="per_ben")).result
    assert person.counts == {"poll": 1, "reply": 1}
