"""docs/ses-features.md names arguments, outputs, configuration keys and tests: all of them exist."""

import ast
import functools
import importlib
import pkgutil
import re
from pathlib import Path

import pytest
import yaml

import components

from .tables import table

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "ses-features.md"
MEMBER = re.compile(r"`([A-Z]\w+)\.(\w+)`")
KEY_OR_OUTPUT = re.compile(r"`([a-z]+[A-Za-z]*)`")


def rows():
    """Feature, what gives it, and what shows it, of both tables."""
    lines = re.findall(r"^\| (?!feature |---)(.+) \|$", DOCUMENT.read_text(), re.MULTILINE)
    return [line.split(" | ") for line in lines]


@functools.cache
def members():
    """The members of every class of the components, by the class's name."""
    found = {}
    for module in pkgutil.iter_modules(components.__path__):
        if module.ispkg or module.name.startswith("_"):
            continue
        for name, value in vars(importlib.import_module(f"components.{module.name}")).items():
            if isinstance(value, type):
                found[name] = set(getattr(value, "__annotations__", {}))
    return found


@functools.cache
def all_tests():
    """The names of all tests, each behind its file's."""
    return {
        f"{path.stem}::{node.name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_what_gives_a_feature_exists(row):
    _, given_by, _ = row
    keys = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    outputs = [name for name, _ in table("outputs")]
    for class_, member in MEMBER.findall(given_by):
        assert member in members()[class_]
    for name in KEY_OR_OUTPUT.findall(given_by):
        assert name in [*keys, *outputs]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_the_tests_that_show_a_feature_exist(row):
    _, _, shown_by = row
    shown = re.findall(r"`(\w+::\w+)`", shown_by)
    assert shown
    assert set(shown) <= all_tests()


def test_every_feature_stands_once():
    features = [feature for feature, _, _ in rows()]
    assert len(features) == len(set(features)) > 50
