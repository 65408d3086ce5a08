"""What the doctor concludes about the relay, and what its table and exit status say."""

import io
import json
import sys

import pytest

from components.doctor import __main__ as doctor
from components.doctor import endpoint, kubernetes_workload, workload
from components.doctor.docker_workload import judge_state
from components.doctor.finding import FINE, UNKNOWN, WRONG, Finding, exit_status, table
from components.doctor.workload import CannotLook, judge_login, judge_queue
from components.image.relay.failure import Failure
from components.image.relay.settings import Upstream

pytestmark = pytest.mark.unit

SES = Upstream("email-smtp.eu-west-1.amazonaws.com", user="AKIA", password="secret")


def state(status, *outputs):
    log = [{"ExitCode": 1, "Output": output} for output in outputs]
    return {"Running": True, "Status": "running", "ExitCode": 0, "Health": {"Status": status, "Log": log}}


class FakeWorkload:
    """Answers what it was made with."""

    def __init__(self, outputs=(), running=True, error=None):
        self._outputs = list(outputs)
        self._running = running
        self._error = error

    def state(self):
        if self._error:
            raise CannotLook(self._error)
        return Finding("relay", FINE if self._running else WRONG, "seen"), self._running

    def run(self, command):
        return self._outputs.pop(0)

    def by_hand(self, command):
        return f"run {command}"


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


def test_an_absent_container_is_wrong_and_made_again_by_an_update_that_looks():
    assert judge_state("relay", None).advice == "pulumi up --refresh"


def test_a_running_relay_tells_of_each_login_and_of_its_queue():
    findings, tried = workload.look(FakeWorkload(["primary\t\nfallback\tis down: wait\n", "0 0.0\n"]))
    assert tried
    assert [(finding.check, finding.state) for finding in findings] == [
        ("relay", FINE),
        ("login, primary upstream", FINE),
        ("login, fallback upstream", WRONG),
        ("queue", FINE),
    ]


def test_a_relay_that_has_stopped_is_not_asked_for_more():
    findings, tried = workload.look(FakeWorkload(running=False))
    assert [finding.state for finding in findings] == [WRONG]
    assert not tried


def test_an_engine_that_does_not_answer_is_not_checked_and_says_why():
    (finding,), tried = workload.look(FakeWorkload(error="docker does not answer"))
    assert (finding.state, finding.seen) == (UNKNOWN, "docker does not answer")
    assert not tried


def test_an_answer_that_is_none_is_not_checked():
    findings, tried = workload.look(FakeWorkload(["", "no numbers"]))
    assert findings[-1].state == UNKNOWN
    assert not tried


def test_a_refused_login_is_wrong_with_the_fix_apart():
    finding = judge_login("primary", "upstream h:587 refused the login (535): make a new key")
    assert finding[1:] == (WRONG, "upstream h:587 refused the login (535)", "make a new key")


@pytest.mark.parametrize(("messages", "oldest", "expected"), [(0, 0, FINE), (3, 900, FINE), (3, 901, WRONG)])
def test_a_queue_is_stuck_once_a_message_has_waited_for_more_than_900_seconds(messages, oldest, expected):
    assert judge_queue(messages, oldest, "smtpctl show queue").state == expected


@pytest.mark.parametrize(
    ("upstream", "failure", "expected"),
    [
        (SES, None, FINE),
        (SES, Failure("auth", "reply", "535 Authentication Credentials Invalid"), WRONG),
        (SES, Failure("tls", "expired"), WRONG),
        (SES, Failure("connect", "timeout"), UNKNOWN),
        (Upstream(SES.host), None, UNKNOWN),
    ],
)
def test_an_endpoint_that_this_machine_does_not_reach_or_cannot_log_in_to_is_not_judged(
    upstream, failure, expected
):
    finding = endpoint.judge(upstream, failure)
    assert finding.state == expected
    assert "secret" not in "".join(finding)


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


def run(monkeypatch, text, *arguments):
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    monkeypatch.setattr(sys, "argv", ["doctor", *arguments])
    return doctor.main()


@pytest.mark.parametrize("text", ["", "[]", '{"dnsRecords": []}'])
def test_what_is_no_output_of_a_stack_that_is_up_is_one_line_and_status_2(text, monkeypatch, capsys):
    assert run(monkeypatch, text) == 2
    assert "run `pulumi up`" in capsys.readouterr().err


def test_a_workload_on_kubernetes_is_asked_for_in_the_cluster_of_the_context(monkeypatch):
    asked = []
    monkeypatch.setattr(kubernetes_workload, "look", lambda *named: asked.append(named) or ([], True))
    outputs = {
        "dnsRecords": [],
        "sesSenders": [],
        "relayHost": "",
        "relayPort": 25,
        "relayProto": "direct",
        "workload": "mail/relay",
    }
    assert run(monkeypatch, json.dumps(outputs), "--context", "production") == 0
    assert asked == [("mail/relay", "production")]
