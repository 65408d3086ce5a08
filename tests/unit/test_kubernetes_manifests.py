"""What the objects of a relay on Kubernetes say, as data."""

import pytest
import yaml

from components.manifests.availability import autoscaler_spec, disruption_budget_spec
from components.manifests.labels import labels, selector
from components.manifests.monitoring import prometheus_rule_spec, service_monitor_spec
from components.manifests.network_policy import network_policy_spec
from components.manifests.pod import pod_template
from components.manifests.services import pods_service_spec, service_spec
from components.manifests.stateful_set import stateful_set_spec

pytestmark = pytest.mark.unit


def template(**changes):
    values = {
        "image": "relay:1",
        "environment": {"B": "2", "A": "1"},
        "credentials": "credentials-1",
        "service_account": "relay",
        "metrics_port": 9000,
        "with_submission": False,
        "memory": "128Mi",
        "cpu": "100m",
        "grace_seconds": 35,
    }
    return pod_template("relay", **values | changes)


def container(**changes):
    (only,) = template(**changes)["spec"]["containers"]
    return only


def policy(**changes):
    values = {
        "namespace": "relay",
        "allowed_namespaces": [],
        "allowed_labels": {},
        "client_networks": [],
        "metrics_port": 9000,
        "monitoring_namespace": "",
        "upstream_ports": [587],
        "with_submission": False,
    }
    return network_policy_spec("relay", **values | changes)


def replicas(**changes):
    values = {
        "service": "relay-pods",
        "replicas": 2,
        "template": {},
        "storage_size": "1Gi",
        "storage_class": None,
    }
    return stateful_set_spec("relay", **values | changes)


def in_namespaces(*names):
    return {
        "matchExpressions": [
            {"key": "kubernetes.io/metadata.name", "operator": "In", "values": list(names)},
        ]
    }


def test_privileges_are_the_measured_ones():
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {
            "drop": ["ALL"],
            "add": ["CHOWN", "FOWNER", "NET_BIND_SERVICE", "SETGID", "SETUID", "SYS_CHROOT"],
        },
    }


def test_the_queue_keeps_its_owners_as_there_is_no_fs_group():
    assert template()["spec"]["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}


def test_memory_is_one_number_and_cpu_has_no_limit():
    assert container()["resources"] == {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"memory": "128Mi"},
    }


def test_an_image_that_the_node_has_is_not_pulled():
    assert container()["imagePullPolicy"] == "IfNotPresent"


def test_variables_are_in_an_order_that_does_not_change():
    assert container()["env"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]


def test_a_pod_is_started_when_mail_can_leave_and_that_is_never_given_up():
    probe = container()["startupProbe"]
    assert probe["exec"]["command"] == ["python3", "-I", "-S", "-m", "relay.health"]
    assert probe["failureThreshold"] == 2**31 - 1


def test_a_started_pod_is_ready_while_it_takes_mail():
    assert container()["readinessProbe"]["exec"]["command"][-1] == "greeting"


def test_an_upstream_that_is_down_restarts_nothing():
    assert container()["livenessProbe"]["httpGet"] == {"path": "/livez", "port": 9000}


