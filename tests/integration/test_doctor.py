"""The doctor on a real stack: all is well; then one thing after another is broken, and each row names it and the fix.

Each test leaves the stack as it found it.
"""

import json
import os
import smtplib
import subprocess
import sys
import time
from contextlib import contextmanager

import docker
import pytest

from local.run_config import account_environment

from .mail_stack import DOMAIN, ROOT
from .upstream import Upstream

pytestmark = pytest.mark.integration

_HOUR = 3600
_NOBODY = "tcp://127.0.0.1:9"
LOGIN = ("key", "a password")


@pytest.fixture(scope="module")
def stack(make_mail_stack):
    """A stack that sends through the emulated SES."""
    stack = make_mail_stack()
    stack.up()
    return stack


@pytest.fixture(scope="module")
def ask(stack, aws_for_containers):
    """Run the doctor on the stack; returns its exit status and its rows by check."""

    account = aws_for_containers.account
    resolver = f"{account['dns']['address']}:{account['dns']['port']}"

    def ask(**environment):
        return doctor(stack.outputs, "--resolver", resolver, **account_environment(account) | environment)

    return ask


def doctor(outputs, *arguments, **environment):
    finished = subprocess.run(
        [sys.executable, "-m", "components.doctor", "--json", *arguments],
        input=json.dumps(outputs),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | environment,
    )
    assert finished.stderr == ""
    return finished.returncode, {row["check"]: row for row in json.loads(finished.stdout)}


def wrong(rows):
    return {check for check, row in rows.items() if row["state"] != "fine"}


def submit(stack):
    host, port = stack.outputs["smtpAddress"].split(":")
    with smtplib.SMTP(host, int(port), timeout=60) as client:
        client.sendmail(f"app@{DOMAIN}", "someone@example.net", f"From: app@{DOMAIN}\r\n\r\nHello\r\n")


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.2)


def test_of_a_healthy_stack_all_is_fine(ask):
    status, rows = ask()
    assert wrong(rows) == set()
    assert status == 0
    assert [check.partition(" ")[0] for check in rows] == [
        *("DKIM", "DKIM", "DKIM", "MAIL", "SPF", "DMARC"),
        *("identity", "DKIM", "MAIL", "configuration", "sending,", "access,", "quota,", "access"),
        *("relay", "login,", "queue"),
    ]


@contextmanager
def record_removed(aws, record):
    """Take a record of the stack out of the zone, and put it back."""
    route53 = aws.client("route53")
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    found = next(
        each
        for each in route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        if each["Name"] == f"{record['name']}." and each["Type"] == record["type"]
    )

    def change(action):
        route53.change_resource_record_sets(
            HostedZoneId=zone["Id"],
            ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": found}]},
        )

    change("DELETE")
    try:
        yield
    finally:
        change("CREATE")


def test_a_dkim_record_that_is_gone_is_to_be_published(stack, ask, aws_for_containers):
    record = stack.outputs["dnsRecords"][0]
    with record_removed(aws_for_containers, record):
        status, rows = ask()
    check = f"DKIM CNAME {record['name']}"
    assert status == 1
    assert wrong(rows) == {check, f"identity {DOMAIN}, eu-west-1", f"DKIM at SES, {DOMAIN}"}
    assert rows[check]["seen"] == "no such record"
    assert f"publish '{record['value']}' there" in rows[check]["advice"]


def test_a_mail_from_domain_without_its_mx_is_wrong_at_ses_too(stack, ask, aws_for_containers):
    record = next(record for record in stack.outputs["dnsRecords"] if record["type"] == "MX")
    with record_removed(aws_for_containers, record):
        _, rows = ask()
    assert wrong(rows) == {f"MAIL FROM MX {record['name']}", f"MAIL FROM at SES, {record['name']}"}


def test_a_paused_account_is_to_be_resumed(ask, aws_for_containers):
    ses = aws_for_containers.client("sesv2")
    ses.put_account_sending_attributes(SendingEnabled=False)
    try:
        status, rows = ask()
    finally:
        ses.put_account_sending_attributes(SendingEnabled=True)
    assert (status, wrong(rows)) == (1, {"sending, eu-west-1"})
    advice = "aws sesv2 put-account-sending-attributes --sending-enabled --region eu-west-1"
    assert rows["sending, eu-west-1"]["advice"] == advice


def test_the_sandbox_is_to_be_left(ask, aws_for_containers):
    aws_for_containers.set_limits(production_access=False)
    try:
        status, rows = ask()
    finally:
        aws_for_containers.set_limits()
    assert (status, wrong(rows)) == (1, {"access, eu-west-1"})
    assert "Request production access" in rows["access, eu-west-1"]["advice"]


