"""Carry out deploy/docker/Dockerfile step by step without Docker, and run what it starts.

    python -m scripts.replay_dockerfile [-e NAME=VALUE ...] [COMMAND ...]

Needs root on Linux: each stage gets a root folder of its own (chroot, in a mount namespace of its own). In place of
the base image stand this machine's Debian and the Python that runs this script, whose version must be that of `FROM`.
COPY takes only what the ignore file leaves. In the end the root is made read-only, but for /tmp, and the command is run
as the image's user without capabilities, as compose.yaml does. Not shown: that the base image has what this Debian has.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).parents[1]
DOCKERFILE = PROJECT / "deploy/docker/Dockerfile"
# How this machine reaches the package index; Docker takes a proxy along, too.
BUILD_VARIABLES = {
    name: value for name, value in os.environ.items() if name.startswith("PIP_") or "_proxy" in name.lower()
}
SYSTEM = ("usr", "bin", "sbin", "lib", "lib64", "dev", "proc")


@dataclass(slots=True)
class Stage:
    """A stage of the build: its root folder, and what its instructions have set so far."""

    root: Path
    folder: str = "/"
    user: str = "0"
    variables: dict[str, str] = field(default_factory=lambda: {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"})
    command: list[str] = field(default_factory=list)


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Return the instructions in order, as (name, rest)."""
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE)).splitlines()
    return [(name.upper(), rest.strip()) for name, _, rest in (line.strip().partition(" ") for line in lines) if name]


def context_files(ignorefile: str, names: list[str]) -> list[str]:
    """Return the files that a build sees: a pattern hides, one with ! shows again; the last that matches holds."""
    patterns = [line for line in ignorefile.splitlines() if line and not line.startswith("#")]

    def seen(name: str) -> bool:
        parents = [name, *(str(parent) for parent in Path(name).parents if str(parent) != ".")]
        visible = True
        for pattern in patterns:
            wanted = pattern.removeprefix("!")
            shapes = [wanted, wanted.removeprefix("**/")]
            tails = [one.rpartition("/")[2] for one in parents] if wanted.startswith("**/") else []
            if any(fnmatch.fnmatchcase(one, shape) for one in [*parents, *tails] for shape in shapes):
                visible = pattern.startswith("!")
        return visible

    return [name for name in names if seen(name)]


