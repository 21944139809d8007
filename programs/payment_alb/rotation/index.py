"""Renews the password of the database: the four steps that Secrets Manager asks for, in their order.

The password is changed through the API of RDS, so no database driver is needed. Every step may be asked for twice and
then does nothing the second time.
"""

import json
import time

import boto3

FORBIDDEN = "/\"@ \\'`"  # What databases refuse in a password, and what is a nuisance in a shell.
PATIENCE = 240  # Seconds that the cluster may take to know the new password.
PAUSE = 5  # Seconds between two looks at it.


def handler(event, _context):
    """The entry point: one step of the rotation of one version."""
    secret, token = event["SecretId"], event["ClientRequestToken"]
    steps = {"createSecret": create, "setSecret": change, "testSecret": test, "finishSecret": finish}
    step = steps[event["Step"]]
    described = boto3.client("secretsmanager").describe_secret(SecretId=secret)
    stages = described["VersionIdsToStages"].get(token)
    if not described.get("RotationEnabled"):
        raise ValueError(f"the secret {secret} is not one that is renewed")
    if stages is None:
        raise ValueError(f"the secret {secret} has no version {token}")
    if "AWSCURRENT" in stages:
        return
    if "AWSPENDING" not in stages:
        raise ValueError(f"the version {token} of the secret {secret} is not one that comes next")
    step(secret, token, described["VersionIdsToStages"])


def create(secret, token, _versions):
    """Makes the next version: the same login with another password."""
    secrets = boto3.client("secretsmanager")
    try:
        secrets.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
    except secrets.exceptions.ResourceNotFoundException:
        login = held(secret, VersionStage="AWSCURRENT")
        chosen = secrets.get_random_password(PasswordLength=40, ExcludeCharacters=FORBIDDEN)
        login["password"] = chosen["RandomPassword"]
        secrets.put_secret_value(
            SecretId=secret, ClientRequestToken=token, SecretString=json.dumps(login), VersionStages=["AWSPENDING"]
        )


def change(secret, token, _versions):
    """Tells the cluster the next password."""
    login = held(secret, VersionId=token, VersionStage="AWSPENDING")
    boto3.client("rds").modify_db_cluster(
        DBClusterIdentifier=cluster(login), MasterUserPassword=login["password"], ApplyImmediately=True
    )


def test(secret, _token, _versions):
    """Waits until the cluster works with it.

    Secrets Manager also asks for this step alone, to see whether the function works, when the rotation is set up.
    """
    name = cluster(held(secret, VersionStage="AWSCURRENT"))
    waited = 0
    while True:
        found = boto3.client("rds").describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]
        pending = "MasterUserPassword" in found.get("PendingModifiedValues", {})
        if found["Status"] == "available" and not pending:
            return
        if waited >= PATIENCE:
            raise TimeoutError(f"the cluster {name} is still {found['Status']}")
        time.sleep(PAUSE)
        waited += PAUSE


def finish(secret, token, versions):
    """Makes the next version the one that everybody reads."""
    current = next(version for version, stages in versions.items() if "AWSCURRENT" in stages)
    boto3.client("secretsmanager").update_secret_version_stage(
        SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current
    )


def held(secret, **version):
    """What a version of the secret holds."""
    return json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=secret, **version)["SecretString"])


def cluster(login):
    """The name of the cluster, which its endpoint begins with."""
    return login["host"].split(".")[0]
