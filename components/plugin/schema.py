"""What the components look like to other languages, taken from their annotations and docstrings."""

import ast
import importlib
import inspect
import json
import sys
from pathlib import Path
from typing import Any

import pulumi
from pulumi.provider.experimental.analyzer import Analyzer, AnalyzeResult
from pulumi.provider.experimental.schema import generate_schema

NAME = "opensmtpd"
"""The first part of every component's type token."""
VERSION = "0.1.0"
"""That of the package."""
RELEASED = Path(__file__).resolve().parent.parent / "schema.json"
"""The schema that other languages' SDKs are made from."""

_PACKAGE = importlib.import_module(__package__.rpartition(".")[0])


def component_classes() -> dict[str, type[pulumi.ComponentResource]]:
    """Every component that the package exports, by its name."""
    exported = {name: getattr(_PACKAGE, name) for name in _PACKAGE.__all__}
    return {
        name: value
        for name, value in exported.items()
        if inspect.isclass(value) and issubclass(value, pulumi.ComponentResource)
    }


def analyze() -> AnalyzeResult:
    """The definitions of the components, and of the types that they take and give."""
    analyzed = _Analyzer(NAME).analyze(list(component_classes().values()))
    for definition in (*analyzed["component_definitions"].values(), *analyzed["type_definitions"].values()):
        definition.description = inspect.cleandoc(definition.description or "")
    return analyzed


def package_schema(analyzed: AnalyzeResult) -> dict[str, Any]:
    """The package's schema: https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/"""
    components, types = analyzed["component_definitions"], analyzed["type_definitions"]
    described = {"description": (_PACKAGE.__doc__ or "").partition("\n")[0]}
    # The components bring the SDKs that they use: programs in other languages need none of them.
    return generate_schema(NAME, VERSION, None, components, types, []).to_json() | described


def text() -> str:
    """The schema as the file `schema.json` holds it."""
    return json.dumps(package_schema(analyze()), indent=2, sort_keys=True) + "\n"


class _Analyzer(Analyzer):
    """Finds an inherited field's docstring too, and makes one line of each."""

    def get_docstring(self, typ: type, name: str) -> str | None:
        found = (super(_Analyzer, self).get_docstring(cls, name) for cls in [typ, *_bases(typ)])
        return next((" ".join(docstring.split()) for docstring in found if docstring), None)


def _bases(typ: type) -> list[type]:
    # At runtime a TypedDict inherits from dict alone; only its source tells more, before Python 3.12.
    (statement,) = ast.parse(inspect.getsource(typ)).body
    names = [base.id for base in statement.bases if isinstance(base, ast.Name) and base.id != "TypedDict"]
    bases = [getattr(sys.modules[typ.__module__], name) for name in names]
    return [*bases, *(further for base in bases for further in _bases(base))]


if __name__ == "__main__":
    RELEASED.write_text(text())
