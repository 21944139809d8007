"""Functions."""

import json

from .patching import around

RESERVED_KEYS = {
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "TZ",
    "_HANDLER",
}


def fix():
    """The VPC, dead-letter, logging and tracing settings read back as they were written; instances can be provisioned
    for a version or alias."""
    from moto.awslambda.exceptions import LambdaClientError
    from moto.awslambda.models import LambdaFunction
    from moto.awslambda.responses import LambdaResponse
    from moto.awslambda.urls import url_paths
    from moto.ec2.models import ec2_backends

    pattern = r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)/provisioned-concurrency$"
    url_paths[pattern] = LambdaResponse.dispatch

    def provisioned(self):
        """What is provisioned for the function, by version or alias, and the one that is asked for."""
        function = self.backend.get_function(self.path.rsplit("/", 2)[-2])
        if not hasattr(function, "patched_instances"):
            function.patched_instances = {}
        return function.patched_instances, self._get_param("Qualifier")

    def described(number):
        return json.dumps(
            {
                "RequestedProvisionedConcurrentExecutions": number,
                "AvailableProvisionedConcurrentExecutions": number,
                "AllocatedProvisionedConcurrentExecutions": number,
                "Status": "READY",
            }
        )

    def put_provisioned_concurrency_config(self):
        instances, qualifier = provisioned(self)
        instances[qualifier] = self.json_body["ProvisionedConcurrentExecutions"]
        return 202, {"status": 202}, described(instances[qualifier])

    def get_provisioned_concurrency_config(self):
        instances, qualifier = provisioned(self)
        if qualifier not in instances:
            message = "No Provisioned Concurrency Config found for this function"
            raise LambdaClientError("ProvisionedConcurrencyConfigNotFoundException", message)
        return 200, {"status": 200}, described(instances[qualifier])

    def delete_provisioned_concurrency_config(self):
        instances, qualifier = provisioned(self)
        instances.pop(qualifier, None)
        return 204, {"status": 204}, ""

    LambdaResponse.put_provisioned_concurrency_config = put_provisioned_concurrency_config
    LambdaResponse.get_provisioned_concurrency_config = get_provisioned_concurrency_config
    LambdaResponse.delete_provisioned_concurrency_config = delete_provisioned_concurrency_config

    def vpc_config(self):
        if not self._vpc_config:
            return None
        subnets = self._vpc_config.get("SubnetIds") or []
        known = ec2_backends[self.account_id][self.region].subnets
        vpcs = [by_zone[subnet].vpc_id for subnet in subnets for by_zone in known.values() if subnet in by_zone]
        return {**self._vpc_config, "VpcId": vpcs[0] if vpcs else ""}

    LambdaFunction.vpc_config = property(vpc_config)

    @around(LambdaFunction, "__init__")
    def _(old, self, account_id, spec, *rest):
        old(self, account_id, spec, *rest)
        self.patched = {key: spec[key] for key in ("DeadLetterConfig", "LoggingConfig") if spec.get(key)}

    @around(LambdaFunction, "get_configuration")
    def _(old, self, *args):
        configuration = old(self, *args)
        if (self.patched.get("DeadLetterConfig") or {}).get("TargetArn"):
            configuration["DeadLetterConfig"] = self.patched["DeadLetterConfig"]
        if self.patched.get("LoggingConfig"):
            configuration["LoggingConfig"] = {"LogFormat": "Text", **self.patched["LoggingConfig"]}
        return configuration

    @around(LambdaFunction, "update_configuration")
    def _(old, self, changes):
        old(self, changes)
        for key in ("DeadLetterConfig", "LoggingConfig"):
            if key in changes:
                self.patched[key] = changes[key]
        if "TracingConfig" in changes:
            self.tracing_config = changes["TracingConfig"]
        return self.get_configuration()


def strict():
    """Environment variables that Lambda sets itself are refused."""
    from moto.awslambda.exceptions import LambdaClientError
    from moto.awslambda.responses import LambdaResponse

    def refuse_reserved(old, self, *args):
        variables = (self.json_body.get("Environment") or {}).get("Variables") or {}
        reserved = sorted(RESERVED_KEYS & set(variables))
        if reserved:
            raise LambdaClientError(
                "InvalidParameterValueException",
                "Lambda was unable to configure your environment variables because the environment variables you have "
                "provided contains reserved keys that are currently not supported for modification. Reserved keys used "
                f"in this request: {', '.join(reserved)}",
            )
        return old(self, *args)

    around(LambdaResponse, "create_function")(refuse_reserved)
    around(LambdaResponse, "update_function_configuration")(refuse_reserved)
