"""The commands of the Makefile: all are listed, and what they need is checked."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def make(*arguments):
    return subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_help_lists_every_command():
    (declared,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    listed = re.findall(r"^make ([a-z-]+) +\w", make("help").stdout, re.MULTILINE)
    assert sorted(listed) == sorted(declared.split())


def test_make_test_runs_every_test():
    found = {file.relative_to(ROOT) for file in (ROOT / "tests").rglob("test_*.py")}
    run = [Path(folder) for folder in PYPROJECT["tool"]["pytest"]["ini_options"]["testpaths"]]
    assert {file for file in found if not any(file.is_relative_to(folder) for folder in run)} == set()


def test_an_older_python_is_refused(tmp_path):
    old = tmp_path / "python3.10"
    old.write_text("#!/bin/sh\nexit 1\n")  # what its answer to the question is, whether it is below 3.11
    old.chmod(0o755)
    made = make(f"VENV={tmp_path / 'venv'}", f"PYTHON={old}", "outputs")
    assert made.returncode != 0
    assert made.stderr.startswith("error: Python 3.11 or newer is needed; name yours, as in: make PYTHON=")


def test_what_runs_the_tests_is_the_oldest_python_that_is_promised():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"].values()
    (version,) = [
        step["with"]["python-version"]
        for job in jobs
        for step in job["steps"]
        if "python-version" in step.get("with", {})
    ]
    assert PYPROJECT["project"]["requires-python"] == f">={version}"
