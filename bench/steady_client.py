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


def main(host: str, label: str, rate: int) -> None:
    """Message n is for `<label><n>@example.org`."""
    accepted, refused = [], []
    start = time.monotonic()
    number = 0
    while not select.select([sys.stdin], [], [], max(0, start + number / rate - time.monotonic()))[0]:
        recipient = f"{label}{number}@example.org"
        number += 1
        try:
            _submit(host, recipient)
            accepted.append(recipient)
        except OSError as error:
            refused.append(repr(error))
    print(json.dumps({"accepted": accepted, "refused": refused}))


def _submit(host: str, recipient: str) -> None:
    """Returns when the message was accepted. Raises OSError."""
    with socket.create_connection((host, 25), _TIMEOUT_SECONDS) as connection:
        replies = connection.makefile("rb")
        _expect(replies, b"220")
        for command, code in {
            "EHLO client.example.com": b"250",
            "MAIL FROM:<app@example.com>": b"250",
            f"RCPT TO:<{recipient}>": b"250",
            "DATA": b"354",
            "Subject: steady\r\n\r\nHello\r\n.": b"250",
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
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
