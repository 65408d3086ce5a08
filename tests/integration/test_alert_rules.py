"""When the alerts fire, by Prometheus's own rule tester."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
import yaml

from local.tools import apt, cache, command
from tests.contract.pages import BLOCKS

pytestmark = pytest.mark.integration

RULES = Path(__file__).parents[2] / "components" / "monitoring" / "prometheus-alerts.yaml"
JOB = 'job="opensmtpd", instance="relay:9000"'

# Samples a minute apart: `0+1x9` is 0 to 9, `5x9` is 5 ten times, `_x9` is nothing ten times.
ACCEPTED = f"opensmtpd_messages_accepted_total{{{JOB}}}"
OK = f'opensmtpd_deliveries_total{{{JOB}, result="ok"}}'
PERMFAIL = f'opensmtpd_deliveries_total{{{JOB}, result="permfail"}}'
LOGIN_REFUSALS = f"opensmtpd_upstream_login_refusals_total{{{JOB}}}"
EXPIRED_CERTIFICATE = f'opensmtpd_upstream_errors_total{{{JOB}, stage="tls", problem="expired"}}'
RESET_IN_TLS = f'opensmtpd_upstream_errors_total{{{JOB}, stage="tls", problem="closed"}}'
READY = f"opensmtpd_ready{{{JOB}}}"
OLDEST = f"opensmtpd_queue_oldest_message_age_seconds{{{JOB}}}"
EXPIRED = f"opensmtpd_recipients_expired_total{{{JOB}}}"
FALLBACK = f'opensmtpd_upstream_active{{{JOB}, upstream="fallback"}}'

WELL = {
    ACCEPTED: "0+10x90",
    OK: "0+10x90",
    PERMFAIL: "0x90",
    LOGIN_REFUSALS: "0x90",
    READY: "1x90",
    OLDEST: "1x90",
    EXPIRED: "0x90",
    FALLBACK: "0x90",
}


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


def test_the_rules_are_valid(promtool: str):
    run(promtool, "check", "rules", RULES)


def test_prometheus_takes_the_configuration_of_the_documentation(promtool: str, tmp_path: Path):
    (block,) = [
        block
        for block in BLOCKS
        if block.place.startswith("docs/operations.md:") and block.language == "yaml"
    ]
    (tmp_path / "prometheus.yml").write_text(block.code)
    shutil.copy(RULES, tmp_path)
    run(promtool, "check", "config", tmp_path / "prometheus.yml")


def test_a_relay_that_is_well_raises_no_alert(promtool: str, tmp_path: Path):
    check_firing(promtool, tmp_path, WELL, 90, set())


@pytest.mark.parametrize(
    ("series", "minute", "alerts"),
    [
        ({LOGIN_REFUSALS: "0x40 1+1x20"}, 50, {"RelayLoginRefused"}),
        ({LOGIN_REFUSALS: "0x40 1x50"}, 60, set()),  # once, and not again
        ({EXPIRED_CERTIFICATE: "_x40 1+1x20"}, 50, {"RelayCertificateRefused"}),
        ({RESET_IN_TLS: "_x40 1+1x20"}, 50, set()),
        ({READY: "1x40 0x50"}, 43, set()),  # it may recover
        ({READY: "1x40 0x50"}, 50, {"RelayNotReady"}),
        ({OLDEST: "0+60x90"}, 18, set()),
        ({OLDEST: "0+60x90"}, 25, {"RelayQueueOld"}),
        ({OK: "5x90"}, 50, {"RelayDeliversNothing"}),
        ({OK: "5x90", ACCEPTED: "5x90"}, 50, set()),  # nothing to deliver
        ({PERMFAIL: "0+1x90"}, 90, {"RelayPermanentFailures"}),
        ({PERMFAIL: "0x40 1x50", OK: "5x90", ACCEPTED: "5x90"}, 60, set()),  # one is no trend
        ({EXPIRED: "0x40 1x50"}, 50, {"RelayMailExpired"}),
        ({FALLBACK: "0x40 1x50"}, 50, {"RelayFallbackInUse"}),
        ({READY: "_x90"}, 50, {"RelayAbsent"}),
    ],
)
def test_an_alert_fires_when_it_should_and_no_other_does(
    promtool: str, tmp_path: Path, series: dict[str, str], minute: int, alerts: set[str]
):
    check_firing(promtool, tmp_path, WELL | series, minute, alerts)
