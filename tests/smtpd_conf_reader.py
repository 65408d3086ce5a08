"""Reads smtpd.conf for one question, independently of what writes it: could a stranger relay through it?"""

import ipaddress
import re

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([{}(),=]|[^\s"{}(),=]+)|(\s+)')

KEYWORDS = {
    "action",
    "bounce",
    "ca",
    "filter",
    "listen",
    "match",
    "mta",
    "pki",
    "queue",
    "scheduler",
    "smtp",
    "table",
}
"""What begins a line, of the keywords that smtpd.conf(5) has and the relay uses."""

_PRIVATE_PREFIX = {4: 8, 6: 7}
_STRANGERS = (
    "stranger@elsewhere.test",
    "stranger@example.com.elsewhere.test",
    "stranger@elsewhere-example.com",
)
_NULL_SENDER = "@"


def strangers_may_relay(conf: str, *, any_sender: bool = False) -> list[str]:
    """Why a stranger could relay: the lines of `conf` that let one, or that are no line of a relay's.

    A stranger comes from no network of a client, has no login, or has the address of another domain. With `any_sender`
    every address may send.
    """
    lines = [_tokens(line) for line in conf.splitlines()]
    tables = {line[1]: line[2:] for line in lines if line[:1] == ["table"]}
    return [" ".join(line) for line in lines if _is_open(line, lines, tables, any_sender)]


def _tokens(line: str) -> list[str]:
    tokens = []
    position = 0
    while position < len(line):
        match = _TOKEN.match(line, position)
        if not match:
            return ["?", line]
        quoted, bare, _ = match.groups()
        if quoted is not None or bare:
            tokens.append(bare or quoted)
        position = match.end()
    return tokens


def _is_open(line: list[str], lines: list[list[str]], tables: dict[str, list[str]], any_sender: bool) -> bool:
    keyword, *rest = line or [""]
    if keyword == "match":
        return not (_is_closed_origin(rest, lines, tables) and _is_closed_sender(rest, tables, any_sender))
    return keyword not in KEYWORDS


def _is_closed_origin(rule: list[str], lines: list[list[str]], tables: dict[str, list[str]]) -> bool:
    match rule:
        case ["from", "src", table, *_]:
            networks = [ipaddress.ip_network(item) for item in _items(table, tables)]
            return bool(networks) and all(net.prefixlen >= _PRIVATE_PREFIX[net.version] for net in networks)
        case ["from", "auth", *_]:
            return any("auth" in line and "tls-require" in line for line in lines if line[0] == "listen")
        case ["from", "socket", *_]:
            return True
    return False


def _is_closed_sender(rule: list[str], tables: dict[str, list[str]], any_sender: bool) -> bool:
    if "regex" not in rule or rule[rule.index("regex") - 1] != "mail-from":
        return False
    patterns = _items(rule[rule.index("regex") + 1], tables)
    if any_sender:
        return bool(patterns)
    strangers = _STRANGERS if rule[1] == "socket" else (*_STRANGERS, _NULL_SENDER)
    return bool(patterns) and not any(
        re.search(pattern, address) for pattern in patterns for address in strangers
    )


def _items(table: str, tables: dict[str, list[str]]) -> list[str]:
    """The items of a table that is written out: `{ a , b }`."""
    return [token for token in tables.get(table.strip("<>"), []) if token not in ("{", "}", ",")]
