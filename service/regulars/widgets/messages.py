"""Every text of widgets but those of the figure, which its report declares.

Texts of the document stand in frozen figures, so they keep their wording.
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

# The page: how the figure is made safe to publish
ROUNDED = Sentence("It is rounded to {step}, up or down by chance, and right on average.")
MIN_GROUP = Sentence("It shows a number from {people} people on.")
MIN_GROUP_BELOW = Sentence(
    "The share below it is rounded to {step} % and is shown from {people} people on."
)
MOVES_WEEKLY = Sentence("It moves once a week and stands still in between.")
MOVES_DAILY = Sentence("It moves once a day and stands still in between.")
NOTHING_ABOUT_ANYBODY = Sentence(
    "It holds nothing about any person, and it neither counts nor remembers who looks at it."
)
IS_PUBLIC = Sentence("It is public: anybody who has this address can read it.")
PAGES_CAN_BE_LIMITED = Sentence(
    "Its owner can limit which pages show it. That is a courtesy: the figure stays public."
)
MOVES_NEXT = Sentence("It moves next on {day}.")

# The page: what to copy
TAKE_IT = Label("Take it with you.")
PRIVATE_ADDRESSES = Sentence(
    "These addresses lead to one machine only. Set <code>public_base_url</code> to the address "
    "that the public sees before you copy anything."
)
CLICK_INTO_A_BOX = Sentence("Click into a box to select all of it.")
OWN_PAGE = Label("Your own site, or a blog that takes HTML")
OWN_PAGE_WHY = Sentence(
    "It fits the width, follows light and dark, and its text can be selected. Write"
    ' variant="line" for one sentence, or variant="theatre" for a larger drawing. A page'
    " with a strict content security policy needs this address in script-src and connect-src."
)
FRAME = Label("A site builder that takes frames only")
FRAME_WHY = Sentence("It works without script: the frame is a small page of its own.")
MAIL = Label("An issue of your newsletter")
MAIL_WHY = Sentence(
    "Mail programs do not show SVG, so use this PNG (double resolution). It belongs to this week "
    "or day and never changes: an old issue stays true."
)
README = Label("A README, a forum, a wiki")
README_WHY = Sentence("These remove scripts and frames, and keep pictures.")
BADGES = Label("A row of badges")
BADGES_WHY = Sentence("Shields.io draws it and asks this address for its text.")
OEMBED = Label("WordPress, Ghost, wikis")
OEMBED_WHY = Sentence(
    "Paste the address on a line of its own. A site without oEmbed shows it as a link."
)
ANYWHERE = Label("Anywhere else")
ANYWHERE_WHY = Sentence("The sentence itself always works.")
PICTURES = Label("The pictures.")
PICTURES_WHY = Sentence(
    "For one theme alone, add <code>?theme=light</code> or <code>?theme=dark</code>. For a PNG, "
    "take <code>card.png</code>, with <code>?scale=1</code> to <code>3</code>."
)
FOR_PROGRAMS = Label("The figures for programs: {link}")
