"""REST APIs: changes by PATCH operations, tags of APIs and domain names, what is missing is said to be (`fix`); what
exists is not made again and what is in use is not deleted (`strict`)."""

import json
from urllib.parse import unquote

from .patching import around

# Settings of all methods as API Gateway makes them; those of a single one start as these are.
SETTINGS = {
    "metricsEnabled": False,
    "loggingLevel": "OFF",
    "dataTraceEnabled": False,
    "throttlingBurstLimit": 5000,
    "throttlingRateLimit": 10000.0,
    "cachingEnabled": False,
    "cacheTtlInSeconds": 300,
    "cacheDataEncrypted": False,
    "requireAuthorizationForCacheControl": True,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}


def fix():
    """What each part says."""
    missing()
    rest_apis()
    methods()
    deployments_and_stages()
    domain_names()
    tags()


def steps(operation):
    """What an operation does, to which keys, with which value."""
    keys = [key.replace("~1", "/").replace("~0", "~") for key in operation["path"].removeprefix("/").split("/")]
    return operation["op"], keys, operation.get("value")


def change(thing, operation, fields):
    """Applies an operation to an object. `fields` names, by the first key, the member and how text becomes a value."""
    from moto.apigateway.exceptions import BadRequestException

    op, keys, value = steps(operation)
    if keys[0] not in fields:
        raise BadRequestException(f"Invalid patch path {operation['path']}")
    name, read = fields[keys[0]]
    if len(keys) == 1 and not isinstance(getattr(thing, name), list):
        setattr(thing, name, None if op == "remove" or value is None else read(value))
        return
    held = getattr(thing, name) or ([] if read is list else {})
    if isinstance(held, list):
        member = keys[1] if len(keys) > 1 else value
        if op == "remove" and member not in held:
            raise BadRequestException(f"Invalid patch path {operation['path']}: there is no such member")
        held = [m for m in held if m != member] + ([] if op == "remove" else [member])
    elif op == "remove":
        if keys[1] not in held:
            raise BadRequestException(f"Invalid parameter name specified: {keys[1]}")
        held = {key: old for key, old in held.items() if key != keys[1]}
    else:
        held = {**held, keys[1]: read(value)}
    setattr(thing, name, held)


def truth(text):
    """`true` or `false`."""
    return text.lower() == "true"


def missing():
    """Of what is not there, `NotFoundException` says so."""
    from moto.apigateway.exceptions import BasePathNotFoundException, DeploymentNotFoundException, NotFoundException
    from moto.apigateway.models import APIGatewayBackend, RestAPI

    @around(APIGatewayBackend, "delete_rest_api")
    def _(old, self, api):
        self.get_rest_api(api)
        return old(self, api)

    @around(APIGatewayBackend, "delete_resource")
    def _(old, self, api, resource):
        self.get_resource(api, resource)
        return old(self, api, resource)

    @around(APIGatewayBackend, "get_integration")
    def _(old, self, api, resource, method):
        integration = old(self, api, resource, method)
        if integration is None:
            raise NotFoundException("Invalid Integration identifier specified")
        return integration

    @around(APIGatewayBackend, "delete_integration")
    def _(old, self, api, resource, method):
        self.get_integration(api, resource, method)
        return old(self, api, resource, method)

    @around(APIGatewayBackend, "delete_method")
    def _(old, self, api, resource, method):
        self.get_method(api, resource, method)
        return old(self, api, resource, method)

    @around(RestAPI, "get_deployment")
    def _(old, self, deployment):
        if deployment not in self.deployments:
            raise DeploymentNotFoundException()
        return old(self, deployment)

    def mapping(old, self, domain, path, *rest):
        self.get_domain_name(domain)
        if path not in self.base_path_mappings.get(domain, {}):
            raise BasePathNotFoundException()
        return old(self, domain, path, *rest)

    for name in ("get_base_path_mapping", "update_base_path_mapping", "delete_base_path_mapping"):
        around(APIGatewayBackend, name)(mapping)


