"""What the stand-in plugins declare is what the SDKs have: a name that is wrong here cannot survive."""

import importlib
import inspect
import re
import types
import typing
from collections.abc import Awaitable, Mapping, Sequence

import pulumi
import pulumi_aws
import pulumi_docker
import pytest
from pulumi import _types

from local.plugins.aws.aws_provider import AwsProvider
from local.plugins.docker.docker_provider import DockerProvider
from local.plugins.property import Property

pytestmark = pytest.mark.contract

_SDKS = {AwsProvider: pulumi_aws, DockerProvider: pulumi_docker}
_every_type = pytest.mark.parametrize(
    "resource_type",
    [resource_type for provider in _SDKS for resource_type in provider.resource_types],
    ids=lambda resource_type: resource_type.token,
)
_every_provider = pytest.mark.parametrize("provider", _SDKS, ids=lambda provider: provider.name)


@_every_type
def test_a_type_takes_the_inputs_of_the_sdk(resource_type):
    _, arguments = sdk_classes(resource_type.token)
    inputs = {name: p for name, p in resource_type.properties.items() if not p.output_only}
    assert kinds(inputs) == sdk_kinds(_types.input_type_types(arguments), inputs)


@_every_type
def test_a_type_has_the_outputs_of_the_sdk(resource_type):
    resource, _ = sdk_classes(resource_type.token)
    assert kinds(resource_type.properties) == sdk_kinds(
        _types.resource_types(resource), resource_type.properties
    )


@_every_type
def test_a_type_requires_what_the_sdk_requires(resource_type):
    _, arguments = sdk_classes(resource_type.token)
    camel_case = _types.input_type_py_to_pulumi_names(arguments)
    parameters = list(inspect.signature(arguments).parameters.values())
    required = {camel_case[p.name] for p in parameters if p.default is inspect.Parameter.empty}
    assert {name for name, p in resource_type.properties.items() if p.required} == required


@_every_type
def test_a_type_keeps_secret_what_the_sdk_keeps_secret(resource_type):
    resource, _ = sdk_classes(resource_type.token)
    # The module's source, not the class's: to find a class inspect needs the compiler, and in Python 3.11 that can fail
    # while the garbage collector ends failed programs (https://github.com/python/cpython/issues/106905).
    source = inspect.getsource(inspect.getmodule(resource))
    lists = re.findall(r"additional_secret_outputs=\[(.*?)\]", source)
    secrets = {name.strip('" ') for names in lists for name in names.split(",")}
    assert {name for name, p in resource_type.properties.items() if p.secret} == secrets


@_every_provider
def test_a_provider_knows_the_settings_of_the_sdk(provider):
    settings = _types.input_type_types(_SDKS[provider].ProviderArgs)
    assert set(provider.config) == set(settings)


@_every_provider
def test_every_function_of_a_plugin_is_one_of_the_sdk(provider):
    for token in provider.functions:
        module, name = sdk_module(token)
        snake_case = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
        assert f"'{token}'" in inspect.getsource(getattr(module, snake_case))


def sdk_module(token):
    package, path, name = token.split(":")
    group = path.split("/")[0]
    module = f"pulumi_{package}" if group == "index" else f"pulumi_{package}.{group}"
    return importlib.import_module(module), name


def sdk_classes(token):
    """The SDK's class of a type and that of its arguments."""
    module, name = sdk_module(token)
    return getattr(module, name), getattr(module, f"{name}Args")


def kinds(properties: Mapping[str, Property]):
    """The names and kinds that a stand-in declares, nested; only the name where it takes anything or nothing."""
    return {name: kind(declared) for name, declared in properties.items()}


def kind(declared: Property):
    if declared.properties:
        return kinds(declared.properties)
    if declared.kind in (list, dict):
        return declared.kind, kind(declared.element) if declared.element else object
    return declared.kind


def sdk_kinds(sdk_types, properties):
    """The same of the SDK, all its names."""
    return {name: sdk_kind(sdk_type, properties.get(name)) for name, sdk_type in sdk_types.items()}


def sdk_kind(sdk_type, declared: Property | None):
    """The kind of one property, and of those of its parts that the stand-in declares."""
    if declared is None or declared.kind is object:
        return object
    origin = typing.get_origin(sdk_type)
    if origin in (typing.Union, types.UnionType):
        return sdk_kind(plain_option(sdk_type), declared)
    if origin is Sequence:
        return list, sdk_kind(typing.get_args(sdk_type)[0], declared.element)
    if origin is Mapping:
        return dict, sdk_kind(typing.get_args(sdk_type)[1], declared.element)
    if _types.is_input_type(sdk_type) or _types.is_output_type(sdk_type):
        parts = (_types.input_type_types if _types.is_input_type(sdk_type) else _types.output_type_types)(
            sdk_type
        )
        return sdk_kinds(
            {name: parts[name] for name in declared.properties if name in parts}, declared.properties
        )
    return sdk_type


def plain_option(union):
    """Of the forms in which an input can be given, the plain one."""
    return next(
        option
        for option in typing.get_args(union)
        if typing.get_origin(option) not in (Awaitable, pulumi.Output) and option is not type(None)
    )
