"""The list of what the image is made of."""

import pytest

from local.sbom import bill_of_materials

pytestmark = pytest.mark.unit


def test_every_package_is_a_component_with_its_version_and_package_url():
    entries = [
        "Package: opensmtpd\nVersion: 7.6.0p1-1\nArchitecture: amd64\n",
        "Package: libc6\nVersion: 2.41-12\nArchitecture: amd64\n",
    ]
    assert [component["purl"] for component in bill_of_materials(entries)["components"]] == [
        "pkg:deb/debian/libc6@2.41-12?arch=amd64",
        "pkg:deb/debian/opensmtpd@7.6.0p1-1?arch=amd64",
    ]
