"""The test message of `make up`."""

from pathlib import Path

import pytest

from local import delivery

pytestmark = pytest.mark.unit


def test_each_message_has_an_id_of_its_own_and_a_sender_in_the_domain() -> None:
    first, second = delivery.test_message("example.com"), delivery.test_message("example.com")
    assert first["Message-ID"] != second["Message-ID"]
    assert first["From"].endswith("@example.com")


def test_the_message_is_found_among_others_with_its_chain(tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_bytes(b"Received: by other\r\nMessage-ID: <other@example.com>\r\n\r\n")
    (tmp_path / "2.eml").write_bytes(
        b"Received: by last\r\nReceived: by first;\r\n\tMon, 1 Jan\r\nMessage-ID: <ours@example.com>\r\n\r\nhello\r\n"
    )
    delivered = delivery.await_in(tmp_path, "<ours@example.com>", 1)
    assert delivered == delivery.Delivered(tmp_path / "2.eml", ["by last", "by first; Mon, 1 Jan"])


def test_a_message_that_does_not_arrive_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_bytes(b"Message-ID: <other@example.com>\r\n\r\n")
    with pytest.raises(delivery.DeliveryFailed, match=r"did not arrive .* within 0\.2 s"):
        delivery.await_in(tmp_path, "<ours@example.com>", 0.2)


def test_the_last_refusal_in_the_log_gives_the_hint() -> None:
    log = 'result="TempFail" stat="Connection timeout"\nresult="PermFail" stat="535 Credentials Invalid"\nqueue idle\n'
    assert "login" in delivery.hint(log)


def test_an_id_that_holds_a_reply_code_by_chance_gives_no_hint() -> None:
    assert "may say why" in delivery.hint("a1b535cd20e55400 mta disconnected reason=quit messages=1\n")


def test_a_log_that_says_nothing_gives_no_false_hint() -> None:
    assert "may say why" in delivery.hint("info: OpenSMTPD 7.6.0 starting\n")
