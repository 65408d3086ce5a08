"""What the image is built from: the base of a release, and what is changed in OpenSMTPD's program."""

from pathlib import Path

import pytest

from components.image import rootfs
from local.image import pinned

pytestmark = pytest.mark.unit

IMAGE = Path(rootfs.__file__).parent


def test_a_release_names_its_base_by_the_digest_of_the_registry():
    assert pinned(["debian@sha256:0123"], "sha256:4567") == "debian@sha256:0123"


def test_a_base_that_was_made_on_this_machine_is_named_by_its_id():
    assert pinned([], "sha256:4567") == "sha256:4567"


def test_on_x86_64_the_operand_of_one_instruction_is_changed_from_ten_to_one():
    old, new = rootfs.SECONDS_TO_NEXT_LOOK["x86_64"]
    assert (old[:2], old[2:], new[2:]) == (new[:2], (10).to_bytes(4, "little"), (1).to_bytes(4, "little"))


def test_on_aarch64_the_operand_of_one_instruction_is_changed_from_ten_to_one():
    old, new = rootfs.SECONDS_TO_NEXT_LOOK["aarch64"]
    assert old[:4] == new[:4]
    old_word, new_word = (int.from_bytes(code[4:], "little") for code in (old, new))
    # MOVZ has its operand in the bits from the fifth on.
    assert (old_word - (10 << 5), old_word >> 5 & 0xFFFF) == (new_word - (1 << 5), 10)


@pytest.mark.parametrize("file", ["Dockerfile", "rootfs.py", "sockets.c", "smtpctl"])
def test_nothing_takes_the_processor_for_granted(file: str):
    assert "linux-gnu" not in (IMAGE / file).read_text()