def rest_apis():
    """An API keeps its binary media types; every change reads back."""
    from moto.apigateway.models import RestAPI
    from moto.apigateway.responses import APIGatewayResponse

    fields = {
        "name": ("name", str),
        "description": ("description", str),
        "apiKeySource": ("api_key_source", str),
        "binaryMediaTypes": ("binaryMediaTypes", list),
        "disableExecuteApiEndpoint": ("disableExecuteApiEndpoint", truth),
        "minimumCompressionSize": ("minimum_compression_size", int),
        "policy": ("policy", str),
    }

    @around(APIGatewayResponse, "create_rest_api")
    def _(old, self):
        status, headers, body = old(self)
        api = self.backend.apis.get(json.loads(body).get("id"))
        if api is None:
            return status, headers, body
        api.binaryMediaTypes = self._get_param("binaryMediaTypes") or []
        return status, headers, json.dumps(api.to_dict())

    def apply_patch_operations(self, operations):
        for operation in operations:
            op, keys, value = steps(operation)
            if keys[0] != "endpointConfiguration":
                change(self, operation, fields)
            elif keys[1] == "types":
                self.endpoint_configuration["types"] = [value]
            else:
                ids = [id for id in self.endpoint_configuration.get("vpcEndpointIds", []) if id != value]
                self.endpoint_configuration["vpcEndpointIds"] = ids + ([value] if op == "add" else [])

    RestAPI.apply_patch_operations = apply_patch_operations


def methods():
    """Methods and integrations can be changed; an integration keeps what its cache goes by."""
    from moto.apigateway.responses import APIGatewayResponse

    method_fields = {
        "authorizationType": ("authorization_type", str),
        "authorizerId": ("authorizer_id", str),
        "authorizationScopes": ("authorization_scopes", list),
        "apiKeyRequired": ("api_key_required", truth),
        "operationName": ("operation_name", str),
        "requestValidatorId": ("request_validator_id", str),
        "requestParameters": ("request_parameters", truth),
        "requestModels": ("request_models", str),
    }
    integration_fields = {
        "httpMethod": ("http_method", str),
        "uri": ("uri", str),
        "connectionType": ("connection_type", str),
        "connectionId": ("connection_id", str),
        "credentials": ("credentials", str),
        "contentHandling": ("content_handling", str),
        "timeoutInMillis": ("timeout_in_millis", int),
        "passthroughBehavior": ("passthrough_behaviour", str),
        "cacheNamespace": ("cache_namespace", str),
        "cacheKeyParameters": ("cache_key_parameters", list),
        "requestParameters": ("request_parameters", str),
        "requestTemplates": ("request_templates", str),
    }

    def update_method(self):
        _, _, api, _, resource, _, method = self.path.split("/")
        method = self.backend.get_method(api, resource, method)
        for operation in self._get_param("patchOperations"):
            change(method, operation, method_fields)
        return json.dumps(method.to_json())

    APIGatewayResponse.update_method = update_method

    @around(APIGatewayResponse, "put_integration")
    def _(old, self):
        answer = old(self)
        _, _, api, _, resource, _, method, _ = self.path.split("/")
        integration = self.backend.get_integration(api, resource, method)
        integration.cache_key_parameters = self._get_param("cacheKeyParameters") or []
        integration.cache_namespace = integration.cache_namespace or resource
        return answer

    def update_integration(self):
        _, _, api, _, resource, _, method, _ = self.path.split("/")
        integration = self.backend.get_integration(api, resource, method)
        for operation in self._get_param("patchOperations"):
            change(integration, operation, integration_fields)
        return json.dumps(integration.to_json())

    APIGatewayResponse.update_integration = update_integration


