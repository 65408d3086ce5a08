"""The whole path: the program, the real engine, an emulated AWS account, real Docker and OpenSMTPD.

Read top to bottom: one stack is brought up, sends, is looked at, is brought up again, and rotates its key.
"""

import smtplib
import socket
import threading
import time
from email.message import EmailMessage
from email.utils import make_msgid

import docker
import pytest
from pulumi import automation

from .engine import engine
from .mail_stack import DOMAIN, copy_project

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def stack(make_mail_stack):
    """A stack that sends through the emulated SES."""
    stack = make_mail_stack()
    stack.up()
    return stack


def message(body="Hello\n", domain=DOMAIN):
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"app@{domain}", "someone@example.net", "A test"
    made["Message-ID"] = make_msgid(domain=domain)
    made.set_content(body)
    return made


def smtp_client(stack):
    return smtp_client_at(stack.outputs["smtpAddress"])


def smtp_client_at(address):
    host, port = address.split(":")
    return smtplib.SMTP(host, int(port), timeout=60)


def submit(stack, made):
    with smtp_client(stack) as client:
        client.send_message(made)


def arrived(local_aws, message_id, seconds=60):
    """The message as SES accepted it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for delivery in local_aws.messages():
            if message_id.encode() in delivery.content:
                return delivery.content
        time.sleep(0.2)
    raise AssertionError(f"{message_id} did not arrive within {seconds} s")


def test_a_message_arrives_with_its_body_byte_for_byte(stack, aws_for_containers):
    body = b"8 bit: \xc3\xa4\xff\r\n.a leading dot\r\n" + b"x" * 900 + b"\r\n\r\n.\r\n\ttrailing blank \r\n"
    made = message()
    headers = made.as_bytes(policy=made.policy.clone(linesep="\r\n")).partition(b"\r\n\r\n")[0]
    with smtp_client(stack) as client:
        client.sendmail(made["From"], made["To"], headers + b"\r\n\r\n" + body, ["BODY=8BITMIME"])
    assert arrived(aws_for_containers, made["Message-ID"]).partition(b"\r\n\r\n")[2] == body


def test_the_outputs_say_where_mail_goes_and_what_runs(stack, aws_for_containers):
    outputs, smtp = stack.outputs, aws_for_containers.account["smtp"]
    assert (outputs["relayHost"], outputs["relayPort"]) == (smtp["host"], smtp["starttls"])
    assert outputs["relayProto"] == "smtp+tls"
    assert [record["type"] for record in outputs["dnsRecords"]] == [*["CNAME"] * 3, "MX", "TXT", "TXT"]
    assert stack.container.status == "running"


def test_a_container_in_the_relays_network_sends_by_the_relays_name(stack, aws_for_containers):
    message_id = make_msgid(domain=DOMAIN)
    dialogue = [
        "EHLO app",
        f"MAIL FROM:<app@{DOMAIN}>",
        "RCPT TO:<someone@example.net>",
        "DATA",
        f"From: app@{DOMAIN}\r\nMessage-ID: {message_id}\r\n\r\nHello\r\n.",
        "QUIT",
    ]
    client = f"""
import socket
replies = socket.create_connection(("relay", 25)).makefile("rw", newline="")
replies.readline()
for command in {dialogue!r}:
    replies.write(command + "\\r\\n")
    replies.flush()
    while (reply := replies.readline())[3:4] == "-":
        pass
    print(reply)
