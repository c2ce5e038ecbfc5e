"""What hosts read: the Python version, the processes, the requirements, the variables."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values
from pydantic import SecretStr

from bot.commandline.arguments import parse
from bot.environment import Environment
from scripts.replay_dockerfile import context_files

PROJECT = Path(__file__).parents[2]


def text(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


PYTHON = "3.13"


def test_every_host_gets_the_same_minor_version_of_python_and_no_patch() -> None:
    assert text("runtime.txt") == f"python-{PYTHON}\n"
    assert text(".python-version") == f"{PYTHON}\n"
    assert re.findall(r"^FROM (\S+)", text("deploy/docker/Dockerfile"), re.MULTILINE) == [f"python:{PYTHON}-slim"] * 2
    assert "PYTHON_VERSION" not in text("render.yaml"), "Render reads .python-version"


def test_the_checks_are_made_for_the_oldest_python_that_is_supported() -> None:
    tools = tomllib.loads(text("pyproject.toml"))["tool"]
    assert tools["ruff"]["target-version"].replace("py3", "3.") == tools["mypy"]["python_version"] == "3.11"
    assert {f"newest={PYTHON}", "oldest=3.11"} <= set(text(".ci/run").splitlines())


def test_a_host_migrates_in_the_release_phase_and_runs_a_worker_and_no_web_process() -> None:
    assert text("Procfile").splitlines() == ["release: python -m bot migrate", "worker: python -m bot"]


@pytest.mark.parametrize(
    "commands",
    [
        lambda: [line.partition(": ")[2] for line in text("Procfile").splitlines()],
        lambda: re.findall(r"Command: (python .*)", text("render.yaml")),
        lambda: [fly()["deploy"]["release_command"], *fly()["processes"].values()],
        lambda: [
            " ".join(json.loads(one))
            for one in re.findall(r"^CMD (.*)", text("deploy/docker/Dockerfile"), re.MULTILINE)
        ],
        lambda: re.findall(r"^ExecStart=\S+/(python .*)", text("deploy/systemd/telegram-bot.service"), re.MULTILINE),
    ],
    ids=["Procfile", "render.yaml", "fly.toml", "Dockerfile", "systemd"],
)
def test_every_command_that_a_host_runs_is_one_of_the_bot_s(commands: Callable[[], list[str]]) -> None:
    found = commands()
    assert found
    for command in found:
        python, option, module, *arguments = command.split()
        assert (python, option, module) == ("python", "-m", "bot")
        assert parse(arguments).command in {"run", "migrate"}


def test_app_json_switches_on_the_processes_of_the_procfile_and_adds_a_database() -> None:
    app = json.loads(text("app.json"))
    assert {kind: one["quantity"] for kind, one in app["formation"].items()} == {"worker": 1}
    assert [one.partition(":")[0] for one in app["addons"]] == ["heroku-postgresql"]
    assert app["buildpacks"] == [{"url": "heroku/python"}]
    assert len(app["name"]) <= 30
    assert re.fullmatch(r"[a-zA-Z-_.]+", app["name"])


def dockerfile() -> str:
    return text("deploy/docker/Dockerfile")


def test_the_readme_and_the_guide_say_the_same_about_heroku() -> None:
    blocks = [
        re.findall(r"```\n(heroku create\n.*?)```", text(name), re.DOTALL) for name in ("README.md", "docs/deploy.md")
    ]
    assert len(blocks[0]) == 1
    assert blocks[0] == blocks[1]


def fly() -> dict[str, Any]:
    return tomllib.loads(text("fly.toml"))


def compose() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load(text("deploy/docker/compose.yaml"))["services"]
    return services


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text("deploy/systemd/telegram-bot.service"))
    return parser


PROGRAM_S = ("HOME=", "PATH=", "PYTHON")
"""Variables of Python and of the system."""


VARIABLES: dict[str, Callable[[], set[str]]] = {
    "app.json": lambda: set(json.loads(text("app.json"))["env"]),
    "render.yaml": lambda: {
        one["key"] for service in yaml.safe_load(text("render.yaml"))["services"] for one in service["envVars"]
    },
    "fly.toml": lambda: set(fly().get("env", {})),
    "compose.yaml": lambda: set(compose()["bot"]["environment"]),
    "systemd": lambda: {
        one.partition("=")[0] for one in unit()["Service"]["Environment"].split() if not one.startswith(PROGRAM_S)
    },
    "Dockerfile": lambda: {
        one
        for line in re.findall(r"^ENV (.*)", text("deploy/docker/Dockerfile"), re.MULTILINE)
        for one in re.findall(r"(\w+)=", line)
        if not f"{one}=".startswith(PROGRAM_S)
    },
}


@pytest.mark.parametrize("file", VARIABLES)
def test_no_file_of_a_host_sets_a_variable_that_the_bot_does_not_know(file: str) -> None:
    assert VARIABLES[file]() <= {field.upper() for field in Environment.model_fields}


def test_the_documents_name_no_variable_that_nobody_knows() -> None:
    hosts = {"RAILWAY_DEPLOYMENT_DRAINING_SECONDS", "DATABASE_PUBLIC_URL"}
    known = {field.upper() for field in Environment.model_fields} | hosts
    for name in ("docs/deploy.md", "README.md"):
        named = set(re.findall(r"\b(?:BOT|DATABASE|LOG|RAILWAY|SLOW|FAST|DATA|WEBHOOK)_[A-Z_]+\b", text(name)))
        assert named <= known, f"{name}: {named - known}"


def test_a_host_waits_as_long_as_the_bot_needs_to_finish_what_it_has_in_hand() -> None:
    assert fly()["kill_timeout"] >= FINISHES_WITHIN
    assert compose()["bot"]["stop_grace_period"] == "30s"
    assert int(unit()["Service"]["TimeoutStopSec"]) >= FINISHES_WITHIN
    assert yaml.safe_load(text("render.yaml"))["services"][0]["maxShutdownDelaySeconds"] >= FINISHES_WITHIN
    for name in ("docs/deploy.md", "README.md"):
        seconds = re.search(r"RAILWAY_DEPLOYMENT_DRAINING_SECONDS`?[ =:|`]+(\d+)", text(name))
        assert seconds is not None
        assert int(seconds[1]) >= FINISHES_WITHIN


FINISHES_WITHIN = 25
"""Seconds: 20 for what is in hand, some for the database and the goodbye to Telegram."""


def test_what_asks_whether_the_bot_is_ready_asks_its_own_port_and_takes_a_stand_by_for_ready() -> None:
    check = fly()["checks"]["ready"]
    assert (str(check["port"]), check["path"]) == (fly()["env"]["PORT"], "/readyz")
    bot = compose()["bot"]
    assert f"http://127.0.0.1:{bot['environment']['PORT']}/readyz" in bot["healthcheck"]["test"][-1]
    assert bot["healthcheck"]["test"][:3] == ["CMD", "python", "-c"]


def test_the_image_is_slim_and_its_process_is_neither_root_nor_able_to_write() -> None:
    assert re.findall(r"^USER (.*)", dockerfile(), re.MULTILINE) == ["10001"]
    assert "HOME=/home/bot" in dockerfile()
    bot = compose()["bot"]
    assert (bot["read_only"], bot["cap_drop"], bot["tmpfs"]) == (True, ["ALL"], ["/tmp"])
    assert "ports" not in bot | compose()["database"], "nobody connects from outside"
    assert (PROJECT / "deploy/docker" / bot["build"]["context"]).resolve() == PROJECT
    assert bot["build"]["dockerfile"] == fly()["build"]["dockerfile"] == "deploy/docker/Dockerfile"


def test_a_build_of_the_image_sees_only_what_it_takes_and_no_secret() -> None:
    ignorefile = text(fly()["build"]["ignorefile"])
    names = ["bot/app.py", "bot/locales/de/LC_MESSAGES/bot.mo", "migrations/0001_x.sql", "requirements.txt"]
    hidden = [
        ".env",
        ".git/config",
        "requirements-dev.txt",
        "tests/a.py",
        "bot/__pycache__/app.pyc",
        ".data/x",
        "app.json",
    ]
    assert context_files(ignorefile, names + hidden) == names


def test_requirements_are_flat_pinned_and_hashed() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = [line for line in text(name).replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
        assert lines
        for line in lines:
            assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+( ; .+?)? +--hash=sha256:[0-9a-f]{64}", line), line[:80]


def test_what_is_named_exactly_is_pinned_exactly_so() -> None:
    pinned = text("requirements.txt")
    for line in text("requirements.in").split():
        if "==" in line:
            assert re.search(rf"^{re.escape(line)} ", pinned, re.MULTILINE), f"make lock: {line}"


def test_no_file_stands_beside_requirements_that_makes_a_host_refuse_to_build() -> None:
    managers = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile", "Pipfile.lock", "environment.yml", "setup.py")
    builders = ("Dockerfile", "railpack.json", "nixpacks.toml", "package.json", "compose.yaml", "docker-compose.yml")
    dead = ("railway.json", "railway.toml")
    for name in (*managers, *builders, *dead):
        assert not (PROJECT / name).exists(), f"a host would read {name} in place of requirements.txt and Procfile"
    assert "project" not in tomllib.loads(text("pyproject.toml")), "a host would install the project instead"


def documented() -> dict[str, str]:
    """The variables of .env.example with their values, commented out or not."""
    lines = re.findall(r"^#? ?([A-Z][A-Z0-9_]*)=(\S*)$", text(".env.example"), re.MULTILINE)
    assert len(lines) == len(dict(lines)), "a variable stands there twice"
    return dict(lines)


def test_the_example_documents_every_variable_and_no_other() -> None:
    assert documented().keys() == {field.upper() for field in Environment.model_fields}


def test_the_example_shows_every_default_as_it_is() -> None:
    def shown(default: Any) -> str:
        if isinstance(default, bool):
            return "on" if default else "off"
        return "" if default is None else f"{default:g}" if isinstance(default, float) else str(default)

    for name, field in Environment.model_fields.items():
        if not field.is_required() and not isinstance(field.default, SecretStr):
            assert documented()[name.upper()] == shown(field.default), f"{name.upper()} has another default"


def test_every_variable_of_the_example_is_explained_by_the_comment_above_it() -> None:
    lines = text(".env.example").splitlines()
    for number, line in enumerate(lines):
        if re.match(r"#? ?[A-Z][A-Z0-9_]*=", line):
            above = lines[number - 1]
            assert re.match(r"# [A-Z].*[a-z.)]$", above), f"{line}: the line above explains it"
            assert len(above) <= 120


def test_the_example_copied_as_it_is_lacks_the_token_only() -> None:
    values = dotenv_values(PROJECT / ".env.example")
    assert values == {"BOT_TOKEN": ""}
