"""The stand-in Docker provider's containers: checks, differences, and the translation to and from the API.

Each promise is a behaviour of the real provider that a simpler stand-in would get wrong.
"""

from collections.abc import Callable
from typing import Any

import pytest

from local.plugins.docker.container import Container
from local.plugins.docker.container_format import create_body, read_outputs, update_body, volume_problem
from local.plugins.property import Change, without_defaults
from local.plugins.values import UNKNOWN

pytestmark = pytest.mark.unit

_CONTAINER = Container(client=None)
_HEALTHCHECK = {
    "tests": ["CMD", "true"],
    "interval": "5s",
    "timeout": "0s",
    "startPeriod": "0s",
    "startInterval": "0s",
}


def _checked(**inputs: Any) -> dict[str, Any]:
    checked, failures = _CONTAINER.check({}, {"image": "x", "name": "c", **inputs}, lambda length: "auto")
    assert not failures
    return without_defaults(checked)


def _problems(**inputs: Any) -> list[str]:
    _, failures = _CONTAINER.check({}, {"image": "x", "name": "c", **inputs}, lambda length: "auto")
    return [failure.text("c") for failure in failures]


def _inspection(**changes: Any) -> dict[str, Any]:
    """What a daemon says about a running container; keys such as `HostConfig.Memory` replace single values."""
    inspection: dict[str, Any] = {
        "Id": "c0ffee",
        "Name": "/c",
        "Platform": "linux",
        "State": {"Running": True, "ExitCode": 0},
        "Config": {
            "Image": "x",
            "Hostname": "c0ffee",
            "Domainname": "",
            "User": "",
            "WorkingDir": "",
            "Tty": False,
            "OpenStdin": False,
            "Cmd": ["serve"],
            "Entrypoint": None,
            "Env": ["PATH=/bin"],
            "Labels": {"of": "the image"},
        },
        "HostConfig": {
            "NetworkMode": "bridge",
            "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
            "LogConfig": {"Type": "json-file", "Config": {}},
            "Memory": 0,
            "MemorySwap": 0,
            "MemoryReservation": 0,
            "ShmSize": 67108864,
            "IpcMode": "private",
            "Runtime": "runc",
            "ReadonlyRootfs": False,
            "Tmpfs": None,
            "CapAdd": None,
            "CapDrop": None,
        },
        "NetworkSettings": {"Bridge": "", "Ports": {}, "Networks": {}},
    }
    for path, value in changes.items():
        section, _, key = path.partition(".")
        if key:
            inspection[section][key] = value
        else:
            inspection[section] = value
    return inspection


def _state(inputs: dict[str, Any], **inspection: Any) -> dict[str, Any]:
    """The state that an inspection gives for these inputs."""
    return _CONTAINER.state(inputs, read_outputs(_inspection(**inspection), inputs))


def _diff(state: dict[str, Any], inputs: dict[str, Any]) -> list[Change]:
    return _CONTAINER.diff("c0ffee", state, inputs)


def test_a_container_that_did_not_change_has_no_difference() -> None:
    inputs = _checked()
    assert _diff(_state(inputs), inputs) == []


def test_a_replacement_always_deletes_first() -> None:
    checked, _ = _CONTAINER.check({}, {"image": "x"}, lambda length: "c-1234567")
    assert checked["name"] == "c-1234567"
    assert _CONTAINER.deletes_before_replace(checked)


def test_ports_are_read_back_sorted() -> None:
    ports = {
        "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}],
        "25/tcp": [{"HostIp": "::1", "HostPort": "2526"}, {"HostIp": "127.0.0.1", "HostPort": "2525"}],
        "9/udp": None,
    }
    read = read_outputs(_inspection(**{"NetworkSettings.Ports": ports}), {})
    assert [(port["internal"], port["external"]) for port in read["ports"]] == [
        (25, 2525),
        (25, 2526),
        (80, 8080),
    ]


def test_ports_in_another_order_than_sorted_replace_at_every_preview() -> None:
    inputs = _checked(ports=[{"internal": 80, "external": 80}, {"internal": 25, "external": 25}])
    ports = {f"{port}/tcp": [{"HostIp": "0.0.0.0", "HostPort": str(port)}] for port in (25, 80)}
    changes = _diff(_state(inputs, **{"NetworkSettings.Ports": ports}), inputs)
    assert {change.path for change in changes} == {
        "ports[0].internal",
        "ports[0].external",
        "ports[1].internal",
        "ports[1].external",
    }
    assert all(change.replaces for change in changes)


