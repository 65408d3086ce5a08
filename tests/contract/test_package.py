"""What `pip install` of this repository installs."""

import re
import tomllib
from pathlib import Path

import pytest

from components.missing_extra import _EXTRAS

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]


def requirements(file):
    lines = (line.partition("  #")[0].strip() for line in (ROOT / file).read_text().splitlines())
    return {line for line in lines if line and not line.startswith(("#", "-r"))}


def test_the_program_requires_the_package_with_the_extras_of_its_providers():
    providers = [requirement for extra in _EXTRAS.values() for requirement in EXTRAS[extra]]
    assert requirements("requirements.txt") == {*PROJECT["dependencies"], *providers}


def test_an_extra_for_a_provider_brings_its_sdk():
    brought = {extra: re.match(r"[\w-]+", EXTRAS[extra][0])[0] for extra in _EXTRAS.values()}
    assert brought == {extra: sdk.replace("_", "-") for sdk, extra in _EXTRAS.items()}


def test_the_slowest_ten_tests_are_printed():
    assert "--durations=10" in PYPROJECT["tool"]["pytest"]["ini_options"]["addopts"].split()
