"""A deployed environment as tests look at it: what `dr output --format flat` wrote, and clients for its regions.

The variable `DR_OUTPUTS` names that file. Everything else is boto3's own: credentials, a profile, and `AWS_ENDPOINT_URL`
(`AWS_ENDPOINT_URL_CLOUDWATCH` and so on for single services), which leads to an emulator. An emulator runs no functions,
answers no names and copies no items: tests that need that are left out there, and say so.
"""

import json
import os
import unittest

import boto3
from botocore.config import Config

IS_EMULATED = "AWS_ENDPOINT_URL" in os.environ

answers = unittest.skipIf(IS_EMULATED, "an emulator runs no functions and copies no items")


class Environment:
    """The outputs of a program in an environment, and the cloud that it is in."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.outputs = json.load(file)
        self.suffix = self["environment_suffix"]
        self.primary = self["primary_region"]
        self.secondary = self["secondary_region"]
        self.clients = {}

    @property
    def regions(self):
        """Both regions, the primary one first."""
        return (self.primary, self.secondary)

    def __getitem__(self, name):
        """An output. Where it is a list or a map, name its item: `bucket_names_0`."""
        if name not in self.outputs:
            raise AssertionError(f"there is no output {name}; there are {', '.join(sorted(self.outputs))}")
        return self.outputs[name]

    def all(self, name):
        """The items of an output that is a list."""
        items = []
        while f"{name}_{len(items)}" in self.outputs:
            items.append(self.outputs[f"{name}_{len(items)}"])
        if not items:
            raise AssertionError(f"the output {name} is no list, or has nothing in it")
        return items

    def client(self, service, region):
        """The client of a service in a region."""
        if (service, region) not in self.clients:
            config = Config(
                retries={"total_max_attempts": 5, "mode": "standard"},
                s3={"addressing_style": "path"} if IS_EMULATED else {},
                connect_timeout=10,
                read_timeout=60,
            )
            self.clients[service, region] = boto3.client(service, region_name=region, config=config)
        return self.clients[service, region]

    def listed(self, service, region, operation, key, **arguments):
        """Every item of a listing, over all its pages."""
        client = self.client(service, region)
        if client.can_paginate(operation):
            pages = client.get_paginator(operation).paginate(**arguments)
            return [item for page in pages for item in page.get(key, [])]
        return getattr(client, operation)(**arguments).get(key, [])

    def tagged(self, region):
        """Everything in a region that carries the environment's tag: tags by ARN."""
        found = self.listed(
            "resourcegroupstaggingapi",
            region,
            "get_resources",
            "ResourceTagMappingList",
            TagFilters=[{"Key": "dr:env", "Values": [self.suffix]}],
        )
        return {one["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in one["Tags"]} for one in found}

    def alarms(self, region):
        """The environment's alarms in a region."""
        found = self.listed("cloudwatch", region, "describe_alarms", "MetricAlarms")
        return [alarm for alarm in found if alarm["AlarmName"].endswith(f"-{self.suffix}")]


def region_of(arn):
    """The region that an ARN names."""
    return arn.split(":")[3]


def name_of(arn):
    """The last part of an ARN."""
    return arn.rsplit(":", 1)[-1].rsplit("/", 1)[-1]


class LiveTest(unittest.TestCase):
    """A test of a deployed environment, which is `self.there`."""

    longMessage = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        path = os.environ.get("DR_OUTPUTS")
        if not path:
            raise RuntimeError("DR_OUTPUTS must name the file that `dr output --format flat` wrote")
        cls.there = Environment(path)