"""
    docker.from_env().containers.run(
        stack.container.image.id,
        ["-c", client],
        entrypoint="python3",
        network=stack.outputs["network"],
        remove=True,
    )
    arrived(aws_for_containers, message_id)


def test_every_resource_is_a_child_of_the_mail_relay(stack):
    children_of_the_stack = {
        resource["type"]
        for resource in stack.resources
        if resource.get("parent", "").endswith("pulumi:pulumi:Stack::mail-relay-local")
    }
    assert children_of_the_stack == {"opensmtpd:index:MailRelay"}


def test_a_changed_health_check_replaces_the_container_and_keeps_the_queue(stack):
    component = stack.project / "components" / "docker_relay.py"
    before = component.read_text()
    component.write_text(before.replace('"interval": "5s"', '"interval": "7s"'))
    try:
        steps = [(step.type, step.operation) for step in stack.preview().steps if step.operation != "same"]
    finally:
        component.write_text(before)
    container = "docker:index/container:Container"
    assert steps == [
        (container, "delete-replaced"),  # first, as the port can be held only once
        (container, "replace"),
        (container, "create-replacement"),
    ]


def test_the_relay_runs_confined(stack):
    host = stack.container.attrs["HostConfig"]
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["Memory"] == host["MemorySwap"] == 128 * 2**20


def test_a_second_up_changes_nothing(stack):
    assert stack.up().changes == {}


def test_a_refresh_finds_nothing_to_change(stack):
    stack.refresh()
    assert stack.preview().changes == {}


def test_no_secret_is_in_the_preview_the_log_or_the_state(stack):
    secrets = [*stack.secret_keys(), stack.login["RELAY_PASSWORD"]]
    assert len(secrets) == 2
    stack.preview()
    seen = stack.printed + stack.state + stack.container.logs().decode()
    assert not [secret for secret in secrets if secret in seen]


def keys_and_relay(iam, user, address):
    """The keys that the user has; then which one the relay at `address` holds, and its health."""
    keys = frozenset(key["AccessKeyId"] for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"])
    running = docker.from_env().containers.list(
        filters={"publish": address.rpartition(":")[2]}, ignore_removed=True
    )
    if not running:  # between two containers
        return keys, "", ""
    attrs = running[0].attrs
    variables = dict(variable.split("=", 1) for variable in attrs["Config"]["Env"])
    return keys, variables["RELAY_USER"], attrs["State"]["Health"]["Status"]


def refused_logins(local_aws):
    """How many logins the endpoint has refused."""
    return (local_aws.directory / "aws.log").read_text().count("refused the login")


def test_a_rotation_replaces_the_key_in_one_up_and_loses_no_message(stack, aws_for_containers):
    sent, moments, stop = [], [], threading.Event()
    old_login, address = stack.login, stack.outputs["smtpAddress"]
    (sender_at_ses,) = stack.outputs["sesSenders"]
    iam = aws_for_containers.client("iam")
    refused_before = refused_logins(aws_for_containers)

    def keep_sending():
        while not stop.is_set():
            made = message()
            time.sleep(0.3)
            moments.append(keys_and_relay(iam, sender_at_ses["user"], address))
            try:
                with smtp_client_at(address) as client:
                    client.send_message(made)
            except (OSError, smtplib.SMTPException):
                continue  # not accepted, so not promised: the container is being replaced
            sent.append(made["Message-ID"])

    sender = threading.Thread(target=keep_sending)
    sender.start()
    try:
        run = stack.up(keyGeneration=2)
        time.sleep(1)
    finally:
        stop.set()
        sender.join()

    assert stack.login["RELAY_USER"] != old_login["RELAY_USER"]
    steps = [(step.operation, step.name) for step in run.steps if step.operation != "same"]
    created = steps.index(("create", "relay-smtp-key-2"))
    replaced = steps.index(("create-replacement", "relay"))
    deleted = steps.index(("delete", "relay-smtp-key-1"))
    assert created < replaced < deleted == len(steps) - 1
    # The old key goes when the relay has logged in with the new one, and nobody has tried a key that is gone.
    after = [moment for moment in moments if old_login["RELAY_USER"] not in moment[0]]
    assert {moment[1:] for moment in after} == {(stack.login["RELAY_USER"], "healthy")}
    assert any(len(keys) == 2 for keys, _, _ in moments)
    assert refused_logins(aws_for_containers) == refused_before
    assert len(sent) > 5
    for message_id in sent:
        arrived(aws_for_containers, message_id)


OTHER_REGION = f"""
import pulumi
from components import DockerRelay, SesDomain, SmtpCredentials, relay_settings

