"""Databases: global clusters over regions (`fix`), and what must go before what (`strict`).

moto keeps global clusters in the backend of us-east-1, whatever region is asked; `home` finds it.
"""

from .patching import around


# Versions that clusters can be created with, some of those that AWS lists.
VERSIONS = {
    "aurora-mysql": ("8.0.mysql_aurora.3.04.4", "8.0.mysql_aurora.3.08.2", "8.0.mysql_aurora.3.10.1"),
    "aurora-postgresql": ("14.6", "14.22", "15.10", "15.12", "15.13", "15.15", "15.17", "16.8", "16.11"),
}


def fix():
    """What each part says."""
    global_clusters()
    groups()
    settings_of_clusters()
    insights()
    snapshots()
    backups()
    versions()


def global_clusters():
    """Global clusters work across regions, have tags and the version of their writer; duplicates are refused."""
    from moto.core.responses import ActionResult
    from moto.rds.exceptions import RDSClientError as Refused
    from moto.rds.models import RDSBackend
    from moto.rds.responses import RDSResponse

    @around(RDSBackend, "create_global_cluster")
    def _(old, self, identifier, *args):
        if identifier in home(self).global_clusters:
            raise Refused("GlobalClusterAlreadyExistsFault", "Global cluster already exists")
        cluster = old(self, identifier, *args)
        for member in cluster.members:
            member.is_writer = True
            member.global_cluster_identifier = cluster.global_cluster_identifier
        return cluster

    def remove_from_global_cluster(self, global_cluster_identifier, db_cluster_identifier):
        cluster = global_cluster(self, global_cluster_identifier)
        member = member_of(cluster, db_cluster_identifier)
        if member.is_writer and len(cluster.members) > 1:
            raise Refused("InvalidGlobalClusterStateFault", "Remove the secondary clusters first")
        cluster.members.remove(member)
        member.global_cluster_identifier = None
        member.is_writer = True
        return cluster

    RDSBackend.remove_from_global_cluster = remove_from_global_cluster

    @around(RDSBackend, "delete_global_cluster")
    def _(old, self, identifier):
        if global_cluster(self, identifier).deletion_protection:
            raise Refused(
                "InvalidParameterCombination",
                "Cannot delete protected Global Cluster, please disable deletion protection and try again.",
            )
        return old(self, identifier)

    def describe_global_clusters(self):
        identifier = self.params.get("GlobalClusterIdentifier")
        backend = self.global_backend
        clusters = [global_cluster(backend, identifier)] if identifier else list(backend.global_clusters.values())
        for cluster in clusters:
            # A global cluster has the version that its members have once all of them have been upgraded.
            versions = {member.engine_version for member in cluster.members}
            if len(versions) == 1:
                cluster.engine_version = versions.pop()
        return ActionResult({"GlobalClusters": clusters})

    def modify_global_cluster(self):
        backend = self.global_backend
        cluster = global_cluster(backend, self.params["GlobalClusterIdentifier"])
        if self.params.get("DeletionProtection") is not None:
            cluster.deletion_protection = self.params["DeletionProtection"]
        if self.params.get("EngineVersion"):
            for part in (cluster, *cluster.members):
                part.engine_version = self.params["EngineVersion"]
        name = self.params.get("NewGlobalClusterIdentifier")
        if name:
            del backend.global_clusters[cluster.global_cluster_identifier]
            backend.global_clusters[name] = cluster
            for part in (cluster, *cluster.members):
                part.global_cluster_identifier = name
        return ActionResult({"GlobalCluster": cluster})

    def switch_writer(self):
        cluster = global_cluster(self.global_backend, self.params["GlobalClusterIdentifier"])
        target = member_of(cluster, self.params["TargetDbClusterIdentifier"])
        if target.is_writer:
            raise Refused("InvalidDBClusterStateFault", "The target is already the primary")
        for member in cluster.members:
            member.is_writer = member is target
        return ActionResult({"GlobalCluster": cluster})

    RDSResponse.describe_global_clusters = describe_global_clusters
    RDSResponse.modify_global_cluster = modify_global_cluster
    RDSResponse.failover_global_cluster = switch_writer
    RDSResponse.switchover_global_cluster = switch_writer

    @around(RDSBackend, "create_db_cluster")
    def _(old, self, settings):
        if settings["db_cluster_identifier"] in self.clusters:
            raise Refused("DBClusterAlreadyExistsFault", "DB cluster already exists")
        if settings.get("global_cluster_identifier"):
            cluster = global_cluster(self, settings["global_cluster_identifier"])
            if any(member.region == self.region_name for member in cluster.members):
                message = "The global cluster has a member in this region already"
                raise Refused("InvalidGlobalClusterStateFault", message)
            if cluster.members and settings.get("master_username"):
                message = "Cannot specify user name for cross region replication cluster"
                raise Refused("InvalidParameterCombination", message)
        return old(self, settings)

    @around(RDSBackend, "modify_db_cluster")
    def _(old, self, settings):
        cluster, version = self.clusters.get(settings["db_cluster_identifier"]), settings.get("engine_version")
        for owner in home(self).global_clusters.values():
            if version and cluster in owner.members and cluster.is_writer:
                owner.engine_version = version
        return old(self, settings)

    @around(RDSResponse, "create_global_cluster")
    def _(old, self):
        answer = old(self)
        answer.result["GlobalCluster"].tags = self.params.get("Tags") or []
        return answer

    @around(RDSBackend, "_get_resource_for_tagging")
    def _(old, self, arn):
        kind, name = arn.split(":", 5)[-1].split(":", 1)
        return global_cluster(self, name) if kind == "global-cluster" else old(self, arn)


