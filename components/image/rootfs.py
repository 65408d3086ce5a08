"""Puts together the image's root file system: the programs that run in it, and only what they need.

Runs in the build stage, as root on Debian: `python3 rootfs.py RELAY TARGET`, with the directory of the relay's package
and the directory to fill. Every file comes from a package of Debian, whose version and licence it writes down where
scanners of images look for them.
"""

import ast
import compileall
import glob
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

_PROGRAMS = (
    "/usr/sbin/smtpd",
    "/usr/sbin/smtpctl",
    "/usr/libexec/opensmtpd/encrypt",  # `smtpctl encrypt` runs it
    "/usr/libexec/opensmtpd/filter-dkimsign",
    "/usr/bin/cat",  # `smtpctl show message` runs it
    "/usr/bin/dash",  # smtpd starts filters with it
    "/usr/bin/python3",
    "/usr/bin/setpriv",
)
_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/openssl.cnf",
    "/usr/lib/os-release",
)
_LINKS = {
    "/etc/mailname": "/run/relay/mailname",
    "/etc/os-release": "../usr/lib/os-release",
    "/usr/bin/sh": "dash",
    # OpenSSL's own defaults lead here. Python looks for its bundle under this name.
    "/usr/lib/ssl/cert.pem": "/etc/ssl/certs/ca-certificates.crt",
    "/usr/lib/ssl/openssl.cnf": "/etc/ssl/openssl.cnf",
    "/usr/local/sbin/sendmail": "smtpctl",
    "/usr/sbin/sendmail": "smtpctl",
    "/var/run": "/run",
}
_DIRECTORIES = {
    "/run": 0o755,
    "/tmp": 0o1777,  # noqa: S108 - the image's own
    "/var/lib/opensmtpd/empty": 0o755,
    "/var/spool/smtpd": 0o711,
}
_USERS = ("root", "nobody", "opensmtpd", "opensmtpq")
_GROUPS = ("root", "nogroup", "opensmtpd", "opensmtpq")
# `db` and `nis`, which Debian's own file names too, are libraries that are not here.
_NSSWITCH = "passwd: files\ngroup: files\nhosts: files dns\n"

# update-ca-certificates writes it, so that no package claims it.
_WRITTEN_BY = {"/etc/ssl/certs/ca-certificates.crt": "ca-certificates"}

# OpenSMTPD brings its own resolver, which can be told of other name servers in this file only, and the container's is
# not writable: Docker and Kubernetes mount it. relay/resolver.py writes the other, whose name is as long.
_RESOLVER_CONF = (b"/etc/resolv.conf\0", b"/run/resolv.conf\0")

# Connections end together when a burst of mail is over. What comes next waits until OpenSMTPD has another look at how
# many it needs: after ten seconds (DELAY_CHECK_SOURCE_SLOW in its mta.c), here after one (DELAY_CHECK_SOURCE, there for
# the first look). No setting reaches it; docs/operations.md has what it gains. It is the operand of one instruction:
# `mov r12d, 10`, and `mov w21, 10` behind `mov x0, 0`.
SECONDS_TO_NEXT_LOOK = {
    "x86_64": (bytes.fromhex("41bc 0a000000"), bytes.fromhex("41bc 01000000")),
    "aarch64": (bytes.fromhex("000080d2 55018052"), bytes.fromhex("000080d2 35008052")),
}

_STDLIB = Path(sysconfig.get_path("stdlib"))


def main(relay: Path, target: Path) -> None:
    """Fill `target`."""
    for name, mode in _DIRECTORIES.items():
        directory = target / name[1:]
        directory.mkdir(parents=True)
        directory.chmod(mode)
    for link in Path("/").iterdir():
        if link.is_symlink() and link.resolve().is_relative_to("/usr"):  # /bin, /lib ...
            (target / link.name).symlink_to(os.readlink(link))

    standard_library = _standard_library(relay)
    binaries = {*map(Path, _PROGRAMS), *(path for path in standard_library if path.suffix == ".so")}
    files = {*binaries, *_libraries(binaries), *standard_library, *map(Path, _FILES)}
    for file in files:
        _copy(file, target)
    for old, new in (_RESOLVER_CONF, SECONDS_TO_NEXT_LOOK[os.uname().machine]):
        _replace_once(target / "usr/sbin/smtpd", old, new)
    for name, destination in _LINKS.items():
        link = target / name[1:]
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(destination)
    _write_accounts(target)
    _write_packages(_packages(files), target)

    # In the standard library's own directory, Python finds it without the module `site`.
    shutil.copytree(relay, target / _STDLIB.relative_to("/") / relay.name)
    _compile(target / _STDLIB.relative_to("/"))


