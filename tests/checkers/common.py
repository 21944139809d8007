"""What the checkers share: arguments and answers as JSON, clients for the right endpoint, and findings.

A checker reads one JSON object on standard input; its `endpoints` say where the services are: `{"aws": …, "cloudwatch":
…}`. It writes one JSON object on standard output. It exits with a failing status only when it could not look.
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# LocalStack reads the account from the access key; moto takes any. With this key both speak of the same account.
ACCOUNT = "123456789012"


class Cloud:
    """Clients for one set of endpoints."""

    def __init__(self, endpoints, attempts=3):
        self.endpoints = endpoints
        self.config = Config(
            retries={"total_max_attempts": attempts, "mode": "standard"},
            s3={"addressing_style": "path"},
            connect_timeout=10,
            read_timeout=60,
        )
        self.clients = {}

    def client(self, service, region):
        """The client of a service in a region."""
        if (service, region) not in self.clients:
            self.clients[service, region] = boto3.client(
                service,
                region_name=region,
                endpoint_url=self.endpoints["cloudwatch" if service == "cloudwatch" else "aws"],
                aws_access_key_id=ACCOUNT,
                aws_secret_access_key="none",
                config=self.config,
            )
        return self.clients[service, region]

    def all(self, service, region, operation, key, **arguments):
        """Every item of a listing, over all its pages."""
        client = self.client(service, region)
        if client.can_paginate(operation):
            return [item for page in client.get_paginator(operation).paginate(**arguments) for item in page.get(key, [])]
        return getattr(client, operation)(**arguments).get(key, [])

    def whole(self, service, region, operation, **arguments):
        """The answer with all its pages in one, or None when the thing asked for does not exist."""
        client = self.client(service, region)
        try:
            if client.can_paginate(operation):
                return client.get_paginator(operation).paginate(**arguments).build_full_result()
            return getattr(client, operation)(**arguments)
        except ClientError as error:
            if gone(error):
                return None
            raise

    def ask(self, service, region, operation, **arguments):
        """The answer, or None when the thing asked for does not exist."""
        try:
            return getattr(self.client(service, region), operation)(**arguments)
        except ClientError as error:
            if gone(error):
                return None
            raise


def gone(error):
    """Whether an error says that the thing asked for does not exist."""
    code = error.response["Error"]["Code"]
    return any(word in code for word in ("NotFound", "NoSuch", "NonExistent")) or code == "404"


class Findings:
    """Differences between what is wanted and what is there."""

    def __init__(self):
        self.list = []

    def add(self, finding):
        """Notes a difference."""
        self.list.append(finding)

    def equal(self, what, found, wanted):
        """Notes a difference unless the two are equal."""
        if found != wanted:
            self.add(f"{what} is {found!r}, wanted {wanted!r}")

    def true(self, what, holds):
        """Notes what does not hold."""
        if not holds:
            self.add(what)

    def report(self, **more):
        """The answer of a checker."""
        return {"ok": not self.list, "findings": self.list, **more}


def answer(checker):
    """Runs a checker on the arguments that were given, and writes what it returns."""
    json.dump(checker(json.load(sys.stdin)), sys.stdout, indent=2, default=str)
    print()
