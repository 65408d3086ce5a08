"""The relay on Docker: exact children and inputs, right with the provider's traps, no secret in plain sight."""

import json

import pulumi
import pytest

from components import DockerRelay, relay_settings
from components.arguments import InvalidArgument

from .certificates import CERTIFICATE, RSA_KEY
from .recorder import record

pytestmark = pytest.mark.unit

UPSTREAM = relay_settings.smtp("mail.example.com", user="me", password="hunter2")


def docker_relay(**args):
    def program():
        made = DockerRelay("relay", {"relay": UPSTREAM, "allowed_sender_domains": ["example.com"], **args})
        return {"smtp_address": made.smtp_address, "workload": made.workload, "network": made.network}

    return program


def container(**args):
    return record(docker_relay(**args))[0].named("relay", "Container")


def environment(**args):
    return dict(variable.split("=", 1) for variable in container(**args).inputs["envs"])


def test_it_is_an_image_a_network_a_queue_and_a_container():
    recorder, _ = record(docker_relay())
    assert recorder.names() == [
        ("docker:index/container:Container", "relay"),
        ("docker:index/network:Network", "relay"),
        ("docker:index/remoteImage:RemoteImage", "relay"),
        ("docker:index/volume:Volume", "relay-queue"),
        ("opensmtpd:index:DockerRelay", "relay"),
    ]


def test_the_outputs_say_where_to_submit_and_what_runs():
    _, outputs = record(docker_relay(port=2600))
    assert outputs == {
        "smtp_address": "127.0.0.1:2600",
        "workload": "relay-1a2b3c4",
        "network": "relay-1a2b3c4",
    }


def test_the_environment_is_the_images_contract():
    assert environment(allowed_networks=["10.0.0.0/8", "192.168.0.0/16"], hostname="relay.example.com") == {
        "RELAY_HOST": "mail.example.com",
        "RELAY_PORT": "587",
        "RELAY_PROTO": "smtp+tls",
        "RELAY_USER": "me",
        "RELAY_PASSWORD": "hunter2",
        "OPENSMTPD_ALLOWED_SENDER_DOMAINS": "example.com",
        "OPENSMTPD_ALLOWED_NETWORKS": "10.0.0.0/8,192.168.0.0/16",
        "OPENSMTPD_HOSTNAME": "relay.example.com",
    }


def test_the_environment_is_secret_and_the_password_is_nowhere_else():
    recorder, _ = record(docker_relay())
    for resource in recorder.resources:
        plain = {key: value for key, value in resource.inputs.items() if key not in resource.secret}
        assert "hunter2" not in json.dumps(plain)
    assert "envs" in recorder.named("relay", "Container").secret


def test_the_root_is_read_only_and_privileges_are_the_measured_ones():
    inputs = container().inputs
    assert inputs["readOnly"] is True
    assert inputs["securityOpts"] == ["no-new-privileges:true"]
    assert inputs["capabilities"]["drops"] == ["ALL"]
    assert inputs["capabilities"]["adds"] == [
        "CAP_CHOWN",
        "CAP_FOWNER",
        "CAP_NET_BIND_SERVICE",
        "CAP_SETGID",
        "CAP_SETUID",
        "CAP_SYS_CHROOT",
    ]


def test_it_listens_on_loopback_unless_told_otherwise():
    assert container().inputs["ports"] == [
        {"internal": 25, "external": 2525, "ip": "127.0.0.1", "protocol": "tcp"}
    ]


def test_metrics_are_published_only_when_asked_for_under_the_same_number():
    assert container(options={"metrics_port": 9100}, address="10.0.0.1").inputs["ports"][1:] == [
        {"internal": 9100, "external": 9100, "ip": "10.0.0.1", "protocol": "tcp"}
    ]


def test_clients_that_log_in_have_a_port_of_their_own():
    submission = {
        "submission_certificate": CERTIFICATE,
        "submission_key": RSA_KEY,
        "submission_logins": "app:$6$saltsalt$" + "a" * 86,
    }
    assert container(options=submission, submission_port=2587).inputs["ports"][1:] == [
        {"internal": 587, "external": 2587, "ip": "127.0.0.1", "protocol": "tcp"}
    ]


def test_ports_are_in_the_order_in_which_the_provider_reads_them_back():
    ports = container(options={"metrics_port": pulumi.Output.from_input(24)}).inputs["ports"]
    assert [port["internal"] for port in ports] == [24, 25]


def test_memory_is_limited_without_swap():
    inputs = container(memory=64).inputs
    assert (inputs["memory"], inputs["memorySwap"]) == (64, 64)


def test_the_queue_is_a_volume_without_labels_as_a_changed_label_would_replace_it():
    recorder, _ = record(docker_relay())
    assert recorder.named("relay-queue").inputs == {}
    assert recorder.named("relay", "Container").inputs["volumes"] == [
        {"containerPath": "/var/spool/smtpd", "volumeName": "relay-queue-1a2b3c4"}
    ]


def test_it_stops_gracefully_and_comes_back():
    inputs = container().inputs
    assert (inputs["destroyGraceSeconds"], inputs["restart"], inputs["wait"]) == (30, "unless-stopped", True)


def test_it_has_the_time_to_end_that_its_queue_needs():
    inputs = container(options={"drain_timeout": "5m"}).inputs
    assert (inputs["destroyGraceSeconds"], inputs["stopTimeout"]) == (310, 310)


def test_an_image_that_is_given_is_run_as_it_is():
    recorder, _ = record(docker_relay(image="registry.example.com/relay:1"))
    assert recorder.named("relay", "Container").inputs["image"] == "registry.example.com/relay:1"
    assert "docker:index/remoteImage:RemoteImage" not in [type_ for type_, _ in recorder.names()]


def test_the_image_is_tagged_with_a_digest_of_what_it_is_built_from(tmp_path, monkeypatch):
    monkeypatch.setattr("components.docker_relay._IMAGE_CONTEXT", tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    before = container().inputs["image"]
    (tmp_path / "Dockerfile").write_text("FROM scratch\nUSER 1\n")
    assert before != container().inputs["image"]
    assert before.startswith("opensmtpd-relay:")


def test_every_child_shows_in_a_preview():
    recorder, _ = record(docker_relay(), preview=True)
    assert len(recorder.names()) == 5


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"allowed_sender_domains": []}, "allowed_sender_domains: "),
        ({"allowed_sender_domains": ["not a domain"]}, "allowed_sender_domains: .*not a domain"),
        ({"allowed_networks": ["0.0.0.0/0"]}, "allowed_networks: .*0.0.0.0/0"),
        ({"allowed_networks": ["10.0.0.0/33"]}, "allowed_networks: "),
        ({"hostname": "two words"}, "hostname: "),
        ({"options": {"expires": "1d"}}, "options: expires: no such argument; did you mean 'expire'"),
        ({"prot": 25}, "prot: no such argument; did you mean 'port'"),
    ],
)
def test_a_bad_argument_is_named_with_its_fix(args, message):
    with pytest.raises(InvalidArgument, match=message):
        record(docker_relay(**args))
