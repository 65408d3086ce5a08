"""The real Pulumi engine for tests: a stack of its own, with the stand-in plugins on PATH."""

import contextlib
import functools
import gc
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation
from pulumi.automation._stack import StackInitMode  # by way of `create` it would be a plain Stack
from pulumi.runtime import rpc

from local.tools import pulumi_cli
from local.tools.progress import Progress

_ROOT = Path(__file__).parents[2]
UNKNOWN = rpc.UNKNOWN
"""How an event shows a value that is not known yet."""


@dataclass(frozen=True)
class Step:
    """What the engine did, or would do, to one resource."""

    operation: str
    """As the CLI says it: `create`, `update`, `replace`, `same`, `create-replacement`, `delete-replaced` ..."""
    type: str
    name: str
    changed: dict[str, str]
    """The changed properties and how each changes: `add`, `update-replace` ..."""
    inputs: Mapping[str, Any]
    """Of the new state, with `UNKNOWN` for what is not known yet."""


@dataclass
class Run:
    """The result of one command."""

    steps: list[Step] = field(default_factory=list)
    """In the order of the engine, without the stack and the providers."""
    log: str = ""
    """What the user would see."""

    @property
    def changes(self) -> dict[str, str]:
        """Operation by resource name, without those that stay as they are."""
        unchanged = ("same", "refresh", "read")
        return {step.name: step.operation for step in self.steps if step.operation not in unchanged}

    def step(self, name: str) -> Step:
        """The first step of a resource."""
        return next(step for step in self.steps if step.name == name)


class Engine:
    """One stack: `program` can be replaced between the commands.

    A command that fails raises pulumi.automation.CommandError, whose text has the log.
    """

    def __init__(self, stack: automation.Stack, state: Path) -> None:
        self.stack = stack
        self._state = state
        self._outputs: dict[str, Any] | None = None

    @property
    def program(self) -> Callable[[], None] | None:
        """What the next preview or update runs."""
        return self.stack.workspace.program

    @program.setter
    def program(self, program: Callable[[], None]) -> None:
        self.stack.workspace.program = program

    @property
    def outputs(self) -> dict[str, Any]:
        """The stack outputs, secrets in plain text."""
        if self._outputs is None:
            # `stack_outputs` starts the CLI twice, to tell which are secret.
            shown = self.stack._run_pulumi_cmd_sync(["stack", "output", "--json", "--show-secrets"])
            self._outputs = json.loads(shown.stdout)
        return self._outputs

    @property
    def state(self) -> str:
        """The text of the state files, as it lies on the disk: for tests that look for secrets in plain text."""
        return "\n".join(path.read_text() for path in self._state.rglob("*.json*") if path.is_file())

    @property
    def is_empty(self) -> bool:
        """Whether the stack has no resources; without a start of the CLI."""
        (checkpoint,) = self._state.glob(".pulumi/stacks/**/*.json")
        return not (json.loads(checkpoint.read_text())["checkpoint"]["latest"] or {}).get("resources")

    def preview(self) -> Run:
        """`pulumi preview`."""
        return self._run(self.stack.preview)

    def up(self) -> Run:
        """`pulumi up`."""
        return self._run(self.stack.up)

    def refresh(self) -> Run:
        """`pulumi refresh`."""
        return self._run(self.stack.refresh)

    def destroy(self) -> Run:
        """`pulumi destroy`."""
        return self._run(self.stack.destroy)

    def _run(self, command: Callable[..., Any]) -> Run:
        run = Run()
        lines: list[str] = []
        self._outputs = None
        try:
            command(
                on_event=lambda event: _record(event, run.steps),
                on_output=lines.append,
                on_error=lines.append,
            )
        except Exception:
            _collect_abandoned_programs()
            raise
        run.log = "\n".join(lines)
        return run


@contextlib.contextmanager
def engine(
    directory: Path,
    program: Callable[[], None] | Path,
    config: Mapping[str, str | automation.ConfigValue] | None = None,
    *,
    stack: str = "test",
    environment: Mapping[str, str] | None = None,
    plugins: Path | None = None,
    python: Path = Path(sys.executable),
) -> Iterator[Engine]:
    """A stack with its own backend in `directory`; all its resources are destroyed at the end.

    `program` is a function, or the directory of a project, which is run as it lies there: the stack's settings are
    written into it. `config` is set on top of them. `plugins` is a directory of plugins besides the stand-ins;
    `python` runs the program.
    """
    state = directory / "state"
    state.mkdir()
    tools, command = _pulumi()
    path = [python.parent, _ROOT / "local/plugins/bin", tools, os.environ["PATH"]]
    if plugins:
        path.insert(1, plugins)
    inline = callable(program)
    workspace = automation.LocalWorkspace(
        work_dir=str(directory if inline else program),
        program=program if inline else None,
        project_settings=automation.ProjectSettings(name="test", runtime="python") if inline else None,
        pulumi_command=command,
        env_vars={
            "PATH": os.pathsep.join(map(str, path)),
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            **(environment or {}),
        },
    )
    created = Engine(_Stack(stack, workspace, StackInitMode.CREATE), state)
    if config:
        created.stack.set_all_config(
            {
                key: value if isinstance(value, automation.ConfigValue) else automation.ConfigValue(value)
                for key, value in config.items()
            }
        )
    try:
        yield created
    finally:
        if not created.is_empty:
            created.destroy()


class _Stack(automation.Stack):
    """Does not fetch what `Run` does not tell: that is another three starts of the CLI after each update."""

    def outputs(self) -> automation.OutputMap:
        return {}

    def info(self, show_secrets: bool = True) -> automation.UpdateSummary:
        return automation.UpdateSummary(
            kind="", start_time=None, message="", environment={}, config={}, result=""
        )


@functools.cache
def _pulumi() -> tuple[Path, automation.PulumiCommand]:
    """The directory of the CLI, and the CLI as the Automation API calls it."""
    directory = pulumi_cli.ensure(Progress())
    with pytest.MonkeyPatch.context() as patch:
        # Its version is asked for with this process's PATH.
        patch.setenv("PATH", str(directory), prepend=os.pathsep)
        return directory, automation.PulumiCommand()


def _collect_abandoned_programs() -> None:
    """Of a program that failed, suspended coroutines are left, whose end in the middle of something else is noise.

    Python 3.11 even fails (`AST constructor recursion depth mismatch`) when that something is the compiler.
    After each command, rather than after one that failed, this would be most of the work of a test process.
    """
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        gc.collect()
    finally:
        sys.unraisablehook = hook


def _record(event: automation.EngineEvent, steps: list[Step]) -> None:
    # What a refresh found is only in the second of a resource's two events.
    second = event.res_outputs_event
    of_resource = second or event.resource_pre_event
    if of_resource is None or of_resource.metadata.type.startswith("pulumi:"):
        return
    metadata = of_resource.metadata
    step = Step(
        operation=metadata.op.value,
        type=metadata.type,
        name=metadata.urn.rsplit("::", 1)[-1],
        changed={path: diff.diff_kind.value for path, diff in (metadata.detailed_diff or {}).items()},
        inputs=metadata.new.inputs if metadata.new else {},
    )
    if second is None:
        steps.append(step)
        return
    for index, first in enumerate(steps):
        if (first.operation, first.type, first.name) == ("refresh", step.type, step.name):
            steps[index] = step
