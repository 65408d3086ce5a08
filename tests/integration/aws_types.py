"""Programs that use every type of the stand-in AWS plugin, in two variants each."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

ACCOUNT = "123456789012"
SES_ARN = f"arn:aws:ses:eu-west-1:{ACCOUNT}"


@dataclass(frozen=True)
class Family:
    """Types that belong together; no two resources of all families have the same name."""

    program: Callable[[bool, Callable[[str], pulumi.ResourceOptions]], list[pulumi.CustomResource]]
    """Called with whether it is the second variant, and with what tells the options of a resource by its name."""
    changes: Mapping[str, str]
    """What an update does to the second variant: operation by name."""
    import_ids: Mapping[str, str] = field(default_factory=dict)
    """Where they are not the ids."""
    stays: tuple[str, ...] = ()
    """Settings of the account, which are there after the destruction too."""


def _sending_policy(identity: str, role: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:{role}"},
        "Action": "ses:SendRawEmail",
        "Resource": f"{SES_ARN}:identity/{identity}",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _ses(second, opts):
    ses = aws.sesv2
    pool = ses.DedicatedIpPool(
        "pool", pool_name="pool", tags={"team": "b" if second else "a"}, opts=opts("pool")
    )
    rules = ses.ConfigurationSet(
        "rules",
        configuration_set_name="rules",
        delivery_options={"tls_policy": "REQUIRE", "max_delivery_seconds": 3600}
        if not second
        else {"tls_policy": "REQUIRE", "sending_pool_name": pool.pool_name},
        reputation_options={"reputation_metrics_enabled": second},
        sending_options={"sending_enabled": not second},
        suppression_options=None if second else {"suppressed_reasons": ["BOUNCE"]},
        tracking_options={"custom_redirect_domain": "click.types.example", "https_policy": "REQUIRE"}
        if second
        else None,
        vdm_options={
            "dashboard_options": {"engagement_metrics": "ENABLED"},
            "guardian_options": {"optimized_shared_delivery": "DISABLED" if second else "ENABLED"},
        },
        opts=opts("rules"),
    )
    bus = f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/default"
    metrics = [
        {"default_dimension_value": "none", "dimension_name": "app", "dimension_value_source": "MESSAGE_TAG"}
    ]
    destination = ses.ConfigurationSetEventDestination(
        "destination",
        configuration_set_name=rules.configuration_set_name,
        event_destination_name="events",
        event_destination={
            "enabled": second,
            "matching_event_types": ["BOUNCE", "COMPLAINT", *(["REJECT"] if second else [])],
            "event_bridge_destination": None if second else {"event_bus_arn": bus},
            "cloud_watch_destination": {"dimension_configurations": metrics} if second else None,
        },
        opts=opts("destination"),
    )
    identity = ses.EmailIdentity(
        "identity",
        email_identity="types.example",
        configuration_set_name=rules.configuration_set_name if second else None,
        dkim_signing_attributes={"next_signing_key_length": "RSA_2048_BIT" if second else "RSA_1024_BIT"},
        tags={"team": "mail"},
        opts=opts("identity"),
    )
    address = ses.EmailIdentity("address", email_identity="owner@types.example", opts=opts("address"))
    mail_from = ses.EmailIdentityMailFromAttributes(
        "mail-from",
        email_identity=identity.email_identity,
        mail_from_domain="bounce.types.example",
        behavior_on_mx_failure="REJECT_MESSAGE" if second else None,
        opts=opts("mail-from"),
    )
    feedback = ses.EmailIdentityFeedbackAttributes(
        "feedback",
        email_identity=identity.email_identity,
        email_forwarding_enabled=second,
        opts=opts("feedback"),
    )
    sending = ses.EmailIdentityPolicy(
        "sending",
        email_identity=identity.email_identity,
        policy_name="partner",
        policy=_sending_policy("types.example", "role/second" if second else "role/first"),
        opts=opts("sending"),
    )
    suppression = ses.AccountSuppressionAttributes(
        "suppression", suppressed_reasons=["COMPLAINT"] if second else [], opts=opts("suppression")
    )
    vdm = ses.AccountVdmAttributes(
        "vdm",
        vdm_enabled="ENABLED",
        dashboard_attributes={"engagement_metrics": "DISABLED" if second else "ENABLED"},
        opts=opts("vdm"),
    )
    tenant = ses.Tenant(
        "tenant", tenant_name="tenant", tags={"team": "b" if second else "a"}, opts=opts("tenant")
    )
    association = ses.TenantResourceAssociation(
        "association",
        tenant_name=tenant.tenant_name,
        resource_arn=rules.arn if second else identity.arn,
        opts=opts("association"),
    )
    return [
        *(pool, rules, destination, identity, address, mail_from, feedback, sending, suppression, vdm),
        *(tenant, association),
    ]


_SES_FAMILY = Family(
    _ses,
    changes={
        **dict.fromkeys(("pool", "rules", "destination", "identity", "mail-from"), "update"),
        **dict.fromkeys(("feedback", "sending", "suppression", "vdm", "tenant"), "update"),
        "association": "delete-replaced",
    },
    import_ids={"tenant": "tenant", "association": f"tenant|{SES_ARN}:configuration-set/rules"},
    stays=("suppression", "vdm"),
)


def _allow(action: str, resource: str = "*", **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _iam(second, opts):
    boundary = aws.iam.Policy(
        "boundary", name="boundary", policy=_allow("ses:*"), path="/mail/", opts=opts("boundary")
    )
    sending = aws.iam.Policy(
        "permission",
        name="sending",
        description="May send",
        policy=_allow("ses:SendRawEmail" if second else "ses:SendEmail"),
        tags={"team": "b" if second else "a"},
        opts=opts("permission"),
    )
    user = aws.iam.User(
        "user",
        name="typed",
        path="/mail/" if second else None,
        permissions_boundary=boundary.arn if second else None,
        tags={"team": "mail"},
        opts=opts("user"),
    )
    inline = aws.iam.UserPolicy(
        "inline",
        user=user.name,
        name="inline",
        policy=_allow("ses:Get*" if second else "*"),
        opts=opts("inline"),
    )
    attachment = aws.iam.UserPolicyAttachment(
        "attachment",
        user=user.name,
        policy_arn=boundary.arn if second else sending.arn,
        opts=opts("attachment"),
    )
    key = aws.iam.AccessKey(
        "access-key", user=user.name, status="Inactive" if second else "Active", opts=opts("access-key")
    )
    return [boundary, sending, user, inline, attachment, key]


_IAM_FAMILY = Family(
    _iam,
    changes={
        **dict.fromkeys(("permission", "user", "inline", "access-key"), "update"),
        "attachment": "create-replacement",
    },
)


def _dns(second, opts):
    zone = aws.route53.Zone(
        "zone",
        name="types.example",
        comment="second" if second else None,
        tags={"team": "b" if second else "a"},
        opts=opts("zone"),
    )
    mail = aws.route53.Record(
        "mail",
        zone_id=zone.zone_id,
        name="mail",
        type="A",
        ttl=300 if second else 60,
        records=["192.0.2.1", "192.0.2.2"] if second else ["192.0.2.1"],
        opts=opts("mail"),
    )
    text = aws.route53.Record(
        "text",
        zone_id=zone.zone_id,
        name="key._domainkey.types.example",
        type="TXT",
        ttl=60,
        records=[f'p={"b" * 253}" "{"b" * 99}' if second else "p=a"],
        opts=opts("text"),
    )
    alias = aws.route53.Record(
        "alias",
        zone_id=zone.zone_id,
        name="",
        type="A",
        aliases=[{"name": mail.fqdn, "zone_id": zone.zone_id, "evaluate_target_health": second}],
        opts=opts("alias"),
    )
    moved = aws.route53.Record(
        "moved",
        zone_id=zone.zone_id,
        name="new" if second else "old",
        type="CNAME",
        ttl=60,
        records=["mail.types.example"],
        opts=opts("moved"),
    )
    return [zone, mail, text, alias, moved]


_DNS_FAMILY = Family(
    _dns,
    changes={**dict.fromkeys(("zone", "mail", "text", "alias"), "update"), "moved": "delete-replaced"},
)


def _messaging(second, opts):
    topic = aws.sns.Topic(
        "topic",
        name="events",
        display_name="Events" if second else None,
        kms_master_key_id=None if second else "alias/aws/sns",
        tags={"team": "b" if second else "a"},
        opts=opts("topic"),
    )
    dead = aws.sqs.Queue("dead", name="dead", message_retention_seconds=1209600, opts=opts("dead"))
    queue = aws.sqs.Queue(
        "queue",
        name="events",
        visibility_timeout_seconds=60 if second else 30,
        sqs_managed_sse_enabled=True,
        redrive_policy=dead.arn.apply(
            lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5 if second else 3})
        ),
        tags={"team": "b" if second else "a"},
        opts=opts("queue"),
    )
    source = {"StringEquals": {"AWS:SourceAccount": "second" if second else ACCOUNT}}
    topic_policy = aws.sns.TopicPolicy(
        "topic-policy",
        arn=topic.arn,
        policy=topic.arn.apply(
            lambda arn: _allow(
                "sns:Publish", arn, Principal={"Service": "ses.amazonaws.com"}, Condition=source
            )
        ),
        opts=opts("topic-policy"),
    )
    queue_policy = aws.sqs.QueuePolicy(
        "queue-policy",
        queue_url=queue.url,
        policy=pulumi.Output.all(queue.arn, topic.arn).apply(
            lambda arns: _allow(
                "sqs:SendMessage",
                arns[0],
                Principal={"Service": "sns.amazonaws.com"},
                Condition={"ArnEquals" if second else "ArnLike": {"aws:SourceArn": arns[1]}},
            )
        ),
        opts=opts("queue-policy"),
    )
    subscription = aws.sns.TopicSubscription(
        "subscription",
        topic=topic.arn,
        protocol="sqs",
        endpoint=queue.arn,
        raw_message_delivery=second,
        filter_policy=json.dumps({"kind": ["bounce"]}) if second else None,
        opts=opts("subscription"),
    )
    return [topic, dead, queue, topic_policy, queue_policy, subscription]


_MESSAGING_FAMILY = Family(
    _messaging,
    changes=dict.fromkeys(("topic", "queue", "topic-policy", "queue-policy", "subscription"), "update"),
)


def _keeping(second, opts):
    key = aws.kms.Key(
        "key",
        description="second" if second else "first",
        enable_key_rotation=second,
        tags={"team": "b" if second else "a"},
        opts=opts("key"),
    )
    other = aws.kms.Key("other", opts=opts("other"))
    alias = aws.kms.Alias(
        "key-alias",
        name="alias/mail",
        target_key_id=other.arn if second else key.key_id,
        opts=opts("key-alias"),
    )
    secret = aws.secretsmanager.Secret(
        "secret",
        name="login",
        description="second" if second else "first",
        tags={"team": "b" if second else "a"},
        opts=opts("secret"),
    )
    version = aws.secretsmanager.SecretVersion(
        "version",
        secret_id=secret.id,
        secret_string=pulumi.Output.secret("new-password" if second else "old-password"),
        opts=opts("version"),
    )
    parameter = aws.ssm.Parameter(
        "parameter",
        name="/mail/login",
        type="SecureString",
        value=pulumi.Output.secret("new-password" if second else "old-password"),
        description="login",
        tags={"team": "b" if second else "a"},
        opts=opts("parameter"),
    )
    plain = aws.ssm.Parameter(
        "plain", name="/mail/host", type="String", value="b" if second else "a", opts=opts("plain")
    )
    return [key, other, alias, secret, version, parameter, plain]


_KEEPING_FAMILY = Family(
    _keeping,
    changes={
        **dict.fromkeys(("key", "key-alias", "secret", "parameter", "plain"), "update"),
        "version": "delete-replaced",
    },
)


def _watching(second, opts):
    rate = aws.cloudwatch.MetricAlarm(
        "rate",
        name="bounce-rate",
        namespace="AWS/SES",
        metric_name="Reputation.BounceRate",
        statistic="Average",
        period=300,
        evaluation_periods=2 if second else 1,
        comparison_operator="GreaterThanThreshold",
        threshold=0.05 if second else 0.02,
        treat_missing_data="ignore",
        dimensions={"ses:configuration-set": "rules"} if second else None,
        tags={"team": "b" if second else "a"},
        opts=opts("rate"),
    )
    age = aws.cloudwatch.MetricAlarm(
        "age",
        name="queue-age",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        threshold=600,
        metric_queries=[
            {
                "id": "age",
                "metric": {
                    "namespace": "AWS/SQS",
                    "metric_name": "ApproximateAgeOfOldestMessage",
                    "dimensions": {"QueueName": "events"},
                    "period": 60,
                    "stat": "Maximum",
                },
            },
            {"id": "worst", "expression": "age * 2" if second else "age", "return_data": True},
        ],
        opts=opts("age"),
    )
    body = {"widgets": [{"type": "text", "properties": {"markdown": "second" if second else "first"}}]}
    dashboard = aws.cloudwatch.Dashboard(
        "dashboard", dashboard_name="mail", dashboard_body=json.dumps(body), opts=opts("dashboard")
    )
    return [rate, age, dashboard]


_WATCHING_FAMILY = Family(_watching, changes=dict.fromkeys(("rate", "age", "dashboard"), "update"))


def _network(second, opts):
    vpc = aws.ec2.get_vpc(default=True)
    subnets = sorted(
        aws.ec2.get_subnets(filters=[{"name": "vpc-id", "values": [vpc.id]}]).ids,
    )
    group = aws.ec2.SecurityGroup(
        "group",
        name="smtp",
        description="SMTP to SES",
        vpc_id=vpc.id,
        ingress=[
            {"protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": [vpc.cidr_block]}
            for port in ([587, 465] if second else [587])
        ],
        tags={"team": "b" if second else "a"},
        opts=opts("group"),
    )
    ruled = aws.ec2.SecurityGroup("ruled", name="ruled", vpc_id=vpc.id, opts=opts("ruled"))
    incoming = aws.vpc.SecurityGroupIngressRule(
        "incoming",
        security_group_id=ruled.id,
        ip_protocol="tcp",
        from_port=2587 if second else 587,
        to_port=2587 if second else 587,
        cidr_ipv4=vpc.cidr_block,
        opts=opts("incoming"),
    )
    outgoing = aws.vpc.SecurityGroupEgressRule(
        "outgoing",
        security_group_id=ruled.id,
        ip_protocol="-1",
        cidr_ipv4=None if second else vpc.cidr_block,
        referenced_security_group_id=group.id if second else None,
        opts=opts("outgoing"),
    )
    endpoint = aws.ec2.VpcEndpoint(
        "endpoint",
        vpc_id=vpc.id,
        service_name="com.amazonaws.eu-west-1.email-smtp",
        vpc_endpoint_type="Interface",
        subnet_ids=subnets[:2] if second else subnets[:1],
        security_group_ids=[group.id],
        private_dns_enabled=True,
        tags={"team": "b" if second else "a"},
        opts=opts("endpoint"),
    )
    return [group, ruled, incoming, outgoing, endpoint]


_NETWORK_FAMILY = Family(
    _network,
    changes={
        **dict.fromkeys(("group", "incoming", "endpoint"), "update"),
        "outgoing": "delete-replaced",
    },
)

FAMILIES = {
    "ses": _SES_FAMILY,
    "iam": _IAM_FAMILY,
    "dns": _DNS_FAMILY,
    "messaging": _MESSAGING_FAMILY,
    "keeping": _KEEPING_FAMILY,
    "watching": _WATCHING_FAMILY,
    "network": _NETWORK_FAMILY,
}
