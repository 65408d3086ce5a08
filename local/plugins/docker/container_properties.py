"""The properties of docker:index/container:Container.

What replaces, what is computed and what is a set follows the real provider, its surprises included:
`ports` is a list, `healthcheck`, `tmpfs` and `init` change without a replacement.
"""

from local.plugins.docker.durations import duration_problem
from local.plugins.docker.properties import labels, matches, objects, string_map, strings
from local.plugins.docker.uploads import base64_problem
from local.plugins.property import Property, not_implemented

_DURATION = Property(str, default="0s", validate=duration_problem)

_PORT = {
    "internal": Property(int, required=True),
    "external": Property(int, computed=True),
    "ip": Property(str, default="0.0.0.0"),
    "protocol": Property(str, default="tcp"),
}

_NETWORK = {
    "name": Property(str, required=True),
    "aliases": strings(as_set=True),
    "ipv4Address": Property(str),
    "ipv6Address": Property(str),
    "linkLocalIps": strings(as_set=True),
    "macAddress": Property(str),
    **not_implemented("driverOpts", "gwPriority"),
}

_HEALTHCHECK = {
    "tests": strings(),
    "interval": _DURATION,
    "timeout": _DURATION,
    "startPeriod": _DURATION,
    "startInterval": _DURATION,
    "retries": Property(int),
}

_UPLOAD = {
    "file": Property(str, required=True),
    "content": Property(str),
    "contentBase64": Property(str, validate=base64_problem),
    "source": Property(str),
    "sourceHash": Property(str),
    "executable": Property(bool),
    "permissions": Property(str, validate=matches("0[0-7]{3}")),
    **not_implemented("group", "owner"),
}

_MOUNT = {
    "target": Property(str, required=True),
    "type": Property(str, required=True, validate=matches("(bind|volume|tmpfs)")),
    "source": Property(str),
    "readOnly": Property(bool),
    "bindOptions": Property(
        dict,
        properties={
            "propagation": Property(str, validate=matches("(private|rprivate|shared|rshared|slave|rslave)"))
        },
    ),
    "tmpfsOptions": Property(dict, properties={"sizeBytes": Property(int), "mode": Property(int)}),
    **not_implemented("volumeOptions"),
}

_VOLUME = {
    "containerPath": Property(str),
    "volumeName": Property(str),
    "hostPath": Property(str),
    "fromContainer": Property(str),
    "readOnly": Property(bool),
    "selinuxRelabel": Property(str, validate=matches("(z|Z)")),
}

_ULIMIT = {
    "name": Property(str, required=True),
    "soft": Property(int, required=True),
    "hard": Property(int, required=True),
}

CONTAINER_PROPERTIES = {
    "name": Property(str, replaces=True),
    "image": Property(str, required=True, replaces=True),
    "command": strings(replaces=True, computed=True),
    "entrypoints": strings(replaces=True, computed=True),
    "envs": strings(replaces=True, computed=True, as_set=True),
    "labels": labels(computed=True),
    "hostname": Property(str, replaces=True, computed=True),
    "domainname": Property(str, replaces=True),
    "user": Property(str, replaces=True),
    "groupAdds": strings(replaces=True, as_set=True),
    "workingDir": Property(str, replaces=True),
    "platform": Property(str, replaces=True, computed=True),
    # Networks
    "ports": objects(_PORT, replaces=True),
    "publishAllPorts": Property(bool, replaces=True),
    "networkMode": Property(str, replaces=True, default="bridge"),
    "networksAdvanced": objects(_NETWORK, replaces=True, as_set=True),
    "hosts": objects(
        {"host": Property(str, required=True), "ip": Property(str, required=True)}, replaces=True, as_set=True
    ),
    "dns": strings(replaces=True, as_set=True),
    "dnsSearches": strings(replaces=True, as_set=True),
    "dnsOpts": strings(replaces=True, as_set=True),
    # Files
    "volumes": objects(_VOLUME, replaces=True, as_set=True),
    "mounts": objects(_MOUNT, replaces=True, as_set=True),
    "tmpfs": string_map(),
    "uploads": objects(_UPLOAD, replaces=True, as_set=True),
    "readOnly": Property(bool, replaces=True),
    "storageOpts": string_map(replaces=True),
    # Confinement
    "privileged": Property(bool, replaces=True),
    "capabilities": Property(
        dict, replaces=True, properties={"adds": strings(as_set=True), "drops": strings(as_set=True)}
    ),
    "securityOpts": strings(replaces=True, computed=True, as_set=True),
    "sysctls": string_map(replaces=True),
    "ulimits": objects(_ULIMIT, replaces=True, as_set=True),
    "cgroupnsMode": Property(str, replaces=True, validate=matches("(private|host)")),
    "ipcMode": Property(str, replaces=True, computed=True),
    "pidMode": Property(str, replaces=True),
    "usernsMode": Property(str, replaces=True),
    "runtime": Property(str, replaces=True, computed=True),
    # Limits
    "memory": Property(int),
    "memorySwap": Property(int),
    "memoryReservation": Property(int),
    "shmSize": Property(int, replaces=True, computed=True),
    "cpuShares": Property(int),
    "cpuSet": Property(str, validate=matches(r"\d+([,-]\d+)*")),
    "cpuPeriod": Property(int),
    "cpuQuota": Property(int),
    "cpus": Property(str, replaces=True, validate=matches(r"\d*\.?\d+")),
    # Life
    "restart": Property(str, default="no", validate=matches("(no|on-failure|always|unless-stopped)")),
    "maxRetryCount": Property(int),
    "init": Property(bool, computed=True),
    "healthcheck": Property(dict, computed=True, properties=_HEALTHCHECK),
    "wait": Property(bool),
    "waitTimeout": Property(int, default=60),
    "start": Property(bool, default=True),
    "mustRun": Property(bool, default=True),
    # Starting is synchronous here, so nothing waits that long; the real provider sends this default.
    "containerReadRefreshTimeoutMilliseconds": Property(int, default=15000),
    "stopSignal": Property(str, replaces=True, computed=True),
    "stopTimeout": Property(int, replaces=True, computed=True),
    "destroyGraceSeconds": Property(int),
    "removeVolumes": Property(bool, default=True),
    # Terminal and logs
    "tty": Property(bool, replaces=True),
    "stdinOpen": Property(bool, replaces=True),
    "logDriver": Property(str, replaces=True, computed=True),
    "logOpts": string_map(replaces=True),
    # Outputs
    "bridge": Property(str, output_only=True),
    "containerLogs": Property(str, output_only=True),
    "exitCode": Property(int, output_only=True),
    "networkDatas": Property(list, output_only=True),
    **not_implemented(
        "attach",
        "cgroupParent",
        "deviceCgroupRules",
        "deviceReadBps",
        "deviceReadIops",
        "deviceRequests",
        "deviceWriteBps",
        "deviceWriteIops",
        "devices",
        "gpus",
        "logs",
        "rm",
    ),
}
