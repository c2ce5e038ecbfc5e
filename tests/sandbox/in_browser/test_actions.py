"""What people do in the chat page, with the mouse, the keyboard and files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from sandbox import Group, Sandbox
from tests.browsing import Looking, fill_form, message, write
from tests.sandbox.client import Client

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="module")]


async def member_action(page: Page, label: str) -> None:
    await page.get_by_role("dialog").get_by_role("button", name=label, exact=True).click()


async def test_a_group_is_made_and_managed(telegram: Sandbox, api: Client, looking: Looking) -> None:
    page = await looking.page()
    for name in ("Anna", "Ben"):
        await page.get_by_role("button", name="New", exact=True).click()
        await fill_form(page, "Create", First_name=name)
        await expect(page.get_by_role("radio", name=name)).to_be_checked()
    await page.get_by_role("radio", name="Anna").click()
    await page.get_by_label("New group or channel").click()
    await page.get_by_role("menuitem", name="New basic group").click()
    await fill_form(page, "Create", Name="Book club")
    await expect(page.get_by_label("About Book club")).to_be_visible()
    await page.get_by_label("Members and more").click()
    await member_action(page, "Add the bot…")
    await fill_form(page, "Add", delete_messages=False)
    await expect(page.get_by_role("dialog")).to_contain_text("2 members")
    await member_action(page, "Promote… Sandbox Bot")
    await fill_form(page, "Save", pin_messages=False)
    await expect(page.get_by_role("dialog")).to_contain_text("change info, delete messages")
    await member_action(page, "Add people…")
    await page.get_by_role("dialog").last.get_by_role("button", name="Ben").click()
    await member_action(page, "Demote Sandbox Bot")
    await member_action(page, "Upgrade to a supergroup")
    await expect(message(page, "upgraded to a supergroup")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_contain_text("supergroup · id -100")
    await member_action(page, "Promote… Ben")
    await fill_form(page, "Save", Title="librarian", remain_anonymous=True)
    await expect(page.get_by_role("dialog")).to_contain_text("librarian · anonymous")
    await page.keyboard.press("Escape")
    await page.get_by_role("radio", name="Ben").click()
    # The member's badge is drawn when the page has turned into Ben's; what is typed before goes with Anna's.
    await expect(page.get_by_role("radio", name="Ben")).to_be_checked()
    ben_id = max(user.id for user in telegram.world.users.values() if not user.is_bot)
    await expect(page).to_have_url(re.compile(f"as={ben_id}"))
    await expect(page.locator(".pane.first .field, .pane.first [aria-label=Message]").first).to_be_enabled()
    await write(page, "Quiet, please")
    chat = next(chat for chat in telegram.world.chats.values() if chat.type == "supergroup")
    anna, ben = (telegram.person_of(user) for user in telegram.world.users.values() if not user.is_bot)
    said = await anna.sees(Group(telegram.world, chat), "Quiet")
    assert (said.sender, said.raw["author_signature"]) == ("Book club", "librarian")
    assert not chat.member(telegram.bot).is_admin
    await page.get_by_label("Members and more").click()
    await member_action(page, "Leave")
    await page.get_by_role("dialog").last.get_by_role("button", name="Leave", exact=True).click()
    await page.get_by_role("button", name="Join as Ben").click()
    await expect(page.get_by_label("Message", exact=True)).to_be_visible()
    assert chat.member(ben.user).present


async def test_the_page_is_used_by_keyboard_alone(telegram: Sandbox, api: Client, looking: Looking) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben", language_code="de")
    group = telegram.supergroup("Book club", owner=anna, members=[ben], bot="administrator")
    menu = [{"command": "settings", "description": "Menu"}, {"command": "rules", "description": "Rules"}]
    await api.ok("setMyCommands", commands=menu)
    await api.ok("setMyCommands", commands=[{**menu[1], "description": "Regeln"}], language_code="de")
    page = await looking.page(anna)
    await page.locator(".chat").first.focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    field = page.get_by_label("Message", exact=True)
    await expect(field).to_be_focused()
    await page.keyboard.type("/")
    await expect(page.get_by_role("option")).to_have_count(2)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    await expect(field).to_have_value("/rules ")
    await page.keyboard.press("Enter")
    assert (await api.told("message"))["text"] == "/rules"
    keys = {"inline_keyboard": [[{"text": "One", "callback_data": "1"}, {"text": "Two", "callback_data": "2"}]]}
    await api.ok("sendMessage", chat_id=group.id, text="Choose", reply_markup=keys)
    await expect(message(page, "Choose")).to_be_visible()
    await page.keyboard.press("ArrowUp")
    await expect(message(page, "Choose")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    query = await api.told("callback_query")
    assert query["data"] == "2"
    await api.ok("answerCallbackQuery", callback_query_id=query["id"], text="You chose two")
    await expect(page.get_by_text("You chose two")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Enter")
    await page.get_by_role("menuitem", name="Reply").press("Enter")
    await expect(page.locator(".bar")).to_contain_text("Reply to Sandbox Bot")
    await page.keyboard.press("Escape")
    await expect(page.locator(".bar")).to_be_hidden()
    await page.keyboard.press("Alt+2")
    await expect(page.get_by_role("radio", name="Ben")).to_be_checked()
    await field.press("/")
    await expect(page.get_by_role("option")).to_contain_text("Regeln")


async def test_the_bot_asks_and_gets_its_reply(telegram: Sandbox, api: Client, looking: Looking) -> None:
    anna = telegram.person("Anna")
    telegram.supergroup("Book club", owner=anna, bot="member")
    anna.start()
    page = await looking.page(anna)
    asked = await api.ok("sendMessage", chat_id=anna.id, text="Your city?", reply_markup={"force_reply": True})
    await expect(page.locator(".bar")).to_contain_text("Your city?")
    await page.keyboard.type("Berlin")
    await page.keyboard.press("Enter")
    await expect(message(page, "Berlin")).to_contain_text("Your city?")
    said = await api.told("message")
    assert (said["text"], said["reply_to_message"]["message_id"]) == ("Berlin", asked["message_id"])
    interest = {"request_id": 7, "chat_is_channel": False, "bot_is_member": True}
    keys = [[{"text": "Pick a group", "request_chat": interest}], [{"text": "Never mind", "style": "danger"}]]
    await api.ok("sendMessage", chat_id=anna.id, text="Which?", reply_markup={"keyboard": keys})
    await page.get_by_role("button", name="Pick a group").click()
    await page.get_by_role("dialog").get_by_role("button", name="Book club").click()
    await expect(message(page, "You shared")).to_be_visible()
    assert (await api.told("message"))["chat_shared"]["request_id"] == 7
    await page.get_by_role("button", name="Never mind").click()
    await expect(message(page, "Never mind")).to_be_visible()


async def test_links_of_telegram_are_followed_inside_the_page(telegram: Sandbox, api: Client, looking: Looking) -> None:
    anna = telegram.person("Anna")
    group = telegram.supergroup("Book club", owner=anna)
    anna.start()
    here = f"https://t.me/{telegram.bot.username}"
    keys = [
        [{"text": "Add me", "url": f"{here}?startgroup=hello&admin=delete_messages+pin_messages"}],
        [{"text": "Deep", "url": f"{here}?start=deep"}],
        [{"text": "Outside", "url": "https://example.com/"}],
    ]
    await api.ok("sendMessage", chat_id=anna.id, text="Links", reply_markup={"inline_keyboard": keys})
    page = await looking.page(anna)
    await page.get_by_role("button", name="Outside").click()
    await expect(page.get_by_role("link", name="Open")).to_have_attribute("href", "https://example.com/")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Deep").click()
    await expect(message(page, "/start deep")).to_be_visible()
    await page.get_by_role("button", name="Add me").click()
    await expect(page.get_by_role("dialog")).to_contain_text("delete messages, pin messages")
    await page.get_by_role("dialog").get_by_role("button", name="Book club").click()
    await expect(message(page, "/start@sandbox_bot hello")).to_be_visible()
    assert group.bot_rights >= {"can_delete_messages", "can_pin_messages"}


async def test_files_are_sent_and_saved(telegram: Sandbox, api: Client, looking: Looking, tmp_path: Path) -> None:
    anna = telegram.person("Anna")
    anna.start()
    page = await looking.page(anna)
    await page.locator("input[type=file]").first.set_input_files(
        {"name": "settings.json", "mimeType": "application/json", "buffer": b'{"a": 1}'}
    )
    await fill_form(page, "Send", Caption="mine")
    await expect(message(page, "settings.json")).to_contain_text("mine")
    assert (await api.told("message"))["document"]["file_name"] == "settings.json"
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="settings.json").click()
    download = await waiting.value
    assert download.suggested_filename == "settings.json"
    saved = tmp_path / "saved"
    await download.save_as(saved)
    assert saved.read_bytes() == b'{"a": 1}'


async def test_the_drawer_shows_calls_and_errors_and_sets_faults(
    telegram: Sandbox, api: Client, looking: Looking
) -> None:
    anna = telegram.person("Anna")
    page = await looking.page(anna)
    await api.refused("sendMessage", chat_id=5, text="into nowhere")
    await page.get_by_label("Bot API: calls").click()
    await page.get_by_role("button", name="Flood…").click()
    await fill_form(page, "Set", **{"Retry after (seconds)": "9"})
    await expect(page.get_by_role("button", name="All well again")).to_be_visible()
    assert await api.refused("getMe") == "429 Too Many Requests: retry after 9"
    await api.ok("getMe")
    await page.get_by_label("errors only").check()
    await expect(page.locator(".call")).to_have_count(2)
    await page.get_by_label("Filter calls").fill("nowhere")
    await page.locator(".call").click()
    await expect(page.locator(".call-more")).to_contain_text("Bad Request: chat not found")
    await page.get_by_role("button", name="Outage", exact=True).click()
    await page.get_by_role("button", name="Outage: end it").click()
    await expect(page.get_by_role("button", name="Outage", exact=True)).to_be_visible()
    await api.ok("getMe")
    looking.forgive("net::ERR")


async def test_a_topic_is_opened_closed_reopened_and_deleted(telegram: Sandbox, api: Client, looking: Looking) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    forum = telegram.supergroup("Forum", owner=anna, members=[ben], bot=("can_delete_messages",), forum=True)
    page = await looking.page(anna, forum, also=ben)
    topics, bens = (page.locator(f".pane.{side}").get_by_role("toolbar", name="Topics") for side in ("first", "second"))
    await topics.get_by_role("button", name="+ Topic").click()
    await fill_form(page, "Create", Name="Books")
    await expect(topics.get_by_role("button", name="Books")).to_have_attribute("aria-pressed", "true")
    await expect(message(page, "Anna opened the topic “Books”")).to_be_visible()
    await write(page, "I read a lot")
    books = next(iter(forum.chat.topics))
    await expect(message(page, "I read a lot")).to_be_visible()
    assert anna.screen(forum)[-1].raw["message_thread_id"] == books
    there = {"chat_id": forum.id, "message_thread_id": books, "text": "Welcome"}
    await api.ok("sendMessage", **there)
    await bens.get_by_role("button", name="Books").click()
    await expect(message(page, "Welcome", "second")).to_be_visible()
    await expect(bens.get_by_role("button", name=re.compile("^(Close|Delete) topic"))).to_have_count(0)
    await topics.get_by_role("button", name="Close topic").click()
    await expect(bens.get_by_role("button", name="Books (closed)")).to_be_visible()
    await expect(message(page, "Anna closed the topic")).to_be_visible()
    assert "TOPIC_CLOSED" in await api.refused("sendMessage", **there)
    await topics.get_by_role("button", name="Reopen topic").click()
    await expect(bens.get_by_role("button", name="Books", exact=True)).to_be_visible()
    await api.ok("sendMessage", **there)
    await topics.get_by_role("button", name="Delete topic").click()
    await page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    await expect(topics.get_by_role("button", name="Books")).to_have_attribute("aria-pressed", "true")
    await topics.get_by_role("button", name="Delete topic").click()
    await expect(page.get_by_role("dialog")).to_contain_text("Delete “Books” and all that is in it?")
    await page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    for side in (topics, bens):  # also of who was looking at it
        await expect(side.get_by_role("button", name="Books")).to_have_count(0)
        await expect(side.get_by_role("button", name="All")).to_have_attribute("aria-pressed", "true")
    await expect(message(page, "I read a lot")).to_have_count(0)
    assert "message thread not found" in await api.refused("sendMessage", **there)


async def test_what_is_written_in_a_closed_topic_is_refused_and_not_lost(telegram: Sandbox, looking: Looking) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    forum = telegram.supergroup("Forum", owner=anna, members=[ben], forum=True)
    books = anna.create_topic(forum, "Books")
    page = await looking.page(ben, forum)
    await page.get_by_role("button", name="Books", exact=True).click()
    anna.close_topic(forum, books)
    await expect(page.get_by_role("button", name="Books (closed)")).to_be_visible()
    await write(page, "Too late")
    await expect(page.locator(".toast")).to_contain_text("no open topic")
    await expect(page.get_by_label("Message", exact=True)).to_have_value("Too late")
    looking.forgive("400")
