"""One upstream, one target, one object: what MailRelay composes and what it refuses."""

import json

import pulumi
import pulumi_aws as aws
import pulumi_docker as docker
import pytest

from components import MailRelay
from components.arguments import InvalidArgument

from .recorder import IDENTITY_ARN, SECRET_ACCESS_KEY, record

pytestmark = pytest.mark.unit

KUBERNETES = {"image": "registry.example.com/relay:1"}
EU_WEST_1_PASSWORD = "BMW5RDrXmmVs0lV7GpI4oLkHXpZ4stDsk6q91z1g38Pk"


def mail_relay(**args):
    def program():
        made = MailRelay("relay", {"domain": "example.com", **args})
        return {
            "smtp_address": made.smtp_address,
            "relay": [made.relay_host, made.relay_port, made.relay_proto],
            "dns_records": made.dns_records,
            "zone_snippet": made.zone_snippet,
            "ses_senders": made.ses_senders,
            "workload": made.workload,
            "network": made.network,
        }

    return program


def environment(recorder):
    return dict(variable.split("=", 1) for variable in recorder.named("relay", "Container").inputs["envs"])


def test_with_ses_the_relay_holds_the_credentials_that_were_made_for_it():
    recorder, outputs = record(mail_relay(ses={}))
    variables = environment(recorder)
    assert variables["RELAY_HOST"] == "email-smtp.eu-west-1.amazonaws.com"
    assert variables["RELAY_USER"] == "relay-smtp-key-1-id"
    assert variables["RELAY_PASSWORD"] == EU_WEST_1_PASSWORD
    assert outputs["relay"] == ["email-smtp.eu-west-1.amazonaws.com", 587, "smtp+tls"]
    assert len(outputs["dns_records"]) == 6
    assert (outputs["workload"], outputs["network"]) == ("relay-1a2b3c4", "relay-1a2b3c4")


def test_the_records_are_a_zone_snippet_too():
    _, outputs = record(mail_relay(ses={}))
    assert '_dmarc.example.com. 1800 IN TXT "v=DMARC1; p=none"\n' in outputs["zone_snippet"]
    assert record(mail_relay(smtp={"host": "mail.example.com"}))[1]["zone_snippet"] == ""


def test_who_sends_at_ses_is_named_without_a_secret():
    _, outputs = record(mail_relay(ses={}))
    assert outputs["ses_senders"] == [
        {"arn": IDENTITY_ARN, "user": "relay-smtp-1a2b3c4", "key": "relay-smtp-key-1-id"}
    ]
    assert record(mail_relay(sendgrid={"key": "SG.key"}))[1]["ses_senders"] == []


def test_with_sendgrid_nothing_is_made_at_aws():
    recorder, outputs = record(mail_relay(sendgrid={"key": "SG.key"}))
    assert not [type_ for type_, _ in recorder.names() if type_.startswith("aws:")]
    assert outputs["relay"] == ["smtp.sendgrid.net", 587, "smtp+tls"]
    assert not outputs["dns_records"]


def test_with_smtp_any_server_is_the_upstream():
    recorder, _ = record(mail_relay(smtp={"host": "mail.example.net", "proto": "smtps"}))
    assert environment(recorder)["RELAY_HOST"] == "mail.example.net"
    assert environment(recorder)["RELAY_PORT"] == "465"


def test_only_the_domain_may_send_unless_more_are_named():
    recorder, _ = record(mail_relay(ses={}))
    assert environment(recorder)["OPENSMTPD_ALLOWED_SENDER_DOMAINS"] == "example.com"
    recorder, _ = record(mail_relay(ses={}, allowed_sender_domains=["example.com", "example.org"]))
    assert environment(recorder)["OPENSMTPD_ALLOWED_SENDER_DOMAINS"] == "example.com,example.org"


def test_options_and_the_accounts_rate_reach_the_relay():
    recorder, _ = record(mail_relay(ses={"max_rate": 14}, options={"log_format": "json"}))
    assert environment(recorder)["OPENSMTPD_MAX_RATE"] == "14"
    assert environment(recorder)["OPENSMTPD_LOG_FORMAT"] == "json"
    recorder, _ = record(mail_relay(sendgrid={"key": "SG.key", "max_rate": 50}))
    assert environment(recorder)["OPENSMTPD_MAX_RATE"] == "50"


