//! `secretsmanager.rotation`: facts.

use dr_macros::{Block, Kind};

/// That a secret is renewed at regular intervals, by a function.
///
/// The function has a `lambda.permission` for `secretsmanager.amazonaws.com`, and reaches both the secret and what it
/// opens. The secret has a value before it rotates: let the rotation depend on its `secretsmanager.secret_version`.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "secretsmanager.rotation",
    outputs = RotationOut,
    id = "{secret_id}",
    unique = "region: secret_id",
    create = "2s",
    update = "2s",
    delete = "1s"
)]
pub struct Rotation {
    /// ARN of the secret.
    #[arg(replace, refers("secretsmanager.secret.arn"), grammar(NameOrArn(&arns::SECRET, names::SECRET)))]
    pub secret_id: String,
    /// ARN of the function that renews it.
    #[arg(guards, length = 1..=2_048, refers("lambda.function.arn", loose), grammar(Arn(&arns::FUNCTION)))]
    pub rotation_lambda_arn: String,
    /// When.
    #[arg(guards)]
    pub rotation_rules: RotationRules,
    /// Whether the secret is renewed at once when this is made or changed, or waits for its next window.
    #[arg(write_only, default = true)]
    pub rotate_immediately: bool,
}

/// When a secret is renewed: `automatically_after_days` or `schedule_expression`.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct RotationRules {
    /// Days between two renewals.
    #[arg(range = 1..=1_000)]
    pub automatically_after_days: Option<i64>,
    /// Schedule in UTC: `rate(10 days)` or `cron(0 16 1,15 * ? *)`.
    #[arg(length = 1..=256, grammar(Schedule(units::ROTATION)))]
    pub schedule_expression: Option<String>,
    /// Length of the window in which it is renewed, in hours: `3h`.
    #[arg(length = 2..=3, pattern = "[0-9]+h")]
    pub duration: Option<String>,
}

/// Computed attributes of a rotation.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct RotationOut {
    /// ARN of the secret.
    #[out(like = "{secret_id}")]
    pub arn: String,
}