def deployments_and_stages():
    """A deployment's description can be changed; settings of methods start as AWS makes them, and go again."""
    from moto.apigateway.models import Stage
    from moto.apigateway.responses import APIGatewayResponse

    def update_deployment(self):
        _, _, api, _, deployment = self.path.split("/")
        deployment = self.backend.get_deployment(api, deployment)
        for operation in self._get_param("patchOperations"):
            change(deployment, operation, {"description": ("description", str)})
        return json.dumps(deployment.to_json())

    APIGatewayResponse.update_deployment = update_deployment
    Stage._get_default_method_settings = lambda self: {**SETTINGS, **self.method_settings.get("*/*", {})}

    @around(Stage, "apply_operations")
    def _(old, self, operations):
        from moto.apigateway.exceptions import BadRequestException

        for operation in operations:
            key = operation["path"].removeprefix("/")
            if operation["op"] != "remove" or key.startswith("variables/") or key == "accessLogSettings":
                continue
            if self.method_settings.pop(key, None) is None:
                raise BadRequestException(f"Invalid patch path {operation['path']}")
        return old(self, operations)


def domain_names():
    """A domain name can be changed."""
    from moto.apigateway.responses import APIGatewayResponse

    fields = {
        "regionalCertificateArn": ("regional_certificate_arn", str),
        "securityPolicy": ("security_policy", str),
    }

    def update_domain_name(self):
        domain = self.backend.get_domain_name(self.path.split("/")[2])
        for operation in self._get_param("patchOperations"):
            change(domain, operation, fields)
        return json.dumps(domain.to_json())

    APIGatewayResponse.update_domain_name = update_domain_name


def tags():
    """APIs and domain names can be tagged, not only stages."""
    from moto.apigateway.responses import APIGatewayResponse
    from moto.apigateway.urls import url_paths

    start = "{0}/tags/arn:(?P<partition>[^/]+):apigateway:(?P<region_name>[^/]+)::"
    for path in ("/restapis/(?P<function_id>[^/]+)$", "/domainnames/(?P<domain_name>[^/]+)$"):
        url_paths[start + path] = APIGatewayResponse.dispatch

    def tagged(self):
        """What has the tags that a request is about."""
        _, kind, name, *stage = unquote(self.path.split("/tags/")[1]).split("/")
        if kind == "domainnames":
            return self.backend.get_domain_name(name)
        return self.backend.get_stage(name, stage[1]) if stage else self.backend.get_rest_api(name)

    def get_tags(self):
        return json.dumps({"tags": tagged(self).tags or {}})

    def tag_resource(self):
        thing = tagged(self)
        thing.tags = {**(thing.tags or {}), **(self._get_param("tags") or {})}
        return "{}"

    def untag_resource(self):
        thing, names = tagged(self), self.querystring.get("tagKeys") or []
        thing.tags = {name: value for name, value in (thing.tags or {}).items() if name not in names}
        return "{}"

    for function in (get_tags, tag_resource, untag_resource):
        setattr(APIGatewayResponse, function.__name__, function)


def strict():
    """Resources of a path, methods and domain names are there once; a deployment that a stage shows stays."""
    from moto.apigateway.exceptions import BadRequestException, ConflictException
    from moto.apigateway.models import APIGatewayBackend, RestAPI

    @around(RestAPI, "add_child")
    def _(old, self, path, parent_id):
        if any(r.parent_id == parent_id and r.path_part == path for r in self.resources.values()):
            raise ConflictException(f"Another resource with the same parent already has this name: {path}")
        return old(self, path, parent_id)

    @around(APIGatewayBackend, "put_method")
    def _(old, self, api, resource, method, *rest):
        if method in self.get_resource(api, resource).resource_methods:
            raise ConflictException("Method already exists for this resource")
        return old(self, api, resource, method, *rest)

    @around(APIGatewayBackend, "create_domain_name")
    def _(old, self, domain, *rest):
        if domain in self.domain_names:
            raise BadRequestException("The domain name you provided already exists.")
        return old(self, domain, *rest)

    @around(RestAPI, "delete_deployment")
    def _(old, self, deployment):
        if any(stage.deployment_id == deployment for stage in self.stages.values()):
            raise BadRequestException("Active stages pointing to this deployment must be moved or deleted")
        return old(self, deployment)
