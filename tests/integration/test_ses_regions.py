"""SES in two regions as one upstream, the first of them by a private way that is the login's only one.

Read top to bottom: one relay on real Docker loses its first region, gets it back, and changes its key.
"""

import smtplib
import time
from email.message import EmailMessage
from email.utils import make_msgid

import docker
import pytest

from local.tools import docker_engine

from .local_aws import LocalAws
from .mail_stack import DOMAIN, mail_stack

pytestmark = pytest.mark.integration

FIRST, SECOND = "eu-west-1", "us-east-1"
PROGRAM = """
import pulumi
from components import MailRelay

config = pulumi.Config()
first, second = ({"host": config.require("relayHost"), "port": port, "ca": config.require("relayCa")}
                 for port in (config.require_int("relayPort"), config.require_int("secondPort")))
relay = MailRelay(
    "relay",
    {
        "domain": config.require("domain"),
        "ses": {
            **first,
            "resolver": config.require("verificationResolver"),
            "timeout": 60,
            "generation": config.get_int("keyGeneration") or 1,
            "max_rate": 50,
            "endpoint": {**config.require_object("endpoint"), "exclusive": True},
            "fallback": {**second, "region": config.require("secondRegion"), "max_rate": 14},
        },
        "docker": {"port": config.require_int("listenPort")},
        "options": {"probe_interval": "1s"},
    },
)
pulumi.export("smtpAddress", relay.smtp_address)
pulumi.export("workload", relay.workload)
pulumi.export("dnsRecords", relay.dns_records)
"""


@pytest.fixture(scope="module")
def account():
    bridge = docker_engine.gateway(docker.from_env())
    with LocalAws(host="host.docker.internal", bind=bridge, more_regions=[SECOND]) as local_aws:
        local_aws.create_zone(DOMAIN)
        yield local_aws


@pytest.fixture(scope="module")
def stack(tmp_path_factory, account):
    ec2 = account.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    with mail_stack(
        tmp_path_factory.mktemp("regions"),
        account,
        PROGRAM,
        domain=DOMAIN,
        secondRegion=SECOND,
        secondPort=account.account["regions"][SECOND]["smtp"]["starttls"],
        endpoint={
            "vpc_id": subnet["VpcId"],
            "subnet_ids": [subnet["SubnetId"]],
            "allowed_networks": ["172.16.0.0/12"],
        },
    ) as stack:
        stack.up()
        yield stack


@pytest.fixture
def through_the_endpoint(account, stack):
    """Have the account see the relay come through its VPC endpoint, and set further limits."""

    def limit(**limits):
        (endpoint,) = account.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
        networks = stack.container.attrs["NetworkSettings"]["Networks"].values()
        addresses = {network["IPAddress"]: endpoint["VpcEndpointId"] for network in networks}
        account.set_limits(vpc_endpoints=addresses, **limits)

    limit()
    yield limit
    account.set_limits()


def submit(stack):
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"app@{DOMAIN}", "someone@example.net", "A test"
    made["Message-ID"] = make_msgid(domain=DOMAIN)
    made.set_content("Hello\n")
    host, port = stack.outputs["smtpAddress"].split(":")
    with smtplib.SMTP(host, int(port), timeout=60) as client:
        client.send_message(made)
    return made["Message-ID"]


def region_of(account, message_id, seconds=60):
    """Through which region the message left."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for delivery in account.messages():
            if message_id.encode() in delivery.content:
                return next(region for region in (FIRST, SECOND) if f"({region})" in delivery.received)
        time.sleep(0.2)
    raise AssertionError(f"{message_id} did not arrive within {seconds} s")


def wait_until_mail_leaves_through(region, stack, account, seconds=120):
    # The first ones may still take a session that is open, and all arrive.
    deadline = time.monotonic() + seconds
    while region_of(account, submit(stack), seconds) != region:
        assert time.monotonic() < deadline, f"mail does not take {region}"
        time.sleep(1)


def variables(stack):
    return dict(variable.split("=", 1) for variable in stack.container.attrs["Config"]["Env"])


def test_the_domain_is_verified_in_both_regions_with_a_mail_from_domain_in_each(stack, account):
    found = [
        account.client("sesv2", region).get_email_identity(EmailIdentity=DOMAIN) for region in (FIRST, SECOND)
    ]
    assert [identity["VerificationStatus"] for identity in found] == ["SUCCESS", "SUCCESS"]
    assert [
        (
            identity["MailFromAttributes"]["MailFromDomain"],
            identity["MailFromAttributes"]["MailFromDomainStatus"],
        )
        for identity in found
    ] == [(f"bounce.{DOMAIN}", "SUCCESS"), (f"bounce-{SECOND}.{DOMAIN}", "SUCCESS")]
    assert [record["type"] for record in stack.outputs["dnsRecords"]].count("CNAME") == 6


def test_the_relay_holds_a_password_for_each_region_and_the_smaller_rate(stack):
    held = variables(stack)
    assert held["RELAY_USER"] == held["RELAY_FALLBACK_USER"]
    assert held["RELAY_PASSWORD"] != held["RELAY_FALLBACK_PASSWORD"]
    assert held["OPENSMTPD_MAX_RATE"] == "14"


def test_the_relay_starts_once_its_endpoint_stands(stack):
    (relay,) = [each for each in stack.resources if each["type"].endswith(":DockerRelay")]
    assert [urn for urn in relay["dependencies"] if "VpcEndpoint::" in urn]


def test_the_login_is_refused_anywhere_but_at_its_endpoint(stack, account):
    message_id = submit(stack)
    deadline = time.monotonic() + 60
    while "Access denied" not in stack.container.logs().decode():
        assert time.monotonic() < deadline, "the message was not refused"
        time.sleep(0.2)
    assert not [each for each in account.messages() if message_id.encode() in each.content]


@pytest.mark.usefixtures("through_the_endpoint")
def test_mail_leaves_through_the_first_region_while_that_works(stack, account):
    assert region_of(account, submit(stack)) == FIRST


def test_while_the_first_region_is_down_mail_leaves_through_the_second_and_then_through_the_first_again(
    stack, account, through_the_endpoint
):
    through_the_endpoint(unreachable_regions=[FIRST])
    wait_until_mail_leaves_through(SECOND, stack, account)
    through_the_endpoint()
    wait_until_mail_leaves_through(FIRST, stack, account)


def test_a_rotation_changes_the_logins_of_both_regions(stack, account, through_the_endpoint):
    before = variables(stack)
    stack.up(keyGeneration=2)
    after = variables(stack)
    assert before["RELAY_USER"] != after["RELAY_USER"] == after["RELAY_FALLBACK_USER"]
    through_the_endpoint(unreachable_regions=[FIRST])
    wait_until_mail_leaves_through(SECOND, stack, account)


def test_a_second_up_and_a_refresh_change_nothing(stack):
    assert stack.up().changes == {}
    stack.refresh()
    assert stack.preview().changes == {}


def test_no_password_of_either_region_is_in_the_state_or_the_log(stack):
    held = variables(stack)
    secrets = [*stack.secret_keys(), held["RELAY_PASSWORD"], held["RELAY_FALLBACK_PASSWORD"]]
    seen = stack.printed + stack.state + stack.container.logs().decode()
    assert not [secret for secret in secrets if secret in seen]
