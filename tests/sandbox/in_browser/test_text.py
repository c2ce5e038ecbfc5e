"""Text and entities in the chat page, both ways, in the browser that runs them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from sandbox import Sandbox
from tests.browsing import Looking, fill_form, message

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="module")]

TYPED: list[tuple[str, str, list[tuple[str, int, int]]]] = [
    ("plain", "plain", []),
    ("**bold** and __italic__", "bold and italic", [("bold", 0, 4), ("italic", 9, 6)]),
    ("~~gone~~ ||hidden||", "gone hidden", [("strikethrough", 0, 4), ("spoiler", 5, 6)]),
    ("**a __b__**", "a b", [("bold", 0, 3), ("italic", 2, 1)]),
    ("`**x**`", "**x**", [("code", 0, 5)]),
    ("```py\nx = 1\n```", "x = 1", [("pre", 0, 5)]),
    ("📚 **x**", "📚 x", [("bold", 3, 1)]),
    ("2 ** 3 and a || b", "2 ** 3 and a || b", []),
    ("****", "****", []),
    ("**open", "**open", []),
    ("see [our page](https://a.org/x_(y)).", "see our page.", [("text_link", 4, 8)]),
    ("[**a** b](tg://user?id=1)", "a b", [("text_link", 0, 3), ("bold", 0, 1)]),
    ("**[a](https://a.org) b**", "a b", [("bold", 0, 3), ("text_link", 0, 1)]),
    ("[a](no) [b](javascript:x) [](https://a.org)", "[a](no) [b](javascript:x) [](https://a.org)", []),
]

PARSE = """async (typed) => {
  const { parsed, typedAgain } = await import("/page/text.js");
  const { text, entities } = parsed(typed);
  return { text, marks: entities.map((one) => [one.type, one.offset, one.length]), again: typedAgain(text, entities) };
}"""

# Entities that overlap, nest, lie outside or have no known type: the words stay the same, in their order.
SHUFFLE = """async () => {
  const { rendered } = await import("/page/text.js");
  let seed = 7;
  const next = (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  const kinds = ["bold", "italic", "code", "pre", "spoiler", "url", "text_link", "blockquote", "mention", "unknown"];
  const act = new Proxy({}, { get: () => () => {} });
  const wrong = [];
  for (let round = 0; round < 2000; round += 1) {
    const text = "<b>a</b> 📚 b&c ".repeat(next(4) + 1);
    const entity = () => ({ type: kinds[next(kinds.length)], offset: next(40), length: next(30), url: "javascript:x" });
    const entities = Array.from({ length: next(7) }, entity);
    const box = document.createElement("div");
    box.append(...rendered(text, entities, act));
    for (const extra of box.querySelectorAll(".pre-head")) extra.remove();
    if (box.textContent !== text || box.querySelector("b, [href^=javascript]")) wrong.push([text, entities]);
  }
  return wrong.slice(0, 3);
}"""


async def parsed(page: Page, typed: str) -> dict[str, Any]:
    found: dict[str, Any] = await page.evaluate(PARSE, typed)
    return found


async def test_typed_formatting_becomes_entities_and_back(telegram: Sandbox, looking: Looking) -> None:
    anna = telegram.person("Anna")
    page = await looking.page(anna)
    for typed, text, marks in TYPED:
        found = await parsed(page, typed)
        assert (found["text"], [tuple(mark) for mark in found["marks"]]) == (text, marks), typed
        if marks and "```" not in typed:
            assert found["again"] == typed
    assert await page.evaluate(SHUFFLE) == []
    field = page.get_by_label("Message", exact=True)
    anna.start()
    await expect(field).to_be_visible()
    await field.fill("word")
    await field.select_text()
    await page.keyboard.press("Control+b")
    await expect(field).to_have_value("**word**")
    await field.fill("word")
    await field.select_text()
    await page.get_by_role("toolbar", name="Format").get_by_role("button", name="Italic").click()
    await expect(field).to_have_value("__word__")


async def test_a_text_link_is_made_and_edited(telegram: Sandbox, looking: Looking) -> None:
    anna = telegram.person("Anna")
    anna.start()
    page = await looking.page(anna)
    field = page.get_by_label("Message", exact=True)
    await field.fill("word")
    await field.select_text()
    await page.keyboard.press("Control+k")
    await fill_form(page, "Insert", Address="https://a.org/x")
    await expect(field).to_have_value("[word](https://a.org/x)")
    await field.press("Enter")
    await expect(message(page, "word").locator("a")).to_have_attribute("href", "https://a.org/x")
    assert anna.last().entities == [{"type": "text_link", "offset": 0, "length": 4, "url": "https://a.org/x"}]
    await message(page, "word").click(button="right")
    await page.get_by_role("menuitem", name="Edit").click()
    await expect(field).to_have_value("[word](https://a.org/x)")
