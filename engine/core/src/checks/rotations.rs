//! C40: what the rotation of a secret needs.

use std::collections::BTreeSet;

use super::check::Check;
use super::findings::{Finding, Findings};
use super::patterns::fits;
use super::planned::{AtPath, Planned, Resource};
use super::policies::rights_of;
use crate::expr::Expr;
use crate::function::Function;
use crate::value::Value;

pub(super) const CHECK: Check = Check {
    asks: "a rotated secret has a value, and a function that Secrets Manager may call, that may write it and reaches the database",
    why: "Secrets Manager calls the function when the rotation is made, and refuses one that it may not call. The function reads \
          the secret's value, makes another, and logs in to the database with what the value says.",
    mend: "Declare a `lambda.permission` for `secretsmanager.amazonaws.com`, and a `secretsmanager.secret_version` before it.",
    source: "https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html",
    ..Check::all("C40", "secret-rotation", &["secretsmanager.rotation"], look)
};

const FUNCTION: &str = "rotation_lambda_arn";
const SERVICE: &str = "secretsmanager.amazonaws.com";
/// What a function does with the secret that it renews.
const CALLS: &[&str] = &[
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
];
/// What the value of a database's secret has.
const ENTRIES: &[&str] = &["engine", "host", "username", "password"];

fn look(planned: &Planned<'_>, found: &mut Findings) {
    for rotation in planned.of("secretsmanager.rotation") {
        let secret = planned.target(rotation, "secret_id");
        let function = planned.target(rotation, FUNCTION).filter(|target| target.kind.name == "lambda.function");
        if let Some(function) = function {
            is_let_in(planned, rotation, function, secret, found);
            may_write(planned, rotation, function, found);
        }
        if let Some(secret) = secret.filter(|secret| secret.kind.name == "secretsmanager.secret") {
            has_value(planned, rotation, secret, function, found);
        }
    }
}

fn is_let_in(
    planned: &Planned<'_>,
    rotation: &Resource<'_>,
    function: &Resource<'_>,
    secret: Option<&Resource<'_>>,
    found: &mut Findings,
) {
    let is_fit = |p: &&Resource<'_>| {
        let reads = p.reads("source_arn");
        let is_of_secret =
            secret.is_none_or(|secret| reads.is_empty() || reads.iter().any(|read| read.address == *secret.address));
        p.text("principal").is_none_or(|who| who == SERVICE)
            && p.text("action").is_none_or(|action| fits(action, "lambda:InvokeFunction"))
            && is_of_secret
    };
    match planned.users(function, "lambda.permission", "function_name").find(is_fit) {
        None => {
            let message =
                format!("Secrets Manager may not call `{}`, which `{}` names", function.address, rotation.address);
            let help = format!(
                "declare `lambda::permission(\"..\", #{{ function_name: .., principal: \"{SERVICE}\", source_arn: secret.arn }})`"
            );
            let finding = Finding::new(FUNCTION, message).label("may not be called").also(function, "", "the function");
            found.add(rotation, finding.help(help));
        }
        Some(permission) if !planned.depends(rotation, permission) => {
            let message = format!("`{}` may come before Secrets Manager is let in", rotation.address);
            let finding =
                Finding::new(FUNCTION, message).label("refused until then").also(permission, "", "lets it in");
            found.add(rotation, finding.help("name the permission in `depends_on` of the rotation"));
        }
        Some(_) => {}
    }
}

fn may_write(planned: &Planned<'_>, rotation: &Resource<'_>, function: &Resource<'_>, found: &mut Findings) {
    let Some(role) = planned.target(function, "role") else { return };
    let lacking = rights_of(planned, role).lack(CALLS);
    if !lacking.is_empty() {
        let list = lacking.iter().map(|action| format!("`{action}`")).collect::<Vec<_>>().join(", ");
        let message = format!("`{}` renews a secret, and its role does not allow {list}", function.address);
        let finding = Finding::new(FUNCTION, message).label("cannot renew it").also(role, "", "the role");
        found.add(rotation, finding.help("allow it in an `iam.role_policy`, for the secret's ARN").warning());
    }
}

fn has_value(
    planned: &Planned<'_>,
    rotation: &Resource<'_>,
    secret: &Resource<'_>,
    function: Option<&Resource<'_>>,
    found: &mut Findings,
) {
    let Some(version) = planned.users(secret, "secretsmanager.secret_version", "secret_id").next() else {
        let message = format!("`{}` renews `{}`, which has no value", rotation.address, secret.address);
        let finding = Finding::new("secret_id", message).label("nothing to renew").also(secret, "", "the secret");
        found.add(
            rotation,
            finding.help("declare a `secretsmanager.secret_version`, and let the rotation depend on it"),
        );
        return;
    };
    if !planned.depends(rotation, version) {
        let message = format!("`{}` may come before `{}` has a value", rotation.address, secret.address);
        let finding = Finding::new("secret_id", message).label("maybe nothing to renew").also(version, "", "the value");
        found.add(rotation, finding.help("name the version in `depends_on` of the rotation").warning());
    }
    let path = "secret_string";
    let database = version.reads(path).into_iter().any(|read| read.address.kind().starts_with("rds."));
    if let Some(keys) = entries(version, path) {
        let is_database = database || keys.contains("engine") || keys.contains("dbname");
        let lacking: Vec<_> = ENTRIES.iter().filter(|key| is_database && !keys.contains(**key)).collect();
        if !lacking.is_empty() {
            let list = lacking.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            let message = format!("the value of `{}` is to be renewed, and has no {list}", secret.address);
            let finding = Finding::new(path, message).label("of a database").also(rotation, "", "renewed by this");
            found.add(
                version,
                finding.help("add it: a function that renews a database's password logs in with it").taken(),
            );
        }
    }
    let outside = function.filter(|function| database && function.is_absent("vpc_config"));
    if let Some(function) = outside {
        let message = format!("`{}` renews the password of a database, and is not in its network", function.address);
        let finding =
            Finding::new(FUNCTION, message).label("does not reach the database").also(function, "", "the function");
        found.add(
            rotation,
            finding.help("give the function a `vpc_config` with subnets of the database's network").taken(),
        );
    }
}

/// The keys of a JSON text, where they are known.
fn entries(version: &Resource<'_>, path: &str) -> Option<BTreeSet<String>> {
    let of_map = |value: &Value| Some(value.as_map()?.keys().map(|key| key.to_string()).collect());
    match version.at(path) {
        AtPath::Known(value) => of_map(&Value::from_json(value.as_str()?).ok()?),
        AtPath::Open(Expr::Call(Function::ToJson, args)) => match args.first()? {
            Expr::Map(map) => Some(map.keys().map(|key| key.to_string()).collect()),
            Expr::Known(value) => of_map(value.reveal()),
            _ => None,
        },
        _ => None,
    }
}
