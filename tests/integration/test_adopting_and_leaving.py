"""What docs/guides/ promises to those who come with things that exist, who rename, and who leave."""

import json

import docker
import pulumi
import pytest
from pulumi import automation

from components import SesDomain, SmtpCredentials

from .engine import engine
from .local_aws import LocalAws
from .mail_stack import DOMAIN

pytestmark = pytest.mark.integration

IDENTITY = "aws:sesv2/emailIdentity:EmailIdentity"
SECRET = "aws:secretsmanager/secret:Secret"
RECORD = "aws:route53/record:Record"
CONTAINER = "docker:index/container:Container"
VOLUME = "docker:index/volume:Volume"

PROGRAM = """
import pulumi
from components import MailRelay
from stacks.settings import Settings

settings = Settings.from_config()
{guide}
pulumi.export("smtpAddress", relay.smtp_address)
pulumi.export("workload", relay.workload)
"""

AS_IT_WAS = 'relay = MailRelay("relay", settings.mail_relay_args())'

RENAMED = """
options = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="relay")])
relay = MailRelay("outbound", settings.mail_relay_args(), options)
"""

MOVED = """
class Mail(pulumi.ComponentResource):
    def __init__(self):
        super().__init__("ours:index:Mail", "mail")
        alias = pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)
        options = pulumi.ResourceOptions(parent=self, aliases=[alias])
        self.relay = MailRelay("relay", settings.mail_relay_args(), options)

relay = Mail().relay
"""

PROTECTED = """
relay = MailRelay("relay", settings.mail_relay_args(), pulumi.ResourceOptions(protect=True))
"""

RETAINED = """
def keep(resource):
    if resource.type_ in ("aws:sesv2/emailIdentity:EmailIdentity", "docker:index/volume:Volume"):
        options = pulumi.ResourceOptions.merge(resource.opts, pulumi.ResourceOptions(retain_on_delete=True))
        return pulumi.ResourceTransformResult(resource.props, options)
    return None

# Under its new name, and without the alias, which has done its work.
relay = MailRelay("outbound", settings.mail_relay_args(), pulumi.ResourceOptions(transforms=[keep]))
"""


def test_what_exists_comes_under_management_without_being_made_again(tmp_path):
    domain, secret_name = "older.example", "apps/smtp"
    with LocalAws() as account:
        zone = account.create_zone(domain)
        sesv2, secrets, route53 = map(account.client, ("sesv2", "secretsmanager", "route53"))
        made = sesv2.create_email_identity(EmailIdentity=domain)
        secret = secrets.create_secret(Name=secret_name, SecretString="by hand")["ARN"]
        record_sets = [
            {"Name": name, "Type": type_, "TTL": 60, "ResourceRecords": [{"Value": value}]}
            for name, type_, value in [
                (f"bounce.{domain}", "MX", "10 mx.older.example"),
                (f"_dmarc.{domain}", "TXT", '"v=DMARC1; p=reject"'),
            ]
        ]
        changes = [{"Action": "CREATE", "ResourceRecordSet": record_set} for record_set in record_sets]
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})

        def program():
            ses = SesDomain("ses", {"domain": domain, "verification": "skip"})
            copy = {"store": "secretsmanager", "name": secret_name}
            args = {"identity_arn": ses.arn, "region": ses.region, "copy": copy}
            pulumi.export("user", SmtpCredentials("smtp", args).user)

        ids = {
            (IDENTITY, "ses"): domain,
            (SECRET, "smtp-copy"): secret,
            (RECORD, "ses-mail-from-mx"): f"{zone}_bounce.{domain}_MX",
            (RECORD, "ses-dmarc"): f"{zone}__dmarc.{domain}_TXT",
        }
        with engine(tmp_path, program, account.config) as stack:
            listed = tmp_path / "import.json"
            stack.stack.preview(import_file=str(listed))
            file = json.loads(listed.read_text())
            # As the guide says: the components and what exists stay in the file, with its ids filled in.
            for resource in file["resources"]:
                # Where two have one name, the file makes up another.
                key = (resource["type"], resource.get("logicalName", resource["name"]))
                resource["id"] = ids.get(key, "")
            file["resources"] = [
                resource for resource in file["resources"] if resource.get("component") or resource["id"]
            ]
            listed.write_text(json.dumps(file))
            stack.stack._run_pulumi_cmd_sync(
                ["import", "--file", str(listed), "--yes", "--generate-code=false", "--protect=false"]
            )
            changed = {
                (step.type, step.name): (step.operation, set(step.changed))
                for step in stack.up().steps
                if (step.type, step.name) in ids
            }
            assert changed == {
                (IDENTITY, "ses"): ("update", {"configurationSetName"}),
                (SECRET, "smtp-copy"): ("update", {"description"}),
                (RECORD, "ses-mail-from-mx"): ("update", {"records[0]", "ttl"}),
                (RECORD, "ses-dmarc"): ("update", {"records[0]", "ttl"}),
            }
            assert stack.preview().changes == {}
            now = sesv2.get_email_identity(EmailIdentity=domain)
            assert now["DkimAttributes"]["Tokens"] == made["DkimAttributes"]["Tokens"]
            login = json.loads(secrets.get_secret_value(SecretId=secret)["SecretString"])
            assert login["user"] == stack.outputs["user"]


@pytest.fixture(scope="module")
def stack(make_mail_stack):
    """A whole stack, whose program the tests below change as the guides say."""
    stack = make_mail_stack(PROGRAM.format(guide=AS_IT_WAS))
    stack.up()
    return stack


def change(stack, guide):
    (stack.project / "__main__.py").write_text(PROGRAM.format(guide=guide))


def queue_of(stack):
    (volume,) = [resource["id"] for resource in stack.resources if resource["type"] == VOLUME]
    return volume


def test_what_is_protected_is_not_destroyed(stack):
    change(stack, PROTECTED)
    stack.up()
    with pytest.raises(automation.CommandError, match="protected"):
        stack.destroy()
    assert stack.container.status == "running"
    change(stack, AS_IT_WAS)
    stack.up()


def test_a_move_into_a_component_with_an_alias_changes_nothing(stack):
    change(stack, MOVED)
    steps = stack.preview().steps
    assert {step.type for step in steps if step.operation != "same"} == {"ours:index:Mail"}


def test_a_rename_with_an_alias_replaces_the_container_alone_and_keeps_its_queue(stack):
    queue = queue_of(stack)
    change(stack, RENAMED)
    steps = stack.up().steps
    assert {step.type for step in steps if step.operation != "same"} == {CONTAINER}
    assert queue_of(stack) == queue


def test_what_is_retained_stays_when_the_stack_is_destroyed(stack, aws_for_containers):
    change(stack, RETAINED)
    queue = queue_of(stack)
    stack.up()
    stack.destroy()
    try:
        assert docker.from_env().volumes.get(queue)
        assert aws_for_containers.client("sesv2").get_email_identity(EmailIdentity=DOMAIN)
    finally:
        docker.from_env().volumes.get(queue).remove()
