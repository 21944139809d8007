//! C27: the permissions of services to call a function, or to write to a queue or topic.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::patterns::fits;
use super::planned::{AtPath, Planned, Resource};
use super::policies::lets_in;
use crate::expr::Expr;
use crate::value::Value;

pub(super) const CHECK: Check = Check {
    asks: "each service that is to call a function, or to write to a queue or topic, is let in by it",
    why: "Nobody may invoke a function but its account. API Gateway answers 500, EventBridge and SNS drop what they cannot \
          deliver, and a load balancer refuses the target, where no permission lets them in for the API, rule or topic that it is.",
    mend: "Declare a `lambda.permission` with the service as `principal` and the ARN of what calls as `source_arn`.",
    source: "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html",
    ..Check::all(
        "C27",
        "trigger-permission",
        &[
            "apigateway.integration.uri",
            "apigatewayv2.integration.integration_uri",
            "events.target.arn",
            "sns.subscription.endpoint",
            "elbv2.target_attachment.target_id",
            "lambda.permission",
        ],
        look,
    )
};

fn look(planned: &Planned<'_>, found: &mut Findings) {
    for integration in planned.of("apigateway.integration").filter(|i| i.is_absent("credentials")) {
        let call = TriggerCall {
            service: "apigateway.amazonaws.com",
            by: integration,
            path: "uri",
            source: "rest_api_id",
            tail: "execution_arn}/*/*",
        };
        call.look(planned, &|api, text| rest_calls(planned, integration, api, text), found);
    }
    for integration in planned.of("apigatewayv2.integration").filter(|i| i.is_absent("credentials_arn")) {
        let call = TriggerCall {
            service: "apigateway.amazonaws.com",
            by: integration,
            path: "integration_uri",
            source: "api_id",
            tail: "execution_arn}/*/*",
        };
        call.look(planned, &|api, text| http_calls(planned, integration, api, text), found);
    }
    for target in planned.of("events.target").filter(|target| target.is_absent("role_arn")) {
        let service = "events.amazonaws.com";
        TriggerCall { service, by: target, path: "arn", source: "rule", tail: "arn}" }.look(
            planned,
            &|_, _| true,
            found,
        );
        writes(planned, target, "arn", service, found);
    }
    for subscription in planned.of("sns.subscription") {
        let service = "sns.amazonaws.com";
        TriggerCall { service, by: subscription, path: "endpoint", source: "topic_arn", tail: "arn}" }.look(
            planned,
            &|_, _| true,
            found,
        );
        writes(planned, subscription, "endpoint", service, found);
    }
    for attachment in planned.of("elbv2.target_attachment") {
        let service = "elasticloadbalancing.amazonaws.com";
        let call = TriggerCall { service, by: attachment, path: "target_id", source: "target_group_arn", tail: "arn}" };
        if let Some(permission) = call.look(planned, &|_, _| true, found)
            && !planned.depends(attachment, permission)
        {
            let message = format!("`{}` may come before the load balancer is let in", attachment.address);
            let finding =
                Finding::new("target_id", message).label("refused until then").also(permission, "", "lets it in");
            found.add(attachment, finding.help("name the permission in `depends_on` of the attachment"));
        }
    }
}

/// A call of a function by a service.
struct TriggerCall<'r, 'a> {
    /// The service.
    service: &'static str,
    /// The resource that makes the service call.
    by: &'r Resource<'a>,
    /// The argument of that resource that names the function.
    path: &'static str,
    /// The argument that names the source of the call: the API, rule, topic or target group.
    source: &'static str,
    /// The end of the source's ARN, as a program writes it after the name.
    tail: &'static str,
}

