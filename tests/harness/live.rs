//! Runs the tests of a deployed environment (`tests/live`) against one in the emulators. They read the file that `dr output
//! --format flat` writes, as a team's own tests would.

use std::process::Command;

use dr_tests_support::{ACCOUNT, Endpoints, repository};

use crate::environment::Environment;

/// Runs the tests of the environment's program.
///
/// # Panics
/// When one of them fails, or none runs.
pub(crate) fn check(environment: &Environment, endpoints: &Endpoints) {
    let said = environment.project.run(&["output", "--env", environment.suffix, "--format", "flat"]);
    assert_eq!(said.status, Some(0), "{}", said.err);
    let folder = tempfile::tempdir().unwrap();
    let outputs = folder.path().join("outputs.json");
    std::fs::write(&outputs, &said.out).unwrap();
    let said = Command::new(std::env::var_os("DR_TEST_MOTO_PYTHON").unwrap())
        .args(["-B", "-m", "unittest", "-v", &format!("test_{}", environment.program)])
        .current_dir(repository().join("tests/live"))
        .env("DR_OUTPUTS", &outputs)
        .env("AWS_ENDPOINT_URL", &endpoints.aws)
        .env("AWS_ENDPOINT_URL_CLOUDWATCH", &endpoints.cloudwatch)
        .env("AWS_ACCESS_KEY_ID", ACCOUNT)
        .env("AWS_SECRET_ACCESS_KEY", "none")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env_remove("AWS_PROFILE")
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.status.success() && words.contains("... ok"), "{}: {words}", environment.program);
}