def test_a_host_port_that_the_daemon_chose_is_no_difference() -> None:
    inputs = _checked(ports=[{"internal": 25}])
    ports = {"25/tcp": [{"HostIp": "0.0.0.0", "HostPort": "49153"}]}
    assert _diff(_state(inputs, **{"NetworkSettings.Ports": ports}), inputs) == []


def test_capabilities_without_prefix_replace_after_a_refresh() -> None:
    inputs = _checked(capabilities={"adds": ["NET_BIND_SERVICE"], "drops": ["ALL"]})
    state = _state(inputs, **{"HostConfig.CapAdd": ["NET_BIND_SERVICE"], "HostConfig.CapDrop": ["ALL"]})
    assert [(change.property_name, change.replaces) for change in _diff(state, inputs)] == [
        ("capabilities", True)
    ]


def test_capabilities_with_prefix_are_stable() -> None:
    inputs = _checked(capabilities={"adds": ["CAP_SETUID", "CAP_CHOWN"], "drops": ["ALL"]})
    state = _state(
        inputs, **{"HostConfig.CapAdd": ["CAP_CHOWN", "CAP_SETUID"], "HostConfig.CapDrop": ["ALL"]}
    )
    assert _diff(state, inputs) == []


def test_memory_without_swap_shows_an_update() -> None:
    inputs = _checked(memory=64)
    state = _state(inputs, **{"HostConfig.Memory": 64 << 20, "HostConfig.MemorySwap": 128 << 20})
    assert _diff(state, inputs) == [Change("memorySwap", "delete", replaces=False)]


def test_memory_with_swap_is_stable() -> None:
    inputs = _checked(memory=64, memorySwap=64)
    state = _state(inputs, **{"HostConfig.Memory": 64 << 20, "HostConfig.MemorySwap": 64 << 20})
    assert _diff(state, inputs) == []


def test_unlimited_swap_is_minus_one_here_and_there() -> None:
    inputs = _checked(memory=64, memorySwap=-1)
    assert create_body(inputs)["HostConfig"]["MemorySwap"] == -1
    assert _diff(_state(inputs, **{"HostConfig.Memory": 64 << 20, "HostConfig.MemorySwap": -1}), inputs) == []


def test_durations_are_compared_as_text() -> None:
    inputs = _checked(healthcheck={"tests": ["CMD", "true"], "interval": "60s"})
    state = _state(inputs, **{"Config.Healthcheck": {"Test": ["CMD", "true"], "Interval": 60_000_000_000}})
    assert _diff(state, inputs) == [Change("healthcheck.interval", "update", replaces=False)]


def test_a_healthcheck_without_retries_is_stable() -> None:
    inputs = _checked(healthcheck={"tests": ["CMD", "true"], "interval": "1m0s"})
    state = _state(inputs, **{"Config.Healthcheck": {"Test": ["CMD", "true"], "Interval": 60_000_000_000}})
    assert _diff(state, inputs) == []


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("healthcheck", _HEALTHCHECK, _HEALTHCHECK | {"interval": "7s"}),
        ("tmpfs", {"/run": "mode=0755"}, {"/run": "mode=0700"}),
        ("init", False, True),
        ("restart", "no", "always"),
        ("memory", 64, 128),
        ("destroyGraceSeconds", 1, 2),
        ("wait", False, True),
        ("mustRun", True, False),
    ],
)
def test_a_change_that_the_provider_calls_an_update_does_not_replace(
    name: str, before: Any, after: Any
) -> None:
    changes = _diff(_state(_checked()) | {name: before}, _checked(**{name: after}))
    assert {(change.property_name, change.replaces) for change in changes} == {(name, False)}


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("image", "x", "y"),
        ("name", "c", "d"),
        ("command", ["a"], ["b"]),
        ("envs", ["A=1"], ["A=2"]),
        ("labels", [{"label": "a", "value": "1"}], [{"label": "a", "value": "2"}]),
        ("networksAdvanced", [{"name": "n"}], [{"name": "m"}]),
        ("networkMode", "bridge", "host"),
        ("hosts", [{"host": "a", "ip": "10.0.0.1"}], [{"host": "a", "ip": "host-gateway"}]),
        ("uploads", [{"file": "/a", "content": "1"}], [{"file": "/a", "content": "2"}]),
        ("securityOpts", ["no-new-privileges"], ["no-new-privileges:true"]),
        ("readOnly", False, True),
        ("stopTimeout", 1, 2),
        ("ulimits", [{"name": "nofile", "soft": 1, "hard": 1}], [{"name": "nofile", "soft": 1, "hard": 2}]),
    ],
)
def test_a_change_of_what_is_fixed_at_creation_replaces(name: str, before: Any, after: Any) -> None:
    changes = _diff(_state(_checked()) | {name: before}, _checked(**{name: after}))
    assert {(change.property_name, change.replaces) for change in changes} == {(name, True)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("envs", ["A=1"]),
        ("labels", [{"label": "a", "value": "1"}]),
        ("command", ["a"]),
        ("healthcheck", _HEALTHCHECK),
        ("hostname", "h"),
        ("user", "nobody"),
        ("workingDir", "/srv"),
        ("init", True),
        ("stopTimeout", 3),
        ("stopSignal", "SIGINT"),
        ("shmSize", 128),
        ("securityOpts", ["no-new-privileges"]),
        ("logDriver", "none"),
    ],
)
def test_what_the_program_no_longer_says_about_a_computed_property_is_no_difference(
    name: str, value: Any
) -> None:
    assert _diff(_state(_checked()) | {name: value}, _checked()) == []


