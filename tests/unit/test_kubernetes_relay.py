"""The relay on Kubernetes: exact children, right with the provider's traps, no secret in plain sight."""

import json
import subprocess
import sys

import pulumi
import pytest
from pulumi_kubernetes import Provider

from components import KubernetesRelay, relay_settings
from components.arguments import InvalidArgument

from .certificates import CERTIFICATE, RSA_KEY
from .recorder import record

pytestmark = pytest.mark.unit

UPSTREAM = relay_settings.smtp("mail.example.com", user="me", password="hunter2")
SUBMISSION = {
    "submission_certificate": CERTIFICATE,
    "submission_key": RSA_KEY,
    "submission_logins": "app:$6$saltsalt$" + "a" * 86,
}
SECRETS = ("hunter2", RSA_KEY.splitlines()[1], "$6$saltsalt$")


def kubernetes_relay(name="relay", **args):
    def program():
        made = KubernetesRelay(
            name,
            {
                "relay": UPSTREAM,
                "allowed_sender_domains": ["example.com"],
                "image": "registry.example.com/relay:1",
                **args,
            },
        )
        return {"smtp_address": made.smtp_address, "workload": made.workload}

    return program


def spec(kind, logical_name="relay", **args):
    return record(kubernetes_relay(**args))[0].named(logical_name, kind).inputs["spec"]


def pod(**args):
    return spec("StatefulSet", **args)["template"]["spec"]


def environment(**args):
    (container,) = pod(**args)["containers"]
    return {variable["name"]: variable["value"] for variable in container["env"]}


def test_it_is_everything_that_a_relay_needs_and_nothing_more():
    recorder, _ = record(kubernetes_relay())
    assert recorder.names() == [
        ("kubernetes:apps/v1:StatefulSet", "relay"),
        ("kubernetes:core/v1:Namespace", "relay"),
        ("kubernetes:core/v1:Secret", "relay-credentials"),
        ("kubernetes:core/v1:Service", "relay"),
        ("kubernetes:core/v1:Service", "relay-pods"),
        ("kubernetes:core/v1:ServiceAccount", "relay"),
        ("kubernetes:networking.k8s.io/v1:NetworkPolicy", "relay"),
        ("kubernetes:policy/v1:PodDisruptionBudget", "relay"),
        ("opensmtpd:index:KubernetesRelay", "relay"),
    ]


