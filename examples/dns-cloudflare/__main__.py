"""A domain at Amazon SES whose DNS is at Cloudflare, and the login that may send from it."""

import pulumi
from cloudflare_dns import cloudflare_writer
from pulumi_opensmtpd import SesDomain, SmtpCredentials

config = pulumi.Config()

domain = SesDomain(
    "mail",
    {"domain": config.require("domain")},
    write_record=cloudflare_writer(config.require("cloudflareZoneId")),
)
login = SmtpCredentials(
    "mail",
    {
        "identity_arn": domain.arn,
        "configuration_set_arn": domain.configuration_set_arn,
        "region": domain.region,
    },
)

pulumi.export("dnsRecords", domain.dns_records)
pulumi.export("smtpUser", login.user)
pulumi.export("smtpPassword", login.password)
