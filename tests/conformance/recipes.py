# SPDX-License-Identifier: Apache-2.0
"""How each error that the service model lists for an operation arises from the service's own rules;
where it cannot, why not. Shared by the tests that ask over the wire and through the SDKs."""
import copy
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "wire"))
import wire  # noqa: E402  (its folder is found above)

TOKEN = "mpt-Qx7vJ2kLw9sYc4Zb8Rt3Fh6Nd1Ga5Pe0"
# What each operation is asked and answers.
USUAL = {
    "BatchMeterUsage": {"ProductCode": wire.PRODUCT, "UsageRecords": [wire.record()]},
    "MeterUsage": {"ProductCode": wire.PRODUCT, "Timestamp": wire.HOUR_S,
                   "UsageDimension": "requests", "UsageQuantity": 7},
    "RegisterUsage": {"ProductCode": wire.PRODUCT, "PublicKeyVersion": 1, "Nonce": "n"},
    "ResolveCustomer": {"RegistrationToken": TOKEN},
}
LEFT = {"customers": {"acme": {"subscribed": False}}}
BURST = 40  # calls at once, of which no quota takes all


class Recipe:
    """A world, a Region, what is sent before, and how the usual request is changed."""

    def __init__(self, world=None, region=None, before=(), burst=1, **change):
        self.world, self.region, self.burst = world, region, burst
        self.before, self.change = before, change

    def input(self, operation, change=None):
        tree = copy.deepcopy(USUAL[operation])
        for key, value in (self.change if change is None else change).items():
            if key == "record":
                tree["UsageRecords"][0].update(value)
            else:
                tree[key] = value
        return tree

    def inputs(self, operation):
        """Everything that is sent, the last being the one that fails."""
        return [self.input(operation, c) for c in self.before] + \
            [self.input(operation)] * self.burst


def shares(*quantities):
    return [{"AllocatedUsageQuantity": q, "Tags": [{"Key": "team", "Value": f"t{i}"}]}
            for i, q in enumerate(quantities)]


BAD_TAG = [{"AllocatedUsageQuantity": 7, "Tags": [{"Key": "te\u00e4m", "Value": "a"}]}]
NO_FAULT = "the stand-in has no faults of its own; scenarios inject this error"
THROTTLE = Recipe(world={"quotas": True}, burst=BURST)

RECIPES = {
    "BatchMeterUsage": {
        "InternalServiceErrorException": NO_FAULT,
        "InvalidProductCodeException": Recipe(ProductCode="none"),
        "InvalidUsageDimensionException": Recipe(record={"Dimension": "Requests"}),
        "InvalidTagException": Recipe(record={"UsageAllocations": BAD_TAG}),
        "InvalidUsageAllocationsException": Recipe(record={"UsageAllocations": shares(3, 5)}),
        "InvalidCustomerIdentifierException": Recipe(record={"CustomerIdentifier": "nobody"}),
        "TimestampOutOfBoundsException": Recipe(
            record={"Timestamp": wire.HOUR_S - 3600 * 23 - 1}),
        "ThrottlingException": THROTTLE,
        "DisabledApiException": Recipe(region="ca-west-1"),
        "InvalidLicenseException": Recipe(record={
            "LicenseArn": "arn:aws:license-manager::294406891311:license:l-none"}),
    },
    "MeterUsage": {
        "InternalServiceErrorException": NO_FAULT,
        "InvalidProductCodeException": Recipe(ProductCode="none"),
        "InvalidUsageDimensionException": Recipe(UsageDimension="Requests"),
        "InvalidTagException": Recipe(UsageAllocations=BAD_TAG),
        "InvalidUsageAllocationsException": Recipe(UsageAllocations=shares(3, 5)),
        "InvalidEndpointRegionException": Recipe(region="eu-west-1"),
        "TimestampOutOfBoundsException": Recipe(Timestamp=wire.HOUR_S - 3600 * 5 - 1),
        "DuplicateRequestException": Recipe(before=[{}], UsageQuantity=8),
        "IdempotencyConflictException": Recipe(before=[{"ClientToken": "t"}], ClientToken="t",
                                               Timestamp=wire.HOUR_S - 3600),
        "ThrottlingException": THROTTLE,
        "CustomerNotEntitledException": Recipe(world=LEFT),
    },
    "RegisterUsage": {
        "InvalidProductCodeException": Recipe(ProductCode="none"),
        "InvalidRegionException": Recipe(region="eu-west-1"),
        "InvalidPublicKeyVersionException": Recipe(PublicKeyVersion=2),
        "PlatformNotSupportedException": Recipe(world={"platform": "ec2"}),
        "CustomerNotEntitledException": Recipe(world=LEFT),
        "ThrottlingException": THROTTLE,
        "InternalServiceErrorException": NO_FAULT,
        "DisabledApiException": Recipe(world={"disabled": True}),
    },
    "ResolveCustomer": {
        "InvalidTokenException": Recipe(RegistrationToken="none"),
        "ExpiredTokenException": Recipe(world={"tokens": [{"name": "t1", "issued": "now-4h"}]}),
        "ThrottlingException": "no quota of this operation is documented (developer guide, "
                               "metering-service-quotas); scenarios inject this error",
        "InternalServiceErrorException": NO_FAULT,
        "DisabledApiException": Recipe(region="cn-north-1"),
    },
}


def pairs():
    """[(operation, error, recipe or reason)]"""
    return [(operation, error, recipe) for operation, errors in RECIPES.items()
            for error, recipe in errors.items()]
