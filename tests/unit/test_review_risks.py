"""Each risk is told when it is there, and not when it is not. What the captures do not show is made by hand."""

import json

import pytest

from review import risks
from review.change import UNKNOWN, Change, State
from review.interruptions import interruptions
from review.preview import Preview
from review.risk import Weight

pytestmark = pytest.mark.unit

RELAY = "opensmtpd:index:KubernetesRelay$"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
CONTAINER = "docker:index/container:Container"


def change(operation, type_, old=None, new=None, name="relay", **more):
    return Change(
        operation=operation,
        urn=f"urn:pulumi:dev::project::{type_}::{name}",
        old=old if isinstance(old, State) else State(inputs=old or {}),
        new=new if isinstance(new, State) else State(inputs=new or {}),
        **more,
    )


def found(*changes):
    return risks.find(Preview("project/dev", changes))


def titles(*changes):
    return [risk.title for risk in found(*changes)]


def container(operation="update", old=(), new=(), **more):
    return change(
        operation, CONTAINER, {"envs": ["RELAY_HOST=a", *old]}, {"envs": ["RELAY_HOST=a", *new]}, **more
    )


def pods(operation="update", *, old=None, new=None, changed=("spec.template",), **more):
    states = [{"spec": {"replicas": 2, "template": {"spec": {}}} | (spec or {})} for spec in (old, new)]
    return change(operation, RELAY + STATEFUL_SET, *states, changed=changed, **more)


def environment(**variables):
    env = [{"name": name, "value": value} for name, value in variables.items()]
    return {"template": {"spec": {"containers": [{"env": env}]}}}


def policy(action="ses:SendRawEmail", resource="arn:aws:ses:eu-west-1:1:identity/example.com"):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {"policy": json.dumps({"Statement": [statement]})}


def record(value, name="_dmarc.example.com", type_="TXT"):
    return {"name": name, "type": type_, "records": [value]} if value else None


def dmarc(old, new):
    operation = "delete" if not new else "update"
    return change(operation, "aws:route53/record:Record", record(old), record(new))


