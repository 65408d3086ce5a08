# ruff: noqa: N802 - the protocol fixes the names of the methods
"""The provider protocol of Pulumi over a table of resource types and functions."""

import functools
import hashlib
import json
import secrets
import sys
import threading
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from typing import Any, ClassVar

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from local.plugins.errors import OperationError, PartialCreate
from local.plugins.property import (
    Change,
    Failure,
    Property,
    check_object,
    seal_object,
    without_defaults,
)
from local.plugins.resource_type import ResourceType
from local.plugins.values import UNKNOWN, from_struct, to_struct

_ENGINE_KEYS = {"version", "pluginDownloadURL", "__internal"}

_KINDS = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


def _reports_errors(method: Callable[..., Any]) -> Callable[..., Any]:
    """Turn what a method raises into the error that the engine shows."""

    @functools.wraps(method)
    def call(self: "Provider", request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except OperationError as error:
            failure = grpc.StatusCode.UNKNOWN, _listed(str(error))
        except PartialCreate as error:
            status = self._init_failed(request, error)
            context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
            failure = grpc.StatusCode.UNKNOWN, status.message
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            text = f"the {self.name} plugin failed: {type(error).__name__}: {error}"
            failure = grpc.StatusCode.INTERNAL, text
        return context.abort(*failure)

    return call


class Provider(provider_pb2_grpc.ResourceProviderServicer, ABC):
    """A provider plugin. A subclass lists its types and functions, and makes its client."""

    name: ClassVar[str]
    """The package, for example `aws`."""
    resource_types: ClassVar[Sequence[type[ResourceType]]]
    functions: ClassVar[Mapping[str, Callable[[Any, dict[str, Any]], dict[str, Any]]]] = {}
    """By token: called with the client and the arguments, returns the result."""
    config: ClassVar[Mapping[str, Property]]
    """The provider's own settings."""

    def __init__(self) -> None:
        self._client: Any = None
        self._cancelled = threading.Event()
        self._types = {resource_type.token: resource_type for resource_type in self.resource_types}

    @abstractmethod
    def configure(self, config: dict[str, Any]) -> Any:
        """Make the client that resource types and functions get. Raises OperationError."""

    def Handshake(self, request, context):
        return provider_pb2.ProviderHandshakeResponse(supports_autonaming_configuration=True)

    def Attach(self, request, context):
        return Empty()

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version=metadata.version(f"pulumi-{self.name}"))

    def GetSchema(self, request, context):
        return provider_pb2.GetSchemaResponse(schema="{}")

    @_reports_errors
    def CheckConfig(self, request, context):
        failures: list[Failure] = []
        settings = from_struct(request.news)
        for key in settings.keys() - self.config.keys() - _ENGINE_KEYS:
            failures.append(Failure(key, f"`{self.name}:{key}` is not a configuration key of this plugin"))
        self._decoded_config(settings, failures)
        return provider_pb2.CheckResponse(
            inputs=to_struct(seal_object(self.config, settings)),
            failures=[provider_pb2.CheckFailure(property=f.path, reason=f.reason) for f in failures],
        )

    @_reports_errors
    def DiffConfig(self, request, context):
        old, new = from_struct(request.old_inputs), from_struct(request.news)
        return _diff_response(
            [Change(name, "update", replaces=False) for name in self.config if old.get(name) != new.get(name)]
        )

    @_reports_errors
    def Configure(self, request, context):
        failures: list[Failure] = []
        config = self._decoded_config(from_struct(request.args), failures)
        if failures:
            raise OperationError("; ".join(f"{self.name}:{f.path}: {f.reason}" for f in failures))
        self._client = self.configure(config)
        # Like the bridged providers: plain values in; the engine marks again what was secret.
        return provider_pb2.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    @_reports_errors
    def Check(self, request, context):
        resource_type = self._resource_type(request, "Check")
        resource = _resource_name(request.urn)
        inputs, failures = resource_type.check(
            from_struct(request.olds), from_struct(request.news), functools.partial(_proposed_name, request)
        )
        return provider_pb2.CheckResponse(
            inputs=to_struct(seal_object(resource_type.properties, inputs)),
            failures=[provider_pb2.CheckFailure(reason=failure.text(resource)) for failure in failures],
        )

    @_reports_errors
    def Diff(self, request, context):
        resource_type = self._resource_type(request, "Diff")
        inputs = from_struct(request.news)
        changes = [
            change
            for change in resource_type.diff(request.id, from_struct(request.olds), inputs)
            if not any(_is_inside(change.path, ignored) for ignored in request.ignoreChanges)
        ]
        replaced = {change.property_name for change in changes if change.replaces}
        response = _diff_response(changes)
        response.stables.extend(
            name for name, p in resource_type.properties.items() if p.replaces and name not in replaced
        )
        response.deleteBeforeReplace = bool(replaced) and resource_type.deletes_before_replace(inputs)
        return response

    @_reports_errors
    def Create(self, request, context):
        resource_type = self._resource_type(request, "Create")
        inputs = without_defaults(from_struct(request.properties))
        if request.preview:
            return provider_pb2.CreateResponse(
                properties=_outputs(resource_type, resource_type.preview(None, inputs))
            )
        resource_id, outputs = resource_type.create(inputs)
        return provider_pb2.CreateResponse(id=resource_id, properties=_outputs(resource_type, outputs))

    @_reports_errors
    def Read(self, request, context):
        resource_type = self._resource_type(request, "Read")
        found = resource_type.read(request.id, from_struct(request.properties), from_struct(request.inputs))
        if found is None:
            return provider_pb2.ReadResponse()
        resource_id, outputs, inputs = found
        return provider_pb2.ReadResponse(
            id=resource_id,
            properties=_outputs(resource_type, outputs),
            inputs=to_struct(seal_object(resource_type.properties, inputs)),
        )

    @_reports_errors
    def Update(self, request, context):
        resource_type = self._resource_type(request, "Update")
        old_outputs = from_struct(request.olds)
        inputs = without_defaults(from_struct(request.news))
        if request.preview:
            outputs = resource_type.preview(old_outputs, inputs)
        else:
            outputs = resource_type.update(request.id, old_outputs, inputs)
        return provider_pb2.UpdateResponse(properties=_outputs(resource_type, outputs))

    @_reports_errors
    def Delete(self, request, context):
        self._resource_type(request, "Delete").delete(request.id, from_struct(request.properties))
        return Empty()

    @_reports_errors
    def Invoke(self, request, context):
        function = self.functions.get(request.tok)
        if function is None:
            raise OperationError(f"unrecognized data function (Invoke): {request.tok}")
        return provider_pb2.InvokeResponse(
            **{"return": to_struct(function(self._client, from_struct(request.args)))}
        )

    def Cancel(self, request, context):
        self._cancelled.set()
        return Empty()

    def _resource_type(self, request: Any, operation: str) -> ResourceType:
        token = request.urn.split("::")[2].rsplit("$", 1)[-1]
        if token not in self._types:
            raise OperationError(f"unrecognized resource type ({operation}): {token}")
        return self._types[token](self._client, getattr(request, "timeout", 0), self._cancelled)

    def _init_failed(self, request: Any, error: PartialCreate) -> status_pb2.Status:
        """The status by which the engine learns of a resource that exists although the call failed."""
        status = status_pb2.Status(
            code=grpc.StatusCode.UNKNOWN.value[0], message=_listed(f"{request.urn}: {error}")
        )
        creates = isinstance(request, provider_pb2.CreateRequest)
        status.details.add().Pack(
            provider_pb2.ErrorResourceInitFailed(
                id=error.resource_id,
                properties=_outputs(self._resource_type(request, "Create"), error.outputs),
                reasons=error.reasons,
                inputs=request.properties if creates else request.news,
            )
        )
        return status

    def _decoded_config(self, settings: dict[str, Any], failures: list[Failure]) -> dict[str, Any]:
        """The settings as Python values: the engine and the SDKs send all but strings as JSON text."""
        decoded = {}
        for name, value in settings.items():
            declared = self.config.get(name)
            if declared is None or value is UNKNOWN:
                continue
            if declared.kind is not str and isinstance(value, str):
                try:
                    value = json.loads(value)
                except ValueError:
                    failures.append(Failure(name, "Expected JSON"))
                    continue
            decoded[name] = value
        return without_defaults(check_object(self.config, "", decoded, {}, failures))


