"""Containers as the SDK has them, and as the Docker API has them. Pure functions, no calls."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from local.plugins.docker.durations import duration, nanoseconds
from local.plugins.docker.properties import labels_to_map

_MEBIBYTE = 1024 * 1024

# Properties whose value is the same in the API: in `Config`, in `HostConfig`, and there in MiB here and bytes there.
_CONFIG = {
    "command": "Cmd",
    "domainname": "Domainname",
    "entrypoints": "Entrypoint",
    "hostname": "Hostname",
    "stdinOpen": "OpenStdin",
    "stopSignal": "StopSignal",
    "stopTimeout": "StopTimeout",
    "tty": "Tty",
    "user": "User",
    "workingDir": "WorkingDir",
}
_HOST_CONFIG = {
    "cpuPeriod": "CpuPeriod",
    "cpuQuota": "CpuQuota",
    "cpuSet": "CpusetCpus",
    "cpuShares": "CpuShares",
    "dns": "Dns",
    "dnsOpts": "DnsOptions",
    "dnsSearches": "DnsSearch",
    "groupAdds": "GroupAdd",
    "init": "Init",
    "ipcMode": "IpcMode",
    "networkMode": "NetworkMode",
    "pidMode": "PidMode",
    "privileged": "Privileged",
    "publishAllPorts": "PublishAllPorts",
    "readOnly": "ReadonlyRootfs",
    "runtime": "Runtime",
    "securityOpts": "SecurityOpt",
    "storageOpts": "StorageOpt",
    "sysctls": "Sysctls",
    "tmpfs": "Tmpfs",
    "usernsMode": "UsernsMode",
}
_MEBIBYTES = {
    "memory": "Memory",
    "memoryReservation": "MemoryReservation",
    "memorySwap": "MemorySwap",
    "shmSize": "ShmSize",
}


def create_body(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The body of the request that creates the container."""
    body = {api: inputs[name] for name, api in _CONFIG.items() if inputs.get(name) is not None}
    body |= {
        "Image": inputs["image"],
        "Env": inputs.get("envs", []),
        "Labels": labels_to_map(inputs.get("labels")),
        "ExposedPorts": {_port_key(port): {} for port in inputs.get("ports", ())},
        "Volumes": {
            volume["containerPath"]: {} for volume in inputs.get("volumes", ()) if volume.get("containerPath")
        },
        "HostConfig": _host_config(inputs),
    }
    if inputs.get("healthcheck"):
        body["Healthcheck"] = _healthcheck(inputs["healthcheck"])
    return body