NETWORKS, SENDERS = "OPENSMTPD_ALLOWED_NETWORKS", "OPENSMTPD_ALLOWED_SENDER_DOMAINS"


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        (container(old=[f"{NETWORKS}=10.1.0.0/16"], new=[f"{NETWORKS}=10.0.0.0/8"]), "More clients may send"),
        (container(new=[f"{NETWORKS}=10.1.0.0/16"]), "More clients may send"),
        (container(old=[f"{SENDERS}=a.example"], new=[f"{SENDERS}=a.example,b.example"]), "More senders are allowed"),
        (container("create", new=[f"{SENDERS}=*"]), "More senders are allowed"),
        (container(new=["RELAY_INSECURE_SKIP_VERIFY=yes"]), "The upstream's certificate is not checked"),
        (container(new=["RELAY_PROTO=smtp+notls"]), "is never encrypted"),
        (container(new=["RELAY_FALLBACK_PROTO=smtp"]), "is encrypted only if the server offers it"),
        (container("create", new=["RELAY_PROTO=direct"]), "goes straight to the recipients"),
        (container(old=["RELAY_PORT=587"], new=["RELAY_PORT=2587"]), "The upstream changes"),
        (container(old=["RELAY_FALLBACK_HOST=b"]), "The fallback changes"),
        (container(old=["OPENSMTPD_REDIRECT_RECIPIENTS=qa@example.com"]), "Mail goes to its real recipients"),
        (container(new=["OPENSMTPD_ALLOWED_RECIPIENT_DOMAINS=a.example"]), "does not reach all its recipients"),
        (pods(old=environment(RELAY_HOST="a"), new=environment(RELAY_HOST="b")), "The upstream changes"),
        (pods(new=environment(OPENSMTPD_ALLOWED_NETWORKS="10.0.0.0/8")), "More clients may send"),
        (
            pods(new={"template": {"spec": {"containers": [{"resources": {"limits": {"memory": "32Mi"}}}]}}}),
            "32 MiB",
        ),
        (pods(old={"replicas": 3}, new={"replicas": 1}), "The relay shrinks"),
        (pods("replace", changed=("spec.volumeClaimTemplates[0].metadata.name",)), "other claims for their queues"),
        (
            pods("delete", old={"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}),
            "and their queues with them",
        ),
        (pods("delete"), "The relay <code>relay</code> is deleted"),
        (change("delete", "kubernetes:core/v1:PersistentVolumeClaim"), "The mail queue"),
        (change("replace", "docker:index/volume:Volume"), "The mail queue"),
        (change("delete", "kubernetes:networking.k8s.io/v1:NetworkPolicy"), "The network policy"),
        (change("delete", "kubernetes:core/v1:Namespace"), "The namespace <code>relay</code> is deleted"),
        (
            change("update", "kubernetes:core/v1:Service", {"spec": {}}, {"spec": {"type": "LoadBalancer"}}),
            "becomes a <code>LoadBalancer</code>",
        ),
        (
            change(
                "replace",
                CONTAINER,
                {"volumes": [{"containerPath": "/var/spool/smtpd", "volumeName": "a"}]},
                {"volumes": [{"containerPath": "/var/spool/smtpd", "volumeName": "b"}]},
            ),
            "no longer has its queue on <code>a</code>",
        ),
        (dmarc("v=DMARC1; p=none", "v=DMARC1; p=quarantine; pct=10"), "DMARC is tightened"),
        (dmarc("v=DMARC1; p=quarantine; pct=10", "v=DMARC1; p=quarantine"), "DMARC is tightened"),
        (dmarc("v=DMARC1; p=none", None), "The DMARC record"),
        (
            change("delete", "aws:route53/record:Record", record("x", "a._domainkey.example.com", "CNAME")),
            "The DKIM record",
        ),
        (change("delete", "aws:sesv2/emailIdentity:EmailIdentity", {"emailIdentity": "a.example"}), "is deleted"),
        (change("replace", "aws:sesv2/emailIdentity:EmailIdentity", {"emailIdentity": "a.example"}), "is replaced"),
        (
            change("update", "aws:sesv2/emailIdentity:EmailIdentity", {"configurationSetName": "a"}, {}),
            "no configuration set any more",
        ),
        (
            change(
                "update",
                "aws:sesv2/emailIdentity:EmailIdentity",
                changed=("dkimSigningAttributes.domainSigningSelector",),
            ),
            "The DKIM key changes",
        ),
        (change("delete", "aws:iam/accessKey:AccessKey"), "The SMTP key is deleted"),
        (change("replace", "aws:iam/accessKey:AccessKey"), "The SMTP key is replaced"),
        (change("replace", "aws:iam/user:User", {"name": "me"}), "The SMTP user <code>me</code> is replaced"),
        (change("update", "aws:iam/userPolicy:UserPolicy", policy(), policy("ses:*")), "allows more than sending"),
        (change("create", "aws:iam/policy:Policy", None, policy(resource="*")), "from every identity"),
        (
            change("create", "aws:sesv2/emailIdentityPolicy:EmailIdentityPolicy", None, {"policyName": "partner"}),
            "Others are allowed to send",
        ),
        (
            change(
                "create",
                "aws:iam/userPolicyAttachment:UserPolicyAttachment",
                None,
                {"policyArn": "arn:aws:iam::aws:policy/AmazonSESFullAccess"},
            ),
            "allows more than sending",
        ),
        (
            change("delete", "docker:index/volume:Volume", State(is_protected=True)),
            "The protected mail queue <code>relay</code> would be deleted",
        ),
        (
            change("update", CONTAINER, {"envs": "[secret]"}, {"envs": "[secret]"}, changed=("envs[2]",)),
            "this preview hides them",
        ),
        (change("create", CONTAINER, None, {"envs": ["RELAY_HOST=a"], "ports": [{"internal": 25}]}), "listens on"),
    ],
)  # fmt: skip
def test_what_a_reviewer_must_see_is_told(changes, title):
    assert [one for one in titles(changes) if title in one]


