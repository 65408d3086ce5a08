"""The policy pack run by the real engine: what is right passes, what is wrong is stopped with the fix."""

import json
import os
import re
import subprocess
from pathlib import Path

import pulumi
import pulumi_aws
import pulumi_docker
import pulumi_kubernetes
import pytest
from pulumi import automation

from policy.rules import RESOURCE_RULES, STACK_RULES

from .engine import engine
from .local_aws import LocalAws
from .mail_stack import ROOT, copy_project
from .preview_captures import ensure_pack, preview_json

pytestmark = pytest.mark.integration

SECRET = "correct-horse-battery"


@pytest.fixture(scope="module")
def pack(tmp_path_factory, kubernetes_plugin):
    """The pack, with what runs it and the plugins on PATH."""
    directory = tmp_path_factory.mktemp("pack")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{directory / 'bin'}{os.pathsep}{kubernetes_plugin}", prepend=os.pathsep)
        yield str(ensure_pack(directory))


@pytest.fixture(scope="module")
def account():
    with LocalAws() as local_aws:
        local_aws.create_zone("example.com")
        yield local_aws


# The program, but with Kubernetes objects as files: there is no cluster.
INTO_FILES = (
    (ROOT / "__main__.py")
    .read_text()
    .replace("import pulumi\n", "import pulumi\nimport pulumi_kubernetes\n", 1)
    .replace(
        "settings.mail_relay_args()",
        "settings.mail_relay_args(), pulumi.ResourceOptions(providers=["
        'pulumi_kubernetes.Provider("files", render_yaml_to_directory="objects")])',
    )
)


def preview(running, pack, **options):
    """What the preview says; raises CommandError when a rule stops it."""
    return running.stack.preview(policy_packs=[pack], **options).stdout


# What these stacks lack until somebody fills them in, or `make up` does.
GIVEN = {
    "sendgrid": {"relayPassword": automation.ConfigValue(SECRET, secret=True)},
    "local-kubernetes": {"image": "opensmtpd-relay:1", "kubernetes:context": "local"},
}


@pytest.mark.parametrize(
    "stack", sorted(path.name.split(".")[1] for path in ROOT.glob("stacks/Pulumi.*.yaml"))
)
def test_our_own_stacks_pass(stack, tmp_path, pack, account):
    project = copy_project(tmp_path, INTO_FILES)
    config = account.config | GIVEN.get(stack, {})
    with engine(tmp_path, project, config, stack=stack) as running:
        said = preview(running, pack)
    assert "opensmtpd" in said
    assert "mandatory" not in said


def test_the_identity_of_a_production_stack_has_to_be_protected(tmp_path, pack, account):
    project = copy_project(tmp_path, INTO_FILES)
    config = account.config | {"protect": "false"}
    with (
        engine(tmp_path, project, config, stack="prod") as running,
        pytest.raises(automation.CommandError, match=r"\[mandatory\]  protected-in-production"),
    ):
        preview(running, pack)


def test_a_fresh_preview_becomes_a_comment_by_make_in_both_forms(tmp_path, pack, account):
    project = copy_project(tmp_path)
    with engine(tmp_path, project, account.config, stack="dev") as running:
        printed = [
            preview_json(running.stack, events=True, pack=Path(pack)),
            preview_json(running.stack, events=False),
        ]
    for text in printed:
        finished = subprocess.run(
            ["make", "-s", "preview-comment", "ARGS="], input=text, cwd=ROOT, capture_output=True, text=True
        )
        assert finished.stdout.startswith("<!-- mail-relay preview of mail-relay/dev -->\n"), finished.stderr
        assert "**A new stack: nothing that sends mail now is touched.**" in finished.stdout
        assert "SMTP key (generation 1)" in finished.stdout


def a_bad_relay():
    pulumi_docker.Container(
        "relay",
        image="wodby/opensmtpd:latest",
        envs=[
            "RELAY_HOST=smtp.example.net",
            "RELAY_PROTO=smtp",
            "RELAY_USER=me",
            f"RELAY_PASSWORD={SECRET}",
            "OPENSMTPD_ALLOWED_NETWORKS=0.0.0.0/0",
        ],
        ports=[{"internal": 25, "external": 25}],
    )


