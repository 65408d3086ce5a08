"""The names that others rely on: docs/contracts.md lists them, and the code has exactly those."""

import runpy
from pathlib import Path

import pulumi
import pytest

from components import MailRelay
from components.image.relay.environment import FILE_SUFFIX, VARIABLES
from tests.unit.recorder import record

from .tables import table

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]


def test_the_documented_resources_are_those_that_a_mail_relay_makes():
    recorder, _ = record(lambda: MailRelay("relay", {"domain": "example.com", "ses": {}}) and None)
    assert recorder.names() == sorted((type_, name) for name, type_, _ in table("resources"))


def test_the_documented_resources_on_kubernetes_are_those_that_a_mail_relay_makes_there():
    kubernetes = {
        "image": "relay:1",
        "autoscaling": {"max_replicas": 4},
        "monitoring": {"namespace": "monitoring", "labels": {"release": "prometheus"}},
    }
    upstream = {"domain": "example.com", "smtp": {"host": "mail.example.com", "user": "me"}}
    recorder, _ = record(lambda: MailRelay("relay", {**upstream, "kubernetes": kubernetes}) and None)
    made = [(type_, name) for type_, name in recorder.names() if not type_.endswith(":MailRelay")]
    assert made == sorted((type_, name) for name, type_, _ in table("kubernetes"))


def test_the_documented_resources_of_feedback_are_those_that_it_adds():
    feedback = {
        "create_kms_key": True,
        "daily_quota": 50000,
        "subscriptions": [{"name": "team", "protocol": "email", "endpoint": "team@example.com"}],
    }
    without, _ = record(lambda: MailRelay("relay", {"domain": "example.com", "ses": {}}) and None)
    recorder, _ = record(
        lambda: MailRelay("relay", {"domain": "example.com", "ses": {"feedback": feedback}}) and None
    )
    added = set(recorder.names()) - set(without.names())
    assert sorted(added) == sorted((type_, name) for name, type_, _ in table("feedback"))


BUS = {"name": "bus", "to": "eventbridge", "events": ["BOUNCE"]}
ENDPOINT = {"vpc_id": "vpc-1", "subnet_ids": ["subnet-a"], "allowed_networks": ["10.0.0.0/8"]}


@pytest.mark.parametrize(
    ("documented", "ses"),
    [
        ("fallback", {"fallback": {"region": "us-east-1"}}),
        ("destinations", {"configuration": {"destinations": [BUS]}}),
        ("endpoint", {"endpoint": ENDPOINT}),
    ],
)
def test_the_documented_resources_of_an_option_of_ses_are_those_that_it_adds(documented, ses):
    without, _ = record(lambda: MailRelay("relay", {"domain": "example.com", "ses": {}}) and None)
    recorder, _ = record(lambda: MailRelay("relay", {"domain": "example.com", "ses": ses}) and None)
    added = set(recorder.names()) - set(without.names())
    assert sorted(added) == sorted((type_, name) for name, type_, _ in table(documented))


def test_the_documented_outputs_are_those_that_the_program_exports(monkeypatch):
    exported = []
    monkeypatch.setattr(pulumi, "export", lambda name, value: exported.append(name))

    def program():
        pulumi.runtime.set_all_config(
            {
                "mail-relay:domain": "example.com",
                "mail-relay:upstream": "smtp",
                "mail-relay:target": "docker",
                "mail-relay:relayHost": "mail.example.com",
                "mail-relay:mailbox": "a/directory",
            }
        )
        runpy.run_path(str(ROOT / "__main__.py"))

    record(program)
    assert exported == [name for name, _ in table("outputs")]


def test_the_documented_variables_are_those_of_the_container():
    documented = [(names, default, meaning) for names, default, meaning in table("environment")]
    assert documented == [
        (
            variable.name + (f"`, `{variable.name}{FILE_SUFFIX}" if variable.from_file else ""),
            "required" if variable.required else variable.default,
            variable.description,
        )
        for variable in VARIABLES
    ]
