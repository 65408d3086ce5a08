"""Values between the engine and the stand-in plugins."""

import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc

from local.plugins.values import UNKNOWN, Secret, contains_unknown, from_struct, to_struct

pytestmark = pytest.mark.unit


def struct(**values):
    result = Struct()
    result.update(values)
    return result


def special(signature, **values):
    return struct(x={rpc._special_sig_key: signature, **values})


@pytest.mark.parametrize(
    "values",
    [
        {"text": "a", "flag": True, "number": 1.5, "nothing": None},
        {"list": ["a", ["b"], {"c": "d"}], "object": {"inner": {"x": 1}}},
        {"empty list": [], "empty object": {}, "empty text": "", "zero": 0, "no": False},
    ],
)
def test_values_come_back_as_they_were_sent(values):
    assert from_struct(to_struct(values)) == values


def test_a_whole_number_is_an_int():
    number = from_struct(struct(x=3.0))["x"]
    assert (number, type(number)) == (3, int)


def test_a_flag_stays_a_flag():
    assert from_struct(to_struct({"x": True}))["x"] is True


def test_an_unknown_is_the_sentinel_both_ways():
    sent = to_struct({"x": UNKNOWN, "list": [UNKNOWN]})
    assert sent["x"] == rpc.UNKNOWN
    assert from_struct(sent)["list"][0] is UNKNOWN


def test_a_secret_is_unwrapped_on_the_way_in():
    assert from_struct(special(rpc._special_secret_sig, value="hidden")) == {"x": "hidden"}


def test_a_secret_is_marked_on_the_way_out():
    sent = to_struct({"x": Secret({"password": "hidden"})})
    assert sent["x"][rpc._special_sig_key] == rpc._special_secret_sig
    assert sent["x"]["value"]["password"] == "hidden"


def test_a_secret_does_not_show_its_value():
    assert "hidden" not in repr(Secret("hidden"))


def test_an_output_value_is_its_value_or_unknown():
    assert from_struct(special(rpc._special_output_value_sig, value="known")) == {"x": "known"}
    assert from_struct(special(rpc._special_output_value_sig))["x"] is UNKNOWN


@pytest.mark.parametrize(
    "signature", [rpc._special_asset_sig, rpc._special_archive_sig, rpc._special_resource_sig, "a new one"]
)
def test_a_value_that_no_type_takes_is_refused(signature):
    with pytest.raises(ValueError, match=r"asset|archive|resource reference|unknown signature"):
        from_struct(special(signature))


def test_an_unknown_has_no_truth_value():
    with pytest.raises(TypeError):
        bool(UNKNOWN)


@pytest.mark.parametrize("value", [UNKNOWN, [1, UNKNOWN], {"a": {"b": [UNKNOWN]}}])
def test_an_unknown_is_found_at_any_depth(value):
    assert contains_unknown(value)
    assert not contains_unknown([1, {"a": "b"}])
