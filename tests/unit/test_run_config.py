"""The configuration of a stack on this machine."""

from pathlib import Path

import pytest
import yaml

from local import run_config

pytestmark = pytest.mark.unit

_ACCOUNT = {
    "region": "eu-west-1",
    "endpoint": "http://127.0.0.1:4000",
    "smtp": {"host": "host.docker.internal", "address": "172.17.0.1", "starttls": 5870, "tls": 4650},
    "dns": {"address": "127.0.0.1", "port": 5300},
    "mailbox": "/run/mailbox",
}


def test_what_the_run_knows_wins() -> None:
    config = {"mail-relay:domain": "example.com", "aws:region": "us-east-1"}
    assert run_config.merged(config, {"aws:region": "eu-west-1"}) == {
        "mail-relay:domain": "example.com",
        "aws:region": "eu-west-1",
    }


def test_a_key_of_a_stack_file_is_the_projects_own() -> None:
    assert run_config.stack_config("smtp") == {
        "mail-relay:domain": "example.com",
        "mail-relay:upstream": "smtp",
        "mail-relay:relayHost": "smtp.example.com",
    }


def test_secrets_of_another_backend_are_left_out_and_named() -> None:
    config = {"mail-relay:upstream": "smtp", "mail-relay:relayPassword": {"secure": "v1:abc"}}
    assert run_config.merged(config) == {"mail-relay:upstream": "smtp"}
    assert run_config.secrets_of(config) == ["mail-relay:relayPassword"]


def test_sendgrid_needs_its_key_before_one_is_set() -> None:
    assert run_config.secrets_of({"mail-relay:upstream": "sendgrid"}) == ["mail-relay:relayPassword"]
    assert run_config.secrets_of({"mail-relay:upstream": "smtp"}) == []


def test_every_service_of_the_provider_is_sent_to_the_local_account() -> None:
    endpoints = run_config.account_facts(_ACCOUNT)["aws:endpoints"]
    assert endpoints == [dict.fromkeys(run_config.SERVICES, "http://127.0.0.1:4000")]


def test_the_relay_is_told_of_the_local_endpoint(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("PEM")
    assert run_config.relay_facts(_ACCOUNT | {"ca": str(tmp_path / "ca.pem")}) == {
        "mail-relay:relayHost": "host.docker.internal",
        "mail-relay:relayPort": 5870,
        "mail-relay:relayCa": "PEM",
        "mail-relay:verificationResolver": "127.0.0.1:5300",
        "mail-relay:mailbox": "/run/mailbox",
    }


def test_the_plugin_for_kubernetes_is_needed_only_by_stacks_on_kubernetes() -> None:
    assert run_config.providers({"mail-relay:target": "kubernetes"}) == ["aws", "kubernetes"]
    assert run_config.providers({}) == ["aws", "docker"]


def test_what_pulumi_noted_in_the_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.local.yaml"
    path.write_text("encryptionsalt: v1:salt\nconfig:\n  aws:region: eu-west-2\n")
    run_config.write(path, {"aws:region": "eu-west-1"})
    assert yaml.safe_load(path.read_text()) == {
        "encryptionsalt": "v1:salt",
        "config": {"aws:region": "eu-west-1"},
    }
