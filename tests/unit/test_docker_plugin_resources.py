"""The stand-in Docker provider's volumes, networks and images: what replaces, and what is refused."""

from typing import Any

import pytest
from docker.errors import APIError

from local.plugins.docker.container import Container
from local.plugins.docker.daemon import connect, daemon_errors
from local.plugins.docker.docker_resource import DockerResource
from local.plugins.docker.network import Network
from local.plugins.docker.properties import labels_from_map, labels_to_map
from local.plugins.docker.remote_image import RemoteImage
from local.plugins.docker.volume import Volume
from local.plugins.errors import OperationError
from local.plugins.values import UNKNOWN

pytestmark = pytest.mark.unit

_LABEL = [{"label": "a", "value": "1"}]
_VOLUME_STATE = {"name": "v", "driver": "local", "driverOpts": {}, "labels": _LABEL, "mountpoint": "/m"}
_NETWORK_STATE = {
    "name": "n",
    "driver": "bridge",
    "ipamDriver": "default",
    "ipamConfigs": [{"subnet": "172.30.0.0/24", "ipRange": "", "gateway": "172.30.0.1", "auxAddress": {}}],
    "internal": False,
    "labels": _LABEL,
}
_NETWORK_INPUTS = {"name": "n", "ipamDriver": "default", "labels": _LABEL}
_BUILD = {"context": "app", "dockerfile": "Dockerfile", "remove": True}


def _replaced(
    resource: type[DockerResource], state: dict[str, Any], inputs: dict[str, Any]
) -> dict[str, bool]:
    changes = resource(client=None).diff("id", state, inputs)
    return {change.property_name: change.replaces for change in changes}


@pytest.mark.parametrize(
    "changed", [{"labels": [{"label": "a", "value": "2"}]}, {"labels": None}, {"driver": "other"}]
)
def test_every_change_of_a_volume_replaces_it(changed: dict[str, Any]) -> None:
    assert _replaced(Volume, _VOLUME_STATE, {"name": "v", "labels": _LABEL, **changed}) == dict.fromkeys(
        changed, True
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"labels": [{"label": "a", "value": "2"}]},
        {"internal": True},
        {"ipamConfigs": [{"subnet": "10.0.0.0/24"}]},
    ],
)
def test_every_change_of_a_network_replaces_it(changed: dict[str, Any]) -> None:
    assert _replaced(Network, _NETWORK_STATE, {**_NETWORK_INPUTS, **changed}) == dict.fromkeys(changed, True)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"internal": False},
        {"ipamConfigs": [{"subnet": "172.30.0.0/24"}]},
        {"ipamConfigs": [{"subnet": "172.30.0.0/24", "gateway": "172.30.0.1"}]},
    ],
)
def test_what_the_daemon_chose_for_a_network_is_no_difference(given: dict[str, Any]) -> None:
    assert _replaced(Network, _NETWORK_STATE, {**_NETWORK_INPUTS, **given}) == {}


@pytest.mark.parametrize("resource", [Volume, Network])
def test_a_replacement_deletes_first_only_with_a_name_that_the_program_fixed(
    resource: type[DockerResource],
) -> None:
    volume = resource(client=None)
    named, _ = volume.check({}, {"name": "fixed"}, lambda length: "auto")
    unnamed, _ = volume.check({}, {}, lambda length: "auto")
    assert volume.deletes_before_replace(named)
    assert not volume.deletes_before_replace(unnamed)


@pytest.mark.parametrize(
    ("changed", "replaces"),
    [
        ({"name": "j"}, True),
        ({"triggers": {"digest": "2"}}, True),
        ({"build": _BUILD | {"buildArgs": {"A": "2"}}}, True),
        ({"keepLocally": True}, False),
        ({"forceRemove": True}, False),
    ],
)
def test_what_replaces_an_image(changed: dict[str, Any], replaces: bool) -> None:
    inputs = {"name": "i", "build": _BUILD, "triggers": {"digest": "1"}}
    assert _replaced(RemoteImage, inputs, {**inputs, **changed}) == dict.fromkeys(changed, replaces)


def test_an_image_needs_a_name() -> None:
    _, failures = RemoteImage(client=None).check({}, {}, lambda length: "auto")
    assert [failure.path for failure in failures] == ["name"]


def test_an_image_is_not_known_before_it_is_built() -> None:
    preview = RemoteImage(client=None).preview(None, {"name": "i"})
    assert preview == {"name": "i", "imageId": UNKNOWN, "repoDigest": UNKNOWN}


@pytest.mark.parametrize(
    ("resource", "inputs", "path"),
    [
        (Volume, {"cluster": {}}, "cluster"),
        (RemoteImage, {"name": "i", "platform": "linux/arm64"}, "platform"),
        (RemoteImage, {"name": "i", "build": {"context": ".", "secrets": [{"id": "x"}]}}, "build.secrets"),
        (Container, {"image": "i", "attach": True}, "attach"),
    ],
)
def test_a_property_that_only_the_real_provider_has_is_refused_by_name(
    resource: type[DockerResource], inputs: dict[str, Any], path: str
) -> None:
    _, failures = resource(client=None).check({}, inputs, lambda length: "auto")
    assert [(failure.path, failure.reason) for failure in failures] == [
        (path, f"the stand-in does not implement '{path}'")
    ]


def test_labels_go_to_the_api_and_back() -> None:
    labels = [{"label": "a", "value": "1"}, {"label": "b", "value": "2"}]
    assert labels_from_map(labels_to_map(labels[::-1])) == labels


def test_a_missing_daemon_is_an_error_of_the_configuration(tmp_path: Any) -> None:
    with pytest.raises(
        OperationError, match="unexpected error from Configure: failed to connect to any docker daemon"
    ):
        connect(f"unix://{tmp_path}/docker.sock")


def test_a_docker_context_is_refused_rather_than_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONTEXT", "remote")
    with pytest.raises(OperationError, match="DOCKER_CONTEXT is 'remote'"):
        connect(None)


def test_the_daemon_s_refusal_is_told_in_its_own_words() -> None:
    with pytest.raises(OperationError) as raised, daemon_errors("Unable to create container"):
        raise APIError("409", explanation="Conflict. The name is in use")
    assert (
        str(raised.value)
        == "Unable to create container: Error response from daemon: Conflict. The name is in use"
    )
