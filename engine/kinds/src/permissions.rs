//! Permissions: the least policy that somebody needs to plan, apply or destroy a program.
//!
//! It is made of the steps of a plan, without asking any cloud. What the services call by name is named; what they give an
//! id is named by its sort. Actions are gathered by service.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::address::Address;
use dr_core::expr::Expr;
use dr_core::plan::Step;
use dr_core::registry::Registry;
use dr_core::schema::Kind;
use dr_core::template::{Piece, pieces};
use serde::Serialize;

use crate::actions::{LOOKING_FOR_LEFTOVERS, actions_of, besides, is_about_everything, takes_roles};
use crate::calls::{calls_of, only_looks};

/// The most characters that AWS takes as a managed policy, white space not counted.
pub const LONGEST_POLICY: usize = 6_144;

/// What the policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermitPurpose {
    /// Only looking.
    Plan,
    /// Everything: an apply may also delete.
    Apply,
    /// Looking and deleting.
    Destroy,
}

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PermitPolicy {
    version: &'static str,
    /// What is allowed.
    pub statement: Vec<PermitStatement>,
}

impl PermitPolicy {
    /// A policy of these statements.
    pub(crate) fn of(statement: Vec<PermitStatement>) -> PermitPolicy {
        PermitPolicy { version: "2012-10-17", statement }
    }
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PermitStatement {
    pub(crate) sid: String,
    pub(crate) effect: &'static str,
    pub(crate) action: BTreeSet<String>,
    pub(crate) resource: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) condition: BTreeMap<&'static str, BTreeMap<&'static str, &'static str>>,
}

/// A table of DynamoDB that a state is in.
#[derive(Debug, Clone, Copy)]
pub struct SharedTable<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its regions.
    pub regions: &'a [&'a str],
}

/// The policy for the steps of a plan that makes everything.
pub fn policy(
    steps: &[Step],
    registry: &Registry,
    purpose: PermitPurpose,
    account: Option<&str>,
    state: Option<SharedTable<'_>>,
) -> PermitPolicy {
    let names = PolicyNames { steps: steps.iter().map(|step| (&step.address, step)).collect(), registry, account };
    let mut services: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    // What a sweep asks, every policy allows.
    let mut everything: BTreeSet<String> =
        ["tag:GetResources", "ec2:DescribeRegions", "ec2:DescribeTags"].map(str::to_owned).into();
    if purpose != PermitPurpose::Plan {
        everything.extend(LOOKING_FOR_LEFTOVERS.iter().map(|action| (*action).to_owned()));
    }
    let mut passed: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for step in steps {
        let Some((kind, calls)) = registry.get(&step.kind).zip(calls_of(&step.kind)) else { continue };
        let wanted = |(call, ends): &(&str, bool)| match purpose {
            PermitPurpose::Plan => only_looks(call),
            PermitPurpose::Apply => true,
            PermitPurpose::Destroy => *ends,
        };
        let actions = calls.calls().filter(wanted).flat_map(|(call, _)| actions_of(calls.service, call));
        let (all, own): (Vec<String>, Vec<String>) = actions.partition(|action| is_about_everything(action));
        everything.extend(all);
        let resources = names.resources(kind, calls.on, step);
        if let Some(service) = own.first().and_then(|action| action.split(':').next()) {
            let (actions, about) = services.entry(service.to_owned()).or_default();
            actions.extend(own.iter().cloned());
            about.extend(resources);
        }
        if purpose != PermitPurpose::Apply {
            continue;
        }
        for field in kind.args {
            let (Some(given), Some(refers)) = (step.args.get(field.name), field.refers) else { continue };
            if given.known().is_some_and(dr_core::value::Value::is_null) {
                continue;
            }
            if let Some(service) = takes_roles(&step.kind).filter(|_| refers.to == "iam.role.arn") {
                passed.entry(service).or_default().insert(names.role(given));
            }
            for (action, about) in besides(&step.kind).iter().filter(|_| refers.kind().starts_with("kms.")) {
                let (actions, resources) = services.entry("kms".into()).or_default();
                actions.insert((*action).to_owned());
                resources.insert(names.filled(about, kind, step, DEEPEST));
            }
        }
    }
    let mut statement = vec![allowed("WithoutResources", everything, ["*".to_owned()].into())];
    for (service, (actions, mut resources)) in services {
        if resources.is_empty() {
            resources.insert(match &*service {
                "s3" => "arn:aws:s3:::*".to_owned(),
                _ => format!("arn:aws:{service}:*:{}:*", account.unwrap_or("*")),
            });
        }
        statement.push(allowed(&title(&service), actions, resources));
    }
    for (service, roles) in passed {
        let condition = BTreeMap::from([("StringEquals", BTreeMap::from([("iam:PassedToService", service)]))]);
        let sid = format!("PassTo{}", title(service.trim_end_matches(".amazonaws.com")));
        statement.push(PermitStatement { condition, ..allowed(&sid, ["iam:PassRole".into()].into(), roles) });
    }
    if let Some(table) = state {
        let arn = |region: &&str| format!("arn:aws:dynamodb:{region}:{}:table/{}", account.unwrap_or("*"), table.name);
        let actions = ["DescribeTable", "GetItem", "PutItem", "Query", "UpdateItem"];
        let actions = actions.iter().map(|action| format!("dynamodb:{action}")).collect();
        statement.push(allowed("SharedState", actions, table.regions.iter().map(arn).collect()));
    }
    PermitPolicy::of(statement)
}