config = pulumi.Config()
domain = SesDomain(
    "other-ses", {{"domain": "other.{DOMAIN}", "zone": config.require("hostedZoneId")}}
)
login = SmtpCredentials(
    "other-smtp",
    {{
        "identity_arn": domain.arn,
        "configuration_set_arn": domain.configuration_set_arn,
        "region": "us-east-1",
    }},
)
relay = DockerRelay(
    "other",
    {{
        "relay": relay_settings.smtp(
            config.require("relayHost"),
            config.require_int("relayPort"),
            user=login.user,
            password=login.password,
            ca=config.require("relayCa"),
        ),
        "allowed_sender_domains": ["other.{DOMAIN}"],
        "port": config.require_int("listenPort"),
    }},
    pulumi.ResourceOptions(depends_on=[domain, login]),
)
pulumi.export("smtpAddress", relay.smtp_address)
pulumi.export("workload", relay.workload)
"""


def zone_id(local_aws):
    (zone,) = local_aws.client("route53").list_hosted_zones()["HostedZones"]
    return zone["Id"].removeprefix("/hostedzone/")


def test_the_password_for_another_region_fails_the_update_and_a_later_one_goes_on(
    make_mail_stack, aws_for_containers
):
    stack = make_mail_stack(OTHER_REGION, hostedZoneId=zone_id(aws_for_containers))
    component = stack.project / "components" / "relay_container.py"
    component.write_text(component.read_text().replace("WAIT_SECONDS = 120", "WAIT_SECONDS = 15"))
    with pytest.raises(automation.CommandError, match="container failed to be in healthy state"):
        stack.up()
    (name,) = [
        resource["inputs"]["name"]
        for resource in stack.resources
        if resource["type"] == "docker:index/container:Container"
    ]
    container = docker.from_env().containers.get(name)
    sentence = "refused the login (535): the password is not the one for its region, or the key was deleted"
    assert sentence in container.attrs["State"]["Health"]["Log"][-1]["Output"]
    assert sentence in container.logs().decode()

    program = stack.project / "__main__.py"
    program.write_text(program.read_text().replace("us-east-1", "eu-west-1"))
    stack.up()
    made = message(domain=f"other.{DOMAIN}")
    submit(stack, made)
    arrived(aws_for_containers, made["Message-ID"])


def test_a_verification_without_its_records_names_them_and_a_later_up_goes_on(
    make_mail_stack, aws_for_containers
):
    domain = f"manual.{DOMAIN}"
    stack = make_mail_stack(domain=domain, dns="manual", verificationTimeout=5)
    with pytest.raises(automation.CommandError) as failed:
        stack.up()
    identity = aws_for_containers.client("sesv2").get_email_identity(EmailIdentity=domain)
    records = {
        f"{token}._domainkey.{domain}": f"{token}.dkim.amazonses.com"
        for token in identity["DkimAttributes"]["Tokens"]
    }
    for name, value in records.items():
        assert f"{name} CNAME {value}" in str(failed.value)
    assert "workload" not in stack.outputs  # the relay waits for the domain

    changes = [
        {
            "Action": "CREATE",
            "ResourceRecordSet": {
                "Name": name,
                "Type": "CNAME",
                "TTL": 60,
                "ResourceRecords": [{"Value": value}],
            },
        }
        for name, value in records.items()
    ]
    aws_for_containers.client("route53").change_resource_record_sets(
        HostedZoneId=zone_id(aws_for_containers), ChangeBatch={"Changes": changes}
    )
    stack.up()
    assert stack.container.status == "running"


def test_a_destroyed_stack_leaves_nothing(make_mail_stack):
    stack = make_mail_stack(domain=f"brief.{DOMAIN}", dns="manual", verification="skip")
    stack.up()
    name = stack.outputs["workload"]
    stack.destroy()
    engine = docker.from_env()
    with pytest.raises(docker.errors.NotFound):
        engine.containers.get(name)
    assert stack.resources == []


KUBERNETES = {"target": "kubernetes", "image": "relay:1", "kubernetes:context": "cluster"}


@pytest.fixture(scope="module")
def smtp_project(tmp_path_factory):
    """The program and its stack `smtp`, which has no account and is only previewed."""
    directory = tmp_path_factory.mktemp("smtp")
    project = copy_project(directory)
    with engine(directory, project, stack="smtp") as running:
        yield running, project / "stacks" / "Pulumi.smtp.yaml"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"relayHst": "mail.example.com"},
            "config mail-relay:relayHst: no such key; did you mean relayHost?",
        ),
        ({"relayHost": "smtp://mail.example.com"}, "has a scheme in it"),
        ({"relayHost": "mail.example.com:25"}, "has a port in it"),
        ({"relayProto": "starttls"}, "is not a relay protocol"),
        ({"relayProto": "smtp", "relayUser": "me"}, "does not protect a login"),
        ({"relayPort": "70000"}, "is out of range"),
        ({"relayUser": "me:you"}, "has a colon in it"),
        ({"domain": "nodots"}, "domain"),
        ({"upstream": "both"}, "config mail-relay:upstream: 'both' is not one of ses, sendgrid, smtp"),
        (
            {"upstream": "ses", "dmarcPolicy": "strict", "aws:region": "eu-west-1"},
            "dmarc.p: 'strict' is unknown: use one of none, quarantine, reject",
        ),
        (
            {"upstream": "ses", "senderAddress": "app@example.org"},
            "address: 'app@example.org' is not an address of the domain 'example.com'",
        ),
        ({**KUBERNETES, "replicas": "0"}, "replicas: 0 is out of range: use a number from 1 to 1000"),
        ({**KUBERNETES, "storageSize": "10GB"}, "storage_size: '10GB' is not a quantity of Kubernetes"),
        ({**KUBERNETES, "namespace": "Mail"}, "namespace: 'Mail' is not the name of a namespace"),
    ],
)
def test_bad_input_is_one_line_in_the_preview_that_names_the_field(config, message, smtp_project):
    running, stack_file = smtp_project
    before = stack_file.read_text()
    running.stack.set_all_config({key: automation.ConfigValue(value) for key, value in config.items()})
    try:
        with pytest.raises(automation.CommandError) as failed:
            running.preview()
    finally:
        stack_file.write_text(before)
    assert message in str(failed.value)
    assert "Traceback" not in str(failed.value)


def test_a_port_in_use_fails_the_update_and_a_later_one_goes_on(make_mail_stack, aws_for_containers):
    stack = make_mail_stack(domain=f"busy.{DOMAIN}", dns="manual", verification="skip")
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(
            automation.CommandError, match=f"127.0.0.1:{port}.* address already in use|allocated"
        ):
            stack.up(listenPort=port)
    stack.up()
    with smtp_client(stack) as client:
        assert client.noop()[0] == 250
