"""Renews a secret, in the four steps in which Secrets Manager asks for it. Nothing but the secret knows the password."""

import json

import boto3

secrets = boto3.client("secretsmanager")


def handler(event, context):
    steps = {"createSecret": create, "setSecret": skip, "testSecret": skip, "finishSecret": finish}
    steps[event["Step"]](event["SecretId"], event["ClientRequestToken"])


def create(secret, version):
    """Writes the new value beside the one that is in use."""
    value = json.loads(secrets.get_secret_value(SecretId=secret, VersionStage="AWSCURRENT")["SecretString"])
    value["password"] = secrets.get_random_password(PasswordLength=40, ExcludePunctuation=True)["RandomPassword"]
    secrets.put_secret_value(
        SecretId=secret, ClientRequestToken=version, SecretString=json.dumps(value), VersionStages=["AWSPENDING"]
    )


def skip(secret, version):
    """There is no database to tell, and nothing to try."""


def finish(secret, version):
    """Makes the new value the one that is in use."""
    stages = secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
    current = next(known for known, labels in stages.items() if "AWSCURRENT" in labels)
    if current != version:
        secrets.update_secret_version_stage(
            SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=version, RemoveFromVersionId=current
        )
