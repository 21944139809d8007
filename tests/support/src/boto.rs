//! Asking the emulators through `boto3`: the checkers in `tests/checkers/` are a second opinion in another language.
//!
//! A checker reads one JSON object on standard input and writes one on standard output. What it finds is in its answer;
//! a failing exit status means that it could not look.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::emulator::moto_python;
use crate::{ACCOUNT, Error, repository};

/// Where the services are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Everything but CloudWatch.
    pub aws: String,
    /// CloudWatch.
    pub cloudwatch: String,
}

/// Runs `tests/checkers/{script}` with `arguments` (a JSON object), to which the endpoints are added as `endpoints`.
///
/// # Errors
/// When there is no interpreter, or the checker fails or answers something that is not JSON.
pub fn boto(endpoints: &Endpoints, script: &str, arguments: &Value) -> Result<Value, Error> {
    let failed = |what: String| Error::Checker { script: script.to_owned(), what };
    let mut input = arguments.clone();
    match &mut input {
        Value::Object(fields) => {
            let both = json!({ "aws": endpoints.aws, "cloudwatch": endpoints.cloudwatch });
            fields.insert("endpoints".to_owned(), both);
        }
        other => return Err(failed(format!("its arguments must be an object, not {other}"))),
    }
    let python = moto_python()?;
    let mut child = Command::new(&python)
        .arg("-B")
        .arg(repository().join("tests/checkers").join(script))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ACCESS_KEY_ID", ACCOUNT)
        .env("AWS_SECRET_ACCESS_KEY", "none")
        .env_remove("AWS_PROFILE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Error::io(format!("start {}", python.display())))?;
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(input.to_string().as_bytes()).map_err(|error| failed(error.to_string()))?;
    }
    let output = child.wait_with_output().map_err(Error::io(format!("wait for {script}")))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| failed(format!("{error} in {}", String::from_utf8_lossy(&output.stdout))))
}
