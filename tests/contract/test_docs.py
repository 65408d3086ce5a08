"""What the documentation shows works: its programs run, its configuration is taken, its links lead on."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pulumi
import pytest
import yaml
from markdown_it import MarkdownIt

from components import MailRelay
from stacks.settings import Settings
from tests.unit.recorder import record

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]
# Short examples leave out the imports that the first program of the README shows.
IMPORTED = {"pulumi": pulumi, "MailRelay": MailRelay}
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])


def blocks(language, *, which):
    """The blocks of code in that language that have `which` in them, each with its page, and named after it."""
    return [
        pytest.param(page, token.content, id=f"{page.relative_to(ROOT)}:{token.map[0] + 1}")
        for page in PAGES
        for token in MarkdownIt("commonmark").parse(page.read_text())
        if token.type == "fence" and token.info == language and which in token.content
    ]


@pytest.mark.parametrize(("page", "program"), blocks("python", which="MailRelay("))
def test_a_program_of_the_documentation_makes_a_relay(page, program, monkeypatch):
    monkeypatch.setitem(sys.modules, "pulumi_opensmtpd", sys.modules["components"])
    monkeypatch.setattr(pulumi.Config, "require", lambda config, key: f"{key}-of-{config.name}")
    monkeypatch.setattr(
        pulumi.Config, "require_secret", lambda config, key: pulumi.Output.secret(f"{key}-of-{config.name}")
    )
    recorder, _ = record(lambda: exec(compile(program, "<documentation>", "exec"), dict(IMPORTED)))
    assert any(type_.startswith("opensmtpd:index:") for type_, _ in recorder.names())


@pytest.mark.parametrize(("page", "stack"), blocks("yaml", which="mail-relay:"))
def test_a_configuration_of_the_documentation_makes_a_relay(page, stack):
    schema = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    secrets = re.findall(r"pulumi config set --secret (mail-relay:\w+)", page.read_text())
    config = {f"mail-relay:{key}": each["default"] for key, each in schema.items() if "default" in each}
    config |= yaml.safe_load(stack)["config"] | dict.fromkeys(secrets, "secret")
    values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}

    def program():
        pulumi.runtime.set_all_config(values, secrets)
        MailRelay("relay", Settings.from_config().mail_relay_args())

    recorder, _ = record(program)
    assert ("opensmtpd:index:MailRelay", "relay") in recorder.names()


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        (page.name, target)
        for page in PAGES
        for target in re.findall(r"(?:^|`)make ([a-z][a-z-]*)", page.read_text(), re.MULTILINE)
    }
    assert {(page, target) for page, target in named if target not in targets} == set()


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
