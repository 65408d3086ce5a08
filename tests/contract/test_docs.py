"""The documentation holds together: its links lead on, and what it names exists."""

import re
import subprocess
import sys

import pytest

from .pages import PAGES, ROOT

pytestmark = pytest.mark.contract


def test_every_test_that_is_named_exists():
    named = {
        (page.name, path, name)
        for page in PAGES
        for path, name in re.findall(r"`(tests/[a-z_/]+(?:\.py)?)(?:::(\w+))?`", page.read_text())
    }
    missing = {
        (page, path, name)
        for page, path, name in named
        if not (ROOT / path).exists() or (name and f"def {name}(" not in (ROOT / path).read_text())
    }
    assert missing == set()


def test_the_reference_has_every_module_that_programs_import_from():
    written = "".join(page.read_text() for page in (ROOT / "docs" / "reference").glob("*.md"))
    modules = set(
        re.findall(r"^from \.(\w+) import", (ROOT / "components/__init__.pyi").read_text(), re.MULTILINE)
    )
    assert {module for module in modules if f"automodule:: components.{module}\n" not in written} == set()


def test_the_site_builds_without_a_warning(tmp_path):
    """A warning is a link that leads nowhere, a page that no other leads to, a picture that is not there."""
    arguments = ["-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", str(tmp_path)]
    built = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (built.returncode, built.stderr) == (0, "")
