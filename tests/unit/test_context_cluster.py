"""A cluster that the user has, as the local stacks use it."""

from pathlib import Path

import pytest

from local.cluster.context_cluster import ContextCluster
from local.tools.failure import Failure
from local.tools.progress import Progress

pytestmark = pytest.mark.unit

# Stands in for kubectl, whose current context is the content of a file.
_KUBECTL = """#!/bin/sh
case "$*" in
  "config view"*) echo "kubeconfig of $(cat {directory}/context)" ;;
  *readyz*) [ -e {directory}/answers ] || {{ echo "connection refused" >&2; exit 1; }} ;;
  *current-context) cat {directory}/context ;;
esac
"""


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ContextCluster:
    """The cluster of a context called `staging`, which answers."""
    program = tmp_path / "kubectl"
    program.write_text(_KUBECTL.format(directory=tmp_path))
    program.chmod(0o755)
    (tmp_path / "context").write_text("staging\n")
    (tmp_path / "answers").touch()
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.delenv("LOCAL_CLUSTER_HOST", raising=False)
    return ContextCluster(tmp_path / "cluster")


def test_it_stays_the_cluster_whatever_context_comes_later(cluster: ContextCluster, tmp_path: Path) -> None:
    cluster.ensure(Progress())
    (tmp_path / "context").write_text("production\n")
    cluster.ensure(Progress())
    assert cluster.kubeconfig.read_text() == "kubeconfig of staging\n"
    assert cluster.kubeconfig.stat().st_mode & 0o777 == 0o600


def test_a_cluster_that_does_not_answer_is_an_error(cluster: ContextCluster, tmp_path: Path) -> None:
    (tmp_path / "answers").unlink()
    with pytest.raises(Failure, match="connection refused"):
        cluster.ensure(Progress())


def test_removing_forgets_the_context_and_claims_to_have_removed_nothing(cluster: ContextCluster) -> None:
    cluster.ensure(Progress())
    assert cluster.remove() is None
    assert not cluster.is_running()


def test_what_only_the_user_can_know_is_asked_for(cluster: ContextCluster, monkeypatch) -> None:
    with pytest.raises(
        Failure, match=r"^LOCAL_CLUSTER_HOST is not set: set it to the address of this machine"
    ):
        cluster.host  # noqa: B018 - it is asked for
    monkeypatch.setenv("LOCAL_CLUSTER_HOST", "192.0.2.7")
    assert (cluster.host, cluster.host_address) == ("192.0.2.7", "192.0.2.7")


def test_an_image_has_to_be_brought_by_way_of_a_registry(cluster: ContextCluster) -> None:
    with pytest.raises(Failure, match=r"relay:1 cannot be brought .* name it .* as mail-relay:image"):
        cluster.load_image("relay:1")
