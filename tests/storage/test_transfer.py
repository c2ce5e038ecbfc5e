"""Export and import: another host gets everything, a repetition does no harm, a broken file is told."""

from __future__ import annotations

import asyncio
import json
import os
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from bot.commandline import transfer
from bot.commandline.transfer import export_to, import_from
from bot.environment import Environment
from bot.errors import StartupError
from bot.storage.bulk.records import KINDS, header
from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection.availability import Pool
from bot.storage.database import opened
from bot.storage.known_chats import KnownChats
from bot.storage.outbox import OutboxRows, Row
from bot.storage.privacy import Privacy
from tests.conftest import NOW, create_pool, database_url, environment_for

ADA, BOB = 11, 12
GROUP, BUSY, OLD, NEW, ERASED, LEFT, BY_HAND = -1, -2, -10, -1000, -30, -40, -50
MakeDatabase = Callable[[], Awaitable[Environment]]


@pytest.fixture
async def another(postgres: str) -> AsyncIterator[MakeDatabase]:
    """Make an empty database, without a table."""
    names: list[str] = []
    connection = await asyncpg.connect(postgres)

    async def make() -> Environment:
        names.append(f"another_{os.getpid()}_{len(names)}")
        await connection.execute(f'CREATE DATABASE "{names[-1]}"')
        return environment_for(database_url(postgres, names[-1]))

    yield make
    for name in names:
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.close()


async def live(pool: Pool) -> None:
    """Have chats do everything that leaves something in the database."""
    configs, known = ChatConfigs(pool), KnownChats(pool)
    await configs.change(
        GROUP, {"welcome_text": "Hi\n“{name}” 👋 \u2028 \\u0000 \\", "goodbye": True}, by=ADA, via="menu"
    )
    await configs.change(GROUP, {"language": "de"}, by=BOB, via="command", anonymous=True, update_id=77)
    await configs.undo(GROUP, 2, by=ADA)
    for number in range(230):
        await configs.change(BUSY, {"number": number}, by=None, via="import")
    await configs.change(OLD, {"a": 1}, by=ADA, via="menu")
    await configs.change(NEW, {"b": 2}, by=BOB, via="menu")
    await configs.move(OLD, NEW)
    await configs.change(ERASED, {"a": 1}, by=ADA, via="menu")
    await Privacy(pool).erase_chat(ERASED)
    await configs.change(ADA, {"language": "en"}, by=ADA, via="menu")
    await known.remember(ADA, LEFT, 'A "title"\t')
    await known.remember(BOB, GROUP, "Клуб")
    await configs.mark_left(LEFT, NOW)
    deletion = Row(GROUP, 0, "delete:7", 7, "deletion", [("deleteMessage", {"message_id": 7})], 900.0, 9_000.0)
    await OutboxRows(pool, 123).store([deletion])
    await pool.connections.execute(
        "INSERT INTO chat_configs (chat_id, config) VALUES ($1, $2::text::jsonb)",
        BY_HAND,
        f'{{"exact": 1.10, "huge": 1e400, "long": {"9" * 5000}, "nested": [{{"b": null, "aa": []}}]}}',
    )
    await pool.connections.execute("UPDATE chat_configs SET config = config - 'exact' WHERE chat_id = $1", BY_HAND)


async def exported(environment: Environment, folder: Path) -> bytes:
    await export_to(environment, folder / "export.jsonl")
    return await asyncio.to_thread((folder / "export.jsonl").read_bytes)


async def imported(environment: Environment, folder: Path, content: bytes, *, replace: bool = False) -> None:
    (folder / "import.jsonl").write_bytes(content)
    await import_from(environment, folder / "import.jsonl", replace=replace)


