//! C60: methods, integrations and deployments of REST APIs.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::http_apis::has_request;
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "each method of a REST API has an integration and whom to ask, and is there before the API is deployed",
    why: "API Gateway refuses to deploy a method without an integration, and a private API without a policy; a deployment shows \
          what was there before it alone. A function is called with POST, whatever the method.",
    mend: "Declare an `apigateway.integration` for each method, and mention its `id` in the `triggers` of the deployment.",
    source: "https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html",
    ..Check::all(
        "C60",
        "rest-api",
        &[
            "apigateway.method",
            "apigateway.integration",
            "apigateway.deployment",
            "apigateway.stage",
            "apigateway.mapping",
        ],
        look,
    )
};

const API: &str = "rest_api_id";

fn look(planned: &Planned<'_>, found: &mut Findings) {
    for method in planned.of("apigateway.method") {
        has_authorizer(method, found);
        has_integration(planned, method, found);
    }
    for integration in planned.of("apigateway.integration") {
        integrates(planned, integration, found);
    }
    for deployment in planned.of("apigateway.deployment") {
        deploys(planned, deployment, found);
    }
    for stage in planned.of("apigateway.stage") {
        let format = "access_log_settings.format";
        if let Some(text) = stage.text(format).filter(|text| !has_request(text)) {
            let message =
                format!("the log lines of `{}` do not say which request they are of: `{text}`", stage.address);
            found.add(stage, Finding::new(format, message).help("add `$context.requestId`"));
        }
        let size = "cache_cluster_size";
        if stage.is_false("cache_cluster_enabled") && stage.is_given(size) && !stage.is_left_to_service(size) {
            let message = format!("`{}` says how large its cache is, and has none", stage.address);
            found.add(stage, Finding::new(size, message).help("set `cache_cluster_enabled: true`, or leave it out"));
        }
    }
    for mapping in planned.of("apigateway.mapping") {
        leads(planned, mapping, found);
    }
}

fn has_authorizer(method: &Resource<'_>, found: &mut Findings) {
    let Some(sort) = method.text("authorization_type") else { return };
    let takes = ["CUSTOM", "COGNITO_USER_POOLS"].contains(&sort);
    if takes && method.is_absent("authorizer_id") {
        let message = format!("`{}` asks an authorizer, and names none", method.address);
        found.add(method, Finding::new("authorization_type", message).label(sort).help("give `authorizer_id`"));
    } else if !takes && method.is_given("authorizer_id") {
        let message = format!("`{}` names an authorizer and does not ask it", method.address);
        found.add(method, Finding::new("authorizer_id", message).help("set `authorization_type` to `CUSTOM`"));
    }
    if sort != "COGNITO_USER_POOLS" && method.count("authorization_scopes") > 0 {
        let message = format!("`{}` asks for scopes, which only tokens of Cognito have", method.address);
        found.add(
            method,
            Finding::new("authorization_scopes", message).help("set `authorization_type: \"COGNITO_USER_POOLS\"`"),
        );
    }
}

/// Whether two parts of an API are of one resource of it and one method.
fn is_same_call(planned: &Planned<'_>, one: &Resource<'_>, other: &Resource<'_>) -> bool {
    let at = |part: &Resource<'_>| match planned.source(part, "resource_id") {
        Some((resource, attribute)) => Some(format!("{}.{attribute}", resource.address)),
        None => part.text("resource_id").map(str::to_owned),
    };
    match (at(one), at(other), one.text("http_method"), other.text("http_method")) {
        (Some(a), Some(b), Some(m), Some(n)) => a == b && m == n,
        // What is not known may be the same.
        _ => true,
    }
}

fn has_integration(planned: &Planned<'_>, method: &Resource<'_>, found: &mut Findings) {
    let Some(api) = planned.target(method, API) else { return };
    let Some(deployment) = planned.users(api, "apigateway.deployment", API).next() else {
        return;
    };
    let mut integrations = planned.users(api, "apigateway.integration", API);
    if !integrations.any(|integration| is_same_call(planned, method, integration)) {
        let message = format!("`{}` has no integration, and `{}` is deployed", method.address, api.address);
        let finding = Finding::new("", message).label("answers nothing").also(deployment, "", "the deployment");
        found.add(method, finding.help("declare an `apigateway.integration` of the same resource and method"));
    }
}

fn integrates(planned: &Planned<'_>, integration: &Resource<'_>, found: &mut Findings) {
    let Some(sort) = integration.text("type") else { return };
    let (verb, uri) = ("integration_http_method", "uri");
    for path in [verb, uri] {
        if sort != "MOCK" && integration.is_absent(path) {
            let message = format!("`{}` is of type {sort} and has no `{path}`", integration.address);
            let help = if path == uri {
                "give the `invoke_arn` of a function, or a URL"
            } else {
                "give `\"POST\"` for a function"
            };
            found.add(integration, Finding::new("type", message).help(help));
        }
    }
    let function = planned.target(integration, uri).filter(|target| target.kind.service() == "lambda");
    if let (Some(function), Some(given)) = (function, integration.text(verb).filter(|given| *given != "POST")) {
        let message = format!(
            "`{}` calls `{}` with {given}; functions are called with POST",
            integration.address, function.address
        );
        found.add(integration, Finding::new(verb, message).label(given).help("say `\"POST\"`, whatever the method is"));
    }
    let linked = integration.text("connection_type") == Some("VPC_LINK");
    if linked && integration.is_absent("connection_id") {
        let message = format!("`{}` goes through a VPC link, and names none", integration.address);
        found.add(integration, Finding::new("connection_type", message).help("give `connection_id`"));
    } else if !linked && integration.text("connection_type").is_some() && integration.is_given("connection_id") {
        let message = format!("`{}` names a VPC link and goes over the internet", integration.address);
        found.add(
            integration,
            Finding::new("connection_id", message).help("set `connection_type: \"VPC_LINK\"`, or leave it out"),
        );
    }
}

fn deploys(planned: &Planned<'_>, deployment: &Resource<'_>, found: &mut Findings) {
    let Some(api) = planned.target(deployment, API) else { return };
    for integration in planned.users(api, "apigateway.integration", API) {
        if !planned.depends(deployment, integration) {
            let message =
                format!("`{}` may come before `{}`, and would not show it", deployment.address, integration.address);
            let finding =
                Finding::new("triggers", message).label("does not mention it").also(integration, "", "the integration");
            found.add(deployment, finding.help("mention its `id` in `triggers`"));
        }
    }
    if api.text("endpoint_type") == Some("PRIVATE") && api.is_absent("policy") {
        let message = format!("`{}` is private and has no policy: it cannot be deployed", api.address);
        let finding = Finding::new("endpoint_type", message).label("private").also(deployment, "", "the deployment");
        found.add(api, finding.help("give a `policy` that allows `execute-api:Invoke` from its endpoints"));
    }
}

/// Whether the stage that a domain leads to is there.
fn leads(planned: &Planned<'_>, mapping: &Resource<'_>, found: &mut Findings) {
    let Some(api) = planned.target(mapping, API) else { return };
    let Some(name) = mapping.text("stage") else { return };
    let stages = planned.users(api, "apigateway.stage", API);
    let names: Option<Vec<&str>> = stages.map(|stage| stage.text("stage_name")).collect();
    if names.is_some_and(|names| !names.contains(&name)) {
        let message =
            format!("`{}` leads to the stage `{name}`, which `{}` does not have", mapping.address, api.address);
        let finding = Finding::new("stage", message).label("no such stage").also(api, "", "the API");
        found.add(mapping, finding.help("declare an `apigateway.stage` of that name, and read its `stage_name`"));
    }
}
