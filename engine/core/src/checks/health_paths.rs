//! C10: what a health check asks of an API.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};
use super::triggers::rest_path;

pub(super) const CHECK: Check = Check {
    asks: "a health check of an API asks for a path that answers GET without a key or signature, its stage included",
    why: "API Gateway answers 403 or 404 to a path without its stage, to one that has no GET, and to who brings no key: the \
          check never gets healthy, and the region gets no traffic.",
    mend: "Ask for `/stage/path` of a REST API, `/path` of an HTTP API's `$default` stage, and declare a GET there that is open.",
    source: "https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html",
    ..Check::all("C10", "health-check-path", &["route53.health_check.resource_path"], look)
};

const HOST: &str = "fully_qualified_domain_name";
const PATH: &str = "resource_path";

/// What stands at the beginning of the paths that an endpoint takes.
struct RoutedPath<'p, 'a> {
    api: &'p Resource<'a>,
    /// `""`, or parts that begin with `/`.
    prefix: String,
    /// What the prefix is: the name of a stage.
    what: String,
}

fn look(planned: &Planned<'_>, found: &mut Findings) {
    for check in planned.of("route53.health_check") {
        if !check.text("type").is_some_and(|sort| sort.starts_with("HTTP")) {
            continue;
        }
        if check.is_given(PATH) && check.text(PATH).is_none() {
            continue;
        }
        let asked = check.text(PATH).unwrap_or("/").split(['?', '#']).next().unwrap_or("/");
        let asked = if asked.starts_with('/') { asked.to_owned() } else { format!("/{asked}") };
        let Some(entries) = entries(planned, check).filter(|entries| !entries.is_empty()) else { continue };
        let inside = entries.iter().find_map(|entry| Some((entry, below(&asked, &entry.prefix)?)));
        match inside {
            Some((entry, path)) => answers(planned, check, entry, &asked, path, found),
            None => {
                let api = entries[0].api;
                let list = entries.iter().map(|entry| format!("`{}`", entry.prefix)).collect::<Vec<_>>().join(", ");
                let message = format!(
                    "`{}` asks for `{asked}` of `{}`, whose paths begin with {list}",
                    check.address, api.address
                );
                let finding = Finding::new(PATH, message).label(format!("without {}", entries[0].what));
                found.add(check, finding.help(format!("ask for `{}{asked}`", entries[0].prefix)));
            }
        }
    }
}

/// The rest of a path below a prefix.
fn below<'t>(path: &'t str, prefix: &str) -> Option<&'t str> {
    match path.strip_prefix(prefix)? {
        "" => Some("/"),
        rest if rest.starts_with('/') => Some(rest),
        _ => None,
    }
}

/// The ways into the API that a check asks; none when it asks something else, or when they are not all known.
fn entries<'p, 'a>(planned: &'p Planned<'a>, check: &Resource<'_>) -> Option<Vec<RoutedPath<'p, 'a>>> {
    let is_named =
        |domain: &&Resource<'_>| domain.text("domain_name").is_some_and(|name| check.text(HOST) == Some(name));
    let named = || planned.of("apigateway.domain_name").chain(planned.of("apigatewayv2.domain_name")).find(is_named);
    let host = planned.target(check, HOST).or_else(named)?;
    match host.kind.name {
        "apigateway.rest_api" | "apigatewayv2.api" => stages(planned, host, ""),
        "apigateway.stage" => stages(planned, planned.target(host, "rest_api_id")?, ""),
        "apigatewayv2.stage" => stages(planned, planned.target(host, "api_id")?, ""),
        "apigateway.domain_name" | "apigatewayv2.domain_name" => mapped(planned, host),
        _ => None,
    }
}

/// The stages of an API as the beginnings of paths, below another beginning.
fn stages<'p, 'a>(planned: &'p Planned<'a>, api: &'p Resource<'a>, before: &str) -> Option<Vec<RoutedPath<'p, 'a>>> {
    let (kind, argument) = match api.kind.name {
        "apigateway.rest_api" => ("apigateway.stage", "rest_api_id"),
        _ => ("apigatewayv2.stage", "api_id"),
    };
    let entry = |stage: &Resource<'_>| {
        let name = stage.text("stage_name")?;
        let prefix = if name == "$default" { before.to_owned() } else { format!("{before}/{name}") };
        Some(RoutedPath { api, prefix, what: format!("the stage `{name}`") })
    };
    let mut all: Vec<RoutedPath<'p, 'a>> = planned.users(api, kind, argument).map(entry).collect::<Option<_>>()?;
    // The longest beginning that fits is the stage's.
    all.sort_by_key(|entry| std::cmp::Reverse(entry.prefix.len()));
    Some(all)
}

