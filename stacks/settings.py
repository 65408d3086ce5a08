"""The stack's configuration as the arguments of one MailRelay: the only file that reads pulumi.Config.

Which keys there are, their types and their defaults stand in Pulumi.yaml.
"""

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import yaml

from components import MailRelayArgs, relay_settings

_PROJECT_FILE = Path(__file__).resolve().parent.parent / "Pulumi.yaml"

_UPSTREAMS = ("ses", "sendgrid", "smtp")
_TARGETS = ("docker", "kubernetes")
_SECRETS = ("relayPassword",)
_MAYBE_SECRETS = ("relayUser",)  # a token that is sent as user name and password
# Keys that mean nothing with another upstream or target: setting one there is a mistake, not a preference.
_ONLY_WITH = {
    "dmarcReports": ("upstream", "ses"),
    "senderAddress": ("upstream", "ses"),
    "fallbackRegion": ("upstream", "ses"),
    "endpointVpc": ("upstream", "ses"),
    "relayUser": ("upstream", "smtp"),
    "relayPassword": ("upstream", "smtp", "sendgrid"),
    "relayHost": ("upstream", "smtp", "ses"),
    "relayCa": ("upstream", "smtp", "ses"),
    "namespace": ("target", "kubernetes"),
    "allowedNamespaces": ("target", "kubernetes"),
    "storageClass": ("target", "kubernetes"),
}


class InvalidConfig(pulumi.RunError):
    """A configuration key that cannot work. Pulumi prints it as one line."""

    def __init__(self, key: str, problem: str):
        full_key = key if ":" in key else f"{pulumi.get_project()}:{key}"
        super().__init__(f"config {full_key}: {problem}")


@dataclass(frozen=True)
class Settings:
    """The configuration of a stack, checked: one upstream, one target, no key that is not known."""

    values: dict[str, Any]
    """The configured keys and their values; empty ones left out."""
    mailbox: str
    """The directory of delivered messages; empty except on local stacks."""

    @classmethod
    def from_config(cls) -> "Settings":
        """Read the stack's configuration; raise InvalidConfig for a key that is unknown or of another upstream."""
        declared = yaml.safe_load(_PROJECT_FILE.read_text())["config"]
        # A project that `pulumi new` made has a key of Pulumi's own there, too.
        schema = {key: value for key, value in declared.items() if ":" not in key}
        config = pulumi.Config()
        _refuse_unknown_keys(config, schema)
        values = {key: _read(config, key, declared["type"]) for key, declared in schema.items()}
        _refuse_unknown_choice("upstream", values["upstream"], _UPSTREAMS)
        _refuse_unknown_choice("target", values["target"], _TARGETS)
        for key, (side, *choices) in _ONLY_WITH.items():
            if values[key] and values[side] not in choices:
                raise InvalidConfig(key, f"does not go with {side} {values[side]}: remove one of the two")
        if values["target"] == "kubernetes":
            _require_a_cluster()
        # 0 means none only where that is the default: it is no number of replicas.
        given = {
            key: value
            for key, value in values.items()
            if value not in ("", [], None) and (value or schema[key].get("default"))
        }
        return cls(values=given, mailbox=values["mailbox"])

    def mail_relay_args(self) -> MailRelayArgs:
        """The arguments of the stack's MailRelay."""
        make_upstream = {"ses": self._ses, "sendgrid": self._sendgrid, "smtp": self._smtp}
        upstream = self.values["upstream"]
        options = self._pick(
            {
                "redirect_recipients": "redirectRecipients",
                "allowed_recipient_domains": "allowedRecipientDomains",
                "log_format": "logFormat",
                "metrics_port": "metricsPort",
            }
        )
        return MailRelayArgs(
            domain=self.values["domain"],
            **self._target(),
            **self._pick(
                {"allowed_sender_domains": "allowedSenderDomains", "allowed_networks": "allowedNetworks"}
            ),
            **({"options": options} if options else {}),
            **self._pick({"protect": "protect"}),
            **{upstream: make_upstream[upstream]()},
        )

    def _target(self) -> dict[str, Any]:
        if self.values["target"] == "docker":
            keys = {"address": "listenAddress", "port": "listenPort", "memory": "memory", "image": "image"}
            return {"docker": self._pick(keys)}
        if "image" not in self.values:
            raise InvalidConfig("image", "set it to an image of components/image that the nodes can pull")
        keys = {
            "image": "image",
            "namespace": "namespace",
            "replicas": "replicas",
            "allowed_namespaces": "allowedNamespaces",
            "storage_class": "storageClass",
            "storage_size": "storageSize",
        }
        return {"kubernetes": {**self._pick(keys), "memory": f"{self.values['memory']}Mi"}}

    def _ses(self) -> dict[str, Any]:
        needs_dns = self._ses_address if "senderAddress" in self.values else self._ses_dns
        fallback = self._pick({"region": "fallbackRegion"})
        endpoint = self._ses_endpoint()
        parts = {"fallback": fallback, "endpoint": endpoint}
        return (
            needs_dns()
            | {name: part for name, part in parts.items() if part}
            | self._pick(
                {
                    "verification": "verification",
                    "timeout": "verificationTimeout",
                    "generation": "keyGeneration",
                    "host": "relayHost",
                    "port": "relayPort",
                    "ca": "relayCa",
                    "max_rate": "maxRate",
                }
            )
        )

    def _ses_dns(self) -> dict[str, Any]:
        dmarc = self._pick({"p": "dmarcPolicy", "rua": "dmarcReports"})
        others = self._pick({"dns": "dns", "zone": "hostedZoneId", "resolver": "verificationResolver"})
        return ({"dmarc": dmarc} if dmarc else {}) | others

    def _ses_address(self) -> dict[str, Any]:
        # What is about DNS has defaults, and so cannot be told from what was set.
        for key in ("hostedZoneId", "dmarcReports"):
            if key in self.values:
                raise InvalidConfig(key, "does not go with senderAddress: remove one of the two")
        return self._pick({"address": "senderAddress"})

    def _ses_endpoint(self) -> dict[str, Any]:
        endpoint = self._pick(
            {"vpc_id": "endpointVpc", "subnet_ids": "endpointSubnets", "allowed_networks": "endpointNetworks"}
        )
        if endpoint and "vpc_id" not in endpoint:
            raise InvalidConfig("endpointVpc", "set it to the VPC of endpointSubnets and endpointNetworks")
        return endpoint

    def _sendgrid(self) -> dict[str, Any]:
        if "relayPassword" not in self.values:
            raise InvalidConfig(
                "relayPassword", "set it to a SendGrid API key: pulumi config set --secret relayPassword"
            )
        return self._pick({"key": "relayPassword", "max_rate": "maxRate"})

    def _smtp(self) -> dict[str, Any]:
        if "relayHost" not in self.values:
            raise InvalidConfig(
                "relayHost", "set it to the name of the SMTP server, such as smtp.example.com"
            )
        fields = ("host", "port", "proto", "user", "password", "ca")
        keys = {field: f"relay{field.capitalize()}" for field in fields} | {"max_rate": "maxRate"}
        return relay_settings.smtp(**self._pick(keys))

    def _pick(self, keys: dict[str, str]) -> dict[str, Any]:
        return {argument: self.values[key] for argument, key in keys.items() if key in self.values}


