"""Writes docs/performance.md and its plot from what benchmarks/flood.py, growth.py and million.py measured.

python benchmarks/report.py FOLDER

The folder holds bench.json and, from the last full run, growth.json and million.json.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
COLUMNS = {
    "start s": "start s",
    "updates/s": "updates/s",
    "CPU ms/update": "CPU ms an update",
    "CPU ms/plain": "CPU ms a plain message",
    "CPU ms/answer": "CPU ms an answer",
    "CPU ms/change": "CPU ms a change",
    "last of 10 ms": "10 people",
    "last of 100 ms": "100",
    "last of 500 ms": "500",
    "last of 1000 ms": "1,000 people, last answer ms",
    "500/s p50 ms": "500/s p50 ms",
    "500/s p99 ms": "p99 ms",
    "500/s without changes p99 ms": "p99 ms without changes",
    "peak RSS MB": "peak RSS MB",
    "connections": "connections",
}
# What the project set out to show: our figure against another one's, at least or at most so many times.
GOALS = [
    ("updates/s", "aiogram", "≥", 6.0),
    ("updates/s", "grammY + pg", "≥", 3.0),
    ("updates/s", "grammY + map", "≥", 1.0),
    ("last of 1000 ms", "aiogram", "≤", 0.3),
    ("last of 1000 ms", "grammY + pg", "≤", 1.0),
    ("500/s p99 ms", "aiogram", "≤", 0.7),
    ("500/s without changes p99 ms", "aiogram", "≤", 0.7),
]
Figures = dict[str, float]
Medians = dict[str, Figures]
Rounds = dict[str, list[Figures]]


def shown(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def table(medians: Medians) -> str:
    columns = [key for key in COLUMNS if any(key in figures for figures in medians.values())]
    lines = ["| bot | " + " | ".join(COLUMNS[key] for key in columns) + " |", "| --- " * (len(columns) + 1) + "|"]
    for name, figures in medians.items():
        cells = [shown(figures[key]) if key in figures else "–" for key in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def goals(medians: Medians, rounds: Rounds) -> str:
    lines = ["| ours against | wanted | measured | |", "| --- | --- | --- | --- |"]
    for key, other, sign, times in GOALS:
        if other in medians and key in medians["ours"]:
            found = ratio(rounds, key, other)
            said = "reached" if (found >= times if sign == "≥" else found <= times) else "not reached"
            lines.append(f"| {other}, {key} | {sign} {times:g} × | {found:.2f} × | {said} |")
    if "aiogram" in medians and "peak RSS MB" in medians["ours"]:
        more = medians["ours"]["peak RSS MB"] - medians["aiogram"]["peak RSS MB"]
        lines.append(
            f"| aiogram, peak RSS | ≤ + 25 MB | {more:+.0f} MB | {'reached' if more <= 25 else 'not reached'} |"
        )
    for key, most in (("CPU ms/plain", 0.006), ("CPU ms/answer", 0.25)):
        if key in medians["ours"]:
            used = medians["ours"][key]
            lines.append(f"| {COLUMNS[key]} | ≤ {most} | {used:.3f} | {'reached' if used <= most else 'not reached'} |")
    if "connections" in medians["ours"]:
        many = medians["ours"]["connections"]
        said = "reached" if many <= 6 else "not reached"
        lines.append(f"| connections to PostgreSQL | ≤ 5 and a listening one | {many:g} | {said} |")
    return "\n".join(lines)


def ratio(rounds: Rounds, key: str, other: str) -> float:
    """Return the median of our figure against another one's in the same round."""
    pairs = zip(rounds["ours"], rounds[other], strict=True)
    return statistics.median(ours[key] / its[key] for ours, its in pairs)


def in_short(medians: Medians, rounds: Rounds) -> str:
    """Return five lines for people in a hurry."""
    ours = medians["ours"]
    others = [name for name in ("aiogram", "grammY + pg", "grammY + map") if name in medians]
    against = ", ".join(f"{ratio(rounds, 'updates/s', name):.1f} × {name}" for name in others)
    half, most = ours["500/s p50 ms"], ours["500/s p99 ms"]
    return f"""- **Throughput**: {ours["updates/s"]:,.0f} updates a second of a mixed flood on one core; {against}.
- **CPU**: {ours["CPU ms/answer"]:.2f} ms for an answered command, {ours["CPU ms/plain"]:.3f} ms for a plain message.
- **Latency** at 500 updates a second: half within {half:.1f} ms, 99 % within {most:.1f} ms.
- **Memory**: {ours["peak RSS MB"]:.0f} MB at most, nearly all of it aiogram's types; it does not grow with time.
- **Why**: configurations in memory, unwanted updates dropped unparsed, screens sent as JSON; and a fast path past
  aiogram and aiohttp that `FAST_PATH=off` switches off."""


def plot(medians: Medians) -> str:
    """Return the updates a second of every bot as bars."""
    rows = sorted(((figures["updates/s"], name) for name, figures in medians.items()), reverse=True)
    most, height = rows[0][0], 26 * len(rows) + 34
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="760" height="{height}" '
            'font-family="sans-serif" font-size="13">'
        ),
        f'<rect width="760" height="{height}" fill="#fff"/>',
        '<text x="12" y="20" font-weight="bold">The mixed flood: updates a second (more is better)</text>',
    ]
    for number, (value, name) in enumerate(rows):
        y = 34 + 26 * number
        width = max(2, round(430 * value / most))
        color = "#2a7ae2" if name == "ours" else "#b8c4d0"
        parts.append(f'<text x="205" y="{y + 14}" text-anchor="end">{name}</text>')
        parts.append(f'<rect x="215" y="{y}" width="{width}" height="18" fill="{color}"/>')
        parts.append(f'<text x="{221 + width}" y="{y + 14}">{value:,.0f}</text>')
    return "\n".join([*parts, "</svg>", ""])


