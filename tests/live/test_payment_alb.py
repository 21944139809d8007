"""Is the environment of `payment_alb` as it was promised?"""

import unittest

from environment import LiveTest
from promises import Database, Endpoints, Everywhere, Network, TrafficIsLogged


class PaymentAlb(Database, Endpoints, Network, TrafficIsLogged, Everywhere, LiveTest):
    """The program `payment_alb`."""

    alarms_at_least = 10
    # Load balancers are asked by their own names, and their certificates are for the name that fails over.
    verified = False

    def endpoints(self):
        return [f"https://{name}" for name in self.there.all("alb_dns_names")]

    def test_payments_are_copied_encrypted_with_the_keys(self):
        source, copy = self.there.all("bucket_names")[:2]
        self.copied(source, copy)
        for name, region in ((source, self.there.primary), (copy, self.there.secondary)):
            self.assertEqual(self.bucket(name, region), "aws:kms")

    def test_accesses_are_written_to_a_bucket_of_their_own(self):
        for number, region in enumerate(self.there.regions):
            self.bucket(self.there[f"bucket_names_{2 + number}"], region)
            elbv2 = self.there.client("elbv2", region)
            found = self.there.listed("elbv2", region, "describe_load_balancers", "LoadBalancers")
            balancer = next(one for one in found if one["DNSName"] == self.there[f"alb_dns_names_{number}"])
            listed = elbv2.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])["Attributes"]
            attributes = {one["Key"]: one["Value"] for one in listed}
            self.assertEqual(attributes["access_logs.s3.enabled"], "true")
            self.assertEqual(attributes["access_logs.s3.bucket"], self.there[f"bucket_names_{2 + number}"])
            self.assertEqual(attributes["deletion_protection.enabled"], "false")

    def test_load_balancers_listen_to_tls_alone(self):
        for number, region in enumerate(self.there.regions):
            found = self.there.listed("elbv2", region, "describe_load_balancers", "LoadBalancers")
            balancer = next(one for one in found if one["DNSName"] == self.there[f"alb_dns_names_{number}"])
            listeners = self.there.listed(
                "elbv2", region, "describe_listeners", "Listeners", LoadBalancerArn=balancer["LoadBalancerArn"]
            )
            for listener in listeners:
                self.assertEqual((listener["Protocol"], listener["Port"]), ("HTTPS", 443))
                self.assertIn("TLS13-1-2", listener["SslPolicy"])

    def test_nothing_leads_to_the_internet_but_the_load_balancers(self):
        for vpc, region in zip(self.vpcs(), self.there.regions):
            inside = [{"Name": "vpc-id", "Values": [vpc]}]
            found = self.there.listed("ec2", region, "describe_nat_gateways", "NatGateways", Filters=inside)
            self.assertEqual([one for one in found if one["State"] != "deleted"], [])

    def test_functions_keep_what_they_could_not_do(self):
        names, urls = self.there.all("function_names"), self.there.all("dlq_urls")
        for name, url, region in zip(names, urls, self.there.regions):
            found = self.function(name, region)
            queue = self.queue(url, region)
            self.assertEqual(found["DeadLetterConfig"]["TargetArn"], queue["QueueArn"])
            self.assertTrue(queue.get("KmsMasterKeyId"), url)
            self.told_of_dead_letters(url, region)


if __name__ == "__main__":
    unittest.main()
