"""`python -m local.cluster`: the first process of a node. It starts programs and ends with the first that ends.

It says when it is ready, and why it ends.
Each line of its standard input is a program to start: `{"name": ..., "command": [...], "log": ...}`. A line `{}` says
that this was all; without it the end of the input is the end of the node, so that no half-made one stays.
The end of this process is the end of all in its namespace of process ids.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time

_POLL_SECONDS = 0.05

_names: dict[int, str] = {}
# Kept, as one that is forgotten would take the status of its program with it.
_programs: list[subprocess.Popen] = []
_lock = threading.Lock()


def main() -> int:
    """Run until SIGTERM or until a program ends; return the exit status."""
    # The kernel hands the first process of a namespace only signals that it has a handler for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("ready", flush=True)
    threading.Thread(target=_start_programs, daemon=True).start()
    while True:
        try:
            # Without taking its status away: under the lock, a program that ended at once has its name by now.
            pid = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT).si_pid
        except ChildProcessError:
            time.sleep(_POLL_SECONDS)
            continue
        with _lock:
            _, status = os.waitpid(pid, 0)
        # Other processes are orphans of the node, which nobody else waits for.
        if name := _names.get(pid):
            print(f"{name} ended with status {os.waitstatus_to_exitcode(status)}", flush=True)
            return 1


def _start_programs() -> None:
    for line in sys.stdin:
        program = json.loads(line)
        if not program:
            return
        with open(program["log"], "w") as log, _lock:
            process = subprocess.Popen(
                program["command"], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
            _programs.append(process)
            _names[process.pid] = program["name"]
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
