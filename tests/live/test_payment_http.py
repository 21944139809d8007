"""Is the environment of `payment_http` as it was promised?"""

import unittest

from environment import LiveTest
from promises import Database, Endpoints, Everywhere, Network, Table, TrafficIsLogged


class PaymentHttp(Database, Table, Endpoints, Network, TrafficIsLogged, Everywhere, LiveTest):
    """The program `payment_http`."""

    key = "session_id"
    alarms_at_least = 13

    def endpoints(self):
        return self.there.all("api_endpoints")

    def checks(self):
        return [self.there["health_check_id"]]

    def test_documents_are_copied_encrypted_with_the_keys(self):
        source, copy = self.there.all("bucket_names")
        self.copied(source, copy)
        for name, region in ((source, self.there.primary), (copy, self.there.secondary)):
            self.assertEqual(self.bucket(name, region), "aws:kms")

    def test_each_zone_has_a_way_out_of_its_own(self):
        for vpc, region in zip(self.vpcs(), self.there.regions):
            inside = [{"Name": "vpc-id", "Values": [vpc]}]
            found = self.there.listed("ec2", region, "describe_nat_gateways", "NatGateways", Filters=inside)
            available = [one for one in found if one["State"] == "available"]
            self.assertEqual(len({one["SubnetId"] for one in available}), 3, region)

    def test_the_networks_are_peered(self):
        peering = self.there["peering_id"]
        ec2 = self.there.client("ec2", self.there.primary)
        found = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[peering])["VpcPeeringConnections"][0]
        self.assertEqual(found["Status"]["Code"], "active")
        ends = [found[end]["VpcId"] for end in ("RequesterVpcInfo", "AccepterVpcInfo")]
        self.assertEqual(ends, self.vpcs())

    def test_functions_are_in_the_networks(self):
        for name, region in zip(self.there.all("function_names"), self.there.regions):
            self.function(name, region)


if __name__ == "__main__":
    unittest.main()
