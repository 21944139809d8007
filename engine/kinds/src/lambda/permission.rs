//! `lambda.permission`: facts.

use dr_macros::Kind;

/// That somebody may invoke a function: one statement of its policy. It ends with the function.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "lambda.permission",
    id = "{function_name}/{statement_id}",
    unique = "region: function_name, statement_id",
    deleted_with = "function_name",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct Permission {
    /// Name of the function.
    #[arg(replace, refers("lambda.function.function_name"), length = 1..=140, pattern = "[A-Za-z0-9_-]+")]
    pub function_name: String,
    /// Id of the statement, the only one in the policy. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 100, chars = "A-Za-z0-9_-"))]
    pub statement_id: String,
    /// What may be done.
    #[arg(guards, replace, default = "lambda:InvokeFunction", length = 1..=256, pattern = "lambda:(\\*|[A-Za-z]+)")]
    pub action: String,
    /// Who may: a service such as `events.amazonaws.com`, an account's number, or an ARN.
    #[arg(guards, replace, length = 1..=256)]
    pub principal: String,
    /// What the service must act for: the ARN of the topic, rule, API or target group. `*` and `?` stand for anything.
    #[arg(guards, replace, refers("*", loose), length = 12..=1_024, grammar(Arn(&arns::PATTERN)))]
    pub source_arn: Option<String>,
    /// Number of the account that what the service acts for belongs to. Needed where the ARN does not tell: S3.
    #[arg(guards, replace, pattern = "\\d{12}")]
    pub source_account: Option<String>,
    /// Version or alias that may be invoked; the function without either when left out.
    #[arg(replace, length = 1..=128)]
    pub qualifier: Option<String>,
    /// Id of the organisation that the principal must belong to.
    #[arg(guards, replace, pattern = "o-[a-z0-9]{10,32}")]
    pub principal_org_id: Option<String>,
    /// Whether the function's URL asks for a signature.
    #[arg(guards, replace, one_of("NONE", "AWS_IAM"))]
    pub function_url_auth_type: Option<String>,
    /// Token that an Alexa skill must bring.
    #[arg(replace, length = 1..=256, pattern = "[A-Za-z0-9._-]+")]
    pub event_source_token: Option<String>,
}
