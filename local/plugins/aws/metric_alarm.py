"""aws:cloudwatch/metricAlarm:MetricAlarm"""

from collections.abc import Iterator
from typing import Any, ClassVar

from local.plugins.aws.api_form import from_api
from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION, TAGS, TAGS_ALL
from local.plugins.aws.choices import one_of
from local.plugins.aws.tagging import Tagging
from local.plugins.property import Failure, Property, not_implemented

_COMPARISONS = (
    *(
        "GreaterThanOrEqualToThreshold",
        "GreaterThanThreshold",
        "LessThanThreshold",
        "LessThanOrEqualToThreshold",
    ),
    *("LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"),
)
_STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_ACTIONS = Property(list, element=Property(str), as_set=True)
_METRIC = {
    "metricName": Property(str, required=True),
    "period": Property(int, required=True),
    "stat": Property(str, required=True),
    "namespace": Property(str),
    "dimensions": Property(dict, element=Property(str)),
    "unit": Property(str),
}


class MetricAlarm(ApiResourceType):
    """An alarm on a metric or on an expression over metrics. Putting one that exists overwrites it."""

    token = "aws:cloudwatch/metricAlarm:MetricAlarm"  # noqa: S105
    service = "cloudwatch"
    noun = "CloudWatch Metric Alarm"
    key: ClassVar = {"name": "AlarmName"}
    unread = ("name",)
    creates = updates = "put_metric_alarm"
    reads = "describe_alarms"
    deletes = "delete_alarms"
    gone = ("ResourceNotFound",)
    tagging = Tagging("ResourceARN")
    autoname = "name"
    api_names: ClassVar = {"metricQueries": "Metrics", "okActions": "OKActions"}
    properties: ClassVar = {
        "name": Property(str, replaces=True, computed=True),
        "actionsEnabled": Property(bool, default=True),
        "alarmActions": _ACTIONS,
        "alarmDescription": Property(str),
        "comparisonOperator": Property(str, validate=one_of(*_COMPARISONS)),
        "datapointsToAlarm": Property(int),
        "dimensions": Property(dict, element=Property(str)),
        "evaluationPeriods": Property(int),
        "extendedStatistic": Property(str, conflicts=("statistic",)),
        "insufficientDataActions": _ACTIONS,
        "metricName": Property(str, conflicts=("metricQueries",)),
        "metricQueries": Property(
            list,
            as_set=True,
            conflicts=("metricName",),
            element=Property(
                dict,
                properties={
                    "id": Property(str, required=True),
                    "accountId": Property(str),
                    "expression": Property(str),
                    "label": Property(str),
                    "metric": Property(dict, properties=_METRIC),
                    "period": Property(int),
                    "returnData": Property(bool, default=False),
                },
            ),
        ),
        "namespace": Property(str),
        "okActions": _ACTIONS,
        "period": Property(int),
        "statistic": Property(str, conflicts=("extendedStatistic",), validate=one_of(*_STATISTICS)),
        "threshold": Property(float),
        "thresholdMetricId": Property(str),
        "treatMissingData": Property(
            str, default="missing", validate=one_of("missing", "ignore", "breaching", "notBreaching")
        ),
        "unit": Property(str),
        "region": REGION,
        "tags": TAGS,
        "arn": Property(str, output_only=True),
        "tagsAll": TAGS_ALL,
        **not_implemented(
            "evaluateLowSampleCountPercentiles",
            "evaluationCriteria",
            "evaluationInterval",
            "evaluationWindow",
            "warmUpConfiguration",
        ),
    }

    def validate(self, inputs: dict[str, Any]) -> Iterator[Failure]:
        """What the SDK leaves open and CloudWatch wants."""
        for name in ("comparisonOperator", "evaluationPeriods"):
            if inputs.get(name) is None:
                yield Failure(name, f'Missing required argument. The argument "{name}" is required')
        if inputs.get("metricName") is None and inputs.get("metricQueries") is None:
            text = "Invalid combination of arguments. One of `metricName,metricQueries` must be specified"
            yield Failure("metricName", text)

    def request(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The API has dimensions as a list, and calls an extended statistic otherwise."""
        request = super().request(inputs)
        if "Dimensions" in request:
            request["Dimensions"] = _dimensions_to_api(inputs["dimensions"])
        for query, given in zip(request.get("Metrics", ()), inputs.get("metricQueries") or (), strict=False):
            if metric := given.get("metric"):
                query["MetricStat"] = _metric_to_api(metric)
                del query["Metric"]
        return request

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any] | None:
        """Pick the alarm by its name."""
        for alarm in answer["MetricAlarms"]:
            if alarm["AlarmName"] == known["name"]:
                found = super().found(alarm, known)
                return {
                    **{name: value for name, value in found.items() if value not in (None, [])},
                    "arn": alarm["AlarmArn"],
                    "dimensions": _dimensions_from_api(alarm.get("Dimensions")),
                    "metricQueries": [_query_from_api(query) for query in alarm.get("Metrics") or ()] or None,
                }
        return None

    def call(self, verb: str, operation: str, values: dict[str, Any], **parameters: Any) -> Any:
        """Some operations take a list of names."""
        if operation == self.reads:
            parameters |= {"AlarmNames": [values["name"]], "AlarmTypes": ["MetricAlarm"]}
        if operation == self.deletes:
            parameters |= {"AlarmNames": [values["name"]], "without": ("name",)}
        return super().call(verb, operation, values, **parameters)


def _dimensions_to_api(dimensions: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def _dimensions_from_api(dimensions: list[dict[str, str]] | None) -> dict[str, str] | None:
    return {dimension["Name"]: dimension["Value"] for dimension in dimensions or ()} or None


def _metric_to_api(metric: dict[str, Any]) -> dict[str, Any]:
    named = {
        "Namespace": metric.get("namespace"),
        "MetricName": metric["metricName"],
        "Dimensions": _dimensions_to_api(metric.get("dimensions") or {}),
    }
    given = {"Metric": named, "Period": metric["period"], "Stat": metric["stat"], "Unit": metric.get("unit")}
    return {name: value for name, value in given.items() if value is not None}


def _query_from_api(query: dict[str, Any]) -> dict[str, Any]:
    found = from_api({name: value for name, value in query.items() if name != "MetricStat"})
    if stat := query.get("MetricStat"):
        metric = {
            "metricName": stat["Metric"]["MetricName"],
            "namespace": stat["Metric"].get("Namespace"),
            "dimensions": _dimensions_from_api(stat["Metric"].get("Dimensions")),
            "period": stat["Period"],
            "stat": stat["Stat"],
            "unit": stat.get("Unit"),
        }
        found["metric"] = {name: value for name, value in metric.items() if value is not None}
    return {"returnData": False, **found}
