"""Which Kubernetes cluster the local stacks use."""

from pathlib import Path

import pytest

from local.cluster import choice
from local.cluster.cluster import Cluster
from local.cluster.container_cluster import ContainerCluster
from local.cluster.context_cluster import ContextCluster
from local.cluster.kubectl import Kubectl
from local.tools.failure import Failure

pytestmark = pytest.mark.unit


@pytest.fixture
def machine(tmp_path: Path):
    """Make a machine with some programs installed: the environment that finds them."""

    def make(*programs: str, **variables: str) -> dict[str, str]:
        installed = tmp_path / "bin"
        installed.mkdir(exist_ok=True)
        for program in programs:
            (installed / program).touch(0o755)
        return {"PATH": str(installed), **variables}

    return make


@pytest.mark.parametrize(
    ("programs", "option"),
    [
        ([], "node"),
        (["kubectl"], "node"),
        (["kind"], "node"),
        (["kubectl", "k3d"], "k3d"),
        (["kubectl", "kind", "k3d"], "kind"),
    ],
)
def test_kind_and_k3d_are_used_where_they_can_be(machine, programs: list[str], option: str) -> None:
    assert choice.chosen(machine(*programs)) == option


@pytest.mark.parametrize("option", ["context", "kind", "k3d", "node"])
def test_what_is_asked_for_is_used_whatever_is_installed(machine, option: str) -> None:
    assert choice.chosen(machine("kubectl", "kind", "k3d", LOCAL_CLUSTER=option)) == option


def test_the_users_own_context_is_never_used_unasked(machine) -> None:
    assert choice.chosen(machine("kubectl", KUBECONFIG="/home/user/.kube/config")) == "node"


def test_an_unknown_option_is_refused_with_those_that_exist(machine) -> None:
    with pytest.raises(
        Failure, match=r"LOCAL_CLUSTER is 'minikube': set it to one of context, kind, k3d, node"
    ):
        choice.chosen(machine(LOCAL_CLUSTER="minikube"))


@pytest.mark.parametrize(
    ("option", "kind"),
    [("node", Cluster), ("kind", ContainerCluster), ("k3d", ContainerCluster), ("context", ContextCluster)],
)
def test_each_option_has_its_cluster(machine, tmp_path: Path, option: str, kind: type) -> None:
    assert isinstance(choice.cluster(tmp_path, machine(LOCAL_CLUSTER=option)), kind)


def test_a_cluster_that_was_started_stays_the_one_whatever_is_installed_since(
    machine, tmp_path: Path
) -> None:
    (tmp_path / "node").mkdir()
    assert isinstance(choice.cluster(tmp_path, machine("kubectl", "kind")), Cluster)


def test_another_one_is_asked_for_in_vain_while_one_is_there(machine, tmp_path: Path) -> None:
    (tmp_path / "node").mkdir()
    with pytest.raises(Failure, match=r"LOCAL_CLUSTER is 'kind', but .* has node: make down first"):
        choice.cluster(tmp_path, machine(LOCAL_CLUSTER="kind"))


def test_only_what_was_started_is_there_to_be_removed(tmp_path: Path) -> None:
    assert choice.started(tmp_path) is None
    (tmp_path / "k3d").mkdir()
    assert isinstance(choice.started(tmp_path), ContainerCluster)


def test_programs_find_the_clusters_own_kubectl_and_its_kubeconfig(tmp_path: Path) -> None:
    own = Kubectl(tmp_path / "programs" / "kubectl", tmp_path / "kubeconfig").environment("/usr/bin")
    assert own == {"PATH": f"{tmp_path}/programs:/usr/bin", "KUBECONFIG": f"{tmp_path}/kubeconfig"}
    assert Kubectl("kubectl", tmp_path / "kubeconfig").environment("/usr/bin")["PATH"] == "/usr/bin"
