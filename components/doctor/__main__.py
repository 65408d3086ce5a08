"""Say what is wrong with a stack's mail: `pulumi stack output --json | python -m components.doctor`.

It reads the stack's outputs, which hold no secret, and ends with 0 when all is fine, 1 when something is wrong, and 2
when nothing is known to be wrong but something could not be looked at.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import endpoint, kubernetes_workload, records, ses, workload
from .docker_workload import DockerWorkload
from .finding import Finding, exit_status, table

_OUTPUTS = ("dnsRecords", "sesSenders", "relayHost", "relayPort", "relayProto", "workload")


def main() -> int:
    """Look, print the findings, and return the exit status."""
    parser = argparse.ArgumentParser(prog="doctor", description=__doc__)
    parser.add_argument(
        "--resolver", default="", metavar="ADDRESS:PORT", help="DNS server (default: the machine's)"
    )
    parser.add_argument(
        "--ca", type=Path, metavar="FILE", help="CA of the upstream, if it is not a public one"
    )
    parser.add_argument(
        "--context", default="", help="of kubectl, for a relay on Kubernetes (default: the current one)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    try:
        outputs = json.load(sys.stdin)
        known = {name: outputs[name] for name in _OUTPUTS}
    except (ValueError, KeyError, TypeError) as error:
        print(f"error: standard input has no outputs of a stack that is up ({type(error).__name__}: {error}): run "
              "`pulumi up`, then pipe `pulumi stack output --json` in", file=sys.stderr)  # fmt: skip
        return 2
    ca = options.ca.read_text() if options.ca else ""
    findings = look(known, options.resolver, ca, options.context)
    if options.json:
        print(json.dumps([finding._asdict() for finding in findings], indent=2))
    else:
        print(table(findings))
    return exit_status(findings)


def look(outputs: Mapping[str, Any], resolver: str, ca: str, context: str) -> list[Finding]:
    """All findings about the stack with these outputs, in the order in which mail depends on them."""
    senders = outputs["sesSenders"]
    domains = [name for sender in senders if "@" not in (name := sender["arn"].rpartition("/")[2])]
    found = [*records.look(outputs["dnsRecords"], domains, resolver), *ses.look(senders)]
    of_workload, tried = _of_workload(outputs["workload"], context)
    if outputs["relayHost"] and not tried:
        found.append(endpoint.look(outputs["relayHost"], outputs["relayPort"], outputs["relayProto"], ca))
    return [*found, *of_workload]


def _of_workload(name: str, context: str) -> tuple[list[Finding], bool]:
    if "/" in name:
        return kubernetes_workload.look(name, context)
    return workload.look(DockerWorkload(name))


if __name__ == "__main__":
    sys.exit(main())
