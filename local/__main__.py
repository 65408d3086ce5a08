"""`python -m local`: the commands behind the Makefile. Results go to stdout, the course of things to stderr.

Arguments that are not known here go to what a command becomes: pytest, or `pulumi` for stacks that are not local.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from docker.errors import DockerException

from local import run_config, user_backend
from local.account import LocalAccount
from local.cluster import choice
from local.down import down
from local.preview import preview
from local.stack import LocalStack
from local.state_file import StateFile
from local.toolbox import Toolbox, inherited
from local.tools import pulumi_cli
from local.tools.failure import Failure
from local.tools.progress import Progress
from local.up import up
from local.workspace import CHECKOUT, LOCAL, LOCAL_KUBERNETES, LOCAL_STACKS, Workspace

_ON_OTHER_STACKS = {"up": user_backend.up, "down": user_backend.down, "outputs": user_backend.outputs}
_COULD_NOT_LOOK = 2  # as components/doctor has it
_INTERRUPTED = 130  # as shells report a program that SIGINT ended
_TEST_PROCESSES = 4  # on two processors: two with a cluster each, which often wait, and two for the rest


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options, rest = _parser().parse_known_args(arguments)
    is_users = options.stack not in LOCAL_STACKS and options.command in _ON_OTHER_STACKS
    if rest and not is_users and options.command not in ("test", "doctor"):
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    # What ends a run in a CI job then ends it as orderly as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(options, rest)
    except (Failure, DockerException) as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. `make up` goes on from here, `make down` removes what is there.", file=sys.stderr)
        return _INTERRUPTED


def _run(options: argparse.Namespace, rest: list[str]) -> int:
    progress, workspace = Progress(), Workspace.from_environment()
    if options.command == "setup":
        Toolbox.ready(progress, workspace.plugins)
    elif options.command == "test":
        _test(rest, workspace, progress)
    elif options.command == "doctor":
        return _doctor(options.stack, rest, workspace, progress)
    elif options.command in ("preview", "policy"):
        with workspace.held():
            print(preview(options.stack, workspace, progress, with_policies=options.command == "policy"))
    elif options.stack not in LOCAL_STACKS:
        _ON_OTHER_STACKS[options.command](options.stack, pulumi_cli.ensure(progress), rest)
    elif options.command == "outputs":
        print(json.dumps(_outputs(options.stack, workspace, progress), indent=2))
    elif options.command == "up":
        with workspace.held():
            print(up(options.stack, workspace, progress, options.wait))
    elif not workspace.directory.exists():
        print("Nothing to remove.")
    else:
        with workspace.held():
            print(down(workspace, progress))
    return 0


def _outputs(stack: str, workspace: Workspace, progress: Progress) -> dict[str, Any]:
    if StateFile(workspace.backend, stack).is_empty():
        raise Failure(f"The stack {stack} is not up: make up{'' if stack == LOCAL else f' STACK={stack}'}")
    return LocalStack(stack, pulumi_cli.ensure(progress), inherited(os.environ), workspace).outputs()


def _doctor(stack: str, arguments: list[str], workspace: Workspace, progress: Progress) -> int:
    """Run the doctor on a stack's outputs; a local one has its own AWS, resolver, and engine or cluster."""
    environment = os.environ
    if stack in LOCAL_STACKS:
        facts = LocalAccount(workspace.account(stack)).facts()
        environment = Toolbox.ready(progress, workspace.plugins).environment()
        environment |= run_config.account_environment(facts)
        if stack == LOCAL_KUBERNETES and (cluster := choice.started(workspace.cluster)):
            environment |= cluster.kubectl.environment(environment["PATH"])
        if facts:
            resolver = f"{facts['dns']['address']}:{facts['dns']['port']}"
            arguments = ["--resolver", resolver, "--ca", facts["ca"], *arguments]
    # In a process of its own, as `pulumi` takes the place of the one that asks for a user's stack.
    outputs = subprocess.run(
        [sys.executable, "-m", "local", "outputs", "--stack", stack], stdout=subprocess.PIPE, cwd=CHECKOUT
    )
    if outputs.returncode:
        return _COULD_NOT_LOOK
    return subprocess.run(
        [sys.executable, "-m", "components.doctor", *arguments],
        input=outputs.stdout,
        env=environment,
        cwd=CHECKOUT,
    ).returncode


def _test(arguments: list[str], workspace: Workspace, progress: Progress) -> NoReturn:
    """Become pytest, with the tools at hand. All tests run in several processes: nothing else was asked for."""
    toolbox = Toolbox.ready(progress, workspace.plugins)
    os.chdir(CHECKOUT)
    arguments = arguments or [f"--numprocesses={_TEST_PROCESSES}"]
    environment = toolbox.environment()
    # The tests start some hundred programs: without their bytecode each would compile its modules again.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    os.execve(sys.executable, [sys.executable, "-m", "pytest", *arguments], environment)  # noqa: S606


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.set_defaults(stack=LOCAL)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("up", "down", "preview", "policy", "outputs", "doctor"):
        command = commands.add_parser(name)
        command.add_argument("--stack", default=LOCAL, help="the stack (default: %(default)s)")
        if name == "up":
            command.add_argument(
                "--wait",
                type=float,
                default=60.0,
                metavar="SECONDS",
                help="for the test message (default: %(default)s)",
            )
    commands.add_parser("setup", help="set up the tools and nothing else")
    commands.add_parser("test", help="set up the tools and run pytest, which takes the other arguments")
    return parser


if __name__ == "__main__":
    sys.exit(main())
