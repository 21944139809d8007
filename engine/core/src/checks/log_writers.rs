//! Log writers: which log groups a resource writes to.
//!
//! A service makes the group of most of them by itself when it is not there, and nothing deletes that one.

use super::planned::{AtPath, Resource};
use crate::expr::Expr;
use crate::record::Record;
use crate::schema::Kind;
use crate::value::Value;

/// The kinds that write to log groups.
pub(crate) const WRITERS: &[&str] = &[
    "lambda.function",
    "rds.cluster",
    "apigateway.stage",
    "apigatewayv2.stage",
    "ec2.flow_log",
    "stepfunctions.state_machine",
];

/// The kind of log groups.
pub(crate) const GROUP: &str = "logs.log_group";

/// That a resource writes to a log group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WrittenGroup {
    /// The argument that says so; empty where the service decides.
    pub(crate) path: String,
    /// The group.
    pub(crate) to: WrittenTo,
}

/// A log group that something writes to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum WrittenTo {
    /// The one of this name, as far as that is known.
    Named(Expr),
    /// The one whose ARN stands at the path.
    AtArn,
}

/// The log groups that a resource writes to.
pub(crate) fn written_by(resource: &Resource<'_>) -> Vec<WrittenGroup> {
    match resource.kind.name {
        "lambda.function" => {
            let given = resource.said("logging_config.log_group").map(|name| named("logging_config.log_group", name));
            let made = || text(resource, &["/aws/lambda/", "{function_name}"]).map(|name| named("", name));
            given.or_else(made).into_iter().collect()
        }
        "rds.cluster" => {
            let log = |path: String| {
                let name = text(resource, &["/aws/rds/cluster/", "{cluster_identifier}", "/", &format!("{{{path}}}")])?;
                Some(named(&path, name))
            };
            let list = "enabled_cloudwatch_logs_exports";
            let is_open = matches!(resource.at(list), AtPath::Open(open) if !matches!(open, Expr::List(_)));
            let items = if is_open { vec![list.to_owned()] } else { resource.each(list) };
            items.into_iter().filter_map(log).collect()
        }
        "apigateway.stage" => {
            let name = || text(resource, &["API-Gateway-Execution-Logs_", "{rest_api_id}", "/", "{stage_name}"]);
            logged(resource, "method_settings", &[], name).chain(access(resource)).collect()
        }
        "apigatewayv2.stage" => {
            let name = || text(resource, &["/aws/apigateway/", "{api_id}", "/", "{stage_name}"]);
            let of_all = &["default_route_settings.logging_level"];
            logged(resource, "route_settings", of_all, name).chain(access(resource)).collect()
        }
        "ec2.flow_log" => {
            resource.said("log_group_name").map(|name| named("log_group_name", name)).into_iter().collect()
        }
        "stepfunctions.state_machine" if resource.text("logging_configuration.level") != Some("OFF") => {
            at_arn(resource, "logging_configuration.log_group_arn").into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The names of the log groups that what is recorded writes to, as far as its arguments tell.
pub fn log_groups(record: &Record, kind: &'static Kind) -> Vec<String> {
    let groups = written_by(&Resource::recorded(record, kind)).into_iter();
    let name = |group: WrittenGroup| match group.to {
        WrittenTo::Named(name) => name.known().and_then(Value::as_str).map(str::to_owned),
        WrittenTo::AtArn => None,
    };
    groups.filter_map(name).collect()
}

/// The group of a stage's requests.
fn access(resource: &Resource<'_>) -> Option<WrittenGroup> {
    let path = "access_log_settings.destination_arn";
    let is_stream = resource.text(path).is_some_and(|arn| arn.contains(":firehose:"));
    at_arn(resource, path).filter(|_| !is_stream)
}

fn at_arn(resource: &Resource<'_>, path: &str) -> Option<WrittenGroup> {
    resource.said(path).map(|_| WrittenGroup { path: path.to_owned(), to: WrittenTo::AtArn })
}

/// The group that API Gateway makes when it logs what it does itself: for settings in a map, or at other paths.
fn logged(
    resource: &Resource<'_>,
    map: &str,
    others: &[&str],
    name: impl FnOnce() -> Option<Expr>,
) -> impl Iterator<Item = WrittenGroup> {
    let in_map = resource.each(map).into_iter().map(|setting| format!("{setting}.logging_level"));
    let mut paths = others.iter().map(|path| (*path).to_owned()).chain(in_map);
    let first = paths.find(|path| resource.is_given(path) && resource.text(path) != Some("OFF"));
    first.and_then(|path| Some(named(&path, name()?))).into_iter()
}

fn named(path: &str, name: Expr) -> WrittenGroup {
    WrittenGroup { path: path.to_owned(), to: WrittenTo::Named(name) }
}

/// A text with what stands at paths in braces; nothing where one of them is not there.
fn text(resource: &Resource<'_>, parts: &[&str]) -> Option<Expr> {
    let part = |part: &&str| match part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(path) => resource.said(path),
        None => Some(Expr::str(part)),
    };
    Expr::concat(parts.iter().map(part).collect::<Option<_>>()?).ok()
}
