"""`python -m local.plugins.aws`: the stand-in of `pulumi-resource-aws`."""

from local.plugins.aws.aws_provider import AwsProvider
from local.plugins.server import serve

serve(AwsProvider())
