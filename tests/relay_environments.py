"""Environments for the relay's container, from right to absurd, for tests by hypothesis."""

import re
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from components.image.relay.environment import FILE_SUFFIX, PREFIXES, VARIABLES, Variable
from tests.unit.certificates import CERTIFICATE, RSA_KEY, key_pair

CANARY = "canary7Q"
"""Part of every secret: where it shows, a secret shows."""

_OWN_CERTIFICATE, _OWN_KEY = key_pair()
_LOGINS = f"app:$6${CANARY}$" + "x" * 86

# Per field of Settings, without a prefix: what works, and what people write by mistake.
_VALUES: dict[str, tuple[list[str], list[str]]] = {
    "host": (
        ["smtp.example.com", "192.0.2.1", "[2001:db8::1]", "mail_pit"],
        [f"smtp://me:{CANARY}@smtp.example.com"],
    ),
    "port": (["25", "465", "65535"], ["0", "65536", "\uff1025", "tls"]),
    "proto": (["smtp+tls", "smtps", "SMTPS"], ["smtp", "smtp+notls", "direct", "starttls", "lmtp"]),
    "user": (["name", "\xfcmlaut", "\udc80"], [f"name:{CANARY}", "two words"]),
    "password": (
        [CANARY, f"with space {CANARY}", f'{CANARY} # " \\ $', f" {CANARY}", f"{CANARY}\udc80"],
        [f"{CANARY}\nrelay x:y", f"{CANARY} "],
    ),
    "ca": (
        [CERTIFICATE, f"text\n{CERTIFICATE}", CERTIFICATE * 2],
        [CERTIFICATE + RSA_KEY, "/etc/ca.pem", CANARY],
    ),
    "insecure_skip_verify": (["yes", "no", "YES"], ["true"]),
    "sender_domains": (["example.net", "*.example.net", "example.net,example.org"], ["*"]),
    "allowed_sender_domains": (
        ["example.com", "*.example.com", "example.com, example.org", "*", "xn--bcher-kva.example"],
        ["*,example.com", "*.com", ".*", "b\xfccher.example"],
    ),
    "allowed_networks": (
        ["10.0.0.0/8", "127.0.0.0/8,::1/128", "fc00::/7"],
        ["0.0.0.0/0", "::/0", "::/1", "10.0.0.1/8", "192.0.2.1", "0.0.0.0/1,128.0.0.0/1", "!10.0.0.0/8"],
    ),
    "allowed_recipient_domains": (["example.com", "*.example.org"], ["*"]),
    "redirect_recipients": (
        ["qa@example.com", "!#$%&'*+-/=?^_`{}~@example.com"],
        ["qa", '"q a"@example.com'],
    ),
    "envelope_sender": (["@example.com", "app@example.com"], ["app", "<>"]),
    "from_header": (["@example.com", "app@example.com"], ["app"]),
    "submission_certificate": ([_OWN_CERTIFICATE], [CANARY, _OWN_CERTIFICATE + _OWN_KEY, CERTIFICATE]),
    "submission_key": ([_OWN_KEY], [CANARY, CERTIFICATE, RSA_KEY]),
    "submission_logins": ([_LOGINS, f"{_LOGINS}\nother:$6$salt$" + "y" * 86], [f"app:{CANARY}", CANARY]),
    "dkim_domain": (["example.com"], ["example"]),
    "dkim_selector": (["mail2026", "a.b"], ["_", "$(id)"]),
    "dkim_key": ([RSA_KEY], [CANARY]),
    "hostname": (["relay.example.com", "relay_1"], ["relay example"]),
    "expire": (["1s", "2147483647s", "24855d"], ["0s", "25000d", "1w", "1h30m"]),
    "bounce_warn": (["1h", "1h, 6h, 2d", "1s,1m,1h,1d"], ["1h,1h,1h,1h,1h", ","]),
    "max_message_size": (["1", "35m", "9G"], ["9999999999G", "0", "1.5M"]),
    "bind_addr4": (["127.0.0.1", "0.0.0.0"], ["::1", "127.0.0.1 port 26"]),
    "bind_addr6": (["::", "none"], ["fe80::1%lo", "127.0.0.1"]),
    "max_rate": (["1", "10000"], ["0", "1e3"]),
    "max_connections": (["1", "1000"], ["0"]),
    "log_format": (["plain", "json"], ["xml"]),
    "log_addresses": (["full", "masked"], ["none"]),
    "metrics_port": (["9000"], ["25", "0"]),
    "probe_interval": (["1s", "1d"], ["2d", "0s"]),
    "max_queue_age": (["1s", "30d"], ["31d"]),
    "drain_timeout": (["1s", "1h"], ["2h"]),
}
_SECRETS = {"password", "submission_key", "submission_logins", "dkim_key"}

MINIMAL = {
    "RELAY_HOST": "smtp.example.com",
    "OPENSMTPD_ALLOWED_SENDER_DOMAINS": "example.com",
    # What the entry point fills in by itself.
    "OPENSMTPD_ALLOWED_NETWORKS": "127.0.0.0/8",
    "OPENSMTPD_HOSTNAME": "relay.example.com",
}