def a_bad_stack():
    files = pulumi_kubernetes.Provider("files", render_yaml_to_directory="objects")
    in_files = pulumi.ResourceOptions(provider=files)
    pulumi_kubernetes.core.v1.ConfigMap("settings", data={"password": SECRET}, opts=in_files)
    relay = {
        "name": "relay",
        "image": "opensmtpd-relay:1",
        "env": [{"name": "RELAY_PASSWORD", "value": SECRET}],
        "resources": {"limits": {"memory": "128Mi"}},
        "volume_mounts": [{"name": "queue", "mount_path": "/var/spool/smtpd"}],
    }
    volume = {"name": "queue", "persistent_volume_claim": {"claim_name": "queue"}}
    template = {
        "metadata": {"labels": {"app": "relay"}},
        "spec": {"containers": [relay], "volumes": [volume]},
    }
    spec = {"selector": {"match_labels": {"app": "relay"}}, "template": template}
    pulumi_kubernetes.apps.v1.Deployment("relay", spec=spec, opts=in_files)
    allowed = {"Effect": "Allow", "Action": "ses:*", "Resource": "*"}
    user = pulumi_aws.iam.User("relay")
    pulumi_aws.iam.UserPolicy(
        "sending", user=user.name, policy={"Version": "2012-10-17", "Statement": [allowed]}
    )
    pulumi_aws.sesv2.EmailIdentity("domain", email_identity="example.com")
    pulumi_aws.route53.Record(
        "bounce", zone_id="Z1", name="bounce.example.com", type="TXT", ttl=300, records=["v=spf1 -all"]
    )


# What each is told, with the fix.
OF_A_BAD_RELAY = {
    "relay-not-open": "Name the networks of your applications",
    "relay-verifies-tls": "Use RELAY_PROTO smtp+tls or smtps",
    "relay-no-plaintext-login": "Use RELAY_PROTO smtp+tls (port 587)",
    "relay-image-pinned": "Give the image a version's tag",
    "relay-memory-set": "Set the memory limit to 128 MiB",
    "relay-queue-persistent": "Mount a named volume",
}
OF_A_BAD_STACK = {
    "no-secret-in-config-map": "Put it into a Secret",
    "no-secret-in-pod-environment": "Mount a Secret",
    "least-privilege-sending": "Allow ses:SendRawEmail on the ARNs",
    "dmarc-present": "Add the TXT record _dmarc.<domain>",
    "network-policy-present": "Add a NetworkPolicy that selects the relay's pods",
}
OF_ANOTHER_TEST = {"protected-in-production"}
# No key that a test makes is 91 days old: tests/unit/test_policy_rules.py.
OF_NO_ENGINE = {"key-age"}


@pytest.mark.parametrize(
    ("program", "broken"), [(a_bad_relay, OF_A_BAD_RELAY), (a_bad_stack, OF_A_BAD_STACK)]
)
def test_what_is_bad_is_stopped_in_the_preview_with_each_rule_and_its_fix(
    program, broken, tmp_path, pack, account
):
    with (
        engine(tmp_path, program, account.config) as running,
        pytest.raises(automation.CommandError) as stopped,
    ):
        preview(running, pack)
    said = str(stopped.value)
    assert set(re.findall(r"\[mandatory\]  ([\w-]+)", said)) == broken.keys()
    for fix in broken.values():
        assert fix in said
    assert SECRET not in said


def test_every_rule_stops_something_in_the_engine():
    rules = {rule.name for rule in (*RESOURCE_RULES, *STACK_RULES)}
    assert {*OF_A_BAD_RELAY, *OF_A_BAD_STACK} | OF_ANOTHER_TEST | OF_NO_ENGINE == rules


def test_a_file_gives_rules_another_level(tmp_path, pack):
    levels = dict.fromkeys(OF_A_BAD_RELAY, "advisory") | {"relay-not-open": "disabled"}
    (tmp_path / "levels.json").write_text(json.dumps(levels))
    with engine(tmp_path, a_bad_relay) as running:
        said = preview(running, pack, policy_pack_configs=[str(tmp_path / "levels.json")])
    assert set(re.findall(r"\[advisory\]  ([\w-]+)", said)) == OF_A_BAD_RELAY.keys() - {"relay-not-open"}
    assert "mandatory" not in said
    assert "relay-not-open" not in said


def test_what_is_not_known_before_the_update_stops_no_preview(tmp_path, pack):
    def program():
        network = pulumi_docker.Network("relay")
        pulumi_docker.Container(
            "relay",
            image="opensmtpd-relay:1.0",
            envs=[
                pulumi.Output.concat("RELAY_HOST=", network.driver),
                network.id.apply("OPENSMTPD_HOSTNAME={}".format),
            ],
            memory=128,
            volumes=[{"container_path": "/var/spool/smtpd", "volume_name": network.id}],
        )

    with engine(tmp_path, program) as running:
        assert "mandatory" not in preview(running, pack)
