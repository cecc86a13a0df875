"""Every text in the answers of the reports: sentences, reasons, definitions, words of codes.

The texts of the public figure stand in documents that were frozen: they keep their wording.
"""

from __future__ import annotations

from collections.abc import Mapping

from regulars.messages import Label, Sentence

# house: how it is counted. The second sentence is said for each unit of the rule.
HOUSE_DEFINITION_POSTS = Sentence(
    "People with an active subscription whom at least {of} posts have reached and who read "
    "at least {reads} of the last {of} posts that can be judged."
)
HOUSE_DEFINITION_WEEKS = Sentence(
    "People with an active subscription whom at least {of} posts have reached and who read "
    "at least {reads} of the last {of} weeks with a post that can be judged."
)
HOUSE_DEFINITION_MORE = Sentence(
    "Read means: opened by a person, clicked, or answered; machines count for nothing, and "
    "a post counts once it has matured (after seven days or when the next one is sent, never "
    "before 48 hours). Whoever may or may not have read enough, because several posts lay "
    "between two looks, is only in the upper bound. People of whom only machine opens are "
    "seen, and people who open nearly everything and do nothing else, stand beside the figure."
)

# house: the sentence
NOBODY_HAS_READ_POSTS = Sentence("Nobody has read at least {reads} of the last {of} posts yet.")
NOBODY_HAS_READ_WEEKS = Sentence(
    "Nobody has read at least {reads} of the last {of} weeks with a post yet."
)
PEOPLE_KEEP_POSTS = Sentence(
    "{count} person keeps coming back to {title}: "
    "they have read at least {reads} of the last {of} posts.",
    "{count} people keep coming back to {title}: "
    "they have read at least {reads} of the last {of} posts.",
)
PEOPLE_KEEP_WEEKS = Sentence(
    "{count} person keeps coming back to {title}: "
    "they have read at least {reads} of the last {of} weeks with a post.",
    "{count} people keep coming back to {title}: "
    "they have read at least {reads} of the last {of} weeks with a post.",
)
BETWEEN_POSTS = Sentence(
    "Between {low} and {high} people keep coming back to {title}: "
    "they have read at least {reads} of the last {of} posts."
)
BETWEEN_WEEKS = Sentence(
    "Between {low} and {high} people keep coming back to {title}: "
    "they have read at least {reads} of the last {of} weeks with a post."
)

# house: why there is no figure, or why it is none
NO_POST_SENT = Sentence("No post has been sent by mail yet.")
NO_SUBSCRIPTIONS = Sentence("No subscriptions are known yet.")
CANNOT_BE_JUDGED = Sentence("Too early to say: for none of the people can enough posts be judged.")
TOO_FEW_POSTS = Sentence(
    "Too early to say: {count} of the {of} posts that are needed has been seen.",
    "Too early to say: {count} of the {of} posts that are needed have been seen.",
)
TOO_FEW_WEEKS = Sentence(
    "Too early to say: {count} of the {of} weeks with a post that are needed has been seen.",
    "Too early to say: {count} of the {of} weeks with a post that are needed have been seen.",
)
EXPECTED_AROUND = Sentence("The first figure can be expected around {day}.")
NOBODY_CAN_BE_SEEN = Sentence(
    "There is nobody yet whom enough posts have reached and whose reading can be seen."
)

# house: notes and what is left out
DEPENDS_ON_POSTS = Sentence(
    "{count} person read enough or did not, depending on which posts between two looks they "
    "opened; they are in the upper bound only.",
    "{count} people read enough or did not, depending on which posts between two looks they "
    "opened; they are in the upper bound only.",
)
TOTALS_ALL_ZERO = Sentence("A source gave totals that are all zero; they count as not measured.")
NOT_SYNCED_LATELY = Sentence("{connection} was not completely synced within the last eight days.")
POST_TOO_RECENT = Label("not matured yet: readers still have time for them")
POST_OPENS_NOT_RECORDED = Label("their opens are not recorded, so silence says nothing")
POST_NOT_BETWEEN_LOOKS = Label("sent before the first or after the last look at the totals")

