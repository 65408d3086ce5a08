"""A program of a user of the package: pyright (strict) and mypy (strict) find nothing wrong but the lines marked so."""

import pulumi
from pulumi_opensmtpd import (
    DockerRelay,
    KubernetesRelay,
    MailRelay,
    MailRelayArgs,
    RelaySettings,
    SesDomain,
    SesFeedback,
    SmtpCredentials,
    relay_settings,
)

config = pulumi.Config()
key: pulumi.Output[str] = config.require_secret("key")

args: MailRelayArgs = {
    "domain": "example.com",
    "ses": {"region": "eu-west-1", "dmarc": {"p": "none", "rua": ["dmarc@example.com"]}, "feedback": {}},
    "docker": {"port": 2525, "memory": 256},
    "options": {"expire": "2d", "bounce_warn": ["1h"], "max_connections": 10},
}
relay = MailRelay("relay", args, pulumi.ResourceOptions(protect=True))
pulumi.export("smtpAddress", relay.smtp_address)
first: pulumi.Output[str] = relay.dns_records.apply(lambda records: str(records[0]["name"]))

upstream: RelaySettings = relay_settings.sendgrid(key)
docker = DockerRelay("docker", {"relay": upstream, "allowed_sender_domains": ["example.com"]})
kubernetes = KubernetesRelay(
    "kubernetes",
    {"relay": upstream, "allowed_sender_domains": ["example.com"], "image": "relay:1", "replicas": 3},
)
domain = SesDomain("domain", {"domain": "example.com", "dkim": {"bits": 1024}})
login = SmtpCredentials("login", {"identity_arn": domain.arn, "region": domain.region})
user: pulumi.Output[str] = login.user
SesFeedback("feedback", {"configuration_set_arn": domain.configuration_set_arn})

MailRelay("relay", {"domain": "example.com", "sess": {}})  # wrong: an unknown key
MailRelay("relay", {"ses": {}})  # wrong: a key is missing
MailRelay("relay", {"domain": "example.com", "ses": {"reqion": "eu-west-1"}})  # wrong: an unknown key inside
MailRelay("relay", {"domain": 5, "ses": {}})  # wrong: a number for a text
MailRelay("relay", {"domain": "example.com", "docker": {"port": "2525"}})  # wrong: a text for a number
relay_settings.sendgrid(api_key=key)  # wrong: an unknown argument
print(relay.smtp_adress)  # wrong: an unknown output
