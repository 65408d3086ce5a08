"""What the resources of a stack are called by those who run mail, and what they are parts of."""

import re

from .change import Change

_COMPONENTS = {
    "opensmtpd:index:SesDomain": "Domain at Amazon SES",
    "opensmtpd:index:SesConfiguration": "Domain at Amazon SES",
    "opensmtpd:index:SmtpCredentials": "SMTP credentials",
    "opensmtpd:index:SesFeedback": "Bounces and complaints",
    "opensmtpd:index:DockerRelay": "Relay on Docker",
    "opensmtpd:index:KubernetesRelay": "Relay on Kubernetes",
    "opensmtpd:index:MailRelay": "Mail relay",
}
# Where nobody has made a component: by the service that the resource belongs to.
_SERVICES = (
    (re.compile(r"aws:(?:ses|sesv2)/"), "Domain at Amazon SES"),
    (re.compile(r"aws:route53/"), "DNS records"),
    (re.compile(r"aws:(?:iam|secretsmanager|ssm)/"), "SMTP credentials"),
    (re.compile(r"aws:(?:sns|sqs|cloudwatch|kms)/"), "Bounces and complaints"),
    (re.compile(r"aws:"), "AWS"),
    (re.compile(r"docker:"), "Docker"),
    (re.compile(r"kubernetes:"), "Kubernetes"),
)

_KINDS = {
    "aws:sesv2/emailIdentity:EmailIdentity": "SES identity",
    "aws:ses/domainIdentity:DomainIdentity": "SES identity",
    "aws:sesv2/configurationSet:ConfigurationSet": "configuration set",
    "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": "event destination",
    "aws:sesv2/dedicatedIpPool:DedicatedIpPool": "pool of dedicated addresses",
    "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes": "MAIL FROM domain",
    "aws:sesv2/emailIdentityFeedbackAttributes:EmailIdentityFeedbackAttributes": "forwarding of bounces",
    "aws:sesv2/emailIdentityPolicy:EmailIdentityPolicy": "sending authorisation",
    "aws:ses/domainIdentityVerification:DomainIdentityVerification": "wait for the verification",
    "aws:iam/user:User": "SMTP user",
    "aws:iam/userPolicy:UserPolicy": "permission to send",
    "aws:iam/policy:Policy": "permission",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "permission of the user",
    "aws:iam/accessKey:AccessKey": "SMTP key",
    "aws:secretsmanager/secret:Secret": "copy of the login",
    "aws:secretsmanager/secretVersion:SecretVersion": "value of the copy of the login",
    "aws:ssm/parameter:Parameter": "copy of the login",
    "aws:sns/topic:Topic": "topic of events",
    "aws:sns/topicPolicy:TopicPolicy": "policy of the topic",
    "aws:sns/topicSubscription:TopicSubscription": "subscription",
    "aws:sqs/queue:Queue": "queue of events",
    "aws:sqs/queuePolicy:QueuePolicy": "policy of the queue of events",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "alarm",
    "aws:cloudwatch/dashboard:Dashboard": "dashboard",
    "aws:kms/key:Key": "encryption key",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "VPC endpoint",
    "docker:index/container:Container": "relay container",
    "docker:index/volume:Volume": "mail queue",
    "docker:index/network:Network": "network",
    "docker:index/remoteImage:RemoteImage": "image",
    "docker:index/image:Image": "image",
    "kubernetes:apps/v1:StatefulSet": "relay pods",
    "kubernetes:apps/v1:Deployment": "relay pods",
    "kubernetes:core/v1:PersistentVolumeClaim": "mail queue",
    "kubernetes:core/v1:Service": "service",
    "kubernetes:core/v1:Secret": "login in a Secret",
    "kubernetes:core/v1:ConfigMap": "settings in a ConfigMap",
    "kubernetes:core/v1:Namespace": "namespace",
    "kubernetes:core/v1:ServiceAccount": "service account",
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": "network policy",
    "kubernetes:policy/v1:PodDisruptionBudget": "disruption budget",
}
_RECORD = "aws:route53/record:Record"
_NUMBERED_DKIM = re.compile(r"-dkim-(?P<index>\d+)$")
_GENERATION = re.compile(r"-key-(?P<generation>\d+)$")


def component_of(change: Change) -> str:
    """The part of the stack that a resource belongs to."""
    for type_ in (change.type, *reversed(change.parents)):
        if type_ in _COMPONENTS:
            return _COMPONENTS[type_]
    return next((words for service, words in _SERVICES if service.match(change.type)), "Others")


def thing(change: Change) -> tuple[str, str]:
    """What a resource is, and its logical name where that is needed to tell it from others."""
    if change.type == _RECORD:
        return _record(change), ""
    kind = _KINDS.get(change.type)
    if kind is None:
        return change.type.rpartition(":")[2], change.name
    if kind == "service" and change.name.endswith("-pods"):
        return "service of the single pods", ""
    generation = _GENERATION.search(change.name)
    if kind == "SMTP key" and generation:
        return f"SMTP key (generation {generation['generation']})", ""
    is_ours = any(parent in _COMPONENTS for parent in change.parents)
    return kind, "" if is_ours and kind not in ("alarm", "subscription", "queue of events") else change.name


def _record(change: Change) -> str:
    state = change.new if change.new.inputs else change.old
    name, type_ = state.get("name") or "", state.get("type") or "DNS"
    numbered = _NUMBERED_DKIM.search(change.name)
    if numbered:
        return f"DKIM record {int(numbered['index']) + 1} of 3"
    values = state.get("records") or []
    if change.name.endswith("-dkim") or "._domainkey." in name:
        return "DKIM record"
    if change.name.endswith("-dmarc") or name.startswith("_dmarc."):
        return "DMARC record"
    if change.name.endswith("-mail-from-mx"):
        return "MX record of MAIL FROM"
    if change.name.endswith("-mail-from-spf"):
        return "SPF record of MAIL FROM"
    if any(str(value).startswith("v=spf1") for value in values):
        return "SPF record"
    return f"{type_} record"
