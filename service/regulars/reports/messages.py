"""Every text in the answers of the reports: sentences, reasons, definitions, words of codes.

The texts of the public figure stand in frozen documents, so they keep their wording.
"""

from __future__ import annotations

from collections.abc import Mapping

from regulars.messages import Label, Sentence

# house: how it is counted. The second text is said for each unit of the rule.
HOUSE_DEFINITION_POSTS = Sentence(
    "People who have been with you for at least {fewest} posts and two months, have read at least "
    "three, and are expected to read at least {reads} of the next {of} posts. The figure adds up "
    "their chances, so it can differ from the number of names."
)
HOUSE_DEFINITION_WEEKS = Sentence(
    "People who have been with you for at least {fewest} weeks with a post and two months, have "
    "read in at least three, and are expected to read in at least {reads} of the next {of}. The "
    "figure adds up their chances, so it can differ from the number of names."
)
HOUSE_DEFINITION_MORE = Sentence(
    "Nine times in ten the interval holds the true number. "
    "A post is read by those who opened it, clicked in it or answered it. Opens and clicks by "
    "machines are ignored. A post counts after seven days or when the next one goes out, and "
    "after at least 48 hours. A post that far more or far fewer people read than usual counts for "
    "nobody. Two groups stand beside the figure: people with machine opens alone, and people who "
    "open nearly everything and do nothing else."
)

# house: the sentence
NOBODY_IS_EXPECTED_POSTS = Sentence(
    "Nobody is expected to read at least {reads} of the next {of} posts of {title}."
)
NOBODY_IS_EXPECTED_WEEKS = Sentence(
    "Nobody is expected to read {title} in at least {reads} of the next {of} weeks with a post."
)
PEOPLE_EXPECTED_POSTS = Sentence(
    "{count} person keeps coming back to {title}: "
    "they are expected to read at least {reads} of the next {of} posts.",
    "{count} people keep coming back to {title}: "
    "they are expected to read at least {reads} of the next {of} posts.",
)
PEOPLE_EXPECTED_WEEKS = Sentence(
    "{count} person keeps coming back to {title}: "
    "they are expected to read in at least {reads} of the next {of} weeks with a post.",
    "{count} people keep coming back to {title}: "
    "they are expected to read in at least {reads} of the next {of} weeks with a post.",
)
ABOUT_EXPECTED_POSTS = Sentence(
    "About {count} person ({low} to {high}) keeps coming back to {title}: "
    "they are expected to read at least {reads} of the next {of} posts.",
    "About {count} people ({low} to {high}) keep coming back to {title}: "
    "they are expected to read at least {reads} of the next {of} posts.",
)
ABOUT_EXPECTED_WEEKS = Sentence(
    "About {count} person ({low} to {high}) keeps coming back to {title}: "
    "they are expected to read in at least {reads} of the next {of} weeks with a post.",
    "About {count} people ({low} to {high}) keep coming back to {title}: "
    "they are expected to read in at least {reads} of the next {of} weeks with a post.",
)

# house: the sentence about fewer than twenty people
FEW_LIKELY_POSTS = Sentence(
    "{count} of {people} whose reading is known is likely to keep coming back to {title}: "
    "to read at least {reads} of the next {of} posts.",
    "{count} of {people} whose reading is known are likely to keep coming back to {title}: "
    "to read at least {reads} of the next {of} posts.",
)
FEW_LIKELY_WEEKS = Sentence(
    "{count} of {people} whose reading is known is likely to keep coming back to {title}: "
    "to read in at least {reads} of the next {of} weeks with a post.",
    "{count} of {people} whose reading is known are likely to keep coming back to {title}: "
    "to read in at least {reads} of the next {of} weeks with a post.",
)
FEW_ADD_UP = Sentence(
    "Added up, the chances of all make {count} person.",
    "Added up, the chances of all make {count} people.",
)
FEW_ADD_UP_ABOUT = Sentence(
    "Added up, the chances of all make about {count} person ({low} to {high}).",
    "Added up, the chances of all make about {count} people ({low} to {high}).",
)

