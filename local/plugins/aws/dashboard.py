"""aws:cloudwatch/dashboard:Dashboard"""

from typing import Any, ClassVar

from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION
from local.plugins.aws.documents import json_property
from local.plugins.property import Property


class Dashboard(ApiResourceType):
    """A dashboard. Putting one that exists overwrites it."""

    token = "aws:cloudwatch/dashboard:Dashboard"  # noqa: S105
    service = "cloudwatch"
    noun = "CloudWatch Dashboard"
    key: ClassVar = {"dashboardName": "DashboardName"}
    creates = updates = "put_dashboard"
    reads = "get_dashboard"
    deletes = "delete_dashboards"
    gone = ("ResourceNotFound", "DashboardNotFoundError")
    properties: ClassVar = {
        "dashboardBody": json_property(required=True),
        "dashboardName": Property(str, required=True, replaces=True),
        "region": REGION,
        "dashboardArn": Property(str, output_only=True),
    }

    def call(self, verb: str, operation: str, values: dict[str, Any], **parameters: Any) -> Any:
        """Delete by a list of names."""
        if operation == self.deletes:
            parameters |= {"DashboardNames": [values["dashboardName"]], "without": ("dashboardName",)}
        return super().call(verb, operation, values, **parameters)
