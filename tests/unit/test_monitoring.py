"""The metrics, their document, the alert rules and the dashboard name the same things."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.client.outbox import Backlog
from bot.operating.measurements import QUERIES, Measurements, Times
from bot.operating.metrics import Metrics
from bot.operating.status import Report
from bot.storage.configs.cache import CachedConfigs
from bot.storage.connection.availability import Pool
from bot.storage.connection.checking import DatabaseState, PoolFigures
from bot.storage.connection.leadership import Leadership
from bot.updates.handling import Result

PROJECT = Path(__file__).parents[2]
MONITORING = PROJECT / "docs" / "monitoring"

REPORT = Report(
    "ok", (), 1.0, DatabaseState(healthy=True, latency=0.001, version="18.4"), PoolFigures(1, 5, 2, 1, 1, 0),
    leads=True, webhook=False, polling_fails=False, last_poll=1.0, last_update=2.0, in_hand=3, outbox=Backlog(1, 4.0),
)  # fmt: skip


@pytest.fixture
def promtool() -> str:
    """Prometheus' own checker."""
    found = shutil.which("promtool")
    if found is None:
        assert os.environ.get("CI") != "true", "promtool is missing; .ci/run installs it"
        pytest.skip("needs promtool (the Debian package prometheus)")
    return found


def measured() -> Measurements:
    """One of everything."""
    found = Measurements()
    found.update("message", Result.HANDLED, 0.003)
    found.update("message", Result.IGNORED, 0.0)
    found.call("sendMessage", "ok", 0.03)
    found.flood_waits["sendMessage"] += 1
    found.query("configs.read", 0.002, failed=True, slow=True)
    return found


def rendered(measurements: Measurements | None = None) -> str:
    configs = CachedConfigs(Pool())
    configs.revisions["menu"] += 1
    return Metrics(measurements or measured(), configs, Leadership(1)).render(REPORT).decode()


def exposed() -> set[str]:
    """The names of all samples."""
    return {sample.name for family in text_string_to_metric_families(rendered()) for sample in family.samples}


def test_a_fresh_process_shows_what_it_can_and_every_family_has_words() -> None:
    text = rendered(Measurements())
    families = list(text_string_to_metric_families(text))
    assert len(families) > 25
    assert all(family.documentation.endswith(".") for family in families)
    assert "bot_leader 1.0" in text
    assert "nan" not in text.lower()


def test_a_histogram_counts_each_time_in_its_class_and_all_above() -> None:
    times = Times(QUERIES)
    for seconds in (0.0, 0.001, 0.0011, 0.3, 100.0):
        times.add(seconds)
    assert times.counts == [2, 1, 0, 0, 0, 1, 0, 1]
    measurements = Measurements()
    measurements.query_times["x"] = times
    text = rendered(measurements)
    assert 'bot_database_query_seconds_bucket{le="0.001",query="x"} 2.0' in text
    assert 'bot_database_query_seconds_bucket{le="+Inf",query="x"} 5.0' in text
    assert 'bot_database_query_seconds_count{query="x"} 5.0' in text


def test_handling_is_timed_only_where_a_handler_ran() -> None:
    found = Measurements()
    for result in Result:
        found.update("message", result, 0.1)
    assert {result for _, result in found.updates} == set(Result)
    assert sum(found.handling["message"].counts) == 4


def test_one_report_is_rendered_once() -> None:
    metrics = Metrics(measured(), CachedConfigs(Pool()), Leadership(1))
    assert metrics.render(REPORT) is metrics.render(REPORT)


def test_every_metric_is_explained_to_the_operator() -> None:
    page = (PROJECT / "docs" / "operating.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE))
    families = set(re.findall(r"^# TYPE (bot_\w+)", rendered(), re.MULTILINE))
    assert families - named == set(), "docs/operating.md has to say what it means"
    assert {name for name in named if name.startswith("bot_")} - families == set(), "there is no such metric"


def metrics_in(expression: str) -> set[str]:
    """The metrics of an expression in Prometheus' language."""
    return set(re.findall(r"\b(?:bot|process|python)_\w+", expression)) | set(re.findall(r"\bup\b", expression))


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))
    return found


def test_every_metric_that_an_alert_names_exists() -> None:
    rules = (MONITORING / "alerts.yml").read_text(encoding="utf-8")
    expressions = re.findall(r"^        expr: (?:\|\n((?:          .*\n)+)|(.*)\n)", rules, re.MULTILINE)
    assert len(expressions) == rules.count("- alert:") > 10
    named = set().union(*(metrics_in(long or short) for long, short in expressions))
    assert named - exposed() - {"up", "process_start_time_seconds"} == set()


def test_every_alert_has_a_test_that_raises_it() -> None:
    rules = (MONITORING / "alerts.yml").read_text(encoding="utf-8")
    tests = (MONITORING / "alerts_test.yml").read_text(encoding="utf-8")
    raised = set(re.findall(r"alertname: (\w+)\n        exp_alerts:\n          - exp_labels", tests))
    quiet = set(re.findall(r"\{eval_time: 55m, alertname: (\w+)\}", tests))
    assert set(re.findall(r"- alert: (\w+)", rules)) == raised == quiet


def test_prometheus_takes_the_alert_rules_and_their_tests_hold(promtool: str) -> None:
    for command in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
        done = subprocess.run([promtool, *command], cwd=MONITORING, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stdout + done.stderr


def panels() -> Iterator[dict[str, Any]]:
    yield from (panel for panel in dashboard()["panels"] if panel["type"] != "row")


def test_every_metric_of_the_dashboard_exists_and_every_metric_of_ours_is_on_it() -> None:
    expressions = " ".join(target["expr"] for panel in panels() for target in panel["targets"])
    assert metrics_in(expressions) - exposed() == set()
    ours = set(re.findall(r"^# TYPE (bot_\w+)", rendered(), re.MULTILINE))
    left_out = {"bot_uptime_seconds", "bot_polling_fails", "bot_config_cached_chats"}
    assert {name for name in ours if name not in expressions} == left_out


def test_the_dashboard_has_what_grafana_needs_and_no_panel_lies_over_another() -> None:
    found = dashboard()
    assert found["schemaVersion"] >= 36
    assert {one["name"] for one in found["templating"]["list"]} == {"datasource", "job"}
    ids = [panel["id"] for panel in found["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in found["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    for panel in panels():
        assert panel["type"] in {"stat", "timeseries"}
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["fieldConfig"]["defaults"]["unit"]
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"]
            assert '{job="$job"' in target["expr"]
            assert target["expr"].count("(") == target["expr"].count(")")


def test_prometheus_understands_every_expression_of_the_dashboard(promtool: str, tmp_path: Path) -> None:
    expressions = [target["expr"] for panel in panels() for target in panel["targets"]]
    # As recording rules, which promtool reads.
    rules = [
        {"record": f"dashboard:{number}", "expr": each.replace("$__rate_interval", "5m").replace("$job", "bot")}
        for number, each in enumerate(expressions)
    ]
    file = tmp_path / "dashboard.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
    done = subprocess.run([promtool, "check", "rules", str(file)], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules)} rules found" in done.stdout


def test_prometheus_takes_the_metrics_as_they_are_shown(promtool: str) -> None:
    done = subprocess.run([promtool, "check", "metrics"], input=rendered(), capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
