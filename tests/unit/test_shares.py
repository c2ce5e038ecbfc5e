"""How much of one person's doing is handled at once, on a clock that jumps."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

import pytest

from bot.client.outbox import Outbox
from bot.storage.configs.cache import CachedConfigs
from bot.storage.connection.availability import Pool
from bot.telegram.languages import PersonalWords
from bot.telegram.too_fast import TooFast
from bot.updates.known_admins import ADMIN_SECONDS, OTHER_SECONDS, KnownAdmins
from bot.updates.shares import TOLD_EVERY_SECONDS, Counted, Decision, ShareLimits, Shares
from bot.words import Catalogues
from tests.unit.clockwork import in_no_time
from tests.unit.sending import Answering, outbox_on

ANNA, BEN, GROUP, OTHER_GROUP = 11, 12, -100, -200
HANDLE, DEFER, REFUSE = Decision.HANDLE, Decision.DEFER, Decision.REFUSE
_NUMBERS = count(1)


def said(text: str, user_id: int = ANNA, chat_id: int = GROUP, **fields: Any) -> dict[str, Any]:
    """An update: somebody wrote something."""
    chat = {"id": chat_id, "type": "supergroup" if chat_id < 0 else "private"}
    sender = {"id": user_id, "is_bot": False, "first_name": "Anna"}
    number = next(_NUMBERS)
    body = {"message_id": number, "date": 1, "chat": chat, "from": sender, "text": text, **fields}
    return {"update_id": number, "message": body}


def anonymous(text: str, signature: str | None, chat_id: int = GROUP) -> dict[str, Any]:
    """An update: an admin who hides behind the group wrote something."""
    group = {"id": chat_id, "type": "supergroup"}
    extra = {"author_signature": signature} if signature else {}
    return said(text, 1087968824, chat_id, sender_chat=group, **extra)


def pressed(user_id: int = ANNA, chat_id: int = GROUP) -> dict[str, Any]:
    """An update: somebody pressed a button."""
    number = next(_NUMBERS)
    message = said("screen", user_id, chat_id)["message"]
    sender = {"id": user_id, "is_bot": False, "first_name": "Anna"}
    return {
        "update_id": number,
        "callback_query": {"id": str(number), "from": sender, "message": message, "data": "x", "chat_instance": "1"},
    }


def shares(known: KnownAdmins | None = None) -> Shares:
    made = Shares(known or KnownAdmins(), {"settings", "help"})
    made.username = "the_bot"
    return made


def decide(counting: Shares, update: dict[str, Any]) -> Decision:
    """What becomes of an update, as `Intake` asks for it."""
    counted = counting.counted(update)
    return HANDLE if counted is None else counting.decide(counted)


def handled(counting: Shares, *updates: dict[str, Any]) -> int:
    return [decide(counting, update) for update in updates].count(HANDLE)


@in_no_time
async def test_six_commands_are_handled_at_once_over_all_chats_and_then_one_in_three_seconds() -> None:
    counting = shares()
    everywhere = [said("/help", chat_id=chat_id) for _ in range(3) for chat_id in (GROUP, OTHER_GROUP, ANNA)]
    assert handled(counting, *everywhere) == 6
    await asyncio.sleep(3)
    assert handled(counting, *everywhere) == 1
    await asyncio.sleep(3_000)
    assert handled(counting, *everywhere) == 6


@in_no_time
async def test_another_person_has_a_share_of_their_own() -> None:
    counting = shares()
    assert handled(counting, *(said("/help") for _ in range(100))) == 6
    assert handled(counting, *(said("/help", BEN) for _ in range(3))) == 3


@in_no_time
async def test_ten_presses_are_handled_at_once_and_then_one_a_second_beside_the_commands() -> None:
    counting = shares()
    assert handled(counting, *(pressed() for _ in range(30))) == 10
    await asyncio.sleep(2)
    assert handled(counting, *(pressed() for _ in range(30))) == 2
    assert handled(counting, *(said("/help") for _ in range(30))) == 6


@pytest.mark.parametrize(
    "text",
    ["hello", "/", "/ help", "/start@another_bot", "/settings@another_bot", "/unknown", "//help", "help /help"],
)
@in_no_time
async def test_what_is_not_for_this_bot_counts_against_nobody(text: str) -> None:
    assert shares().counted(said(text)) is None


@pytest.mark.parametrize("text", ["/help", "/HELP", "/help@the_bot", "/help@THE_BOT quickly", "/settings\nlanguage de"])
@in_no_time
async def test_commands_of_this_bot_count(text: str) -> None:
    assert shares().counted(said(text)) is not None


@in_no_time
async def test_answers_to_this_bot_and_captions_count_and_answers_to_others_do_not() -> None:
    counting = shares()
    ours = {"message_id": 1, "from": {"id": 1, "username": "the_bot"}}
    theirs = {"message_id": 1, "from": {"id": 2, "username": "another_bot"}}
    assert counting.counted(said("Europe/Berlin", reply_to_message=ours)) is not None
    assert counting.counted(said("Europe/Berlin", reply_to_message=theirs)) is None
    assert counting.counted(said("", caption="/settings import")) is not None


@in_no_time
async def test_in_private_every_message_counts() -> None:
    counting = shares()
    assert [decide(counting, said("hello", chat_id=ANNA)) for _ in range(7)] == [HANDLE] * 6 + [REFUSE]


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 1, "message": {"chat": "?"}},
        {"update_id": 1, "message": None},
        {"update_id": 1, "my_chat_member": {"chat": {"id": GROUP}, "from": {"id": ANNA}}},
        {"update_id": 1, "callback_query": {"id": "1", "from": {"id": ANNA}}},
        {"update_id": 1, "edited_message": said("/help")["message"]},
    ],
)
@in_no_time
async def test_other_updates_and_what_cannot_be_read_count_against_nobody(update: dict[str, Any]) -> None:
    assert shares().counted(update) is None


@in_no_time
async def test_anonymous_admins_are_told_apart_by_chat_and_signature() -> None:
    counting = shares()
    for signature in ("owner", "helper", None):
        assert [decide(counting, anonymous("/help", signature)) for _ in range(7)] == [HANDLE] * 6 + [DEFER]
    assert decide(counting, anonymous("/help", "owner", OTHER_GROUP)) is HANDLE


@in_no_time
async def test_who_writes_as_a_channel_counts_as_that_channel() -> None:
    counting = shares()
    channel = {"id": -300, "type": "channel"}
    assert handled(counting, *(said("/help", 136817688, sender_chat=channel) for _ in range(9))) == 6
    assert decide(counting, said("/help", 136817688, sender_chat={"id": -301, "type": "channel"})) is HANDLE


@in_no_time
async def test_beyond_the_share_of_known_members_commands_are_refused_and_of_others_deferred() -> None:
    known = KnownAdmins()
    counting = shares(known)
    known.note(GROUP, BEN, admin=False)
    known.note(GROUP, ANNA, admin=True)
    for person, later in ((ANNA, DEFER), (BEN, REFUSE), (13, DEFER)):
        assert [decide(counting, said("/help", person)) for _ in range(8)] == [HANDLE] * 6 + [later] * 2


@in_no_time
async def test_beyond_the_share_presses_are_refused_whoever_presses() -> None:
    known = KnownAdmins()
    known.note(GROUP, ANNA, admin=True)
    counting = shares(known)
    assert [decide(counting, pressed()) for _ in range(11)] == [HANDLE] * 10 + [REFUSE]


@in_no_time
async def test_the_time_until_the_next_one_is_when_it_is_handled() -> None:
    counting = shares()
    counted = counting.counted(said("/help"))
    assert isinstance(counted, Counted)
    assert counting.seconds_until_next(counted) == 0
    while counting.decide(counted) is HANDLE:
        pass
    for _ in range(50):
        await asyncio.sleep(0.37)
        await asyncio.sleep(counting.seconds_until_next(counted))
        assert counting.decide(counted) is HANDLE
        assert counting.decide(counted) is DEFER


@in_no_time
async def test_somebody_is_told_once_a_minute_an_admin_at_every_press() -> None:
    known = KnownAdmins()
    counting = shares(known)
    known.note(GROUP, BEN, admin=True)
    message, press, by_admin = (counting.counted(each) for each in (said("/help"), pressed(), pressed(BEN)))
    assert message is not None
    assert press is not None
    assert by_admin is not None
    for _ in range(2):
        told = [counting.to_be_told(each) for each in (message, press, message, press)]
        assert told == [True, True, False, False]
        await asyncio.sleep(TOLD_EVERY_SECONDS)
    assert all(counting.to_be_told(by_admin) for _ in range(20))


@in_no_time
async def test_who_is_known_to_be_an_admin_is_forgotten_in_time_and_everybody_is_their_own() -> None:
    known = KnownAdmins()
    assert known.get(GROUP, ANNA) is None
    assert known.get(ANNA, ANNA) is True
    known.note(GROUP, ANNA, admin=True)
    known.note(GROUP, BEN, admin=False)
    assert (known.get(GROUP, ANNA), known.get(GROUP, BEN), known.get(OTHER_GROUP, ANNA)) == (True, False, None)
    await asyncio.sleep(OTHER_SECONDS + 1)
    assert (known.get(GROUP, ANNA), known.get(GROUP, BEN)) == (True, None)
    await asyncio.sleep(ADMIN_SECONDS)
    assert known.get(GROUP, ANNA) is None


def too_fast(telegram: Answering) -> tuple[TooFast, Outbox]:
    outbox = outbox_on(telegram)
    return TooFast(outbox, PersonalWords(Catalogues(), CachedConfigs(Pool())), ShareLimits()), outbox


@in_no_time
async def test_who_is_too_fast_in_a_group_is_told_so_alone_and_to_nobody_where_that_is_not_allowed() -> None:
    telegram = Answering()
    tell, _ = too_fast(telegram)
    telegram.fail("sendMessage", (400, '{"ok": false, "description": "Bad Request: CHAT_ADMIN_REQUIRED"}'))
    tell(said("/help"))
    tell(anonymous("/help", "owner"))
    await asyncio.sleep(1)
    (told,) = telegram.calls
    assert told.arguments["ephemeral_message_parameters"] == {"receiver_user_id": ANNA}
    assert "3 seconds" in told.arguments["text"]


@in_no_time
async def test_who_is_too_fast_in_private_or_in_pressing_is_told_there() -> None:
    telegram = Answering()
    tell, _ = too_fast(telegram)
    tell(said("hello", chat_id=ANNA))
    tell(pressed())
    await asyncio.sleep(1)
    assert [call.method for call in telegram.calls] == ["sendMessage", "answerCallbackQuery"]
    assert telegram.calls[0].arguments["chat_id"] == ANNA
    assert telegram.calls[1].arguments["show_alert"] is True
