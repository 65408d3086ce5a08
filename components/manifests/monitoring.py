"""What the Prometheus operator is told: https://prometheus-operator.dev/docs/api-reference/api/"""

from pathlib import Path
from typing import Any

import yaml

from .labels import selector

API_GROUP = "monitoring.coreos.com"
API_VERSION = f"{API_GROUP}/v1"

_ALERTS = Path(__file__).resolve().parents[1] / "monitoring" / "prometheus-alerts.yaml"


def service_monitor_spec(instance: str) -> dict[str, Any]:
    """The spec of the ServiceMonitor: every replica, ready or not. Of the Services, one has the port for it."""
    return {
        "selector": {"matchLabels": selector(instance)},
        "endpoints": [{"port": "metrics", "path": "/metrics"}],
    }


def prometheus_rule_spec() -> dict[str, Any]:
    """The spec of the PrometheusRule: the alerts that docs/operations.md explains."""
    return yaml.safe_load(_ALERTS.read_text(encoding="utf-8"))
