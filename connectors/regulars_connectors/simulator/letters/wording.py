"""What people and machines write in an invented mailbox."""

from __future__ import annotations

from random import Random

_BEGINNINGS = (
    "Good morning from the other side of the bay.",
    "I read this one twice, on the pier and again at home.",
    "Your letter came with the first ferry today.",
    "Danke für diesen Brief, ich habe ihn meiner Schwester vorgelesen.",
    "The part about the rope made me laugh out loud.",
    "My grandfather kept that very lamp for eleven years.",
    "We had the same fog here, for nine days.",
    "J’ai lu votre lettre dans le train, et j’ai manqué ma gare.",
    "It rained the whole week, so I had time to write.",
    "You are right about the kettle, and wrong about the gulls.",
)
_QUESTIONS = (
    "Where did you find the old tide tables?",
    "Will the ferry run again in spring?",
    "Which of the two anchors is older?",
    "Do you still row out to the breakwater yourself?",
    "Hast du ein Bild von der Werft?",
    "Is there a book about the lock keeper?",
)
_ENDINGS = (
    "The cat sends her regards.",
    "I keep the letters in a tin by the window.",
    "Nothing else is new here, which is how we like it.",
    "The herring is late this year.",
    "Bis zum nächsten Mal, und grüß die Möwen.",
    "I have told three neighbours to read you.",
)
_ANSWERS = (
    "I went down to the quay and asked: nobody knows, but two people have opinions.",
    "Thank you for writing. I have put it on the list for a letter of its own.",
    "I shall ask the lock keeper, and tell you what the cat says.",
    "That is a fine story. May I mention it in the next letter without your name?",
)
_THANKS = ("Thank you!", "Danke dir!", "Lovely, thanks.", "Merci beaucoup !")
_AGAIN = (
    "One more thing: how deep is the water by the crane?",
    "And does the jetty have a name of its own?",
)
_ABSENCES = (
    "I am out of the office until Monday and will read your message then.",
    "Ich bin bis zum 14. nicht im Büro und lese Ihre Nachricht danach.",
)
SIGNATURES = ("", "", "", "Ana", "— M.", "Sent from my iPhone")
POSTSCRIPT = "PS: the tide table hangs in our kitchen now."


def opening(rng: Random) -> tuple[str, bool]:
    """The first letter of a reader, and whether it asks something."""
    asks = rng.random() < 0.45
    parts = [rng.choice(_BEGINNINGS)]
    if asks:
        parts.append(rng.choice(_QUESTIONS))
    parts.append(rng.choice(_ENDINGS))
    return "\n\n".join(parts) if rng.random() < 0.5 else " ".join(parts), asks


def answer(rng: Random) -> str:
    """What the writer answers."""
    return rng.choice(_ANSWERS)


def thanks(rng: Random) -> str:
    """A last word, of at most three words."""
    return rng.choice(_THANKS)


def another_question(rng: Random) -> str:
    """What a reader asks after an answer."""
    return rng.choice(_AGAIN)


def absence(rng: Random) -> str:
    """What an absent reader's mailbox says."""
    return rng.choice(_ABSENCES)


def issue(subject: str) -> str:
    """The beginning of a post, as a reply quotes it."""
    return (
        f"{subject} (invented)\n\nThe harbour was quiet this week. A boat came in, a boat went "
        "out, and between them the lock keeper's cat slept on the third bollard.\n\nMore on Monday."
    )
