//! C59: routes, integrations and stages of HTTP and WebSocket APIs.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{AtPath, Planned, Resource};
use crate::expr::Expr;

pub(super) const CHECK: Check = Check {
    asks: "a route of an API has a key of its protocol and an integration of the same API, and says who may call it",
    why: "API Gateway refuses a route whose key is not a method and a path, an authorizer that is missing or of no use, what only \
          the other protocol has, and settings of a route that is not there. A route without an integration answers 500.",
    mend: "Write `METHOD /path` or `$default`, and give `target: \"integrations/..\"` with the id of the integration.",
    source: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html",
    ..Check::all(
        "C59",
        "http-api",
        &[
            "apigatewayv2.route",
            "apigatewayv2.integration",
            "apigatewayv2.stage",
            "apigatewayv2.api",
            "apigatewayv2.mapping",
        ],
        look,
    )
};

const METHODS: &[&str] = &["ANY", "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];

fn look(planned: &Planned<'_>, found: &mut Findings) {
    for api in planned.of("apigatewayv2.api") {
        of_protocol(api, found);
    }
    for route in planned.of("apigatewayv2.route") {
        has_key(planned, route, found);
        has_target(planned, route, found);
        has_authorizer(route, found);
    }
    for integration in planned.of("apigatewayv2.integration") {
        integrates(planned, integration, found);
    }
    for stage in planned.of("apigatewayv2.stage") {
        shows(planned, stage, found);
    }
    for mapping in planned.of("apigatewayv2.mapping") {
        leads(planned, mapping, found);
    }
}

/// Whether the API of something is an HTTP API; none when that is not known.
fn is_http(planned: &Planned<'_>, of: &Resource<'_>) -> Option<bool> {
    Some(planned.target(of, "api_id")?.text("protocol_type")? == "HTTP")
}

fn of_protocol(api: &Resource<'_>, found: &mut Findings) {
    let selects = "route_selection_expression";
    let says = api.is_given(selects) && !api.is_left_to_service(selects);
    match api.text("protocol_type") {
        Some("WEBSOCKET") => {
            if !says {
                let message =
                    format!("`{}` is a WebSocket API and does not say what of a message names its route", api.address);
                let help = format!("give `{selects}: \"$request.body.action\"`");
                found.add(api, Finding::new("protocol_type", message).help(help));
            }
            if api.is_given("cors_configuration") {
                let message =
                    format!("`{}` is a WebSocket API, which browsers do not ask about other origins", api.address);
                found.add(api, Finding::new("cors_configuration", message).help("leave it out"));
            }
        }
        Some("HTTP") => {
            if let Some(other) = api.text(selects).filter(|text| says && !text.contains("request.method")) {
                let message =
                    format!("`{}` is an HTTP API, which goes by method and path, and not by `{other}`", api.address);
                found.add(api, Finding::new(selects, message).help("leave it out"));
            }
            if api.is_true("cors_configuration.allow_credentials") {
                for list in
                    ["allow_origins", "allow_headers", "allow_methods"].map(|list| format!("cors_configuration.{list}"))
                {
                    if let Some(item) = api.each(&list).into_iter().find(|item| api.text(item) == Some("*")) {
                        let message = format!("`{}` allows credentials, and so cannot allow `*`", api.address);
                        found.add(
                            api,
                            Finding::new(&item, message).help("name what is allowed, or leave `allow_credentials` out"),
                        );
                    }
                }
            }
        }
        _ => {}
    }
}

fn has_key(planned: &Planned<'_>, route: &Resource<'_>, found: &mut Findings) {
    let path = "route_key";
    let Some(key) = route.text(path).filter(|key| *key != "$default") else { return };
    if is_http(planned, route) != Some(true) {
        return;
    }
    let help = match key.split_once(' ') {
        Some((method, path)) if METHODS.contains(&method) && path.starts_with('/') => {
            let middle = path.rfind("+}").is_some_and(|at| at + 2 < path.len());
            middle.then(|| "a part that stands for all that follows is the last one".to_owned())
        }
        Some((method, _)) if METHODS.contains(&method.to_uppercase().as_str()) && !METHODS.contains(&method) => {
            Some(format!("write `{}`", method.to_uppercase()))
        }
        Some((method, rest)) if METHODS.contains(&method) => Some(format!("write `{method} /{rest}`")),
        _ => Some("write a method and a path, e.g. `GET /health`, or `$default`".to_owned()),
    };
    if let Some(help) = help {
        let message = format!("`{key}` of `{}` is no key of a route", route.address);
        found.add(route, Finding::new(path, message).help(help));
    }
}

fn has_target(planned: &Planned<'_>, route: &Resource<'_>, found: &mut Findings) {
    let path = "target";
    let http = is_http(planned, route);
    if route.is_absent(path) {
        if http == Some(true) {
            let message = format!("`{}` has no integration, and answers 500", route.address);
            let help = "give `target`: `integrations/${integration.id}`";
            found.add(route, Finding::new("", message).help(help));
        }
        return;
    }
    let Some(integration) = planned.target(route, path).filter(|to| to.kind.name == "apigatewayv2.integration") else {
        return;
    };
    let is_alone = match route.at(path) {
        AtPath::Open(open) => matches!(open, Expr::Attr(_)),
        AtPath::Known(text) => text.as_str().is_some_and(|text| !text.contains('/')),
        AtPath::Absent => false,
    };
    if is_alone {
        let message = format!("the target of `{}` is an integration's id alone", route.address);
        found.add(route, Finding::new(path, message).help("write `integrations/` before it"));
    }
    let (own, other) = (planned.target(route, "api_id"), planned.target(integration, "api_id"));
    if let (Some(own), Some(other)) = (own, other)
        && own.address != other.address
    {
        let message =
            format!("`{}` is of `{}`, and its integration of `{}`", route.address, own.address, other.address);
        let finding = Finding::new(path, message).label("of another API").also(integration, "api_id", "its API");
        found.add(route, finding.help("declare an integration of the same API"));
    }
}

fn has_authorizer(route: &Resource<'_>, found: &mut Findings) {
    let Some(sort) = route.text("authorization_type") else { return };
    let takes = ["CUSTOM", "JWT"].contains(&sort);
    if takes && route.is_absent("authorizer_id") {
        let message = format!("`{}` asks an authorizer, and names none", route.address);
        found.add(route, Finding::new("authorization_type", message).label(sort).help("give `authorizer_id`"));
    } else if !takes && route.is_given("authorizer_id") {
        let message = format!("`{}` names an authorizer and does not ask it", route.address);
        found.add(route, Finding::new("authorizer_id", message).help("set `authorization_type` to `JWT` or `CUSTOM`"));
    }
    if sort != "JWT" && route.count("authorization_scopes") > 0 {
        let message = format!("`{}` asks for scopes, which only tokens have", route.address);
        found.add(route, Finding::new("authorization_scopes", message).help("set `authorization_type` to `JWT`"));
    }
}

fn integrates(planned: &Planned<'_>, integration: &Resource<'_>, found: &mut Findings) {
    let Some(http) = is_http(planned, integration) else { return };
    let sort = integration.text("integration_type").unwrap_or_default();
    if http && ["AWS", "HTTP", "MOCK"].contains(&sort) {
        let message = format!("`{}` is of type {sort}, which only WebSocket APIs have", integration.address);
        found.add(integration, Finding::new("integration_type", message).help("take `AWS_PROXY` or `HTTP_PROXY`"));
    }
    if !http && integration.text("payload_format_version") == Some("2.0") {
        let message =
            format!("`{}` is of a WebSocket API, which has payloads of version 1.0 alone", integration.address);
        found.add(integration, Finding::new("payload_format_version", message).help("leave it out"));
    }
    if sort != "MOCK" && !sort.is_empty() {
        match (integration.is_given("integration_uri"), integration.is_given("integration_subtype")) {
            (false, false) => {
                let message = format!("`{}` has no backend", integration.address);
                found.add(integration, Finding::new("integration_type", message).help("give `integration_uri`"));
            }
            (true, true) => {
                let message = format!("`{}` has a backend and an action of a service", integration.address);
                found.add(integration, Finding::new("integration_subtype", message).help("keep one of them"));
            }
            _ => {}
        }
    }
    let subtype = "integration_subtype";
    if integration.is_given(subtype) && integration.is_absent("credentials_arn") {
        let message = format!("`{}` calls a service of AWS, and has no role for it", integration.address);
        found.add(integration, Finding::new(subtype, message).help("give `credentials_arn`"));
    }
    let method = "integration_method";
    let says = integration.is_given(method) && !integration.is_left_to_service(method);
    if sort == "HTTP_PROXY" && !says {
        let message = format!("`{}` calls a server and does not say with which method", integration.address);
        found.add(integration, Finding::new("integration_type", message).help(format!("give `{method}`, e.g. `ANY`")));
    }
    let linked = integration.text("connection_type") == Some("VPC_LINK");
    if linked != integration.is_given("connection_id") && integration.text("connection_type").is_some() {
        let (path, help) = match linked {
            true => ("connection_type", "give `connection_id`, the id of the VPC link"),
            false => ("connection_id", "set `connection_type: \"VPC_LINK\"`, or leave it out"),
        };
        let message = format!("`{}` goes through a VPC link in one place and not in the other", integration.address);
        found.add(integration, Finding::new(path, message).help(help));
    }
}

fn shows(planned: &Planned<'_>, stage: &Resource<'_>, found: &mut Findings) {
    let Some(api) = planned.target(stage, "api_id") else { return };
    let http = api.text("protocol_type") == Some("HTTP");
    if !http && api.text("protocol_type").is_some() && stage.text("stage_name") == Some("$default") {
        let message = format!("`{}` is of a WebSocket API, which has no `$default` stage", stage.address);
        found.add(stage, Finding::new("stage_name", message).help("give it a name, e.g. `prod`"));
    }
    let format = "access_log_settings.format";
    if let Some(text) = stage.text(format).filter(|text| !has_request(text)) {
        let message = format!("the log lines of `{}` do not say which request they are of: `{text}`", stage.address);
        found.add(stage, Finding::new(format, message).help("add `$context.requestId`"));
    }
    let of_api = planned.users(api, "apigatewayv2.route", "api_id");
    let keys: Option<Vec<&str>> = of_api.map(|route| route.text("route_key")).collect();
    for key in stage.keys("route_settings") {
        if keys.as_ref().is_some_and(|keys| !keys.is_empty() && !keys.contains(&key)) {
            let message = format!("`{}` has settings of the route `{key}`, which its API does not have", stage.address);
            let near = keys.as_ref().and_then(|keys| crate::schema::closest(key, keys.iter().copied()));
            let help = near.map_or("declare that route, or take the settings away".into(), |near| {
                format!("did you mean `{near}`?")
            });
            // The route may come later.
            found.add(stage, Finding::new(&format!("route_settings.{key}"), message).on_key().help(help).taken());
        }
    }
}

/// Whether a log line's format has what API Gateway wants to be in it.
pub(super) fn has_request(format: &str) -> bool {
    ["requestId", "extendedRequestId"].iter().any(|name| format.contains(&format!("context.{name}")))
}

/// Whether the stage that a domain leads to is there.
fn leads(planned: &Planned<'_>, mapping: &Resource<'_>, found: &mut Findings) {
    let Some(api) = planned.target(mapping, "api_id") else { return };
    let Some(name) = mapping.text("stage") else { return };
    let names: Option<Vec<&str>> =
        planned.users(api, "apigatewayv2.stage", "api_id").map(|stage| stage.text("stage_name")).collect();
    if names.is_some_and(|names| !names.contains(&name)) {
        let message =
            format!("`{}` leads to the stage `{name}`, which `{}` does not have", mapping.address, api.address);
        let finding = Finding::new("stage", message).label("no such stage").also(api, "", "the API");
        found.add(mapping, finding.help("declare an `apigatewayv2.stage` of that name, and read its `stage_name`"));
    }
}
