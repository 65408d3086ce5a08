"""A stack of the workspace's own backend, ready for `pulumi up` and `pulumi preview`, with an account to work on."""

import socket
from dataclasses import dataclass

import docker

from local import docker_objects, run_config
from local.account import LocalAccount
from local.run_config import PROJECT, Config
from local.stack import LocalStack
from local.toolbox import Toolbox
from local.tools import docker_engine
from local.tools.progress import Progress
from local.workspace import LOCAL, Workspace

# DockerRelay gives this name to the machine that the engine runs on.
_HOST = "host.docker.internal"
_REGION = "eu-west-1"


@dataclass(frozen=True)
class PreparedStack:
    """A stack and its account."""

    stack: LocalStack
    account: LocalAccount
    account_is_new: bool
    """Whether the account was started for this, and so is empty."""
    domain: str


def prepare(name: str, toolbox: Toolbox, workspace: Workspace, progress: Progress) -> PreparedStack:
    """Start the account of the stack `name`, and write the stack's configuration for this machine. Raises Failure."""
    config = run_config.stack_config(name)
    domain = run_config.domain_of(name, config)
    account, engine = LocalAccount(workspace.account(name)), toolbox.docker()
    with progress.step("Local AWS") as step:
        address = docker_engine.gateway(engine)
        is_new = account.start(config.get("aws:region", _REGION), _HOST, address)
        account.ensure_zone(domain)
        step.result = f"{'started' if is_new else 'running'}, process {account.pid()}"

    stack = LocalStack(name, toolbox.cli, toolbox.environment(), workspace)
    stack.ensure()
    facts = account.facts()
    known = [run_config.account_facts(facts)]
    if name == LOCAL:
        known.append(run_config.relay_facts(facts, _listen_port(config, stack, workspace, engine)))
    run_config.write(workspace.config_file(name), run_config.merged(config, *known))
    return PreparedStack(stack, account, is_new, domain)


def _listen_port(config: Config, stack: LocalStack, workspace: Workspace, engine: docker.DockerClient) -> int:
    """The port that the stack file names, else the one of the relay that is up, else a free one."""
    key = f"{PROJECT}:listenPort"
    if key in config:
        return config[key]
    written = run_config.read(workspace.config_file(LOCAL)).get("config", {})
    objects = stack.state.docker_objects()
    if key in written and objects and docker_objects.are_up(engine, objects):
        return written[key]
    with socket.socket() as probe:
        probe.bind((config.get(f"{PROJECT}:listenAddress", "127.0.0.1"), 0))
        return probe.getsockname()[1]
