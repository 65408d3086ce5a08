"""Say what is wrong with a stack's mail: `pulumi stack output --json | python -m components.doctor`.

It reads the stack's outputs, which need no secret, and ends with 0 when all is fine, 1 when something is wrong, and 2
when something could not be looked at.
"""

import argparse
import json
import sys

from . import container, records
from .finding import Finding, exit_status


def main() -> int:
    """Look, print the findings, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m components.doctor", description=__doc__)
    parser.add_argument(
        "--resolver", default="", metavar="ADDRESS:PORT", help="DNS server (default: the machine's)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    try:
        outputs = json.load(sys.stdin)
        expected = outputs["dnsRecords"], outputs["workload"]
    except (ValueError, KeyError, TypeError) as error:
        print(f"error: standard input has no outputs of a stack up ({type(error).__name__}): "
              "pipe `pulumi stack output --json` in", file=sys.stderr)  # fmt: skip
        return 2
    findings = [*records.look(expected[0], options.resolver), *container.look(expected[1])]
    print(
        json.dumps([finding._asdict() for finding in findings], indent=2) if options.json else table(findings)
    )
    return exit_status(findings)


def table(findings: list[Finding]) -> str:
    """The findings in columns."""
    rows = [Finding("CHECK", "STATE", "SEEN", "TO DO"), *findings]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join(
            [*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row.advice]
        ).rstrip()
        for row in rows
    )


if __name__ == "__main__":
    sys.exit(main())
