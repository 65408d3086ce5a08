"""What all tests share."""

import hypothesis
import pytest

# How long a case takes says how busy the machine is, not whether the code is right.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")

_CLUSTERS = {"cluster", "spare"}
"""The fixtures that start one."""


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file in one process, and all that need a cluster, as each process would start its own."""
    for item in items:
        group = "cluster" if _CLUSTERS.intersection(item.fixturenames) else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name no test after a key, which each process makes for itself: they must have the same tests."""
    return argname if "-----BEGIN" in str(val) else None
