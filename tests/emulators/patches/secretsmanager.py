"""Secrets, their rotations and their copies."""

from .patching import around, service_error


def fix():
    """A rotation is kept as it was set, schedules too. No function is called for it: that would take Docker. A copy keeps
    the key that it was given."""
    from moto.awslambda.utils import get_backend
    from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend

    @around(SecretsManagerBackend, "rotate_secret")
    def _(old, self, secret_id, token, function, rules, immediately):
        secret = self.describe_secret(secret_id)
        try:
            get_backend(self.account_id, self.region_name).get_function(function)
        except Exception:
            message = f"Resource not found for ARN '{function}'."
            raise service_error("secretsmanager", "ResourceNotFoundException", message) from None
        secret.rotation_requested = secret.rotation_enabled = True
        secret.rotation_lambda_arn = function
        secret.patched_rules = rules
        return secret.to_short_dict()

    @around(FakeSecret, "to_dict")
    def _(old, self):
        answer = old(self)
        if getattr(self, "patched_rules", None) is not None:
            answer["RotationRules"] = self.patched_rules
        return answer

    @around(SecretsManagerBackend, "replicate_secret_to_regions")
    def _(old, self, secret_id, replica_regions, force_overwrite):
        answer = old(self, secret_id, replica_regions, force_overwrite)
        keys = {replica["Region"]: replica.get("KmsKeyId") for replica in replica_regions}
        for replica in self.describe_secret(secret_id).replicas:
            if keys.get(replica.region):
                replica.config["KmsKeyId"] = keys[replica.region]
        return answer


def strict():
    """A function that does not allow it is not called."""
    from moto.awslambda.utils import get_backend
    from moto.secretsmanager.models import SecretsManagerBackend

    @around(SecretsManagerBackend, "rotate_secret")
    def _(old, self, secret_id, token, function, *rest):
        known = get_backend(self.account_id, self.region_name).list_functions()
        statements = [each.policy.statements for each in known if each.function_arn == function]
        if statements and "secretsmanager.amazonaws.com" not in str(statements):
            message = (
                "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants "
                "access to the principal secretsmanager.amazonaws.com."
            )
            raise service_error("secretsmanager", "AccessDeniedException", message)
        return old(self, secret_id, token, function, *rest)
