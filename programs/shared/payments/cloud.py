"""Where a function runs, and how it talks to AWS."""

import os
import time
from functools import cache

import boto3
from botocore.config import Config

PATIENT = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2})
# Route 53 waits two seconds for an answer of a health check.
HASTY = Config(connect_timeout=0.5, read_timeout=1, retries={"total_max_attempts": 1})


def region():
    """The region that this runs in."""
    return os.environ["AWS_REGION"]


@cache
def client(service, config=PATIENT):
    """A client that gives up while somebody is still waiting for an answer."""
    return boto3.client(service, config=config)


@cache
def table(name, config=PATIENT):
    """A table of DynamoDB."""
    return boto3.resource("dynamodb", config=config).Table(name)


_read = {}  # What was read and when, by its name.


def remembered(name, age, read):
    """What `read` answers, or answered less than `age` seconds ago."""
    at, value = _read.get(name, (None, None))
    if at is None or time.monotonic() - at >= age:
        at, value = time.monotonic(), read()
        _read[name] = (at, value)
    return value


def last(name):
    """What was read last, however long ago; nothing when it never was."""
    return _read.get(name, (None, None))[1]


def forget():
    """Forgets every client and everything that was read."""
    client.cache_clear()
    table.cache_clear()
    _read.clear()
