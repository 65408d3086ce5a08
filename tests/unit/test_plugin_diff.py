"""What follows from the declaration of a resource type: checks, differences, previews, refreshed inputs."""

import itertools
from typing import Any, ClassVar

import pytest

from local.plugins.property import Property, not_implemented, seal_object
from local.plugins.resource_type import ResourceType
from local.plugins.values import UNKNOWN, Secret

pytestmark = pytest.mark.unit


def _refuse_blank(value):
    return "must not be blank" if not value.strip() else None


class Server(ResourceType):
    """A made-up type with a property of each kind."""

    token = "test:index/server:Server"
    autoname = "name"
    autoname_length = 20
    properties: ClassVar = {
        "name": Property(str, replaces=True, computed=True),
        "image": Property(str, required=True, replaces=True, validate=_refuse_blank),
        "memory": Property(int),
        "restart": Property(str, default="no"),
        "start": Property(bool, default=True),
        "host": Property(str, equal=lambda old, new: old.lower() == new.lower()),
        "envs": Property(list, element=Property(str), as_set=True, replaces=True),
        "command": Property(list, element=Property(str), computed=True),
        "labels": Property(dict, element=Property(str)),
        "password": Property(str, secret=True),
        "passwordFile": Property(str, conflicts=("password",)),
        "pin": Property(int, secret=True),
        "lease": Property(int, default=60, conflicts=("forever",)),
        "forever": Property(bool),
        "rules": Property(list, equal=lambda old, new: sorted(old) == sorted(new)),
        "ports": Property(
            list,
            replaces=True,
            element=Property(
                dict,
                properties={
                    "internal": Property(int, required=True),
                    "ip": Property(str, default="0.0.0.0"),
                    "external": Property(int, computed=True),
                },
            ),
        ),
        "health": Property(
            dict,
            computed=True,
            properties={
                "test": Property(str, required=True),
                "token": Property(str, secret=True),
                "status": Property(str, output_only=True),
            },
        ),
        "address": Property(str, output_only=True),
        **not_implemented("gpus"),
    }

    def create(self, inputs):
        raise NotImplementedError

    def read(self, resource_id, outputs, inputs):
        raise NotImplementedError

    def delete(self, resource_id, outputs):
        raise NotImplementedError


server = Server(client=None)
_names = itertools.count()


def check(inputs: dict[str, Any], old: dict[str, Any] | None = None):
    return server.check(old or {}, {"image": "debian", **inputs}, lambda length: f"generated-{next(_names)}")


def checked(inputs: dict[str, Any], old: dict[str, Any] | None = None):
    result, failures = check(inputs, old)
    assert not failures
    return result


def failure(inputs: dict[str, Any]):
    (found,) = check(inputs)[1]
    return found.text("web")


def changes(old: dict[str, Any], new: dict[str, Any]):
    return {c.path: (c.kind, c.replaces) for c in server.diff("id", old, new)}


# Check


def test_an_unknown_key_is_refused_in_the_words_of_the_real_providers():
    assert failure({"memroy": 1}) == "Invalid or unknown key. Examine values at 'web.memroy'."


def test_an_unknown_key_inside_an_object_is_refused():
    assert failure({"ports": [{"internal": 1, "extrenal": 2}]}).endswith(
        "Examine values at 'web.ports[0].extrenal'."
    )


def test_an_output_is_refused_as_an_input():
    assert "Invalid or unknown key" in failure({"address": "::1"})
    assert "Invalid or unknown key" in failure({"health": {"test": "x", "status": "healthy"}})


def test_what_the_stand_in_lacks_is_refused_and_not_ignored():
    assert failure({"gpus": "all"}) == (
        "the stand-in does not implement 'gpus'. Examine values at 'web.gpus'."
    )


def test_a_missing_required_property_is_refused():
    assert failure({"image": None}) == (
        'Missing required argument. The argument "image" is required, but no definition was found.'
        ". Examine values at 'web.image'."
    )


def test_a_missing_required_property_inside_a_list_is_refused():
    assert "'web.ports[1].internal'" in failure({"ports": [{"internal": 1}, {"external": 1}]})