# house: why there is no figure, or why it is empty
NO_POST_SENT = Sentence("No post has been sent by mail yet.")
NO_SUBSCRIPTIONS = Sentence("No subscriptions are known yet.")
CANNOT_BE_JUDGED = Sentence("Too early to say: nobody has enough posts that can be judged.")
TOO_FEW_POSTS = Sentence(
    "Too early to say: {count} of the {of} posts needed has been seen.",
    "Too early to say: {count} of the {of} posts needed have been seen.",
)
TOO_FEW_WEEKS = Sentence(
    "Too early to say: {count} of the {of} weeks with a post needed has been seen.",
    "Too early to say: {count} of the {of} weeks with a post needed have been seen.",
)
EXPECTED_AROUND = Sentence("Expect the first figure around {day}.")
NOBODY_COUNTS_POSTS = Sentence(
    "Nobody counts yet: it takes {fewest} posts that can be judged, two months and three reads."
)
NOBODY_COUNTS_WEEKS = Sentence(
    "Nobody counts yet: it takes {fewest} weeks that can be judged, two months and reading in "
    "three of them."
)

# house: people whose reading nobody can see
HIDDEN_READERS = Sentence(
    "If they read like the people we can see, about {count} more.",
    "If they read like the people we can see, about {count} more.",
)

# house: notes and what is left out
DEPENDS_ON_POSTS = Sentence(
    "{count} person may keep to the rule: running totals leave open which posts they opened.",
    "{count} people may keep to the rule: running totals leave open which posts they opened.",
)
DEPENDS_ON_STANDING = Sentence(
    "{count} person may have left: their status at the provider is unknown. The upper bound alone "
    "can count them.",
    "{count} people may have left: their status at the provider is unknown. The upper bound alone "
    "can count them.",
)
LEAVINGS_HELD = Sentence(
    "{count} person left in one look. They stay subscribed here until you accept it.",
    "{count} people left in one look. They stay subscribed here until you accept it.",
)
MISSING_HELD = Sentence(
    "{count} person is missing at the provider. They stay subscribed here until you accept it.",
    "{count} people are missing at the provider. They stay subscribed here until you accept it.",
)
ROWS_UNREAD = Sentence(
    "{count} row could not be read in the newest sync, so the figure lacks what it says.",
    "{count} rows could not be read in the newest sync, so the figure lacks what they say.",
)
POSTS_SHARED = Sentence(
    "{count} post came from several connections and counts once.",
    "{count} posts came from several connections and count once each.",
)
TOTALS_ALL_ZERO = Sentence("A source gave zero for every total, so its totals are not measured.")
TOTALS_FELL = Sentence(
    "In the newest sync of a source, totals of more than a tenth of the people fell, so they were "
    "ignored."
)
NOT_SYNCED_LATELY = Sentence("{connection} has had no complete sync in the last eight days.")
PROVISIONAL = Sentence(
    "Provisional: the totals say little about when people last read, so the figure may be a sixth "
    "too high or too low until four more posts have been seen one by one."
)
RECORDED_OPENS = Sentence(
    "Built on recorded opens: your source leaves open whether a person or a machine made them."
)
ARRIVALS_APART = Sentence(
    "{count} person came in a burst of sign-ups and is judged apart from the others.",
    "{count} people came in bursts of sign-ups and are judged apart from the others.",
)
FALLEN_BACK = Sentence(
    "The model found no fit for these readers, so the figure leans on what is usual elsewhere."
)
POST_FAR_OUT = Label("read by far more or far fewer people than usual, so they count for nobody")
POST_TOO_RECENT = Label("too recent: readers still have time for them")
POST_OPENS_NOT_RECORDED = Label("their opens are not recorded, so silence says nothing")
POST_NOT_SAID = Label("not said whether their opens were recorded, so silence says nothing")
POST_UNDATED = Label("mailed on a day that nobody knows")
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
NEWCOMER = Label("received too few posts, or joined less than two months ago")
NOT_MEASURED = Label("too few of their posts can be judged, or it is unknown whether they stand")
UNCERTAIN = Label("opened nearly every post and did nothing else: perhaps a machine")
HIDDEN = Label("their mail program opens everything by machine, which hides their reading")

