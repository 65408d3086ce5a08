"""What all tests share."""

import gc
import re

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

# How long a case takes says how busy the machine is, not whether the code is right.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")


class _ByFile(LoadScopeScheduling):
    """Hands out whole files, whose tests share what is dear. All that share a cluster go to one process; the
    conformance suite has a cluster of its own."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "cluster" if re.search("integration/test_.*(cluster|kubernetes)", file) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> _ByFile:
    """Decide which process runs which tests, where there are several."""
    return _ByFile(config, log)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what lives as long as the process: all modules, and all tests."""
    gc.collect()
    gc.freeze()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name no test after a key, which each process makes for itself: they must have the same tests."""
    return argname if "-----BEGIN" in str(val) else None
