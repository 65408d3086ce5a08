"""Takes over what changes in the files that the environment names, while the relay runs."""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from . import control, run_directory
from .environment import InvalidEnvironment
from .files import CONF_FILE, File
from .settings import Settings, Upstream
from .smtpd_conf import CREDENTIALS_FILE, CREDENTIALS_TABLE, LOGINS_FILE, LOGINS_TABLE
from .watch import upstreams_of

_POLL_SECONDS = 2

# What OpenSMTPD can read again. All else it reads at its start only.
_TABLES = {CREDENTIALS_FILE: CREDENTIALS_TABLE, LOGINS_FILE: LOGINS_TABLE}


class Reload:
    """Watches the files at `paths`, and brings changed logins into the running OpenSMTPD.

    `read` returns the settings as they are now, or raises InvalidEnvironment; `render` makes of them the files that
    OpenSMTPD reads. The logins in `upstreams` are replaced too, and `changed` is called then: the upstreams should be
    probed, and what waits tried. `say` gets a level and a line for the log.
    """

    def __init__(
        self,
        paths: Iterable[str],
        read: Callable[[], Settings],
        render: Callable[[Settings], Iterable[File]],
        settings: Settings,
        upstreams: dict[str, Upstream],
        changed: Callable[[], None],
        say: Callable[[str, str], None],
    ):
        self._paths = tuple(paths)
        self._read = read
        self._render = render
        self._running = {file.name: file for file in render(settings)}
        self._upstreams = upstreams
        self._changed = changed
        self._say = say
        self._versions = self._look()

    def run(self) -> None:
        """Watch for ever."""
        while True:
            time.sleep(_POLL_SECONDS)
            self.poll()

    def poll(self) -> None:
        """Act on what has changed since the last time, once it changes no more."""
        found = self._look()
        if found != self._versions:
            # Somebody may still be writing.
            time.sleep(_POLL_SECONDS)
            if found == self._look():
                self._versions = found
                self._take_over()

    def _look(self) -> list[tuple[int, ...]]:
        return [_version(path) for path in self._paths]

    def _take_over(self) -> None:
        try:
            settings = self._read()
        except InvalidEnvironment as error:
            self._say("error", f"a changed file is of no use, the old content stays in use: {error}")
            return
        files = {file.name: file for file in self._render(settings)}
        if files.keys() != self._running.keys() or files[CONF_FILE] != self._running[CONF_FILE]:
            self._say("warning", "a changed file changes more than a login: restart the relay to use it")
            return
        changed = [name for name, file in files.items() if file != self._running[name]]
        for name in changed:
            if name not in _TABLES:
                self._say("warning", f"the content for {name} has changed: restart the relay to use it")
        tables = [name for name in changed if name in _TABLES]
        if tables:
            self._update([files[name] for name in tables], upstreams_of(settings))

    def _update(self, tables: list[File], upstreams: dict[str, Upstream]) -> None:
        try:
            for file in tables:
                run_directory.write(file)
                control.update_table(_TABLES[file.name])
                self._running[file.name] = file
            for name, new in upstreams.items():
                self._upstreams[name] = replace(self._upstreams[name], user=new.user, password=new.password)
            self._say("info", "a changed login is in use now")
            self._changed()
        except (OSError, control.ControlFailed) as error:
            self._say("error", f"a changed login cannot be brought into use: {error}; restart the relay")


def _version(path: str) -> tuple[int, ...]:
    # Kubernetes exchanges a symbolic link on the way: the time may be the same, the file is another.
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size