# Before others send: OpenSMTPD would go on using a session that is still open.
def test_a_queue_that_is_stuck_is_wrong_and_so_is_the_upstream_that_is_down(stack, ask, aws_for_containers):
    aws_for_containers.set_limits(unreachable_regions=["eu-west-1"])
    try:
        submit(stack)
        age_queue(stack.container, _HOUR)
        status, rows = ask()
    finally:
        aws_for_containers.set_limits()
    assert status == 1
    assert (
        {"queue", "login, primary upstream"} <= wrong(rows) <= {"queue", "login, primary upstream", "relay"}
    )
    assert "closed the connection" in rows["login, primary upstream"]["seen"]
    assert rows["queue"]["seen"].startswith("1 waiting, the oldest for 36")
    assert rows["queue"]["advice"].startswith(f"docker exec {stack.outputs['workload']} smtpctl show queue")
    wait_for(lambda: wrong(ask()[1]) == set(), seconds=120)  # it mends itself


def age_queue(container, seconds):
    """Make every message in the queue look as if it had come so long ago."""
    program = (
        "import glob, os, time\n"
        f"for path in glob.glob('/var/spool/smtpd/queue/*/*/message'): os.utime(path, (time.time() - {seconds},) * 2)"
    )
    docker.from_env().containers.run(
        container.image.id,
        ["-c", program],
        entrypoint="python3",
        volumes_from=[container.name],
        user="root",
        cap_add=["DAC_OVERRIDE", "FOWNER"],
        remove=True,
    )


def test_a_quota_that_is_used_up_is_wrong(stack, ask, aws_for_containers):
    before = len(aws_for_containers.messages())
    submit(stack)
    wait_for(lambda: len(aws_for_containers.messages()) > before)
    aws_for_containers.set_limits(max_24_hour_send=1)
    try:
        status, rows = ask()
    finally:
        aws_for_containers.set_limits()
    assert (status, wrong(rows)) == (1, {"quota, eu-west-1"})
    assert rows["quota, eu-west-1"]["seen"].startswith("used up: ")


def test_a_container_that_has_stopped_is_to_be_started(stack, ask):
    container = stack.container
    container.stop()
    try:
        status, rows = ask()
    finally:
        container.start()
        wait_for(lambda: stack.container.attrs["State"]["Health"]["Status"] == "healthy")
    assert status == 1
    assert rows["relay"]["state"] == "wrong"
    assert rows["relay"]["advice"].startswith(f"docker start {container.name}")
    assert rows["login, from this machine"]["state"] == "not checked"


def test_a_key_that_was_deleted_is_wrong_and_the_advice_mends_it(stack, ask, aws_for_containers):
    (sender,) = stack.outputs["sesSenders"]
    aws_for_containers.client("iam").delete_access_key(UserName=sender["user"], AccessKeyId=sender["key"])
    status, rows = ask()
    assert status == 1
    check = f"access key {sender['key']}"
    assert {check, "login, primary upstream"} <= wrong(rows) <= {check, "login, primary upstream", "relay"}
    assert "refused the login (535)" in rows["login, primary upstream"]["seen"]
    assert rows[check]["advice"] == "pulumi up --refresh"

    stack.refresh()
    stack.up()
    status, rows = ask()
    assert (status, wrong(rows)) == (0, set())


def test_what_cannot_be_asked_is_neither_wrong_nor_right(ask):
    status, rows = ask(AWS_ENDPOINT_URL="http://127.0.0.1:9", DOCKER_HOST=_NOBODY)
    assert status == 2
    assert {row["state"] for row in rows.values()} == {"fine", "not checked"}
    assert rows["SES"]["state"] == rows["relay"]["state"] == "not checked"


@pytest.mark.parametrize(
    ("login", "state", "status"),
    [
        (LOGIN, "fine", 2),  # the relay itself is not seen from here
        ((LOGIN[0], "another"), "wrong", 1),
        (("", ""), "not checked", 2),
    ],
)
def test_the_login_can_be_tried_from_a_machine_that_does_not_reach_the_relay(login, state, status, tmp_path):
    with Upstream("starttls", LOGIN) as upstream:
        ca = tmp_path / "ca.pem"
        ca.write_text(upstream.authority.pem)
        outputs = {
            "dnsRecords": [],
            "sesSenders": [],
            "relayHost": "localhost",
            "relayPort": upstream.port,
            "relayProto": "smtp+tls",
            "workload": "relay-of-elsewhere",
        }
        environment = {"RELAY_USER": login[0], "RELAY_PASSWORD": login[1], "DOCKER_HOST": _NOBODY}
        found, rows = doctor(outputs, "--ca", str(ca), **environment)
    assert (rows["login, from this machine"]["state"], found) == (state, status)
    assert LOGIN[1] not in str(rows)