def _outputs(resource_type: ResourceType, outputs: Mapping[str, Any]) -> Any:
    return to_struct(seal_object(resource_type.properties, outputs))


def _diff_response(changes: Sequence[Change]) -> provider_pb2.DiffResponse:
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if changes else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=list(dict.fromkeys(change.property_name for change in changes)),
        replaces=[change.property_name for change in changes if change.replaces],
        detailedDiff={
            change.path: provider_pb2.PropertyDiff(kind=_KINDS[change.kind, change.replaces])
            for change in changes
        },
        hasDetailedDiff=True,
    )


def _listed(message: str) -> str:
    """The form in which bridged providers show an error."""
    return f"1 error occurred:\n\t* {message}\n"


def _resource_name(urn: str) -> str:
    return urn.split("::", 3)[3]


def _proposed_name(request: Any, greatest_length: int) -> str:
    """The logical name and seven hex digits of the engine's seed, unless the engine itself proposes one."""
    if request.HasField("autonaming"):
        if request.autonaming.mode == provider_pb2.CheckRequest.AutonamingOptions.DISABLE:
            raise OperationError("automatic naming is disabled but no explicit name was provided")
        return request.autonaming.proposed_name
    seed = request.randomSeed or secrets.token_bytes()
    return f"{_resource_name(request.urn)[: greatest_length - 8]}-{hashlib.sha256(seed).hexdigest()[:7]}"


def _is_inside(path: str, ignored: str) -> bool:
    return path == ignored or path.startswith((f"{ignored}.", f"{ignored}["))
