"""What the relay counts, read as Prometheus reads it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from components.image.relay.backlog import Backlog
from components.image.relay.events import (
    Accepted,
    Delivery,
    Event,
    Expired,
    Login,
    Refused,
    Removed,
    Started,
    UpstreamError,
)
from components.image.relay.failure import Failure
from components.image.relay.metrics import FAMILIES, Metrics

pytestmark = pytest.mark.unit

S = "5684a236e361de8c"
NOW = 1_700_000_000.5
ACCEPTED = Accepted(S, "1f88e688", 4096, 2)
REFUSED = Refused(S, "RCPT TO:<x@y>", "550 Invalid recipient: <x@y>")
EXPIRED = Expired("1f88e688", "1f88e688cd2608c8", "a@b.c", "d@e.f", 345600)
REFUSED_LOGIN = UpstreamError(S, "AUTH rejected: 535 Authentication Credentials Invalid")
EXPIRED_CERTIFICATE = UpstreamError(S, "IO Error: certificate verification failed: certificate has expired")


def delivery(result: str = "Ok", delay: int = 3) -> Delivery:
    return Delivery(S, "1f88e688", "1f88e688cd2608c8", "a@b.c", "d@e.f", "", "r", delay, result, "250 Ok", "")


def metrics(*events: Event | None) -> Metrics:
    made = Metrics(("primary", "fallback", "route 1"), clock=lambda: NOW)
    for event in events:
        made.observe(event)
    return made


def samples(made: Metrics) -> dict[str, float]:
    """Each sample as the reference parser reads it: `name{label="value"}`."""
    return {
        sample.name + "".join(f'{{{name}="{value}"}}' for name, value in sample.labels.items()): sample.value
        for family in parse_openmetrics(made.exposition())
        for sample in family.samples
    }


def everything() -> Metrics:
    """Metrics of which each family has a sample."""
    made = metrics(
        ACCEPTED,
        REFUSED,
        Login(S, "app", "ok"),
        delivery(),
        delivery("TempFail"),
        delivery("PermFail"),
        EXPIRED,
        Removed("1f88e688", "1f88e688cd2608c8", "a@b.c", "d@e.f", 1),
        REFUSED_LOGIN,
        Started("7.6.0-portable"),
    )
    made.probed("primary", None, 0.25)
    made.use("primary")
    made.queue(Backlog(2, 12.5))
    made.ready(True)
    return made


def test_the_reference_parser_reads_every_metric_with_its_type_unit_and_help():
    read = {
        family.name: (family.type, family.unit, family.documentation)
        for family in parse_openmetrics(everything().exposition())
    }
    assert read == {family.name: (family.type, family.unit, family.help) for family in FAMILIES}


def test_every_metric_has_a_sample_once_everything_has_happened():
    assert all(family.samples for family in parse_openmetrics(everything().exposition()))


def test_the_older_format_has_the_same_samples():
    older = {
        (sample.name, *sample.labels.items()): sample.value
        for family in parse_text(everything().exposition(openmetrics=False))
        for sample in family.samples
    }
    newer = {
        (sample.name, *sample.labels.items()): sample.value
        for family in parse_openmetrics(everything().exposition())
        for sample in family.samples
    }
    assert older == newer


def test_the_older_format_has_only_what_it_knows():
    text = everything().exposition(openmetrics=False)
    assert "# EOF" not in text
    assert "# UNIT" not in text
    assert "# TYPE opensmtpd_deliveries_total counter\n" in text
    assert "# TYPE opensmtpd_build_info gauge\n" in text


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_names_follow_the_conventions(family):
    assert re.fullmatch(r"opensmtpd(_[a-z]+)+", family.name)
    assert not family.name.endswith(("_total", "_info", "_count", "_sum", "_bucket"))
    assert family.name.endswith(f"_{family.unit}") == bool(family.unit)
    assert family.help.endswith(".")


def test_what_can_be_counted_is_zero_from_the_start():
    start = samples(metrics())
    for name in (
        "opensmtpd_messages_accepted_total",
        'opensmtpd_deliveries_total{result="ok"}',
        'opensmtpd_deliveries_total{result="tempfail"}',
        'opensmtpd_deliveries_total{result="permfail"}',
        "opensmtpd_upstream_login_refusals_total",
        "opensmtpd_delivery_delay_seconds_count",
        "opensmtpd_ready",
    ):
        assert start[name] == 0


def test_what_is_not_known_yet_has_no_value():
    start = samples(metrics())
    for name in (
        "opensmtpd_queue_messages",
        "opensmtpd_last_delivery_timestamp_seconds",
        "opensmtpd_upstream_probe_success",
    ):
        assert not any(sample.startswith(name) for sample in start)


def test_accepted_messages_and_their_bytes_are_counted():
    read = samples(metrics(ACCEPTED, ACCEPTED))
    assert read["opensmtpd_messages_accepted_total"] == 2
    assert read["opensmtpd_accepted_bytes_total"] == 8192


def test_deliveries_are_counted_by_result():
    read = samples(metrics(delivery(), delivery("TempFail"), delivery("TempFail"), delivery("PermFail")))
    assert read['opensmtpd_deliveries_total{result="ok"}'] == 1
    assert read['opensmtpd_deliveries_total{result="tempfail"}'] == 2
    assert read['opensmtpd_deliveries_total{result="permfail"}'] == 1


@pytest.mark.parametrize(
    ("delay", "bucket"),
    [(-5, "1.0"), (0, "1.0"), (1, "1.0"), (2, "2.0"), (3, "5.0"), (345600, "345600.0"), (345601, "+Inf")],
)
def test_a_delay_is_in_the_bucket_that_includes_it(delay, bucket):
    read = samples(metrics(delivery(delay=delay)))
    bounds = [name for name in read if name.startswith("opensmtpd_delivery_delay_seconds_bucket")]
    first = next(name for name in bounds if read[name])
    assert first == f'opensmtpd_delivery_delay_seconds_bucket{{le="{bucket}"}}'
    assert all(read[name] for name in bounds[bounds.index(first) :])
    assert read["opensmtpd_delivery_delay_seconds_sum"] == max(delay, 0)


def test_only_what_was_delivered_has_a_delay():
    assert samples(metrics(delivery("TempFail")))["opensmtpd_delivery_delay_seconds_count"] == 0


def test_refusals_of_clients_are_counted_by_code():
    odd = Refused(S, "", "what")
    read = samples(metrics(REFUSED, REFUSED, odd))
    assert read['opensmtpd_client_refusals_total{code="550"}'] == 2
    assert read['opensmtpd_client_refusals_total{code="other"}'] == 1


def test_a_refused_login_is_counted_and_dated():
    read = samples(metrics(REFUSED_LOGIN))
    assert read["opensmtpd_upstream_login_refusals_total"] == 1
    assert read["opensmtpd_last_login_refusal_timestamp_seconds"] == NOW
    assert read['opensmtpd_upstream_errors_total{stage="auth"}{problem="reply"}'] == 1


def test_a_login_that_may_work_later_is_not_a_refused_one():
    read = samples(metrics(UpstreamError(S, "AUTH rejected: 454 Temporary authentication failure")))
    assert read["opensmtpd_upstream_login_refusals_total"] == 0
    assert read['opensmtpd_upstream_errors_total{stage="auth"}{problem="reply"}'] == 1


def test_a_wrong_certificate_is_counted_as_such():
    read = samples(metrics(EXPIRED_CERTIFICATE))
    assert read['opensmtpd_upstream_errors_total{stage="tls"}{problem="expired"}'] == 1


def test_a_failed_probe_counts_like_a_failed_session():
    made = metrics()
    made.probed("primary", Failure("auth", "reply", "535 no"), 0.5)
    read = samples(made)
    assert read['opensmtpd_upstream_probe_success{upstream="primary"}'] == 0
    assert read['opensmtpd_upstream_probe_duration_seconds{upstream="primary"}'] == 0.5
    assert read["opensmtpd_upstream_login_refusals_total"] == 1


def test_the_last_delivery_and_the_last_permanent_failure_are_dated():
    name = "opensmtpd_last_{}_timestamp_seconds"
    assert samples(metrics(delivery()))[name.format("delivery")] == NOW
    assert samples(metrics(delivery("PermFail")))[name.format("permanent_failure")] == NOW
    assert samples(metrics(EXPIRED))[name.format("permanent_failure")] == NOW


def test_the_upstream_in_use_is_the_only_active_one():
    made = metrics()
    assert samples(made)['opensmtpd_upstream_active{upstream="primary"}'] == 1
    made.use("fallback")
    read = samples(made)
    assert read['opensmtpd_upstream_active{upstream="primary"}'] == 0
    assert read['opensmtpd_upstream_active{upstream="fallback"}'] == 1
    assert 'opensmtpd_upstream_active{upstream="route 1"}' not in read


def test_the_queue_and_the_readiness_are_shown_as_they_are_now():
    made = everything()
    made.queue(Backlog(0, 0))
    made.ready(False)
    read = samples(made)
    assert read["opensmtpd_queue_messages"] == read["opensmtpd_queue_oldest_message_age_seconds"] == 0
    assert read["opensmtpd_ready"] == 0


text = st.text(max_size=30)


@given(
    st.lists(
        st.builds(
            Delivery, *[text] * 7, st.integers(), st.sampled_from(["Ok", "TempFail", "PermFail"]), text, text
        )
        | st.builds(Refused, text, text, text)
        | st.builds(UpstreamError, text, text)
        | st.builds(UpstreamError, text, text.map(lambda reply: f"AUTH rejected: {reply}"))
        | st.builds(Started, text)
        | st.none(),
        max_size=20,
    )
)
def test_no_event_makes_a_text_that_the_reference_parser_refuses(seen):
    samples(metrics(*seen))


def test_what_clients_and_upstreams_say_is_no_label():
    made = metrics(
        *(Refused(S, f"x{number}", f"550 {number} x@y") for number in range(1000)),
        *(UpstreamError(S, f"AUTH rejected: 535 {number} x@y") for number in range(1000)),
        *(UpstreamError(S, f"IO Error: {number} x@y") for number in range(1000)),
        *(
            UpstreamError(S, f"IO Error: name `{number}' not present in server certificate")
            for number in range(99)
        ),
    )
    assert len(samples(made)) < 60
    assert "@" not in made.exposition()
