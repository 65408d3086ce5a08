"""What this project's components make passes the policy pack, on both targets, in preview and update."""

import pulumi
import pytest

from components import DockerRelay, KubernetesRelay, MailRelay, relay_settings
from policy.rules import RESOURCE_RULES, STACK_RULES
from policy.rules.resource import Resource

from .recorder import record

pytestmark = pytest.mark.unit

SETTINGS = relay_settings.smtp("smtp.example.net", user="me", password="correct-horse")
PROGRAMS = {
    "ses": lambda: MailRelay("relay", {"domain": "example.com", "ses": {"region": "eu-west-1"}}) and None,
    "smtp": lambda: MailRelay("relay", {"domain": "example.com", "smtp": SETTINGS}) and None,
    "docker": lambda: (
        DockerRelay("relay", {"relay": SETTINGS, "allowed_sender_domains": ["example.com"]}) and None
    ),
    "kubernetes": lambda: (
        KubernetesRelay(
            "relay",
            {
                "relay": SETTINGS,
                "allowed_sender_domains": ["example.com"],
                "image": "registry.example.com/opensmtpd-relay:1.2.3",
            },
        )
        and None
    ),
}


@pytest.mark.parametrize("preview", [True, False], ids=["preview", "update"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_what_the_components_make_breaks_no_rule(program, preview):
    recorder, _ = record(PROGRAMS[program], preview=preview)
    resources = [Resource(made.type, made.name, properties=made.inputs) for made in recorder.resources]
    assert len(resources) > 4
    for rule in RESOURCE_RULES:
        for resource in resources:
            assert list(rule.check(resource)) == [], rule.name
    for rule in STACK_RULES:
        assert list(rule.check(resources)) == [], rule.name


def test_the_rules_see_the_relay_in_both_targets():
    open_rule = next(rule for rule in RESOURCE_RULES if rule.name == "relay-queue-persistent")
    for program, type_, place in (
        ("docker", "Container", "volumes"),
        ("kubernetes", "StatefulSet", "spec"),
    ):
        recorder, _ = record(PROGRAMS[program])
        made = recorder.named("relay", type_)
        made.inputs[place] = [] if place == "volumes" else made.inputs["spec"] | {"volumeClaimTemplates": []}
        assert list(open_rule.check(Resource(made.type, made.name, properties=made.inputs)))


@pytest.mark.parametrize(
    ("target", "queue"),
    [
        ({}, ("docker:index/volume:Volume", "relay-queue")),
        ({"kubernetes": {"image": "opensmtpd-relay:1"}}, ("kubernetes:core/v1:Namespace", "relay")),
    ],
)
def test_what_cannot_be_had_again_is_protected_and_nothing_else(target, queue):
    protected = []

    def noted(made):
        if made.opts.protect:
            protected.append((made.type_, made.name))

    args = {"domain": "example.com", "ses": {"region": "eu-west-1"}, "protect": True, **target}
    record(lambda: MailRelay("relay", args, pulumi.ResourceOptions(transformations=[noted])) and None)
    assert sorted(protected) == [("aws:sesv2/emailIdentity:EmailIdentity", "relay-ses"), queue]
