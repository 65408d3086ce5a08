"""The code in the documentation works: programs run, configuration is taken, and what commands name exists."""

import json
import re
import subprocess
import sys

import pulumi
import pytest
import yaml

from components import MailRelay
from stacks.settings import Settings
from tests.unit.recorder import record

from .pages import BLOCKS, PAGES, ROOT
from .tables import table

pytestmark = pytest.mark.contract

# Each block that is not Python, shell or a stack's configuration, and what shows that it is right.
SHOWN_ELSEWHERE = {
    ("README.md", ""): "a drawing",
    ("docs/operations.md", "yaml"): "tests/integration/test_alert_rules.py",
    ("docs/packages.md", "toml"): "test_the_configuration_of_mypy_is_taken",
    ("docs/reviewing.md", ""): "test_the_comment_that_is_shown_is_one_that_is_written",
    ("docs/sizing.md", "text"): "tests/unit/test_sizing.py",
    ("policy/README.md", "json"): "test_the_levels_that_are_shown_are_of_rules_that_exist",
}


def in_language(language):
    return [pytest.param(block, id=block.place) for block in BLOCKS if block.language == language]


def only_block(page, language):
    (block,) = [block for block in BLOCKS if block.page == ROOT / page and block.language == language]
    return block.code


def is_of_a_stack(block):
    return block.language == "yaml" and block.code.startswith("config:")


@pytest.mark.parametrize("block", in_language("python"))
def test_a_program_of_the_documentation_makes_a_component(block, monkeypatch):
    monkeypatch.setitem(sys.modules, "pulumi_opensmtpd", sys.modules["components"])
    monkeypatch.setattr(pulumi.Config, "require", lambda config, key: f"{key}-of-{config.name}")
    monkeypatch.setattr(
        pulumi.Config, "require_secret", lambda config, key: pulumi.Output.secret(f"{key}-of-{config.name}")
    )
    recorder, _ = record(lambda: exec(compile(block.code, "<documentation>", "exec"), {}))
    assert any(type_.startswith("opensmtpd:index:") for type_, _ in recorder.names())


@pytest.mark.parametrize(
    "block", [pytest.param(block, id=block.place) for block in BLOCKS if is_of_a_stack(block)]
)
def test_a_configuration_of_the_documentation_makes_a_relay(block):
    schema = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    secrets = re.findall(r"pulumi config set --secret (\w+)", block.page.read_text())
    config = {key: each["default"] for key, each in schema.items() if "default" in each}
    config |= yaml.safe_load(block.code)["config"] | dict.fromkeys(secrets, "secret")
    # As the engine hands it over: a key without a namespace is one of the project's.
    named = {key: key if ":" in key else f"mail-relay:{key}" for key in config}
    values = {
        named[key]: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()
    }

    def program():
        pulumi.runtime.set_all_config(values, [named[key] for key in secrets])
        MailRelay("relay", Settings.from_config().mail_relay_args())

    recorder, _ = record(program)
    assert ("opensmtpd:index:MailRelay", "relay") in recorder.names()


@pytest.mark.parametrize("block", in_language("sh"))
def test_the_commands_of_the_documentation_are_a_shells(block):
    read = subprocess.run(["bash", "-n"], input=block.code, capture_output=True, text=True, check=False)
    assert (read.returncode, read.stderr) == (0, "")


def test_every_key_that_a_command_sets_exists():
    def keys_of(page):
        beside = page.parent / "Pulumi.yaml"
        return yaml.safe_load((beside if beside.exists() else ROOT / "Pulumi.yaml").read_text())["config"]

    # A key with a namespace, such as aws:region, is a provider's.
    command = r"pulumi config set (?:--(?:secret|path) )*'?(\w+)(?![\w:])"
    named = {(page, key) for page in PAGES for key in re.findall(command, page.read_text())}
    assert {key for _, key in named} >= {"domain", "dmarcReports", "relayPassword", "cloudflareZoneId"}
    unknown = {(page.relative_to(ROOT), key) for page, key in named if key not in keys_of(page)}
    assert {key for _, key in unknown} == {"KEY"}, unknown


def test_every_output_that_a_command_asks_for_exists():
    named = {
        (page, output)
        for page in PAGES
        for output in re.findall(r"pulumi stack output (\w+)", page.read_text())
    }
    documented = {output for output, _ in table("outputs")}
    programs = {
        page: "".join(
            file.read_text() for file in page.parent.iterdir() if file.suffix in (".py", ".ts", ".yaml")
        )
        for page, _ in named
        if page.parent.parent == ROOT / "examples"
    }
    assert {(page, output) for page, output in named if output not in programs.get(page, documented)} == set()


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    in_prose = [(str(page.relative_to(ROOT)), page.read_text(), "`") for page in PAGES]
    in_shell = [(block.place, block.code, r"\b") for block in BLOCKS if block.language == "sh"]
    named = {
        (place, target)
        for place, text, before in in_prose + in_shell
        for target in re.findall(rf"{before}make (?:-s )?([a-z][a-z-]*)", text)
    }
    assert {(page, target) for page, target in named if target not in targets} == set()


def test_every_other_block_is_shown_to_be_right_elsewhere():
    others = {
        (str(block.page.relative_to(ROOT)), block.language)
        for block in BLOCKS
        if block.language not in ("python", "sh") and not is_of_a_stack(block)
    }
    assert others == set(SHOWN_ELSEWHERE)
    for shown_by in SHOWN_ELSEWHERE.values():
        assert shown_by in globals() or shown_by == "a drawing" or (ROOT / shown_by).exists(), shown_by


def test_the_configuration_of_mypy_is_taken(tmp_path):
    (tmp_path / "pyproject.toml").write_text(only_block("docs/packages.md", "toml"))
    command = [sys.executable, "-m", "mypy", "--command", "pass"]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_comment_that_is_shown_is_one_that_is_written():
    written = (ROOT / "tests/unit/previews/manual-dmarc.jsonl.md").read_text()
    assert only_block("docs/reviewing.md", "") in written


def test_the_levels_that_are_shown_are_of_rules_that_exist():
    rules = {rule for rule, *_ in table("rules", ROOT / "policy" / "README.md")}
    shown = json.loads(only_block("policy/README.md", "json"))
    assert set(shown) <= rules
    assert set(shown.values()) <= {"mandatory", "advisory", "disabled"}
