"""The stand-in AWS plugin under the real engine, against the local AWS."""

import json
import os
import signal
import subprocess
import sys
import time

import boto3
import pulumi
import pulumi_aws as aws
import pytest
from pulumi import automation

from .engine import UNKNOWN, engine

pytestmark = pytest.mark.integration

_REGION = "eu-west-1"


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    """The API endpoint of a local AWS account."""
    directory = tmp_path_factory.mktemp("aws")
    command = [sys.executable, "-m", "local.aws", "--directory", directory, "--region", _REGION]
    with subprocess.Popen([*command, "--host", "localhost"]) as process:
        try:
            while not (directory / "account.json").exists():
                assert process.poll() is None, "the local AWS ended"
                time.sleep(0.05)
            yield json.loads((directory / "account.json").read_text())
        finally:
            process.send_signal(signal.SIGTERM)


@pytest.fixture
def client(account):
    """Makes boto3 clients of the account."""

    def make(service):
        return boto3.client(
            service,
            region_name=_REGION,
            endpoint_url=account["endpoint"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    return make


@pytest.fixture
def config(account):
    services = ("iam", "route53", "ses", "sesv2", "sts")
    return {
        "aws:region": _REGION,
        "aws:accessKey": "test",
        "aws:secretKey": "test",
        "aws:endpoints": json.dumps([dict.fromkeys(services, account["endpoint"])]),
        "aws:skipCredentialsValidation": "true",
        "aws:skipMetadataApiCheck": "true",
    }


def mail_domain(domain="example.com", **changes):
    """The resources of a mail domain, as the components make them."""

    def program():
        zone = aws.route53.Zone("zone", name=domain)
        identity = aws.sesv2.EmailIdentity("identity", email_identity=domain, tags=changes.get("tags"))
        records = [
            aws.route53.Record(
                f"dkim-{index}",
                zone_id=zone.zone_id,
                name=pulumi.Output.concat(token, "._domainkey"),
                type="CNAME",
                ttl=300,
                records=[pulumi.Output.concat(token, ".dkim.amazonses.com")],
            )
            for index in range(3)
            for token in [
                identity.dkim_signing_attributes.apply(lambda dkim, index=index: dkim["tokens"][index])
            ]
        ]
        aws.ses.DomainIdentityVerification(
            "verified", domain=domain, opts=pulumi.ResourceOptions(depends_on=[identity, *records])
        )
        user = aws.iam.User("sender", path=changes.get("path"))
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": identity.arn}],
        }
        aws.iam.UserPolicy("send", user=user.name, policy=pulumi.Output.json_dumps(policy))
        key = aws.iam.AccessKey(
            "key", user=user.name, opts=pulumi.ResourceOptions(replace_on_changes=["user"])
        )
        pulumi.export("user", user.name)
        pulumi.export("keyId", key.id)
        pulumi.export("secret", key.secret)
        pulumi.export("password", key.ses_smtp_password_v4)

    return program


def test_walk(tmp_path, config, client):
    with engine(tmp_path, mail_domain(), config) as stack:
        preview = stack.preview()
        print(preview.log)
        print(preview.steps)
        up = stack.up()
        print(up.log)
        again = stack.preview()
        print(again.log, again.steps)
        assert again.changes == {}
