"""The stack's configuration becomes one MailRelay, or one line that says which key to change."""

import json
from pathlib import Path

import pulumi
import pytest
import yaml

from components import MailRelay
from stacks.settings import InvalidConfig, Settings

from .recorder import record

pytestmark = pytest.mark.unit

SCHEMA = yaml.safe_load((Path(__file__).parents[2] / "Pulumi.yaml").read_text())["config"]


ON_KUBERNETES = {
    "provider": {"kubernetes:context": "cluster"},
    "target": "kubernetes",
    "image": "registry.example.com/relay:1",
}


def args(secret_keys=("mail-relay:relayPassword",), provider=None, **keys):
    """The MailRelay arguments of a stack that sets `keys`; the engine fills in the defaults of Pulumi.yaml."""
    defaults = {key: declared["default"] for key, declared in SCHEMA.items() if "default" in declared}
    values = {**defaults, "domain": "example.com", **keys}
    config = {
        f"mail-relay:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
    } | (provider or {})
    made = {}

    def program():
        pulumi.runtime.set_all_config(config, list(secret_keys))
        made.update(Settings.from_config().mail_relay_args())

    record(program)
    return made


def test_the_default_is_ses_on_docker():
    assert args() == {
        "domain": "example.com",
        "docker": {"address": "127.0.0.1", "port": 2525, "memory": 128},
        "ses": {
            "dns": "route53",
            "dmarc": {"p": "none"},
            "verification": "wait",
            "timeout": 600,
            "generation": 1,
        },
    }


def test_a_second_region_and_a_private_way_are_those_of_the_components():
    made = args(
        fallbackRegion="us-east-1",
        endpointVpc="vpc-1",
        endpointSubnets=["subnet-a"],
        endpointNetworks=["10.0.0.0/16"],
    )["ses"]
    assert made["fallback"] == {"region": "us-east-1"}
    assert made["endpoint"] == {
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-a"],
        "allowed_networks": ["10.0.0.0/16"],
    }


def test_one_address_goes_without_what_needs_dns():
    assert args(senderAddress="app@example.com")["ses"] == {
        "address": "app@example.com",
        "verification": "wait",
        "timeout": 600,
        "generation": 1,
    }


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"senderAddress": "app@example.com", "hostedZoneId": "Z1"},
            "hostedZoneId: does not go with senderAddress",
        ),
        ({"endpointSubnets": ["subnet-a"]}, "endpointVpc: set it to the VPC of endpointSubnets"),
        (
            {"upstream": "smtp", "fallbackRegion": "us-east-1"},
            "fallbackRegion: does not go with upstream smtp",
        ),
    ],
)
def test_keys_of_ses_that_do_not_go_together_are_refused(keys, message):
    with pytest.raises(InvalidConfig, match=message):
        args(**keys)


def test_dmarc_reports_go_where_the_stack_says():
    made = args(dmarcPolicy="quarantine", dmarcReports='["dmarc@example.com"]')
    assert made["ses"]["dmarc"] == {"p": "quarantine", "rua": ["dmarc@example.com"]}


def test_sendgrid_takes_its_key_from_the_secret_password():
    made = args(upstream="sendgrid", relayPassword="SG.key")
    assert isinstance(made["sendgrid"]["key"], pulumi.Output)


def test_a_token_that_is_set_as_a_secret_stays_one():
    made = args(("mail-relay:relayUser",), upstream="smtp", relayHost="smtp.example.net", relayUser="token")
    assert isinstance(made["smtp"]["user"], pulumi.Output)

    def program():
        MailRelay("relay", made)

    recorder, _ = record(program)
    assert "envs" in recorder.named("relay", "Container").secret


def test_smtp_without_a_login_has_none():
    assert args(upstream="smtp", relayHost="mail.example.com")["smtp"] == {
        "host": "mail.example.com",
        "proto": "smtp+tls",
    }