@pytest.mark.parametrize(
    ("name", "value", "replaces"),
    [
        ("ports", [{"internal": 25, "external": 25, "ip": "0.0.0.0", "protocol": "tcp"}], True),
        ("uploads", [{"file": "/a", "content": "x"}], True),
        ("capabilities", {"adds": [], "drops": ["ALL"]}, True),
        ("ulimits", [{"name": "nofile", "soft": 1, "hard": 1}], True),
        ("dns", ["10.0.0.1"], True),
        ("readOnly", True, True),
        ("mounts", [{"target": "/a", "type": "tmpfs"}], True),
        ("volumes", [{"containerPath": "/a", "volumeName": "v"}], True),
        ("memory", 64, False),
        ("tmpfs", {"/run": ""}, False),
        ("cpuShares", 512, False),
    ],
)
def test_what_the_program_no_longer_says_about_any_other_property_is_a_difference(
    name: str, value: Any, replaces: bool
) -> None:
    changes = _diff(_state(_checked()) | {name: value}, _checked())
    assert {(change.property_name, change.kind, change.replaces) for change in changes} == {
        (name, "delete", replaces)
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("envs", ["B=2", "A=1"]),
        ("labels", [{"label": "b", "value": "2"}, {"label": "a", "value": "1"}]),
        ("networksAdvanced", [{"name": "n", "aliases": ["b", "a"]}, {"name": "m"}]),
        ("uploads", [{"file": "/b", "content": "2"}, {"file": "/a", "content": "1"}]),
        ("volumes", [{"containerPath": "/b", "volumeName": "v"}, {"containerPath": "/a", "volumeName": "w"}]),
        ("dns", ["10.0.0.2", "10.0.0.1"]),
    ],
)
def test_the_order_of_a_set_is_no_difference(name: str, value: list[Any]) -> None:
    assert _diff(_state(_checked()) | {name: value}, _checked(**{name: value[::-1]})) == []


def test_environment_variables_are_returned_sorted() -> None:
    assert _state(_checked(envs=["B=2", "A=1"]))["envs"] == ["A=1", "B=2"]


def test_the_environment_and_labels_of_the_image_are_not_taken_over() -> None:
    state = _state(_checked())
    assert (state["envs"], state["labels"]) == ([], [])


def test_a_stopped_container_that_must_run_is_an_update() -> None:
    inputs = _checked(ports=[{"internal": 25, "external": 25}])
    ports = {"25/tcp": [{"HostIp": "0.0.0.0", "HostPort": "25"}]}
    running = _state(inputs, **{"NetworkSettings.Ports": ports})
    stopped = _CONTAINER.state(
        running, read_outputs(_inspection(State={"Running": False, "ExitCode": 3}), running)
    )
    assert stopped["exitCode"] == 3
    assert _diff(stopped, inputs) == [Change("mustRun", "update", replaces=False)]


def test_a_stopped_container_that_need_not_run_has_no_difference() -> None:
    inputs = _checked(mustRun=False, start=False)
    assert _diff(_state(inputs, State={"Running": False, "ExitCode": 0}), inputs) == []


def test_a_healthcheck_that_only_the_state_knows_survives_a_refresh() -> None:
    state = _state(_checked()) | {"healthcheck": _HEALTHCHECK}
    refreshed = _CONTAINER.state(state, read_outputs(_inspection(), state))
    assert refreshed["healthcheck"] == _HEALTHCHECK