# regulars: how it is counted
REGULARS_DEFINITION_POSTS = Sentence(
    "Regular: with you for at least {fewest} posts and two months, has read at least three, and is "
    "more likely than not to read at least {reads} of the next {of}."
)
REGULARS_DEFINITION_WEEKS = Sentence(
    "Regular: with you for at least {fewest} weeks with a post and two months, has read in at "
    "least three, and is more likely than not to read in at least {reads} of the next {of}."
)
REGULARS_DEFINITION_MORE = Sentence(
    "Fading: was a regular lately and is less likely to stay one. Quiet: has probably stopped, "
    "having kept to the rule within the last twelve months. Uncertain: opened nearly every one of "
    "at least eight posts and did only what a machine can do too. Hidden: at least half of the "
    "last 26 posts show machine opens alone. Newcomer: received fewer posts, or joined later. "
    "Since: the post that completed the rule, unbroken from then on."
)

# calibration
CALIBRATION_DEFINITION_POSTS = Sentence(
    "Earlier forecasts, made anew from what had happened by then: the people expected to read at "
    "least {reads} of the {of} posts that followed, and those who did. Whoever received fewer of "
    "them that can be judged stays outside, unless they left."
)
CALIBRATION_DEFINITION_WEEKS = Sentence(
    "Earlier forecasts, made anew from what had happened by then: the people expected to read in "
    "at least {reads} of the {of} weeks that followed, and those who did. Whoever received posts "
    "in fewer of them that can be judged stays outside, unless they left."
)
NOTHING_TO_TEST = Sentence(
    "There is no earlier forecast to test yet: it takes twice as many posts as the figure itself."
)
EXPECTED_AND_CAME_POSTS = Sentence("{units} posts ago we expected {expected}; {came} came.")
EXPECTED_AND_CAME_WEEKS = Sentence(
    "{units} weeks with a post ago we expected {expected}; {came} came."
)

# answers
ANSWERS_DEFINITION = Sentence(
    "Replies, comments, poll and survey answers and feedback from before the moment you ask "
    "about. Answers by machines are left out. You see a reader's own words where the owner keeps "
    "them."
)
WITHOUT_PERSON = Label("from unknown people: they count for their post alone")
WITHOUT_POST = Label("about an unknown post: they count for the person alone")

# letters
LETTERS_DEFINITION = Sentence(
    "Replies that people wrote before the moment you ask about, each once, however many mailboxes, "
    "files and providers show it. Automatic replies, bounces and other mail of machines are "
    "counted by class alone. A reply whose post is unknown counts for the publication. A widget "
    "counts the subscribers who wrote back to one of the last 13 issues, and of the letters that "
    "subscribers wrote since then the share that was answered within seven days. Letters that "
    "still wait count there for as long as they have waited."
)
ONE_WRITER = Sentence("One person wrote {share} % of these replies.")
NOBODY_WROTE = Sentence("Nobody has written back yet.")
PEOPLE_WROTE = Sentence(
    "{count} person wrote back, in {replies} replies.",
    "{count} people wrote back, in {replies} replies.",
)
ABOUT_WROTE_BACK = Sentence("About {value} readers wrote back.")
ABOUT_WROTE_BACK_ALT = Sentence(
    "About {value} readers wrote back to {title}, between {low} and {high}."
)
WROTE_BACK_TOO_EARLY = Sentence("It is too early to say how many readers write back.")
WROTE_BACK_TOO_EARLY_ALT = Sentence("{title}: it is too early to say how many readers write back.")
HOW_MANY_WROTE_BACK = Label("How many readers wrote back")
WROTE_BACK = Label("wrote back")
LETTERS_ARE_ANSWERED = Sentence("About {value} % of letters are answered within seven days.")

