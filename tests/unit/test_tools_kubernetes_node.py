"""Where the programs of a Kubernetes node come from."""

import os
from pathlib import Path

import pytest

from local.tools import apt, kubernetes_node
from local.tools.failure import Failure
from local.tools.progress import Progress

pytestmark = pytest.mark.unit


def test_only_packages_whose_program_is_missing_are_installed(tmp_path: Path) -> None:
    for program in ("containerd", "runc", "ip", "iptables", "catatonit"):
        (tmp_path / program).touch(0o755)
    missing = set(kubernetes_node.missing_packages(str(tmp_path)))
    assert missing - {"containernetworking-plugins"} == {"conntrack"}


def test_a_machine_that_cannot_have_a_node_is_told_what_else_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(apt, "may_install", lambda: False)
    with pytest.raises(
        Failure, match=r"needs root.*install kind .* or k3d .*, or run this as root on Debian"
    ):
        kubernetes_node.ensure(Progress(), None)


@pytest.mark.parametrize("name", ["kubernetes", "kubernetes_addons"])
def test_a_changed_module_is_built_again(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kubernetes_node.sources()
    changed = tmp_path / name
    changed.mkdir()
    (changed / "go.mod").write_text("module changed\n")
    monkeypatch.setattr(kubernetes_node, {"kubernetes": "_KUBERNETES"}.get(name, "_ADDONS"), changed)
    assert kubernetes_node.sources() != before
