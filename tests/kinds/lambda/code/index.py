"""Answers with a greeting and what it was sent."""

import os


def handler(event, context):
    return {"greeting": os.environ.get("GREETING", "hello"), "event": event}
