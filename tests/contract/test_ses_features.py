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
# What the modules for SES that this was compared with have between them, as the first table calls it.
COMPARED = (
    "Domain as an identity",
    "Single address as an identity",
    "Identity that exists already",
    "Easy DKIM, its records written",
    "Length of SES's DKIM key",
    "DKIM with a key of one's own",
    "One DKIM key in two regions without further records",
    "DKIM target right in every region",
    "Custom MAIL FROM, with MX and SPF",
    "Choice for a MAIL FROM without its MX",
    "SPF of the domain itself",
    "DMARC record",
    "DMARC checked, and consent of foreign report receivers",
    "DNS at Route 53 or any other provider",
    "DNS by hand: records as outputs",
    "Wait for the verification",
    "Wait no longer than, or not at all",
    "Configuration set, the identity's default",
    "TLS, suppression, reputation, time to deliver, VDM, tracking domain",
    "Events to SNS, EventBridge and CloudWatch",
    "Topic, queue and dead-letter queue",
    "Alarms on bounces and complaints",
    "Pool of dedicated addresses",
    "Sending authorisation",
    "Tenant",
    "IAM user and SMTP password",
    "As little permission as sending needs",
    "Permission on the configuration set",
    "Conditions on From, display name, recipients",
    "Password for a chosen region",
    "Copy in Secrets Manager or SSM, with KMS",
    "Rotation by one number",
    "Two keys that overlap, never a third",
    "Endpoint and port as outputs",
    "VPC endpoint, FIPS endpoint",
    "Feeds a mail server on Docker or Kubernetes",
    "Arguments checked in the preview",
    "Suppression and VDM of the whole account",
)
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


def test_no_feature_of_the_others_is_missing():
    features = [feature for feature, *_ in table("features", DOCUMENT)]
    assert [each for each in COMPARED if not any(feature.startswith(each) for feature in features)] == []


def test_every_feature_stands_once():
    features = [feature for feature, _, _ in rows()]
    assert len(features) == len(set(features))
