"""What the real relay tells about itself: its log, its metrics, its readiness."""

import base64
import contextlib
import json
import smtplib
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.integration.relay_container import Relay, relay_image, wait_for
from tests.integration.upstream import Upstream, port_to_keep

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["relay_image"]

LOGIN = ("apikey", "password")
CLIENTS_LOGIN = base64.b64encode(b"\0jane\0s3cr3t").decode()
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


class Observed:
    """A relay that has delivered a message, was refused another, has told its sender, and has refused a client."""

    def __init__(self, relay: Relay, upstream: Upstream, port: int):
        self.relay = relay
        self.upstream = upstream
        self.port = port

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of what the relay serves by HTTP."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", headers={"Accept": OPENMETRICS}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def samples(self) -> dict[str, float]:
        """The metrics, as the reference parser reads them; a sample's name has its labels' values behind it."""
        return {
            " ".join([sample.name, *sample.labels.values()]): sample.value
            for family in text_string_to_metric_families(self.get("/metrics")[1])
            for sample in family.samples
        }

    def events(self, name: str) -> list[dict]:
        """The events of this name in the log. Every line has to be JSON."""
        return [event for event in map(json.loads, self.relay.logs().splitlines()) if event["event"] == name]


@pytest.fixture(scope="module")
def observed(relay_image: str) -> Iterator[Observed]:
    port = port_to_keep("127.0.0.1")
    with Upstream("starttls", LOGIN) as upstream:
        upstream.refused_recipients.add("jane.roe@example.org")
        environment = {
            "RELAY_PORT": str(upstream.port),
            "RELAY_CA": upstream.authority.pem,
            "RELAY_USER": LOGIN[0],
            "RELAY_PASSWORD": LOGIN[1],
            "OPENSMTPD_LOG_FORMAT": "json",
            "OPENSMTPD_LOG_ADDRESSES": "masked",
            "OPENSMTPD_METRICS_PORT": str(port),
            "OPENSMTPD_PROBE_INTERVAL": "5s",
        }
        with Relay(environment) as relay:
            relay.submit(recipient="john.doe@example.org")
            relay.submit(recipient="jane.roe@example.org")
            with contextlib.suppress(smtplib.SMTPException):
                relay.submit(sender="jim.poe@example.net")
            with smtplib.SMTP(relay.address, 25, timeout=20) as client:
                client.ehlo()
                client.docmd("AUTH PLAIN", CLIENTS_LOGIN)
            made = Observed(relay, upstream, port)
            wait_for(lambda: len(made.events("delivery")) == 3, 30, "three deliveries in the log")
            yield made


def test_a_delivery_is_one_line_of_json_with_the_upstreams_name_of_the_message(observed: Observed):
    delivered, _of_the_bounce = (event for event in observed.events("delivery") if event["result"] == "ok")
    (queued,) = (event for event in observed.events("queued") if event["queue_id"] == delivered["queue_id"])
    assert delivered["envelope_id"] == queued["envelope_id"]
    assert delivered["sender"] == "***@example.com"
    assert delivered["recipient"] == "***@example.org"
    assert delivered["upstream_reply"].startswith("250 ")
    assert delivered["upstream_message_id"] == delivered["upstream_reply"].split()[-1]
    assert 0 <= delivered["delay_seconds"] < 60


def test_a_refused_message_is_an_error_with_the_upstreams_reply(observed: Observed):
    (refused,) = (event for event in observed.events("delivery") if event["result"] == "permfail")
    assert refused["level"] == "error"
    assert refused["upstream_reply"].startswith("550 ")


def test_a_masked_log_has_no_local_part_and_a_log_never_has_a_clients_password(observed: Observed):
    log = observed.relay.logs()
    for hidden in ("john.doe", "jane.roe", "jim.poe", "app@", CLIENTS_LOGIN, LOGIN[1]):
        assert hidden not in log
    assert any(event["command"] == "AUTH PLAIN ***" for event in observed.events("refused"))


def test_the_containers_own_health_check_is_not_in_the_log(observed: Observed):
    assert observed.relay.execute("python3", "-I", "-S", "-m", "relay.health").returncode in (0, 1)
    own = {event["session"] for event in observed.events("connected") if event["address"] == "127.0.0.1"}
    busy = {event["session"] for name in ("accepted", "refused") for event in observed.events(name)}
    assert own <= busy


def test_the_metrics_tell_what_happened(observed: Observed):
    wait_for(lambda: "opensmtpd_queue_messages" in observed.samples(), 30, "look at the queue")
    samples = observed.samples()
    assert samples["opensmtpd_messages_accepted_total"] >= 2
    assert samples["opensmtpd_deliveries_total ok"] == 2
    assert samples["opensmtpd_deliveries_total permfail"] == 1
    assert samples["opensmtpd_client_refusals_total 550"] == 1
    assert samples["opensmtpd_delivery_delay_seconds_count"] == 2
    assert samples["opensmtpd_upstream_active primary"] == 1
    assert samples["opensmtpd_upstream_probe_success primary"] == 1
    assert samples["opensmtpd_ready"] == 1
    assert any(name.startswith("opensmtpd_build_info 7.6") for name in samples)


def test_it_is_alive_and_ready_while_its_upstream_works(observed: Observed):
    assert observed.get("/livez") == (200, "alive\n")
    assert observed.get("/readyz") == (200, "ready\n")


def test_without_its_upstream_it_is_alive_not_ready_and_says_why(observed: Observed):
    observed.upstream.__exit__()
    wait_for(lambda: observed.get("/readyz")[0] == 503, 40, "change of the readiness")
    assert f":{observed.upstream.port} refused the connection" in observed.get("/readyz")[1]
    assert observed.get("/livez")[0] == 200
    assert observed.samples()["opensmtpd_ready"] == 0
    assert observed.samples()["opensmtpd_upstream_probe_success primary"] == 0
    observed.upstream.__enter__()
    wait_for(lambda: observed.get("/readyz")[0] == 200, 60, "recovery")
