"""An imitation of Heroku on this machine: its command `heroku`, the build behind `git push heroku main`, its dynos.

It does what the Python buildpack and the platform do with our files: one package manager, the Python that `runtime.txt`
names, `pip install` of what production needs alone, the release phase before anything runs, workers that start switched
off, a new dyno beside the old one that gets SIGTERM and, 30 s later, SIGKILL. Nothing of the project's own environment
reaches the slug.

    python heroku.py STATE_FOLDER create
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PACKAGE_MANAGERS = ("requirements.txt", "Pipfile.lock", "Pipfile", "poetry.lock", "uv.lock")
STOPS_WITHIN = 30.0


class Heroku:
    """The app whose state lies in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "state.json"
        self.state: dict[str, Any] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def save(self) -> None:
        self._file.write_text(json.dumps(self.state))

    def create(self) -> None:
        """Make the app and the remote that is pushed to; config vars may be there before."""
        repository = self.folder / "repository.git"
        run("git", "init", "--quiet", "--bare", "--initial-branch=main", str(repository))
        hook = repository / "hooks" / "pre-receive"
        hook.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" "{self.folder}" build\n')
        hook.chmod(0o755)
        run("git", "remote", "add", "heroku", str(repository))
        self.state = {"config": self.state.get("config", {}), "formation": {}, "dynos": {}, "version": 0}
        print("Creating app... done")

    def create_addon(self, plan: str) -> None:
        if not plan.startswith("heroku-postgresql:"):
            raise SystemExit(f"Couldn't find the add-on {plan}.")
        self.state["config"]["DATABASE_URL"] = os.environ["IMITATED_DATABASE_URL"]
        print("Creating... done, DATABASE_URL set")

    def set_config(self, *assignments: str) -> None:
        self.state["config"].update(one.split("=", 1) for one in assignments)
        print("Setting config vars... done")
        self._restart()

    def build(self) -> None:
        """Make the slug of what is pushed, run the release phase, restart what is switched on."""
        revision = sys.stdin.readline().split()[1]
        version = self.state["version"] + 1
        slug = self.folder / f"v{version}"
        slug.mkdir()
        archive = subprocess.run(["git", "archive", revision], capture_output=True, check=True)
        subprocess.run(["tar", "-x", "-C", str(slug)], input=archive.stdout, check=True)
        install(slug)
        processes = procfile(slug)
        print("-----> Discovering process types: Procfile declares", ", ".join(processes))
        if "release" in processes and subprocess.run(**self._dyno(slug, processes["release"]), check=False).returncode:
            raise SystemExit("-----> Release command failed: nothing is changed.")
        self.state["version"] = version
        for kind in processes.keys() - {"release"}:
            self.state["formation"].setdefault(kind, 1 if kind == "web" else 0)
        self._restart()

    def scale(self, *assignments: str) -> None:
        for kind, _, quantity in (one.partition("=") for one in assignments):
            if kind not in self.state["formation"]:
                raise SystemExit(f"Couldn't find the process type {kind}.")
            self.state["formation"][kind] = int(quantity)
        self._restart()

    def run_one_off(self, *command: str) -> None:
        options = self._dyno(self._slug, " ".join(one for one in command if one != "--"))
        raise SystemExit(subprocess.run(**options, check=False).returncode)

    def logs(self) -> None:
        log = self.folder / "log"
        print(log.read_text() if log.exists() else "")

    def stop(self) -> None:
        """Switch everything off; for the end of a test."""
        self.state["formation"] = dict.fromkeys(self.state.get("formation", {}), 0)
        self._restart()

    @property
    def _slug(self) -> Path:
        return self.folder / f"v{self.state['version']}"

    def _restart(self) -> None:
        """Start new dynos as soon as the old ones are told to end; both run for a while."""
        if not self.state["version"]:
            return
        old = [pid for pids in self.state["dynos"].values() for pid in pids]
        for pid in old:
            os.killpg(pid, signal.SIGTERM)
        processes, self.state["dynos"] = procfile(self._slug), {}
        for kind, quantity in self.state["formation"].items():
            self.state["dynos"][kind] = [self._start(processes[kind]) for _ in range(quantity)]
        self.save()
        deadline = time.monotonic() + STOPS_WITHIN
        while any(map(alive, old)):
            if time.monotonic() > deadline:
                for pid in filter(alive, old):
                    os.killpg(pid, signal.SIGKILL)
                raise SystemExit("Error R12 (Exit timeout): a process did not end within 30 s of SIGTERM")
            time.sleep(0.05)

    def _start(self, command: str) -> int:
        with (self.folder / "log").open("ab") as log:
            options = {**self._dyno(self._slug, command), "stdout": log, "stderr": subprocess.STDOUT}
            return subprocess.Popen(**options, stdin=subprocess.DEVNULL, start_new_session=True).pid

    def _dyno(self, slug: Path, command: str) -> dict[str, Any]:
        """Arguments to run a command as a dyno does: its own environment, the slug as home."""
        path = f"{slug}/.heroku/python/bin:/usr/bin:/bin"
        return {
            "args": ["bash", "-c", command],
            "cwd": slug,
            "env": {"PATH": path, "HOME": str(slug), "PYTHONUNBUFFERED": "1", **self.state["config"]},
        }


def install(slug: Path) -> None:
    """What the Python buildpack does."""
    found = [name for name in PACKAGE_MANAGERS if (slug / name).exists()]
    if found != ["requirements.txt"]:
        raise SystemExit(f" !     Multiple Python package managers, or none: {found}")
    wanted = (slug / "runtime.txt").read_text().strip().removeprefix("python-")
    print(f"-----> Using Python {wanted} specified in runtime.txt")
    if f"{sys.version_info.major}.{sys.version_info.minor}" != wanted:
        raise SystemExit(f" !     Python {wanted} is not here")
    python = slug / ".heroku" / "python"
    run(sys.executable, "-m", "venv", str(python))
    run(
        str(python / "bin/python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
        str(slug / "requirements.txt"),
    )


def procfile(slug: Path) -> dict[str, str]:
    """The processes by their names."""
    lines = (slug / "Procfile").read_text().splitlines()
    return {kind: command.strip() for kind, _, command in (line.partition(":") for line in lines)}


def alive(pid: int) -> bool:
    """Whether a dyno runs; one that ended may wait to be asked for its exit code."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def run(*command: str) -> None:
    """Run a program that must succeed, its warnings left out."""
    subprocess.run(command, check=True, stderr=subprocess.PIPE)


def main(folder: str, command: str, *arguments: str) -> None:
    """Carry out one command."""
    heroku = Heroku(Path(folder))
    words = [one for one in arguments if one not in {"--wait", "--tail"}]
    commands: dict[str, Callable[..., None]] = {
        "create": heroku.create,
        "addons:create": heroku.create_addon,
        "config:set": heroku.set_config,
        "build": heroku.build,
        "ps:scale": heroku.scale,
        "run": heroku.run_one_off,
        "logs": heroku.logs,
        "stop": heroku.stop,
    }
    if command not in commands:
        raise SystemExit(f"{command} is not a heroku command.")
    commands[command](*words)
    heroku.save()


if __name__ == "__main__":
    main(*sys.argv[1:])
