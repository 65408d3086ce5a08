"""Makes the previews that the tests of review/ read: `python -m local test` must have set up the tools before, then
`python -m tests.integration.preview_captures`.

One stack is brought up; each capture is a preview of a change to it. What is not read, or differs from machine to
machine, is left out: paths, times, debug lines. The goldens beside them are then made anew by
`UPDATE_GOLDENS=1 python -m pytest tests/unit/test_review_goldens.py`.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import docker
from pulumi import automation

from local import policy_pack
from local.tools import docker_engine, provider_plugins, pulumi_cli
from local.tools.progress import Progress

from .engine import engine
from .local_aws import LocalAws
from .mail_stack import DOMAIN, copy_project, mail_stack

CAPTURES = Path(__file__).parents[1] / "unit" / "previews"

_PROGRAM = """
import json
import pulumi
from components import MailRelay
from stacks.settings import Settings

settings = Settings.from_config()
args = settings.mail_relay_args()
opts = pulumi.ResourceOptions()
{change}
relay = MailRelay("relay", args, opts)
{more}
pulumi.export("dnsRecords", relay.dns_records)
"""
_CONTAINER_OF_ANOTHER = """
import pulumi_docker
pulumi_docker.Container(
    "legacy",
    image="example.com/relay:1.0",
    envs=[
        "RELAY_HOST=smtp.example.net", "RELAY_USER=me", "RELAY_PASSWORD=correct-horse-battery",
        "RELAY_PROTO=smtp+notls", "RELAY_INSECURE_SKIP_VERIFY=yes",
        "OPENSMTPD_ALLOWED_SENDER_DOMAINS=*", "OPENSMTPD_ALLOWED_NETWORKS=0.0.0.0/0",
        "NOTE=log in with correct-horse-battery",
    ],
    ports=[{"internal": 25, "external": 25}],
)
"""
_MORE_THAN_SENDING = """
from pulumi_aws import iam
user = iam.User("another")
iam.UserPolicy("all-of-ses", user=user.name, policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["ses:*", "iam:CreateAccessKey"], "Resource": "*"}]}))
iam.UserPolicyAttachment("admin", user=user.name, policy_arn="arn:aws:iam::aws:policy/AdministratorAccess")
"""

_CHANGES: dict[str, dict[str, Any]] = {
    "unchanged": {},
    "key-rotated": {"change": 'args["ses"]["generation"] = 2'},
    "domain-renamed": {"change": 'args["domain"] = "mail.example.com"'},
    "dmarc-tightened": {"change": 'args["ses"]["dmarc"] = {"p": "reject"}'},
    "mail-from-changed": {
        "change": 'args["ses"]["mail_from"] = {"domain": "m.example.com", "on_mx_failure": "reject"}'
    },
    "tls-optional": {"change": 'args["ses"]["configuration"] = {"tls": "optional", "sending": False}'},
    "clients-widened": {
        "change": 'args |= {"allowed_networks": ["10.0.0.0/8"], "allowed_sender_domains": ["*"]}\n'
        'args["docker"]["address"] = "0.0.0.0"'
    },
    "upstream-plain": {
        "change": 'del args["ses"]\nargs |= {"smtp": {"host": "mail.example.net", "proto": "smtp+notls"}}'
    },
    "unverified": {
        "change": 'args["ses"]["host"] = "email-smtp.us-east-1.amazonaws.com"\n'
        'args["options"] = {"redirect_recipients": "qa@example.com"}'
    },
    "memory-lowered": {"change": 'args["docker"]["memory"] = 32'},
    "relay-renamed": {"more": "", "name": "renamed"},
    "manual-dns": {"change": 'args["ses"]["dns"] = "manual"'},
    "unmarked-secret": {"more": _CONTAINER_OF_ANOTHER},
    "more-than-sending": {"more": _MORE_THAN_SENDING},
    "failed": {"change": 'args["ses"]["host"] = "smtp://user:correct-horse@mail.example.net"'},
}
_AFTER_PROTECTION = {
    "unprotected": {},
    "protected-deleted": {"name": "renamed", "change": "opts = pulumi.ResourceOptions(protect=True)"},
    "manual-dmarc": {
        "change": "opts = pulumi.ResourceOptions(protect=True)\n"
        'args["ses"] |= {"dns": "manual", "dmarc": {"p": "quarantine"}}'
    },
}
_DIGESTS = ("key-rotated", "unchanged", "failed", "clients-widened")


_ON_KUBERNETES: dict[str, dict[str, Any]] = {
    "kubernetes-key-rotated": {"change": 'args["ses"]["generation"] = 2'},
    "kubernetes-scaled-down": {"change": 'args["kubernetes"]["replicas"] = 1'},
    "kubernetes-settings": {
        "change": 'args["kubernetes"]["memory"] = "64Mi"\n'
        'args["options"] = {"redirect_recipients": "qa@example.com"}\n'
        'args["ses"]["dmarc"] = {"p": "reject"}'
    },
    "kubernetes-load-balancer": {
        "change": 'args["kubernetes"] |= {"service_type": "LoadBalancer"}\n'
        'args["allowed_networks"] = ["203.0.113.0/24"]'
    },
    "kubernetes-left": {"change": 'del args["kubernetes"]'},
}


def main() -> None:
    """Make the captures that are named, `docker` or `kubernetes`; without a name all."""
    CAPTURES.mkdir(exist_ok=True)
    for name, make in {"docker": _on_docker, "kubernetes": _on_kubernetes}.items():
        if name in (sys.argv[1:] or [name]):
            with tempfile.TemporaryDirectory() as directory:
                make(Path(directory))


def _on_docker(directory: Path) -> None:
    bridge = docker_engine.gateway(docker.from_env())
    with LocalAws(host="host.docker.internal", bind=bridge) as local_aws:
        local_aws.create_zone(DOMAIN)
        with mail_stack(directory, local_aws, _program()) as mail:
            stack = mail._engine.stack
            _capture(stack, "created", {})
            mail.up()
            for name, change in _CHANGES.items():
                _capture(stack, name, change)
            pack = ensure_pack(directory)
            _capture(stack, "policy-violations", {"more": _CONTAINER_OF_ANOTHER}, pack)
            protected = 'opts = pulumi.ResourceOptions(protect=True)\nargs["ses"]["dns"] = "manual"'
            _write_program(stack, _program(change=protected))
            mail.up()
            for name, change in _AFTER_PROTECTION.items():
                _capture(stack, name, change)
            _write_program(stack, _program())
            mail.up()


def _on_kubernetes(directory: Path) -> None:
    """With the real plugin, which writes the objects into files: a cluster is not needed."""
    plugins, progress = directory / "plugins", Progress()
    provider_plugins.ensure(progress, pulumi_cli.ensure(progress), plugins, ["kubernetes"])
    os.environ["PATH"] = os.pathsep.join([str(plugins), os.environ["PATH"]])
    with LocalAws() as local_aws:
        project = copy_project(directory, _program(**_files()))
        with engine(directory, project, local_aws.config | {"protect": "false"}, stack="prod") as running:
            _capture(running.stack, "kubernetes-created", _files())
            running.up()
            for name, change in _ON_KUBERNETES.items():
                _capture(running.stack, name, _files(**change))
            _write_program(running.stack, _program(**_files()))


def _files(change: str = "") -> dict[str, str]:
    """A change on Kubernetes, by a provider that writes files."""
    provider = 'pulumi_kubernetes.Provider("files", render_yaml_to_directory="objects")'
    return {
        "change": f"import pulumi_kubernetes\nopts = pulumi.ResourceOptions(providers=[{provider}])\n{change}"
    }


def _program(change: str = "", more: str = "", name: str = "relay") -> str:
    return _PROGRAM.format(change=change, more=more).replace('MailRelay("relay"', f'MailRelay("{name}"')


def _write_program(stack: automation.Stack, program: str) -> None:
    (Path(stack.workspace.work_dir) / "__main__.py").write_text(program)


def ensure_pack(directory: Path) -> Path:
    """The policy pack, and in the folder `bin` beside it what runs it."""
    return policy_pack.ensure(Progress(), directory / "policy", directory / "bin")


def _capture(stack: automation.Stack, name: str, change: dict[str, Any], pack: Path | None = None) -> None:
    _write_program(stack, _program(**change))
    printed = preview_json(stack, events=True, pack=pack)
    events = [_stripped(json.loads(line)) for line in printed.splitlines()]
    kept = [event for event in events if event]
    (CAPTURES / f"{name}.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in kept))
    if name in _DIGESTS:
        digest = _stripped(json.loads(preview_json(stack, events=False)))
        (CAPTURES / f"{name}.json").write_text(json.dumps(digest) + "\n")
    print(name, flush=True)


def preview_json(stack: automation.Stack, *, events: bool, pack: Path | None = None) -> str:
    """What `pulumi preview --json` prints, with a policy pack of `ensure_pack`."""
    workspace = stack.workspace
    environment = os.environ | workspace.env_vars
    if events:
        environment["PULUMI_ENABLE_STREAMING_JSON_PREVIEW"] = "true"
    options = ["--json", "--stack", stack.name, "--non-interactive"]
    if pack:
        options.append(f"--policy-pack={pack}")
        environment["PATH"] = f"{pack.parent / 'bin'}:{environment['PATH']}"
    return subprocess.run(
        [workspace.pulumi_command.command, "preview", *options],
        cwd=workspace.work_dir,
        env=environment,
        capture_output=True,
        text=True,
    ).stdout


_LEFT_OUT = (
    "sourcePosition",
    "stackTrace",
    "created",
    "modified",
    "config",
    "duration",
    "propertyDependencies",
    "PolicyPacks",
)


def _stripped(tree: Any) -> Any:
    """The same without what is not read; None for an event of which nothing is left."""
    if isinstance(tree, list):
        return [item for item in map(_stripped, tree) if item is not None]
    if not isinstance(tree, dict):
        return tree
    severity = (tree.get("diagnosticEvent") or tree).get("severity")
    is_repeated = (tree.get("resourcePreEvent") or {}).get("metadata", {}).get("op") == "same"
    if severity in ("debug", "info", "warning") or "preludeEvent" in tree or is_repeated:
        return None
    if tree.get("custom") and "inputs" in tree and "urn" in tree:
        tree = {key: value for key, value in tree.items() if key != "outputs"} | _secret_outputs(tree)
    kept = {
        key: _stripped(value) for key, value in tree.items() if key not in _LEFT_OUT and value is not None
    }
    return kept | ({"timestamp": 0} if "timestamp" in kept else {})


def _secret_outputs(state: dict[str, Any]) -> dict[str, Any]:
    """Of what a provider has added, only what must not be seen."""
    return {
        "outputs": {
            key: value for key, value in (state.get("outputs") or {}).items() if "[secret]" in str(value)
        }
    }


if __name__ == "__main__":
    main()
