"""What people write. Every sentence is invented."""

from __future__ import annotations

from random import Random

_OPENERS = (
    "Your letter came with the morning ferry.",
    "I read this one twice, aloud, to the cat.",
    "My grandmother would have liked the part about the rope.",
    "Das hat mir den Abend gerettet, danke.",
    "We printed it and pinned it up in the boathouse.",
    "I disagree with nearly all of it, and enjoyed every line.",
    "Merci pour cette belle lettre.",
    "Rain here, and your words beside the kettle.",
    "I forwarded it to my brother, who never reads anything.",
    "This is the first time that I write to a newsletter.",
)
_MIDDLES = (
    "The passage about the tar smelled right to me.",
    "In our harbour nobody has counted the gulls for years.",
    "I nearly wanted to unsubscribe last spring, and I am glad that I stayed.",
    "Two of the names on your map are spelled the old way.",
    "Our ferry was late at 10:37, as always.",
    "The lamp on the north jetty is out again, by the way.",
    "I was out of the office when it came, so forgive the delay.",
    "From here one sees only the crane.",
)
_QUESTIONS = (
    "Which tide table do you use?",
    "Where can one buy that chart?",
    "Do you know who painted the small boats?",
    "Gibt es das auch als Buch?",
    "Would you write about lighthouses one day?",
    "May I read it to my class?",
)
_POSTSCRIPTS = (
    "PS: The kettle in the picture is mine.",
    "PS: Greetings to the lock keeper.",
)
_SHORT = ("Lovely, thank you!", "Wonderful!", "Danke dafür!")
THANKS = ("Thank you!", "Many thanks!", "Danke!", "Thanks a lot!")
_MORE = (
    "One more thing that I forgot before.",
    "I pressed the button too early, so here is the rest.",
)
_AGAIN = ("That helps, and it makes me wonder about something else.", "I tried it on Sunday.")
_ANSWERS = (
    "Thank you for writing, it made our day.",
    "How good to hear from you.",
    "You are quite right about the map.",
    "We have to look that up in the old books.",
    "The chart hangs in the harbour office, do come by.",
)


def first_words(rng: Random, number: int) -> str:
    """A letter about a post, sometimes three words, often with a question or a postscript."""
    if rng.random() < 0.08:
        return rng.choice(_SHORT)
    lines = [rng.choice(_OPENERS), f"I mean number {number + 1}. {rng.choice(_MIDDLES)}"]
    if rng.random() < 0.45:
        lines.append(rng.choice(_QUESTIONS))
    if rng.random() < 0.25:
        lines.append(rng.choice(_POSTSCRIPTS))
    return "\n\n".join(lines)


def more_words(rng: Random, number: int) -> str:
    """What somebody adds before any answer."""
    return f"{rng.choice(_MORE)} It is about number {number + 1}. {rng.choice(_MIDDLES)}"


def words_again(rng: Random, number: int) -> str:
    """What somebody writes after an answer and asks about."""
    return f"{rng.choice(_AGAIN)} About number {number + 1}: {rng.choice(_QUESTIONS)}"


def answer_words(rng: Random, name: str) -> str:
    """An answer of the writer."""
    return f"Dear {name},\n\n{rng.choice(_ANSWERS)}\n\n{rng.choice(_ANSWERS)}"