def test_a_tmpfs_that_only_the_state_knows_comes_back_as_a_difference_after_a_refresh() -> None:
    inputs = _checked(tmpfs={"/run": "mode=0755"})
    state = _state(_checked()) | {"tmpfs": {"/run": "mode=0755"}}
    refreshed = _CONTAINER.state(state, read_outputs(_inspection(), state))
    assert {change.property_name for change in _diff(refreshed, inputs)} == {"tmpfs"}


def test_a_container_whose_creation_did_not_end_is_replaced() -> None:
    inputs = _checked()
    unread = {name: value for name, value in _CONTAINER.preview(None, inputs).items() if value is not UNKNOWN}
    assert {(change.path, change.replaces) for change in _diff(unread, inputs)} == {
        ("command", True),
        ("entrypoints", True),
        ("networkDatas", True),
    }


def test_a_preview_knows_what_the_program_says_and_not_what_the_daemon_will_choose() -> None:
    preview = _CONTAINER.preview(None, _checked(envs=["A=1"]))
    unknown = {name for name, value in preview.items() if value is UNKNOWN}
    assert unknown == {
        "bridge",
        "containerLogs",
        "exitCode",
        "networkDatas",
        "command",
        "entrypoints",
        "healthcheck",
        "hostname",
        "init",
        "ipcMode",
        "labels",
        "logDriver",
        "platform",
        "runtime",
        "securityOpts",
        "shmSize",
        "stopSignal",
        "stopTimeout",
    }
    assert preview["envs"] == ["A=1"]


def test_an_import_finds_nothing_about_how_the_provider_treats_the_container() -> None:
    state = _state({})
    assert [state[name] for name in ("start", "wait", "waitTimeout", "removeVolumes")] == [None] * 4


def test_the_defaults_are_those_of_the_real_provider() -> None:
    checked, _ = _CONTAINER.check({}, {"image": "x"}, lambda length: "auto")
    assert checked == {
        "image": "x",
        "name": "auto",
        "networkMode": "bridge",
        "restart": "no",
        "waitTimeout": 60,
        "start": True,
        "mustRun": True,
        "containerReadRefreshTimeoutMilliseconds": 15000,
        "removeVolumes": True,
        "__defaults": [
            "containerReadRefreshTimeoutMilliseconds",
            "mustRun",
            "name",
            "networkMode",
            "removeVolumes",
            "restart",
            "start",
            "waitTimeout",
        ],
    }


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ({"nosuchprop": 1}, "Invalid or unknown key. Examine values at 'c.nosuchprop'."),
        (
            {"gpus": "all"},
            "the stand-in does not implement 'gpus'. Examine values at 'c.gpus'.",
        ),
        (
            {"gpus": UNKNOWN},
            "the stand-in does not implement 'gpus'. Examine values at 'c.gpus'.",
        ),
        (
            {"mounts": [{"target": "/a", "type": "volume", "volumeOptions": {"noCopy": True}}]},
            "the stand-in does not implement 'mounts[0].volumeOptions'. "
            "Examine values at 'c.mounts[0].volumeOptions'.",
        ),
        (
            {"restart": "sometimes"},
            "'sometimes' doesn't match the pattern '^(no|on-failure|always|unless-stopped)$'. "
            "Examine values at 'c.restart'.",
        ),
        (
            {"healthcheck": {"tests": ["NONE"], "interval": "banana"}},
            "'banana' is not a valid duration. Examine values at 'c.healthcheck.interval'.",
        ),
        (
            {"image": None},
            'Missing required argument. The argument "image" is required, but no definition was found.. '
            "Examine values at 'c.image'.",
        ),
        (
            {"uploads": [{"file": "/a", "contentBase64": "AAA"}]},
            "the value is not base64 decodeable: Incorrect padding. Examine values at 'c.uploads[0].contentBase64'.",
        ),
        ({"cpus": "half"}, r"'half' doesn't match the pattern '^\d*\.?\d+$'. Examine values at 'c.cpus'."),
        ({"exitCode": 1}, "Invalid or unknown key. Examine values at 'c.exitCode'."),
    ],
)
def test_a_bad_property_is_refused_with_its_place(inputs: dict[str, Any], problem: str) -> None:
    assert _problems(**inputs) == [problem]


def _host_config(**inputs: Any) -> dict[str, Any]:
    return create_body(_checked(**inputs))["HostConfig"]


