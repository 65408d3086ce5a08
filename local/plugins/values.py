"""Values on the wire: protobuf structs to Python and back."""

from collections.abc import Mapping
from typing import Any, Final

from google.protobuf.struct_pb2 import Struct, Value
from pulumi.runtime import rpc

_SIGNATURE = rpc._special_sig_key
_SECRET = rpc._special_secret_sig
_OUTPUT = rpc._special_output_value_sig
_REFUSED = {
    rpc._special_asset_sig: "an asset",
    rpc._special_archive_sig: "an archive",
    rpc._special_resource_sig: "a resource reference",
}


class _Unknown:
    """The type of UNKNOWN. Its truth value is an error: code that forgets about unknowns must not pass."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false")

    def __deepcopy__(self, _memo: object) -> "_Unknown":
        return self


UNKNOWN: Final = _Unknown()
"""A value that only an update will know. Compare with `is`."""


class Secret:
    """A value that the engine must encrypt in its state and mask in its output."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "Secret(...)"


def from_struct(struct: Struct) -> dict[str, Any]:
    """The struct as plain Python: secrets are unwrapped, whole numbers are ints, unknowns are UNKNOWN.

    Raises ValueError for an asset, an archive or a resource reference, which no type here takes.
    """
    return {key: _from_value(value) for key, value in struct.fields.items()}


def to_struct(values: Mapping[str, Any]) -> Struct:
    """The values as a struct. `None` becomes null, `Secret` the engine's form of a secret."""
    return Struct(fields={key: _to_value(value) for key, value in values.items()})


def contains_unknown(value: Any) -> bool:
    """Whether the value is unknown or has an unknown anywhere inside."""
    if isinstance(value, Mapping):
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(contains_unknown(item) for item in value)
    return value is UNKNOWN


def _from_value(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if value.string_value == rpc.UNKNOWN else value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_from_value(item) for item in value.list_value.values]
        case "struct_value":
            return _from_object(value.struct_value)
    return None


def _from_object(struct: Struct) -> Any:
    signature = struct.fields[_SIGNATURE].string_value if _SIGNATURE in struct.fields else None
    if signature is None:
        return from_struct(struct)
    if signature in _REFUSED:
        raise ValueError(f"{_REFUSED[signature]} is not a value that this plugin accepts")
    if signature == _SECRET or (signature == _OUTPUT and "value" in struct.fields):
        return _from_value(struct.fields["value"])
    if signature == _OUTPUT:
        return UNKNOWN
    raise ValueError(f"a value has the unknown signature {signature}")


def _to_value(value: Any) -> Value:
    if value is None:
        return Value(null_value=0)
    if value is UNKNOWN:
        return Value(string_value=rpc.UNKNOWN)
    if isinstance(value, Secret):
        return Value(struct_value=to_struct({_SIGNATURE: _SECRET, "value": value.value}))
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, int | float):
        return Value(number_value=value)
    if isinstance(value, str):
        return Value(string_value=value)
    if isinstance(value, Mapping):
        return Value(struct_value=to_struct(value))
    if isinstance(value, list | tuple):
        # Not the keyword form: an empty list would leave the kind unset.
        result = Value()
        result.list_value.SetInParent()
        result.list_value.values.extend(_to_value(item) for item in value)
        return result
    raise TypeError(f"a {type(value).__name__} has no form on the wire")
