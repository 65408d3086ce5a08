"""Prometheus's own rule tester, and what it says of our alerts."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
import yaml

from local.tools import apt, cache, command

RULES = Path(__file__).parents[2] / "components" / "monitoring" / "prometheus-alerts.yaml"
JOB = 'job="opensmtpd", instance="relay:9000"'
"""The labels that Prometheus gives what it scrapes."""


@pytest.fixture(scope="module")
def promtool() -> str:
    """The rule tester: this machine's, or that of Debian's package, which is kept for the next time."""
    if found := shutil.which("promtool"):
        return found
    if not apt.may_install():
        pytest.skip("promtool is not installed: it comes with Prometheus")

    def unpack(directory: Path) -> None:
        log = cache.log_file("promtool")
        command.run(["apt-get", "update"], log)
        with tempfile.TemporaryDirectory() as scratch:
            command.run(["apt-get", "download", "prometheus"], log, directory=Path(scratch))
            command.run(["dpkg-deb", "--extract", *Path(scratch).glob("*.deb"), scratch], log)
            shutil.copy2(Path(scratch) / "usr" / "bin" / "promtool", directory)

    return str(cache.kept("promtool", unpack) / "promtool")


def check_firing(
    promtool: str, directory: Path, series: dict[str, str], minute: int, alerts: set[str]
) -> None:
    """Check that just these alerts fire at `minute`."""
    tests = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [
                    {
                        "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                        "eval_time": f"{minute}m",
                        "exp_samples": [
                            {"labels": f'{{alertname="{alert}"}}', "value": 1} for alert in sorted(alerts)
                        ],
                    }
                ],
            }
        ],
    }
    path = directory / "tests.yaml"
    path.write_text(yaml.safe_dump(tests))
    run(promtool, "test", "rules", path)


def run(*command: str | Path) -> None:
    """Run a program that must succeed."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout
