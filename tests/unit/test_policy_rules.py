"""Each rule of the policy pack: one resource that passes, one that does not, and what is said about it."""

import datetime
import json
from pathlib import Path

import pytest

from policy.rules import RESOURCE_RULES, STACK_RULES
from policy.rules.resource import UNKNOWN, Resource
from tests.contract.tables import table

pytestmark = pytest.mark.unit

PACK = Path(__file__).parents[2] / "policy"
RULES = {rule.name: rule for rule in (*RESOURCE_RULES, *STACK_RULES)}
PASSWORD = {"name": "RELAY_PASSWORD", "value": "correct-horse"}
METRICS = {"ports": [{"port": 9100}]}
IDENTITY = "arn:aws:ses:eu-west-1:123456789012:identity/example.com"


def container(**changed):
    properties = {
        "image": "opensmtpd-relay:1.2.3",
        "envs": [
            "RELAY_HOST=email-smtp.eu-west-1.amazonaws.com",
            "RELAY_PROTO=smtp+tls",
            "RELAY_USER=AKIA",
            "RELAY_PASSWORD=correct-horse",
            "OPENSMTPD_ALLOWED_NETWORKS=10.0.0.0/8,fd00::/64",
        ],
        "memory": 128,
        "volumes": [{"containerPath": "/var/spool/smtpd", "volumeName": "queue"}],
        "ports": [{"internal": 25, "external": 2525, "ip": "127.0.0.1"}],
    }
    return Resource("docker:index/container:Container", "relay", properties=properties | changed)


def with_variables(*variables):
    return container(envs=["RELAY_HOST=smtp.example.net", *variables])


def pods(env=(), mounts=None, volumes=(), claims=("queue",), labels=None, init=(), **changed):
    relay = {
        "name": "relay",
        "image": "registry.example.com/opensmtpd-relay@sha256:" + "0" * 64,
        "env": [{"name": "RELAY_HOST", "value": "smtp.example.net"}, *env],
        "resources": {"limits": {"memory": "128Mi"}},
        "volumeMounts": mounts or [{"name": "queue", "mountPath": "/var/spool/smtpd"}],
    }
    template = {
        "metadata": {"labels": labels or {"app": "relay"}},
        "spec": {"containers": [relay | changed], "initContainers": list(init), "volumes": list(volumes)},
    }
    spec = {"template": template, "volumeClaimTemplates": [{"metadata": {"name": name}} for name in claims]}
    return Resource(
        "kubernetes:apps/v1:StatefulSet",
        "relay",
        properties={"metadata": {"namespace": "mail"}, "spec": spec},
    )


def jobs(kind, env):
    template = {"spec": {"containers": [{"name": "sync", "image": "postfix:1", "env": [env]}]}}
    job = {"template": template}
    spec = job if kind == "Job" else {"schedule": "@daily", "jobTemplate": {"spec": job}}
    return Resource(f"kubernetes:batch/v1:{kind}", "sync", properties={"spec": spec})


def network_policy(namespace="mail", labels=None, **spec):
    spec["podSelector"] = {"matchLabels": labels or {"app": "relay"}}
    return Resource(
        "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "relay",
        properties={"metadata": {"namespace": namespace}, "spec": spec},
    )


def config_map(**data):
    return Resource("kubernetes:core/v1:ConfigMap", "settings", properties={"data": data})


def user_policy(action="ses:SendRawEmail", resource=IDENTITY, **statement):
    statement = statement or {"Action": action, "Resource": resource}
    statement["Effect"] = "Allow"
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return Resource("aws:iam/userPolicy:UserPolicy", "sending", properties={"policy": document})


def attachment(policy, whose="userPolicyAttachment:UserPolicyAttachment"):
    arn = f"arn:aws:iam::aws:policy/{policy}"
    return Resource(f"aws:iam/{whose}", "attached", properties={"policyArn": arn})


def access_key(days):
    created = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days)
    created = created.isoformat(timespec="seconds").replace("+00:00", "Z")
    return Resource("aws:iam/accessKey:AccessKey", "key-1", properties={"createDate": created})


def identity(stack="dev", domain="mail.example.com", **options):
    return Resource(
        "aws:sesv2/emailIdentity:EmailIdentity",
        "domain",
        urn=f"urn:pulumi:{stack}::project::type::domain",
        properties={"emailIdentity": domain},
        **options,
    )


def record(name):
    return Resource("aws:route53/record:Record", name, properties={"name": name})


def volume(stack, name="relay-queue", **options):
    return Resource(
        "docker:index/volume:Volume", name, urn=f"urn:pulumi:{stack}::project::type::{name}", **options
    )


