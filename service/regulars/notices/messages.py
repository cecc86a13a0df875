"""Every text of a notice. None holds words of a reader, a post or a provider."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.messages import Label, Sentence

# Headings
HEADINGS: Mapping[str, Label] = {
    "connection.failed": Label("{connection} brings no people"),
    "connection.recovered": Label("{connection} works again"),
    "connection.incomplete": Label("{connection} sees a part only"),
    "totals.zero": Label("{connection} counts nothing"),
    "changes.held": Label("{connection} waits for your word"),
    "disk.short": Label("The disk of your store runs short"),
    "test": Label("A test message"),
}
SEVERAL = Label("{count} thing to know", "{count} things to know")
SUBJECT = Label("Regulars: {heading}")

# What happened, since when
NOT_SEEN = Sentence(
    "{connection}, a connection of {publication}, last saw your people on {last_seen}."
)
NEVER_SEEN = Sentence("{connection}, a connection of {publication}, has never seen your people.")
FAILING_SINCE = Sentence("Its looks have failed, or stayed away, since {since}.")
NEWEST_REASON = Sentence('The newest one ended with "{reason}".')
WORKS_AGAIN = Sentence(
    "{connection}, a connection of {publication}, saw your people again on {last_seen}."
)
HAD_FAILED_SINCE = Sentence("It had failed since {since}.")
INCOMPLETE_SINCE = Sentence(
    "Every look of {connection}, a connection of {publication}, has been incomplete since {since}."
)
ALL_ZERO = Sentence(
    "Since {since}, {connection} of {publication} shows zero opens and clicks for everybody."
    " That means they are not measured, so Regulars leaves these totals out."
)
PEOPLE_HELD = Sentence(
    "{connection} of {publication} says that {count} person is gone. Regulars holds this back"
    " since {since}, because so many at once is unusual.",
    "{connection} of {publication} says that {count} people are gone. Regulars holds this back"
    " since {since}, because so many at once is unusual.",
)
TOTALS_FELL = Sentence(
    "On {since}, {connection} of {publication} showed lower totals of opens and clicks than before"
    " for more than a tenth of the people. Regulars set that look aside."
)
DISK_SHORT = Sentence(
    "Only {count} MiB are free on the disk of your store, seen first on {since}. Syncs stop when"
    " less than {floor} MiB are left."
)
TEST_SENT = Sentence("This message tests one of the ways by which Regulars tells you of trouble.")

# What to do
TO_DO: Mapping[str, Sentence] = {
    "connection.failed": Sentence(
        "To do: run `regulars doctor`. It checks the key and the connection, and says how to mend"
        " what is wrong."
    ),
    "connection.recovered": Sentence("To do: nothing. What was missed has been caught up with."),
    "connection.incomplete": Sentence(
        "To do: see in `regulars status` what is missing. Where your provider's count differs from"
        " what it shows, `regulars sync {connection} --accept-count` accepts that."
    ),
    "totals.zero": Sentence(
        "To do: look at your provider whether open and click tracking is switched on. Regulars"
        " goes on by itself once totals are counted again."
    ),
    "changes.held": Sentence(
        "To do: if it is true, run `regulars sync {connection} --accept-removals`. If it is wrong,"
        " do nothing: the next healthy look mends it."
    ),
    "totals.fell": Sentence(
        "To do: nothing, if your provider mends it. If the next look shows the same, Regulars takes"
        " it for how things are."
    ),
    "disk.short": Sentence("To do: free some space on that disk, or move the store to another."),
    "test": Sentence("To do: nothing. Trouble will reach you here."),
}

# Ways in trouble
BROKE = Sentence("It failed unexpectedly. The log says where.")
NO_WAY = Sentence(
    "The settings name no way for notices. Add [notices.mail] or [[notices.web_hooks]] to be told."
)
