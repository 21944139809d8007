"""Is the program `transactions` there, as it was asked for?

    {"endpoints": {…}, "suffix": "pr-7", "primary_region": "us-east-1", "secondary_region": "us-west-2",
     "customer_keys": false, "replication": false, "secondary_compute": false, "email": "", "reserved": null}
    →  {"ok": true, "findings": []}

Only `endpoints` and `suffix` must be given. Every resource is looked up by name in its region, and every setting that
the product asks for is compared; what is there beyond that is a finding too. The option `dns` is not looked at.
"""

import fnmatch
import json

import common

FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
READ_AND_WRITE = ("GetItem", "Query", "PutItem", "UpdateItem")


class Check(common.Findings):
    """One look at one environment."""

    def __init__(self, arguments):
        super().__init__()
        self.cloud = common.Cloud(arguments["endpoints"])
        self.suffix = arguments["suffix"]
        self.primary = arguments.get("primary_region", "us-east-1")
        self.secondary = arguments.get("secondary_region", "us-west-2")
        self.customer_keys = arguments.get("customer_keys", False)
        self.replication = arguments.get("replication", False)
        self.secondary_compute = arguments.get("secondary_compute", False)
        self.email = arguments.get("email", "")
        self.reserved = arguments.get("reserved")
        self.account = self.cloud.client("sts", self.primary).get_caller_identity()["Account"]
        self.table_name = self.named("transactions")
        self.function_name = self.named("transaction-processor")
        self.log_group_name = f"/aws/lambda/{self.function_name}"
        self.topic_name = self.named("transaction-alerts")
        self.bucket_name = self.named("transaction-documents") + f"-{self.account}"
        self.compute_regions = [self.primary] + ([self.secondary] if self.secondary_compute else [])

    def named(self, name):
        return f"{name}-{self.suffix}"

    def arn(self, service, region, rest):
        return f"arn:aws:{service}:{region}:{self.account}:{rest}"

    def run(self):
        """Looks at everything."""
        keys = {self.primary: self.key(self.primary)}
        west = self.customer_keys or self.secondary_compute or self.replication
        keys[self.secondary] = self.key(self.secondary, wanted=self.customer_keys) if west else None
        self.table(keys)
        self.bucket(keys)
        for region in self.compute_regions:
            self.topic(region)
            self.function(region, keys)
            self.log_group(region, keys)
            self.alarms(region)
        self.cross_region_role(keys)
        self.nothing_else(west)
        return self.report()

    def tags(self, what, region, found):
        """The tags of everything: what the product asks for, and the engine's own."""
        wanted = {
            "Environment": self.suffix,
            "ManagedBy": "dr",
            "Region": region,
            "DR-Role": "primary" if region == self.primary else "secondary",
            "dr:env": self.suffix,
        }
        for key, value in wanted.items():
            self.equal(f"{what}: tag {key}", found.get(key), value)
        for key in ("Project", "Program", "dr:program", "dr:address"):
            self.true(f"{what}: tag {key} is missing", found.get(key))

    def key(self, region, wanted=True):
        """The customer key behind the alias; its ARN."""
        alias = f"alias/{self.named('transaction-encryption')}"
        what = f"key {alias} in {region}"
        found = self.cloud.ask("kms", region, "describe_key", KeyId=alias)
        if found is None:
            self.true(f"{what} does not exist", not wanted)
            return None
        metadata = found["KeyMetadata"]
        self.equal(f"{what}: manager", metadata["KeyManager"], "CUSTOMER")
        self.equal(f"{what}: state", metadata["KeyState"], "Enabled")
        kms = self.cloud.client("kms", region)
        self.equal(f"{what}: rotation", kms.get_key_rotation_status(KeyId=metadata["KeyId"])["KeyRotationEnabled"], True)
        policy = kms.get_key_policy(KeyId=metadata["KeyId"], PolicyName="default")["Policy"]
        root = f"arn:aws:iam::{self.account}:root"
        rows = statements(policy)
        self.true(
            f"{what}: the account may not manage it",
            any("kms:*" in row["Action"] and root in principals(row, "AWS") for row in rows),
        )
        logs = [row for row in rows if f"logs.{region}.amazonaws.com" in principals(row, "Service")]
        self.true(f"{what}: CloudWatch Logs of {region} may not use it", logs)
        self.true(
            f"{what}: the right of CloudWatch Logs is not bound to log groups by the encryption context",
            all("kms:EncryptionContext:aws:logs:arn" in json.dumps(row.get("Condition", {})) for row in logs),
        )
        listed = self.cloud.all("kms", region, "list_resource_tags", "Tags", KeyId=metadata["KeyId"])
        self.tags(what, region, {tag["TagKey"]: tag["TagValue"] for tag in listed})
        return metadata["Arn"]

    def table(self, keys):
        """The table, its index, and its replica."""
        for region in (self.primary, self.secondary):
            what = f"table {self.table_name} in {region}"
            found = self.cloud.ask("dynamodb", region, "describe_table", TableName=self.table_name)
            if found is None:
                self.add(f"{what} does not exist")
                continue
            table = found["Table"]
            types = {a["AttributeName"]: a["AttributeType"] for a in table["AttributeDefinitions"]}
            stream = table.get("StreamSpecification", {})
            encryption = table.get("SSEDescription", {})
            self.equal(f"{what}: status", table["TableStatus"], "ACTIVE")
            self.equal(f"{what}: keys", schema(table), {"HASH": "id"})
            self.equal(f"{what}: attributes", types, {"id": "S", "status": "S", "created_at": "S"})
            indexes = {index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes", [])}
            self.equal(f"{what}: indexes", sorted(indexes), ["status-created_at-index"])
            for index in indexes.values():
                self.equal(f"{what}: keys of its index", schema(index), {"HASH": "status", "RANGE": "created_at"})
                self.equal(f"{what}: projection", index["Projection"]["ProjectionType"], "ALL")
            billing = table.get("BillingModeSummary", {}).get("BillingMode")
            self.equal(f"{what}: billing", billing, "PAY_PER_REQUEST")
            self.equal(f"{what}: stream", stream.get("StreamEnabled"), True)
            self.equal(f"{what}: stream view", stream.get("StreamViewType"), "NEW_AND_OLD_IMAGES")
            self.equal(f"{what}: encryption", (encryption.get("Status"), encryption.get("SSEType")), ("ENABLED", "KMS"))
            self.equal(f"{what}: deletion protection", table.get("DeletionProtectionEnabled", False), False)
            if self.customer_keys and region == self.primary:
                self.equal(f"{what}: key", encryption.get("KMSMasterKeyArn"), keys[region])
            elif not self.customer_keys:
                mine = encryption.get("KMSMasterKeyArn") in [key for key in keys.values() if key]
                self.true(f"{what}: names a customer key, though `customer_keys` is off", not mine)
            backups = self.cloud.client("dynamodb", region).describe_continuous_backups(TableName=self.table_name)
            recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
            status = recovery["PointInTimeRecoveryStatus"]
            self.equal(f"{what}: point-in-time recovery", status, "ENABLED")
            arn = table["TableArn"]
            listed = self.cloud.all("dynamodb", region, "list_tags_of_resource", "Tags", ResourceArn=arn)
            self.tags(what, region, pairs(listed))
            other = self.secondary if region == self.primary else self.primary
            replicas = {replica["RegionName"]: replica for replica in table.get("Replicas", [])}
            replicas.pop(region, None)
            self.equal(f"{what}: other replicas", sorted(replicas), [other])
            for replica in replicas.values():
                self.equal(f"{what}: status of its replica", replica.get("ReplicaStatus"), "ACTIVE")
                wanted = keys[other] if self.customer_keys else None
                if region == self.primary:
                    self.equal(f"{what}: key of its replica", replica.get("KMSMasterKeyId"), wanted)

    def bucket(self, keys):
        """The bucket for documents, and with `replication` its twin."""
        found = self.cloud.ask("s3", self.primary, "get_bucket_location", Bucket=self.bucket_name)
        if found is None:
            self.add(f"bucket {self.bucket_name} does not exist")
            return
        self.equal("bucket: region", found["LocationConstraint"] or "us-east-1", self.primary)
        self.bucket_settings(self.bucket_name, self.primary, keys[self.primary])
        configured = self.cloud.ask("s3", self.primary, "get_bucket_replication", Bucket=self.bucket_name)
        if not self.replication:
            self.true("bucket: is replicated, though `replication` is off", configured is None)
            return
        if configured is None:
            self.add("bucket: is not replicated")
            return
        configuration = configured["ReplicationConfiguration"]
        self.equal("bucket: replication rules", len(configuration["Rules"]), 1)
        for rule in configuration["Rules"]:
            target = rule["Destination"]
            control, metrics = target.get("ReplicationTime", {}), target.get("Metrics", {})
            self.equal("bucket: replication", rule["Status"], "Enabled")
            self.equal("bucket: time control", (control.get("Status"), control.get("Time")), ("Enabled", {"Minutes": 15}))
            self.equal("bucket: replication metrics", metrics.get("Status"), "Enabled")
            twin = target["Bucket"].removeprefix("arn:aws:s3:::")
            place = self.cloud.ask("s3", self.secondary, "get_bucket_location", Bucket=twin)
            region = place and (place["LocationConstraint"] or "us-east-1")
            self.equal(f"bucket {twin}: region", region, self.secondary)
            if place:
                self.bucket_settings(twin, self.secondary, keys[self.secondary])
        role = configuration["Role"].rsplit("/", 1)[-1]
        trusted = self.role(role, self.secondary)  # It is there for the copy.
        self.true(f"role {role}: S3 may not assume it", trusted and "s3.amazonaws.com" in json.dumps(trusted[0]))

    def bucket_settings(self, name, region, key):
        """What both buckets have."""
        what = f"bucket {name}"
        ask = lambda operation: self.cloud.ask("s3", region, operation, Bucket=name) or {}
        self.equal(f"{what}: versioning", ask("get_bucket_versioning").get("Status"), "Enabled")
        rules = ask("get_bucket_encryption").get("ServerSideEncryptionConfiguration", {}).get("Rules", [{}])
        by_default = rules[0].get("ApplyServerSideEncryptionByDefault", {})
        self.equal(f"{what}: encryption", by_default.get("SSEAlgorithm"), "aws:kms")
        if key:
            self.equal(f"{what}: key", by_default.get("KMSMasterKeyID"), key)
        block = ask("get_public_access_block").get("PublicAccessBlockConfiguration", {})
        self.equal(f"{what}: public access block", {flag: block.get(flag) for flag in FLAGS}, dict.fromkeys(FLAGS, True))
        rows = statements(ask("get_bucket_policy").get("Policy", "{}"))
        arn = f"arn:aws:s3:::{name}"
        tls = [
            row
            for row in rows
            if row["Effect"] == "Deny"
            and "s3:*" in row["Action"]
            and {arn, f"{arn}/*"} <= set(row["Resource"])
            and str(row.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")).lower() == "false"
        ]
        self.true(f"{what}: its policy does not refuse what comes without TLS", tls)
        self.tags(what, region, pairs(ask("get_bucket_tagging").get("TagSet", [])))

    def topic(self, region):
        """The topic for alerts and who listens."""
        arn = self.arn("sns", region, self.topic_name)
        what = f"topic {self.topic_name} in {region}"
        found = self.cloud.ask("sns", region, "get_topic_attributes", TopicArn=arn)
        if found is None:
            self.add(f"{what} does not exist")
            return
        self.true(f"{what}: is not encrypted", found["Attributes"].get("KmsMasterKeyId"))
        listening = self.cloud.all("sns", region, "list_subscriptions_by_topic", "Subscriptions", TopicArn=arn)
        wanted = [("email", self.email)] if self.email else []
        self.equal(f"{what}: subscriptions", [(s["Protocol"], s["Endpoint"]) for s in listening], wanted)
        listed = self.cloud.all("sns", region, "list_tags_for_resource", "Tags", ResourceArn=arn)
        self.tags(what, region, pairs(listed))

    def function(self, region, keys):
        """The function, its environment, and what its role may do."""
        what = f"function {self.function_name} in {region}"
        found = self.cloud.ask("lambda", region, "get_function", FunctionName=self.function_name)
        if found is None:
            self.add(f"{what} does not exist")
            return
        configuration = found["Configuration"]
        for field, wanted in {
            "Runtime": "python3.11",
            "Handler": "index.handler",
            "MemorySize": 256,
            "Timeout": 30,
            "State": "Active",
        }.items():
            self.equal(f"{what}: {field}", configuration.get(field), wanted)
        variables = configuration.get("Environment", {}).get("Variables", {})
        names = ["DYNAMODB_TABLE_NAME", "S3_BUCKET_NAME", "SNS_TOPIC_ARN"]
        self.equal(f"{what}: variables", sorted(variables), names)
        self.equal(f"{what}: table", variables.get("DYNAMODB_TABLE_NAME"), self.table_name)
        self.equal(f"{what}: topic", variables.get("SNS_TOPIC_ARN"), self.arn("sns", region, self.topic_name))
        if not (self.replication and region == self.secondary):
            self.equal(f"{what}: bucket", variables.get("S3_BUCKET_NAME"), self.bucket_name)
        # A package with nothing but a placeholder in it would be smaller than any zip file with code.
        self.true(f"{what}: its package holds no code", configuration.get("CodeSize", 0) > 200)
        concurrency = self.cloud.ask("lambda", region, "get_function_concurrency", FunctionName=self.function_name)
        reserved = (concurrency or {}).get("ReservedConcurrentExecutions")
        self.equal(f"{what}: reserved concurrency", reserved, self.reserved)
        self.tags(what, region, found.get("Tags", {}))

        name = configuration["Role"].rsplit("/", 1)[-1]
        if region == self.primary:
            self.equal(f"{what}: role", name, self.named("transaction-lambda-role"))
        role = self.role(name, region)
        if role is None:
            return
        trust, may = role
        services = [service for row in trust for service in principals(row, "Service")]
        self.equal(f"role {name}: trusts", services, ["lambda.amazonaws.com"])
        table = self.arn("dynamodb", region, f"table/{self.table_name}")
        bucket = f"arn:aws:s3:::{variables.get('S3_BUCKET_NAME')}"
        stream = self.arn("logs", region, f"log-group:{self.log_group_name}:log-stream:any")
        needed = [(f"dynamodb:{action}", table) for action in READ_AND_WRITE]
        needed += [("dynamodb:Query", f"{table}/index/status-created_at-index")]
        needed += [("s3:GetObject", f"{bucket}/any"), ("s3:PutObject", f"{bucket}/any")]
        needed += [("sns:Publish", self.arn("sns", region, self.topic_name))]
        needed += [("logs:CreateLogStream", stream), ("logs:PutLogEvents", stream)]
        if keys[region]:
            needed += [("kms:Decrypt", keys[region]), ("kms:GenerateDataKey", keys[region])]
        forbidden = [
            ("dynamodb:GetItem", f"{table}-other"),
            ("s3:GetObject", "arn:aws:s3:::another-bucket/any"),
            ("sns:Publish", self.arn("sns", region, "another-topic")),
            ("kms:Decrypt", self.arn("kms", region, "key/another")),
            ("logs:PutLogEvents", self.arn("logs", region, "log-group:/aws/lambda/another:log-stream:any")),
            ("iam:PassRole", f"arn:aws:iam::{self.account}:role/any"),
        ]
        self.rights(name, may, needed, forbidden)

    def log_group(self, region, keys):
        """The log group: encrypted, and not kept for ever."""
        what = f"log group {self.log_group_name} in {region}"
        prefix = {"logGroupNamePrefix": self.log_group_name}
        listed = self.cloud.all("logs", region, "describe_log_groups", "logGroups", **prefix)
        group = next((group for group in listed if group["logGroupName"] == self.log_group_name), None)
        if group is None:
            self.add(f"{what} does not exist")
            return
        self.equal(f"{what}: retention", group.get("retentionInDays"), 30)
        self.true(f"{what}: is not encrypted", group.get("kmsKeyId"))
        if keys[region]:
            self.equal(f"{what}: key", group.get("kmsKeyId"), keys[region])
        arn = self.arn("logs", region, f"log-group:{self.log_group_name}")
        found = self.cloud.client("logs", region).list_tags_for_resource(resourceArn=arn)
        self.tags(what, region, found["tags"])

    def alarms(self, region):
        """The six alarms, and no others."""
        topic = self.arn("sns", region, self.topic_name)
        table, function = {"TableName": self.table_name}, {"FunctionName": self.function_name}
        copies = {**table, "ReceivingRegion": self.secondary if region == self.primary else self.primary}
        dead_letters = {"QueueName": self.named("transaction-dlq")}
        waiting = "ApproximateNumberOfMessagesVisible"
        at_least, above = "GreaterThanOrEqualToThreshold", "GreaterThanThreshold"
        wanted = {
            "dynamodb-throttle": ("AWS/DynamoDB", "WriteThrottleEvents", "Sum", 1.0, 300, 1, at_least, table),
            "dynamodb-read-throttle": ("AWS/DynamoDB", "ReadThrottleEvents", "Sum", 1.0, 300, 1, at_least, table),
            "dynamodb-replication": ("AWS/DynamoDB", "ReplicationLatency", "Average", 1000.0, 300, 2, above, copies),
            "lambda-errors": ("AWS/Lambda", "Errors", "Sum", 5.0, 300, 1, at_least, function),
            "lambda-throttles": ("AWS/Lambda", "Throttles", "Sum", 1.0, 300, 1, at_least, function),
            "dlq": ("AWS/SQS", waiting, "Maximum", 1.0, 60, 1, at_least, dead_letters),
        }
        wanted = {self.named(f"transaction-{name}"): row for name, row in wanted.items()}
        listed = self.cloud.all("cloudwatch", region, "describe_alarms", "MetricAlarms")
        found = {alarm["AlarmName"]: alarm for alarm in listed if self.suffix in alarm["AlarmName"]}
        self.equal(f"alarms in {region}", sorted(found), sorted(wanted))
        for name in sorted(set(wanted) & set(found)):
            what, alarm = f"alarm {name} in {region}", found[name]
            namespace, metric, statistic, threshold, period, periods, comparison, dimensions = wanted[name]
            for field, value in {
                "Namespace": namespace,
                "MetricName": metric,
                "Threshold": threshold,
                "Statistic": statistic,
                "Period": period,
                "EvaluationPeriods": periods,
                "ComparisonOperator": comparison,
                "ActionsEnabled": True,
                "AlarmActions": [topic],
                "OKActions": [topic],
            }.items():
                self.equal(f"{what}: {field}", alarm.get(field), value)
            given = {d["Name"]: d["Value"] for d in alarm.get("Dimensions", [])}
            self.equal(f"{what}: dimensions", given, dimensions)
            arn = alarm["AlarmArn"]
            listed = self.cloud.client("cloudwatch", region).list_tags_for_resource(ResourceARN=arn)["Tags"]
            self.tags(what, region, pairs(listed))

    def cross_region_role(self, keys):
        """The role for an operator in the other region: only with the external id."""
        name = self.named("transaction-cross-region-role")
        role = self.role(name, self.primary)
        if role is None:
            return
        trust, may = role
        root = f"arn:aws:iam::{self.account}:root"
        external = {"StringEquals": {"sts:ExternalId": f"transactions-{self.suffix}"}}
        self.equal(f"role {name}: statements of trust", len(trust), 1)
        for row in trust:
            self.equal(f"role {name}: trusts", principals(row, "AWS"), [root])
            self.equal(f"role {name}: condition of trust", row.get("Condition"), external)
        regions = (self.primary, self.secondary)
        tables = [self.arn("dynamodb", region, f"table/{self.table_name}") for region in regions]
        needed = [(f"dynamodb:{action}", table) for action in READ_AND_WRITE for table in tables]
        for region in self.compute_regions:
            needed.append(("lambda:InvokeFunction", self.arn("lambda", region, f"function:{self.function_name}")))
        if self.customer_keys:
            needed += [("kms:Decrypt", keys[region]) for region in regions]
        forbidden = [("dynamodb:GetItem", f"{tables[0]}-other"), ("iam:PassRole", f"arn:aws:iam::{self.account}:role/any")]
        forbidden.append(("lambda:InvokeFunction", self.arn("lambda", self.primary, "function:another")))
        self.rights(name, may, needed, forbidden)

    def role(self, name, region):
        """A role: who may assume it, and what it may do. Its tags are checked on the way."""
        found = self.cloud.ask("iam", self.primary, "get_role", RoleName=name)
        if found is None:
            self.add(f"role {name} does not exist")
            return None
        self.true(f"role {name}: its name lacks the suffix", self.suffix in name)
        self.tags(f"role {name}", region, pairs(found["Role"].get("Tags", [])))
        iam = self.cloud.client("iam", self.primary)
        rows = []
        for policy in self.cloud.all("iam", self.primary, "list_role_policies", "PolicyNames", RoleName=name):
            rows += statements(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])
        attached = self.cloud.all("iam", self.primary, "list_attached_role_policies", "AttachedPolicies", RoleName=name)
        for policy in attached:
            version = iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
            document = iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)["PolicyVersion"]
            rows += statements(document["Document"])
        return statements(found["Role"]["AssumeRolePolicyDocument"]), rows

    def rights(self, role, rows, needed, forbidden):
        """Compares what the statements allow with what they must and must not."""

        def allowed(action, resource):
            return any(
                row["Effect"] == "Allow"
                and any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in row["Action"])
                and any(fnmatch.fnmatchcase(resource, pattern) for pattern in row["Resource"])
                for row in rows
            )

        for action, resource in needed:
            self.true(f"role {role}: may not {action} on {resource}", allowed(action, resource))
        for action, resource in forbidden:
            self.true(f"role {role}: may {action} on {resource}", not allowed(action, resource))

    def nothing_else(self, west):
        """No second copy under another name, and nothing in the other region that was not asked for."""

        def listed(service, region, operation, key, name):
            items = self.cloud.all(service, region, operation, key)
            names = [item[name] if name else item for item in items]
            return [item.rsplit(":", 1)[-1] for item in names if self.suffix in item]

        rows = [
            ("dynamodb", "list_tables", "TableNames", None, self.table_name, True),
            ("lambda", "list_functions", "Functions", "FunctionName", self.function_name, False),
            ("logs", "describe_log_groups", "logGroups", "logGroupName", self.log_group_name, False),
            ("sns", "list_topics", "Topics", "TopicArn", self.topic_name, False),
        ]
        for region in (self.primary, self.secondary):
            for service, operation, key, name, wanted, everywhere in rows:
                there = everywhere or region in self.compute_regions
                found = listed(service, region, operation, key, name)
                self.equal(f"{service} in {region}: {key}", found, [wanted] if there else [])
        alarms = listed("cloudwatch", self.secondary, "describe_alarms", "MetricAlarms", "AlarmName")
        self.true(f"alarms in {self.secondary}: {alarms}", self.secondary_compute or not alarms)
        aliases = listed("kms", self.secondary, "list_aliases", "Aliases", "AliasName")
        self.true(f"keys in {self.secondary}: {aliases}", west or not aliases)
        buckets = listed("s3", self.primary, "list_buckets", "Buckets", "Name")
        self.equal("number of buckets", len(buckets), 2 if self.replication else 1)
        roles = listed("iam", self.primary, "list_roles", "Roles", "RoleName")
        self.equal("number of roles", len(roles), 2 + self.replication + self.secondary_compute)


def statements(document):
    """The statements of a policy, with one form: `Action` and `Resource` are lists."""
    if isinstance(document, str):
        document = json.loads(document)
    rows = as_list(document.get("Statement", []))
    return [{**row, "Action": as_list(row.get("Action", [])), "Resource": as_list(row.get("Resource", []))} for row in rows]


def principals(row, sort):
    """The principals of one sort (`AWS`, `Service`) that a statement names."""
    principal = row.get("Principal", {})
    return as_list(principal.get(sort, [])) if isinstance(principal, dict) else [principal]


def schema(table):
    """The keys of a table or an index by their role."""
    return {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}


def pairs(tags):
    """Tags as a dictionary."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def as_list(value):
    """A policy writes a list of one as its element."""
    return value if isinstance(value, list) else [value]


if __name__ == "__main__":
    common.answer(lambda arguments: Check(arguments).run())