# house: the public figure
ABOUT_KEEP_COMING_BACK = Sentence("About {value} people keep coming back.")
ABOUT_KEEP_COMING_BACK_ALT = Sentence(
    "About {value} people keep coming back to {title}, between {low} and {high}."
)
TOO_EARLY = Sentence("It is too early to say how many people keep coming back.")
TOO_EARLY_ALT = Sentence("{title}: it is too early to say how many people keep coming back.")
HOW_MANY = Label("How many people keep coming back")
KEEP_COMING_BACK = Label("keep coming back")
ABOUT_PEOPLE = Label("about {value} people")
ONE_DOT_PEOPLE = Sentence("One dot is {value} people.")

# States of people who stand outside the figure
NEWCOMER = Label("fewer posts have reached them than the rule looks at")
NOT_MEASURED = Label("enough posts have reached them, but too few of these can be judged")
UNCERTAIN = Label(
    "nearly every post was opened and nothing else done: perhaps a machine opens them"
)
HIDDEN = Label("their mail program opens everything by machine, so reading cannot be seen")

# regulars: how it is counted
REGULARS_DEFINITION_POSTS = Sentence(
    "Regular: active, and read at least {reads} of the last {of} posts that reached them."
)
REGULARS_DEFINITION_WEEKS = Sentence(
    "Regular: active, and read at least {reads} of the last {of} weeks with a post that reached "
    "them."
)
REGULARS_DEFINITION_MORE = Sentence(
    "Cannot tell: did so or did not, depending on which posts between two looks were opened. "
    "Uncertain: opened nearly every one of at least eight posts and did nothing that only a "
    "person does. Hidden: at least half of the last 26 posts show nothing but machines. "
    "Quiet: kept to the rule within the last twelve months, but not now. Newcomer: fewer posts "
    "have reached them than the rule looks at. Since: the post that completed the rule, "
    "unbroken from then on."
)

# answers
ANSWERS_DEFINITION = Sentence(
    "Replies, comments, poll and survey answers and feedback that came before the moment "
    "asked about. Answers that a machine wrote are left out. A reader's own words are shown "
    "only where the owner has them kept."
)
WITHOUT_PERSON = Label("nobody known gave them; they count for their post only")
WITHOUT_POST = Label("they belong to no known post; they count for the person")