def groups():
    """Subnet groups survive a change, and are there once; parameters can be reset."""
    from moto.core.responses import ActionResult
    from moto.rds.exceptions import DBSubnetGroupNotFoundError
    from moto.rds.exceptions import RDSClientError as Refused
    from moto.rds.models import RDSBackend
    from moto.rds.responses import RDSResponse

    @around(RDSBackend, "modify_db_subnet_group")
    def _(old, self, name, *args):
        if name not in self.subnet_groups:
            raise DBSubnetGroupNotFoundError(name)
        self.subnet_groups[name] = old(self, name, *args)
        return self.subnet_groups[name]

    @around(RDSBackend, "create_subnet_group")
    def _(old, self, name, *args):
        if name in self.subnet_groups:
            message = f"The DB subnet group '{name}' already exists."
            raise Refused("DBSubnetGroupAlreadyExists", message)
        return old(self, name, *args)

    def reset_db_cluster_parameter_group(self):
        name = self.params["DBClusterParameterGroupName"]
        group = self.backend.describe_db_cluster_parameter_groups(name)[0]
        for parameter in self.params.get("Parameters") or []:
            group.parameters.pop(parameter["ParameterName"], None)
        return ActionResult({"DBClusterParameterGroupName": name})

    RDSResponse.reset_db_cluster_parameter_group = reset_db_cluster_parameter_group


def settings_of_clusters():
    """Log-in with IAM, exports of logs and the endpoint for statements read back as they were changed."""
    from moto.core.responses import ActionResult
    from moto.rds.exceptions import DBClusterNotFoundError
    from moto.rds.models import DBCluster, RDSBackend
    from moto.rds.responses import RDSResponse

    @around(RDSBackend, "modify_db_cluster")
    def _(old, self, settings):
        cluster = self.clusters.get(settings["db_cluster_identifier"])
        if cluster is None:
            raise DBClusterNotFoundError(settings["db_cluster_identifier"])
        login = settings.pop("enable_iam_database_authentication", None)
        if login is not None:
            cluster.iam_auth = login
        logs = settings.pop("cloudwatch_logs_export_configuration", None) or {}
        exported = set(cluster.enabled_cloudwatch_logs_exports) | set(logs.get("EnableLogTypes") or [])
        cluster.enabled_cloudwatch_logs_exports = sorted(exported - set(logs.get("DisableLogTypes") or []))
        return old(self, settings)

    def endpoint(self):
        return self._enable_http_endpoint

    def set_endpoint(self, value):
        self._enable_http_endpoint = bool(value)

    DBCluster.enable_http_endpoint = property(endpoint, set_endpoint)

    def switch(value):
        def respond(self):
            arn = self.params["ResourceArn"]
            self.backend.describe_db_clusters(arn)[0].enable_http_endpoint = value
            return ActionResult({"ResourceArn": arn, "HttpEndpointEnabled": value})

        return respond

    RDSResponse.enable_http_endpoint, RDSResponse.disable_http_endpoint = switch(True), switch(False)


def insights():
    """Whether an instance records its load reads back."""
    from moto.rds.models import DBInstance

    @around(DBInstance, "__init__")
    def _(old, self, *args, **settings):
        old(self, *args, **settings)
        self.enable_performance_insights = settings.get("enable_performance_insights")

    DBInstance.performance_insights_enabled = property(lambda self: bool(self.enable_performance_insights))


def snapshots():
    """A cluster takes its automated snapshots along, unless that is not wanted."""
    from moto.rds.responses import RDSResponse

    @around(RDSResponse, "delete_db_cluster")
    def _(old, self):
        answer = old(self)
        if self.params.get("DeleteAutomatedBackups") is not False:
            identifier, all_ = self.params["DBClusterIdentifier"], self.backend.cluster_snapshots
            for name, snapshot in list(all_.items()):
                if snapshot.snapshot_type == "automated" and snapshot.cluster.db_cluster_identifier == identifier:
                    del all_[name]
        return answer


