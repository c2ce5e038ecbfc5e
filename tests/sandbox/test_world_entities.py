"""Formatting, as Telegram parses it and as it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.world import ApiError
from sandbox.world.formatting.html import parse_html
from sandbox.world.formatting.markdown import parse_markdown, parse_markdown_v2
from tests.sandbox.small_world import Rules


def short(entities: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(entity["type"], entity["offset"], entity["length"]) for entity in entities]


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        (
            "<b>bold <i>both</i></b> &lt;plain&gt; &amp; &copy;",
            "bold both <plain> & &copy;",
            [("italic", 5, 4), ("bold", 0, 9)],
        ),
        ("🙂<u>x</u>", "🙂x", [("underline", 2, 1)]),
        ("<span class='tg-spoiler'>s</span><tg-spoiler>t</tg-spoiler>", "st", [("spoiler", 0, 1), ("spoiler", 1, 1)]),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", 0, 1)]),
        ("<STRONG>a</STRONG>", "a", [("bold", 0, 1)]),
        ("<b>a</>", "a", [("bold", 0, 1)]),
        ("a < b".replace("<", "&lt;"), "a < b", []),
        ("<code>&#60;b&#x3e;</code>", "<b>", [("code", 0, 3)]),
    ],
)
def test_html_becomes_text_and_entities(source: str, text: str, entities: list[tuple[Any, ...]]) -> None:
    plain, found = parse_html(source)
    assert (plain, short(found)) == (text, entities)


def test_html_links_and_languages() -> None:
    _, found = parse_html('<a href="example.com">x</a><pre><code class="language-python">y</code></pre>')
    assert found[0]["url"] == "http://example.com/"
    assert found[1] == {"type": "pre", "language": "python", "offset": 1, "length": 1}
    assert parse_html('<a href="nowhere">x</a>') == ("x", [])


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("äx</b>", "Unexpected end tag at byte offset 3"),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("<script>x</script>", 'Unsupported start tag "script" at byte offset 0'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<a href='x>y", 'Unclosed start tag "a" at byte offset 0'),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<a href x>y</a>", 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_html_that_does_not_parse(source: str, problem: str) -> None:
    with pytest.raises(ApiError) as refusal:
        parse_html(source)
    assert refusal.value.description == f"Bad Request: can't parse entities: {problem}"


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("*bold _both_*", "bold both", [("italic", 5, 4), ("bold", 0, 9)]),
        (
            "__under__ ~gone~ ||secret||",
            "under gone secret",
            [("underline", 0, 5), ("strikethrough", 6, 4), ("spoiler", 11, 6)],
        ),
        ("1\\.5 \\*", "1.5 *", []),
        ("`a_b*`", "a_b*", [("code", 0, 4)]),
        ("```python\nx = 1```", "x = 1", [("pre", 0, 5)]),
        ("[link](http://a.bc/)", "link", [("text_link", 0, 4)]),
        (">quoted\n>more\nafter", "quoted\nmore\nafter", [("blockquote", 0, 11)]),
    ],
)
def test_markdown_v2_becomes_text_and_entities(source: str, text: str, entities: list[tuple[Any, ...]]) -> None:
    plain, found = parse_markdown_v2(source)
    assert (plain, short(found)) == (text, entities)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("1.5", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("ä *bold", "Can't find end of Bold entity at byte offset 3"),
        ("`code", "Can't find end of Code entity at byte offset 0"),
        ("[link](http://a", "Can't find end of a URL at byte offset 6"),
    ],
)
def test_markdown_v2_that_does_not_parse(source: str, problem: str) -> None:
    with pytest.raises(ApiError) as refusal:
        parse_markdown_v2(source)
    assert refusal.value.description == f"Bad Request: can't parse entities: {problem}"


def test_the_old_markdown() -> None:
    plain, found = parse_markdown("*b* _i_ `c` [l](http://a.bc/) \\_")
    assert plain == "b i c l _"
    assert [entity["type"] for entity in found] == ["bold", "italic", "code", "text_link"]
    with pytest.raises(ApiError, match="Can't find end of the entity starting at byte offset 2"):
        parse_markdown("a _b")


def test_commands_mentions_links_and_hashtags_are_detected() -> None:
    sent = Rules().say("/go@sandbox_bot @somebody #tag a@b.cd https://x.yz <b>".replace("<b>", "&"))
    assert [entity["type"] for entity in sent["entities"]] == ["bot_command", "mention", "hashtag", "email", "url"]
    coded = Rules().say("<code>/go @somebody</code>", parse_mode="HTML")
    assert [entity["type"] for entity in coded["entities"]] == ["code"]


def test_a_mention_of_an_unknown_user_is_dropped() -> None:
    rules = Rules()
    sent = rules.say(f'<a href="tg://user?id={rules.ben.id}">you</a>', parse_mode="HTML")
    assert sent["entities"][0]["user"]["first_name"] == "Ben"
    assert "entities" not in rules.say('<a href="tg://user?id=5">you</a>', parse_mode="HTML")


def test_entities_are_moved_when_the_text_is_trimmed() -> None:
    sent = Rules().say("  <b>x</b> ", parse_mode="HTML")
    assert (sent["text"], short(sent["entities"])) == ("x", [("bold", 0, 1)])


def test_given_entities_must_lie_in_the_text() -> None:
    rules = Rules()
    outside = [{"type": "bold", "offset": 0, "length": 9}]
    assert "ENTITY_BOUNDS_INVALID" in rules.refused("sendMessage", chat_id=rules.group.id, text="x", entities=outside)
    assert rules.say(entities=[{"type": "bold", "offset": 0, "length": 5}])["entities"][0]["type"] == "bold"


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("see https://a.org/x, or not", "https://a.org/x"),
        ("Go to a.org!", "a.org"),
        ("(https://a.org/x_(y))", "https://a.org/x_(y)"),
        ("“https://a.org/?q=1”;", "https://a.org/?q=1"),
        ("https://a.org/a,b?c=d.e", "https://a.org/a,b?c=d.e"),
        ("https://...", None),
    ],
)
def test_the_punctuation_after_a_link_is_no_part_of_it(text: str, link: str | None) -> None:
    rules = Rules()
    entities = rules.say(text).get("entities", [])
    assert [text[found["offset"] : found["offset"] + found["length"]] for found in entities] == ([link] if link else [])
