"""The same resources by hand, as somebody would write them who has no use for components."""

import json
import os

import pulumi
from pulumi_aws import get_region_output, iam, route53, ses, sesv2

from bench.program import ZONE, ZONE_ID, domains

region = get_region_output().region


def write(name: str, record_name: pulumi.Input[str], type_: str, value: pulumi.Input[str]) -> route53.Record:
    return route53.Record(
        name, zone_id=os.environ[ZONE_ID], name=record_name, type=type_, ttl=1800, records=[value]
    )


for name in domains():
    domain = f"{name}.{ZONE}"
    configuration_set = sesv2.ConfigurationSet(
        f"{name}-configuration",
        configuration_set_name=domain.replace(".", "-"),
        delivery_options={"tls_policy": "REQUIRE"},
        reputation_options={"reputation_metrics_enabled": True},
        sending_options={"sending_enabled": True},
        suppression_options={"suppressed_reasons": ["BOUNCE", "COMPLAINT"]},
    )
    identity = sesv2.EmailIdentity(
        name, email_identity=domain, configuration_set_name=configuration_set.configuration_set_name
    )
    tokens = identity.dkim_signing_attributes["tokens"]
    records = [
        write(
            f"{name}-dkim-{index}",
            pulumi.Output.concat(tokens[index], "._domainkey.", domain),
            "CNAME",
            pulumi.Output.concat(tokens[index], ".dkim.amazonses.com"),
        )
        for index in range(3)
    ]
    mail_from = sesv2.EmailIdentityMailFromAttributes(
        f"{name}-mail-from",
        email_identity=domain,
        mail_from_domain=f"bounce.{domain}",
        behavior_on_mx_failure="USE_DEFAULT_VALUE",
        opts=pulumi.ResourceOptions(depends_on=[identity]),
    )
    records += [
        write(
            f"{name}-mail-from-mx",
            mail_from.mail_from_domain,
            "MX",
            pulumi.Output.concat("10 feedback-smtp.", region, ".amazonses.com"),
        ),
        write(
            f"{name}-mail-from-spf", mail_from.mail_from_domain, "TXT", "v=spf1 include:amazonses.com ~all"
        ),
        write(f"{name}-dmarc", f"_dmarc.{domain}", "TXT", "v=DMARC1; p=none"),
    ]
    ses.DomainIdentityVerification(
        f"{name}-verification",
        domain=domain,
        opts=pulumi.ResourceOptions(
            depends_on=[identity, *records], custom_timeouts=pulumi.CustomTimeouts(create="600s")
        ),
    )
    user = iam.User(f"{name}-smtp")
    policy = iam.UserPolicy(
        f"{name}-smtp-sending",
        user=user.name,
        policy=pulumi.Output.all(identity.arn, configuration_set.arn).apply(
            lambda arns: json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": arns}],
                },
                separators=(",", ":"),
            )
        ),
    )
    iam.AccessKey(f"{name}-smtp-key-1", user=user.name, opts=pulumi.ResourceOptions(depends_on=[policy]))
