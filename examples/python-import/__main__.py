"""A relay on Docker that sends through SendGrid."""

import pulumi
from pulumi_opensmtpd import DockerRelay, relay_settings

config = pulumi.Config()
domain = config.require("domain")

relay = DockerRelay(
    "relay",
    {
        "relay": relay_settings.sendgrid(config.require_secret("sendgridKey")),
        "allowed_sender_domains": [domain],
        "hostname": f"relay.{domain}",
    },
)

pulumi.export("smtpAddress", relay.smtp_address)
pulumi.export("workload", relay.workload)
