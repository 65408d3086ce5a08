"""The configuration of a stack on this machine: what its file says, and what only this run knows."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from local.tools.failure import Failure
from local.workspace import CHECKOUT

PROJECT: str = yaml.safe_load((CHECKOUT / "Pulumi.yaml").read_text())["name"]
"""The project's name: `mail-relay` here, another one where `pulumi new` was told so."""
SERVICES = (
    *("cloudwatch", "ec2", "iam", "kms", "route53", "secretsmanager", "ses", "sesv2", "sns", "sqs", "ssm"),
    "sts",
)
"""What the local account answers for, under the names of the AWS provider's `endpoints`."""
_PASSWORD = f"{PROJECT}:relayPassword"

Config = dict[str, Any]


def stack_config(stack: str) -> Config:
    """The configuration in the stack's own file. Raises Failure where there is none."""
    path = _stack_file(stack)
    if not path.exists():
        stacks = sorted(other.name.split(".")[1] for other in path.parent.glob("Pulumi.*.yaml"))
        raise Failure(f"There is no stack {stack!r} in {path.parent}: the stacks are {', '.join(stacks)}")
    config = read(path).get("config") or {}
    # As Pulumi reads it: a key without a namespace is one of the project's.
    return {key if ":" in key else f"{PROJECT}:{key}": value for key, value in config.items()}


def domain_of(stack: str, config: Config) -> str:
    """The domain that the stack sends from. Raises Failure where it is not set."""
    try:
        return config[f"{PROJECT}:domain"]
    except KeyError:
        raise Failure(
            f"{_stack_file(stack)} does not set {PROJECT}:domain, the domain to send from"
        ) from None


def providers(config: Config) -> list[str]:
    """The providers whose plugins the stack needs."""
    return ["aws", "kubernetes" if config.get(f"{PROJECT}:target") == "kubernetes" else "docker"]


def read(path: Path) -> dict[str, Any]:
    """The content of a stack file; empty where there is none."""
    return (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}


def write(path: Path, config: Config) -> None:
    """Write the configuration of a stack; keep what Pulumi itself has noted in the file about its secrets."""
    noted = {key: value for key, value in read(path).items() if key != "config"}
    path.write_text(yaml.safe_dump(noted | {"config": config}, sort_keys=False))


def merged(config: Config, *facts: Config) -> Config:
    """A stack's configuration with what a run knows, which wins; without secrets, which only Pulumi can write."""
    plain = {key: value for key, value in config.items() if not is_secret(value)}
    for known in facts:
        plain |= known
    return plain


def secrets_of(config: Config) -> list[str]:
    """The secrets that the stack needs in order to be previewed. Their values are another backend's, or not set yet."""
    keys = [key for key, value in config.items() if is_secret(value)]
    if config.get(f"{PROJECT}:upstream") == "sendgrid" and _PASSWORD not in keys:
        keys.append(_PASSWORD)
    return keys


def _stack_file(stack: str) -> Path:
    return CHECKOUT / "stacks" / f"Pulumi.{stack}.yaml"


def is_secret(value: Any) -> bool:
    """Whether a value in a stack file is encrypted."""
    return isinstance(value, Mapping) and "secure" in value


def account_facts(account: Mapping[str, Any]) -> Config:
    """What the AWS provider needs, the real one and the stand-in alike, to work on a local account."""
    return {
        "aws:accessKey": "local",
        "aws:secretKey": "local",
        "aws:region": account["region"],
        "aws:endpoints": [dict.fromkeys(SERVICES, account["endpoint"])],
        "aws:skipCredentialsValidation": "true",
        "aws:skipMetadataApiCheck": "true",
    }


def account_environment(account: Mapping[str, Any] | None) -> dict[str, str]:
    """What AWS's tools need to ask a local account, and never the user's own; None is one that does not run."""
    found = account or {"endpoint": "http://127.0.0.1:9", "region": "eu-west-1"}  # where nobody answers
    return {
        "AWS_ENDPOINT_URL": found["endpoint"],
        "AWS_REGION": found["region"],
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def relay_facts(account: Mapping[str, Any]) -> Config:
    """What a local stack needs on top: the account's SMTP endpoint, its name server and its mailbox."""
    facts = {
        "relayHost": account["smtp"]["host"],
        "relayPort": account["smtp"]["starttls"],
        "relayCa": Path(account["ca"]).read_text(),
        "verificationResolver": f"{account['dns']['address']}:{account['dns']['port']}",
        "mailbox": account["mailbox"],
    }
    return {f"{PROJECT}:{key}": value for key, value in facts.items()}
