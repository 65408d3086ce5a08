"""Whether the certificate for submission and its key belong together: OpenSMTPD finds out at a client's handshake.

The file is also the program that looks, in a process of its own, as Python's TLS costs memory that PID 1 would never
give back.
"""

import os
import sys


def check_key_pair(certificate: str, key: str) -> None:
    """Raises InvalidSetting when OpenSSL does not take the two PEM texts together, OSError when it cannot be asked."""
    from .helper import output_of  # not for the program
    from .invalid_setting import InvalidSetting

    problem = output_of(__file__, f"{certificate}{key}".encode()).decode()
    if problem == "KEY_VALUES_MISMATCH":
        fix = "give the one that it was made for, and the server's certificate first"
        raise InvalidSetting("submission_key", "is not the key of {submission_certificate}", fix)
    if problem:
        fix = "make both anew, with at least 2048 bits for RSA"
        raise InvalidSetting("submission_certificate", f"or its key is refused by OpenSSL ({problem})", fix)


def main() -> None:
    """Print what is wrong with the PEM texts on standard input: OpenSSL's name for it, nothing if all is well."""
    import ssl

    pair = os.memfd_create("pair")
    with os.fdopen(pair, "wb", buffering=0) as file:
        file.write(sys.stdin.buffer.read())
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(f"/proc/self/fd/{pair}")
        except ssl.SSLError as error:
            print(error.reason or "PEM", end="")


if __name__ == "__main__":
    main()