def test_direct_delivery_has_no_host_and_the_port_of_mail():
    _, outputs = record(mail_relay(smtp={"proto": "direct"}))
    assert outputs["relay"] == ["", 25, "direct"]


def test_the_domain_may_be_an_output():
    recorder, _ = record(lambda: mail_relay(ses={}, domain=pulumi.Output.from_input("Example.com"))())
    assert environment(recorder)["OPENSMTPD_ALLOWED_SENDER_DOMAINS"] == "example.com"
    assert environment(recorder)["OPENSMTPD_HOSTNAME"] == "relay.example.com"


def test_on_kubernetes_a_cluster_takes_the_place_of_the_engine():
    recorder, outputs = record(mail_relay(ses={}, kubernetes=KUBERNETES))
    assert not [type_ for type_, _ in recorder.names() if type_.startswith("docker:")]
    assert recorder.named("relay-credentials").inputs["stringData"]["RELAY_PASSWORD"] == EU_WEST_1_PASSWORD
    assert (outputs["smtp_address"], outputs["workload"]) == ("relay.relay.svc:25", "relay/relay")
    assert outputs["network"] == ""


@pytest.mark.parametrize("target", [{}, {"kubernetes": KUBERNETES}])
def test_no_secret_is_a_plain_input_of_any_resource(target):
    recorder, _ = record(mail_relay(ses={}, **target))
    for resource in recorder.resources:
        plain = json.dumps(
            {key: value for key, value in resource.inputs.items() if key not in resource.secret}
        )
        assert EU_WEST_1_PASSWORD not in plain
        assert SECRET_ACCESS_KEY not in plain


def test_the_providers_that_are_given_reach_every_child():
    def program():
        providers = [aws.Provider("elsewhere"), docker.Provider("remote")]
        MailRelay("relay", {"domain": "example.com", "ses": {}}, pulumi.ResourceOptions(providers=providers))

    recorder, _ = record(program)
    used = {
        resource.type.partition(":")[0]: resource.provider.rpartition("::")[0].rpartition("::")[2]
        for resource in recorder.resources
        if resource.type.startswith(("aws:", "docker:"))
    }
    assert used == {"aws": "elsewhere", "docker": "remote"}


def test_every_child_is_named_after_its_parent():
    recorder, _ = record(mail_relay(ses={}))
    assert all(resource.name.startswith("relay") for resource in recorder.resources)


def test_everything_shows_in_a_first_preview():
    previewed, _ = record(mail_relay(ses={}), preview=True)
    applied, _ = record(mail_relay(ses={}))
    assert previewed.names() == applied.names()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({}, r"ses \| sendgrid \| smtp: give exactly one of them, found none"),
        ({"ses": {}, "sendgrid": {"key": "k"}}, "found ses and sendgrid"),
        ({"ses": {"regoin": "eu-west-1"}}, "regoin: no such argument; did you mean 'region'"),
        ({"smtp": {"host": "mail.example.com", "tls": True}}, "tls: no such argument"),
        ({"ses": {}, "docker": {"prt": 25}}, "prt: no such argument; did you mean 'port'"),
        ({"ses": {}, "docker": {}, "kubernetes": KUBERNETES}, "found docker and kubernetes"),
        ({"ses": {}, "kubernetes": {}}, "MailRelay kubernetes: image: is missing"),
        ({"ses": {}, "kubernetes": {**KUBERNETES, "replica": 2}}, "did you mean 'replicas'"),
        ({"ses": {}, "domain": "nodots"}, "domain: .*nodots"),
        ({"ses": {}, "domain": None}, "domain: is missing"),
        ({"sendgrid": {}}, "key: is missing"),
        ({"ses": {"dmarc": "strict"}}, "dmarc"),
    ],
)
def test_a_bad_argument_is_named_with_its_fix(args, message):
    with pytest.raises(InvalidArgument, match=message):
        record(mail_relay(**args))


def test_what_is_no_object_where_one_belongs_is_refused_by_its_name():
    with pytest.raises(InvalidArgument, match=r"MailRelay: ses: has to be an object, not a text"):
        record(lambda: MailRelay("relay", {"domain": "example.com", "ses": "eu-west-1"}) and None)
