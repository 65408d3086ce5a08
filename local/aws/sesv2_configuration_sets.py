"""Configuration sets of SES v2, their event destinations, and dedicated IP pools."""

import json
from typing import Any

from .configuration_set import ConfigurationSet, destination_problem, options_problem
from .notifications import NotPublished, publish
from .sesv2_base import SesV2Base, already_exists, bad_request, not_found

# By block: the field of ConfigurationSet.
_BLOCKS = {
    "TrackingOptions": "tracking_options",
    "DeliveryOptions": "delivery_options",
    "ReputationOptions": "reputation_options",
    "SendingOptions": "sending_options",
    "SuppressionOptions": "suppression_options",
    "VdmOptions": "vdm_options",
}


class ConfigurationSetOperations(SesV2Base):
    """moto's operations on configuration sets and pools, with those that differ and those that it lacks."""

    def create_configuration_set(self) -> str:
        name = self._get_param("ConfigurationSetName")
        if self._account.has_configuration_set(name):
            raise already_exists(f"Configuration set <{name}> already exists.")
        created = ConfigurationSet(name)
        for block in _BLOCKS:
            self._put(created, block, self._get_param(block) or {})
        self._account.configuration_sets()[name] = created
        self._tag(f"configuration-set/{name}")
        return "{}"

    def get_configuration_set(self) -> str:
        found = self._configuration_set()
        name = found.configuration_set_name
        tags = self.sesv2_backend.list_tags_for_resource(self._account.arn(f"configuration-set/{name}"))
        return json.dumps({"ConfigurationSetName": name, "Tags": tags, **found.blocks()})

    def delete_configuration_set(self) -> str:
        name = self._configuration_set().configuration_set_name
        self._account.tenants.check_unused(self._account.arn(f"configuration-set/{name}"))
        del self._account.configuration_sets()[name]
        self._untag(f"configuration-set/{name}")
        return "{}"

    def put_configuration_set_delivery_options(self) -> str:
        return self._put_given("DeliveryOptions", "TlsPolicy", "SendingPoolName", "MaxDeliverySeconds")

    def put_configuration_set_reputation_options(self) -> str:
        return self._put_given("ReputationOptions", "ReputationMetricsEnabled")

    def put_configuration_set_sending_options(self) -> str:
        return self._put_given("SendingOptions", "SendingEnabled")

    def put_configuration_set_suppression_options(self) -> str:
        return self._put_given("SuppressionOptions", "SuppressedReasons")

    def put_configuration_set_tracking_options(self) -> str:
        return self._put_given("TrackingOptions", "CustomRedirectDomain", "HttpsPolicy")

    def put_configuration_set_vdm_options(self) -> str:
        self._put(self._configuration_set(), "VdmOptions", self._get_param("VdmOptions") or {})
        return "{}"

    def create_configuration_set_event_destination(self) -> str:
        destinations, name = (
            self._configuration_set().event_destinations,
            self._get_param("EventDestinationName"),
        )
        if name in destinations:
            raise already_exists(f"Event destination <{name}> already exists.")
        return self._put_destination(destinations, name)

    def update_configuration_set_event_destination(self) -> str:
        return self._put_destination(*self._destination())

    def get_configuration_set_event_destinations(self) -> str:
        destinations = self._configuration_set().event_destinations
        listed = [{"Name": name, **destination} for name, destination in destinations.items()]
        return json.dumps({"EventDestinations": listed})

    def delete_configuration_set_event_destination(self) -> str:
        destinations, name = self._destination()
        del destinations[name]
        return "{}"

    def create_dedicated_ip_pool(self) -> str:
        name = self._get_param("PoolName")
        if name in self.sesv2_backend.core_backend.dedicated_ip_pools:
            raise already_exists(f"Dedicated IP pool <{name}> already exists.")
        mode = self._get_param("ScalingMode") or "STANDARD"
        self.sesv2_backend.create_dedicated_ip_pool(pool_name=name, scaling_mode=mode, tags=[])
        self._tag(f"dedicated-ip-pool/{name}")
        return "{}"

    def get_dedicated_ip_pool(self) -> str:
        pool = self._pool(self._get_param("PoolName"))
        return json.dumps({"DedicatedIpPool": {"PoolName": pool.pool_name, "ScalingMode": pool.scaling_mode}})

    def delete_dedicated_ip_pool(self) -> str:
        name = self._get_param("PoolName")
        self._pool(name)
        users = [
            each.configuration_set_name
            for each in self._account.configuration_sets().values()
            if (each.delivery_options or {}).get("SendingPoolName") == name
        ]
        if users:
            raise bad_request(
                f"Dedicated IP pool <{name}> is used by configuration sets: {', '.join(users)}."
            )
        self._untag(f"dedicated-ip-pool/{name}")
        return super().delete_dedicated_ip_pool()

    def _configuration_set(self) -> ConfigurationSet:
        name = self._get_param("ConfigurationSetName")
        try:
            return self._account.configuration_sets()[name]
        except KeyError:
            raise not_found(f"Configuration set <{name}> does not exist.") from None

    def _pool(self, name: str) -> Any:
        try:
            return self.sesv2_backend.core_backend.dedicated_ip_pools[name]
        except KeyError:
            raise not_found(f"Dedicated IP pool <{name}> does not exist.") from None

    def _put_given(self, block: str, *names: str) -> str:
        """Replace a block by what the request has of it; nothing resets it."""
        given = {name: self._get_param(name) for name in names}
        options = {name: value for name, value in given.items() if value is not None}
        self._put(self._configuration_set(), block, options)
        return "{}"

    def _put(self, configuration_set: ConfigurationSet, block: str, options: dict[str, Any]) -> None:
        if problem := options_problem(block, options):
            raise bad_request(problem)
        if pool := options.get("SendingPoolName"):
            self._pool(pool)
        setattr(configuration_set, _BLOCKS[block], options or None)

    def _destination(self) -> tuple[dict[str, Any], str]:
        destinations = self._configuration_set().event_destinations
        name = self._get_param("EventDestinationName")
        if name not in destinations:
            raise not_found(f"Event destination <{name}> does not exist.")
        return destinations, name

    def _put_destination(self, destinations: dict[str, Any], name: str) -> str:
        destination = {"Enabled": False, **self._get_param("EventDestination")}
        if problem := destination_problem(destination):
            raise bad_request(problem)
        if topic := destination.get("SnsDestination"):
            self._try_topic(topic["TopicArn"])
        destinations[name] = destination
        return "{}"

    def _try_topic(self, topic: str) -> None:
        """Publish the message with which SES finds out whether it may."""
        arn = self._account.arn(f"configuration-set/{self._get_param('ConfigurationSetName')}")
        text = "Successfully validated SNS topic for Amazon SES event publishing."
        try:
            publish(topic, arn, text, "Amazon SES Email Event Notification")
        except NotPublished as reason:
            raise bad_request(f"Could not publish to SNS topic <{topic}>: {reason}.") from None
