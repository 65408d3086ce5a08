"""One suite for the relay on every platform."""

import pytest

pytest.register_assert_rewrite(f"{__name__}.suite")