impl TriggerCall<'_, '_> {
    /// Looks for a permission that lets the service call the function. A `source_arn` in it must be the ARN of the source.
    fn look<'p, 'a>(
        &self,
        planned: &'p Planned<'a>,
        calls: &dyn Fn(&Resource<'_>, &str) -> bool,
        found: &mut Findings,
    ) -> Option<&'p Resource<'a>> {
        let named = planned.target(self.by, self.path)?;
        let (function, qualified) = match named.kind.name {
            "lambda.function" => (named, false),
            "lambda.alias" => (planned.target(named, "function_name")?, true),
            _ => return None,
        };
        let source = planned.target(self.by, self.source);
        let is_for = |p: &&Resource<'_>| {
            p.text("principal").is_none_or(|who| who == self.service || who == "*")
                && p.text("action").is_none_or(|action| fits(action, "lambda:InvokeFunction"))
        };
        let mut candidates: Vec<_> =
            planned.users(function, "lambda.permission", "function_name").filter(is_for).collect();
        let near = candidates.first().copied();
        candidates.retain(|p| p.is_given("qualifier") == qualified);
        candidates.retain(|permission| is_from(planned, permission, source, calls));
        let fit = candidates.first().copied();
        if fit.is_none() {
            self.tell(function, named, source, near, found);
        }
        fit
    }

    fn tell(
        &self,
        function: &Resource<'_>,
        named: &Resource<'_>,
        source: Option<&Resource<'_>>,
        near: Option<&Resource<'_>>,
        found: &mut Findings,
    ) {
        let message = match near {
            None => {
                format!("`{}` calls `{}`, and no permission lets `{}` in", self.by.address, named.address, self.service)
            }
            Some(near) => format!(
                "`{}` calls `{}`, and `{}` lets `{}` in for something else",
                self.by.address, named.address, near.address, self.service
            ),
        };
        let name = |resource: &Resource<'_>| resource.address.name().replace('-', "_");
        let arn = source.map(|source| format!(", source_arn: `${{{}.{}`", name(source), self.tail)).unwrap_or_default();
        let qualifier = match named.kind.name {
            "lambda.alias" => format!(", qualifier: {}.name", name(named)),
            _ => String::new(),
        };
        let help = format!(
            "declare `lambda::permission(\"..\", #{{ function_name: {}.function_name, principal: \"{}\"{arn}{qualifier} }})`",
            name(function),
            self.service
        );
        let finding = Finding::new(self.path, message).label("calls this");
        let finding =
            near.into_iter().fold(finding, |finding, near| finding.also(near, "source_arn", "for something else"));
        // A target group asks for the right at once; everybody else when the function is called.
        let finding = if self.by.kind.name == "elbv2.target_attachment" { finding } else { finding.taken() };
        found.add(self.by, finding.help(help));
    }
}

/// Whether a permission is for the source of a call.
fn is_from(
    planned: &Planned<'_>,
    permission: &Resource<'_>,
    source: Option<&Resource<'_>>,
    calls: &dyn Fn(&Resource<'_>, &str) -> bool,
) -> bool {
    let path = "source_arn";
    let reads = permission.reads(path);
    let Some(source) = source.filter(|_| permission.is_given(path) && !reads.is_empty()) else { return true };
    let of_stage = |read: &Resource<'_>| {
        ["rest_api_id", "api_id"]
            .iter()
            .any(|path| planned.target(read, path).is_some_and(|api| api.address == source.address))
    };
    let is_of =
        |read: &Resource<'_>| read.address == source.address || (read.kind.name.ends_with(".stage") && of_stage(read));
    let read = reads.iter().filter_map(|read| planned.get(&read.address)).find(|read| is_of(read));
    let Some(read) = read else { return false };
    match tail(permission, read) {
        Some(tail) => calls(source, &tail),
        None => true,
    }
}

/// What an ARN of an API says after the API: `*/GET/payment`. None when that is not known.
fn tail(permission: &Resource<'_>, read: &Resource<'_>) -> Option<String> {
    let text = match permission.at("source_arn") {
        AtPath::Open(Expr::Attr(_)) => String::new(),
        AtPath::Open(Expr::Concat(parts)) => {
            let (first, rest) = parts.split_first()?;
            let is_arn = matches!(first, Expr::Attr(read) if &*read.attr == "execution_arn");
            let rest: Option<String> = rest.iter().map(|part| part.known().and_then(Value::as_str)).collect();
            rest.filter(|_| is_arn)?
        }
        AtPath::Known(value) => {
            let path = value.as_str()?.splitn(6, ':').nth(5)?;
            return Some(path.split_once('/').map_or("", |(_, tail)| tail).to_owned());
        }
        _ => return None,
    };
    let text = text.strip_prefix('/').unwrap_or(&text);
    Some(if read.kind.name.ends_with(".stage") { format!("*/{text}") } else { text.to_owned() })
}

