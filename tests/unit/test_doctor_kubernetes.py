"""What the doctor makes of what kubectl says about a relay."""

import json

import pytest

from components.doctor import kubernetes_workload, workload
from components.doctor.finding import FINE, UNKNOWN, WRONG
from components.doctor.kubernetes_workload import judge_claims, judge_pod, judge_replicas
from components.manifests.network_policy import network_policy_spec

pytestmark = pytest.mark.unit

REFUSED = "refused the login (535): correct RELAY_USER and RELAY_PASSWORD"


def stateful_set(ready=2, replicas=2, **status):
    return {
        "kind": "StatefulSet",
        "spec": {"replicas": replicas},
        "status": {"readyReplicas": ready, "currentRevision": "a", "updateRevision": "a", **status},
    }


def pod(name="relay-0", ready=True, state=None, **status):
    return {
        "kind": "Pod",
        "metadata": {"name": name},
        "status": {
            "phase": "Running",
            "containerStatuses": [{"ready": ready, "state": state or {"running": {}}}],
            **status,
        },
    }


def claim(name):
    return {"kind": "PersistentVolumeClaim", "metadata": {"name": name}}


class Kubectl:
    """Answers for kubectl, and remembers what it was asked."""

    def __init__(self, *items, unready=(), namespaces=(), error=""):
        self.items = items
        self.namespaces = namespaces
        self.unready = unready
        self.error = error
        self.asked = []

    def __call__(self, *command):
        self.asked.append(command)
        if self.error:
            raise workload.CannotLook(self.error)
        if "namespaces" in command:
            return "".join(f"namespace/{name}\n" for name in self.namespaces)
        if "get" in command:
            return json.dumps({"items": self.items})
        if "relay.health" in command and command[command.index("exec") + 1] in self.unready:
            raise workload.CannotLook(f"unhealthy: {REFUSED}\ncommand terminated with exit code 1")
        return "primary\t\n" if "relay.login" in command else "0 0.0\n"


@pytest.fixture
def kubectl(monkeypatch):
    def answering(*items, **answers):
        made = Kubectl(*items, **answers)
        monkeypatch.setattr(workload, "output_of", made)
        monkeypatch.setattr(kubernetes_workload, "output_of", made)
        return made

    return answering


def look(context=""):
    return kubernetes_workload.look("mail/relay", context)


def test_a_relay_that_is_well_has_a_row_for_all_and_rows_for_each_replica(kubectl):
    kubectl(stateful_set(), pod("relay-1"), pod("relay-0"), claim("queue-relay-0"), claim("queue-relay-1"))
    findings, tried = look()
    assert tried
    assert {finding.state for finding in findings} == {FINE}
    assert [finding.check for finding in findings] == [
        "relay",
        "relay, relay-0",
        "login, primary upstream, relay-0",
        "queue, relay-0",
        "relay, relay-1",
        "login, primary upstream, relay-1",
        "queue, relay-1",
    ]


def test_a_replica_that_cannot_send_says_why_in_the_relays_own_words(kubectl):
    kubectl(stateful_set(ready=1), pod("relay-0"), pod("relay-1", ready=False), unready=["relay-1"])
    wrong = {finding.check: finding.seen for finding in look()[0] if finding.state == WRONG}
    assert wrong == {"relay": "1 of 2 replicas of mail/relay take mail", "relay, relay-1": REFUSED}


def test_a_replica_that_keeps_its_own_correction_out_is_to_be_deleted(kubectl):
    stuck = pod("relay-1", ready=False)
    stuck["metadata"]["labels"] = {"controller-revision-hash": "a"}
    kubectl(stateful_set(ready=1, updateRevision="b"), pod("relay-0"), stuck, unready=["relay-1"])
    (finding,) = [finding for finding in look()[0] if finding.check == "relay, relay-1"]
    assert finding.advice == "kubectl --namespace=mail delete pod relay-1"


def test_the_cluster_is_the_one_of_the_context(kubectl):
    asked = kubectl(stateful_set(), pod()).asked
    look("production")
    assert {command[:3] for command in asked} == {("kubectl", "--context=production", "--namespace=mail")}


def test_a_cluster_that_cannot_be_asked_is_neither_right_nor_wrong(kubectl):
    kubectl(error="the server is unreachable")
    (finding,), tried = look()
    assert (finding.state, finding.seen, tried) == (UNKNOWN, "the server is unreachable", False)


def test_another_cluster_has_no_such_relay(kubectl):
    kubectl()
    (finding,), tried = look()
    assert (finding.state, tried) == (WRONG, False)
    assert "--context" in finding.advice


def test_a_claim_whose_replica_was_removed_is_named_with_the_way_to_bring_its_mail_back(kubectl):
    kubectl(stateful_set(ready=1, replicas=1), pod(), claim("queue-relay-0"), claim("queue-relay-1"))
    (left,) = [finding for finding in look()[0] if finding.state != FINE]
    assert left.check == "queue, relay-1"
    assert left.advice.startswith("set replicas to 2 until")


def test_claims_of_others_are_left_alone():
    claims = ["queue-relay-10", "queue-relay-2", "queue-relay-2-0", "data-relay-5", "queue-relay-x"]
    assert [finding.check for finding in judge_claims("relay", 2, claims)] == [
        "queue, relay-2",
        "queue, relay-10",
    ]


def policy(namespaces, monitoring):
    specs = network_policy_spec(
        "relay",
        namespace="mail",
        allowed_namespaces=namespaces,
        allowed_labels={},
        client_networks=[],
        metrics_port=9000,
        monitoring_namespace=monitoring,
        upstream_ports=[587],
        with_submission=False,
    )
    return {"kind": "NetworkPolicy", "spec": specs}


def test_a_namespace_that_is_let_in_and_does_not_exist_is_named(kubectl):
    kubectl(stateful_set(), pod(), policy(["shop", "blling"], "monitoring"), namespaces=["shop", "mail"])
    findings, _ = look()
    missing = [finding for finding in findings if finding.check.startswith("clients in ")]
    assert [finding.check for finding in missing] == ["clients in blling", "clients in monitoring"]
    assert {finding.state for finding in missing} == {UNKNOWN}


def test_no_namespace_is_missed_where_all_are_let_in(kubectl):
    kubectl(stateful_set(), pod(), policy(["*"], ""))
    assert not [finding for finding in look()[0] if finding.check.startswith("clients in ")]


def test_an_update_that_is_under_way_is_waited_for():
    assert judge_replicas("mail/relay", stateful_set(updateRevision="b")).state == UNKNOWN


@pytest.mark.parametrize(
    ("found", "state", "seen"),
    [
        (pod(), FINE, "running, takes mail"),
        (pod(ready=False), UNKNOWN, "starting"),
        (
            pod(ready=False, state={"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}),
            WRONG,
            "ImagePullBackOff: not found",
        ),
        (
            pod(
                ready=False,
                containerStatuses=[],
                conditions=[{"status": "False", "message": "0/1 nodes are available"}],
            ),
            WRONG,
            "0/1 nodes are available",
        ),
        (pod(phase="Pending", containerStatuses=[]), UNKNOWN, "Pending"),
    ],
)
def test_a_pod_is_judged_by_what_kubernetes_says(found, state, seen):
    finding = judge_pod(found, "", "kubectl logs relay-0")
    assert (finding.state, finding.seen) == (state, seen)