@pytest.mark.parametrize(
    "changes",
    [
        container(old=[f"{NETWORKS}=10.0.0.0/8"], new=[f"{NETWORKS}=10.1.0.0/16,10.2.0.0/16"]),
        container(old=[f"{SENDERS}=*.a.example,b.example"], new=[f"{SENDERS}=x.a.example,*.y.a.example,B.example"]),
        container("create", new=[f"{NETWORKS}=10.0.0.0/8", f"{SENDERS}=a.example", "RELAY_PROTO=smtp+tls"]),
        container(old=["RELAY_PROTO=smtp+tls"], new=["RELAY_PROTO=smtp+tls"]),
        container(old=["RELAY_INSECURE_SKIP_VERIFY=yes"]),
        container(new=["RELAY_PORT=587", "RELAY_PROTO=smtp+tls"]),
        container("create", new=["OPENSMTPD_REDIRECT_RECIPIENTS=qa@example.com"]),
        change("create", CONTAINER, None, {"image": "nginx:1", "envs": ["A=b"], "memory": 16}),
        change("update", CONTAINER, {"memory": 32}, {"memory": 128}),
        pods(old={"replicas": 1}, new={"replicas": 3}),
        pods(old={"replicas": 3}, new={"replicas": UNKNOWN}),
        change("delete", "docker:index/volume:Volume", State(is_retained=True)),
        change("update", "kubernetes:core/v1:PersistentVolumeClaim"),
        dmarc("v=DMARC1; p=reject", "v=DMARC1; p=none"),
        dmarc("v=DMARC1; p=none", "v=DMARC1; p=none; rua=mailto:a@example.com"),
        change("delete", "aws:route53/record:Record", record("1.2.3.4", "www.example.com", "A")),
        change("create", "aws:iam/accessKey:AccessKey"),
        change("create", "aws:iam/userPolicy:UserPolicy", None, policy(["ses:SendRawEmail", "ses:SendEmail"])),
        change("update", "aws:iam/userPolicy:UserPolicy", policy("ses:*"), policy("ses:*")),
        change("update", "aws:iam/userPolicy:UserPolicy", policy(), {"policy": UNKNOWN}),
        change(
            "update",
            "aws:sesv2/emailIdentity:EmailIdentity",
            {"configurationSetName": "a"},
            {"configurationSetName": UNKNOWN},
        ),
        change("same", "docker:index/volume:Volume", State(is_protected=True), State(is_protected=True)),
        change("create", CONTAINER, None, {"envs": ["RELAY_HOST=a"], "ports": [{"ip": "127.0.0.1"}]}),
    ],
)  # fmt: skip
def test_what_is_harmless_is_no_risk(changes):
    assert titles(changes) == []


def test_the_heaviest_risk_is_the_first():
    weights = [
        risk.weight
        for risk in found(
            container(old=["RELAY_PORT=587"], new=["RELAY_PORT=2587", "RELAY_INSECURE_SKIP_VERIFY=yes"]),
            change("delete", "docker:index/volume:Volume"),
            change("delete", "aws:sesv2/emailIdentity:EmailIdentity"),
        )
    ]
    assert weights == sorted(weights)
    assert weights[0] == Weight.STOPS_MAIL


def test_a_rotated_key_does_not_read_as_mail_that_stops():
    weights = {
        risk.weight
        for risk in found(
            change("create", "aws:iam/accessKey:AccessKey", name="smtp-key-2"),
            change("delete", "aws:iam/accessKey:AccessKey", name="smtp-key-1"),
        )
    }
    assert weights == {Weight.CHANGES_MAIL}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            change("replace", CONTAINER, {"destroyGraceSeconds": 30}, {"wait": True, "waitTimeout": 120}),
            "up to 30 s",
        ),
        (change("replace", CONTAINER, {}, {}), "up to 0 s"),
        (pods(new={"replicas": 3}), "The other 2 take mail meanwhile"),
        (pods(new={"replicas": 1}), "There is one only"),
        (pods("replace"), "all replaced"),
    ],
)
def test_what_restarts_is_told_with_its_time(changes, said):
    (sentence,) = interruptions(Preview("project/dev", (changes,)))
    assert said in sentence


@pytest.mark.parametrize(
    "changes",
    [
        change("update", CONTAINER, {"memory": 128}, {"memory": 256}, changed=("memory",)),
        change("create", CONTAINER),
        pods(changed=("spec.replicas",)),
    ],
)
def test_what_does_not_restart_is_not_told(changes):
    assert interruptions(Preview("project/dev", (changes,))) == []
