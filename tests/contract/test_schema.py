"""What programs in other languages rely on: components/schema.json, from which their SDKs are made."""

import difflib
import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from components.plugin import schema

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "components"
RELEASED = json.loads(schema.RELEASED.read_text())


def test_the_schema_is_that_of_the_components():
    released, current = schema.RELEASED.read_text(), schema.text()
    changes = difflib.unified_diff(
        released.splitlines(), current.splitlines(), "released", "now", n=8, lineterm=""
    )
    assert released == current, "`make schema` writes it anew:\n" + "\n".join(changes)


def test_everything_in_it_is_described():
    components, types = RELEASED["resources"], RELEASED["types"]
    described = {
        **components,
        **types,
        **{
            f"{name}.{key}": value
            for name, type_ in (components | types).items()
            for key, value in fields(type_)
        },
    }
    assert [name for name, value in described.items() if not value.get("description")] == []


def test_types_that_outputs_are_made_of_have_fields_of_one_word():
    # Pulumi does not rename the keys of objects in a list.
    outputs = [
        value for component in RELEASED["resources"].values() for value in component["properties"].values()
    ]
    references = re.findall(r'"#/types/([^"]+)"', json.dumps(outputs))
    assert references
    assert [
        key for name in references for key in RELEASED["types"][name]["properties"] if key != key.lower()
    ] == []


def test_it_has_the_version_of_the_package():
    assert RELEASED["version"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_pulumi_finds_in_the_folder_how_to_start_the_plugin():
    manifest = yaml.safe_load((FOLDER / "PulumiPlugin.yaml").read_text())
    assert manifest["runtime"] == {"name": "python", "options": {"toolchain": "pip", "virtualenv": "venv"}}
    # Beside a Pulumi.yaml, the CLI refuses the folder.
    assert not (FOLDER / "Pulumi.yaml").exists()
    (requirements,) = re.findall(r"^-r (.+)$", (FOLDER / "requirements.txt").read_text(), re.MULTILINE)
    assert (FOLDER / requirements).is_file()


def fields(type_):
    return [*type_.get("inputProperties", {}).items(), *type_.get("properties", {}).items()]
