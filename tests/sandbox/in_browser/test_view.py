"""What people see in the chat page: each their own, live, and never anything that was only said."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from sandbox import Sandbox
from tests.browsing import Looking, message, messages, write
from tests.sandbox.client import Client

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="module")]


EVIL = '<img src=x onerror=alert(1)><script>alert(2)</script>"><svg onload=alert(3)>'
FORMATTED = (
    "<b>bold</b> <tg-spoiler>hidden</tg-spoiler> <code>code</code>"
    '<pre><code class="language-python">print()</code></pre><blockquote expandable>1\n2\n3\n4\n5</blockquote>'
    '<tg-time unix="1790000000" format="T">then</tg-time> <a href="tg://user?id=1">somebody</a>'
)


async def test_two_people_see_different_things_side_by_side(telegram: Sandbox, api: Client, looking: Looking) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, members=[ben], bot="administrator")
    page = await looking.page(anna, group, also=ben)
    ben.say("Good evening", group)
    await expect(message(page, "Good evening")).to_be_visible()
    secret = {"receiver_user_id": anna.id}
    await api.ok("sendMessage", chat_id=group.id, text="For Anna alone", ephemeral_message_parameters=secret)
    await api.ok("sendMessage", chat_id=group.id, text="For everybody")
    await expect(message(page, "For Anna alone")).to_contain_text("Only you see this")
    await expect(message(page, "For everybody", "second")).to_be_visible()
    await expect(message(page, "For Anna alone", "second")).to_have_count(0)
    await page.get_by_role("radio", name="Ben").click()
    await expect(message(page, "Good evening")).to_have_class("message mine first last")
    await expect(message(page, "For Anna alone")).to_have_count(0)
    assert f"as={ben.id}" in page.url
    assert f"also={anna.id}" in page.url
    await page.reload()
    await expect(message(page, "For Anna alone", "second")).to_be_visible()


async def test_texts_never_become_markup(telegram: Sandbox, api: Client, looking: Looking) -> None:
    anna = telegram.person(EVIL[:60], username="anna")
    ben = telegram.person("Ben")
    group = telegram.supergroup(EVIL, owner=anna, members=[ben], bot="administrator", forum=True)
    anna.create_topic(group, EVIL)
    anna.say(EVIL, group)
    anna.pin(anna.say(EVIL, group))
    anna.rename(group, EVIL + "!")
    anna.send_file(group, EVIL + ".txt", b"x", caption=EVIL)
    anna.promote(group, ben, title="<b>x</b>")
    ben.reply(anna.screen(group)[1], EVIL)
    keys = [[{"text": EVIL, "callback_data": "a"}], [{"text": "go", "url": "tg://x?<script>alert(4)</script>"}]]
    link = {"type": "text_link", "offset": 0, "length": 4, "url": "javascript:alert(5)"}
    code = {"type": "pre", "offset": 5, "length": 4, "language": EVIL}
    await api.ok("setMyCommands", commands=[{"command": "x", "description": EVIL}])
    await api.ok("setMyDescription", description=EVIL)
    await api.call("sendMessage", chat_id=group.id, text="link code", entities=[link, code])
    await api.ok("sendMessage", chat_id=group.id, text=EVIL, reply_markup={"inline_keyboard": keys})
    await api.refused("sendMessage", chat_id=group.id, text="<b>" + EVIL, parse_mode="HTML")
    page = await looking.page(anna, group)
    await page.get_by_role("button", name=EVIL).last.click()
    query = await api.told("callback_query")
    await api.ok("answerCallbackQuery", callback_query_id=query["id"], text=EVIL, show_alert=True)
    await expect(page.get_by_role("dialog")).to_contain_text(EVIL)
    await page.keyboard.press("Escape")
    await page.get_by_label("Members and more").click()
    await page.keyboard.press("Escape")
    await page.get_by_label("Bot API: calls").click()
    await page.locator(".call").first.click()
    await expect(page.locator(".call-more").first).to_be_visible()
    assert await page.locator("script:not([src]), img[onerror], svg[onload], [style*=expression]").count() == 0
    assert await page.evaluate("[...document.links].every((one) => /^(https?|tg|mailto|about):/.test(one.protocol))")
    await expect(message(page, "link code").locator("a")).to_have_count(0)


async def test_a_message_is_shown_with_its_formatting(telegram: Sandbox, api: Client, looking: Looking) -> None:
    anna = telegram.person("Anna", language_code="de")
    anna.start()
    sent = await api.ok("sendMessage", chat_id=anna.id, text=FORMATTED, parse_mode="HTML")
    page = await looking.page(anna)
    shown = message(page, "bold")
    await expect(shown.locator("strong")).to_have_text("bold")
    await expect(shown.locator(".pre-head")).to_contain_text("python")
    await expect(shown.locator("time")).to_have_text("16:13:20")
    await shown.locator(".spoiler").click()
    await expect(shown.locator(".spoiler.open")).to_contain_text("hidden")
    await shown.get_by_role("button", name="Show more").click()
    await expect(shown.locator("blockquote")).to_have_class("folded unfolded")
    await api.ok("sendChatAction", chat_id=anna.id, action="typing")
    await expect(page.locator(".typing")).to_have_text("typing…")
    await api.ok("editMessageText", chat_id=anna.id, message_id=sent["message_id"], text="Another text")
    await expect(message(page, "Another text")).to_contain_text("edited")
    await api.ok("deleteMessage", chat_id=anna.id, message_id=sent["message_id"])
    await expect(message(page, "Another text")).to_have_count(0)


async def test_the_page_comes_back_with_the_sandbox(telegram: Sandbox, looking: Looking) -> None:
    anna = telegram.person("Anna")
    group = telegram.supergroup("Book club", owner=anna)
    page = await looking.page(anna, group)
    port = int(telegram.url.rsplit(":", 1)[1])
    await telegram.__aexit__(None, None, None)
    await expect(page.locator("#offline")).to_contain_text("does not answer")
    async with Sandbox(port=port, world=telegram.world) as again:
        again.person_of(anna.user).say("Back again", group)
        await expect(page.locator("#offline")).to_be_hidden()
        await expect(message(page, "Back again")).to_be_visible()
        again.person_of(anna.user).say("And live", group)
        await expect(message(page, "And live")).to_be_visible()
        again.faults.drop_connections()
        again.person_of(anna.user).say("Dropped in between", group)
        await expect(message(page, "Dropped in between")).to_be_visible()
        await looking.close()
    looking.forgive("net::ERR")


async def test_unread_messages_are_counted_until_they_are_seen(telegram: Sandbox, looking: Looking) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    first = telegram.supergroup("First", owner=anna, members=[ben])
    second = telegram.supergroup("Second", owner=anna, members=[ben])
    for number in range(30):
        ben.say(f"long ago {number}", second)
    page = await looking.page(anna, first)
    for number in range(40):
        ben.say(f"news {number}", second)
    row = page.get_by_role("button", name="Second, 40 unread")
    await expect(row).to_be_visible()
    await row.click()
    await expect(page.get_by_text("Unread messages")).to_be_in_viewport()
    await page.get_by_label("To the newest message").click()
    await expect(message(page, "news 39")).to_be_in_viewport()
    await expect(page.get_by_role("button", name="Second, 40 unread")).to_have_count(0)
    await message(page, "long ago 3").first.scroll_into_view_if_needed()
    ben.say("while Anna reads above", second)
    await expect(page.get_by_label("To the newest message")).to_contain_text("1")
    await page.get_by_role("radio", name="Ben").click()
    await page.get_by_role("radio", name="Anna").click()
    await expect(message(page, "while Anna reads above")).to_be_in_viewport()


async def test_on_a_phone_either_the_list_or_the_chat_is_shown(telegram: Sandbox, looking: Looking) -> None:
    anna = telegram.person("Anna")
    group = telegram.supergroup("A group with quite a long name, as people like them", owner=anna, bot="member")
    anna.say("W" * 200, group)
    small = {"width": 390, "height": 700}
    page = await looking.page(viewport=small, has_touch=True, is_mobile=True)
    await expect(messages(page).first).to_be_hidden()
    await page.get_by_role("button", name="A group with").tap()
    await expect(message(page, "WWW")).to_be_visible()
    await expect(page.locator("#chats")).to_be_hidden()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await write(page, "from the phone")
    await expect(message(page, "from the phone")).to_be_in_viewport()
    await page.get_by_label("Back to the chats").tap()
    await expect(page.locator("#chats")).to_be_visible()


async def test_without_people_the_page_says_what_to_do(telegram: Sandbox, looking: Looking) -> None:
    page = await looking.page()
    await expect(page.get_by_role("heading", name="Nobody is here yet")).to_be_visible()
    await expect(page.locator("#chats")).to_contain_text("Make a person first")


async def test_all_topics_together_name_the_topic_of_each_message(telegram: Sandbox, looking: Looking) -> None:
    anna = telegram.person("Anna")
    forum = telegram.supergroup("Forum", owner=anna, forum=True)
    books, films = (anna.create_topic(forum, name) for name in ("Books", "Films"))
    page = await looking.page(anna, forum)
    anna.say("About a book", forum, topic=books)
    anna.say("Another book", forum, topic=books)
    anna.say("About a film", forum, topic=films)
    anna.say("About everything", forum)
    for text, topic in (("About a book", "# Books"), ("About a film", "# Films"), ("About everything", "# General")):
        await expect(message(page, text).locator(".in-topic")).to_have_text(topic)
    await expect(message(page, "Another book").locator(".in-topic")).to_have_count(0)
    await message(page, "About a film").get_by_role("button", name="# Films").click()
    await expect(message(page, "About a film").locator(".in-topic")).to_have_count(0)
    await expect(message(page, "About a book")).to_have_count(0)


async def test_the_general_topic_of_a_forum_is_shown_and_written_to_by_itself(
    telegram: Sandbox, looking: Looking
) -> None:
    anna = telegram.person("Anna")
    forum = telegram.supergroup("Forum", owner=anna, forum=True)
    books = anna.create_topic(forum, "Books")
    page = await looking.page(anna, forum)
    anna.say("About a book", forum, topic=books)
    anna.say("About everything", forum)
    await page.get_by_role("toolbar", name="Topics").get_by_role("button", name="General").click()
    await expect(message(page, "About everything")).to_be_visible()
    await expect(message(page, "About a book")).to_have_count(0)
    await write(page, "Hello all")
    await expect(message(page, "Hello all")).to_be_visible()
    assert "message_thread_id" not in anna.screen(forum)[-1].raw
    await page.get_by_role("button", name="All", exact=True).click()
    await page.locator(".in-topic", has_text="# General").last.click()
    await expect(message(page, "About a book")).to_have_count(0)


async def test_the_hint_is_shown_until_it_is_closed(telegram: Sandbox, looking: Looking) -> None:
    anna = telegram.person("Anna")
    telegram.supergroup("Book club", owner=anna, bot="member")
    page = await looking.page()
    hint = page.get_by_role("region", name="How to begin")
    await expect(hint).to_contain_text("write /settings to the bot")
    await hint.get_by_role("button", name="/settings").click()
    await expect(page.get_by_label("Message", exact=True)).to_have_value("/settings")
    await page.goto("about:blank")
    await page.goto(telegram.url)
    await hint.get_by_role("button", name="Close the hint").click()
    await expect(hint).to_be_hidden()
    await page.goto("about:blank")
    await page.goto(telegram.url)
    await expect(page.locator("#app[data-ready]")).to_be_attached()
    await expect(hint).to_be_hidden()


async def test_a_message_names_the_inline_bot_it_came_from(telegram: Sandbox, looking: Looking) -> None:
    anna = telegram.person("Anna")
    group = telegram.supergroup("Book club", owner=anna)
    page = await looking.page(anna, group)
    anna.say("A picture", group, via_bot="gif")
    await expect(message(page, "A picture")).to_contain_text("via @gif")


async def test_what_a_message_shows_is_as_wide_as_its_bubble_and_its_caption_is_cut_off_at_its_end(
    telegram: Sandbox, looking: Looking
) -> None:
    anna, caption = telegram.person("Anna"), "أهلًا وسهلًا بكم في نادي الكتاب! " * 5
    group = telegram.supergroup("Book club", owner=anna)
    page = await looking.page(anna, group)
    for number, send in enumerate((anna.send_photo, anna.send_animation, anna.send_video), start=1):
        send(group, caption=caption)
        await expect(messages(page).locator(".photo")).to_have_count(number)
        widths = (
            "(bubble) => [bubble.querySelector('.photo > *'), bubble].map((one) => one.getBoundingClientRect().width)"
        )
        shown, bubble = await messages(page).last.locator(".bubble").evaluate(widths)
        assert bubble - 16 < shown < bubble
        excerpt = page.locator(".chat .preview .excerpt")
        await expect(excerpt).to_have_css("direction", "rtl")
        await expect(excerpt.locator("bdi")).to_be_visible()
