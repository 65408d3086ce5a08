"""The configuration keys are an API: the table of docs/configuration.md is Pulumi.yaml, key by key."""

from pathlib import Path

import pytest
import yaml

from .tables import table

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]


def test_the_documentation_lists_every_key_with_its_default_and_meaning():
    schema = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    expected = [[key, _shown_default(declared), declared["description"]] for key, declared in schema.items()]
    assert table("config keys", ROOT / "docs/configuration.md") == expected


def _shown_default(declared):
    if "default" not in declared:
        return "required"
    return str(declared["default"]) if declared["default"] not in ("", []) else ""
