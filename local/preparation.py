"""A stack of the workspace's own backend, ready for `pulumi up` and `pulumi preview`, with an account to work on."""

from dataclasses import dataclass

from local import run_config
from local.account import LocalAccount
from local.stack import LocalStack
from local.target import Target
from local.toolbox import Toolbox
from local.tools.progress import Progress
from local.workspace import Workspace

_REGION = "eu-west-1"
# Nobody sends through the account of a stack that is only previewed.
_NO_RELAY = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class PreparedStack:
    """A stack and its account."""

    stack: LocalStack
    account: LocalAccount
    account_is_new: bool
    """Whether the account was started for this, and so is empty."""
    domain: str


def prepare(
    name: str,
    toolbox: Toolbox,
    workspace: Workspace,
    progress: Progress,
    target: Target | None,
) -> PreparedStack:
    """Start the account of the stack `name`, and write the stack's configuration for this machine. Raises Failure.

    `target` is what the relay of a local stack runs on; no other stack has one here.
    """
    config = run_config.stack_config(name)
    domain = run_config.domain_of(name, config)
    account = LocalAccount(workspace.account(name))
    with progress.step("Local AWS") as step:
        host, address = (target.host, target.address) if target else _NO_RELAY
        is_new = account.start(config.get("aws:region", _REGION), host, address)
        account.ensure_zone(domain)
        step.result = f"{'started' if is_new else 'running'}, process {account.pid()}"

    stack = LocalStack(name, toolbox.cli, toolbox.environment(), workspace)
    stack.ensure()
    facts = account.facts()
    known = [run_config.account_facts(facts)]
    if target:
        known += [run_config.relay_facts(facts), target.facts(config)]
    run_config.write(workspace.config_file(name), run_config.merged(config, *known))
    return PreparedStack(stack, account, is_new, domain)