# waiting
WAITING_DEFINITION = Sentence(
    "A reader waits when the last turn of a conversation is theirs. A last word of thanks asks "
    "for nothing, and after {count} day without a word a conversation fades. Turns that still "
    "wait count in the share of answered ones for as long as they have waited.",
    "A reader waits when the last turn of a conversation is theirs. A last word of thanks asks "
    "for nothing, and after {count} days without a word a conversation fades. Turns that still "
    "wait count in the share of answered ones for as long as they have waited.",
)
NOBODY_WAITS = Sentence("Nobody waits for an answer.")
PEOPLE_WAIT = Sentence("{count} person waits for an answer.", "{count} people wait for an answer.")

# coverage
COVERAGE_DEFINITION_POSTS = Sentence(
    "Counts of what is known and what is missing, with the reasons. States of people follow "
    "the rule of house and regulars: at least {reads} of the last {of} posts. What is not "
    "measured is named here instead of counted as zero."
)
COVERAGE_DEFINITION_WEEKS = Sentence(
    "Counts of what is known and what is missing, with the reasons. States of people follow "
    "the rule of house and regulars: at least {reads} of the last {of} weeks with a post. "
    "What is not measured is named here instead of counted as zero."
)
# coverage: each count, by topic and code, in the order in which they are listed
COUNTED: Mapping[tuple[str, str], Label] = {
    ("people", "regular"): Label("people who keep to the rule"),
    ("people", "cannot_tell"): Label(
        "people whose running totals or unknown status leave open whether they keep to the rule"
    ),
    ("people", "occasional"): Label("people who can be judged and read less than the rule asks"),
    ("people", "uncertain"): Label("people whose opens may be a machine's"),
    ("people", "hidden"): Label("people who show hardly anything but machine opens"),
    ("people", "newcomer"): Label("people who have received too few posts so far"),
    ("people", "not_measured"): Label("people with too few posts that can be judged"),
    ("people", "pending"): Label("people who are yet to confirm or to begin"),
    ("people", "paused"): Label("people who receive nothing for now, by their own wish"),
    ("people", "left"): Label("people who have left"),
    ("people", "unreachable"): Label("people whose address bounced or who were removed"),
    ("posts", "sent"): Label("posts sent by mail"),
    ("posts", "too_recent"): Label("posts too recent to count"),
    ("posts", "opens_not_recorded"): Label("posts whose opens are not recorded"),
    ("posts", "not_said"): Label("posts of which nothing says whether opens were recorded"),
    ("posts", "for_a_list"): Label("posts for a newsletter list: they count for its people alone"),
    ("posts", "to_a_part"): Label(
        "posts that went to a part of the people, and nobody says to whom: they count for those who"
        " reacted"
    ),
    ("posts", "shared"): Label("posts that another connection knows too, counted once"),
    ("posts", "never_mailed"): Label("posts that reached nobody, such as an imported archive"),
    ("posts", "not_mailed"): Label("posts published on the web only"),
    ("posts", "taken_back"): Label(
        "posts that were sent, and that the provider now shows without a date, as drafts or as web"
        " pages"
    ),
    ("posts", "undated"): Label("posts that were mailed on a day that nobody knows"),
    ("opens", "person"): Label("opens that the provider attributes to a person"),
    ("opens", "machine"): Label("opens by machines, which count for nothing"),
    ("opens", "unknown"): Label("opens by a person or a machine: the provider does not say which"),
    ("opens", "before_sending"): Label(
        "opens dated more than a day before their post was sent: they count, without their time"
    ),
    ("clicks", "human"): Label("clicks that count as a person's"),
    ("clicks", "machine"): Label("clicks that are, or look like, a machine's"),
    ("clicks", "unsubscribe"): Label("clicks on a link to unsubscribe, which are no reading"),
    ("clicks", "without_time"): Label("clicks without a time, which most machine tests need"),
    ("clicks", "before_sending"): Label(
        "clicks dated more than a day before their post was sent: they count, without their time"
    ),
    ("signals", "no_post"): Label("signals for an unknown post"),
    ("signals", "not_mailed"): Label("signals for posts published on the web only"),
    ("signals", "no_person"): Label("signals from an unknown subscription"),
    ("signals", "too_recent"): Label("signals for posts too recent to count"),
    ("signals", "outside_standing"): Label(
        "signals for posts sent before the person joined or after they left"
    ),
    ("totals", "intervals"): Label("looks at running totals that differ from the look before"),
    ("totals", "blocks"): Label(
        "of these, looks that show some of several posts read, and leave open which"
    ),
    ("totals", "surplus"): Label(
        "of these, looks with more mails than posts, which makes opens ambiguous"
    ),
    ("totals", "late_reads"): Label("opens of earlier posts, seen later"),
    ("totals", "not_placed"): Label("of these, opens that fit none of the earlier posts"),
    ("totals", "fell"): Label(
        "running totals that fell: only what rises above their height counts"
    ),
    ("totals", "restarted"): Label("running totals that fell under an earlier version"),
    ("totals", "rounded"): Label("running totals recovered from a rounded rate"),
    ("segments", "completed"): Label("segments whose results are read"),
    ("segments", "inactive"): Label("segments that the provider has stopped updating"),
    ("segments", "partial"): Label("segments of which the provider shows a part of the people"),
    ("segments", "processing"): Label("segments that the provider is still computing"),
    ("segments", "failed"): Label("segments that the provider failed to compute"),
    ("segments", "unknown"): Label("segments that the settings name and the provider lacks"),
    ("named", "opened"): Label("opens that a segment shows, by a person or a machine"),
    ("named", "clicked"): Label(
        "clicks without an open that a segment shows, by a person or a machine"
    ),
    ("lists", "active"): Label("active standings on newsletter lists"),
    ("lists", "left"): Label(
        "ended standings on newsletter lists (the subscription itself may go on)"
    ),
    ("lists", "pending"): Label("standings on newsletter lists that await confirmation"),
    ("lists", "paused"): Label("paused standings on newsletter lists"),
    ("lists", "unknown"): Label("standings on newsletter lists with an unknown status"),
    ("departures", "told"): Label("dates of leaving from an export"),
}

