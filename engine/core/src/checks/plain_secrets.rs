//! C24: secrets that a program says.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{AtPath, Planned, Resource};
use crate::expr::Expr;
use crate::function::Function;
use crate::value::Value;

pub(super) const CHECK: Check = Check {
    asks: "no program says a password, secret or token, and no function's environment holds one",
    why: "A secret in a program is in its history for good, and is the same in every environment. Whoever may look at a function \
          sees its environment.",
    mend: "Take it from a `random.password`, keep it in a `secretsmanager.secret`, and give the function that one's ARN.",
    source: "https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html",
    ..Check::each(
        "C24",
        "plain-secret",
        &[
            "rds.cluster.master_password",
            "secretsmanager.secret_version.secret_string",
            "ssm.parameter.value",
            "lambda.function.environment",
            "apigateway.stage.variables",
            "apigatewayv2.stage.stage_variables",
        ],
        look,
    )
};

/// Ends of names of what must not be said.
const SECRET: &[&str] =
    &["password", "passwd", "token", "apikey", "api_key", "private_key", "secret_key", "client_secret", "access_key"];

/// Whether what a program gives for a secret says it: all of it is known and has no mark, or it is JSON of which a part
/// that is called a password or token is.
pub fn says_secret(given: &Expr) -> bool {
    let is_plain = |value: &Value| !value.has_secret() && value.as_str().is_some_and(|text| !text.is_empty());
    match given {
        Expr::Known(value) => is_plain(value),
        Expr::Call(Function::ToJson, args) => match args.first() {
            Some(Expr::Map(map)) => {
                map.iter().any(|(key, value)| is_secret(key) && value.known().is_some_and(is_plain))
            }
            _ => false,
        },
        _ => false,
    }
}

fn look(resource: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    match resource.kind.name {
        "lambda.function" => seen(resource, planned, "environment", found),
        "apigateway.stage" => seen(resource, planned, "variables", found),
        "apigatewayv2.stage" => seen(resource, planned, "stage_variables", found),
        // A parameter that is not encrypted holds no secret.
        "ssm.parameter" if resource.text("type") != Some("SecureString") => {}
        _ => said(resource, found),
    }
}

fn said(resource: &Resource<'_>, found: &mut Findings) {
    for plain in resource.plain() {
        let finding = match plain.literal {
            true => {
                let message =
                    format!("the program says `{}` of `{}`, which is a secret", plain.argument, resource.address);
                Finding::new(&plain.argument, message).label("in the program, not shown")
            }
            false => {
                let message = format!(
                    "`{}` of `{}` is a secret, and comes from where it is none",
                    plain.argument, resource.address
                );
                Finding::new(&plain.argument, message).label("not shown").warning()
            }
        };
        let help = "take the `result` of a `random.password`, or a parameter that is declared with `sensitive: true`";
        found.add(resource, finding.help(help));
    }
}

/// Whether the program itself says what stands at a path: it is read from nothing.
fn is_said(resource: &Resource<'_>, path: &str) -> bool {
    resource.reads(path).is_empty() && resource.text(path).is_some_and(|text| !text.is_empty())
}

/// Variables, which everybody sees who may look at what has them.
fn seen(resource: &Resource<'_>, planned: &Planned<'_>, all: &str, found: &mut Findings) {
    for key in resource.keys(all) {
        let path = format!("{all}.{key}");
        let reads = resource.reads(&path);
        let of_secret = reads.iter().find(|read| {
            let kind = planned.get(&read.address).map(|of| of.kind);
            kind.is_some_and(|kind| {
                kind.output(&read.attr).or_else(|| kind.arg(&read.attr)).is_some_and(|field| field.sensitive)
            })
        });
        let is_marked = matches!(resource.at(&path), AtPath::Known(value) if value.has_secret());
        if of_secret.is_some() || is_marked {
            let whose = of_secret.map(|read| format!(" of `{}`", read.address)).unwrap_or_default();
            let message = format!("`{key}` of `{}` holds a secret{whose}", resource.address);
            let finding = Finding::new(&path, message).label("a secret");
            found.add(resource, finding.help("put it into a `secretsmanager.secret`, and give that one's ARN"));
        } else if is_secret(key) && is_said(resource, &path) && resource.text(&path).is_some_and(is_itself) {
            let message = format!("the program says `{key}` of `{}`", resource.address);
            let finding = Finding::new(&path, message).label("looks like a secret");
            found.add(resource, finding.help("put it into a `secretsmanager.secret`, and give that one's ARN"));
        }
    }
}

fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase().replace('-', "_");
    SECRET.iter().any(|end| key.ends_with(end))
}

/// Whether a text may be a secret, and not where one is: an ARN, a path or an address.
fn is_itself(text: &str) -> bool {
    !text.starts_with("arn:") && !text.starts_with('/') && !text.contains("://") && !text.starts_with("{{resolve:")
}
