"""The stand-in Docker plugin under the real engine and a real Docker daemon.

Where the engine adds nothing to a promise, the plugin's types are called directly: the daemon is the same.
"""

import io
import re
import socket
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import docker
import pulumi
import pulumi_docker
import pytest
from docker.errors import ImageNotFound, NotFound
from pulumi.automation import CommandError

from local.plugins.docker.container import Container
from local.plugins.docker.daemon import connect
from local.plugins.docker.docker_resource import DockerResource
from local.plugins.docker.network import Network
from local.plugins.docker.remote_image import RemoteImage
from local.plugins.docker.volume import Volume
from local.plugins.errors import OperationError, PartialCreate
from local.plugins.property import Change, without_defaults
from local.tools import base_image, docker_engine
from local.tools.progress import Progress

from .engine import Engine, engine
from .upstream import port_to_keep

pytestmark = pytest.mark.integration

_IGNORES_TERM = ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"]
_HEALTHY = {"tests": ["CMD", "true"], "interval": "1s"}
_UNHEALTHY = {"tests": ["CMD", "false"], "interval": "1s"}


@pytest.fixture(scope="module")
def client() -> Iterator[docker.APIClient]:
    client = connect(None)
    yield client
    client.close()


@pytest.fixture(scope="module")
def image(client: docker.APIClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image whose command waits."""
    base_image.ensure(Progress(), docker.from_env())
    context = tmp_path_factory.mktemp("context")
    (context / "Dockerfile").write_text('FROM debian:trixie-slim\nCMD ["sleep", "600"]\n')
    name = f"docker-plugin-test:{uuid.uuid4().hex[:8]}"
    for event in client.build(path=str(context), tag=name, rm=True, decode=True):
        assert "error" not in event
    yield name
    client.remove_image(name, force=True)


@pytest.fixture
def name() -> str:
    """A name that nothing else on this daemon has."""
    return f"docker-plugin-{uuid.uuid4().hex[:8]}"


class _Resource:
    """A resource that the plugin made, and that the test removes."""

    def __init__(
        self, kind: DockerResource, inputs: dict[str, Any], resource_id: str, outputs: dict[str, Any]
    ):
        self.kind, self.inputs, self.id, self.outputs = kind, inputs, resource_id, outputs

    def diff(self, **changed: Any) -> list[Change]:
        return self.kind.diff(self.id, self.outputs, self.inputs | changed)

    def update(self, **changed: Any) -> None:
        self.inputs = self.inputs | changed
        self.outputs = self.kind.update(self.id, self.outputs, self.inputs)

    def refresh(self) -> bool:
        found = self.kind.read(self.id, self.outputs, self.inputs)
        if found:
            self.id, self.outputs, _ = found
        return found is not None

    def delete(self) -> None:
        self.kind.delete(self.id, self.outputs)


Make = Callable[..., _Resource]


@pytest.fixture
def make(client: docker.APIClient, name: str) -> Iterator[Make]:
    """Checks inputs and creates the resource, as the engine asks the plugin to do; deletes all at the end."""
    made: list[_Resource] = []

    def create(kind: type[DockerResource], **inputs: Any) -> _Resource:
        resource = kind(client)
        checked, failures = resource.check({}, {"name": name, **inputs}, lambda length: name)
        assert not failures
        plain = without_defaults(checked)
        try:
            made.append(_Resource(resource, plain, *resource.create(plain)))
        except PartialCreate as error:
            made.append(_Resource(resource, plain, error.resource_id, dict(error.outputs)))
            raise
        return made[-1]

    yield create
    for resource in reversed(made):
        resource.delete()


_SECRET = "s3cr3t-in-the-environment"
_SETTINGS: dict[str, Any] = {
    "read_only": True,
    "tmpfs": {"/run": "mode=0755"},
    "capabilities": {"adds": ["CAP_CHOWN"], "drops": ["ALL"]},
    "security_opts": ["no-new-privileges:true"],
    "memory": 64,
    "memory_swap": 64,
    "restart": "unless-stopped",
    "hosts": [{"host": "host.docker.internal", "ip": "host-gateway"}],
    "ports": [{"internal": 25, "ip": "127.0.0.1"}, {"internal": 80, "ip": "127.0.0.1"}],
    "healthcheck": {**_HEALTHY, "retries": 3},
    "wait": True,
}

Program = Callable[[], None]


def _container(image: str, **inputs: Any) -> Program:
    def program() -> None:
        container = pulumi_docker.Container("container", image=image, **inputs)
        pulumi.export("id", container.id)

    return program


@pytest.fixture(scope="module")
def all_four(image: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Program]:
    """Makes a program with an image, a network, a volume, and a container that uses them."""
    context = tmp_path_factory.mktemp("built")
    (context / "Dockerfile").write_text(f"FROM {image}\n")
    tag = f"{image}-built"

    def make(
        network_label: str = "1",
        volume_label: str = "1",
        envs: Sequence[str] = ("B=2", "A=1"),
        **changed: Any,
    ) -> Program:
        def program() -> None:
            built = pulumi_docker.RemoteImage("image", name=tag, build={"context": str(context)})
            network = pulumi_docker.Network("network", labels=[{"label": "a", "value": network_label}])
            volume = pulumi_docker.Volume("volume", labels=[{"label": "a", "value": volume_label}])
            inputs = {
                "image": built.name,
                "envs": [*envs, pulumi.Output.secret(f"C={_SECRET}")],
                "networks_advanced": [{"name": network.name, "aliases": ["b", "a"]}],
                "volumes": [{"container_path": "/data", "volume_name": volume.name}],
                **_SETTINGS,
            }
            pulumi_docker.Container("container", **(inputs | changed))

        return program

    return make


@pytest.fixture(scope="module")
def stack(all_four: Callable[..., Program], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The stack of `all_four`, up. Tests preview it, with programs of their own."""
    with engine(tmp_path_factory.mktemp("stack"), all_four()) as created:
        created.up()
        yield created


def test_a_second_preview_changes_nothing(stack: Engine, all_four: Callable[..., Program]) -> None:
    stack.program = all_four()
    assert stack.preview().changes == {}


def test_a_refresh_changes_nothing(stack: Engine, all_four: Callable[..., Program]) -> None:
    stack.program = all_four()
    stack.refresh()
    assert stack.preview().changes == {}


def test_a_secret_environment_is_nowhere_in_plain_text(
    stack: Engine, all_four: Callable[..., Program]
) -> None:
    stack.program = all_four(envs=["A=2"])
    assert _SECRET not in stack.preview().log
    assert _SECRET not in stack.state


def test_the_order_of_sets_is_no_change(stack: Engine, all_four: Callable[..., Program]) -> None:
    stack.program = all_four(envs=["A=1", "B=2"])
    assert stack.preview().changes == {}


def test_a_changed_environment_replaces_the_container_and_deletes_first(
    stack: Engine, all_four: Callable[..., Program]
) -> None:
    stack.program = all_four(envs=["A=2"])
    operations = [step.operation for step in stack.preview().steps if step.name == "container"]
    assert operations.index("delete-replaced") < operations.index("create-replacement")


def test_a_changed_healthcheck_is_only_an_update(stack: Engine, all_four: Callable[..., Program]) -> None:
    stack.program = all_four(healthcheck={**_HEALTHY, "retries": 4})
    step = stack.preview().step("container")
    assert (step.operation, step.changed) == ("update", {"healthcheck.retries": "update"})


def test_ports_out_of_order_replace(stack: Engine, all_four: Callable[..., Program]) -> None:
    stack.program = all_four(ports=_SETTINGS["ports"][::-1])
    changed = [step.changed for step in stack.preview().steps if step.operation == "replace"]
    assert changed == [
        {
            "ports[0].internal": "update-replace",
            "ports[1].internal": "update-replace",
        }
    ]


@pytest.mark.parametrize("label", ["network_label", "volume_label"])
def test_a_changed_label_replaces_the_resource_and_its_container(
    stack: Engine, all_four: Callable[..., Program], label: str
) -> None:
    stack.program = all_four(**{label: "2"})
    replaced = {step.name for step in stack.preview().steps if step.operation == "create-replacement"}
    assert replaced == {label.removesuffix("_label"), "container"}


def test_a_first_preview_shows_four_resources_and_creates_none(
    client: docker.APIClient, all_four: Callable[..., Program], tmp_path: Path, name: str
) -> None:
    with engine(tmp_path, all_four(volume_label=name)) as stack:
        run = stack.preview()
        assert not client.volumes({"label": f"a={name}"})["Volumes"]
    assert run.changes == dict.fromkeys(("image", "network", "volume", "container"), "create")


def test_destroy_leaves_nothing(client: docker.APIClient, image: str, tmp_path: Path) -> None:
    def program() -> None:
        network, volume = pulumi_docker.Network("network"), pulumi_docker.Volume("volume")
        container = pulumi_docker.Container(
            "container", image=image, networks_advanced=[{"name": network.name}]
        )
        pulumi.export("ids", [network.id, container.id, volume.id])

    with engine(tmp_path, program) as stack:
        stack.up()
        network, container, volume = stack.outputs["ids"]
    for inspect, made in (
        (client.inspect_network, network),
        (client.inspect_container, container),
        (client.inspect_volume, volume),
    ):
        with pytest.raises(NotFound):
            inspect(made)


def test_a_container_removed_by_hand_is_missed_by_a_refresh_and_made_again(
    client: docker.APIClient, image: str, tmp_path: Path
) -> None:
    with engine(tmp_path, _container(image)) as stack:
        stack.up()
        client.remove_container(stack.outputs["id"], force=True)
        stack.refresh()
        assert stack.up().changes == {"container": "create"}


def test_an_unhealthy_container_stays_for_a_look_and_is_replaced_next_time(
    client: docker.APIClient, image: str, tmp_path: Path, name: str
) -> None:
    with engine(
        tmp_path, _container(image, name=name, healthcheck=_UNHEALTHY, wait=True, wait_timeout=2)
    ) as stack:
        with pytest.raises(CommandError, match="container failed to be in healthy state"):
            stack.up()
        assert client.inspect_container(name)["State"]["Running"]
        assert stack.preview().step("container").operation == "delete-replaced"
        stack.program = _container(image, name=name, healthcheck=_HEALTHY, wait=True)
        stack.up()
        assert client.inspect_container(name)["State"]["Health"]["Status"] == "healthy"


def test_a_failed_build_shows_the_output_of_the_command_that_failed(
    image: str, tmp_path: Path, name: str
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {image}\nRUN echo $((6 * 7)) errors; exit 3\n")

    def program() -> None:
        pulumi_docker.RemoteImage(
            "image", name=f"{name}:1", build={"context": str(tmp_path), "force_remove": True}
        )

    with engine(tmp_path, program) as stack, pytest.raises(CommandError) as raised:
        stack.up()
    assert re.search(
        r"unable to build image.*42 errors.*returned a non-zero code: 3", str(raised.value), re.S
    )


def test_a_misspelt_property_is_refused_by_the_preview(image: str, tmp_path: Path) -> None:
    def program() -> None:
        pulumi.CustomResource("docker:index/container:Container", "c", {"image": image, "comand": ["true"]})

    with engine(tmp_path, program) as stack, pytest.raises(CommandError) as raised:
        stack.preview()
    assert "Invalid or unknown key. Examine values at 'c.comand'." in str(raised.value)


def test_a_preview_without_a_daemon_fails(image: str, tmp_path: Path) -> None:
    config = {"docker:host": f"unix://{tmp_path}/docker.sock"}
    with (
        engine(tmp_path, _container(image), config) as stack,
        pytest.raises(CommandError, match="failed to connect to any docker daemon"),
    ):
        stack.preview()


def test_capabilities_are_normalised_by_a_read_and_not_by_the_create(make: Make, image: str) -> None:
    container = make(Container, image=image, capabilities={"adds": ["NET_BIND_SERVICE"], "drops": ["ALL"]})
    assert container.diff() == []
    container.refresh()
    assert {(change.property_name, change.replaces) for change in container.diff()} == {
        ("capabilities", True)
    }


@pytest.mark.parametrize("addresses", [("127.0.0.1", "127.0.0.2"), ("127.0.0.2", "127.0.0.1")])
def test_one_port_on_two_addresses_replaces_at_every_preview(
    make: Make, image: str, addresses: Sequence[str]
) -> None:
    port = port_to_keep("127.0.0.1")
    ports = [{"internal": 25, "external": port, "ip": address} for address in addresses]
    container = make(Container, image=image, ports=ports)
    assert {(change.property_name, change.replaces) for change in container.diff()} == {("ports", True)}


def test_memory_without_swap_gets_twice_as_much(make: Make, image: str) -> None:
    container = make(Container, image=image, memory=64)
    assert container.outputs["memorySwap"] == 128
    assert container.diff() == [Change("memorySwap", "delete", replaces=False)]


def test_a_duration_is_read_back_in_canonical_form(make: Make, image: str) -> None:
    container = make(Container, image=image, healthcheck={"tests": ["CMD", "true"], "interval": "90s"})
    assert container.outputs["healthcheck"]["interval"] == "1m30s"


def test_a_changed_limit_reaches_the_running_container(
    make: Make, client: docker.APIClient, image: str
) -> None:
    container = make(Container, image=image, memory=64, memorySwap=64)
    container.update(memory=96, memorySwap=96)
    assert client.inspect_container(container.id)["HostConfig"]["Memory"] == 96 << 20


def test_a_changed_healthcheck_does_not_reach_the_running_container(
    make: Make, client: docker.APIClient, image: str
) -> None:
    container = make(Container, image=image)
    healthcheck = {**_HEALTHY, "timeout": "0s", "startPeriod": "0s", "startInterval": "0s"}
    container.update(healthcheck=healthcheck)
    assert "Healthcheck" not in client.inspect_container(container.id)["Config"]
    assert container.diff() == []


def test_a_stopped_container_is_started_by_the_next_update(
    make: Make, client: docker.APIClient, image: str
) -> None:
    ports = [{"internal": 25, "external": port_to_keep("127.0.0.1")}]
    container = make(Container, image=image, ports=ports)
    client.kill(container.id)
    container.refresh()
    assert container.diff() == [Change("mustRun", "update", replaces=False)]
    container.update()
    assert client.inspect_container(container.id)["State"]["Running"]


def test_delete_kills_at_once(make: Make, image: str) -> None:
    container = make(Container, image=image, command=_IGNORES_TERM, stopTimeout=5)
    started = time.monotonic()
    container.delete()
    assert time.monotonic() - started < 2


def test_delete_with_a_grace_period_lets_the_command_end(make: Make, image: str, name: str) -> None:
    volume = make(Volume)
    ends = ["sh", "-c", "trap 'touch /data/ended; exit' TERM; touch /data/ready; while :; do sleep 0.1; done"]
    data = [{"containerPath": "/data", "volumeName": volume.id}]
    ready = {"tests": ["CMD", "test", "-e", "/data/ready"], "interval": "1s"}
    inputs = {"image": image, "volumes": data, "wait": True}
    make(Container, command=ends, destroyGraceSeconds=5, healthcheck=ready, **inputs).delete()
    ended = {"tests": ["CMD", "test", "-e", "/data/ended"], "interval": "1s"}
    make(Container, name=f"{name}-look", healthcheck=ended, waitTimeout=10, **inputs)


def test_a_container_is_found_by_its_id_and_not_by_its_name(
    make: Make, client: docker.APIClient, image: str, name: str
) -> None:
    container = make(Container, image=image)
    imported = Container(client)
    assert imported.read(name, {}, {}) is None
    assert imported.read(container.id, {}, {})[1]["command"] == ["sleep", "600"]


def test_a_name_in_use_fails_and_leaves_nothing(make: Make, image: str, name: str) -> None:
    make(Container, image=image)
    text = rf'Unable to create container: Error response from daemon: Conflict. The container name "/{name}" is already'
    with pytest.raises(OperationError, match=text):
        make(Container, image=image)


def test_an_image_that_cannot_be_pulled_fails_and_leaves_nothing(make: Make) -> None:
    text = (
        "Unable to create container with image 127.0.0.1:1/none: unable to pull image 127.0.0.1:1/none: "
        "error pulling image 127.0.0.1:1/none: Error response from daemon: "
    )
    with pytest.raises(OperationError, match=re.escape(text)):
        make(Container, image="127.0.0.1:1/none")


def test_a_port_in_use_fails_and_leaves_the_container(
    make: Make, client: docker.APIClient, image: str, name: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = {"internal": 25, "external": taken.getsockname()[1], "ip": "127.0.0.1"}
        with pytest.raises(PartialCreate, match="Unable to start container"):
            make(Container, image=image, ports=[port])
    assert client.inspect_container(name)["State"]["Status"] == "created"


def test_a_missing_network_fails_and_leaves_the_container(
    make: Make, client: docker.APIClient, image: str, name: str
) -> None:
    with pytest.raises(PartialCreate, match="Error response from daemon: network nosuchnetwork not found"):
        make(Container, image=image, networksAdvanced=[{"name": "nosuchnetwork"}])
    assert client.inspect_container(name)["State"]["Status"] == "created"


def test_waiting_without_a_healthcheck_is_refused(make: Make, image: str) -> None:
    with pytest.raises(PartialCreate, match="the container does not have a healthcheck defined"):
        make(Container, image=image, wait=True)


def test_a_container_on_a_network_is_on_no_other(make: Make, client: docker.APIClient, image: str) -> None:
    network = make(Network)
    container = make(Container, image=image, networksAdvanced=[{"name": network.id, "aliases": ["relay"]}])
    networks = client.inspect_container(container.id)["NetworkSettings"]["Networks"]
    assert list(networks) == [network.outputs["name"]]
    assert "relay" in networks[network.outputs["name"]]["Aliases"]
    assert [entry["networkName"] for entry in container.outputs["networkDatas"]] == [network.outputs["name"]]


def test_host_gateway_is_the_address_of_the_host(make: Make, client: docker.APIClient, image: str) -> None:
    container = make(Container, image=image, hosts=[{"host": "host.docker.internal", "ip": "host-gateway"}])
    execution = client.exec_create(container.id, ["getent", "hosts", "host.docker.internal"])
    subnet = client.inspect_network("bridge")["IPAM"]["Config"][0]["Subnet"]
    assert client.exec_start(execution).decode().split()[0] == docker_engine.first_address(subnet)
    container.refresh()
    assert container.diff() == []


def test_an_upload_is_there_before_the_container_starts(
    make: Make, client: docker.APIClient, image: str
) -> None:
    upload = {"file": "/srv/made/run", "content": "#!/bin/sh\nexec sleep 600\n", "executable": True}
    container = make(
        Container,
        image=image,
        command=["/srv/made/run"],
        user="nobody",
        uploads=[upload | {"permissions": "0755"}],
    )
    packed, _ = client.get_archive(container.id, "/srv/made/run")
    with tarfile.open(fileobj=io.BytesIO(b"".join(packed))) as tar:
        member = tar.next()
    assert (member.mode & 0o777, member.uid, container.outputs["mustRun"]) == (0o755, 0, True)


def test_an_upload_to_a_read_only_container_fails(make: Make, image: str) -> None:
    text = "Unable to upload volume content: Error response from daemon: container rootfs is marked read-only"
    with pytest.raises(PartialCreate, match=text):
        make(Container, image=image, readOnly=True, uploads=[{"file": "/srv/a", "content": "a"}])


def test_a_volume_that_exists_is_adopted(make: Make, client: docker.APIClient, name: str) -> None:
    client.create_volume(name)
    volume = make(Volume)
    assert volume.id == name
    volume.delete()
    assert not volume.refresh()


def test_a_network_that_exists_is_refused(make: Make, name: str) -> None:
    make(Network)
    text = f"Unable to create network: Error response from daemon: network with name {name} already exists"
    with pytest.raises(OperationError, match=text):
        make(Network)


@pytest.mark.parametrize(("kind", "last_state"), [(Volume, "in_use"), (Network, "pending")])
def test_what_a_container_uses_is_not_deleted(
    make: Make, image: str, monkeypatch: pytest.MonkeyPatch, kind: type[DockerResource], last_state: str
) -> None:
    used = make(kind)
    if kind is Volume:
        make(Container, image=image, volumes=[{"containerPath": "/data", "volumeName": used.id}])
    else:
        make(Container, image=image, networksAdvanced=[{"name": used.id}])
    monkeypatch.setattr("local.plugins.docker.docker_resource._REMOVAL_SECONDS", 0)
    with pytest.raises(OperationError, match=f"state to become 'removed' .last state: '{last_state}'"):
        used.delete()
    assert used.refresh()


def test_a_network_reads_back_what_the_daemon_chose(make: Make) -> None:
    network = make(Network)
    assert network.outputs["driver"] == "bridge"
    assert network.outputs["ipamConfigs"][0]["subnet"]
    network.refresh()
    assert network.diff() == []


def test_an_image_is_built_from_its_context(
    make: Make, client: docker.APIClient, image: str, tmp_path: Path, name: str
) -> None:
    (tmp_path / "Dockerfile").write_text(
        f"FROM {image}\nARG GREETING\nCOPY . /built/\nRUN echo $GREETING > /built/greeting\n"
    )
    (tmp_path / ".dockerignore").write_text("# not for the image\n*.secret\n!kept.secret\n")
    for file in ("run", "a.secret", "kept.secret"):
        (tmp_path / file).touch()
    (tmp_path / "run").chmod(0o755)
    tags = [f"{name}:extra"]
    build = {"context": str(tmp_path), "buildArgs": {"GREETING": "hello"}, "tags": tags, "labels": {"a": "1"}}
    built = make(RemoteImage, name=f"{name}:1", build=build)

    container = make(Container, image=f"{name}:1")
    execution = client.exec_create(
        container.id, ["sh", "-c", "cd /built && cat greeting && ls && test -x run && echo x"]
    )
    assert client.exec_start(execution).decode().split() == [
        "hello",
        "Dockerfile",
        "greeting",
        "kept.secret",
        "run",
        "x",
    ]
    assert built.id == client.inspect_image(f"{name}:1")["Id"] + f"{name}:1"
    assert client.inspect_image(f"{name}:1")["Config"]["Labels"] == {"a": "1"}
    assert make(RemoteImage, name=f"{name}:extra").outputs["imageId"] == built.outputs["imageId"]


def test_an_image_is_not_built_from_a_missing_context(make: Make, tmp_path: Path) -> None:
    with pytest.raises(OperationError, match=r"unable to prepare context: path .*missing. not found"):
        make(RemoteImage, build={"context": str(tmp_path / "missing")})


def test_an_image_that_is_kept_locally_survives_its_deletion(
    make: Make, client: docker.APIClient, image: str, name: str
) -> None:
    client.tag(image, name, "1")
    found = make(RemoteImage, name=f"{name}:1")
    found.update(keepLocally=True)
    found.delete()
    assert found.refresh()
    found.update(keepLocally=False)
    found.delete()
    with pytest.raises(ImageNotFound):
        client.inspect_image(f"{name}:1")
