"""The Kubernetes plugin that local/tools/provider_plugins.py sets up, under the real engine and on a real cluster.

The plugin is Pulumi's own, built from source: what is tested is that it works as the components need it.
"""

import base64
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pulumi
import pulumi_kubernetes as k8s
import pytest

from local.cluster.cluster import Cluster

from .engine import engine
from .kubernetes_cluster import BASE_IMAGE
from .kubernetes_relay import manifest
from .kubernetes_stack import refusal

pytestmark = pytest.mark.integration

_NAMES = ("namespace", "credentials", "policy", "service", "stateful-set")
_LABELS = {"app": "waiting"}
_READY = "--output=jsonpath={.items[*].metadata.name} {.items[*].status.containerStatuses[*].ready}"


@pytest.fixture(scope="module")
def life(
    cluster: Cluster, kubernetes_plugin: Path, tmp_path_factory: pytest.TempPathFactory
) -> SimpleNamespace:
    """What became of: preview; up that fails; up; up again; up with a field that somebody else has taken; preview with
    an invalid quantity; destroy.
    """
    namespace = f"kubernetes-plugin-{secrets.token_hex(4)}"
    life = SimpleNamespace(namespace=namespace, password=f"plain-{secrets.token_hex(8)}")
    kubeconfig = cluster.kubeconfig.read_text()

    def program(memory: str = "16Mi", **more: object) -> Callable[[], None]:
        return lambda: _workload(kubeconfig, namespace, life.password, memory, **more)

    directory = tmp_path_factory.mktemp("stack")
    with engine(directory, program(), plugins=kubernetes_plugin) as stack:
        life.preview = stack.preview()
        life.is_made_by_preview = _exists(cluster, namespace)
        stack.program = program("16Megs", unknown_kind=True)
        life.failed_up = refusal(stack.up)
        stack.program = program()
        life.up = stack.up()
        life.ready = cluster.kubectl("get", "pods", f"--namespace={namespace}", _READY)
        life.state = stack.state
        life.second_up = stack.up()
        _take_the_replicas(cluster, namespace)
        stack.program = program(replicas=2)
        life.conflict = refusal(stack.up)
        stack.program = program("16Megs")
        life.refused_preview = refusal(stack.preview)
        life.destroy = stack.destroy()
        life.is_left_by_destroy = _exists(cluster, namespace)
    return life


def test_a_preview_shows_all_and_creates_nothing(life: SimpleNamespace) -> None:
    assert life.preview.changes == dict.fromkeys(_NAMES, "create")
    assert not life.is_made_by_preview


def test_a_kind_that_the_cluster_does_not_have_is_refused(life: SimpleNamespace) -> None:
    assert 'no matches for kind "Nonsense" in version "example.com/v1"' in life.failed_up


def test_an_up_that_failed_can_be_repeated(life: SimpleNamespace) -> None:
    assert life.up.changes["stateful-set"] == "create"
    assert "namespace" not in life.up.changes


def test_an_up_ends_when_the_pods_are_ready(life: SimpleNamespace) -> None:
    assert life.ready == "waiting-0 true"


def test_a_second_up_changes_nothing(life: SimpleNamespace) -> None:
    assert life.second_up.changes == {}


@pytest.mark.parametrize("shown", ["the state", "the preview", "the update"])
def test_the_data_of_a_secret_stands_nowhere_in_plain_text(life: SimpleNamespace, shown: str) -> None:
    text = {"the state": life.state, "the preview": life.preview.log, "the update": life.up.log}[shown]
    assert life.password not in text
    assert base64.b64encode(life.password.encode()).decode() not in text


def test_an_invalid_quantity_is_an_error_of_the_preview_in_the_words_of_the_api_server(
    life: SimpleNamespace,
) -> None:
    assert "quantities must match the regular expression" in life.refused_preview


def test_a_field_that_somebody_else_has_taken_is_not_taken_back_in_silence(life: SimpleNamespace) -> None:
    assert 'conflict with "other"' in life.conflict
    assert ".spec.replicas" in life.conflict


def test_a_destroy_removes_what_is_in_a_namespace_before_the_namespace(life: SimpleNamespace) -> None:
    assert sorted(life.destroy.changes) == sorted(_NAMES)
    assert life.destroy.steps[-1].name == "namespace"
    assert not life.is_left_by_destroy


def _take_the_replicas(cluster: Cluster, namespace: str) -> None:
    stateful_set = manifest("apps/v1", "StatefulSet", "waiting", {"replicas": 1})
    cluster.kubectl(
        *("apply", f"--namespace={namespace}", "--filename=-"),
        *("--server-side", "--field-manager=other", "--force-conflicts"),
        stdin=json.dumps(stateful_set),
    )


def _workload(
    kubeconfig: str,
    namespace: str,
    password: str,
    memory: str,
    *,
    replicas: int | None = None,
    unknown_kind: bool = False,
) -> None:
    provider = k8s.Provider("cluster", kubeconfig=pulumi.Output.secret(kubeconfig))
    options = pulumi.ResourceOptions(provider=provider)
    made = k8s.core.v1.Namespace("namespace", metadata={"name": namespace}, opts=options)
    metadata = {"namespace": made.metadata.name, "name": "waiting"}
    k8s.core.v1.Secret("credentials", metadata=metadata, string_data={"password": password}, opts=options)
    k8s.networking.v1.NetworkPolicy(
        "policy", metadata=metadata, spec={"pod_selector": {}, "policy_types": ["Ingress"]}, opts=options
    )
    k8s.core.v1.Service(
        "service", metadata=metadata, spec={"selector": _LABELS, "ports": [{"port": 25}]}, opts=options
    )
    container = {
        "name": "waiting",
        "image": BASE_IMAGE,
        "command": ["sleep", "infinity"],
        "resources": {"limits": {"memory": memory}},
    }
    k8s.apps.v1.StatefulSet(
        "stateful-set",
        metadata=metadata,
        spec={
            **({} if replicas is None else {"replicas": replicas}),
            "service_name": "waiting",
            "selector": {"match_labels": _LABELS},
            "template": {
                "metadata": {"labels": _LABELS},
                "spec": {"termination_grace_period_seconds": 1, "containers": [container]},
            },
        },
        opts=options,
    )
    if unknown_kind:
        k8s.apiextensions.CustomResource(
            "nonsense", api_version="example.com/v1", kind="Nonsense", metadata=metadata, opts=options
        )


def _exists(cluster: Cluster, namespace: str) -> bool:
    return bool(cluster.kubectl("get", "namespace", namespace, "--ignore-not-found", "--output=name"))