async def test_export_drop_the_database_import_and_export_give_the_same_byte_for_byte(
    environment: Environment, pool: Pool, another: MakeDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await live(pool)
    before = await exported(environment, tmp_path)
    kinds = [next(iter(json.loads(line, parse_int=str))) for line in before.split(b"\n")[1:-1]]
    assert {kind: kinds.count(kind) for kind in kinds} == json.loads(before.partition(b"\n")[0])["lines"]
    assert all(kinds.count(kind) for kind in ("chat", "change", "former_id", "listed", "deletion"))
    new_host = await another()
    await imported(new_host, tmp_path, before)
    assert "Added 7 chats with their history." in capsys.readouterr().err
    assert await exported(new_host, tmp_path) == before


async def test_the_bot_goes_on_with_imported_chats_where_it_stopped(
    environment: Environment, pool: Pool, another: MakeDatabase, tmp_path: Path
) -> None:
    await live(pool)
    new_host = await another()
    await imported(new_host, tmp_path, await exported(environment, tmp_path))
    there = await create_pool(new_host)
    try:
        for chat in (GROUP, BUSY, OLD, NEW, ERASED, LEFT, ADA):
            assert await ChatConfigs(there).read(chat) == await ChatConfigs(pool).read(chat)
            assert await ChatConfigs(there).history(chat, limit=300) == await ChatConfigs(pool).history(chat, limit=300)
        repeated = await ChatConfigs(there).change(GROUP, {"language": "de"}, by=BOB, via="command", update_id=77)
        assert repeated is not None
        assert repeated.revision == 2, "an update that was done before is not done again"
        undone = await ChatConfigs(there).undo(GROUP, 1, by=ADA)
        assert undone.revision == 4
        (due,) = await OutboxRows(there, 123).due_deletions(1_000, 10)
        assert json.dumps(due.calls) == '[["deleteMessage", {"message_id": 7}]]'
    finally:
        await there.connections.close()


async def test_importing_twice_changes_nothing(
    environment: Environment, pool: Pool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await live(pool)
    before = await exported(environment, tmp_path)
    for replace in (False, True):
        await imported(environment, tmp_path, before, replace=replace)
        said = capsys.readouterr().err
        assert "Added 0 chats" in said
        assert "7 were there already, just as in the file." in said
        assert await exported(environment, tmp_path) == before


async def test_an_import_that_was_interrupted_is_completed_by_the_next(
    environment: Environment, pool: Pool, another: MakeDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await live(pool)
    before = await exported(environment, tmp_path)
    new_host = await another()
    monkeypatch.setattr(transfer, "LINES_AT_ONCE", 3)
    with pytest.raises(StartupError, match="incomplete: it ends before"):
        await imported(new_host, tmp_path, before[: len(before) // 2])
    await imported(new_host, tmp_path, before)
    assert await exported(new_host, tmp_path) == before


async def test_a_chat_that_differs_stays_as_it_is_and_is_named(
    environment: Environment, pool: Pool, configs: ChatConfigs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await live(pool)
    before = await exported(environment, tmp_path)
    await configs.change(GROUP, {"goodbye": False}, by=ADA, via="menu")
    changed = await exported(environment, tmp_path)
    await imported(environment, tmp_path, before)
    said = capsys.readouterr().err
    assert f"1 ({GROUP}) differ and stay as they are here; with --replace the file's are taken." in said
    assert "6 were there already" in said
    assert await exported(environment, tmp_path) == changed


async def test_replacing_takes_the_file_s_history_and_leaves_chats_that_the_file_does_not_have(
    environment: Environment, pool: Pool, configs: ChatConfigs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await live(pool)
    before = await exported(environment, tmp_path)
    await configs.change(GROUP, {"goodbye": False, "mine": 1}, by=ADA, via="menu")
    await imported(environment, tmp_path, before, replace=True)
    assert f"1 ({GROUP}) differed and are now as in the file." in capsys.readouterr().err
    assert await exported(environment, tmp_path) == before
    await configs.change(-7, {"later": 1}, by=ADA, via="menu")
    await imported(environment, tmp_path, before, replace=True)
    assert (await configs.read(-7)).chosen == {"later": 1}


async def test_an_old_file_marks_no_chat_as_left_that_the_bot_came_back_to(
    environment: Environment, configs: ChatConfigs, pool: Pool, another: MakeDatabase, tmp_path: Path
) -> None:
    await configs.change(GROUP, {"goodbye": True}, by=ADA, via="menu")
    await configs.mark_left(GROUP, NOW)
    await pool.connections.execute("UPDATE chat_configs SET left_at = left_at - interval '40 days'")
    old = await exported(environment, tmp_path)
    await configs.unmark_left(GROUP, NOW)
    await configs.change(GROUP, {"goodbye": False}, by=ADA, via="menu")
    await imported(environment, tmp_path, old, replace=True)
    stored = await configs.read(GROUP)
    assert (stored.chosen, stored.left_at) == ({"goodbye": True}, None)
    new_host = await another()
    await imported(new_host, tmp_path, old)
    async with opened(there := Pool(), new_host):
        assert await Privacy(there).purge() == 0
        assert (await ChatConfigs(there).read(GROUP)).left_at is not None


async def test_a_group_that_was_upgraded_here_meanwhile_is_not_brought_back_under_its_old_id(
    environment: Environment, configs: ChatConfigs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await configs.change(OLD, {"a": 1}, by=ADA, via="menu")
    before = await exported(environment, tmp_path)
    await configs.move(OLD, NEW)
    for replace in (False, True):
        await imported(environment, tmp_path, before, replace=replace)
        assert f"1 ({OLD}) stay as they are: here those groups have a newer id." in capsys.readouterr().err
        assert (await configs.read(OLD)).chat_id == NEW


async def test_a_former_id_that_is_a_chat_of_its_own_here_stays_one(
    environment: Environment, configs: ChatConfigs, pool: Pool, another: MakeDatabase, tmp_path: Path
) -> None:
    await configs.change(OLD, {"a": 1}, by=ADA, via="menu")
    await configs.move(OLD, NEW)
    new_host = await another()
    async with opened(there := Pool(), new_host):
        await ChatConfigs(there).change(OLD, {"b": 2}, by=ADA, via="menu")
        await imported(new_host, tmp_path, await exported(environment, tmp_path))
        assert (await ChatConfigs(there).read(OLD)).chosen == {"b": 2}
        assert (await ChatConfigs(there).read(NEW)).chosen == {"a": 1}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "no JSON",
        "[]",
        '{"chat":{"chat_id":"1"}}',
        '{"chat":{"chat_id":99999999999999999999}}',
        '{"chat":{"chat_id":true}}',
        '{"drop":{"chat_id":1}}',
        '{"change":{"chat_id":5,"revision":1}}',
        "[" * 100_000,
        "\udcff",
    ],
    ids=["empty", "text", "list", "word", "large", "truth", "kind", "orphan", "deep", "bytes"],
)
async def test_a_line_that_is_not_one_of_an_export_is_named(
    environment: Environment, configs: ChatConfigs, tmp_path: Path, line: str
) -> None:
    await configs.change(GROUP, {"a": 1}, by=ADA, via="menu")
    head, *rest = (await exported(environment, tmp_path)).split(b"\n")
    broken = b"\n".join([head, *rest[:2], line.encode("utf-8", "surrogateescape"), b""])
    with pytest.raises(StartupError, match=r"^Line 4 is not one of an export"):
        await imported(environment, tmp_path, broken)


async def test_what_stands_before_a_wrong_line_is_stored_but_for_the_chat_above_it(
    environment: Environment, configs: ChatConfigs, another: MakeDatabase, tmp_path: Path
) -> None:
    for chat_id in (-3, -2, -1):
        await configs.change(chat_id, {"a": 1}, by=ADA, via="menu")
    lines = (await exported(environment, tmp_path)).split(b"\n")
    (wrong,) = [number for number, line in enumerate(lines) if line.startswith(b'{"chat":{"chat_id":-1,')]
    lines[wrong] = b"no JSON"
    new_host = await another()
    with pytest.raises(StartupError, match="the chats before the last one above it are stored"):
        await imported(new_host, tmp_path, b"\n".join(lines))
    async with opened(there := Pool(), new_host):
        assert [(await ChatConfigs(there).read(chat_id)).revision for chat_id in (-3, -2, -1)] == [1, 0, 0]


@pytest.mark.parametrize(
    "line",
    [
        '{"chat":{"chat_id":5}}',
        '{"chat":{"chat_id":5,"config":[],"revision":1,"updated_at":"2026-01-01T00:00:00Z","via":"menu"}}',
        '{"chat":{"chat_id":5,"config":{"a":"\\u0000"},"revision":1}}',
        '{"listed":{"chat_id":5,"user_id":5,"title":"x","seen_at":"yesterday or so"}}',
    ],
    ids=["columns missing", "not an object", "NUL", "no time"],
)
async def test_what_postgresql_refuses_is_told_with_its_lines_and_nothing_of_them_is_stored(
    environment: Environment, configs: ChatConfigs, tmp_path: Path, line: str
) -> None:
    head = header({**dict.fromkeys(KINDS, 0), line.split('"')[1]: 1}).encode()
    with pytest.raises(StartupError, match=r"refuses what stands there .* up to line 2\."):
        await imported(environment, tmp_path, b"\n".join([head, line.encode(), b""]))
    assert (await configs.read(5)).revision == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff" * 1000, b'{"format": "telegram-bot chats", "version": 2}\n', b'{"greetings": {}}\n'],
    ids=["empty", "bytes", "later", "settings"],
)
async def test_another_file_is_refused_before_anything_is_done(
    environment: Environment, tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(StartupError, match="no export that this release can read"):
        await imported(environment, tmp_path, content)


async def test_a_file_that_went_through_windows_is_read_all_the_same(
    environment: Environment, pool: Pool, another: MakeDatabase, tmp_path: Path
) -> None:
    await live(pool)
    before = await exported(environment, tmp_path)
    new_host = await another()
    await imported(new_host, tmp_path, b"\xef\xbb\xbf" + before.replace(b"\n", b"\r\n"))
    assert await exported(new_host, tmp_path) == before


async def test_a_database_without_tables_cannot_be_exported(another: MakeDatabase, tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="python -m bot migrate"):
        await exported(await another(), tmp_path)
    assert not (tmp_path / "export.jsonl").exists()


async def test_only_the_owner_may_read_an_export_and_a_failed_one_leaves_the_older_in_place(
    environment: Environment, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = await exported(environment, tmp_path)
    assert (tmp_path / "export.jsonl").stat().st_mode & 0o777 == 0o600
    await live(pool)
    target = tmp_path / "export.jsonl.part"
    target.unlink(missing_ok=True)
    target.symlink_to("/dev/full")
    with pytest.raises(StartupError, match="could not be written: No space left on device"):
        await exported(environment, tmp_path)
    assert (tmp_path / "export.jsonl").read_bytes() == older
    assert not target.is_symlink(), "a part of an export is of no use, and holds what people wrote"


@pytest.mark.parametrize("name", ["", "."])
async def test_a_folder_is_no_place_for_an_export(environment: Environment, tmp_path: Path, name: str) -> None:
    with pytest.raises(StartupError, match="could not be written: Is a directory"):
        await export_to(environment, Path(f"{tmp_path}/{name}") if name else Path(name))
    assert list(tmp_path.parent.glob("*.part")) == []


async def test_memory_does_not_grow_with_the_number_of_chats(
    environment: Environment, pool: Pool, another: MakeDatabase, tmp_path: Path
) -> None:
    await pool.connections.execute(
        """
        INSERT INTO chat_configs (chat_id, config)
        SELECT -n, jsonb_build_object('welcome_text', repeat('x', 1000)) FROM generate_series(1, 12000) AS n
        """
    )
    new_host = await another()
    tracemalloc.start()
    try:
        content = tmp_path / "export.jsonl"
        await export_to(environment, content)
        await import_from(new_host, content, replace=False)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    size = content.stat().st_size
    assert size > 24_000_000
    assert peak < size / 2


async def test_every_column_of_every_table_is_exported_or_left_out_on_purpose(
    environment: Environment, pool: Pool, tmp_path: Path
) -> None:
    await live(pool)
    exported_columns: dict[str, set[str]] = {}
    for line in (await exported(environment, tmp_path)).split(b"\n")[1:-1]:
        ((kind, columns),) = json.loads(line, parse_int=str).items()
        exported_columns.setdefault(kind, set()).update(columns)
    tables: dict[str, tuple[str, set[str]]] = {
        # The one tells the trigger of a change what the change's own column says from then on; the other is found out
        # anew.
        "chat": ("chat_configs", {"anonymous_revision", "refused_topic"}),
        "change": ("config_changes", set()),
        "former_id": ("chat_aliases", set()),
        "listed": ("known_chats", set()),
        # A deletion waits, is followed by nothing, and gets an id of the new database.
        "deletion": ("outbox", {"id", "state", "delete_after", "by_admin", "holder"}),
    }
    rows = await pool.connections.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
    )
    columns_of: dict[str, set[str]] = {}
    for row in rows:
        columns_of.setdefault(row["table_name"], set()).add(row["column_name"])
    # Made by every migration anew; handled within seconds, and delivered to one process.
    assert columns_of.keys() - {table for table, _ in tables.values()} == {"schema_migrations", "stored_updates"}
    for kind, (table, left_out) in tables.items():
        assert exported_columns[kind] == columns_of[table] - left_out, f"bot/storage/bulk: columns of {table}"