@pytest.mark.parametrize("value", [UNKNOWN, "debian"])
def test_an_unknown_value_counts_as_given_and_is_not_validated(value):
    assert checked({"image": value})["image"] is value


def test_an_invalid_value_is_refused_with_the_reason():
    assert failure({"image": " "}) == "must not be blank. Examine values at 'web.image'."


@pytest.mark.parametrize(
    "wrong", [{"memory": "lots"}, {"memory": 1.5}, {"start": "perhaps"}, {"image": ["a"]}]
)
def test_a_value_of_the_wrong_kind_is_refused(wrong):
    assert failure(wrong).startswith("Expected ")


def test_a_secret_of_the_wrong_kind_is_not_shown():
    assert "hidden" not in failure({"pin": "hidden"})


def test_texts_become_numbers_and_flags_and_the_reverse():
    result = checked({"memory": "64", "start": "false", "host": 7})
    assert (result["memory"], result["start"], result["host"]) == (64, False, "7")


def test_conflicting_properties_are_refused():
    assert "conflicts with password" in failure({"password": "a", "passwordFile": "b"})


def test_defaults_stand_in_the_inputs_and_are_listed():
    result = checked({"start": False, "name": "web"})
    assert (result["restart"], result["start"]) == ("no", False)
    assert result["__defaults"] == ["lease", "restart"]


def test_a_default_gives_way_to_a_property_that_excludes_it():
    assert "lease" not in checked({"forever": True})


def test_defaults_stand_in_the_objects_of_a_list_too():
    (port,) = checked({"ports": [{"internal": 80}]})["ports"]
    assert port == {"internal": 80, "ip": "0.0.0.0", "__defaults": ["ip"]}


def test_a_default_stays_as_it_was_for_the_life_of_the_resource():
    assert checked({}, {"restart": "always", "__defaults": ["restart"]})["restart"] == "always"


def test_a_value_that_the_program_no_longer_gives_becomes_the_default():
    assert checked({}, {"restart": "always", "__defaults": []})["restart"] == "no"


def test_a_generated_name_is_kept():
    first = checked({})
    assert first["name"].startswith("generated-")
    assert checked({}, first)["name"] == first["name"]
    assert checked({})["name"] != first["name"]


# Differences


def test_equal_values_are_no_difference():
    state = {
        "image": "debian",
        "memory": 64,
        "labels": {"a": "b"},
        "envs": ["X=1"],
        "ports": [{"internal": 80}],
    }
    assert changes(state, state) == {}


def test_a_changed_value_is_an_update_or_a_replacement():
    assert changes({"memory": 64, "image": "a"}, {"memory": 65, "image": "b"}) == {
        "memory": ("update", False),
        "image": ("update", True),
    }


def test_an_added_and_a_removed_value_say_so():
    assert changes({"memory": 64}, {"host": "a"}) == {"memory": ("delete", False), "host": ("add", False)}


@pytest.mark.parametrize("empty", [None, "", 0, False, [], {}])
def test_empty_and_absent_are_the_same(empty):
    for name in ("host", "labels", "envs"):
        assert changes({}, {name: empty}) == changes({name: empty}, {}) == {}


def test_a_switched_off_flag_is_a_change():
    assert changes({"start": True}, {"start": False}) == {"start": ("update", False)}


def test_a_computed_property_that_the_program_leaves_out_is_no_difference():
    assert changes({"command": ["run"], "health": {"test": "x"}}, {}) == {}


def test_a_computed_part_that_the_program_leaves_out_is_no_difference():
    assert changes({"ports": [{"internal": 80, "external": 32768}]}, {"ports": [{"internal": 80}]}) == {}


def test_an_output_is_no_difference():
    assert (
        changes({"address": "::1", "health": {"test": "x", "status": "up"}}, {"health": {"test": "x"}}) == {}
    )


def test_the_order_of_a_set_is_no_difference():
    assert changes({"envs": ["A=1", "B=2"]}, {"envs": ["B=2", "A=1"]}) == {}


