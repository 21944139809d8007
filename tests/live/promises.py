"""What several programs promise of an environment. A program's tests take what applies to it, and say where it is.

These classes have tests and are none: each is one beside `LiveTest`.
"""

import json
import ssl
import time
import urllib.error
import urllib.request

from environment import IS_EMULATED, answers, name_of, region_of

HOME = "us-east-1"  # Where metrics of Route 53 are.


class Everywhere:
    """What every program promises."""

    # The least number of alarms, over all regions.
    alarms_at_least = 1

    def test_outputs_are_texts_on_one_level(self):
        for name, value in self.there.outputs.items():
            self.assertIsInstance(value, str, name)
        self.assertNotEqual(self.there.primary, self.there.secondary)

    def test_everything_says_what_it_belongs_to(self):
        for region, role in zip(self.there.regions, ("primary", "secondary")):
            found = self.there.tagged(region)
            self.assertTrue(found, f"nothing in {region} bears the tag dr:env={self.there.suffix}")
            for arn, tags in found.items():
                with self.subTest(arn):
                    self.assertEqual(tags.get("Environment"), self.there.suffix)
                    self.assertEqual(tags.get("ManagedBy"), "dr")
                    self.assertIn(tags.get("DR-Role"), ("primary", "secondary"))
                    self.assertTrue(tags.get("Program") and tags.get("Project"), tags)
                    self.assertTrue(tags.get("dr:address") and tags.get("dr:program"), tags)
                    # A copy of a secret has the tags of the secret.
                    if region_of(arn) == region and region != HOME and ":secretsmanager:" not in arn:
                        self.assertEqual((tags["Region"], tags["DR-Role"]), (region, role))

    def test_alarms_tell_a_topic_of_their_region_when_they_go_off_and_when_all_is_well(self):
        count = 0
        for region in sorted({*self.there.regions, HOME}):
            for alarm in self.there.alarms(region):
                with self.subTest(alarm["AlarmArn"]):
                    count += 1
                    self.assertTrue(alarm["ActionsEnabled"])
                    self.assertEqual(alarm["AlarmActions"], alarm["OKActions"])
                    self.assertEqual([region_of(arn) for arn in alarm["AlarmActions"]], [region])
                    self.assertTrue(alarm.get("AlarmDescription"))
                    for arn in alarm["AlarmActions"]:
                        self.there.client("sns", region).get_topic_attributes(TopicArn=arn)
        self.assertGreaterEqual(count, self.alarms_at_least)

    def test_logs_do_not_stay_for_ever(self):
        count = 0
        for region in self.there.regions:
            for group in self.there.listed("logs", region, "describe_log_groups", "logGroups"):
                if group["logGroupName"].endswith(f"-{self.there.suffix}"):
                    count += 1
                    self.assertTrue(group.get("retentionInDays"), group["logGroupName"])
        self.assertGreater(count, 0)

    def test_keys_are_renewed(self):
        count = 0
        for region in self.there.regions:
            for arn in self.there.tagged(region):
                if ":key/" in arn and region_of(arn) == region:
                    count += 1
                    status = self.there.client("kms", region).get_key_rotation_status(KeyId=arn)
                    self.assertTrue(status["KeyRotationEnabled"], arn)
        self.assertGreater(count, 0)

    def bucket(self, name, region):
        """A bucket in its region: versioned, encrypted, closed, and over TLS only."""
        s3 = self.there.client("s3", region)
        self.assertEqual(s3.get_bucket_location(Bucket=name)["LocationConstraint"] or HOME, region, name)
        block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
        flags = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        self.assertTrue(all(block[flag] for flag in flags), (name, block))
        rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
        algorithm = rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
        self.assertIn(algorithm, ("aws:kms", "AES256"), name)
        policy = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
        refused = [row for row in policy["Statement"] if row["Effect"] == "Deny" and "SecureTransport" in json.dumps(row)]
        self.assertTrue(refused, f"{name} answers without TLS")
        return algorithm

    def copied(self, source, destination):
        """A bucket of the primary region that is copied to one of the secondary region."""
        for name, region in ((source, self.there.primary), (destination, self.there.secondary)):
            self.bucket(name, region)
            versioning = self.there.client("s3", region).get_bucket_versioning(Bucket=name)
            self.assertEqual(versioning.get("Status"), "Enabled", name)
        s3 = self.there.client("s3", self.there.primary)
        rules = s3.get_bucket_replication(Bucket=source)["ReplicationConfiguration"]["Rules"]
        rules = [rule for rule in rules if rule["Status"] == "Enabled"]
        self.assertEqual([rule["Destination"]["Bucket"] for rule in rules], [f"arn:aws:s3:::{destination}"], source)

    def function(self, name, region, in_network=True):
        """A function that can be called, with a log group of its own."""
        found = self.there.client("lambda", region).get_function(FunctionName=name)["Configuration"]
        self.assertEqual(found["State"], "Active", name)
        self.assertGreater(found["CodeSize"], 500, name)
        self.assertEqual(bool(found.get("VpcConfig", {}).get("SubnetIds")), in_network, name)
        groups = self.there.listed(
            "logs", region, "describe_log_groups", "logGroups", logGroupNamePrefix=f"/aws/lambda/{name}"
        )
        group = next(group for group in groups if group["logGroupName"] == f"/aws/lambda/{name}")
        self.assertTrue(group.get("kmsKeyId"), group)
        return found

    def queue(self, url, region):
        """The attributes of a queue."""
        return self.there.client("sqs", region).get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    def told_of_dead_letters(self, url, region):
        """An alarm goes off as soon as something is in the queue."""
        name = url.rsplit("/", 1)[-1]
        self.assertGreaterEqual(int(self.queue(url, region)["MessageRetentionPeriod"]), 14 * 86_400, name)
        watching = [
            alarm
            for alarm in self.there.alarms(region)
            if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
            and {"Name": "QueueName", "Value": name} in alarm["Dimensions"]
        ]
        self.assertEqual([(alarm["Threshold"], alarm["Statistic"]) for alarm in watching], [(1.0, "Maximum")], name)


