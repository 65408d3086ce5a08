"""When the alerts fire, by Prometheus's own rule tester."""

import shutil
from pathlib import Path

import pytest

from tests.contract.pages import BLOCKS

from .prometheus import JOB, RULES, check_firing, promtool, run

pytestmark = pytest.mark.integration
__all__ = ["promtool"]

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
