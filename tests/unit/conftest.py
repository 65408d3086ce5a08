"""What all unit tests share."""

import gc

import pytest


@pytest.fixture(scope="session", autouse=True)
def _nothing_left_for_the_summary():
    """End here what failed programs have left: plugins load modules for pytest's summary, and in that moment the end
    of a suspended program can make Python 3.11's compiler fail (https://github.com/python/cpython/issues/106905)."""
    yield
    gc.collect()
