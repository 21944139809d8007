//! C01: what an environment of a function may hold.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

/// Environment variables that Lambda sets. It refuses a function that sets one of them.
const RESERVED: &[&str] = &[
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
];

/// Bytes that keys and values may have together.
const MOST: usize = 4_096;

pub(super) const CHECK: Check = Check {
    asks: "a function is not given an environment that Lambda refuses",
    why: "Lambda sets some variables itself and refuses a function that is given one of them, a key that is not a letter \
          followed by letters, digits and underscores, and more than 4 KB of keys and values.",
    mend: "Give the variable another name; put what is large into a parameter or a secret and pass its ARN.",
    source: "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html",
    ..Check::each("C01", "lambda-environment", &["lambda.function.environment"], look)
};

fn look(function: &Resource<'_>, _: &Planned<'_>, found: &mut Findings) {
    let mut size = 0;
    for key in function.keys("environment") {
        let path = format!("environment.{key}");
        if RESERVED.contains(&key) {
            let message = format!("`{key}` of `{}` is set by Lambda itself", function.address);
            found.add(function, Finding::new(&path, message).on_key().label("reserved").help("give it another name"));
        } else if !is_key(key) {
            let message = format!("`{key}` of `{}` is no name of a variable for Lambda", function.address);
            let help = "begin with a letter, and go on with at least one letter, digit or underscore";
            found.add(function, Finding::new(&path, message).on_key().help(help));
        }
        size += key.len() + function.text(&path).map_or(0, str::len);
    }
    if size > MOST {
        let message = format!("the environment of `{}` has {size} bytes; Lambda takes {MOST}", function.address);
        found.add(function, Finding::new("environment", message).help("pass the ARN of a parameter or secret instead"));
    }
}

fn is_key(key: &str) -> bool {
    let mut all = key.chars();
    all.next().is_some_and(|c| c.is_ascii_alphabetic())
        && key.len() >= 2
        && all.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
