"""Tables that are distributed by chat: each statement needs one machine of several, but for a few that are named here.

Citus is imitated by partitions. Other storage tests are run on such tables, and PostgreSQL tells how it carried out
each of their statements, those of triggers included.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from bot.storage.connection.availability import Pool
from bot.storage.connection.queries import OTHER, name_of
from bot.storage.schema.migrate import migrate
from tests.distributing import SCRIPT, distribute
from tests.storage.plans import SETTINGS, Plan, logged_plans, programs
from tests.storage.server import Server, server_folder
from tests.storage.test_queries import STORAGE, statements

ROOT = Path(__file__).parents[2]
RUN = ("chat_configs", "chat_locks", "greeted", "known_chats", "moves", "outbox", "privacy", "stored_updates", "undo")

CROSSING = {
    # a move: the old id and the new one
    "moves.delete_rows", "moves.document", "moves.history", "moves.lock_rows", "moves.outbox",
    # the chats on one person's list: which of them the bot has left
    "known_chats.find",
    # the outbox: what waits to be sent, written and read in batches
    "outbox.adopt", "outbox.delete", "outbox.due_deletions", "outbox.purge", "outbox.release", "outbox.store",
    "outbox.take_over", "outbox.waiting",
    # the purge, and before it the question whether there will be something to purge
    "configs.mark_left", "privacy.due_people", "privacy.purge",
    # /privacy: what refers to a person, or to a chat that is deleted, wherever it is
    "privacy.anonymise_history", "privacy.anonymise_rows", "privacy.delete_chat", "privacy.delete_person",
    "privacy.histories_of", "privacy.lock_rows", "privacy.traces",
}  # fmt: skip
"""The statements that may need several machines. Operators' commands (bulk, statistics) read everything, too."""

OPERATORS = re.compile(r"(bulk|statistics)\.")
DISTRIBUTED = re.compile(r"create_distributed_table\('(\w+)'")


@pytest.fixture
def telling_server(postgres: str) -> Iterator[Server]:
    """A server that logs how it carries out each statement."""
    found = programs()
    if found is None:
        assert os.environ.get("CI") != "true", "a PostgreSQL with auto_explain is missing; .ci/run installs it"
        pytest.skip("needs a PostgreSQL with auto_explain, as Debian's package postgresql has it")
    with server_folder() as folder:
        server = Server(folder, found)
        server.create(SETTINGS)
        server.start()
        yield server
        server.stop("immediate")


@pytest.mark.slow
@pytest.mark.proof
@pytest.mark.timeout(1800)
async def test_a_statement_needs_the_machine_of_its_chat_alone_and_an_index_leads_to_its_rows(
    telling_server: Server,
) -> None:
    await run_on_distributed_tables(telling_server)
    plans: dict[str, list[Plan]] = defaultdict(list)
    for plan in logged_plans(telling_server.data):
        if plan.nested or (plan.name != OTHER and not OPERATORS.match(plan.name)):
            plans[plan.name].append(plan)
    assert sum(plan.nested for each in plans.values() for plan in each) > 100, "those of triggers are told, too"
    untried = statements_on_distributed_tables() - plans.keys()
    assert not untried, "no test that is run here asks this: name its module in RUN"
    crossing = {name for name, each in plans.items() if max(len(plan.parts) for plan in each) > 1}
    assert crossing == CROSSING
    assert not [(name, plan.without_index) for name, each in plans.items() for plan in each if plan.without_index], (
        "these read a table from its beginning to its end"
    )


async def run_on_distributed_tables(server: Server) -> None:
    """Run the tests that ask what is asked of distributed tables; they hold there, too."""
    modules = [f"tests/storage/test_{name}.py" for name in RUN]
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TEST_"))}
    ran = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "pytest", "-q", "-n", "0", *modules],
        env={**own, "TEST_DATABASE_SERVER": server.url(), "TEST_TABLES": "distributed"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout[-5000:]


def statements_on_distributed_tables() -> set[str]:
    """The names of the statements in the code that read or write a distributed table, without those of commands."""
    tables = DISTRIBUTED.findall(SCRIPT.read_text(encoding="utf-8"))
    named = re.compile(rf"\b(FROM|JOIN|INTO|UPDATE|USING) ({'|'.join(tables)})\b")
    asked = [sql for file in STORAGE.rglob("*.py") for sql in statements(file)]
    names = {name_of(sql) for sql in asked if named.search(sql.partition("\n")[2])}
    return {name for name in names if not OPERATORS.match(name)}


@pytest.mark.parametrize(
    ("left_out", "refusal"),
    [
        ("SET LOCAL citus.enable_unsafe_triggers = on;", "triggers on distributed tables"),
        ("ALTER TABLE config_changes DROP CONSTRAINT config_changes_chat_id_fkey;", "foreign key config_changes_chat"),
        ("ALTER TABLE outbox DROP CONSTRAINT outbox_id_key;", "unique index outbox_id_key does not hold chat_id"),
        ("ALTER TABLE outbox ALTER COLUMN id DROP IDENTITY;", "identity column"),
        ("SELECT create_distributed_table('chat_configs', 'chat_id');", "chat_configs is not distributed"),
    ],
)
async def test_what_citus_refuses_is_noticed_and_then_nothing_is_distributed(
    pool: Pool, left_out: str, refusal: str
) -> None:
    script = SCRIPT.read_text(encoding="utf-8")
    assert left_out in script
    with pytest.raises(asyncpg.PostgresError, match=refusal):
        await distribute(pool, script.replace(left_out, ""))
    assert await pool.connections.fetchval("SELECT count(*) FROM pg_partitioned_table") == 0


async def test_rows_stay_as_they_were_and_a_deploy_has_nothing_to_migrate(pool: Pool) -> None:
    await pool.connections.execute("INSERT INTO chat_configs (chat_id, config) VALUES (-1, '{\"goodbye\": true}')")
    sql = "SELECT row_to_json(chat_configs)::text, row_to_json(config_changes)::text FROM chat_configs, config_changes"
    before = await pool.connections.fetch(sql)
    await distribute(pool)
    assert await pool.connections.fetch(sql) == before
    assert await migrate(pool) == []