/// The methods that `ANY` may be.
const METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "*", "ANY"];

/// Whether the end of an ARN covers a method on a path.
fn is_call(tail: &str, stages: &[&str], method: &str, path: &str) -> bool {
    let methods: &[&str] = if method == "ANY" { METHODS } else { &[method] };
    stages.iter().any(|stage| methods.iter().any(|method| fits(tail, &format!("{stage}/{method}{path}"))))
}

fn stages<'a>(planned: &Planned<'a>, kind: &str, source: &str, api: &Resource<'_>) -> Vec<&'a str> {
    let all = planned.users(api, kind, source);
    let mut names: Vec<&str> = all.filter_map(|stage| stage.text("stage_name")).collect();
    names.push("any-stage");
    names
}

fn rest_calls(planned: &Planned<'_>, integration: &Resource<'_>, api: &Resource<'_>, tail: &str) -> bool {
    let (Some(method), Some(path)) = (integration.text("http_method"), rest_path(planned, integration, "resource_id"))
    else {
        return true;
    };
    let stages = stages(planned, "apigateway.stage", "rest_api_id", api);
    is_call(tail, &stages, method, &path) || is_call(tail, &stages, method, &with_stars(&path))
}

/// A path with `*` where a part of it may be anything.
fn with_stars(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "*" } else { part }).collect::<Vec<_>>().join("/")
}

fn http_calls(planned: &Planned<'_>, integration: &Resource<'_>, api: &Resource<'_>, tail: &str) -> bool {
    let mut routes = planned.users(integration, "apigatewayv2.route", "target").peekable();
    let stages = stages(planned, "apigatewayv2.stage", "api_id", api);
    let is_fit = |route: &Resource<'_>| match route.text("route_key") {
        Some(key) => match key.split_once(' ') {
            Some((method, path)) => {
                is_call(tail, &stages, method, path) || is_call(tail, &stages, method, &with_stars(path))
            }
            None => {
                stages.iter().any(|stage| fits(tail, &format!("{stage}/{key}")))
                    || is_call(tail, &stages, "*", &format!("/{key}"))
            }
        },
        None => true,
    };
    routes.peek().is_none() && !tail.is_empty() || routes.any(is_fit)
}

/// The whole path of the resource of a REST API that an argument names; none when it is not known.
pub(super) fn rest_path(planned: &Planned<'_>, of: &Resource<'_>, argument: &str) -> Option<String> {
    const DEEPEST: usize = 32;
    let mut parts = Vec::new();
    let (mut at, _) = planned.source(of, argument)?;
    while at.kind.name == "apigateway.resource" && parts.len() < DEEPEST {
        parts.push(at.text("path_part")?);
        (at, _) = planned.source(at, "parent_id")?;
    }
    (at.kind.name == "apigateway.rest_api").then_some(())?;
    Some(parts.iter().rev().fold(String::new(), |path, part| path + "/" + part))
        .map(|path| if path.is_empty() { "/".into() } else { path })
}

/// Looks whether a queue or topic lets a service write to it.
fn writes(planned: &Planned<'_>, by: &Resource<'_>, path: &str, service: &str, found: &mut Findings) {
    let Some(target) = planned.target(by, path) else { return };
    let (kind, argument) = match target.kind.name {
        "sqs.queue" => ("sqs.queue_policy", "queue_url"),
        "sns.topic" => ("sns.topic_policy", "topic_arn"),
        _ => return,
    };
    let own = target.is_given("policy") && !target.is_left_to_service("policy");
    let of_target = Some(target).filter(|_| own).into_iter().chain(planned.users(target, kind, argument));
    if of_target.into_iter().all(|policy| lets_in(policy, "policy", service) == Some(false)) {
        let message =
            format!("`{}` writes to `{}`, whose policy does not let `{service}` in", by.address, target.address);
        let finding = Finding::new(path, message).label("writes to this").also(target, "", "lets in its account alone");
        let verb = if kind.starts_with("sqs") { "sqs:SendMessage" } else { "sns:Publish" };
        let help = format!("declare a `{kind}` that allows `{verb}` to `#{{ Service: \"{service}\" }}`");
        found.add(by, finding.help(help).warning());
    }
}