# What goes together; each alone is refused.
_BUNDLES = [
    {"RELAY_USER": "name", "RELAY_PASSWORD": CANARY},
    {"RELAY_CA": CERTIFICATE},
    {"RELAY_INSECURE_SKIP_VERIFY": "yes"},
    {"RELAY_PROTO": "smtp+notls"},
    {
        "RELAY_FALLBACK_HOST": "other.example.com",
        "RELAY_FALLBACK_USER": "name",
        "RELAY_FALLBACK_PASSWORD": CANARY,
    },
    {
        "RELAY_1_SENDER_DOMAINS": "example.net",
        "RELAY_1_HOST": "one",
        "RELAY_1_USER": "n",
        "RELAY_1_PASSWORD": CANARY,
    },
    {"RELAY_9_SENDER_DOMAINS": "*.example.org", "RELAY_9_PROTO": "direct"},
    {
        "OPENSMTPD_SUBMISSION_CERTIFICATE": _OWN_CERTIFICATE,
        "OPENSMTPD_SUBMISSION_KEY": _OWN_KEY,
        "OPENSMTPD_SUBMISSION_LOGINS": _LOGINS,
    },
    {
        "OPENSMTPD_DKIM_DOMAIN": "example.com",
        "OPENSMTPD_DKIM_SELECTOR": "mail",
        "OPENSMTPD_DKIM_KEY": RSA_KEY,
    },
    {"OPENSMTPD_REDIRECT_RECIPIENTS": "qa@example.com"},
    {"OPENSMTPD_ALLOWED_RECIPIENT_DOMAINS": "example.com", "OPENSMTPD_FROM_HEADER": "@example.com"},
    {
        "OPENSMTPD_ENVELOPE_SENDER": "@example.com",
        "OPENSMTPD_MAX_RATE": "14",
        "OPENSMTPD_METRICS_PORT": "9000",
    },
    {"OPENSMTPD_ALLOWED_SENDER_DOMAINS": "*"},
    {"OPENSMTPD_BIND_ADDR4": "127.0.0.1", "OPENSMTPD_BIND_ADDR6": "none"},
]

# The separators of shells, of smtpd.conf, of tables and of lines; letters that change in lower or upper case.
_NASTY = [
    *"\n\r\t \"'\\#$`{}<>(),:;@!|&*=%~",
    "\u2028",
    "\x85",
    "\x1b",
    "\udc80",
    "\xe9",
    "\u0130",
    "\u017f",
    "\u200b",
]

_nasty = st.sampled_from(_NASTY)
_text = st.text(
    st.one_of(_nasty, st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=40
)


@dataclass(frozen=True)
class Environment:
    """Variables, and the contents of the files that some of them name."""

    variables: dict[str, str]
    files: dict[str, str]
    """By the variable that names the file. What is no UTF-8 is in surrogates."""

    def written(self, directory: Path) -> dict[str, str]:
        """The variables, with the files in `directory`."""
        paths = {}
        for number, (name, text) in enumerate(self.files.items()):
            path = directory / str(number)
            path.write_bytes(text.encode("utf-8", "surrogateescape"))
            paths[name] = str(path)
        return self.variables | paths


_VARIABLES = [one for variable in VARIABLES for one in variable.numbered()]
_FROM_FILE = {variable.name for variable in _VARIABLES if variable.from_file}
_LINE_ENDS = ["", "\n", "\r\n", "\n\n"]


def environments() -> st.SearchStrategy[Environment]:
    """Any environment: some make a relay, most do not."""
    known = st.sampled_from(_VARIABLES).flatmap(_any_value)
    # What a misspelt variable holds may be a secret.
    unknown = st.tuples(st.builds("{}{}".format, st.sampled_from(PREFIXES), _text), st.just(CANARY))
    change = st.one_of(*[known] * 9, unknown.filter(lambda change: "=" not in change[0]))
    return _environments(st.lists(change, max_size=4).map(dict))


def likely_environments() -> st.SearchStrategy[Environment]:
    """Environments of which many make a relay."""
    bundled = {name for bundle in _BUNDLES for name in bundle}
    alone = [variable for variable in _VARIABLES if variable.name in MINIMAL or variable.name not in bundled]
    change = st.sampled_from([variable for variable in alone if _kind(variable) == variable.field]).flatmap(
        lambda variable: st.tuples(st.just(variable.name), st.sampled_from(_VALUES[_kind(variable)][0]))
    )
    return _environments(st.lists(change, max_size=3).map(dict))


def _environments(changes: st.SearchStrategy[dict[str, str]]) -> st.SearchStrategy[Environment]:
    bundles = st.lists(st.sampled_from(_BUNDLES), max_size=4)
    from_file = st.one_of(st.just(set()), st.just(_FROM_FILE), st.sets(st.sampled_from(sorted(_FROM_FILE))))
    return st.builds(_environment, bundles, changes, from_file, st.sampled_from(_LINE_ENDS))


def _environment(
    bundles: list[dict[str, str]], changes: dict[str, str], from_file: set[str], line_end: str
) -> Environment:
    given = dict(MINIMAL)
    for bundle in bundles:
        given |= bundle
    given |= changes
    files = {name + FILE_SUFFIX: given.pop(name) + line_end for name in sorted(from_file & given.keys())}
    return Environment(given, files)


def _any_value(variable: Variable) -> st.SearchStrategy[tuple[str, str]]:
    right, wrong = _VALUES[_kind(variable)]
    plausible = st.sampled_from(right + wrong)
    odd = st.one_of(_text, st.builds(_mangled, plausible, _nasty, st.integers(0, 200)))
    if _kind(variable) in _SECRETS:
        odd = odd.map(lambda text: CANARY + text)
    return st.tuples(st.just(variable.name), st.one_of(plausible, odd))


def _kind(variable: Variable) -> str:
    return re.sub(r"^(fallback_|route_[0-9]_)", "", variable.field)


def _mangled(text: str, insertion: str, position: int) -> str:
    """`text` with something in it, but not in a secret: that would make two, of which neither is known."""
    at = position % (len(text) + 1)
    inside = text.rfind(CANARY, 0, at)
    if inside >= 0 and at < inside + len(CANARY):
        at = inside
    return text[:at] + insertion + text[at:]
