"""Which stacks a change touches: those of changed stack files, all when the program changes, none for prose."""

import pytest

from review.touched import known_stacks, touched

pytestmark = pytest.mark.unit

STACKS = ["dev", "prod"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ([], []),
        (["stacks/Pulumi.dev.yaml"], ["dev"]),
        (["stacks/Pulumi.prod.yaml", "stacks/Pulumi.dev.yaml"], STACKS),
        (["stacks/Pulumi.gone.yaml"], []),
        (["stacks/Pulumi.local.yaml"], []),
        (["stacks/settings.py"], STACKS),
        (["components/docker_relay.py"], STACKS),
        (["components/image/Dockerfile"], STACKS),
        (["policy/rules/relay.py"], STACKS),
        (["__main__.py"], STACKS),
        (["Pulumi.yaml"], STACKS),
        (["requirements.txt"], STACKS),
        (["README.md", "docs/contracts.md", "policy/README.md"], []),
        (["tests/unit/test_dns.py", "local/up.py", "bench/load.py", "requirements-dev.txt"], []),
        (["examples/stacks/Pulumi.dev.yaml"], []),
    ],
)
def test_a_change_touches_the_stacks_that_it_can_change(changed, expected):
    assert touched(changed, STACKS) == expected


def test_the_stacks_are_those_with_a_file_and_an_account(tmp_path):
    (tmp_path / "stacks").mkdir()
    for name in ("dev", "prod", "local", "local-kubernetes"):
        (tmp_path / "stacks" / f"Pulumi.{name}.yaml").write_text(
            "config:\n  kubernetes:context: mine\n" if name == "prod" else "config: {}\n"
        )
    assert known_stacks(tmp_path) == ["dev", "prod"]
    assert known_stacks(tmp_path, with_clusters=False) == ["dev"]