class Database:
    """An Aurora database over both regions, of which one writes."""

    # The output that names the global database.
    database = "global_cluster_id"

    def test_the_database_is_in_both_regions_encrypted_and_private(self):
        members = self.members()
        self.assertEqual(sorted(region_of(arn) for arn in members), sorted(self.there.regions))
        for arn in members:
            with self.subTest(arn):
                region = region_of(arn)
                rds = self.there.client("rds", region)
                cluster = rds.describe_db_clusters(DBClusterIdentifier=name_of(arn))["DBClusters"][0]
                self.assertEqual(cluster["Status"], "available")
                self.assertTrue(cluster["StorageEncrypted"])
                self.assertFalse(cluster["DeletionProtection"])
                self.assertTrue(cluster["DBClusterMembers"], "no instance")
                for member in cluster["DBClusterMembers"]:
                    instance = member["DBInstanceIdentifier"]
                    found = rds.describe_db_instances(DBInstanceIdentifier=instance)["DBInstances"][0]
                    self.assertFalse(found["PubliclyAccessible"], instance)
                    self.assertFalse(found["DBInstanceClass"].startswith("db.t"), instance)

    def test_one_region_writes(self):
        writers = [arn for arn, writes in self.members().items() if writes]
        self.assertEqual(len(writers), 1, writers)
        if region_of(writers[0]) != self.there.primary:
            print(f"the region that writes is {region_of(writers[0])}: there was a failover")

    def test_the_password_is_in_the_secret_alone(self):
        held = self.there.client("secretsmanager", self.there.primary).get_secret_value(SecretId=self.secret())
        secret = json.loads(held["SecretString"])
        self.assertGreaterEqual(len(secret["password"]), 32)
        self.assertEqual((secret["port"], secret["engine"]), (5432, "postgres"))
        said = json.dumps(self.there.outputs)
        self.assertNotIn(secret["password"], said, "the outputs say the password")

    def secret(self):
        """The id of the secret."""
        return self.there["secret_arn"]

    def database_name(self):
        """What the global database is called."""
        return self.there[self.database]

    def members(self):
        """The clusters of the database by ARN, and whether they write."""
        found = self.there.listed("rds", self.there.primary, "describe_global_clusters", "GlobalClusters")
        name = self.database_name()
        database = next(one for one in found if one["GlobalClusterIdentifier"] == name)
        self.assertTrue(database["StorageEncrypted"])
        return {member["DBClusterArn"]: member["IsWriter"] for member in database["GlobalClusterMembers"]}


