"""The real Pulumi engine for tests: a stack of its own, with the stand-in plugins on PATH."""

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi import automation
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
        return {step.name: step.operation for step in self.steps if step.operation not in ("same", "refresh")}

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
        return {name: output.value for name, output in self.stack.outputs().items()}

    @property
    def state(self) -> str:
        """The text of the state files, as it lies on the disk: for tests that look for secrets in plain text."""
        return "\n".join(path.read_text() for path in self._state.rglob("*.json*") if path.is_file())

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
        command(
            on_event=lambda event: _record(event, run.steps), on_output=lines.append, on_error=lines.append
        )
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
) -> Iterator[Engine]:
    """A stack with its own backend in `directory`, destroyed and removed at the end.

    `program` is a function, or the directory of a project, whose `Pulumi.yaml` decides. `config` has full keys
    (`aws:region`); `Pulumi.<stack>.yaml` of a project is left as it is.
    """
    state = directory / "state"
    state.mkdir()
    with _path([Path(sys.executable).parent, _ROOT / "local/plugins/bin"]):
        options = automation.LocalWorkspaceOptions(
            work_dir=str(directory if callable(program) else program),
            env_vars={
                "PULUMI_BACKEND_URL": f"file://{state}",
                "PULUMI_CONFIG_PASSPHRASE": "test",
                "PULUMI_SKIP_UPDATE_CHECK": "1",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                **(environment or {}),
            },
        )
        if callable(program):
            created = automation.create_stack(stack, "test", program, opts=options)
        else:
            created = automation.create_stack(stack, work_dir=str(program), opts=options)
        if config:
            created.set_all_config(
                {
                    key: value if isinstance(value, automation.ConfigValue) else automation.ConfigValue(value)
                    for key, value in config.items()
                }
            )
        try:
            yield Engine(created, state)
        finally:
            created.destroy(remove=True)


@contextlib.contextmanager
def _path(first: list[Path]) -> Iterator[None]:
    """Put directories, and that of the CLI where it is not on PATH, before PATH.

    In this process too: the Automation API looks for the CLI there and not in the environment of the workspace.
    """
    before = os.environ["PATH"]
    if shutil.which("pulumi") is None:
        first = [*first, pulumi_cli.ensure(Progress())]
    os.environ["PATH"] = os.pathsep.join([*map(str, first), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _record(event: automation.EngineEvent, steps: list[Step]) -> None:
    if event.resource_pre_event is None:
        return
    metadata = event.resource_pre_event.metadata
    if metadata.type.startswith("pulumi:"):
        return
    steps.append(
        Step(
            operation=metadata.op.value,
            type=metadata.type,
            name=metadata.urn.rsplit("::", 1)[-1],
            changed={path: diff.diff_kind.value for path, diff in (metadata.detailed_diff or {}).items()},
            inputs=metadata.new.inputs if metadata.new else {},
        )
    )