def test_a_change_in_a_set_is_named():
    assert changes({"envs": ["A=1", "B=2"]}, {"envs": ["B=2", "A=3"]}) == {
        "envs[1]": ("add", True),
        "envs[0]": ("delete", True),
    }


def test_the_order_of_a_list_is_a_difference():
    assert changes({"command": ["a", "b"]}, {"command": ["b", "a"]}) == {
        "command[0]": ("update", False),
        "command[1]": ("update", False),
    }


def test_a_change_in_an_object_of_a_list_is_named_and_replaces_with_the_list():
    old, new = {"internal": 80, "ip": "0.0.0.0"}, {"internal": 80, "ip": "127.0.0.1"}
    assert changes({"ports": [new, old]}, {"ports": [new, new]}) == {"ports[1].ip": ("update", True)}


def test_keys_of_a_map_are_named_and_quoted_where_needed():
    assert changes({"labels": {"a": "1", "b/c": "1"}}, {"labels": {"a": "2", "b/c": "2"}}) == {
        "labels.a": ("update", False),
        'labels["b/c"]': ("update", False),
    }


def test_a_type_can_say_what_is_equal():
    assert changes({"host": "Example.COM"}, {"host": "example.com"}) == {}


def test_an_unknown_value_may_differ():
    assert changes({"image": "a"}, {"image": UNKNOWN}) == {"image": ("update", True)}
    assert changes({"envs": ["A=1"]}, {"envs": [UNKNOWN]}) == {"envs[0]": ("update", True)}
    assert changes({"rules": ["a", "b"]}, {"rules": ["a", UNKNOWN]}) == {"rules[1]": ("update", False)}


def test_a_name_of_the_programs_own_is_deleted_before_it_is_replaced():
    assert server.deletes_before_replace(checked({"name": "web"}))
    assert not server.deletes_before_replace(checked({}))


# Previews and the state


def test_before_a_create_outputs_are_unknown_and_inputs_are_echoed():
    preview = server.preview(None, {"image": "debian", "memory": 64})
    assert preview["image"] == "debian"
    assert preview["address"] is UNKNOWN
    assert preview["command"] is UNKNOWN
    assert "host" not in preview


def test_before_a_create_the_open_parts_of_an_object_are_unknown():
    preview = server.preview(None, {"ports": [{"internal": 80}], "health": {"test": "x"}})
    assert preview["ports"] == [{"internal": 80, "external": UNKNOWN}]
    assert preview["health"] == {"test": "x", "status": UNKNOWN}


def test_before_an_update_outputs_are_as_they_were():
    old = {"image": "a", "address": "::1", "memory": 64, "health": {"test": "x", "status": "up"}}
    assert server.preview(old, {"image": "b", "health": {"test": "y"}}) == {
        "image": "b",
        "address": "::1",
        "health": {"test": "y", "status": "up"},
    }


def test_secrets_are_marked_at_any_depth():
    sealed = seal_object(Server.properties, {"password": "a", "health": {"token": "b"}, "image": "c"})
    assert isinstance(sealed["password"], Secret)
    assert isinstance(sealed["health"]["token"], Secret)
    assert sealed["image"] == "c"


def test_a_refresh_takes_over_what_means_something_else():
    inputs = {"image": "a", "host": "WEB", "memory": 64, "__defaults": ["restart"], "restart": "no"}
    outputs = {
        "image": "b",
        "host": "web",
        "memory": 64,
        "restart": "no",
        "address": "::1",
        "command": ["run"],
    }
    assert server.refreshed_inputs(outputs, inputs) == {**inputs, "image": "b"}


def test_a_default_that_was_read_with_another_value_is_a_default_no_more():
    inputs = {"image": "a", "memory": 64, "__defaults": ["image", "memory"]}
    refreshed = server.refreshed_inputs({"image": "a", "memory": 32}, inputs)
    assert refreshed == {"image": "a", "memory": 32, "__defaults": ["image"]}


def test_an_import_takes_over_what_can_be_an_input():
    outputs = {"image": "a", "memory": 0, "address": "::1"}
    assert server.refreshed_inputs(outputs, {}) == {"image": "a", "__defaults": []}