def _standard_library(relay: Path) -> set[Path]:
    """What Debian counts as Python's minimal library, and what else the relay imports."""
    minimal = map(
        Path, _dpkg_query("--listfiles", f"lib{os.path.basename(os.path.realpath(sys.executable))}-minimal")
    )
    found = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            "import importlib, sys\n"
            "for name in sys.argv[1:]: importlib.import_module(name)\n"
            "for module in sys.modules.values(): print(getattr(module, '__file__', None) or '')",
            *_imports(relay),
        ],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    files = {*minimal, *(Path(line) for line in found.stdout.splitlines() if line)}
    return {
        file for file in files if file.suffix in (".py", ".so") and file.resolve().is_relative_to(_STDLIB)
    }


def _imports(relay: Path) -> set[str]:
    """The modules that the relay imports from elsewhere, also those that it imports late."""
    names = set()
    for path in relay.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names.add(node.module)
    return names


def _libraries(binaries: Iterable[Path]) -> set[Path]:
    """All shared libraries that the binaries load, with the loader."""
    listed = subprocess.run(["ldd", *binaries], check=True, stdout=subprocess.PIPE, text=True).stdout
    words = {word for line in listed.splitlines() for word in line.split() if word.startswith("/")}
    return {Path(word) for word in words if not word.endswith(":")}


def _copy(file: Path, target: Path) -> None:
    copy = target / file.parent.resolve().relative_to("/") / file.name
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, copy)
    # Without set-group-ID, which smtpctl has in its package: the group would be another, and the wrapper needs none.
    copy.chmod(file.stat().st_mode & 0o777)


def _replace_once(file: Path, old: bytes, new: bytes) -> None:
    content = file.read_bytes()
    if content.count(old) != 1 or len(old) != len(new):
        sys.exit(f"{file} does not hold {old!r} once")
    file.write_bytes(content.replace(old, new))


def _write_accounts(target: Path) -> None:
    for name, known in (("passwd", _USERS), ("group", _GROUPS)):
        lines = Path("/etc", name).read_text().splitlines(keepends=True)
        (target / "etc" / name).write_text("".join(line for line in lines if line.partition(":")[0] in known))
    (target / "etc/nsswitch.conf").write_text(_NSSWITCH)


def _packages(files: Iterable[Path]) -> set[str]:
    """The packages that the files come from."""
    real = {file.resolve() for file in files}
    claimed = _dpkg_query("--search", *(path for path in map(str, real) if path not in _WRITTEN_BY))
    return {line.rpartition(":")[0] for line in claimed} | set(_WRITTEN_BY.values())


def _write_packages(packages: Iterable[str], target: Path) -> None:
    """Write the packages down as distroless images do, which every scanner of images reads."""
    status = target / "var/lib/dpkg/status.d"
    status.mkdir(parents=True)
    for package in packages:
        name = package.partition(":")[0]
        (status / name).write_text("\n".join(_dpkg_query("--status", package)) + "\n")
        licence = Path("/usr/share/doc", name, "copyright")
        if licence.exists():
            _copy(licence, target)


def _dpkg_query(*arguments: str) -> list[str]:
    done = subprocess.run(["dpkg-query", *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()


def _compile(directory: Path) -> None:
    """Replace all sources by their bytecode, without documentation strings: smaller on disk and in memory."""
    if not compileall.compile_dir(directory, quiet=1, legacy=True, optimize=2, stripdir=directory.anchor):
        sys.exit("not everything compiles")
    for source in glob.glob(f"{directory}/**/*.py", recursive=True):
        os.unlink(source)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