def test_autoscaling_and_monitoring_are_made_only_when_asked_for():
    without, _ = record(kubernetes_relay())
    recorder, _ = record(
        kubernetes_relay(
            autoscaling={"max_replicas": 5},
            monitoring={"namespace": "monitoring", "labels": {"release": "prometheus"}},
        )
    )
    assert sorted(set(recorder.names()) - set(without.names())) == [
        ("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "relay-prometheusrules"),
        ("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "relay-servicemonitors"),
        ("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "relay"),
        ("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "relay"),
        ("kubernetes:monitoring.coreos.com/v1:ServiceMonitor", "relay"),
    ]


def test_the_kinds_are_not_looked_for_when_the_same_program_may_install_them():
    installed = pulumi.Output.from_input("monitoring")
    recorder, _ = record(kubernetes_relay(monitoring={"namespace": installed, "labels": {"release": "x"}}))
    kinds = {type_.rpartition(":")[2] for type_, _ in recorder.names()}
    assert "ServiceMonitor" in kinds
    assert "CustomResourceDefinition" not in kinds


def test_the_outputs_say_where_to_submit_and_what_runs():
    _, outputs = record(kubernetes_relay("outbound", namespace="mail"))
    assert outputs == {"smtp_address": "outbound.mail.svc:25", "workload": "mail/outbound"}


def test_everything_is_in_the_namespace_of_the_components_name():
    recorder, outputs = record(kubernetes_relay("outbound"))
    assert recorder.named("outbound", "Namespace").inputs["metadata"]["name"] == "outbound"
    assert outputs == {"smtp_address": "outbound.outbound.svc:25", "workload": "outbound/outbound"}
    namespaces = {
        resource.inputs["metadata"].get("namespace")
        for resource in recorder.resources
        if resource.type.startswith("kubernetes:") and not resource.type.endswith(":Namespace")
    }
    assert namespaces == {"outbound"}


def test_a_namespace_that_exists_is_looked_for_and_not_made():
    recorder, outputs = record(kubernetes_relay(namespace="mail"))
    assert ("kubernetes:core/v1:Namespace", "relay") not in recorder.names()
    assert ("kubernetes:core/v1:Namespace", "relay-namespace") in recorder.names()
    assert outputs["workload"] == "mail/relay"


def test_a_namespace_of_the_same_program_is_not_looked_for():
    recorder, outputs = record(lambda: kubernetes_relay(namespace=pulumi.Output.from_input("mail"))())
    assert not [type_ for type_, _ in recorder.names() if type_.endswith(":Namespace")]
    assert outputs["workload"] == "mail/relay"


def test_all_that_is_secret_is_in_the_secret_and_nowhere_else():
    recorder, _ = record(kubernetes_relay(options=SUBMISSION))
    credentials = recorder.named("relay-credentials")
    assert credentials.secret == {"stringData"}
    assert set(credentials.inputs["stringData"]) == {
        "RELAY_USER",
        "RELAY_PASSWORD",
        "OPENSMTPD_SUBMISSION_CERTIFICATE",
        "OPENSMTPD_SUBMISSION_KEY",
        "OPENSMTPD_SUBMISSION_LOGINS",
    }
    for resource in recorder.resources:
        if resource is not credentials:
            assert not any(secret in json.dumps(resource.inputs) for secret in SECRETS)
            assert not resource.secret, f"{resource.name} would be hidden in previews without need"


def test_the_pod_reads_secrets_from_files_that_only_root_can_read():
    assert environment() == {
        "RELAY_HOST": "mail.example.com",
        "RELAY_PORT": "587",
        "RELAY_PROTO": "smtp+tls",
        "RELAY_USER_FILE": "/etc/relay/RELAY_USER",
        "RELAY_PASSWORD_FILE": "/etc/relay/RELAY_PASSWORD",
        "OPENSMTPD_ALLOWED_SENDER_DOMAINS": "example.com",
        "OPENSMTPD_ALLOWED_NETWORKS": "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7",
        "OPENSMTPD_METRICS_PORT": "9000",
    }
    (volume,) = [volume for volume in pod()["volumes"] if "secret" in volume]
    assert volume["secret"] == {"secretName": "relay-credentials-1a2b3c4", "defaultMode": 0o400}


def test_files_are_mounted_so_that_a_changed_secret_shows_in_a_running_pod():
    (mount,) = [one for one in pod()["containers"][0]["volumeMounts"] if one["name"] == "credentials"]
    assert mount == {"name": "credentials", "mountPath": "/etc/relay", "readOnly": True}


def test_a_changed_credential_gets_a_secret_of_another_name_so_that_the_pods_are_replaced_in_order():
    recorder, _ = record(kubernetes_relay())
    assert "name" not in recorder.named("relay-credentials").inputs["metadata"]


def test_a_relay_without_a_login_has_no_secret():
    recorder, _ = record(kubernetes_relay(relay=relay_settings.smtp("mail.example.com")))
    assert not [type_ for type_, _ in recorder.names() if type_.endswith(":Secret")]
    assert {volume["name"] for volume in pod(relay=relay_settings.smtp("mail.example.com"))["volumes"]} == {
        "run",
        "tmp",
    }


def test_what_is_replaced_under_its_own_name_finds_its_queues_again():
    recorder, _ = record(kubernetes_relay())
    assert recorder.named("relay", "StatefulSet").inputs["metadata"]["name"] == "relay"


def test_clients_reach_the_relay_by_a_name_that_stays():
    recorder, _ = record(kubernetes_relay(options=SUBMISSION))
    service = recorder.named("relay", "Service").inputs
    assert service["metadata"]["name"] == "relay"
    assert service["spec"]["type"] == "ClusterIP"
    assert [(port["name"], port["port"]) for port in service["spec"]["ports"]] == [
        ("smtp", 25),
        ("submission", 587),
    ]


def test_nobody_waits_for_the_service_as_the_pods_are_waited_for_anyway():
    recorder, _ = record(kubernetes_relay())
    assert recorder.named("relay", "Service").inputs["metadata"]["annotations"] == {
        "pulumi.com/skipAwait": "true"
    }


def test_a_load_balancer_lets_in_only_the_networks_that_are_named():
    networks = ["203.0.113.0/24"]
    args = {"service_type": "LoadBalancer", "allowed_networks": networks}
    service = spec("Service", **args)
    assert (service["externalTrafficPolicy"], service["loadBalancerSourceRanges"]) == ("Local", networks)
    clients = spec("NetworkPolicy", **args)["ingress"][0]["from"]
    assert {"ipBlock": {"cidr": "203.0.113.0/24"}} in clients
    assert environment(**args)["OPENSMTPD_ALLOWED_NETWORKS"] == "203.0.113.0/24"


def test_the_address_of_a_load_balancer_is_the_one_that_it_was_given(monkeypatch):
    args = {"service_type": "LoadBalancer", "allowed_networks": ["203.0.113.0/24"]}
    status = {"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}}
    monkeypatch.setitem(_created(), "kubernetes:core/v1:Service", {"status": status})
    _, outputs = record(kubernetes_relay(**args))
    assert outputs["smtp_address"] == "203.0.113.9:25"


def _created():
    from . import recorder

    return recorder._CREATED


def test_the_update_waits_as_long_as_all_replicas_need_one_after_the_other():
    def seconds(**args):
        recorder, _ = record(kubernetes_relay(**args))
        return int(
            recorder.named("relay", "StatefulSet").inputs["metadata"]["annotations"][
                "pulumi.com/timeoutSeconds"
            ]
        )

    assert seconds(replicas=1) == 120 + 60
    assert seconds(replicas=3) == 120 + 3 * 60
    assert seconds(replicas=1, options={"drain_timeout": "5m"}) == 120 + 340
    assert seconds(replicas=1, autoscaling={"max_replicas": 4}) == 120 + 4 * 60


def test_an_autoscaler_begins_with_the_least_replicas():
    args = {"replicas": 3, "autoscaling": {"max_replicas": 9, "queue_age": 60}}
    assert spec("StatefulSet", **args)["replicas"] == 3
    autoscaler = spec("HorizontalPodAutoscaler", **args)
    assert (autoscaler["minReplicas"], autoscaler["maxReplicas"]) == (3, 9)
    (metric,) = autoscaler["metrics"]
    assert metric["pods"]["metric"]["name"] == "opensmtpd_queue_oldest_message_age_seconds"


def test_a_pod_has_the_time_to_end_that_its_queue_needs():
    assert pod()["terminationGracePeriodSeconds"] == 5 + 20 + 10
    assert pod(options={"drain_timeout": "5m"})["terminationGracePeriodSeconds"] == 5 + 300 + 10


def budget(**args):
    return record(kubernetes_relay(**args))[0].named("relay", "PodDisruptionBudget").inputs


def test_a_changed_revision_gets_a_budget_of_its_own_whose_status_begins_empty():
    before, after = budget(), budget(memory="256Mi")
    assert "name" not in before["metadata"]
    assert before["spec"]["selector"] != after["spec"]["selector"]
    assert before["spec"]["selector"] == budget()["spec"]["selector"]


def test_the_update_waits_until_every_replica_is_of_the_new_revision_and_can_send():
    found = budget(replicas=5, min_available=3)
    assert found["spec"]["maxUnavailable"] == 2
    assert found["metadata"]["annotations"] == {
        "pulumi.com/waitFor": "jsonpath={.status.disruptionsAllowed}=2",
        "pulumi.com/timeoutSeconds": str(120 + 5 * 60),
    }
    pods = spec("StatefulSet", replicas=5, min_available=3)["template"]["metadata"]["labels"]
    assert found["spec"]["selector"]["matchLabels"].items() <= pods.items()


def test_a_drain_of_nodes_takes_one_replica_at_a_time_unless_told_otherwise():
    assert budget()["spec"]["maxUnavailable"] == 1


def test_the_account_has_no_token_and_may_pull_the_image():
    recorder, _ = record(kubernetes_relay(pull_secrets=["registry"]))
    account = recorder.named("relay", "ServiceAccount").inputs
    assert account["automountServiceAccountToken"] is False
    assert account["imagePullSecrets"] == [{"name": "registry"}]
    assert pod()["automountServiceAccountToken"] is False


def test_a_storage_class_is_looked_for_in_the_preview():
    recorder, _ = record(kubernetes_relay(storage_class="fast", storage_size="10Gi"), preview=True)
    assert ("kubernetes:storage.k8s.io/v1:StorageClass", "relay-storage") in recorder.names()
    (claim,) = recorder.named("relay", "StatefulSet").inputs["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == "fast"
    assert claim["spec"]["resources"] == {"requests": {"storage": "10Gi"}}


def test_every_child_shows_in_a_preview():
    recorder, _ = record(kubernetes_relay(), preview=True)
    assert len(recorder.names()) == 9


def test_the_cluster_is_the_one_of_the_provider_that_is_given():
    def program():
        args = {"relay": UPSTREAM, "allowed_sender_domains": ["example.com"], "image": "relay:1"}
        args |= {"namespace": "mail", "storage_class": "fast"}
        KubernetesRelay("relay", args, pulumi.ResourceOptions(provider=Provider("cluster", kubeconfig="{}")))

    recorder, _ = record(program, context="")
    used = {
        resource.provider.rpartition("::")[0].rpartition("::")[2]
        for resource in recorder.resources
        if resource.type.startswith("kubernetes:")
    }
    assert used == {"cluster"}


def test_without_a_provider_the_configuration_has_to_name_the_cluster():
    record(kubernetes_relay(), context="production")
    with pytest.raises(InvalidArgument, match="provider: is missing: pass a pulumi_kubernetes"):
        record(kubernetes_relay(), context="")


def test_who_does_not_use_kubernetes_does_not_load_its_sdk():
    program = "import sys, components; sys.exit('pulumi_kubernetes' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"image": None}, "image: is missing"),
        ({"replica": 2}, "replica: no such argument; did you mean 'replicas'"),
        ({"replicas": 0}, "replicas: 0 is out of range: use a number from 1 to 1000"),
        ({"replicas": 2, "min_available": 2}, "min_available: 2 is not below the 2 of replicas.*: lower it"),
        ({"replicas": 1, "min_available": 3}, "min_available: 3 is not below the 1 of replicas"),
        ({"replicas": 5, "autoscaling": {"max_replicas": 4}}, "max_replicas: 4 is below the 5 of replicas"),
        (
            {"autoscaling": {"max_replica": 4}},
            "autoscaling: max_replica: no such argument; did you mean 'max_replicas'",
        ),
        ({"autoscaling": {"max_replicas": 4, "cpu": 0}}, "autoscaling: cpu: 0 is out of range"),
        ({"namespace": "Mail"}, "namespace: 'Mail' is not the name of a namespace"),
        ({"allowed_namespaces": ["apps", "a.b"]}, "allowed_namespaces: 'a.b' is not the name of a namespace"),
        ({"allowed_namespaces": []}, "allowed_namespaces: .*is no list of namespaces"),
        ({"allowed_namespaces": "apps"}, "allowed_namespaces: has to be a list, not a text"),
        ({"allowed_labels": {"a/b/c": "d"}}, "allowed_labels: 'a/b/c' is not the key of a label"),
        ({"allowed_labels": {"app": "my app"}}, "allowed_labels: 'my app' is not the value of a label"),
        (
            {"service_type": "NodePort"},
            "service_type: 'NodePort' is not known: use ClusterIP or LoadBalancer",
        ),
        ({"service_type": "LoadBalancer"}, "allowed_networks: is missing: .*name the networks"),
        ({"storage_class": "Fast SSD"}, "storage_class: 'Fast SSD' is not the name of an object"),
        ({"storage_size": "10GB"}, "storage_size: '10GB' is not a quantity of Kubernetes: .*as in 1Gi"),
        ({"memory": "128MB"}, "memory: '128MB' is not a quantity of Kubernetes: .*as in 128Mi"),
        ({"memory": "4m"}, "memory: '4m' is less than 64Mi, as m is a thousandth: use 128Mi"),
        ({"memory": "32Mi"}, "memory: '32Mi' is less than 64Mi"),
        ({"memory": 128}, "memory: has to be a text, not a whole number"),
        ({"cpu": "lots"}, "cpu: 'lots' is not a quantity"),
        ({"pull_secrets": ["My Registry"]}, "pull_secrets: 'My Registry' is not the name of an object"),
        ({"monitoring": {}}, "monitoring: namespace: is missing"),
        ({"monitoring": {"namespace": "a b"}}, "monitoring: namespace: 'a b' is not the name of a namespace"),
        ({"allowed_networks": ["0.0.0.0/0"]}, "allowed_networks: .*strangers could relay"),
        ({"allowed_sender_domains": []}, "allowed_sender_domains: "),
        ({"options": {"expires": "1d"}}, "options: expires: no such argument; did you mean 'expire'"),
        ({"name": "Relay"}, "name: 'Relay' cannot be the name of objects in Kubernetes"),
        ({"name": "r" * 53}, "name: .* use up to 52"),
    ],
)
def test_a_bad_argument_is_named_with_its_fix(args, message):
    with pytest.raises(InvalidArgument, match=message):
        record(kubernetes_relay(**args))


def test_a_bad_value_that_is_known_later_is_named_as_well():
    with pytest.raises(InvalidArgument, match="memory: '4m' is less than 64Mi"):
        record(lambda: kubernetes_relay(memory=pulumi.Output.from_input("4m"))())
