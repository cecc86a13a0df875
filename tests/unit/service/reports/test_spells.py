"""Who was there when: standings of subscriptions, and of the people behind them."""


def reached(tables, as_of):
    return {name: person["opportunities"] for name, person in tables.reading(as_of).items()}


def start(tables):
    tables.posts(8, opens_tracked=True)


def test_a_post_reaches_whoever_was_active_when_it_was_sent(tables, at):
    start(tables)
    tables.person("always", joined_at=at(-1))
    tables.person("later", joined_at=at(4.5))
    tables.person("with_the_post", joined_at=at(5))
    tables.person("leaving", left_at=at(9), status="left")
    assert reached(tables, at(8)) == {"always": 8, "later": 3, "with_the_post": 3, "leaving": 8}
    assert set(reached(tables, at(9))) == {"always", "later", "with_the_post"}
    assert set(reached(tables, at(4))) == {"always", "leaving"}


def test_a_standing_of_before_it_was_first_seen_counts(tables, at):
    start(tables)
    tables.person("anna", joined_at=at(2))
    assert reached(tables, at(1.9)) == {}
    assert reached(tables, at(2)) == {"anna": 0}


def test_without_a_date_of_leaving_it_is_when_that_was_first_seen(tables, at):
    start(tables)
    tables.insert("people", subscription_id="anna", person_id="per_anna")
    tables.version("anna", at(0.5))
    tables.version("anna", at(3.5), status="left", was_status="active", was_presence="present")
    tables.version("anna", at(4.5), status="bounced", was_status="left", was_presence="present")
    assert reached(tables, at(3.4)) == {"anna": 3}
    assert reached(tables, at(3.5)) == {}


def test_missing_once_is_still_there_and_removed_dates_from_the_first_absence(tables, at):
    start(tables)
    tables.insert("people", subscription_id="anna", person_id="per_anna")
    tables.version("anna", at(0.5))
    tables.version(
        "anna", at(3.5), presence="missing", absent_since=at(3.5),
        was_status="active", was_presence="present",
    )  # fmt: skip
    assert reached(tables, at(5)) == {"anna": 5}
    tables.version(
        "anna", at(4.5), presence="removed", absent_since=at(3.5),
        was_status="active", was_presence="missing",
    )  # fmt: skip
    assert reached(tables, at(3.4)) == {"anna": 3}
    assert reached(tables, at(3.5)) == {}


def test_coming_back_starts_again(tables, at):
    # Gone from 2.5 to 5.5: at week 8 only posts 6 and 7 count, at week 2 the first two did.
    start(tables)
    tables.insert("people", subscription_id="anna", person_id="per_anna")
    tables.version("anna", at(0.5))
    tables.version("anna", at(2.5), status="left", was_status="active", was_presence="present")
    tables.version("anna", at(5.5), was_status="left", was_presence="present")
    tables.opens("anna", 0, 1, 6)
    assert reached(tables, at(2)) == {"anna": 2}
    assert reached(tables, at(4)) == {}
    assert reached(tables, at(8)) == {"anna": 2}
    assert tables.reading(at(8))["anna"]["reads_low"] == 1


def test_joining_anew_while_nobody_looked_dates_from_then(tables, at):
    start(tables)
    tables.insert("people", subscription_id="anna", person_id="per_anna")
    tables.version("anna", at(0.5))
    tables.version("anna", at(2.5), status="left", was_status="active", was_presence="present")
    tables.version("anna", at(5.5), joined_at=at(4), was_status="left", was_presence="present")
    assert reached(tables, at(8)) == {"anna": 4}
    assert reached(tables, at(2)) == {"anna": 2}


def test_a_row_for_each_spell(tables, at):
    start(tables)
    tables.insert("people", subscription_id="anna", person_id="per_anna")
    tables.version("anna", at(9), spell="a", status="left", joined_at=at(-1), left_at=at(2.5))
    tables.version("anna", at(9), spell="b", joined_at=at(4.5))
    tables.opens("anna", 0, 1, 5)
    person = tables.reading(at(8))["anna"]
    assert (person["opportunities"], person["reads_low"], person["since_at"]) == (3, 1, at(4.5))
    assert reached(tables, at(2)) == {"anna": 2}


def test_one_person_with_two_overlapping_subscriptions(tables, at):
    # A change of provider: the old subscription goes on until after the new one has begun.
    tables.posts(4, opens_tracked=True)
    for number in range(4, 8):
        tables.post(number, at(number), connection="new", opens_tracked=True)
    tables.person("old", of="anna", status="left", left_at=at(4.5))
    tables.person("fresh", of="anna", joined_at=at(3.8), connection="new")
    tables.opens("old", 0, 1)
    tables.opens("fresh", 4, 5, connection="new")
    person = tables.reading(at(8))["anna"]
    assert (person["opportunities"], person["reads_low"], person["state"]) == (8, 4, "regular")


def test_two_subscriptions_reached_by_one_post_are_one_opportunity(tables, at):
    start(tables)
    tables.person("one", of="anna")
    tables.person("two", of="anna")
    tables.opens("one", 0)
    tables.opens("two", 0, 1)
    person = tables.reading(at(8))["anna"]
    assert (person["opportunities"], person["reads_low"]) == (8, 2)


def test_never_confirmed_is_never_there_and_confirmed_is_from_then(tables, at):
    start(tables)
    tables.insert("people", subscription_id="anna", person_id="per_anna")
    tables.version("anna", at(1.5), status="pending", joined_at=at(1.2))
    assert reached(tables, at(8)) == {}
    tables.version("anna", at(5.5), joined_at=at(1.2), was_status="pending", was_presence="present")
    assert reached(tables, at(5)) == {}
    assert reached(tables, at(8)) == {"anna": 2}
