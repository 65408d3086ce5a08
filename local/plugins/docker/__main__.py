"""`python -m local.plugins.docker`: the stand-in of `pulumi-resource-docker`."""

from local.plugins.docker.docker_provider import DockerProvider
from local.plugins.server import serve

serve(DockerProvider())
