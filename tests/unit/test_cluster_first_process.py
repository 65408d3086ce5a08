"""The first process of a Kubernetes node: what it starts, and when it ends."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

_ROOT = Path(__file__).parents[2]
_COMPLETE = "{}\n"


@pytest.fixture
def process() -> Iterator[subprocess.Popen]:
    """The process, outside of any node."""
    with subprocess.Popen(
        [sys.executable, "-m", "local.cluster"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
    ) as started:
        yield started
        started.kill()


@pytest.fixture
def line(tmp_path: Path):
    """Make the line that starts a program of bash."""

    def make(name: str, script: str) -> str:
        program = {"name": name, "command": ["bash", "-c", script], "log": str(tmp_path / f"{name}.log")}
        return f"{json.dumps(program)}\n"

    return make


def test_a_node_that_was_not_completed_ends_with_its_maker(process, line) -> None:
    said, _ = process.communicate(line("etcd", "exec sleep 60"), timeout=20)
    assert (process.returncode, said) == (0, "ready\n")


def test_a_node_ends_with_the_first_program_that_ends_and_names_it(process, line) -> None:
    lines = [line("etcd", "exec sleep 60"), line("kubelet", "echo no cgroup; exit 3"), _COMPLETE]
    said, _ = process.communicate("".join(lines), timeout=20)
    assert (process.returncode, said) == (1, "ready\nkubelet ended with status 3\n")


def test_what_a_program_prints_is_in_its_log(process, line, tmp_path: Path) -> None:
    process.communicate(line("kubelet", "echo out; echo error >&2") + _COMPLETE, timeout=20)
    assert (tmp_path / "kubelet.log").read_text() == "out\nerror\n"


def test_a_complete_node_lives_on_without_its_maker_until_it_is_told_to_end(process, line) -> None:
    process.stdin.write(line("etcd", "exec sleep 60") + _COMPLETE)
    process.stdin.close()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.terminate()
    assert process.wait(20) == 0
