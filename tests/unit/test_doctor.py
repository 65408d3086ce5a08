"""What the doctor concludes from what it saw."""

import pytest

from components.doctor.__main__ import table
from components.doctor.container import judge_queue, judge_state
from components.doctor.finding import FINE, UNKNOWN, WRONG, Finding, exit_status
from components.doctor.records import judge

pytestmark = pytest.mark.unit

RECORD = {
    "name": "_dmarc.example.com",
    "type": "TXT",
    "value": "v=DMARC1; p=none",
    "ttl": 300,
    "why": "DMARC",
}


def state(status, *outputs):
    log = [{"ExitCode": 1, "Output": output} for output in outputs]
    return {"Running": True, "Status": "running", "ExitCode": 0, "Health": {"Status": status, "Log": log}}


def test_a_record_that_dns_shows_is_fine():
    assert judge(RECORD, None) == Finding("DNS TXT _dmarc.example.com", FINE, "v=DMARC1; p=none")


@pytest.mark.parametrize(("shown", "seen"), [([], "no such record, or no answer"), (["other"], "other")])
def test_a_record_that_dns_does_not_show_is_wrong_and_to_be_published(shown, seen):
    finding = judge(RECORD, shown)
    assert (finding.state, finding.seen) == (WRONG, seen)
    assert "v=DMARC1; p=none" in finding.advice


def test_a_healthy_container_is_fine():
    assert judge_state("relay", state("healthy")).state == FINE


def test_an_unhealthy_container_is_wrong_with_its_own_last_sentence():
    finding = judge_state("relay", state("unhealthy", "older", "refused the login (535)\n"))
    assert (finding.state, finding.seen) == (WRONG, "refused the login (535)")


def test_a_container_that_still_starts_is_not_judged():
    assert judge_state("relay", state("starting")).state == UNKNOWN


def test_a_stopped_container_is_wrong_and_to_be_started():
    finding = judge_state("relay", {"Running": False, "Status": "exited", "ExitCode": 78})
    assert (finding.state, finding.seen) == (WRONG, "exited, status 78")
    assert finding.advice.startswith("docker start relay")


def test_an_absent_container_is_wrong():
    assert judge_state("relay", None).advice == "pulumi up"


@pytest.mark.parametrize(("messages", "oldest", "expected"), [(0, 0, FINE), (3, 900, FINE), (3, 901, WRONG)])
def test_a_queue_is_stuck_once_a_message_has_waited_for_more_than_900_seconds(messages, oldest, expected):
    assert judge_queue("relay", messages, oldest).state == expected


@pytest.mark.parametrize(
    ("states", "status"), [([FINE], 0), ([FINE, UNKNOWN], 2), ([UNKNOWN, WRONG, FINE], 1)]
)
def test_the_exit_status_tells_wrong_from_not_looked_at(states, status):
    assert exit_status([Finding("check", state, "") for state in states]) == status


def test_the_table_has_a_line_for_each_finding():
    assert [line.split()[0] for line in table([Finding("queue", FINE, "empty")]).splitlines()] == [
        "CHECK",
        "queue",
    ]
