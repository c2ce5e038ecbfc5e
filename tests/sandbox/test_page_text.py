"""Text and entities in the chat page, both ways, in the browser that runs them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from sandbox import Sandbox
from tests.browsing import chromium_running, looking_at

pytestmark = pytest.mark.browser

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


async def test_what_is_typed_becomes_entities_and_back(telegram: Sandbox) -> None:
    anna = telegram.person("Anna")
    async with chromium_running() as browser, looking_at(browser, telegram) as looking:
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
