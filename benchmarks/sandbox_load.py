"""How many updates a second the sandbox serves to a polling client, and in how much memory.

    python benchmarks/sandbox_load.py [--updates 50000]

The server runs in this process; the client, which polls and confirms as a bot does, in another. Reported: making the
updates (people speaking), serving them, both at once, the server's peak memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from sandbox import Sandbox  # noqa: E402

CLIENT = """
import http.client, json, sys, time
host, port, token, wanted = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
connection = http.client.HTTPConnection(host, port)
offset = got = 0
began = None
while got < wanted:
    connection.request("GET", f"/bot{token}/getUpdates?timeout=20&limit=100&offset={offset}")
    updates = json.loads(connection.getresponse().read())["result"]
    began = began or time.perf_counter()
    if updates:
        got += len(updates)
        offset = updates[-1]["update_id"] + 1
print(json.dumps({"got": got, "seconds": time.perf_counter() - began}))
connection.request("GET", f"/bot{token}/getUpdates?timeout=0&offset={offset}")
connection.getresponse().read()
"""


async def client(telegram: Sandbox, wanted: int) -> asyncio.subprocess.Process:
    port = telegram.url.rsplit(":", 1)[1]
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", CLIENT, "127.0.0.1", port, telegram.token, str(wanted), stdout=subprocess.PIPE
    )


async def seconds_of(process: asyncio.subprocess.Process) -> float:
    out, _ = await process.communicate()
    found: float = json.loads(out)["seconds"]
    return found


async def measure(updates: int) -> None:
    async with Sandbox() as telegram:
        people = [telegram.person(f"Person {number}") for number in range(100)]
        began = time.perf_counter()
        for number in range(updates):
            people[number % 100].say(f"/settings quiet_hours 23:00-07:00 {number}")
        made = time.perf_counter() - began
        served = await seconds_of(await client(telegram, updates))
        process = await client(telegram, updates)
        await telegram.polled(within=30)
        for number in range(updates):
            people[number % 100].say(f"/settings quiet_hours 23:00-07:00 {number}")
            if number % 100 == 99:
                await asyncio.sleep(0)
        both = await seconds_of(process)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"made          {updates / made:9,.0f} updates/s")
    print(f"served        {updates / served:9,.0f} updates/s")
    print(f"made + served {updates / both:9,.0f} updates/s")
    print(f"peak memory   {peak:9,.0f} MB (with {updates:,} updates waiting at once)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=50_000)
    asyncio.run(measure(parser.parse_args().updates))
