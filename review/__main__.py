"""Write what a change does to mail: `pulumi preview --json | python -m review`.

It reads both forms of that JSON. PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true gives the one that has more in it: the DNS
records to paste, the relay's settings, and the violations of policies. It ends with 0 when it has written a comment,
also one that says that the preview failed, and with 2 when standard input has no preview.
"""

import argparse
import io
import sys

from .comment import comment
from .preview import Preview
from .reader import InvalidPreview, read


def main() -> int:
    """Read a preview from standard input, print the comment, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m review", description=__doc__)
    parser.add_argument(
        "--stack",
        default="",
        metavar="PROJECT/STACK",
        help="for a preview that failed before it named its stack",
    )
    parser.add_argument(
        "--none",
        action="store_true",
        help="there is no preview: replace what an earlier one said of the --stack",
    )
    options = parser.parse_args()
    try:
        preview = (
            Preview("", (), errors=("There is no preview: the job's log says why.",))
            if options.none
            else read(sys.stdin.buffer.read().decode(errors="replace"))
        )
    except InvalidPreview as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    print(comment(preview, options.stack), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
