"""Takes what may be a secret out of a preview before anything else sees it.

Pulumi masks what the program has marked. This also takes out what the program has forgotten to mark: values whose name
says that they are secret, wherever else in the preview they turn up.
"""

import re
from collections.abc import Iterator
from typing import Any

HIDDEN = "[secret]"
"""How Pulumi shows a secret."""

# The key by which state and events mark a value that is more than JSON: a secret, an output, an asset.
# https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go
_SIGNATURE = "4dabf18193072939515e22adb298388d"

_SECRET_NAME = re.compile(
    r"(?i)pass(?:word|wd|phrase)|secret|credential|(?:private|signing|submission|dkim|api|auth|access|account)[_-]?key"
    r"|token$|logins$|(?:^|[_-])key$|dsn$"
)
# The name, place or id of a secret is none.
_PUBLIC_NAME = re.compile(
    r"(?i)_file$|skip|secret_?(?:name|id|arn|ref|key_?ref)$|key_?(?:id|arn|ref|length|version)$"
)
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]*)=(.+)", re.DOTALL)
# What is shorter would take harmless words out of sentences; where it stands it is hidden all the same.
_LEAST_SEARCHED = 6

# Secrets by their form, for text that programs and providers have written.
_FORMS = tuple(
    re.compile(form, re.DOTALL)
    for form in (
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
        r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)",  # user:password of a URL
        r"\$(?:1|2[aby]|5|6|7|y|gy)\$[./A-Za-z0-9$=,]+",  # crypt(3)
        r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",  # SendGrid
        r"(?i:bearer|basic) [A-Za-z0-9._~+/=-]{16,}",
        # AWS secret keys, and the SMTP passwords made from them: 40 and 44 characters of base64.
        r"(?<![A-Za-z0-9+/=])(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*[a-z])[A-Za-z0-9+/]{40}(?:[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})?"
        r"(?![A-Za-z0-9+/=])",
        r"(?i:(?<=password)|(?<=passwd)|(?<=secret)|(?<=token))\s*[=:]\s*[^\s,;]+",
    )
)


class Scrubber:
    """Knows the secrets of one preview, and writes `[secret]` for them."""

    def __init__(self, preview: Any):
        found = {
            value
            for value in _named_secrets(preview)
            if len(value) >= _LEAST_SEARCHED and value not in HIDDEN
        }
        # The longest first: one may be part of another.
        self._secrets = sorted(found, key=len, reverse=True)

    def value(self, tree: Any) -> Any:
        """Inputs or outputs without secrets."""
        if isinstance(tree, list):
            return [self.value(item) for item in tree]
        if isinstance(tree, dict):
            if _SIGNATURE in tree:
                return HIDDEN
            return {self._known(key): self._named(name, value) for key, name, value in _named_values(tree)}
        if isinstance(tree, str):
            assigned = _ASSIGNMENT.fullmatch(tree)
            if assigned and is_secret_name(assigned[1]):
                return f"{assigned[1]}={HIDDEN}"
            return self._known(tree)
        return tree

    def text(self, text: str) -> str:
        """What a program or a provider has written, also without what only has the form of a secret."""
        text = self._known(text)
        for form in _FORMS:
            text = form.sub(HIDDEN, text)
        return text

    def _named(self, name: str, value: Any) -> Any:
        if is_secret_name(name) and not isinstance(value, bool) and value not in ("", None):
            return value if isinstance(value, dict | list) and not list(_leaves(value)) else HIDDEN
        return self.value(value)

    def _known(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text


def is_secret_name(name: str) -> bool:
    """Whether what is called so is to be kept."""
    return bool(_SECRET_NAME.search(name)) and not _PUBLIC_NAME.search(name)


def _named_secrets(tree: Any) -> Iterator[str]:
    if isinstance(tree, list):
        for item in tree:
            yield from _named_secrets(item)
    elif isinstance(tree, dict):
        for _, name, value in _named_values(tree):
            yield from _leaves(value) if is_secret_name(name) else _named_secrets(value)
    elif isinstance(tree, str):
        assigned = _ASSIGNMENT.fullmatch(tree)
        if assigned and is_secret_name(assigned[1]):
            yield assigned[2]


def _named_values(mapping: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Each key, what its value is called, and the value."""
    for key, value in mapping.items():
        name = key
        # An environment variable of Kubernetes.
        if key == "value" and isinstance(mapping.get("name"), str):
            name = mapping["name"]
        elif key in ("data", "stringData") and mapping.get("kind") == "Secret":
            name = "secret"
        yield key, name, value


def _leaves(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        if _SIGNATURE not in tree:
            for value in tree.values():
                yield from _leaves(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from _leaves(item)
    elif isinstance(tree, str) and tree not in ("", HIDDEN):
        yield tree
