"""The protocol between the engine and a stand-in plugin, without the engine."""

from typing import ClassVar

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, status_pb2

from local.plugins.errors import OperationError, PartialCreate
from local.plugins.property import Property
from local.plugins.provider import Provider
from local.plugins.resource_type import ResourceType
from local.plugins.values import from_struct, to_struct

pytestmark = pytest.mark.unit

_URN = "urn:pulumi:dev::project::my:component:Type$test:index/thing:Thing::web"


class Thing(ResourceType):
    """A type whose size says how its creation ends."""

    token = "test:index/thing:Thing"
    autoname = "name"
    autoname_length = 12
    properties: ClassVar = {
        "name": Property(str, replaces=True),
        "size": Property(int),
        "secret": Property(str, secret=True, output_only=True),
    }

    def create(self, inputs):
        if inputs["size"] == 1:
            raise OperationError("creating Thing: no")
        if inputs["size"] == 2:
            raise PartialCreate("id", {**inputs, "secret": "hidden"}, ["the second half failed"])
        raise ZeroDivisionError("a mistake")

    def read(self, resource_id, outputs, inputs):
        return None

    def delete(self, resource_id, outputs):
        pass


class Things(Provider):
    """Its only setting is a list."""

    name = "test"
    resource_types = (Thing,)
    config: ClassVar = {"places": Property(list, element=Property(dict, element=Property(str)))}

    def configure(self, config):
        self.configured = config


class Aborted(Exception):
    """What a context raises; as in gRPC, nobody may catch it by name."""


class Context:
    """Takes the place of a gRPC call."""

    trailers = ()

    def set_trailing_metadata(self, trailers):
        self.trailers = trailers

    def abort(self, code, details):
        self.code, self.details = code, details
        raise Aborted


@pytest.fixture
def context():
    return Context()


def check(context, seed=b"seed", urn=_URN, olds=None, autonaming=None, **news):
    request = provider_pb2.CheckRequest(
        urn=urn, randomSeed=seed, olds=to_struct(olds or {}), news=to_struct(news), autonaming=autonaming
    )
    return Things().Check(request, context)


def create(context, size):
    request = provider_pb2.CreateRequest(urn=_URN, properties=to_struct({"name": "web", "size": size}))
    return Things().Create(request, context)


def test_a_generated_name_is_the_logical_one_and_seven_hex_digits_of_the_seed(context):
    first, again, other = (check(context, seed).inputs["name"] for seed in (b"1", b"1", b"2"))
    assert first.startswith("web-")
    assert int(first.removeprefix("web-"), 16) < 16**7
    assert len(first) == 11
    assert first == again != other


def test_a_generated_name_is_cut_to_the_length_that_the_type_allows(context):
    name = check(context, urn=_URN + "-with-a-long-name").inputs["name"]
    assert name.startswith("web--")
    assert len(name) == Thing.autoname_length


def test_a_name_that_the_engine_proposes_is_used(context):
    proposed = provider_pb2.CheckRequest.AutonamingOptions(proposed_name="proposed")
    assert check(context, autonaming=proposed).inputs["name"] == "proposed"


def test_switched_off_naming_asks_for_a_name(context):
    disabled = provider_pb2.CheckRequest.AutonamingOptions(mode="DISABLE")
    with pytest.raises(Aborted):
        check(context, autonaming=disabled)
    assert "automatic naming is disabled but no explicit name was provided" in context.details


def test_an_unknown_type_is_refused_by_name(context):
    with pytest.raises(Aborted):
        check(context, urn="urn:pulumi:dev::project::test:index/thign:Thign::web")
    assert "unrecognized resource type (Check): test:index/thign:Thign" in context.details


def test_an_unknown_function_is_refused_by_name(context):
    with pytest.raises(Aborted):
        Things().Invoke(provider_pb2.InvokeRequest(tok="test:index/getThign:getThign"), context)
    assert "unrecognized data function (Invoke): test:index/getThign:getThign" in context.details


def test_a_failed_operation_is_one_error_in_a_list(context):
    with pytest.raises(Aborted):
        create(context, size=1)
    assert context.details == "1 error occurred:\n\t* creating Thing: no\n"


def test_a_half_finished_resource_is_handed_to_the_engine_with_its_secrets_marked(context):
    with pytest.raises(Aborted):
        create(context, size=2)
    ((key, value),) = context.trailers
    (detail,) = status_pb2.Status.FromString(value).details
    failed = provider_pb2.ErrorResourceInitFailed()
    assert (key, detail.Unpack(failed)) == ("grpc-status-details-bin", True)
    assert (failed.id, list(failed.reasons)) == ("id", ["the second half failed"])
    assert failed.properties["secret"]["value"] == "hidden"
    assert from_struct(failed.inputs) == {"name": "web", "size": 2}


def test_a_mistake_of_the_plugin_itself_is_an_internal_error(context, capsys):
    with pytest.raises(Aborted):
        create(context, size=3)
    assert context.code == grpc.StatusCode.INTERNAL
    assert "ZeroDivisionError: a mistake" in context.details
    assert "Traceback" in capsys.readouterr().err


def test_ignored_changes_are_left_out_of_the_difference(context):
    request = provider_pb2.DiffRequest(
        urn=_URN,
        olds=to_struct({"name": "web", "size": 1}),
        news=to_struct({"name": "web", "size": 2}),
        ignoreChanges=["size"],
    )
    assert Things().Diff(request, context).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_a_difference_that_replaces_names_the_property_and_the_order(context):
    olds, news = {"name": "old", "size": 1}, {"name": "web", "size": 1}
    request = provider_pb2.DiffRequest(urn=_URN, olds=to_struct(olds), news=to_struct(news))
    diff = Things().Diff(request, context)
    assert (list(diff.replaces), diff.deleteBeforeReplace) == (["name"], True)
    assert diff.detailedDiff["name"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE


def test_a_structured_setting_arrives_as_json_text(context):
    provider = Things()
    request = provider_pb2.ConfigureRequest(args=to_struct({"places": '[{"a": "b"}]', "version": "1.0.0"}))
    provider.Configure(request, context)
    assert provider.configured == {"places": [{"a": "b"}]}


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({"palces": "[]"}, "`test:palces` is not a configuration key"), ({"places": "[{"}, "Expected JSON")],
)
def test_a_wrong_setting_is_refused(context, settings, reason):
    answer = Things().CheckConfig(provider_pb2.CheckRequest(news=to_struct(settings)), context)
    (failed,) = answer.failures
    assert reason in failed.reason
    assert failed.property == next(iter(settings))
