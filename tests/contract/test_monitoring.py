"""The dashboard and the alert rules ask for metrics that the relay has."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from components.image.relay.metrics import FAMILIES

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "components" / "monitoring" / "grafana-dashboard.json").read_text())
RULES = [
    rule
    for group in yaml.safe_load((ROOT / "components" / "monitoring" / "prometheus-alerts.yaml").read_text())[
        "groups"
    ]
    for rule in group["rules"]
]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [
    *(pytest.param(rule["expr"], id=rule["alert"]) for rule in RULES),
    *(
        pytest.param(target["expr"], id=f"{panel['title']} {target['refId']}")
        for panel in PANELS
        for target in panel["targets"]
    ),
    *(pytest.param(note["expr"], id=note["name"]) for note in DASHBOARD["annotations"]["list"]),
]

# What Prometheus adds to each series.
TARGET_LABELS = {"job", "instance"}
SAMPLES = {
    family.name + suffix: {*family.labels, *TARGET_LABELS, *labels}
    for family in FAMILIES
    for suffix, labels in {
        "counter": {"_total": ()},
        "info": {"_info": ()},
        "gauge": {"": ()},
        "histogram": {"_bucket": ("le",), "_count": (), "_sum": ()},
    }[family.type].items()
}


def selectors(query: str) -> Iterator[promql_parser.VectorSelector]:
    """Each metric that a query asks for. Raises ValueError where it is no PromQL."""
    found: list[promql_parser.VectorSelector] = []

    def visit(node: Any) -> None:
        match node:
            case promql_parser.VectorSelector():
                found.append(node)
            case promql_parser.MatrixSelector():
                found.append(node.vector_selector)
            case promql_parser.BinaryExpr():
                visit(node.lhs)
                visit(node.rhs)
            case promql_parser.Call():
                for argument in node.args:
                    visit(argument)
            case promql_parser.AggregateExpr() | promql_parser.ParenExpr() | promql_parser.UnaryExpr():
                visit(node.expr)

    # Grafana puts durations in the place of these.
    visit(promql_parser.parse(re.sub(r"\$__(rate_)?interval", "5m", query)))
    yield from found


@pytest.mark.parametrize("query", QUERIES)
def test_each_query_asks_for_metrics_and_labels_that_exist(query):
    asked = list(selectors(query))
    assert asked
    for selector in asked:
        assert selector.name in SAMPLES
        assert {matcher.name for matcher in selector.matchers.matchers} <= SAMPLES[selector.name]


def test_each_metric_is_on_the_dashboard():
    shown = {
        selector.name
        for panel in PANELS
        for target in panel["targets"]
        for selector in selectors(target["expr"])
    }
    families = {re.sub("_(total|info|bucket)$", "", name) for name in shown}
    # When they happened is for rules of the user's own; the dashboard has their rates.
    dates = {
        "opensmtpd_last_permanent_failure_timestamp_seconds",
        "opensmtpd_last_login_refusal_timestamp_seconds",
    }
    assert families == {family.name for family in FAMILIES} - dates


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_each_panel_has_a_unit_a_description_and_the_chosen_data_source(panel):
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["description"]
    assert panel["datasource"]["uid"] == "${datasource}"


def test_no_panel_covers_another_and_each_has_its_own_id():
    panels = DASHBOARD["panels"]
    places = [
        (x, y)
        for grid in (panel["gridPos"] for panel in panels)
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]
    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_alert_says_what_is_wrong_and_what_to_do(rule):
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"].endswith(".")


def test_the_runbook_has_a_section_for_each_alert_and_no_other():
    page = (ROOT / "docs" / "operations.md").read_text()
    runbook = page.partition("\n## Alerts\n")[2]
    anchors = [
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^### (.+)$", runbook, re.MULTILINE)
    ]
    assert [f"docs/operations.md#{anchor}" for anchor in anchors] == [
        rule["annotations"]["runbook"] for rule in RULES
    ]
    assert re.findall(r"^`(Relay\w+)`", runbook, re.MULTILINE) == [rule["alert"] for rule in RULES]
