"""Settings as rows: what is asked of which service, which part of the answer counts, and what it must be.

    ("rds", "us-east-1", "describe_db_clusters", {"DBClusterIdentifier": "orders"}, "DBClusters[0].Engine", "aurora")

The part is a JMESPath expression; over lists, sort in it, so that the order in which services list things means nothing.
A row's answer that does not exist is a finding. Every page of a listing is read.
"""

import jmespath

import common


class Rows(common.Findings):
    """One look at one environment, row by row."""

    def __init__(self, arguments):
        super().__init__()
        self.cloud = common.Cloud(arguments["endpoints"])
        self.answers = {}

    def ask(self, service, region, operation, arguments):
        """The whole answer; None when the thing asked for does not exist. The same question is asked once."""
        key = (service, region, operation, repr(sorted(arguments.items())))
        if key not in self.answers:
            self.answers[key] = self.cloud.whole(service, region, operation, **arguments)
        return self.answers[key]

    def part(self, service, region, operation, arguments, path):
        """A part of an answer."""
        return jmespath.search(path, self.ask(service, region, operation, arguments))

    def check(self, rows):
        """Compares every row with what is there."""
        for service, region, operation, arguments, path, wanted in rows:
            what = f"{service} {operation} {arguments or ''} in {region}"
            reply = self.ask(service, region, operation, arguments)
            if reply is None:
                self.add(f"{what}: there is nothing")
                continue
            try:
                found = jmespath.search(path, reply)
            except jmespath.exceptions.JMESPathTypeError as error:
                # A part that an expression counts, sorts or searches is not there.
                self.add(f"{what}: {path}: {error}")
                continue
            self.equal(f"{what}: {path}", found, wanted)
        return self.report()