# coverage
COVERAGE_DEFINITION_POSTS = Sentence(
    "Counts of what is known and of what is not, with the reasons. States of people follow "
    "the rule of house and regulars: at least {reads} of the last {of} posts. Whatever is not "
    "measured is named here and nowhere counted as zero."
)
COVERAGE_DEFINITION_WEEKS = Sentence(
    "Counts of what is known and of what is not, with the reasons. States of people follow "
    "the rule of house and regulars: at least {reads} of the last {of} weeks with a post. "
    "Whatever is not measured is named here and nowhere counted as zero."
)
# coverage: each count, by topic and code, in the order in which they are listed
COUNTED: Mapping[tuple[str, str], Label] = {
    ("people", "regular"): Label("people who keep to the rule"),
    ("people", "cannot_tell"): Label(
        "people whom snapshots with several posts between them leave open"
    ),
    ("people", "occasional"): Label("people who can be judged and do not keep to the rule"),
    ("people", "uncertain"): Label("people whose opens may be a machine's"),
    ("people", "hidden"): Label("people of whom hardly anything but machine opens is seen"),
    ("people", "newcomer"): Label("people whom too few posts have reached so far"),
    ("people", "not_measured"): Label("people too few of whose posts can be judged"),
    ("people", "left"): Label("people who have left"),
    ("people", "unreachable"): Label("people whose address bounced or who were removed"),
    ("posts", "sent"): Label("posts sent by mail"),
    ("posts", "too_recent"): Label("posts that have not matured yet"),
    ("posts", "opens_not_recorded"): Label("posts whose opens are not recorded"),
    ("posts", "not_mailed"): Label("posts that stood on the web only"),
    ("opens", "person"): Label("opens that the provider takes for a person's"),
    ("opens", "machine"): Label("opens by machines; no evidence"),
    ("opens", "unknown"): Label("opens of which nobody says whether a machine made them"),
    ("clicks", "human"): Label("clicks that count as a person's"),
    ("clicks", "machine"): Label("clicks that are, or look like, a machine's"),
    ("clicks", "unsubscribe"): Label("clicks on a link to unsubscribe; no reading"),
    ("clicks", "without_time"): Label(
        "clicks without a time, so that most machine tests are impossible"
    ),
    ("signals", "no_post"): Label("signals that name no known post"),
    ("signals", "not_mailed"): Label("signals for posts that stood on the web only"),
    ("signals", "no_person"): Label("signals that name no known subscription"),
    ("signals", "too_recent"): Label("signals for posts that have not matured yet"),
    ("signals", "outside_standing"): Label(
        "signals for posts sent before they came or after they left"
    ),
    ("totals", "intervals"): Label("looks at running totals that differ from the look before"),
    ("totals", "blocks"): Label("of these, with some of several posts read: cannot tell which"),
    ("totals", "surplus"): Label(
        "of these, with more mails than posts, so that opens are ambiguous"
    ),
    ("totals", "late_reads"): Label("opens of earlier posts, seen later"),
    ("totals", "not_placed"): Label("of these, opens that could not be given to any earlier post"),
    ("totals", "restarted"): Label("running totals that fell, so that their history starts again"),
    ("totals", "rounded"): Label("running totals recovered from a rounded rate"),
    ("segments", "completed"): Label("segments whose results are read"),
    ("segments", "inactive"): Label("segments that the provider no longer keeps up to date"),
    ("segments", "processing"): Label("segments that are still being worked out"),
    ("segments", "failed"): Label("segments that could not be worked out"),
    ("segments", "unknown"): Label(
        "segments that the settings name and the provider does not know"
    ),
    ("named", "opened"): Label(
        "opens of a person and a post that a segment shows; by whom is not said"
    ),
    ("named", "clicked"): Label("clicks without an open that a segment shows; by whom is not said"),
    ("lists", "active"): Label("standings on newsletter lists that go on"),
    ("lists", "left"): Label(
        "standings on newsletter lists that have ended; not leaving the newsletter"
    ),
    ("lists", "pending"): Label("standings on newsletter lists that wait to be confirmed"),
    ("lists", "paused"): Label("standings on newsletter lists that rest"),
    ("lists", "unknown"): Label("standings on newsletter lists in a word that is not known"),
    ("departures", "told"): Label("times of leaving that an export told"),
}

# coverage: what a gap between the sums says
SUMS_AGREE = Label("people and posts tell the same")
SUMS_MORE_RECEIVED = Label(
    "people received more than the posts delivered: mails that are no posts (automations)"
    " are inside the running totals, so blocks of several posts stay more open"
)
SUMS_MORE_OPENED = Label(
    "people opened more than the posts say: opens of mails that are no posts are inside the"
    " running totals"
)
SUMS_MORE_OF_POSTS = Label(
    "the posts count more than the running totals of people: people who were deleted, who show"
    " no totals, or whose totals began again are missing in them"
)

# coverage: what a source could not give
NEVER_PULLED = Label("nothing has been pulled from it yet")
NO_COMPLETE_SYNC = Label("no complete sync within the last eight days")
NOT_GIVEN = Label("the provider does not give it")
PULL_NOT_AT_ITS_END = Label("the last pull did not reach its end")
ROWS_NOT_READ = Label("rows that could not be read; the others were kept")
REMOVALS_HELD = Label("people no longer shown; held back until `sync --accept-removals`")
ALARMS: Mapping[str, Label] = {
    "counters_all_zero": Label("every total of everybody is zero, which means: not measured"),
}
