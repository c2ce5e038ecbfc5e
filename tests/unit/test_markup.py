from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refused
from bot.kinds import markup
from bot.words import escape
from sandbox.world.formatting.html import parse_html


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("plain", "plain"),
        ("<b>bold</b> and <i>italic</i>", "bold and italic"),
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("&quot;&#39;&#x1F600;", "\"'😀"),
        ('<a href="https://example.com?a=1&amp;b=2">link</a>', "link"),
        ('<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>', "👍"),
        ("<tg-spoiler>x</tg-spoiler>", "x"),
        ('<span class="tg-spoiler">x</span>', "x"),
        ("<blockquote expandable>x\ny</blockquote>", "x\ny"),
        ('<pre><code class="language-python">x</code></pre>', "x"),
        ('<tg-time unix="1647531900" format="wDT">22:45</tg-time>', "22:45"),
        ("<u><s><b>deep</b></s></u>", "deep"),
        ("&nbsp;&#0;&copy;", "&nbsp;&#0;&copy;"),
        ("", ""),
    ],
)
def test_people_see_the_text_without_its_tags(source: str, seen: str) -> None:
    assert markup.visible(source) == seen


@pytest.mark.parametrize(
    "source",
    [
        "a\x00b", "\x07", "\x1b[31m", "\ud800", "<b>", "</b>", "<b><i></b></i>", "<h1>x</h1>", "<br>", "<br/>", "<b/>",
        "<!-- x -->", "<!DOCTYPE html>", "<?php ?>", "<a>x</a>", "<a href>x</a>", "a < b", "a<", "<", "<b", "1 <2",
        "<script>alert(1)</script>", "<style>b</style>", "<textarea>", "<title>x", "<![CDATA[x]]>", "&#27;", "&#xD800;",
        "<span>x</span>", '<span class="red">x</span>', "<tg-emoji>x</tg-emoji>", '<b onclick="x">y</b>', "<B>x</B><i>",
    ],
)  # fmt: skip
def test_what_telegram_or_postgresql_would_not_take_is_refused(source: str) -> None:
    with pytest.raises(Refused):
        markup.visible(source)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_escaped_text_is_seen_as_it_was(text: str) -> None:
    assert markup.visible(escape(text)) == text


@given(
    st.text(st.characters(codec=None)) | st.from_regex(r"(</?[a-z!?-]{0,6}[ a-z=\"]{0,9}/?>?|&#?x?\d{0,5};?|x){0,9}")
)
def test_no_source_breaks_the_reader(source: str) -> None:
    try:
        seen = markup.visible(source)
    except Refused:
        return
    assert "\x00" not in seen
    seen.encode()


PIECES = [
    "<b>",
    "</b>",
    "<i>",
    "</i>",
    '<a href="https://example.com">',
    "</a>",
    "<blockquote expandable>",
    "</blockquote>",
    "<u>",
    "</u >",
    "&lt;",
    "&amp;",
    "&#65;",
    "&nope;",
    "x",
    " ",
    "😀",
    "<",
    ">",
    "<code>",
    "</code>",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_what_is_accepted_telegram_would_accept_and_show_alike(source: str) -> None:
    try:
        seen = markup.visible(source)
    except Refused:
        return
    shown, _ = parse_html(source)
    assert shown == seen


def test_length_is_counted_as_telegram_counts() -> None:
    assert markup.visible_length("<b>ab</b>") == 2
    assert markup.visible_length("😀") == 2
    assert markup.visible_length("&amp;") == 1