def backups():
    """Automated backups that outlive their cluster are listed: those whose snapshots stayed."""
    from moto.core.responses import ActionResult
    from moto.rds.responses import RDSResponse

    def describe_db_cluster_automated_backups(self):
        clusters, kept = self.backend.clusters, self.backend.cluster_snapshots.values()
        automated = [snapshot.cluster for snapshot in kept if snapshot.snapshot_type == "automated"]
        names = {cluster.db_cluster_identifier for cluster in automated} - set(clusters)
        arn = f"arn:aws:rds:{self.region}:{self.current_account}:cluster-auto-backup:"
        listed = [
            {"DBClusterIdentifier": name, "DBClusterAutomatedBackupsArn": arn + name, "Status": "retained"}
            for name in sorted(names)
        ]
        return ActionResult({"DBClusterAutomatedBackups": listed})

    RDSResponse.describe_db_cluster_automated_backups = describe_db_cluster_automated_backups


def versions():
    """The versions of an engine are listed."""
    from moto.core.responses import ActionResult
    from moto.rds.responses import RDSResponse

    def describe_db_engine_versions(self):
        engine = self.params.get("Engine")
        family = {"aurora-mysql": lambda version: version[:3], "aurora-postgresql": lambda version: version[:2]}
        listed = [
            {
                "Engine": engine,
                "EngineVersion": version,
                "DBParameterGroupFamily": engine + family[engine](version),
                "SupportsGlobalDatabases": True,
                "ExportableLogTypes": ["postgresql"] if engine == "aurora-postgresql" else ["audit", "error"],
                "ValidUpgradeTarget": [{"Engine": engine, "EngineVersion": later} for later in VERSIONS[engine][at + 1 :]],
                "Status": "available",
            }
            for at, version in enumerate(VERSIONS.get(engine, ()))
        ]
        return ActionResult({"DBEngineVersions": listed})

    RDSResponse.describe_db_engine_versions = describe_db_engine_versions


def strict():
    """Members leave a global cluster before they go, a final snapshot is chosen, what is in use stays."""
    from moto.rds.exceptions import DBSubnetGroupNotFoundError
    from moto.rds.exceptions import RDSClientError as Refused
    from moto.rds.models import RDSBackend
    from moto.rds.responses import RDSResponse

    @around(RDSBackend, "create_db_cluster")
    def _(old, self, settings):
        group = settings.get("db_subnet_group_name") or "default"
        if group != "default" and group not in self.subnet_groups:
            raise DBSubnetGroupNotFoundError(group)
        return old(self, settings)

    @around(RDSBackend, "delete_db_cluster")
    def _(old, self, identifier, *args):
        cluster = self.clusters.get(identifier)
        # Protection and instances left are refused by moto itself, with their own codes.
        if cluster and not cluster.deletion_protection and not cluster.members:
            owners = [g for g in home(self).global_clusters.values() if cluster in g.members]
            if owners and cluster.is_writer and len(owners[0].members) > 1:
                raise Refused(
                    "InvalidGlobalClusterStateFault",
                    "Unable to delete cluster that is a primary member of global cluster while there are other global "
                    "cluster members",
                )
            if owners:
                raise Refused(
                    "InvalidDBClusterStateFault",
                    "This cluster is a part of a global cluster, please remove it from globalcluster first",
                )
        return old(self, identifier, *args)

    @around(RDSResponse, "delete_db_cluster")
    def _(old, self):
        if not self.params.get("SkipFinalSnapshot") and not self.params.get("FinalDBSnapshotIdentifier"):
            message = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
            raise Refused("InvalidParameterCombination", message)
        return old(self)

    @around(RDSBackend, "delete_subnet_group")
    def _(old, self, name):
        if any(cluster.db_subnet_group_name == name for cluster in self.clusters.values()):
            message = f"Cannot delete the subnet group '{name}' because at least one database is still using it."
            raise Refused("InvalidDBSubnetGroupStateFault", message)
        return old(self, name)

    @around(RDSBackend, "delete_db_cluster_parameter_group")
    def _(old, self, name):
        if any(cluster.parameter_group == name for cluster in self.clusters.values()):
            message = "One or more database clusters are still members of this parameter group"
            raise Refused("InvalidDBParameterGroupState", message)
        return old(self, name)


def home(backend):
    """The backend that holds all global clusters of the account."""
    from moto.rds.models import rds_backends

    return rds_backends[backend.account_id]["us-east-1"]


def global_cluster(backend, identifier):
    """The global cluster of that name, from whatever region is asked."""
    from moto.rds.exceptions import RDSClientError

    cluster = home(backend).global_clusters.get(identifier)
    if cluster is None:
        raise RDSClientError("GlobalClusterNotFoundFault", f"Global cluster {identifier} not found")
    return cluster


def member_of(cluster, identifier):
    """The member with that ARN or identifier."""
    from moto.rds.exceptions import RDSClientError

    for member in cluster.members:
        if identifier in (member.db_cluster_arn, member.db_cluster_identifier):
            return member
    message = f"DBCluster {identifier} is not a member of {cluster.global_cluster_identifier}"
    raise RDSClientError("DBClusterNotFoundFault", message)
