"""Entry point of the container: `python3 -m relay`."""

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from . import control, environment, events, health, networks, notices, run_directory, spool
from .checks import SWITCHED_OFF
from .circuit_breaker import CircuitBreaker
from .circuits import Circuits
from .drain import drain
from .files import CONF_FILE, File, files, upstream_file
from .health import ADDRESS_FILE, RUN_DIRECTORY
from .invalid_setting import InvalidSetting
from .journal import Journal
from .key_pair import check_key_pair
from .metrics import Metrics
from .readiness import Readiness
from .reload import Reload
from .resolver import Resolver
from .settings import Settings
from .smtpd_conf import UPSTREAM_TABLE
from .supervisor import Supervisor, hold_signals
from .watch import Watch, upstreams_of

_SMTPD = ("/usr/sbin/smtpd", "-d", "-f", f"{RUN_DIRECTORY}/{CONF_FILE}")

# OpenSMTPD ends itself at the first message when the time zone's name has more than five letters (time_to_text in its
# to.c), as the one for an unknown TZ has.
_TIME_ZONE = "UTC0"

# Made of sockets.c, which says why.
_SOCKETS = "/usr/local/lib/sockets.so"

_PAUSE_SECONDS = 5

_LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - an address to recognise


def main() -> int:
    """Run the relay that the environment describes; returns the exit status."""
    hold_signals()
    attached = networks.here()

    def read() -> Settings:
        return environment.read(_with_local_defaults(os.environ, attached))

    def render(settings: Settings) -> Iterator[File]:
        return files(settings, RUN_DIRECTORY, ipv4_only=not networks.reach_ipv6(attached))

    try:
        settings = read()
        if settings.submission:
            check_key_pair(settings.submission.certificate, settings.submission.key)
    except environment.InvalidEnvironment as error:
        return _fail(str(error), os.EX_CONFIG)
    except InvalidSetting as error:
        return _fail(environment.named(os.environ, error), os.EX_CONFIG)
    addresses = [
        _LOOPBACK_OF.get(address, address)
        for address in (settings.bind_addr4, settings.bind_addr6)
        if address != SWITCHED_OFF
    ]
    journal = Journal(settings.log_format, settings.log_addresses, {"127.0.0.1", "::1", *addresses})
    try:
        if not spool.hold(journal.say):
            return 0
        spool.repair()
        run_directory.make()
        for file in (File(os.path.basename(ADDRESS_FILE), addresses[0], 0o644), *render(settings)):
            run_directory.write(file)
        journal.say("info", notices.summary(settings))
        for warning in notices.warnings(settings):
            journal.say("warning", warning)
        return _run(settings, read, render, journal)
    except OSError as error:
        return _fail(str(error), os.EX_OSERR)


def _run(
    settings: Settings,
    read: Callable[[], Settings],
    render: Callable[[Settings], Iterable[File]],
    journal: Journal,
) -> int:
    """Start OpenSMTPD and all that looks after it; returns the exit status. Raises OSError before that."""
    upstreams = upstreams_of(settings)
    metrics = Metrics(upstreams)

    def shown(ready: bool, reasons: list[str]) -> tuple[bool, list[str]]:
        return ready, [journal.shown(reason) for reason in reasons]

    def publish(ready: bool, reasons: list[str]) -> None:
        metrics.ready(ready)
        health.publish(*shown(ready, reasons))

    def switch(name: str) -> None:
        run_directory.write(upstream_file(settings, name))
        control.update_table(UPSTREAM_TABLE)

    def changed() -> None:
        watch.wake()
        control.retry_all()

    def follow(lines: Iterable[bytes]) -> None:
        for line in lines:
            try:
                event = events.parse(line)
                journal.write(line, event)
                metrics.observe(event)
                breaker.observe(event)
                if readiness.observe(event):
                    watch.wake()
            except Exception as error:  # OpenSMTPD would stand still if nobody read its log any more
                journal.say("error", f"a line of the log was not understood: {error!r}")
        journal.close()

    breaker = CircuitBreaker(Circuits().open)
    readiness = Readiness(upstreams, settings.max_queue_age, publish, journal.say)
    watch = Watch(
        upstreams,
        settings.hostname,
        settings.probe_interval,
        readiness,
        metrics,
        switch,
        control.resume_routes,
        control.schedule_all,
        journal.say,
    )
    if settings.metrics_port:
        from .http_server import HttpServer  # costs memory, and not every relay has it

        try:
            HttpServer(settings.metrics_port, metrics, lambda: shown(*readiness.state())).start()
        except OSError as error:
            problem = (
                f"OPENSMTPD_METRICS_PORT {settings.metrics_port} cannot be listened on: {error.strerror}"
            )
            return _fail(problem, os.EX_OSERR)
    if not Resolver().address:
        journal.say("warning", "port 53 is taken: where DNS does not answer, clients will wait for a minute")
    # Without the relay's own variables: the login is in the credentials table and nowhere else.
    smtpd = Supervisor(_SMTPD, {"PATH": os.defpath, "TZ": _TIME_ZONE, "LD_PRELOAD": _SOCKETS}, follow)
    control.join_group()
    _in_background("watch", watch.run, journal)
    if paths := environment.paths(os.environ):
        reload = Reload(paths, read, render, settings, upstreams, changed, journal.say)
        _in_background("reload", reload.run, journal)

    status = smtpd.run(lambda: drain(settings.drain_timeout, journal.say))
    if smtpd.stopping:
        return status
    journal.say("error", f"OpenSMTPD ended by itself, with status {status}")
    return status or os.EX_SOFTWARE


def _in_background(name: str, run: Callable[[], None], journal: Journal) -> None:
    """Run what ends by a fault only, and run it again then."""

    def run_for_ever() -> None:
        while True:
            try:
                run()
            except Exception as error:
                journal.say("error", f"{name} failed, and begins again: {error!r}")
                time.sleep(_PAUSE_SECONDS)

    threading.Thread(target=run_for_ever, name=name, daemon=True).start()


def _with_local_defaults(environ: Mapping[str, str], attached: list[networks.Network]) -> dict[str, str]:
    """`environ`, with the defaults that depend on where the container runs."""
    defaults = {
        "OPENSMTPD_ALLOWED_NETWORKS": ",".join(map(str, attached)),
        "OPENSMTPD_HOSTNAME": socket.gethostname(),
        "OPENSMTPD_BIND_ADDR6": "" if networks.can_listen_on_ipv6() else SWITCHED_OFF,
    }
    return defaults | {name: value for name, value in environ.items() if value}


def _fail(text: str, status: int) -> int:
    print(f"relay: {text}", file=sys.stderr)
    return status


if __name__ == "__main__":
    exit_status = main()
    # Not by the interpreter's own way out: it takes the ground from under threads that still run.
    os._exit(exit_status)