fn allowed(sid: &str, action: BTreeSet<String>, resource: BTreeSet<String>) -> PermitStatement {
    PermitStatement { sid: sid.to_owned(), effect: "Allow", action, resource, condition: BTreeMap::new() }
}

/// Letters and digits alone, each word with a capital.
fn title(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_ascii_uppercase() + rest
        })
        .collect()
}

/// How far an attribute is looked for through others.
const DEEPEST: usize = 4;

/// What things will be called.
struct PolicyNames<'a> {
    steps: BTreeMap<&'a Address, &'a Step>,
    registry: &'a Registry,
    account: Option<&'a str>,
}

impl PolicyNames<'_> {
    /// The ARNs of what a step's calls are about: those that are given, or the resource's own.
    fn resources(&self, kind: &Kind, on: &[&str], step: &Step) -> Vec<String> {
        let own = || {
            let arn = kind.output("arn").map(|field| field.like).filter(|like| like.starts_with("arn:"));
            arn.or(Some(kind.id).filter(|id| id.starts_with("arn:")))
        };
        match on {
            [] => own().map(|like| self.filled(like, kind, step, DEEPEST)).into_iter().collect(),
            on => on.iter().map(|like| self.filled(like, kind, step, DEEPEST)).collect(),
        }
    }

    /// A template with what is known; `*` for the rest.
    fn filled(&self, template: &str, kind: &Kind, step: &Step, depth: usize) -> String {
        let mut text = String::new();
        for piece in pieces(template) {
            let part = match piece {
                Piece::Text(text) => text.to_owned(),
                Piece::Random(..) | Piece::Uuid => "*".to_owned(),
                Piece::Account => self.account.unwrap_or("*").to_owned(),
                Piece::Attribute("region") => step.region.as_deref().unwrap_or("*").to_owned(),
                Piece::Attribute(name) => self.attribute(name, kind, step, depth),
            };
            if !(part == "*" && text.ends_with('*')) {
                text.push_str(&part);
            }
        }
        match step.region.as_deref() {
            Some(region) if region.starts_with("cn-") => text.replace("arn:aws:", "arn:aws-cn:"),
            Some(region) if region.starts_with("us-gov-") => text.replace("arn:aws:", "arn:aws-us-gov:"),
            _ => text,
        }
    }

    fn attribute(&self, name: &str, kind: &Kind, step: &Step, depth: usize) -> String {
        let Some(depth) = depth.checked_sub(1) else { return "*".to_owned() };
        match (step.args.get(name), name, kind.output(name)) {
            (Some(given), ..) => self.said(given, depth),
            (None, "id", _) => self.filled(kind.id, kind, step, depth),
            (None, _, Some(field)) if !field.like.is_empty() => self.filled(field.like, kind, step, depth),
            _ => "*".to_owned(),
        }
    }

    fn said(&self, given: &Expr, depth: usize) -> String {
        let made = |given: &Expr| {
            let Expr::Attr(of) = given else { return None };
            let step = self.steps.get(&of.address)?;
            Some(self.attribute(&of.attr, self.registry.get(&step.kind)?, step, depth))
        };
        if let Expr::Concat(parts) = given {
            let text: String = parts.iter().map(|part| self.said(part, depth)).collect();
            return text.replace("**", "*");
        }
        let known = given.known().and_then(|value| value.as_str()).map(str::to_owned);
        known.or_else(|| made(given)).unwrap_or_else(|| "*".to_owned())
    }

    /// The ARN of a role that something is given.
    fn role(&self, given: &Expr) -> String {
        match self.said(given, DEEPEST) {
            arn if arn.starts_with("arn:") => arn,
            _ => format!("arn:aws:iam::{}:role/*", self.account.unwrap_or("*")),
        }
    }
}