class Table:
    """A table that both regions read and write."""

    # The output that names the table, and the table's key.
    table = "table_name"
    key = "id"

    def test_the_table_is_in_both_regions_and_can_be_restored(self):
        name = self.there[self.table]
        for region, other in (self.there.regions, reversed(self.there.regions)):
            with self.subTest(region):
                dynamodb = self.there.client("dynamodb", region)
                table = dynamodb.describe_table(TableName=name)["Table"]
                self.assertEqual(table["TableStatus"], "ACTIVE")
                self.assertEqual([key["AttributeName"] for key in table["KeySchema"]], [self.key])
                self.assertEqual(table["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES")
                replicas = {one["RegionName"]: one["ReplicaStatus"] for one in table["Replicas"]}
                self.assertEqual(replicas.get(other), "ACTIVE", replicas)
                backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
                self.assertEqual(backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"], "ENABLED")

    @answers
    def test_what_one_region_writes_the_other_one_reads_within_seconds(self):
        name, item = self.there[self.table], {self.key: {"S": f"live-test-{time.time_ns()}"}}
        here, other = (self.there.client("dynamodb", region) for region in self.there.regions)
        started = time.monotonic()
        here.put_item(TableName=name, Item=item)
        try:
            while "Item" not in other.get_item(TableName=name, Key=item):
                self.assertLess(time.monotonic() - started, 60, "the other region has not got it for a minute")
                time.sleep(0.2)
            print(f"an item was there after {time.monotonic() - started:.1f} s")
        finally:
            here.delete_item(TableName=name, Key=item)


class Endpoints:
    """Endpoints of both regions that say whether they work, and health checks that ask them."""

    # The path that is asked for, and whether the endpoints' own names are in their certificates.
    health = "/health"
    verified = True

    def endpoints(self):
        """The addresses of the primary and the secondary endpoint, without a path."""
        raise NotImplementedError

    @answers
    def test_both_endpoints_answer(self):
        for address, region in zip(self.endpoints(), self.there.regions):
            with self.subTest(region):
                trust = ssl.create_default_context() if self.verified else ssl._create_unverified_context()
                with urllib.request.urlopen(f"{address}{self.health}", timeout=10, context=trust) as answer:
                    self.assertEqual(answer.status, 200)
                    self.assertIn(region, answer.read().decode())

    @answers
    def test_endpoints_do_not_answer_without_tls(self):
        for address in self.endpoints():
            with self.assertRaises((urllib.error.URLError, OSError)):
                urllib.request.urlopen(address.replace("https://", "http://") + self.health, timeout=10)

    def test_health_checks_ask_both(self):
        for check in self.checks():
            with self.subTest(check):
                found = self.there.client("route53", HOME).get_health_check(HealthCheckId=check)["HealthCheck"]
                config = found["HealthCheckConfig"]
                self.assertEqual((config["Type"], config["Port"]), ("HTTPS", 443))
                self.assertTrue(config["ResourcePath"].endswith(self.health), config)
                self.assertFalse(config.get("Inverted"), "an exercise has not been ended")
                self.assertFalse(config.get("Disabled"))
                if not IS_EMULATED:
                    said = self.there.client("route53", HOME).get_health_check_status(HealthCheckId=check)
                    good = [one for one in said["HealthCheckObservations"] if "Success" in one["StatusReport"]["Status"]]
                    self.assertTrue(good, said)

    def checks(self):
        """The ids of the health checks."""
        return self.there.all("health_check_ids")

    def test_an_alarm_hears_of_the_primary_health_check(self):
        watched = {
            dimension["Value"]
            for alarm in self.there.alarms(HOME)
            if alarm["MetricName"] == "HealthCheckStatus"
            for dimension in alarm["Dimensions"]
            if alarm["TreatMissingData"] == "breaching"
        }
        self.assertIn(self.checks()[0], watched)


class Network:
    """A network in each region."""

    # The output that lists the networks.
    networks = "vpc_ids"

    def test_the_networks_are_in_their_regions_and_have_names_for_hosts(self):
        for vpc, region in zip(self.vpcs(), self.there.regions):
            with self.subTest(region):
                ec2 = self.there.client("ec2", region)
                found = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]
                self.assertEqual(found["State"], "available")
                names = ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
                self.assertTrue(names["EnableDnsHostnames"]["Value"])

    def test_the_internet_reaches_nothing_but_load_balancers(self):
        for vpc, region in zip(self.vpcs(), self.there.regions):
            inside = [{"Name": "vpc-id", "Values": [vpc]}]
            groups = self.there.listed("ec2", region, "describe_security_groups", "SecurityGroups", Filters=inside)
            for group in groups:
                for rule in group["IpPermissions"]:
                    if any(one["CidrIp"] == "0.0.0.0/0" for one in rule.get("IpRanges", [])):
                        with self.subTest(group["GroupName"]):
                            self.assertIn("-alb-", group["GroupName"])
                            self.assertEqual((rule["FromPort"], rule["ToPort"]), (443, 443))

    def vpcs(self):
        """The ids of both networks."""
        return self.there.all(self.networks)


class TrafficIsLogged:
    """Traffic of the networks is written down."""

    def test_traffic_is_written_down(self):
        for vpc, region in zip(self.vpcs(), self.there.regions):
            of = [{"Name": "resource-id", "Values": [vpc]}]
            logs = self.there.listed("ec2", region, "describe_flow_logs", "FlowLogs", Filters=of)
            self.assertEqual([(log["TrafficType"], log["FlowLogStatus"]) for log in logs], [("ALL", "ACTIVE")], region)
