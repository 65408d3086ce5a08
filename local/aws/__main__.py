"""`python -m local.aws`: runs the account until SIGTERM. See the package's docstring."""

import argparse
import asyncio
import logging
import os
import re
import signal
import sys
from pathlib import Path

from .account import signing_zones
from .api import Api
from .certificates import Certificates
from .dns import NameServer
from .limits import InvalidLimits
from .mailbox import Mailbox
from .run_directory import AlreadyRunning, RunDirectory
from .smtp import SmtpEndpoint

_LOOPBACK = "127.0.0.1"


def main() -> int:
    """Run the account; return the exit status: 0 after SIGTERM, 1 when it cannot run."""
    arguments = _parsed_arguments()
    try:
        with RunDirectory(arguments.directory.resolve()) as directory:
            logging.basicConfig(
                filename=directory.path / "aws.log",
                level=logging.INFO,
                format="%(asctime)s %(levelname)s %(name)s %(message)s",
            )
            # aiosmtpd writes every command of every session.
            logging.getLogger("mail.log").setLevel(logging.ERROR)
            asyncio.run(
                _run(directory, list(dict.fromkeys(arguments.region)), arguments.host, arguments.bind)
            )
    except (AlreadyRunning, InvalidLimits, OSError) as error:
        print(f"local AWS: {error}", file=sys.stderr)
        return 1
    return 0


async def _run(directory: RunDirectory, regions: list[str], host: str, address: str) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)

    certificates = Certificates(directory.path)
    tls = certificates.server_context(list(dict.fromkeys([host, "localhost", _LOOPBACK])))
    mailbox = Mailbox(directory.path / "mailbox")
    api = Api(directory.path / "limits.json", mailbox)
    accounts = [api.account_of(region) for region in regions]
    accounts[0].limits()  # a mistake in the file is an error at the start, not at the first message
    name_server = NameServer(_LOOPBACK, lambda: [*accounts[0].hosted_zones(), *signing_zones(accounts)])

    api.start()
    name_server.start()
    endpoints = {}
    for account in accounts:
        starttls, implicit_tls = await SmtpEndpoint(account, mailbox, host, address, tls).start()
        smtp = {"host": host, "address": address, "starttls": starttls, "tls": implicit_tls}
        endpoints[account.region] = {"smtp": smtp}
    directory.announce(
        {
            "pid": os.getpid(),
            "endpoint": api.endpoint,
            "region": regions[0],
            "smtp": endpoints[regions[0]]["smtp"],
            "regions": endpoints,
            "ca": str(certificates.authority_file),
            "dns": {"address": _LOOPBACK, "port": name_server.port},
            "mailbox": str(mailbox.directory),
        }
    )
    await stopped.wait()


def _parsed_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.aws", description="An AWS account in a folder.")
    parser.add_argument("--directory", type=Path, required=True, help="the folder that the account lives in")
    parser.add_argument(
        "--region",
        type=_region,
        required=True,
        action="append",
        help="the region whose SMTP endpoint runs; can be given more than once",
    )
    parser.add_argument("--host", required=True, help="the host name in the endpoint's certificate")
    parser.add_argument("--bind", default=_LOOPBACK, help="where the endpoint listens (default: %(default)s)")
    return parser.parse_args()


def _region(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2,}(-[a-z]+)+-\d", value):
        raise argparse.ArgumentTypeError(f"{value!r} is no region; give one such as eu-west-1")
    return value


if __name__ == "__main__":
    sys.exit(main())