# coverage: how two posts were found to be one
MATCHED_BY: Mapping[str, Label] = {
    "told": Label("matched by your settings"),
    "id": Label("matched by an equal id"),
    "web_address": Label("matched by an equal web address"),
    "title": Label("matched by title and day"),
}

# coverage: what a gap between the sums says
SUMS_AGREE = Label("the sums of people and posts agree")
SUMS_MORE_RECEIVED = Label(
    "people received more than the posts delivered: running totals include other mails"
    " (automations), so more blocks of several posts stay open"
)
SUMS_MORE_OPENED = Label(
    "people opened more than the posts say: running totals include opens of other mails"
)
SUMS_MORE_OF_POSTS = Label(
    "the posts count more than people's running totals: these lack people who were deleted, who"
    " show no totals, or whose totals began again"
)

# coverage: what a source could not give
NEVER_PULLED = Label("not synced yet")
NO_COMPLETE_SYNC = Label("no complete sync within the last eight days")
NOT_GIVEN = Label("the provider does not offer it")
PULL_NOT_AT_ITS_END = Label("the last pull was incomplete")
ROWS_NOT_READ = Label("unreadable rows (the others were kept)")
COUNT_ACCEPTED = Label("by so many a provider's count differs from what it shows, as you accepted")
REMOVALS_HELD = Label(
    "people missing at the provider, kept until you accept it with --accept-removals"
)
STATISTICS_OLD = Label("hours: so old were the provider's statistics when they came")
TOTALS_LACKING = Label(
    "active people whose totals are missing from the newest look: unchanged totals of others prove"
    " nothing either"
)
POST_NOT_KNOWN = Label(
    "`{setting}` in your settings names the post {name}, which no sync has brought: correct its id"
)
CHANGES_HELD = Label("people who left in one look, kept until you accept it with --accept-removals")
STANDING_UNKNOWN = Label("people whose status is unknown: they may be subscribed or have left")
ALARMS: Mapping[str, Label] = {
    "counters_all_zero": Label("every total of everybody is zero, which means: not measured"),
    "counters_fell": Label(
        "totals of more than a tenth of the people fell at once, so this look at them was ignored"
    ),
}

