"""`export` and `import`: all chats as JSON lines, for a backup or for another host."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Self

from bot import signals
from bot.commandline.output import give_up_output
from bot.commandline.progress import Progress
from bot.environment import DatabaseEnvironment
from bot.errors import StartupError
from bot.storage.bulk.export import export
from bot.storage.bulk.imports import Import, Outcome
from bot.storage.bulk.records import KINDS, Record, header, read_header, read_record
from bot.storage.database import opened_for_bulk

LINES_AT_ONCE = 1_000
BYTES_AT_ONCE = 4 * 2**20
"""What one transaction of an import holds, and the rest of a chat's history."""

LONGEST_LINE = 16 * 2**20
NAMED_CHATS = 10


async def export_to(environment: DatabaseEnvironment, file: Path | None) -> None:
    """Write an export to a file, or to standard output; raises `StartupError` where it could not be written whole."""
    out = Output(file)
    with signals.undone(out.remove_part), out:  # in this order: a signal may come as soon as the part is there
        async with opened_for_bulk(environment) as pool, export(pool) as exported:
            counts = await exported.counts()
            out.write(header(counts))
            with Progress(sum(counts.values())) as progress:
                async for record in exported.records():
                    out.write(record.line)
                    progress.add()
        out.finish()
    _tell(f"Exported {counts['chat']:,} chats with {counts['change']:,} changes.")


class Output:
    """Takes lines for a file, or for standard output. Every method raises `StartupError` where they cannot be written.

    A file is written beside its place and put there when it is whole; only its owner may read it.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._part = None if file is None else Path(f"{file}.part")

    def __enter__(self) -> Self:
        with _said():
            if self._file is None or self._part is None:
                self._out: BinaryIO = sys.stdout.buffer
            elif self._file.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            else:
                self._out = os.fdopen(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        return self

    def __exit__(self, *_: object) -> None:
        if self._part is not None:
            with suppress(OSError):  # what is still to be written then was told before
                self._out.close()
            self.remove_part()

    def remove_part(self) -> None:
        """Remove what is not whole: it is of no use, and holds what people wrote."""
        if self._part is not None:
            self._part.unlink(missing_ok=True)

    def write(self, line: str) -> None:
        """Write a line."""
        with _said():
            self._out.write(f"{line}\n".encode())

    def finish(self) -> None:
        """Have all lines where they belong."""
        with _said():
            self._out.flush()
            if self._file is not None and self._part is not None:
                os.fsync(self._out.fileno())
                self._part.replace(self._file)


@contextmanager
def _said() -> Iterator[None]:
    """Say an error of writing; left to others, it would pass for one of the connection to the database."""
    try:
        yield
    except BrokenPipeError:
        give_up_output()
        raise StartupError("The export was not read to its end: it is incomplete.") from None
    except OSError as error:
        give_up_output()
        raise StartupError(f"The export could not be written: {error.strerror or type(error).__name__}.") from None


async def import_from(environment: DatabaseEnvironment, file: Path | None, *, replace: bool) -> None:
    """Store an export from a file, or from standard input, and say what became of its chats.

    Raises `StartupError` where the file is no export, is cut off, or holds what the database refuses.
    """
    with _reading(file) as source:
        first = source.readline(LONGEST_LINE).decode("utf-8-sig", "replace")
        expected = read_header(first)
        if expected is None:
            raise StartupError("This is no export that this release can read: python -m bot export writes one.")
        outcome = Outcome()
        async with AsyncExitStack() as stack:
            storage = Import(
                await stack.enter_async_context(opened_for_bulk(environment, writing=True)), replace=replace
            )
            progress = stack.enter_context(Progress(sum(expected.values())))
            reader = Reader(source, expected)
            for records in reader.batches():
                try:
                    outcome.add(await storage.store(records))
                except StartupError as error:
                    raise StartupError(
                        f"{error}, in the {len(records):,} lines up to line {reader.line:,}. What stands before "
                        "them is stored; of them nothing is."
                    ) from None
                progress.add(len(records))
    _tell(*summary(outcome))
    if not reader.complete:
        raise StartupError(
            "The file is incomplete: it ends before all that its first line promises. Import the whole one, too."
        )


@contextmanager
def _reading(file: Path | None) -> Iterator[BinaryIO]:
    if file is None:
        if sys.stdin.isatty():
            _tell("Reading an export from standard input; python -m bot import FILE reads one from a file.")
        yield sys.stdin.buffer
        return
    try:
        source = file.open("rb")
    except OSError as error:
        raise StartupError(f"{file} cannot be read: {error.strerror or type(error).__name__}.") from None
    with source:
        yield source


class Reader:
    """Reads the lines after the first, which says how many of each kind there must be."""

    def __init__(self, source: BinaryIO, expected: Mapping[str, int]) -> None:
        self.line = 1
        self._counts = dict.fromkeys(KINDS, 0)
        self._expected = expected
        self._source = source

    @property
    def complete(self) -> bool:
        """Whether all was read that was promised."""
        return self._counts == self._expected

    def batches(self) -> Iterator[list[Record]]:
        """Yield what is stored in one transaction: a chat and its changes are never parted."""
        batch: list[Record] = []
        size = 0
        wrong: StartupError | None = None
        try:
            for record in self._records():
                if record.kind != "change" and (len(batch) >= LINES_AT_ONCE or size >= BYTES_AT_ONCE):
                    yield batch
                    batch, size = [], 0
                batch.append(record)
                size += len(record.columns)
        except StartupError as error:
            wrong = error
        if not self.complete:
            # Of the last chat a part of the history may be missing.
            while batch and batch.pop().kind == "change":
                pass
        if batch:
            yield batch
        if wrong is not None:
            raise wrong

    def _records(self) -> Iterator[Record]:
        chat: int | None = None
        while line := self._source.readline(LONGEST_LINE):
            self.line += 1
            try:
                record = read_record(line.decode().rstrip("\r\n"))
            except UnicodeDecodeError:
                record = None
            if record is None and not line.endswith(b"\n"):
                return  # the file is cut off
            if record is None or (record.kind == "change" and record.chat_id != chat):
                raise StartupError(
                    f"Line {self.line:,} is not one of an export; the chats before the last one above it are stored."
                )
            chat = record.chat_id if record.kind in {"chat", "change"} else None
            self._counts[record.kind] += 1
            yield record


def summary(outcome: Outcome) -> list[str]:
    """Return what is said after an import: what was added, and what became of the chats that were there already."""
    said = [f"Added {outcome.added:,} chats with their history."]
    if outcome.same:
        said.append(f"{outcome.same:,} were there already, just as in the file.")
    if outcome.replaced:
        said.append(f"{_chats(outcome.replaced)} differed and are now as in the file.")
    if outcome.kept:
        said.append(f"{_chats(outcome.kept)} differ and stay as they are here; with --replace the file's are taken.")
    if outcome.moved:
        said.append(f"{_chats(outcome.moved)} stay as they are: here those groups have a newer id.")
    return said


def _chats(ids: list[int]) -> str:
    named = ", ".join(map(str, ids[:NAMED_CHATS]))
    return f"{len(ids):,} ({named}{', …' if len(ids) > NAMED_CHATS else ''})"


def _tell(*sentences: str) -> None:
    print("\n".join(sentences), file=sys.stderr)  # noqa: T201 - for the operator
