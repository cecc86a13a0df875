"""The pages on which a person signs in and out: one button each."""

from __future__ import annotations

from markupsafe import Markup

from .rendering import render

REFERRER = "same-origin"
"""A browser that may name no referrer hides the origin of a form, too."""
_COMMAND = Markup("<code>regulars sign-in</code>")


def render_sign_in(link: str) -> str:
    """The page that a one-time link opens. link: its text, empty for how to get one."""
    return render("sign-in.html", link=link, command=_COMMAND, referrer=REFERRER)


def render_sign_out(token: str) -> str:
    """The page that ends a session. token: what proves that the form is ours."""
    return render("sign-out.html", token=token, referrer=REFERRER)