def update_body(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What can be changed while the container exists, as keyword arguments of the client's `update_container`."""
    return {
        "restart_policy": _restart_policy(inputs),
        "cpu_shares": inputs.get("cpuShares"),
        "cpuset_cpus": inputs.get("cpuSet"),
        "mem_limit": _bytes(inputs.get("memory")),
        "mem_reservation": _bytes(inputs.get("memoryReservation")),
        "memswap_limit": _bytes(inputs.get("memorySwap")),
    }


def read_outputs(container: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """What the inspection of a container says about its properties.

    `known` is the state (or, after a create, the inputs): it decides where the real provider does not look at the
    container. Everything that this does not return stays as it was.
    """
    config, host = container["Config"], container["HostConfig"]
    running, networks = container["State"]["Running"], container["NetworkSettings"]
    outputs = {name: config.get(api) for name, api in _CONFIG.items()}
    outputs |= {name: host.get(api) for name, api in _HOST_CONFIG.items()}
    outputs |= {name: _mebibytes(host.get(api)) for name, api in _MEBIBYTES.items()}
    outputs |= {
        "name": container["Name"].removeprefix("/"),
        "image": known.get("image", config["Image"]),
        "platform": container["Platform"],
        "command": config.get("Cmd") or [],
        "entrypoints": config.get("Entrypoint") or [],
        "envs": known.get("envs") or [],
        "labels": known.get("labels") or [],
        "securityOpts": host.get("SecurityOpt") or [],
        "init": bool(host.get("Init")),
        "stopSignal": config.get("StopSignal", ""),
        "stopTimeout": config.get("StopTimeout", 0),
        "restart": host["RestartPolicy"]["Name"],
        "maxRetryCount": host["RestartPolicy"]["MaximumRetryCount"],
        "logDriver": host["LogConfig"]["Type"],
        "logOpts": host["LogConfig"]["Config"],
        "hosts": [_host(entry) for entry in host.get("ExtraHosts") or ()],
        "ulimits": [
            {"name": limit["Name"], "soft": limit["Soft"], "hard": limit["Hard"]}
            for limit in host.get("Ulimits") or ()
        ],
        "mounts": [_read_mount(mount) for mount in host.get("Mounts") or ()],
        "capabilities": _read_capabilities(host),
        "bridge": networks.get("Bridge", ""),
        "networkDatas": _read_networks(networks["Networks"]),
        # A container that does not run though it must is started again by the next update.
        "mustRun": known.get("mustRun") and running,
    }
    if running:
        # A container that does not run publishes nothing.
        outputs["ports"] = _read_ports(networks["Ports"])
    else:
        outputs["exitCode"] = container["State"]["ExitCode"]
    if config.get("Healthcheck"):
        outputs["healthcheck"] = _read_healthcheck(config["Healthcheck"])
    return outputs


def _host_config(inputs: Mapping[str, Any]) -> dict[str, Any]:
    host = {api: inputs[name] for name, api in _HOST_CONFIG.items() if inputs.get(name) is not None}
    host |= {api: _bytes(inputs[name]) for name, api in _MEBIBYTES.items() if inputs.get(name) is not None}
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in inputs.get("ports", ()):
        binding = {"HostIp": port["ip"], "HostPort": str(port.get("external") or "")}
        bindings.setdefault(_port_key(port), []).append(binding)
    volumes, capabilities = inputs.get("volumes", ()), inputs.get("capabilities", {})
    host |= {
        "PortBindings": bindings,
        "Binds": [_bind(volume) for volume in volumes if volume.get("volumeName") or volume.get("hostPath")],
        "VolumesFrom": [volume["fromContainer"] for volume in volumes if volume.get("fromContainer")],
        "Mounts": [_mount(mount) for mount in inputs.get("mounts", ())],
        "ExtraHosts": [f"{entry['host']}:{entry['ip']}" for entry in inputs.get("hosts", ())],
        "Ulimits": [
            {"Name": limit["name"], "Soft": limit["soft"], "Hard": limit["hard"]}
            for limit in inputs.get("ulimits", ())
        ],
        "CapAdd": capabilities.get("adds", []),
        "CapDrop": capabilities.get("drops", []),
        "RestartPolicy": _restart_policy(inputs),
        "LogConfig": {"Type": inputs.get("logDriver", ""), "Config": inputs.get("logOpts", {})},
    }
    if inputs.get("cpus"):
        host["NanoCpus"] = int(Decimal(inputs["cpus"]) * 1_000_000_000)
    if inputs.get("cgroupnsMode"):
        host["CgroupnsMode"] = inputs["cgroupnsMode"]
    return host


def _bytes(mebibytes: int | None) -> int | None:
    """Bytes; -1, which is no limit, and None stay what they are."""
    return mebibytes * _MEBIBYTE if mebibytes and mebibytes > 0 else mebibytes


def _mebibytes(count: int | None) -> int | None:
    return count // _MEBIBYTE if count and count > 0 else count


def _restart_policy(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {"Name": inputs["restart"], "MaximumRetryCount": inputs.get("maxRetryCount", 0)}


def _port_key(port: Mapping[str, Any]) -> str:
    return f"{port['internal']}/{port['protocol']}"


def _read_ports(ports: Mapping[str, list[dict[str, str]] | None]) -> list[dict[str, Any]]:
    """The published ports as the real provider returns them: sorted, whatever the program's order is."""
    read = [
        {
            "internal": int(key.partition("/")[0]),
            "external": int(binding["HostPort"]),
            "ip": binding["HostIp"],
            "protocol": key.partition("/")[2],
        }
        for key, bindings in ports.items()
        for binding in bindings or ()
    ]
    return sorted(read, key=lambda port: (port["internal"], port["external"]))


def _bind(volume: Mapping[str, Any]) -> str:
    source = volume.get("volumeName") or volume["hostPath"]
    options = ["ro" if volume.get("readOnly") else "rw"]
    if volume.get("selinuxRelabel"):
        options.append(volume["selinuxRelabel"])
    return f"{source}:{volume['containerPath']}:{','.join(options)}"


def _mount(mount: Mapping[str, Any]) -> dict[str, Any]:
    body = {
        "Target": mount["target"],
        "Type": mount["type"],
        "Source": mount.get("source", ""),
        "ReadOnly": mount.get("readOnly", False),
    }
    if mount["type"] == "bind" and mount.get("bindOptions"):
        body["BindOptions"] = {"Propagation": mount["bindOptions"].get("propagation", "")}
    if mount["type"] == "tmpfs" and mount.get("tmpfsOptions"):
        options = mount["tmpfsOptions"]
        body["TmpfsOptions"] = {"SizeBytes": options.get("sizeBytes", 0), "Mode": options.get("mode", 0)}
    return body


def _read_mount(mount: Mapping[str, Any]) -> dict[str, Any]:
    read = {
        "target": mount["Target"],
        "type": mount["Type"],
        "source": mount.get("Source", ""),
        "readOnly": mount.get("ReadOnly", False),
    }
    if "BindOptions" in mount:
        read["bindOptions"] = {"propagation": mount["BindOptions"].get("Propagation", "")}
    if "TmpfsOptions" in mount:
        options = mount["TmpfsOptions"]
        read["tmpfsOptions"] = {"sizeBytes": options.get("SizeBytes", 0), "mode": options.get("Mode", 0)}
    return read


def _host(entry: str) -> dict[str, str]:
    name, _, address = entry.partition(":")
    return {"host": name, "ip": address}


def _read_capabilities(host: Mapping[str, Any]) -> dict[str, list[str]] | None:
    """The capabilities with the prefix that the real provider gives them when it reads."""
    adds, drops = (
        [name if name == "ALL" or name.startswith("CAP_") else f"CAP_{name}" for name in host.get(key) or ()]
        for key in ("CapAdd", "CapDrop")
    )
    return {"adds": adds, "drops": drops} if adds or drops else None


def _read_networks(networks: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "networkName": name,
            "ipAddress": network["IPAddress"],
            "ipPrefixLength": network["IPPrefixLen"],
            "gateway": network["Gateway"],
            "macAddress": network["MacAddress"],
            "globalIpv6Address": network["GlobalIPv6Address"],
            "globalIpv6PrefixLength": network["GlobalIPv6PrefixLen"],
            "ipv6Gateway": network["IPv6Gateway"],
        }
        for name, network in sorted(networks.items())
    ]


def _healthcheck(healthcheck: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Test": healthcheck.get("tests", []),
        "Interval": nanoseconds(healthcheck["interval"]),
        "Timeout": nanoseconds(healthcheck["timeout"]),
        "StartPeriod": nanoseconds(healthcheck["startPeriod"]),
        "StartInterval": nanoseconds(healthcheck["startInterval"]),
        "Retries": healthcheck.get("retries", 0),
    }


def _read_healthcheck(healthcheck: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "tests": healthcheck.get("Test") or [],
        "interval": duration(healthcheck.get("Interval", 0)),
        "timeout": duration(healthcheck.get("Timeout", 0)),
        "startPeriod": duration(healthcheck.get("StartPeriod", 0)),
        "startInterval": duration(healthcheck.get("StartInterval", 0)),
        "retries": healthcheck.get("Retries", 0),
    }


def volume_problem(volumes: Iterable[Mapping[str, Any]]) -> str | None:
    """Why the daemon could not be asked for these volumes, in the words of the real provider; or None."""
    for volume in volumes:
        if not volume.get("containerPath") and not volume.get("fromContainer"):
            return "Volume entry without container path or source container"
        if volume.get("containerPath") and volume.get("fromContainer"):
            return "Both a container and a path specified in a volume entry"
    return None
