"""The names that others rely on: docs/contracts.md lists them, and the code has exactly those."""

import runpy
from pathlib import Path

import pulumi
import pytest

from components import MailRelay, SesAccount
from components.dns import Lookup
from components.image.relay.environment import FILE_SUFFIX, VARIABLES
from tests.unit.certificates import RSA_KEY
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


OPTIONS = {
    "apex_spf": {"apex_spf": True},
    "configuration.managed_pool": {"configuration": {"managed_pool": "team"}},
    "credentials.copy` to `secretsmanager": {"credentials": {"copy": {"store": "secretsmanager"}}},
    "credentials.copy` to `ssm": {"credentials": {"copy": {"store": "ssm"}}},
    "dkim.private_key": {"dkim": {"selector": "own", "private_key": RSA_KEY}},
    "feedback_forwarding": {"feedback_forwarding": False},
    "policies": {"policies": {"partner": '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny"}]}'}},
    "tenant": {"tenant": "team"},
}


def test_every_documented_option_is_switched_on_by_a_test():
    assert {option for option, *_ in table("options")} == set(OPTIONS)


@pytest.mark.parametrize("option", OPTIONS)
def test_the_documented_resources_of_an_option_are_those_that_it_adds(option, monkeypatch):
    monkeypatch.setattr(Lookup, "shown", lambda lookup, name, type_: [])
    monkeypatch.setattr(Lookup, "values", lambda lookup, name, type_: [])
    without, _ = record(lambda: MailRelay("relay", {"domain": "example.com", "ses": {}}) and None)
    recorder, _ = record(
        lambda: MailRelay("relay", {"domain": "example.com", "ses": OPTIONS[option]}) and None
    )
    documented = [(type_, name) for of, name, type_, _ in table("options") if of == option]
    assert sorted(set(recorder.names()) - set(without.names())) == sorted(documented)


def test_the_documented_settings_of_an_account_are_those_that_it_has():
    recorder, _ = record(lambda: SesAccount("account", {"vdm": True}) and None)
    assert recorder.names() == sorted((type_, name) for name, type_, _ in table("account"))


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
