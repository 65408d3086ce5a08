"""A client that submits messages at a steady rate until its standard input ends. It runs in a pod, by itself.

Prints as JSON which recipients it was told to be accepted, and what became of the others. It tries nothing again. The
relay's image, in which it runs, has no smtplib.
"""

import json
import select
import socket
import sys
import time

_TIMEOUT_SECONDS = 10
_LINE = 72


def main(host: str, label: str, rate: int, size: int) -> None:
    """Message n, of about `size` octets, is for `<label><n>@example.org`."""
    accepted, refused = [], []
    start = time.monotonic()
    number = 0
    while not select.select([sys.stdin], [], [], max(0, start + number / rate - time.monotonic()))[0]:
        recipient = f"{label}{number}@example.org"
        number += 1
        try:
            _submit(host, recipient, size)
            accepted.append(recipient)
        except OSError as error:
            refused.append(repr(error))
    print(json.dumps({"accepted": accepted, "refused": refused}))


def _submit(host: str, recipient: str, size: int) -> None:
    """Returns when the message was accepted. Raises OSError."""
    text = "".join(f"{'x' * _LINE}\r\n" for _ in range(size // _LINE))
    with socket.create_connection((host, 25), _TIMEOUT_SECONDS) as connection:
        replies = connection.makefile("rb")
        _expect(replies, b"220")
        for command, code in {
            "EHLO client.example.com": b"250",
            "MAIL FROM:<app@example.com>": b"250",
            f"RCPT TO:<{recipient}>": b"250",
            "DATA": b"354",
            f"Subject: steady\r\n\r\n{text}.": b"250",
        }.items():
            connection.sendall(f"{command}\r\n".encode())
            _expect(replies, code)
        connection.sendall(b"QUIT\r\n")


def _expect(replies: "socket.SocketIO", code: bytes) -> None:
    while (line := replies.readline()).startswith(code + b"-"):
        pass
    if not line.startswith(code):
        raise ConnectionError(f"{code.decode()} was expected: {line.decode(errors='replace')!r}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