@pytest.mark.parametrize(
    ("inputs", "part", "key", "value"),
    [
        ({"command": ["a", "b"]}, create_body, "Cmd", ["a", "b"]),
        ({"entrypoints": ["a"]}, create_body, "Entrypoint", ["a"]),
        ({"stopTimeout": 30}, create_body, "StopTimeout", 30),
        ({"labels": [{"label": "a", "value": "1"}]}, create_body, "Labels", {"a": "1"}),
        ({"user": "nobody"}, create_body, "User", "nobody"),
    ],
)
def test_the_configuration_reaches_the_api(
    inputs: dict[str, Any], part: Callable[..., dict[str, Any]], key: str, value: Any
) -> None:
    assert part(_checked(**inputs))[key] == value


@pytest.mark.parametrize(
    ("inputs", "key", "value"),
    [
        ({"memory": 64}, "Memory", 64 << 20),
        ({"shmSize": 32}, "ShmSize", 32 << 20),
        ({"cpus": "0.5"}, "NanoCpus", 500_000_000),
        ({"init": True}, "Init", True),
        ({"dns": ["10.0.0.1"]}, "Dns", ["10.0.0.1"]),
        ({"tmpfs": {"/run": "mode=0755"}}, "Tmpfs", {"/run": "mode=0755"}),
        ({"hosts": [{"host": "h", "ip": "host-gateway"}]}, "ExtraHosts", ["h:host-gateway"]),
        (
            {"ports": [{"internal": 25, "external": 2525, "ip": "127.0.0.1"}]},
            "PortBindings",
            {"25/tcp": [{"HostIp": "127.0.0.1", "HostPort": "2525"}]},
        ),
        ({"ports": [{"internal": 25}]}, "PortBindings", {"25/tcp": [{"HostIp": "0.0.0.0", "HostPort": ""}]}),
        ({"volumes": [{"containerPath": "/a", "volumeName": "v"}]}, "Binds", ["v:/a:rw"]),
        (
            {"volumes": [{"containerPath": "/a", "hostPath": "/b", "readOnly": True, "selinuxRelabel": "z"}]},
            "Binds",
            ["/b:/a:ro,z"],
        ),
        ({"volumes": [{"fromContainer": "other"}]}, "VolumesFrom", ["other"]),
        ({"capabilities": {"adds": ["CAP_CHOWN"]}}, "CapAdd", ["CAP_CHOWN"]),
        (
            {"restart": "on-failure", "maxRetryCount": 3},
            "RestartPolicy",
            {"Name": "on-failure", "MaximumRetryCount": 3},
        ),
        (
            {"logDriver": "local", "logOpts": {"max-size": "1m"}},
            "LogConfig",
            {"Type": "local", "Config": {"max-size": "1m"}},
        ),
        (
            {"ulimits": [{"name": "nofile", "soft": 1, "hard": 2}]},
            "Ulimits",
            [{"Name": "nofile", "Soft": 1, "Hard": 2}],
        ),
        (
            {
                "mounts": [
                    {"target": "/a", "type": "tmpfs", "tmpfsOptions": {"sizeBytes": 4096, "mode": 1023}}
                ]
            },
            "Mounts",
            [
                {
                    "Target": "/a",
                    "Type": "tmpfs",
                    "Source": "",
                    "ReadOnly": False,
                    "TmpfsOptions": {"SizeBytes": 4096, "Mode": 1023},
                }
            ],
        ),
    ],
)
def test_the_host_configuration_reaches_the_api(inputs: dict[str, Any], key: str, value: Any) -> None:
    assert _host_config(**inputs)[key] == value


def test_a_healthcheck_reaches_the_api_in_nanoseconds() -> None:
    healthcheck = create_body(_checked(healthcheck={"tests": ["CMD", "x"], "interval": "1m", "retries": 2}))[
        "Healthcheck"
    ]
    assert (healthcheck["Test"], healthcheck["Interval"], healthcheck["Retries"]) == (
        ["CMD", "x"],
        60_000_000_000,
        2,
    )


def test_an_update_leaves_alone_what_the_program_does_not_say() -> None:
    body = update_body(_checked(memory=64))
    assert body["mem_limit"] == 64 << 20
    assert body["memswap_limit"] is None


@pytest.mark.parametrize(
    ("volume", "problem"),
    [
        ({"volumeName": "v"}, "Volume entry without container path or source container"),
        (
            {"containerPath": "/a", "fromContainer": "other"},
            "Both a container and a path specified in a volume entry",
        ),
    ],
)
def test_a_volume_entry_that_makes_no_sense_is_refused(volume: dict[str, str], problem: str) -> None:
    assert volume_problem([volume]) == problem
