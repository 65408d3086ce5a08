"""What docs/guides/ promises to those who come with things that exist, who rename, and who leave."""

import json

import docker
import pytest
from pulumi import automation

from components import SesDomain

from .engine import engine
from .local_aws import LocalAws
from .mail_stack import DOMAIN

pytestmark = pytest.mark.integration

IDENTITY = "aws:sesv2/emailIdentity:EmailIdentity"
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


def test_an_identity_that_exists_comes_under_management_without_being_made_again(tmp_path):
    domain = "older.example"
    with LocalAws() as account:
        sesv2 = account.client("sesv2")
        made = sesv2.create_email_identity(EmailIdentity=domain)

        def program():
            SesDomain("ses", {"domain": domain, "dns": "manual", "verification": "skip"})

        with engine(tmp_path, program, account.config) as stack:
            listed = tmp_path / "import.json"
            stack.stack.preview(import_file=str(listed))
            file = json.loads(listed.read_text())
            # As the guide says: the components and the identity stay in the file, its id is filled in.
            file["resources"] = [
                resource | ({"id": domain} if resource["type"] == IDENTITY else {})
                for resource in file["resources"]
                if resource.get("component") or resource["type"] == IDENTITY
            ]
            listed.write_text(json.dumps(file))
            stack.stack._run_pulumi_cmd_sync(
                ["import", "--file", str(listed), "--yes", "--generate-code=false", "--protect=false"]
            )
            (step,) = [step for step in stack.preview().steps if step.type == IDENTITY]
            assert step.operation == "update"  # it gets its configuration set, and nothing else
            assert set(step.changed) == {"configurationSetName"}
            stack.up()
            assert stack.preview().changes == {}
            now = sesv2.get_email_identity(EmailIdentity=domain)
            assert now["DkimAttributes"]["Tokens"] == made["DkimAttributes"]["Tokens"]


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
