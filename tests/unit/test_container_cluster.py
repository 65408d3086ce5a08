"""What is asked of kind and k3d."""

from pathlib import Path

import pytest

from local.cluster.container_cluster import K3D, KIND, ContainerCluster, Maker
from local.tools.failure import Failure
from local.tools.progress import Progress

pytestmark = pytest.mark.unit

# Stands in for both: keeps the arguments of each call, and prints what its file `answer` has.
_PROGRAM = """#!/bin/sh
echo "$*" >> {directory}/calls
cat {directory}/answer
exit $(cat {directory}/status)
"""


@pytest.fixture(params=[KIND, K3D], ids=lambda maker: maker.program)
def maker(request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Maker:
    """A maker whose program is a stand-in."""
    program = tmp_path / request.param.program
    program.write_text(_PROGRAM.format(directory=tmp_path))
    program.chmod(0o755)
    (tmp_path / "answer").write_text("")
    (tmp_path / "status").write_text("0")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return request.param


@pytest.fixture
def cluster(maker: Maker, tmp_path: Path) -> ContainerCluster:
    """A cluster of that maker."""
    return ContainerCluster(maker, "mail", tmp_path / "cluster")


def calls(tmp_path: Path) -> list[str]:
    """The arguments of each call."""
    return (tmp_path / "calls").read_text().splitlines()


def test_a_cluster_that_is_not_there_is_made(cluster, maker: Maker, tmp_path: Path) -> None:
    (tmp_path / "answer").write_text("mailbox\n")
    assert cluster.ensure(Progress())
    words = [call.split() for call in calls(tmp_path)]
    assert [call[:2] for call in words if "create" in call] == [maker.create.split()[:2]]
    assert all("mail" in call for call in words[1:])


def test_one_that_is_there_is_used_again(cluster, tmp_path: Path) -> None:
    (tmp_path / "answer").write_text("mail 1/1 0/0 true\n")
    assert not cluster.ensure(Progress())
    assert not any("create" in call for call in calls(tmp_path))
    assert cluster.kubeconfig.stat().st_mode & 0o777 == 0o600


def test_removing_deletes_the_cluster_and_says_so(cluster, maker: Maker, tmp_path: Path) -> None:
    (tmp_path / "answer").write_text("mail\n")
    cluster.ensure(Progress())
    assert cluster.remove() == f"the {maker.program} cluster mail"
    assert "delete" in calls(tmp_path)[-1]
    assert not (tmp_path / "cluster").exists()


def test_an_image_is_loaded_under_its_name(cluster, tmp_path: Path) -> None:
    cluster.load_image("relay:1")
    assert "relay:1" in calls(tmp_path)[-1].split()


def test_a_failure_has_the_words_of_the_program(cluster, tmp_path: Path) -> None:
    (tmp_path / "status").write_text("1")
    with pytest.raises(Failure, match=r"^(kind get clusters|k3d cluster list --no-headers): "):
        cluster.ensure(Progress())