/// The APIs behind a domain name.
fn mapped<'p, 'a>(planned: &'p Planned<'a>, domain: &Resource<'_>) -> Option<Vec<RoutedPath<'p, 'a>>> {
    let mut all = Vec::new();
    for mapping in planned.users(domain, "apigateway.mapping", "domain_name") {
        let api = planned.target(mapping, "rest_api_id")?;
        let base = mapping.text("base_path")?;
        let prefix = if base.is_empty() { String::new() } else { format!("/{base}") };
        match mapping.is_given("stage") {
            true => all.push(RoutedPath { api, prefix, what: format!("the base path `{base}`") }),
            false => all.extend(stages(planned, api, &prefix)?),
        }
    }
    for mapping in planned.users(domain, "apigatewayv2.mapping", "domain_name") {
        let api = planned.target(mapping, "api_id")?;
        let base = mapping.text("api_mapping_key")?;
        let prefix = if base.is_empty() { String::new() } else { format!("/{base}") };
        all.push(RoutedPath { api, prefix, what: format!("the mapping key `{base}`") });
    }
    all.sort_by_key(|entry| std::cmp::Reverse(entry.prefix.len()));
    Some(all)
}

/// A route: where it is declared, its method and path, and whether everybody may call it.
struct PathRoute<'p, 'a> {
    at: &'p Resource<'a>,
    method: &'a str,
    path: String,
}

fn routes<'p, 'a>(planned: &'p Planned<'a>, api: &Resource<'_>) -> Option<Vec<PathRoute<'p, 'a>>> {
    let methods = planned.users(api, "apigateway.method", "rest_api_id");
    let rest = methods.map(|at| {
        Some(PathRoute { at, method: at.text("http_method")?, path: rest_path(planned, at, "resource_id")? })
    });
    let http = planned.users(api, "apigatewayv2.route", "api_id").map(|at| {
        let key = at.text("route_key")?;
        let (method, path) = key.split_once(' ').unwrap_or(("ANY", "/{rest+}"));
        Some(PathRoute { at, method, path: path.to_owned() })
    });
    rest.chain(http).collect()
}

fn answers(
    planned: &Planned<'_>,
    check: &Resource<'_>,
    entry: &RoutedPath<'_, '_>,
    asked: &str,
    path: &str,
    found: &mut Findings,
) {
    let Some(routes) = routes(planned, entry.api).filter(|routes| !routes.is_empty()) else { return };
    let mut fitting: Vec<_> = routes.iter().filter(|route| is_path(&route.path, path)).collect();
    fitting.sort_by_key(|route| (route.path != path, route.path.contains('+')));
    let gets = fitting.iter().find(|route| ["GET", "ANY"].contains(&route.method));
    let Some(route) = gets else {
        let message =
            format!("`{}` asks for `{asked}`, where `{}` does not answer GET", check.address, entry.api.address);
        let finding = Finding::new(PATH, message).label("always unhealthy");
        let (finding, help) = match fitting.first() {
            Some(other) => (
                finding.also(other.at, "", format!("answers {} alone", other.method)),
                "declare a GET of this path, or ask for another one",
            ),
            None => (finding, "ask for a path that a route answers"),
        };
        found.add(check, finding.help(help));
        return;
    };
    let locked = match route.at.text("authorization_type") {
        Some("NONE") => route.at.is_true("api_key_required").then_some(("api_key_required", "an API key")),
        Some(_) => Some(("authorization_type", "a signature or token")),
        None => None,
    };
    if let Some((argument, what)) = locked {
        let message = format!("`{}` asks for `{asked}`, which answers only who brings {what}", check.address);
        let finding = Finding::new(PATH, message).label("always unhealthy").also(route.at, argument, "asks for it");
        found.add(check, finding.help("ask for a path that everybody may call, e.g. `GET /health`"));
    }
}

/// Whether a route's path is for a path: `{name}` is any part of it, `{name+}` all that follows.
fn is_path(route: &str, path: &str) -> bool {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    for pattern in route.split('/').filter(|part| !part.is_empty()) {
        if pattern.starts_with('{') && pattern.ends_with("+}") {
            return true;
        }
        match parts.next() {
            Some(part) if part == pattern || (pattern.starts_with('{') && pattern.ends_with('}')) => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}
