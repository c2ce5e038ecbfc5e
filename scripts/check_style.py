"""Checks the rules of this project that no linter knows. `make check` runs it; it prints each breach and ends with 1.

- No module of `bot/` or `sandbox/` is longer than 300 lines, no function longer than 45.
- No folder of `bot/` holds more than 14 modules.
- Private parts of other libraries are used in `bot/fastpath/` only.
- `docs/settings.md` says what `bot/settings/` declares.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from scripts import settings_page

PROJECT = Path(__file__).parents[1]
FOLDERS = ("bot", "sandbox")

MODULE_LINES = 300
FUNCTION_LINES = 45
FOLDER_MODULES = 14

PRIVATE_PARTS_IN = "bot/fastpath/"
UNDOCUMENTED_MODULES = ("aiohttp.client_proto", "aiohttp.http_parser", "asyncpg.protocol")
"""Modules of other libraries that their documentation does not name."""


def breaches(project: Path) -> list[str]:
    """Return a sentence for each rule that is broken below this folder."""
    files = [file for folder in FOLDERS for file in sorted((project / folder).rglob("*.py"))]
    found = [breach for file in files for breach in _in_module(file, file.relative_to(project).as_posix())]
    return found + _in_folders(project)


def _in_module(file: Path, name: str) -> Iterator[str]:
    text = file.read_text(encoding="utf-8")
    lines = text.count("\n")
    if lines > MODULE_LINES:
        yield f"{name}: {lines} lines; at most {MODULE_LINES}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{name}:{node.lineno}: {node.name} has {lines} lines; at most {FUNCTION_LINES}"
        elif not name.startswith(PRIVATE_PARTS_IN):
            yield from (f"{name}:{line}: {part} is private to a library" for line, part in _private_parts(node))
    if not name.startswith(PRIVATE_PARTS_IN):
        # ruff tells a private attribute of somebody else's object from one of our own.
        for number, line in enumerate(text.splitlines(), start=1):
            if "noqa: SLF001" in line:
                yield f"{name}:{number}: a private attribute is used"


def _private_parts(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Find the line and name of private arguments, and of imports of private or undocumented things."""
    match node:
        case ast.keyword(arg=str(argument)) if argument.startswith("_"):
            yield node.lineno, f"the argument {argument}"
        case ast.Import(names=names):
            yield from ((node.lineno, one.name) for one in names if _is_private(one.name))
        case ast.ImportFrom(module=str(module), names=names, level=0):
            imported = [f"{module}.{one.name}" for one in names]
            yield from ((node.lineno, one) for one in imported if _is_private(one))


def _is_private(imported: str) -> bool:
    """Say whether a dotted name leads through something private to a library, or undocumented."""
    if imported.startswith("__future__."):
        return False
    undocumented = any(f"{imported}.".startswith(f"{module}.") for module in UNDOCUMENTED_MODULES)
    return undocumented or any(part.startswith("_") for part in imported.split("."))


def _in_folders(project: Path) -> list[str]:
    modules = [file for file in (project / "bot").rglob("*.py") if file.name != "__init__.py"]
    held = Counter(file.parent.relative_to(project).as_posix() for file in modules)
    return [
        f"{folder}: {count} modules; at most {FOLDER_MODULES}"
        for folder, count in sorted(held.items())
        if count > FOLDER_MODULES
    ]


def main() -> int:
    """Print what is wrong; return the exit code."""
    found = breaches(PROJECT)
    if settings_page.PATH.read_text(encoding="utf-8") != settings_page.settings_page():
        found.append("docs/settings.md does not say what bot/settings/ declares: make docs")
    print("\n".join(found or ["The project's own rules are kept."]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
