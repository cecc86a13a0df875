"""Every text of the pages that the writer looks at. Parts of ``.html()`` texts may be markup."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.messages import Label, Sentence

# The frame of a page
TO_THE_HOUSE = Label("To the house")
BACK_TO_THE_HOUSE = Label("Back to the house")
ON_THIS_PAGE = Label("On this page")
ALL_PUBLICATIONS = Label("All publications")
HOW_FRESH_LINK = Label("How fresh it is")
HOW_FRESH = Label("How fresh it is.")
HOW_COUNTED_LINK = Label("How this is counted")
HOW_COUNTED = Label("How this is counted.")
TODAY = Sentence("{day}.")
NEXT_LOOK = Sentence("A good day for the next look: {day}.")
COUNTED_ON = Sentence("{title}. Counted on {day}, times in {zone}.")
NO_OTHER_HOST = Sentence("Everything on this page comes from this service alone.")

# Who waits for an answer
NOBODY_WAITS = Sentence("Nobody waits for an answer.")
WHO_WAITS = Label("One person waits for an answer.", "{count} people wait for an answer.")
A_QUESTION_ABOUT = Sentence("A question about {title}.")
A_QUESTION = Sentence("A question.")
A_LETTER_ABOUT = Sentence("A letter about {title}.")
A_LETTER = Sentence("A letter.")
A_THANKS_ABOUT = Sentence("A word of thanks for {title}.")
A_THANKS = Sentence("A word of thanks.")
SOMEBODY_UNKNOWN = Label("Somebody who has not subscribed")
WAITING_SINCE = Sentence("Waiting since {day}.")
ANSWER = Label("Answer")
LET_IT_REST = Label("Let it rest")
IN_A_WEEK = Label("In a week")
ANSWERED_ELSEWHERE = Label("Answered elsewhere")
ALL_WHO_WAIT = Label("All who wait")
SOME_WISH_TO_LEAVE = Sentence(
    "{count} letter asks to be taken off the list.",
    "{count} letters ask to be taken off the list.",
)

# Signing in and out
SIGN_IN = Label("Sign in")
SIGN_IN_HERE = Sentence("Sign in on this browser.")
SIGN_IN_LASTS = Sentence("You stay signed in for 30 days, or until you sign out.")
HOW_TO_SIGN_IN = Sentence(
    "Run {command} on the machine of this service, then open the link that it prints here."
)
SIGN_OUT = Label("Sign out")
SIGN_OUT_HERE = Sentence("Sign out on this browser.")
SIGN_OUT_MEANS = Sentence("You need a new link to come back.")

# The headline
NOBODY_KEEPS_COMING = Sentence("Nobody keeps coming back yet.")
PEOPLE_KEEP_COMING = Sentence("One person keeps coming back.", "{count} people keep coming back.")
ABOUT_KEEP_COMING = Sentence(
    "About {count} person ({low} to {high}) keeps coming back.",
    "About {count} people ({low} to {high}) keep coming back.",
)
FEW_KEEP_COMING = Sentence(
    "{count} of {people} is likely to keep coming back.",
    "{count} of {people} are likely to keep coming back.",
)
NO_ISSUE_YET = Sentence("No issue has gone out by mail yet.")
NOBODY_SUBSCRIBED = Sentence("Nobody has subscribed yet.")
TOO_EARLY = Sentence("Too early to say who keeps coming back.")

# The lines below it
THEY_READ_ISSUES = Sentence("They are expected to read at least {reads} of the next {of} issues.")
THEY_READ_WEEKS = Sentence("They are expected to read in at least {reads} of the next {of} weeks.")
A_REGULAR_READS_ISSUES = Sentence(
    "A regular is expected to read at least {reads} of the next {of} issues."
)
A_REGULAR_READS_WEEKS = Sentence(
    "A regular is expected to read in at least {reads} of the next {of} weeks."
)
PROVISIONAL = Sentence("Provisional: it may be a sixth too high or too low.")
WITH_UNCERTAIN = Sentence(
    "With those who may be only machines it is about {count}.",
    "With those who may be only machines it is about {count}.",
)
HOUSE_HOLDS = Sentence("The house you want holds {people}.")
NO_ISSUE_SEEN = Sentence("No issue has been seen yet, {needed} are needed.")
NO_WEEK_SEEN = Sentence("No week has been seen yet, {needed} are needed.")
ISSUES_SEEN = Sentence(
    "{count} issue has been seen, {needed} are needed.",
    "{count} issues have been seen, {needed} are needed.",
)
WEEKS_SEEN = Sentence(
    "{count} week has been seen, {needed} are needed.",
    "{count} weeks have been seen, {needed} are needed.",
)
FIRST_FIGURE_AROUND = Sentence("Expect the first figure around {day}.")
SUBSCRIBED = Sentence(
    "So far, {count} person is subscribed.", "So far, {count} people are subscribed."
)
NO_SOURCE_NAMED = Sentence(
    "The settings name no source yet. A folder of files is the quickest start."
)
ONCE_READ = Sentence("After a first sync, this page shows who keeps coming back.")

# What the picture shows, for people who do not see it
PICTURE_REGULAR = Sentence(
    "{count} person is likely to keep coming back, with a full disc in their seat.",
    "{count} people are likely to keep coming back, with full discs in their seats.",
)
PICTURE_SOMETIMES = Sentence(
    "{count} more may, with a smaller disc.", "{count} more may, with smaller discs."
)
PICTURE_UNCERTAIN = Sentence(
    "{count} may be only a machine, in a seat with a broken ring.",
    "{count} may be only machines, in seats with a broken ring.",
)
PICTURE_QUIET = Sentence("{count} seat has gone quiet.", "{count} seats have gone quiet.")
PICTURE_LIGHT = Sentence(
    "All light together makes {count} person.", "All light together makes {count} people."
)
PICTURE_WROTE = Sentence("Row one holds people who wrote back, {people} in all.")
PICTURE_ANSWERED = Sentence("Row one holds people who answered, {people} in all.")
PICTURE_NEWCOMERS = Sentence(
    "{count} newcomer stands by the doors.", "{count} newcomers stand by the doors."
)

# The key
KEY_REGULAR = Label(
    "<b>{count}</b> likely to keep coming back", "<b>{count}</b> likely to keep coming back"
)
KEY_SOMETIMES = Label("<b>{count}</b> here now and then", "<b>{count}</b> here now and then")
KEY_STANDING = Label(
    "<b>{count}</b> more, added up from small chances",
    "<b>{count}</b> more, added up from small chances",
)
KEY_UNCERTAIN = Label(
    "<b>{count}</b> perhaps only a machine", "<b>{count}</b> perhaps only machines"
)
KEY_QUIET = Label("<b>{count}</b> seat gone quiet", "<b>{count}</b> seats gone quiet")
KEY_WROTE = Label(
    "<b>{count}</b> person wrote back, in row one", "<b>{count}</b> people wrote back, in row one"
)
KEY_WROTE_SOME_IN_FRONT = Label(
    "<b>{count}</b> person wrote back, {here} of them in row one",
    "<b>{count}</b> people wrote back, {here} of them in row one",
)
KEY_ANSWERED = Label(
    "<b>{count}</b> person answered, in row one", "<b>{count}</b> people answered, in row one"
)
KEY_ANSWERED_SOME_IN_FRONT = Label(
    "<b>{count}</b> person answered, {here} of them in row one",
    "<b>{count}</b> people answered, {here} of them in row one",
)
KEY_NO_REGULARS = Label(
    "<b>{count}</b> in row one is no regular now", "<b>{count}</b> in row one are no regulars now"
)
KEY_NEWCOMERS = Label(
    "<b>{count}</b> newcomer by the doors. Too early to say.",
    "<b>{count}</b> newcomers by the doors. Too early to say.",
)
A_DISC = Sentence(
    "The fuller a disc, the likelier its person keeps coming back. Nobody is certain, so all discs "
    "together make {count} person.",
    "The fuller a disc, the likelier its person keeps coming back. Nobody is certain, so all discs "
    "together make {count} people.",
)
A_SEAT = Sentence("A seat stands for {people} people, in row one for a single person.")
A_DOT = Sentence("A dot by the doors stands for {people} newcomers.")

# The picture as a table
AS_A_TABLE = Label("Read this picture as a table")
HOUSE_AS_OF = Label("The house as of {day}")
WHO = Label("Who")
PEOPLE = Label("People")
WHAT_IT_MEANS = Label("What it means")
ROW_REGULAR = Label("Likely to keep coming back")
ROW_REGULAR_ISSUES = Sentence(
    "At least as likely as not to read {reads} or more of the next {of} issues. Full discs."
)
ROW_REGULAR_WEEKS = Sentence(
    "At least as likely as not to read in {reads} or more of the next {of} weeks. Full discs."
)
ROW_SOMETIMES = Label("Here now and then")
ROW_SOMETIMES_MEANS = Sentence("Less likely than not to read as much. Smaller discs.")
ROW_STANDING = Label("Added up from small chances")
ROW_STANDING_MEANS = Sentence(
    "Many people whose chances are too small for a disc of their own. Discs behind the chairs."
)
ROW_LIGHT = Label("All light together")
ROW_LIGHT_MEANS = Sentence(
    "The headline: a sum of chances, so it differs from the number of names in the first row."
)
ROW_UNCERTAIN = Label("Perhaps a machine")
ROW_UNCERTAIN_MEANS = Sentence(
    "Opened nearly every issue and did nothing else. Broken rings, outside the figure."
)
ROW_QUIET = Label("Gone quiet")
ROW_QUIET_MEANS = Sentence(
    "Kept coming back within the past twelve months and then stopped. Empty chairs."
)
ROW_WROTE = Label("Wrote back")
ROW_WROTE_MEANS = Sentence("Sent a reply within the last half year. Row one, also counted above.")
ROW_ANSWERED = Label("Answered")
ROW_ANSWERED_MEANS = Sentence(
    "Answered a question or left a comment within the last half year. Row one."
)
ROW_NEWCOMERS = Label("Newcomers")
ROW_NEWCOMERS_MEANS = Sentence("Received too few issues to say. Dots by the doors.")
ROW_TOO_EARLY = Label("too early to say")

# Row one as a list
ROW_ONE_WROTE = Label("Row one: one person wrote back.", "Row one: {count} people wrote back.")
ROW_ONE_ANSWERED = Label("Row one: one person answered.", "Row one: {count} people answered.")
WHO_WROTE = Sentence("They wrote to you within the last half year. Whoever wrote last comes first.")
WHO_ANSWERED = Sentence(
    "They answered a question or left a comment within the last half year. Nobody wrote back in "
    "that time. Whoever answered last comes first."
)
AND_MORE_LETTERS = Sentence("And {count} more letter.", "And {count} more letters.")
AND_MORE = Sentence("And {count} more person.", "And {count} more people.")
READ_NONE = Sentence("Read none of the last {of} issues.")
READ_ALL = Sentence("Read all of the last {of} issues.")
READ_SO_MANY = Sentence("Read {reads} of the last {of} issues.")
READ_AT_MOST = Sentence("Read at most {high} of the last {of} issues.")
READ_BETWEEN = Sentence("Read {low} to {high} of the last {of} issues.")
LAST_HEARD_FROM = Sentence("Last heard from on {day}.")

# Who moved
WHO_MOVED = Label("Who moved.")
MOVED_SINCE = Sentence("Over the last {of} issues, since {day}.")
MOVED_SINCE_WEEKS = Sentence("Over the last {of} weeks, since {day}.")
NOBODY_MOVED = Sentence("Nobody moved. That is an ordinary time.")
JOINED = Label("{count} person joined your regulars", "{count} people joined your regulars")
JOINED_MEANS = Label("Likely to read at least half of what you send next, and were not then")
CAME_BACK = Label("{count} person came back", "{count} people came back")
CAME_BACK_MEANS = Label("Seemed gone, and have read at least two issues since")
SLIPPING = Label("{count} person is slipping", "{count} people are slipping")
SLIPPING_MEANS = Label("Still here, and below their own rhythm")
WENT_QUIET = Label("{count} person has gone quiet", "{count} people have gone quiet")
WENT_QUIET_MEANS = Label("Kept coming back, and have probably stopped")
HAVE_LEFT = Label("{count} regular has left", "{count} regulars have left")
HAVE_LEFT_MEANS = Label("Kept coming back then, and ended their subscription")
READ_AND_USUALLY = Sentence("Read {reads} of the last {of} issues, usually {usual}.")
LAST_READ = Sentence("Last seen reading on {day}.")
HAS_READ_SINCE = Sentence(
    "Seemed gone, and has read {count} issue since.",
    "Seemed gone, and has read {count} issues since.",
)
OUT_OF_REACH_SINCE = Sentence("Their address has been out of reach since {day}.")
KEPT_UNTIL = Sentence("Kept coming back until {day}.")
LEFT_ON = Sentence("Left on {day}.")
MOVES_AS_A_TABLE = Label("Read these moves as a table")
MOVES_CAPTION = Label("Who moved, and what it means")

# The last issue
ISSUE_ORDINARY = Label("The last issue was an ordinary issue.")
ISSUE_LOW = Label("Fewer people than usual read the last issue.")
ISSUE_HIGH = Label("More people than usual read the last issue.")
ISSUE_SET_ASIDE = Label("The last issue stands outside.")
ISSUE_TOO_EARLY = Label("The last issue.")
ISSUE_SENT = Sentence("{title}, sent on {day}.")
ISSUE_READ_BY = Sentence(
    "{count} person of {of} read it. Between {low} and {high} would be ordinary.",
    "{count} people of {of} read it. Between {low} and {high} would be ordinary.",
)
ISSUE_MEANS_NOTHING = Sentence("That is the usual coming and going.")
ISSUE_COUNTS_FOR_NOBODY = Sentence(
    "So many or so few hint at something else than readers, so it counts for nobody."
)
ISSUE_LETTERS = Sentence(
    "{count} person wrote back. Between {low} and {high} would be ordinary.",
    "{count} people wrote back. Between {low} and {high} would be ordinary.",
)
READ_LESS_SINCE = Sentence(
    "People have read less since {day}: {came} of {expected} forecast reads came."
)
ISSUE_PICTURE = Label("People who read each issue")
ISSUES_SHOWN = Sentence("{count} issue is shown.", "{count} issues are shown.")
ISSUES_OUTSIDE = Sentence(
    "{count} of them lies outside the band.", "{count} of them lie outside the band."
)
ISSUE_BAND = Sentence("The band is what would be ordinary: {low} to {high} of {of} people.")
ISSUE_OUTSIDE = Sentence("{title}, {day}: read by {read} of {of}.")
ISSUES_CAPTION = Label("Who read each issue, of those who have been here long enough")
ISSUE = Label("Issue")
SENT = Label("Sent")
READ_IT = Label("Read it")
OF_PEOPLE = Label("Of")
NOT_COUNTED = Label("could not be seen")
ISSUE_ASIDE = Label("set aside")

# How it is counted
LEFT_OUT = Label("Who is left out, and why")
LEFT_OUT_CAPTION = Label("People, posts and signals outside the figure")
REASON = Label("Reason")
HOW_MANY = Label("How many")
SO_MANY: Mapping[str, Label] = {
    "people": Label("{count} person", "{count} people"),
    "posts": Label("{count} post", "{count} posts"),
    "signals": Label("{count} signal", "{count} signals"),
    "reads": Label("{count} read", "{count} reads"),
}

# How fresh the sources are
PAUSED = Sentence("It is paused: syncs begin again when you resume it.")
NO_SOURCE_YET = Sentence("There is no source yet.")
NOTHING_CAME_IN = Sentence("Nothing has come in yet.")
OLDER_THAN_A_WEEK = Sentence("Something is older than a week, so the figure may lag behind.")
CAME_IN_PART = Sentence(
    "The newest sync of a source is incomplete. Each source shows its last complete sync."
)
CAME_IN_WHOLE = Sentence("Every source is complete and up to date.")
NOTHING_FOR_A_WEEK = Sentence("No complete sync for more than a week.")
READ_IN_WHOLE_ON = Sentence("Last complete sync: {moment}.")
NOT_READ_IN_WHOLE = Sentence("No complete sync yet.")
SYNC_IN_PART = Sentence("The newest sync is incomplete.")
SYNC_IN_PART_WHY = Sentence("The newest sync is incomplete: {reason}.")
SYNC_FAILED = Sentence("The newest sync failed.")
SYNC_FAILED_WHY = Sentence("The newest sync failed: {reason}.")
FAILS_SINCE = Sentence("It failed on {moment}.", "It has failed {count} times since {moment}.")
NEXT_SYNC = Sentence("Next sync: {moment}.")
SYNC_IS_DUE = Sentence("The next sync is due now.")
SYNC_IS_RUNNING = Sentence("A sync is running now. Reload this page to see how it ends.")
SYNCS_WHEN_ASKED = Sentence("It syncs only when asked.")
SYNC_NOW = Label("Sync now")
TOTALS_ALL_ZERO = Sentence("It gave zero for every total, so its totals are not measured.")
TOTALS_FELL = Sentence(
    "Totals of more than a tenth of the people fell at once, so the newest totals are ignored."
)
OTHER_ALARM = Sentence("It raised an alarm: {alarm}.")
REMOVALS_HELD = Sentence(
    "{count} person is missing there and stays until you accept the removal.",
    "{count} people are missing there and stay until you accept the removal.",
)
CHANGES_HELD = Sentence(
    "{count} person left there in one look and stays until you accept it.",
    "{count} people left there in one look and stay until you accept it.",
)
STANDING_UNKNOWN = Sentence(
    "{count} person has an unknown status: they may have left.",
    "{count} people have an unknown status: they may have left.",
)
ROWS_NOT_READ = Sentence("{count} row could not be read.", "{count} rows could not be read.")
STATISTICS_OLD = Sentence(
    "Its statistics were {count} hour old when they came.",
    "Its statistics were {count} hours old when they came.",
)
TOTALS_LACKING = Sentence(
    "The totals of {count} active person are missing from its newest look, which may widen the "
    "range.",
    "The totals of {count} active people are missing from its newest look, which may widen the "
    "range.",
)
COUNTS_MORE = Sentence(
    "It counts {count} more than it shows, as you accepted.",
    "It counts {count} more than it shows, as you accepted.",
)
SHOWS_MORE = Sentence(
    "It shows {count} more than it counts, as you accepted.",
    "It shows {count} more than it counts, as you accepted.",
)
TAKEN_BACK = Sentence(
    "{count} issue that was sent is shown there as unsent. What was sent stays sent.",
    "{count} issues that were sent are shown there as unsent. What was sent stays sent.",
)
UNDATED = Sentence(
    "It leaves out the day of {count} mailed issue, which counts for nobody until it says it.",
    "It leaves out the days of {count} mailed issues, which count for nobody until it says them.",
)

# The list of publications
NO_PUBLICATION = Label("No publication yet.")
RUN_INIT = Sentence(
    "Run regulars init: it asks six questions and writes the settings. Then start again."
)
RUN_DEMO = Sentence(
    "To look around first, run regulars demo: an invented newsletter, no account needed."
)
NEWSLETTERS = Label("Your newsletters.")
HOW_MANY_NEWSLETTERS = Sentence("{count} newsletter.", "{count} newsletters.")
SOME_NEED_ATTENTION = Sentence("One needs attention.", "{count} need attention.")
NOTHING_TO_DO = Sentence("Nothing needs attention.")
SOME_ARE_PAUSED = Sentence("One is paused.", "{count} are paused.")
GROUP_ATTENTION = Label("Needs attention.")
GROUP_CURRENT = Label("Up to date.")
GROUP_PAUSED = Label("Paused.")
