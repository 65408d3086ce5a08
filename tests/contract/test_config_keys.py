"""The configuration keys are an API: the README's table is Pulumi.yaml, key by key."""

import re
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]


def test_the_readme_lists_every_key_with_its_default_and_meaning():
    schema = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    expected = [
        f"| `{key}` | {_shown(declared)} | {declared['description']} |" for key, declared in schema.items()
    ]
    table = re.search(r"<!-- config keys.*?-->\n(.*?)<!-- end", (ROOT / "README.md").read_text(), re.DOTALL)[1]
    assert table.splitlines()[2:] == expected


def _shown(declared):
    if "default" not in declared:
        return "required"
    return f"`{declared['default']}`" if declared["default"] not in ("", []) else ""