class Replay:
    """Carries out the instructions, one stage after the other."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._stages: dict[str, Stage] = {}
        self.stage = Stage(work)
        tracked = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - whichever git there is
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        ignorefile = DOCKERFILE.with_name(f"{DOCKERFILE.name}.dockerignore").read_text()
        self._context = context_files(ignorefile, [*tracked, ".env", ".git/HEAD"])

    def carry_out(self, name: str, rest: str) -> None:
        """Carry out one instruction; what is none of those this script knows is an error."""
        print(f"{name} {rest}", flush=True)
        match name:
            case "FROM":
                self._begin(*re.split(r"\s+AS\s+", rest, flags=re.IGNORECASE))
            case "RUN":
                self.run(["/bin/sh", "-ec", rest])
            case "COPY":
                self._copy(rest.split())
            case "ENV":
                assigned = dict(part.split("=", 1) for part in shlex.split(rest))
                self.stage.variables |= {key: self._filled_in(value) for key, value in assigned.items()}
            case "WORKDIR":
                self.stage.folder = rest
                self._inside(rest).mkdir(parents=True, exist_ok=True)
            case "USER":
                self.stage.user = rest
            case "CMD":
                self.stage.command = json.loads(rest)
            case _:
                raise SystemExit(f"{name} is not known to this script.")

    def run(self, command: list[str], *, more: dict[str, str] | None = None, confined: bool = False) -> int:
        """Run a command in the stage's root as its user; `confined` as compose.yaml does, returning the exit code."""
        stage = self.stage
        drop = ["--bounding-set=-all", "--no-new-privs", "--inh-caps=-all"] if confined else []
        user = ["setpriv", f"--reuid={stage.user}", f"--regid={stage.user}", "--clear-groups", *drop, *command]
        inside = f"cd {shlex.quote(stage.folder)} && exec {shlex.join(user)}"
        ran = subprocess.run(  # noqa: S603 - the Dockerfile's own
            ["/usr/sbin/chroot", str(stage.root), "/bin/sh", "-c", inside],
            env=({} if confined else BUILD_VARIABLES) | stage.variables | (more or {}),
            check=not confined,
        )
        return ran.returncode

    def read_only(self) -> None:
        """Make the root read-only, /tmp apart."""
        _mount("--bind", self.stage.root, self.stage.root)
        _mount("-o", "remount,bind,ro", self.stage.root)
        _mount("-t", "tmpfs", "tmpfs", self.stage.root / "tmp")
        for name in (*SYSTEM, "usr/local"):
            self._bind(name)

    def _begin(self, image: str, name: str = "") -> None:
        wanted = re.fullmatch(r"python:(3\.\d+)-slim", image)
        present = f"{sys.version_info.major}.{sys.version_info.minor}"
        if wanted is None or wanted[1] != present:
            raise SystemExit(f"{image} is wanted, and this is Python {present}.")
        self.stage = Stage(self._work / (name or f"stage-{len(self._stages)}"))
        self._stages[name] = self.stage
        for made in (*SYSTEM, "tmp", "root", "home", "etc"):
            self._inside(made).mkdir(parents=True, exist_ok=True)
        self._inside("tmp").chmod(0o1777)
        shutil.copytree("/etc", self._inside("etc"), symlinks=True, dirs_exist_ok=True)
        for bound in (*SYSTEM, "usr/local"):
            self._bind(bound)
        self.run(["ldconfig"])

    def _bind(self, name: str) -> None:
        """Show a folder of this machine in the root, so that nothing in there can change it."""
        _mount("--rbind", sys.base_prefix if name == "usr/local" else Path("/") / name, self._inside(name))
        _mount("-o", "remount,bind,ro", self._inside(name))

    def _copy(self, arguments: list[str]) -> None:
        *sources, target = [one for one in arguments if not one.startswith("--")]
        stage = next((one.partition("=")[2] for one in arguments if one.startswith("--from=")), None)
        into = self._inside(str(Path(self.stage.folder) / target))
        for source in sources:
            if stage is not None:
                shutil.copytree(self._stages[stage].root / source.lstrip("/"), into, symlinks=True)
                continue
            files = [one for one in self._context if one == source or one.startswith(f"{source}/")]
            if not files:
                raise SystemExit(f"{source} is not in the build's context.")
            for file in files:
                copied = into / (file.removeprefix(source).lstrip("/") or source)
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(PROJECT / file, copied)

    def _inside(self, path: str) -> Path:
        return self.stage.root / path.lstrip("/")

    def _filled_in(self, value: str) -> str:
        return re.sub(r"\$(\w+)", lambda name: self.stage.variables.get(name[1], ""), value)


def _mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True)  # noqa: S603, S607 - this machine's


def main() -> int:
    """Replay the Dockerfile and run a command, by default its own; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("-e", dest="variables", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("This needs root: it makes root folders of its own and mounts into them.")
    if "REPLAYING" not in os.environ:
        # What is mounted is seen by this process alone, and gone with it.
        again = [
            "unshare",
            "--mount",
            "--propagation=private",
            sys.executable,
            "-m",
            "scripts.replay_dockerfile",
            *sys.argv[1:],
        ]
        with tempfile.TemporaryDirectory(prefix="replay-", ignore_cleanup_errors=True) as work:
            Path(work).chmod(0o755)
            environment = os.environ | {"REPLAYING": work}
            return subprocess.run(again, env=environment, cwd=PROJECT, check=False).returncode  # noqa: S603 - itself
    replay = Replay(Path(os.environ["REPLAYING"]))
    for name, rest in instructions(DOCKERFILE.read_text(encoding="utf-8")):
        replay.carry_out(name, rest)
    replay.read_only()
    command = arguments.command or replay.stage.command
    print(f"== {shlex.join(command)}", flush=True)
    given = dict(one.split("=", 1) for one in arguments.variables)
    return replay.run(command, more=given, confined=True)


if __name__ == "__main__":
    sys.exit(main())