# variation
VARIATION_DEFINITION = Sentence(
    "The newest post that has had its time, beside up to 26 before it. People with at least "
    "{earlier} earlier posts are looked at, as far as their reading can be seen. Ordinary is what "
    "all but one in a hundred posts would show, if nothing had changed. A fall lasts when people "
    "read far less of the last {of} posts than was forecast before them."
)
READ_AND_ORDINARY = Sentence("{read} read; between {low} and {high} would be ordinary.")
LETTERS_AND_ORDINARY = Sentence(
    "{count} person wrote back; between {low} and {high} would be ordinary.",
    "{count} people wrote back; between {low} and {high} would be ordinary.",
)
SET_ASIDE_HIGH = Sentence(
    "{read} of {of} read, far more than in the past: it is set aside and counts for nobody."
)
SET_ASIDE_LOW = Sentence(
    "{read} of {of} read, far fewer than in the past: it is set aside and counts for nobody."
)
READ_LESS_SINCE = Sentence(
    "People have read less since {day}: {came} of {expected} forecast reads came."
)
NO_MATURED_POST = Sentence("Too early to say: no post has had its time to be read.")
TOO_FEW_TO_COMPARE = Sentence(
    "Too early to say what is ordinary: it takes {fewest} before the newest to compare with."
)
NOBODY_TO_COMPARE = Sentence(
    "What is ordinary cannot be said: nobody who has been here long could be seen reading it."
)
MIX_STEADY = Sentence("Of 100 recipients about {share} read, as before.")
MIX_CHANGED = Sentence(
    "Of 100 recipients about {after} read in the last four, and {before} in the eight before them. "
    "That comes from {why}."
)
MIX_BY_NEWCOMERS = Label("how many newcomers are on the list")
MIX_BY_BEHAVIOUR = Label("how people read")
MIX_BY_BOTH = Label("both how people read and how many newcomers are on the list")

# movement
MOVEMENT_DEFINITION = Sentence(
    "Today's states beside those of {of} posts ago, by what was known then. Joined: a regular "
    "now who was none. Slipping: expected to read at least half of the posts at a back-test, less "
    "now, and still there. Quiet: probably gone, after keeping to the rule within twelve months. "
    "Came back: seemed gone at a back-test and read at least two posts since. Left: a regular then "
    "whose subscription has ended."
)
NOBODY_MOVED = Sentence("Nobody moved: the usual coming and going.")
SO_MANY_JOINED = Sentence(
    "{count} person joined the regulars.", "{count} people joined the regulars."
)
SO_MANY_CAME_BACK = Sentence("{count} person came back.", "{count} people came back.")
SO_MANY_ARE_SLIPPING = Sentence(
    "{count} person reads less than they used to.", "{count} people read less than they used to."
)
SO_MANY_WENT_QUIET = Sentence(
    "{count} person has gone quiet within a year.", "{count} people have gone quiet within a year."
)
SO_MANY_LEFT = Sentence("{count} regular has left.", "{count} regulars have left.")
HELD_BY_OUTLIER = Sentence(
    "Nobody is named as slipping or quiet: the newest post was read by so many or so few that a "
    "pixel or your provider may have failed."
)
HELD_BY_LOW = Sentence(
    "Nobody is named as slipping or quiet: unusually few read the newest post, so a pixel or your "
    "provider may have failed."
)
HELD_BY_FALL = Sentence(
    "Nobody is named as slipping or quiet: everybody has read less for a while, so a pixel or your "
    "provider may have failed."
)
