"""HTTP APIs: stages, domain names and mappings can be changed and tagged (`fix`); what exists is not made again and
what is in use is not deleted (`strict`)."""

import json
import zlib
from urllib.parse import unquote

from .patching import around


def fix():
    """What each part says."""
    stages()
    domain_names()
    tags()


def dispatch(path):
    """Has a path answered. moto keeps the paths of both services with those of the first."""
    from moto.apigateway.urls import url_paths
    from moto.apigatewayv2.responses import ApiGatewayV2Response

    url_paths["{0}/v2/" + path] = ApiGatewayV2Response.dispatch


def stages():
    """A stage can be changed, as a whole and setting by setting."""
    from moto.apigatewayv2.responses import ApiGatewayV2Response

    members = {
        "accessLogSettings": "access_log_settings",
        "autoDeploy": "auto_deploy",
        "defaultRouteSettings": "default_route_settings",
        "description": "description",
    }

    def stage(self, parts):
        return self.apigatewayv2_backend.get_stage(parts[3], unquote(parts[5]))

    def update_stage(self):
        found, params = stage(self, self.path.split("/")), json.loads(self.body)
        for name, member in members.items():
            if name in params:
                setattr(found, member, params[name])
        found.route_settings = {**found.route_settings, **params.get("routeSettings", {})}
        variables = {**found.stage_variables, **params.get("stageVariables", {})}
        found.stage_variables = {name: value for name, value in variables.items() if value != ""}
        return 200, {}, json.dumps(found.to_json())

    def delete_access_log_settings(self):
        stage(self, self.path.split("/")).access_log_settings = None
        return 204, {}, ""

    def delete_route_settings(self):
        from moto.apigatewayv2.exceptions import RouteNotFound

        parts = self.path.split("/routesettings/")
        key = unquote(parts[1])
        if stage(self, parts[0].split("/")).route_settings.pop(key, None) is None:
            raise RouteNotFound(key)
        return 204, {}, ""

    for function in (update_stage, delete_access_log_settings, delete_route_settings):
        setattr(ApiGatewayV2Response, function.__name__, function)
    for end in ("accesslogsettings$", "routesettings/(?P<route_key>.+)$"):
        dispatch(f"apis/(?P<api_id>[^/]+)/stages/(?P<stage_name>[^/]+)/{end}")


def domain_names():
    """A domain name has a name and a zone to point to, and can be changed, as can its mappings."""
    from moto.apigatewayv2.models import ApiGatewayV2Backend
    from moto.apigatewayv2.responses import ApiGatewayV2Response

    def complete(backend, domain, configurations):
        label = f"d-{zlib.crc32(domain.domain_name.encode()):010x}"
        made = {
            "apiGatewayDomainName": f"{label}.execute-api.{backend.region_name}.amazonaws.com",
            "domainNameStatus": "AVAILABLE",
            "hostedZoneId": "Z1UJRXOUMOOFQ8",
        }
        domain.domain_name_configurations = [{**configuration, **made} for configuration in configurations]

    @around(ApiGatewayV2Backend, "create_domain_name")
    def _(old, self, name, configurations, *rest):
        domain = old(self, name, configurations, *rest)
        complete(self, domain, configurations)
        return domain

    @around(ApiGatewayV2Backend, "delete_domain_name")
    def _(old, self, name):
        self.get_domain_name(name)
        self.api_mappings = {id: m for id, m in self.api_mappings.items() if m.domain_name != name}
        return old(self, name)

    def update_domain_name(self):
        backend, params = self.apigatewayv2_backend, json.loads(self.body)
        domain = backend.get_domain_name(self.path.split("/")[3])
        if "domainNameConfigurations" in params:
            complete(backend, domain, params["domainNameConfigurations"])
        if "mutualTlsAuthentication" in params:
            domain.mutual_tls_authentication = params["mutualTlsAuthentication"]
        return 200, {}, json.dumps(domain.to_json())

    def update_api_mapping(self):
        parts, params = self.path.split("/"), json.loads(self.body)
        mapping = self.apigatewayv2_backend.get_api_mapping(parts[5], parts[3])
        mapping.api_id = params["apiId"]
        mapping.api_mapping_key = params.get("apiMappingKey", mapping.api_mapping_key)
        mapping.stage = params.get("stage", mapping.stage)
        return 200, {}, json.dumps(mapping.to_json())

    ApiGatewayV2Response.update_domain_name = update_domain_name
    ApiGatewayV2Response.update_api_mapping = update_api_mapping


def tags():
    """Stages and domain names can be tagged, not only APIs."""
    from moto.apigatewayv2.models import ApiGatewayV2Backend

    for end in ("apis/(?P<api_id>[^/]+)/stages/(?P<stage_name>[^/]+)$", "domainnames/(?P<domain_name>[^/]+)$"):
        dispatch(f"tags/(?P<resource_arn_pt1>[^/]+)/{end}")

    def tagged(backend, arn):
        """What has the tags, if it keeps them itself."""
        _, kind, name, *stage = arn.split("/")
        if kind == "domainnames":
            return backend.get_domain_name(name)
        return backend.get_stage(name, stage[1]) if stage else None

    @around(ApiGatewayV2Backend, "tag_resource")
    def _(old, self, arn, tags):
        thing = tagged(self, arn)
        if thing is None:
            return old(self, arn, tags)
        thing.tags = {**(thing.tags or {}), **tags}

    @around(ApiGatewayV2Backend, "untag_resource")
    def _(old, self, arn, names):
        thing = tagged(self, arn)
        if thing is None:
            return old(self, arn, names)
        thing.tags = {name: value for name, value in (thing.tags or {}).items() if name not in names}


def strict():
    """Route keys and stages are there once in an API, mapping keys in a domain name; integrations of routes stay."""
    from moto.apigatewayv2.exceptions import APIGatewayV2Error
    from moto.apigatewayv2.models import Api, ApiGatewayV2Backend

    def conflict(message):
        error = APIGatewayV2Error("ConflictException", message)
        error.code = 409
        return error

    @around(Api, "create_route")
    def _(old, self, *args):
        route = old(self, *args)
        if any(other.route_key == route.route_key for other in self.routes.values() if other is not route):
            del self.routes[route.route_id]
            raise conflict(f"Route with key {route.route_key} already exists for this API")
        return route

    @around(Api, "create_stage")
    def _(old, self, config):
        if config["stageName"] in self.stages:
            raise conflict("Stage already exists")
        return old(self, config)

    @around(ApiGatewayV2Backend, "create_api_mapping")
    def _(old, self, api_id, key, domain, stage):
        if any(m.domain_name == domain and m.api_mapping_key == key for m in self.api_mappings.values()):
            raise conflict("ApiMapping key already exists for this domain name")
        return old(self, api_id, key, domain, stage)

    @around(Api, "delete_integration")
    def _(old, self, integration):
        if any(route.target == f"integrations/{integration}" for route in self.routes.values()):
            raise conflict(f"Cannot delete Integration '{integration}' due to dependent routes")
        return old(self, integration)