def _read(config: pulumi.Config, key: str, type_: str) -> Any:
    if key in _SECRETS or (key in _MAYBE_SECRETS and _is_secret(config, key)):
        return _read_secret(config, key)
    if type_ == "integer":
        return config.get_int(key)
    if type_ == "boolean":
        return config.get_bool(key)
    if type_ == "array":
        return config.get_object(key)
    return config.get(key)


def _read_secret(config: pulumi.Config, key: str) -> pulumi.Output[str] | None:
    # None, not an Output of nothing, where it is not set: its presence decides whether the relay logs in.
    if not config.get(key):
        return None
    if not _is_secret(config, key):
        raise InvalidConfig(
            key, f"stands in the stack file in plain text; set it with: pulumi config set --secret {key}"
        )
    return config.require_secret(key)


def _is_secret(config: pulumi.Config, key: str) -> bool:
    return pulumi.runtime.config.is_config_secret(config.full_key(key))


def _refuse_unknown_keys(config: pulumi.Config, schema: dict[str, Any]) -> None:
    prefix = f"{pulumi.get_project()}:"
    for full_key in pulumi.runtime.config.CONFIG.get():
        key = full_key.removeprefix(prefix)
        if full_key.startswith(prefix) and key not in schema:
            near = difflib.get_close_matches(key, schema, n=1)
            fix = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(schema)}"
            raise InvalidConfig(key, f"no such key; {fix}")


def _require_a_cluster() -> None:
    # Otherwise it would be whichever cluster kubectl talks to at the moment.
    config = pulumi.Config("kubernetes")
    if not (config.get("context") or config.get("kubeconfig")):
        raise InvalidConfig(
            "kubernetes:context",
            "name the cluster: pulumi config set kubernetes:context, as kubeconfig has it",
        )


def _refuse_unknown_choice(key: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InvalidConfig(key, f"{value!r} is not one of {', '.join(choices)}")