PASSING = {
    "relay-not-open": [
        container(), container(envs=["RELAY_HOST=x"]), pods(), with_variables("OPENSMTPD_ALLOWED_NETWORKS=" + UNKNOWN),
        container(image="nginx:1", envs=["MYNETWORKS=0.0.0.0/0"]),
    ],
    "relay-verifies-tls": [container(), with_variables("RELAY_PROTO=smtps", "RELAY_INSECURE_SKIP_VERIFY=no")],
    "relay-no-plaintext-login": [container(), with_variables("RELAY_PROTO=smtp+notls")],
    "relay-image-pinned": [container(), pods(), container(image=UNKNOWN), container(image="host:5000/opensmtpd:7.6")],
    "relay-memory-set": [container(), pods(), container(memory=64)],
    "relay-queue-persistent": [
        container(), pods(),
        container(volumes=[], mounts=[{"target": "/var/spool/smtpd", "source": "queue", "type": "volume"}]),
        pods(claims=(), volumes=[{"name": "queue", "persistentVolumeClaim": {"claimName": "queue"}}]),
    ],
    "no-secret-in-config-map": [config_map(RELAY_HOST="smtp.example.net", RELAY_PASSWORD_FILE="/run/password")],
    "no-secret-in-pod-environment": [
        pods([{"name": "RELAY_PASSWORD_FILE", "value": "/run/secrets/password"}]),
        pods([{"name": "RELAY_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}}]),
    ],
    "least-privilege-sending": [
        user_policy(), user_policy(["ses:SendEmail", "ses:SendRawEmail"]), user_policy("s3:*", "*"),
        user_policy(resource=IDENTITY.replace("example.com", "*@example.com")),
        user_policy(resource=[IDENTITY, "arn:aws:ses:eu-west-1:123456789012:configuration-set/*"]),
        user_policy(NotAction=["ses:*"], Resource="*"), attachment("AmazonS3FullAccess"),
        Resource("aws:iam/userPolicy:UserPolicy", "unknown", properties={"policy": UNKNOWN}),
    ],
    "key-age": [[access_key(90)], [Resource("aws:iam/accessKey:AccessKey", "new")]],
    "dmarc-present": [
        [identity(), record("_dmarc.mail.example.com"), record("bounce.mail.example.com")],
        [identity(), record("_dmarc.example.com"), record("bounce.mail.example.com")],
        [identity()],
        [identity(domain="me@example.com"), record("example.com")],
    ],
    "protected-in-production": [
        identity("prod", is_protected=True), identity("dev"), volume("prod", "cache"), identity("reproduction"),
    ],
    "network-policy-present": [
        [pods(), network_policy()], [container()], [pods(), network_policy(labels={})],
        [pods(), network_policy(policyTypes=["Ingress"], ingress=[{"from": [{"podSelector": {}}]}, METRICS])],
    ],
}  # fmt: skip

FAILING = {
    "relay-not-open": [
        with_variables("OPENSMTPD_ALLOWED_NETWORKS=10.0.0.0/8, 0.0.0.0/0"),
        with_variables("OPENSMTPD_ALLOWED_NETWORKS=::/0"),
        pods([{"name": "OPENSMTPD_ALLOWED_NETWORKS", "value": "128.0.0.0/1"}]),
        container(image="boky/postfix:4", envs=["POSTFIX_mynetworks=0.0.0.0/0"]),
        container(image="wodby/opensmtpd:7", ports=[{"internal": 25, "external": 25}]),
    ],
    "relay-verifies-tls": [
        with_variables("RELAY_INSECURE_SKIP_VERIFY=yes"), with_variables("RELAY_PROTO=smtp"),
        with_variables("RELAY_FALLBACK_PROTO=smtp+notls"),
    ],
    "relay-no-plaintext-login": [
        with_variables("RELAY_PROTO=smtp", "RELAY_USER=me"),
        with_variables("RELAY_PROTO=smtp+notls", "RELAY_PASSWORD_FILE=/run/password"),
    ],
    "relay-image-pinned": [
        container(image="wodby/opensmtpd"), container(image="opensmtpd:latest"), pods(image="host:5000/opensmtpd"),
    ],
    "relay-memory-set": [
        container(memory=None), container(memory=32), pods(resources={}), pods(resources={"limits": {"memory": "32M"}}),
    ],
    "relay-queue-persistent": [
        container(volumes=[]), container(volumes=[{"containerPath": "/var/spool/smtpd"}]),
        pods(claims=(), volumes=[{"name": "queue", "emptyDir": {}}]),
        pods(claims=(), volumes=[{"name": "queue", "ephemeral": {"volumeClaimTemplate": {}}}]),
        pods(claims=(), volumes=[{"name": "queue", "csi": {"driver": "inline.csi.example.com"}}]),
        pods(init=[{"name": "mail", "image": "postfix:1", "restartPolicy": "Always"}]),
        jobs("Job", {"name": "RELAY_HOST", "value": "smtp.example.net"}),
        container(volumes=[], mounts=[{"target": "/var/spool/smtpd", "type": "tmpfs"}]),
    ],
    "no-secret-in-config-map": [
        config_map(RELAY_PASSWORD="correct-horse"), config_map(conf="user = me\npassword = correct-horse"),
        config_map(url="smtp://me:correct-horse@smtp.example.net"),
    ],
    "no-secret-in-pod-environment": [
        pods([PASSWORD]), pods(init=[{"name": "wait", "image": "wait:1", "env": [PASSWORD]}]),
        jobs("Job", PASSWORD), jobs("CronJob", PASSWORD),
    ],
    "least-privilege-sending": [
        user_policy("ses:*"), user_policy("*", "*"), user_policy(["ses:SendRawEmail", "iam:CreateAccessKey"]),
        user_policy(resource="*"), user_policy(resource=IDENTITY.replace("example.com", "*")),
        user_policy(resource=IDENTITY.replace("example", "*")), user_policy(resource="arn:aws:ses:*"),
        user_policy(NotAction=["iam:*"], Resource=IDENTITY),
        user_policy(Action="ses:SendRawEmail", NotResource=IDENTITY),
        attachment("AmazonSESFullAccess"), attachment("AdministratorAccess"), attachment("PowerUserAccess"),
        attachment("AmazonSESFullAccess", "policyAttachment:PolicyAttachment"),
    ],
    "key-age": [[access_key(91)]],
    "dmarc-present": [[identity(), record("bounce.mail.example.com")]],
    "protected-in-production": [identity("prod"), identity("acme-production"), volume("prod"),
        Resource("kubernetes:core/v1:Namespace", "mail", urn="urn:pulumi:live::project::type::mail"),
    ],
    "network-policy-present": [
        [pods()], [pods(), network_policy("other")], [pods(), network_policy(labels={"app": "web"})],
        [pods(), network_policy(policyTypes=["Egress"])], [pods(), network_policy(ingress=[{}])],
        [pods(), network_policy(), network_policy(ingress=[{"ports": [{"port": 25}]}])],
    ],
}  # fmt: skip


def cases(table):
    return [
        pytest.param(name, subject, id=f"{name}-{number}")
        for name, subjects in table.items()
        for number, subject in enumerate(subjects)
    ]


@pytest.mark.parametrize(("name", "subject"), cases(PASSING))
def test_what_is_right_passes(name, subject):
    assert list(RULES[name].check(subject)) == []


@pytest.mark.parametrize(("name", "subject"), cases(FAILING))
def test_what_is_wrong_does_not_and_no_secret_is_told(name, subject):
    problems = list(RULES[name].check(subject))
    assert problems
    assert "correct-horse" not in str(problems)


def test_every_rule_has_a_case_that_passes_and_one_that_does_not():
    assert PASSING.keys() == FAILING.keys() == RULES.keys()


@pytest.mark.parametrize("rule", RESOURCE_RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize(
    "properties",
    [{}, {"envs": UNKNOWN}, {"spec": UNKNOWN}, {"spec": {"template": {"spec": {"containers": UNKNOWN}}}},
     {"data": UNKNOWN}, {"policy": UNKNOWN}, {"policy": "no JSON"}, {"envs": [UNKNOWN], "volumes": UNKNOWN}],
)  # fmt: skip
def test_what_is_not_known_yet_is_no_violation_and_no_error(rule, properties):
    types = ["docker:index/container:Container", "kubernetes:apps/v1:StatefulSet", "kubernetes:core/v1:ConfigMap",
             "aws:iam/userPolicy:UserPolicy", "aws:sesv2/emailIdentity:EmailIdentity"]  # fmt: skip
    for type_ in types:
        assert list(rule.check(Resource(type_, "x", properties=properties))) == []


def test_the_table_in_the_readme_is_the_rules():
    rows = [[rule.name, rule.level, rule.why, rule.fix] for rule in RULES.values()]
    assert [[cell.replace("`", "") for cell in row] for row in table("rules", PACK / "README.md")] == [
        [cell.replace("`", "") for cell in row] for row in rows
    ]