@pytest.mark.parametrize(
    ("upstream", "keys"),
    [("ses", {}), ("sendgrid", {"relayPassword": "SG.key"}), ("smtp", {"relayHost": "mail.example.com"})],
)
def test_the_rate_belongs_to_the_upstream(upstream, keys):
    assert args(upstream=upstream, maxRate=14, **keys)[upstream]["max_rate"] == 14


def test_kubernetes_takes_the_place_of_docker():
    made = args(
        **ON_KUBERNETES,
        namespace="mail",
        replicas=3,
        allowedNamespaces=["apps"],
        storageClass="fast",
        memory=256,
    )
    assert "docker" not in made
    assert made["kubernetes"] == {
        "image": "registry.example.com/relay:1",
        "namespace": "mail",
        "replicas": 3,
        "allowed_namespaces": ["apps"],
        "storage_class": "fast",
        "storage_size": "1Gi",
        "memory": "256Mi",
    }


def test_no_replicas_are_not_the_default_number_of_them():
    assert args(**ON_KUBERNETES, replicas=0)["kubernetes"]["replicas"] == 0


def test_options_are_handed_on():
    made = args(
        redirectRecipients="qa@example.com",
        allowedRecipientDomains=["example.org"],
        logFormat="json",
        metricsPort=9100,
    )
    assert made["options"] == {
        "redirect_recipients": "qa@example.com",
        "allowed_recipient_domains": ["example.org"],
        "log_format": "json",
        "metrics_port": 9100,
    }


def test_networks_and_senders_are_handed_on():
    made = args(allowedNetworks=["10.0.0.0/8"], allowedSenderDomains=["example.org"])
    assert made["allowed_networks"] == ["10.0.0.0/8"]
    assert made["allowed_sender_domains"] == ["example.org"]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"relayHst": "mail.example.com"}, "mail-relay:relayHst: no such key; did you mean relayHost"),
        ({"upstream": "mailgun"}, "mail-relay:upstream: 'mailgun' is not one of ses, sendgrid, smtp"),
        ({"target": "nomad"}, "mail-relay:target: 'nomad' is not one of docker, kubernetes"),
        ({"target": "kubernetes", "image": "relay:1"}, "config kubernetes:context: name the cluster"),
        ({**ON_KUBERNETES, "image": ""}, "mail-relay:image: set it to an image"),
        ({"namespace": "mail"}, "namespace: does not go with target docker"),
        ({"storageClass": "fast"}, "storageClass: does not go with target docker"),
        ({"upstream": "smtp"}, "mail-relay:relayHost: set it to the name of the SMTP server"),
        ({"upstream": "sendgrid"}, "mail-relay:relayPassword: set it to a SendGrid API key"),
        (
            {"upstream": "sendgrid", "relayPassword": "k", "relayHost": "h"},
            "relayHost: does not go with upstream sendgrid",
        ),
        ({"relayPassword": "k"}, "relayPassword: does not go with upstream ses"),
    ],
)
def test_a_key_that_cannot_work_is_named_with_its_fix(keys, message):
    with pytest.raises(InvalidConfig, match=message):
        args(**keys)


def test_a_password_in_plain_text_is_refused_without_being_shown():
    with pytest.raises(InvalidConfig, match="relayPassword: stands in the stack file in plain text") as error:
        args(secret_keys=(), upstream="smtp", relayHost="mail.example.com", relayPassword="hunter2")
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("stack", ["local", "local-kubernetes", "dev", "sendgrid", "smtp", "prod"])
def test_every_stack_file_sets_only_keys_that_exist(stack):
    config = yaml.safe_load((Path(__file__).parents[2] / f"stacks/Pulumi.{stack}.yaml").read_text())["config"]
    # Without the project's name, which is another one in what `pulumi new` makes.
    assert {key for key in config if ":" not in key} <= SCHEMA.keys()
    assert {key.partition(":")[0] for key in config if ":" in key} <= {"aws", "kubernetes"}


def test_every_key_says_what_it_means():
    assert all(declared["description"] for declared in SCHEMA.values())
