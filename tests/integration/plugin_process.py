"""The components' plugin as the engine starts it, and the part of the engine that it talks to."""

import contextlib
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import (
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)
from pulumi.runtime.rpc import _special_output_value_sig, _special_secret_sig, _special_sig_key

ROOT = Path(__file__).parents[2]
# https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

_FEATURES = ("secrets", "outputValues", "errorHooks")
# What components read of resources beyond their inputs.
_CREATED = {
    "dkimSigningAttributes": {"tokens": ["one", "two", "three"]},
    "arn": "arn:aws:ses:eu-west-1:1:made/it",
}


def secret(value: Any) -> dict[str, Any]:
    """A secret, as the engine hands it to a component: an output in the place of the value."""
    return {_special_sig_key: _special_output_value_sig, "value": value, "secret": True}


def registered_secret(value: Any) -> dict[str, Any]:
    """The same in what a component registers."""
    return {_special_sig_key: _special_secret_sig, "value": value}


@dataclass(frozen=True)
class Constructed:
    """What came of a component: its outputs, and the resources that it registered with their inputs."""

    outputs: dict[str, Any]
    registered: dict[tuple[str, str], dict[str, Any]]


class PluginProcess:
    """A running plugin."""

    def __init__(self, channel: grpc.Channel, engine: "_Engine", address: str):
        self._provider = provider_pb2_grpc.ResourceProviderStub(channel)
        self._engine = engine
        self._address = address

    def schema(self) -> str:
        """What it says of itself."""
        return self._provider.GetSchema(provider_pb2.GetSchemaRequest(version=0)).schema

    def construct(self, component: str, inputs: Mapping[str, Any], *, preview: bool = False) -> Constructed:
        """Make a component called `relay`. Raises grpc.RpcError."""
        self._engine.registered.clear()
        request = provider_pb2.ConstructRequest(
            project="project",
            stack="stack",
            monitorEndpoint=self._address,
            dryRun=preview,
            type=f"opensmtpd:index:{component}",
            name="relay",
            inputs=json_format.ParseDict(inputs, struct_pb2.Struct()),
        )
        response = self._provider.Construct(request)
        return Constructed(json_format.MessageToDict(response.state), dict(self._engine.registered))


@contextlib.contextmanager
def plugin_process(python: Path) -> Iterator[PluginProcess]:
    """Run the plugin with `python`, as Pulumi does: the folder is the program."""
    server, engine = grpc.server(ThreadPoolExecutor()), _Engine()
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(engine, server)
    engine_pb2_grpc.add_EngineServicer_to_server(_Log(), server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    command = [python, ROOT / "components", address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd="/") as process:
        try:
            with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
                yield PluginProcess(channel, engine, address)
        finally:
            process.terminate()
            server.stop(grace=None)


class _Engine(resource_pb2_grpc.ResourceMonitorServicer):
    """Registers what it is told, and gives each resource its inputs as outputs."""

    def __init__(self) -> None:
        self.registered: dict[tuple[str, str], dict[str, Any]] = {}

    def SupportsFeature(self, request, context):  # noqa: N802 - named by the protocol
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _FEATURES)

    def RegisterResource(self, request, context):  # noqa: N802
        self.registered[request.type, request.name] = json_format.MessageToDict(request.object)
        urn = f"urn:pulumi:stack::project::{request.type}::{request.name}"
        known = _CREATED | {"name": f"{request.name}-made"} | json_format.MessageToDict(request.object)
        created = json_format.ParseDict(known, struct_pb2.Struct())
        return resource_pb2.RegisterResourceResponse(urn=urn, id=request.name, object=created)

    def RegisterErrorHook(self, request, context):  # noqa: N802
        return empty_pb2.Empty()

    def RegisterResourceOutputs(self, request, context):  # noqa: N802
        return empty_pb2.Empty()


class _Log(engine_pb2_grpc.EngineServicer):
    def Log(self, request, context):  # noqa: N802
        return empty_pb2.Empty()
