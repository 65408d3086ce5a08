"""Rules for where secrets of Kubernetes workloads may stand."""

import re
from collections.abc import Iterator, Mapping

from .resource import UNKNOWN, Resource
from .rule import MANDATORY, ResourceRule
from .workload import literal_variables, objects, pod

_CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
_NAME = re.compile(
    r"(?i)pass(?:word|wd|phrase)|secret|credential|(?:private|submission|dkim|api|access)[_-]?key|token$|logins$"
)
# The place, name or id of a secret is none.
_OF_A_SECRET = re.compile(r"(?i)_file$|(?:name|id|ref|path)$")
_FORMS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|://[^/\s:@]+:[^/\s@]+@|\$(?:2[aby]|5|6|y)\$|\bSG\.[\w-]{16,}\.[\w-]{16,}"
    r"|(?im:^[ \t]*(?:\w*_)?(?:password|passwd|secret|api_key)[ \t]*[=:][ \t]*\S+)"
)


def _in_config_map(resource: Resource) -> Iterator[str]:
    if resource.type != _CONFIG_MAP:
        return
    data = resource.get("data")
    for key, value in data.items() if isinstance(data, Mapping) else ():
        if (
            isinstance(value, str)
            and value not in ("", UNKNOWN)
            and (_is_secret(key) or _FORMS.search(value))
        ):
            yield f"{resource.name}: the key {key} holds a secret"


def _in_environment(resource: Resource) -> Iterator[str]:
    for kind in ("containers", "initContainers"):
        for container in objects(pod(resource, "spec", kind)):
            for name, value in literal_variables(container).items():
                if value and _is_secret(name):
                    yield f"{resource.name}: the variable {name} stands in the pod in plain text"


def _is_secret(name: str) -> bool:
    return bool(_NAME.search(name)) and not _OF_A_SECRET.search(name)


RULES = (
    ResourceRule(
        name="no-secret-in-config-map",
        level=MANDATORY,
        why="Whoever may list ConfigMaps reads it, and it is stored without the encryption that Secrets can have.",
        fix="Put it into a Secret, and mount that.",
        check=_in_config_map,
    ),
    ResourceRule(
        name="no-secret-in-pod-environment",
        level=MANDATORY,
        why="Whoever may list pods reads it, and so does every process in the container.",
        fix="Mount a Secret, and name the file: RELAY_PASSWORD_FILE.",
        check=_in_environment,
    ),
)
