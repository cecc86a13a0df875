"""Every text of the widgets but those of their figure, which its report declares.

Texts of documents stand in figures that were frozen: they keep their wording.
"""

from __future__ import annotations

from regulars.messages import Label, Sentence

# The document
THIS_NEWSLETTER = Label("This newsletter")
LAST_ISSUES = Label("the last issue", "the last {count} issues")
LAST_WEEKS = Label("the last week", "the last {count} weeks")
BETWEEN_ISSUES = Sentence(
    "Between {low} and {high}, over the last issue.",
    "Between {low} and {high}, over the last {count} issues.",
)
BETWEEN_WEEKS = Sentence(
    "Between {low} and {high}, over the last week.",
    "Between {low} and {high}, over the last {count} weeks.",
)
RINGS = Sentence("Rings are empty seats.")
# The label stands alone in a document; a picture and a page close it.
COUNTED_ON = Label("Counted on {day}")
COUNTED_ON_CLOSED = Sentence("Counted on {day}.")
COUNTED_FROM = Label("Counted from what was known on {day}")
COUNTED_FROM_CLOSED = Sentence("Counted from what was known on {day}.")
ABOUT = Label("How this is counted")
SMALL_GROUP = Sentence("The room is small, and the number stays private.")
SMALL_GROUP_ALT = Sentence("{title}: the room is small, and the number stays private.")

# Pictures and badges
RESTING = Sentence("The figure is resting.")
RESTING_DETAIL = Sentence("It will be back soon.")
BADGE_SMALL_GROUP = Label("the number stays private")
BADGE_TOO_EARLY = Label("too early to say")

# The page: what was done to the figure
ROUNDED = Sentence("It is rounded to {step}, up or down by chance; on average it is right.")
MIN_GROUP = Sentence("With fewer than {people} people no number is shown.")
MOVES_WEEKLY = Sentence("It moves once a week and stands still in between.")
MOVES_DAILY = Sentence("It moves once a day and stands still in between.")
NOTHING_ABOUT_ANYBODY = Sentence(
    "It holds nothing about any person, and nobody who looks at it is counted or remembered."
)
IS_PUBLIC = Sentence("It is public: anybody who has this address can read it.")
PAGES_CAN_BE_LIMITED = Sentence(
    "Which pages may show it can be limited; that is a courtesy and no secrecy."
)
MOVES_NEXT = Sentence("It moves next on {day}.")

# The page: what to copy
TAKE_IT = Label("Take it with you.")
PRIVATE_ADDRESSES = Sentence(
    "These addresses lead to one machine only. Set <code>public_base_url</code> to the address "
    "that the public sees before you copy anything."
)
CLICK_INTO_A_BOX = Sentence("Click into a box to choose all of it.")
OWN_PAGE = Label("Your own site, or a blog that takes HTML")
OWN_PAGE_WHY = Sentence(
    "It fits the width, follows light and dark, and its text can be selected. Write"
    ' variant="line" for one sentence, or variant="theatre" for a larger drawing. A page'
    " with a strict policy needs this address in script-src and connect-src, nothing else."
)
FRAME = Label("A site builder that takes frames only")
FRAME_WHY = Sentence("No script at all: the frame is a small page of its own.")
MAIL = Label("An issue of your newsletter")
MAIL_WHY = Sentence(
    "Mail programs do not show SVG, so this is a PNG, at double resolution. It belongs to this "
    "week or day and never changes: an old issue stays true."
)
README = Label("A README, a forum, a wiki")
README_WHY = Sentence("Scripts and frames are taken out there; a picture stays.")
BADGES = Label("A row of badges")
BADGES_WHY = Sentence("Drawn by shields, which asks this address for what to write.")
OEMBED = Label("WordPress, Ghost, wikis")
OEMBED_WHY = Sentence(
    "Paste the address on a line of its own. Where it is not unfolded, it stays a link."
)
ANYWHERE = Label("Anywhere else")
ANYWHERE_WHY = Sentence("The sentence itself always works.")
PICTURES = Label("The pictures.")
PICTURES_WHY = Sentence(
    "Light or dark alone: <code>?theme=light</code>, <code>?theme=dark</code>. Points instead of "
    "lines: <code>card.png</code>, with <code>?scale=1</code> to <code>3</code>."
)
FOR_PROGRAMS = Label("The figures for programs: {link}")