def growth(found: dict[str, Any]) -> str:
    """Return what the full run found of many chats and of long times."""
    lines = [
        "## Growth",
        "",
        f"Measured on {found['date']}: {found['chats']:,} stored chats, each of which chose something.",
        "",
        "| of them active | CPU ms a plain message | resident MB |",
        "| --- | --- | --- |",
        *(f"| {one['chats']:,} | {one['ms']:.4f} | {one['MB']:.0f} |" for one in found["active"]),
        "",
    ]
    if flooded := found["flood MB"]:
        lines.append(f"- {len(flooded) * 100_000:,} updates in a flood: {_first_and_last(flooded)}.")
    if minutes := found["minutes MB"]:
        lines.append(f"- {len(minutes)} minutes at 500 updates a second: {_first_and_last(minutes)}.")
    return "\n".join(lines)


def _first_and_last(megabytes: list[float]) -> str:
    return f"{megabytes[0]:.1f} MB after the first part, {megabytes[-1]:.1f} MB after the last"


def million(found: dict[str, Any]) -> str:
    """Return what a million chats cost beside a thousand."""
    few, many = sorted(found["commands"], key=int)
    rows = [
        f"| {what} | {shown(cost['few'])} | {shown(cost['many'])} | {cost['ratio']:.2f} |"
        for what, cost in found["costs"].items()
    ]
    commands = found["commands"][many]
    sizes = "; ".join(f"{at}: {megabytes:.0f} MB" for at, megabytes in found["memory"].items())
    return f"""## A million chats

Measured on {found["date"]} by `benchmarks/million.py`, load average {found["load"]:.1f}: {found["chats"]:,} chats,
each with settings, three changes and an entry of a person's list, beside {int(few):,} on the same server, without
safety (fsync off). Chats are taken at random, and none of them is in the bot's memory, nor are many in the 128 MB that
PostgreSQL keeps by default; a ratio is the median of the ratios within rounds.

| milliseconds | {int(few):,} chats | {int(many):,} chats | ratio |
| --- | --- | --- | --- |
{chr(10).join(rows)}

- **Memory** of the bot, after a message in each of so many chats: {sizes}.
- **Commands**: `stats` takes {commands["stats"]:.0f} s, `export` {commands["export"]:.0f} s.
- **Size** of an export: {commands["export MB"]:.0f} MB.
- **Disk**: {found["disk MB"]:.0f} MB with indexes."""


def page(found: dict[str, Any], grown: dict[str, Any] | None, of_many: dict[str, Any] | None) -> str:
    about, medians = found["about"], found["medians"]
    share = max(figures.get("server CPU share", 0.0) for figures in medians.values())
    rounds = len(next(iter(found["rounds"].values())))
    return f"""# Performance

{in_short(medians, found["rounds"])}

Measured on {about["date"]} by `benchmarks/flood.py` (`make bench` writes this page): {about["cores"]} cores,
Python {about["python"]}, load average {about["load"]:.1f}; medians of {rounds} rounds, in each
of which every bot has every kind of load in turn. Only the ratios within one run mean something; those further below
are medians of the ratios within each round.

![Updates a second](performance.svg)

{table(medians)}

- **Start**: from the process to its first request for updates. Nearly all of it is the import of aiogram's types.
- **Mixed flood**: {about["updates"]:,} updates over 1,000 people and 1,000 groups: 90 % plain messages in groups, 9 %
  `/settings` and 1 % a setting being set, in private. Plain messages need the chat's configuration; the peers with a
  database read it each time. The columns after it are plain messages alone, `/settings` alone and settings being set
  alone.
- **People at once**: that many send `/settings` in the same moment; the time of the last answer.
- **500/s**: updates released one by one at that pace; time from release to answer. One command in ten sets something,
  which for us ends with a commit; a peer without a database has none. The last of these columns is without changes.
- Our bot runs as `python -m bot` does, with confirmation after handling, history, checks and the whole menu in each
  answer, but without the pace that Telegram asks of bots (30 messages a second). A peer answers with a fixed text.
- The load comes from `benchmarks/telegram.py`; it used {share:.0%} of one core at most, so it is not what was measured.

## What was set out, and what was reached

{goals(medians, found["rounds"])}

{WHERE_IT_COMES_FROM}
{growth(grown) if grown else ""}

{million(of_many) if of_many else ""}
"""


WHERE_IT_COMES_FROM = (ROOT / "benchmarks" / "gains.md").read_text()


def read(file: Path) -> dict[str, Any] | None:
    return json.loads(file.read_text()) if file.exists() else None


def main() -> None:
    folder = Path(sys.argv[1])
    found = json.loads((folder / "bench.json").read_text())
    (ROOT / "docs").mkdir(exist_ok=True)
    of_growth = [read(folder / name) for name in ("growth.json", "million.json")]
    (ROOT / "docs" / "performance.md").write_text(page(found, *of_growth))
    (ROOT / "docs" / "performance.svg").write_text(plot(found["medians"]))


if __name__ == "__main__":
    main()
