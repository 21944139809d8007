//! `ssm.parameter`: facts.

use dr_core::convert::{SecretText, Tags};
use dr_macros::{Block, Kind};

/// A parameter: text, a list of texts, or a secret.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "ssm.parameter",
    outputs = SsmParameterOut,
    id = "{name}",
    unique = "region: name",
    data("its value and its history", "nothing"),
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct SsmParameter {
    /// Parameter name: a path of up to 15 levels, which starts with `/`. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 1_011, chars = "A-Za-z0-9_./-", prefix = "/"))]
    pub name: String,
    /// Text, a list of texts (apart by commas), or a secret, which is encrypted.
    #[arg(replace, default = "String", one_of("String", "StringList", "SecureString"))]
    pub r#type: String,
    /// The value. It is never shown, whatever the type.
    #[arg(sensitive, length = 1..=8_192)]
    pub value: SecretText,
    /// What the parameter is for.
    #[arg(default = "", length = 0..=1_024)]
    pub description: String,
    /// `Advanced` for more than 4 KiB, at a price. An advanced parameter cannot be made a standard one again.
    #[arg(default = "Standard", one_way("Standard", "Advanced"), one_of("Standard", "Advanced", "Intelligent-Tiering"))]
    pub tier: String,
    /// Key that encrypts a secret: id, ARN or alias. Systems Manager takes the account's key.
    #[arg(guards, computed, refers("kms.key.arn"), grammar(Key))]
    pub key_id: Option<String>,
    /// Regular expression that values must match.
    #[arg(length = 1..=1_024)]
    pub allowed_pattern: Option<String>,
    /// What a text is checked for.
    #[arg(default = "text", one_of("text", "aws:ec2:image", "aws:ssm:integration"))]
    pub data_type: String,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a parameter.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct SsmParameterOut {
    /// ARN.
    #[out(like = "arn:aws:ssm:{region}:{account}:parameter{name}")]
    pub arn: String,
    /// How often the parameter was written.
    #[out(volatile, like = "1")]
    pub version: i64,
}
