"""Entry point of the container: `python3 -m relay`."""

import grp
import os
import pwd
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Mapping

from . import control, environment, events, health, networks, notices, spool
from .checks import SWITCHED_OFF
from .drain import drain
from .files import CONF_FILE, File, files
from .health import ADDRESS_FILE, RUN_DIRECTORY
from .http_server import HttpServer
from .journal import Journal
from .metrics import Metrics
from .readiness import Readiness
from .resolver import Resolver
from .settings import Settings
from .supervisor import Supervisor
from .watch import Watch, upstreams_of

# OpenSMTPD ends itself at the first message when the time zone's name has more than five letters (time_to_text in its
# to.c), as the one for an unknown TZ has.
_TIME_ZONE = "UTC0"

_LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - an address to recognise


def main() -> int:
    """Run the relay that the environment describes; returns the exit status."""
    attached = networks.here()
    try:
        settings = environment.read(_with_local_defaults(os.environ, attached))
    except environment.InvalidEnvironment as error:
        return _fail(str(error), os.EX_CONFIG)
    addresses = [
        _LOOPBACK_OF.get(address, address)
        for address in (settings.bind_addr4, settings.bind_addr6)
        if address != SWITCHED_OFF
    ]
    try:
        spool.repair()
        queue_user = pwd.getpwnam("opensmtpq")
        spool.discard_leftovers(queue_user.pw_uid, queue_user.pw_gid)
        _render(settings, addresses[0], ipv4_only=not networks.reach_ipv6(attached))
    except OSError as error:
        return _fail(str(error), os.EX_OSERR)
    journal = Journal(settings.log_format, settings.log_addresses, {"127.0.0.1", "::1", *addresses})
    journal.say("info", notices.summary(settings))
    for warning in notices.warnings(settings):
        journal.say("warning", warning)
    upstreams = upstreams_of(settings)
    metrics = Metrics(upstreams)

    def shown(ready: bool, reasons: list[str]) -> tuple[bool, list[str]]:
        return ready, [journal.shown(reason) for reason in reasons]

    def publish(ready: bool, reasons: list[str]) -> None:
        metrics.ready(ready)
        health.publish(*shown(ready, reasons))

    readiness = Readiness(upstreams, settings.max_queue_age, publish, journal.say)
    watch = Watch(
        upstreams,
        settings.hostname,
        settings.probe_interval,
        readiness,
        metrics,
        lambda _name: None,
        control.retry_all,
        journal.say,
    )

    def observe(event: events.Event | None) -> None:
        metrics.observe(event)
        if readiness.observe(event):
            watch.wake()

    http = None
    if settings.metrics_port:
        try:
            http = HttpServer(settings.metrics_port, metrics, lambda: shown(*readiness.state()))
        except OSError as error:
            return _fail(
                f"OPENSMTPD_METRICS_PORT {settings.metrics_port} cannot be listened on: {error.strerror}",
                os.EX_OSERR,
            )
    if not Resolver().address:
        journal.say("warning", "port 53 is taken: where DNS does not answer, clients will wait for a minute")
    smtpd = Supervisor(
        ("/usr/sbin/smtpd", "-d", "-f", f"{RUN_DIRECTORY}/{CONF_FILE}"),
        # Without the relay's own variables: the login is in the credentials table and nowhere else.
        {"PATH": os.defpath, "TZ": _TIME_ZONE},
        lambda lines: _follow(lines, journal, observe),
    )
    control.join_group()
    if http:
        http.start()
    threading.Thread(target=watch.run, name="watch", daemon=True).start()
    status = smtpd.run(lambda: drain(settings.drain_timeout, journal.say))
    if not smtpd.stopping:
        journal.say("error", f"OpenSMTPD ended by itself, with status {status}")
        return status or os.EX_SOFTWARE
    return status


def _follow(lines: Iterable[bytes], journal: Journal, observe: Callable[[events.Event | None], None]) -> None:
    """Pass OpenSMTPD's log on, and what it tells."""
    for line in lines:
        event = events.parse(line)
        journal.write(line, event)
        observe(event)
    journal.close()


def _with_local_defaults(environ: Mapping[str, str], attached: list[networks.Network]) -> dict[str, str]:
    """`environ`, with the defaults that depend on where the container runs."""
    defaults = {
        "OPENSMTPD_ALLOWED_NETWORKS": ",".join(map(str, attached)),
        "OPENSMTPD_HOSTNAME": socket.gethostname(),
        "OPENSMTPD_BIND_ADDR6": "" if networks.can_listen_on_ipv6() else SWITCHED_OFF,
    }
    return defaults | {name: value for name, value in environ.items() if value}


def _render(settings: Settings, address: str, *, ipv4_only: bool) -> None:
    os.makedirs(RUN_DIRECTORY, 0o711, exist_ok=True)
    _write(File(os.path.basename(ADDRESS_FILE), address, 0o644))
    for file in files(settings, RUN_DIRECTORY, ipv4_only=ipv4_only):
        _write(file)


def _write(file: File) -> None:
    # Made anew, so that nobody who had an older one open reads the new one.
    path = f"{RUN_DIRECTORY}/{file.name}"
    temporary = f"{path}.new"
    with open(
        os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        "w",
        encoding="utf-8",
        errors="surrogateescape",
    ) as opened:
        os.fchown(opened.fileno(), 0, grp.getgrnam(file.group).gr_gid)
        os.fchmod(opened.fileno(), file.mode)
        opened.write(file.text)
    os.replace(temporary, path)


def _fail(text: str, status: int) -> int:
    print(f"relay: {text}", file=sys.stderr)
    return status


if __name__ == "__main__":
    exit_status = main()
    # Not by the interpreter's own way out: it takes the ground from under threads that still run.
    os._exit(exit_status)
