"""Renews the passwords of the database: the four steps that Secrets Manager asks for, in their order.

There are two users. The password of the master user is changed through the API of RDS. That of the user that takes
payments is changed by the master user, who makes this user and the tables first if they are missing: so the first
renewal, which Secrets Manager asks for as soon as the secret is to be renewed, is what prepares the database.

A new password counts only after somebody has logged in with it. Every step may be asked for twice and then does nothing
the second time.
"""

import json
import os
import time

import boto3

import login
import schema

PATIENCE = 240  # Seconds that the database may take to know the new password.
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
    if pending(secret, token) is None:
        secrets = boto3.client("secretsmanager")
        value = held(secret, VersionStage="AWSCURRENT")
        # Letters and digits only: databases refuse some other characters, and SCRAM would have to normalise them.
        chosen = secrets.get_random_password(PasswordLength=40, ExcludePunctuation=True)
        value["password"] = chosen["RandomPassword"]
        secrets.put_secret_value(
            SecretId=secret, ClientRequestToken=token, SecretString=json.dumps(value), VersionStages=["AWSPENDING"]
        )


def change(secret, token, _versions):
    """Tells the database the next password."""
    value = held(secret, VersionId=token, VersionStage="AWSPENDING")
    master, cluster = os.environ["MASTER_SECRET_ARN"], os.environ["DB_CLUSTER_ARN"]
    if secret == master:
        boto3.client("rds").modify_db_cluster(
            DBClusterIdentifier=cluster.split(":")[-1], MasterUserPassword=value["password"], ApplyImmediately=True
        )
    else:
        schema.make(cluster, master, value["dbname"], value["username"], value["password"])


def test(secret, token, _versions):
    """Waits until somebody can log in with it.

    Secrets Manager also asks for this step alone when the rotation is set up, with what counts already, to see whether the
    function works.
    """
    value = pending(secret, token) or held(secret, VersionStage="AWSCURRENT")
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return login.log_in(value["host"], value["port"], value["dbname"], value["username"], value["password"])
        except (login.Refused, OSError) as error:
            if time.monotonic() >= end:
                raise TimeoutError(f"nobody can log in to {value['host']} as {value['username']}: {error}") from error
        time.sleep(PAUSE)


def finish(secret, token, versions):
    """Makes the next version the one that everybody reads."""
    current = next(version for version, stages in versions.items() if "AWSCURRENT" in stages)
    boto3.client("secretsmanager").update_secret_version_stage(
        SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current
    )


def pending(secret, token):
    """What the next version holds, or nothing when it holds nothing yet."""
    try:
        return held(secret, VersionId=token, VersionStage="AWSPENDING")
    except boto3.client("secretsmanager").exceptions.ResourceNotFoundException:
        return None


def held(secret, **version):
    """What a version of the secret holds."""
    return json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=secret, **version)["SecretString"])