def test_a_pod_that_ends_is_left_by_its_clients_before_it_drains():
    assert container()["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}


def test_the_login_is_rendered_into_memory():
    volumes = {volume["name"]: volume for volume in template()["spec"]["volumes"]}
    assert volumes["run"] == {"name": "run", "emptyDir": {"medium": "Memory"}}


def test_a_service_called_relay_sets_no_variable_of_the_relay():
    assert template()["spec"]["enableServiceLinks"] is False


def test_replicas_lie_apart_over_nodes_and_zones_where_that_is_possible():
    spread = template()["spec"]["topologySpreadConstraints"]
    assert [one["topologyKey"] for one in spread] == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
    assert {one["whenUnsatisfiable"] for one in spread} == {"ScheduleAnyway"}
    assert {tuple(one["labelSelector"]["matchLabels"].items()) for one in spread} == {
        tuple(selector("relay").items())
    }


def test_the_selector_is_part_of_the_labels():
    assert selector("relay").items() <= labels("relay").items()
    assert template()["metadata"]["labels"] == labels("relay")


def test_the_ports_that_services_name_are_those_of_the_pod():
    pod_ports = {port["name"]: port["containerPort"] for port in container(with_submission=True)["ports"]}
    service = service_spec("relay", service_type="ClusterIP", client_networks=[], with_submission=True)
    for port in [*service["ports"], *pods_service_spec("relay", metrics_port=9000)["ports"]]:
        assert pod_ports[port["targetPort"]] == port["port"]


def test_the_queue_of_a_replica_stays_when_the_replica_goes():
    assert replicas()["persistentVolumeClaimRetentionPolicy"] == {
        "whenDeleted": "Retain",
        "whenScaled": "Retain",
    }


def test_a_replica_that_cannot_send_does_not_keep_its_correction_out_where_kubernetes_lets_it():
    assert replicas()["podManagementPolicy"] == "Parallel"
    assert replicas()["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}


def test_the_queue_is_mounted_where_the_claim_is_named():
    (claim,) = replicas(storage_class="fast")["volumeClaimTemplates"]
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "fast",
    }
    (mount,) = [one for one in container()["volumeMounts"] if one["name"] == claim["metadata"]["name"]]
    assert mount["mountPath"] == "/var/spool/smtpd"


def test_the_clusters_default_storage_class_is_used_unless_one_is_named():
    (claim,) = replicas()["volumeClaimTemplates"]
    assert "storageClassName" not in claim["spec"]


def test_only_pods_of_the_own_namespace_get_in_unless_others_are_named():
    assert policy()["ingress"] == [
        {
            "from": [{"namespaceSelector": in_namespaces("relay")}],
            "ports": [{"protocol": "TCP", "port": 25}],
        }
    ]
    named = policy(allowed_namespaces=["shop", "billing"], allowed_labels={"mail": "yes"})
    assert named["ingress"][0]["from"] == [
        {
            "namespaceSelector": in_namespaces("billing", "shop"),
            "podSelector": {"matchLabels": {"mail": "yes"}},
        }
    ]


def test_all_namespaces_get_in_only_when_asked_for_by_a_star():
    assert policy(allowed_namespaces=["*"])["ingress"][0]["from"] == [{"namespaceSelector": {}}]


def test_the_metrics_are_for_the_namespace_of_prometheus_alone():
    assert policy(monitoring_namespace="monitoring")["ingress"][1:] == [
        {
            "from": [{"namespaceSelector": in_namespaces("monitoring")}],
            "ports": [{"protocol": "TCP", "port": 9000}],
        }
    ]


def test_submission_has_a_port_of_its_own_in_the_policy():
    ports = policy(with_submission=True)["ingress"][0]["ports"]
    assert [port["port"] for port in ports] == [25, 587]


def test_only_dns_and_the_ports_of_the_upstreams_get_out():
    assert policy(upstream_ports=[2587, 465, 2587])["egress"] == [
        {"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]},
        {"ports": [{"protocol": "TCP", "port": 465}, {"protocol": "TCP", "port": 2587}]},
    ]
    assert policy()["policyTypes"] == ["Ingress", "Egress"]


def test_a_drain_of_nodes_waits_for_no_replica_that_cannot_send():
    assert disruption_budget_spec("relay", "0a1b2c", 1) == {
        "selector": {"matchLabels": selector("relay") | {"app.kubernetes.io/version": "0a1b2c"}},
        "maxUnavailable": 1,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }


def test_the_autoscaler_looks_at_cpu():
    spec = autoscaler_spec("relay", min_replicas=2, max_replicas=5, cpu=70, queue_age=None)
    assert spec["metrics"] == [
        {
            "type": "Resource",
            "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
        }
    ]


def test_the_monitor_finds_the_one_service_with_the_port_for_it():
    assert service_monitor_spec("relay")["endpoints"] == [{"port": "metrics", "path": "/metrics"}]
    names = [port["name"] for port in pods_service_spec("relay", metrics_port=9000)["ports"]]
    assert "metrics" in names


def test_the_rules_are_the_alerts_of_the_documentation():
    (group,) = prometheus_rule_spec()["groups"]
    assert "RelayLoginRefused" in [rule["alert"] for rule in group["rules"]]


def test_manifests_are_plain_data():
    yaml.safe_dump([policy(), replicas(), disruption_budget_spec("relay", "0a1b2c", 1)])
