//! Existing resources that look-ups find: what is said when what was found is no answer.
//!
//! A look-up that finds one resource is refused where there are several: the script must say which one is meant.

use crate::schema::Kind;
use crate::value::{Map, Value};

/// What of a kind was asked for, and what was found instead of the one, or of any, that was wanted.
pub fn not_found(finds: &str, asked: &Map<Value>, many: bool, found: &[String]) -> String {
    let asked: Vec<String> = asked.iter().filter(|(_, value)| !value.is_null()).flat_map(said).collect();
    let with = if asked.is_empty() { String::new() } else { format!(" with {}", asked.join(", ")) };
    let wanted = if many { "any" } else { "one" };
    let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
    format!("{wanted} `{finds}`{with} was looked for, found: {found}")
}

/// Whether a look-up finds any number of resources, and not exactly one.
pub fn finds_many(kind: &Kind) -> bool {
    kind.output("ids").is_some()
}

fn said((name, value): (&crate::value::Str, &Value)) -> Vec<String> {
    match value.reveal() {
        Value::Map(tags) => tags.iter().map(|(key, tag)| format!("the tag {key}={}", plain(tag))).collect(),
        other => vec![format!("{name} `{}`", plain(other))],
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_json(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_and_what_was_found_are_named() {
        let tags = Value::Map(Map::from([("Name".into(), Value::str("shared"))]));
        let asked = Map::from([("tags".into(), tags), ("vpc_id".into(), Value::Null)]);
        assert_eq!(
            not_found("ec2.vpc", &asked, false, &["vpc-1".into(), "vpc-2".into()]),
            "one `ec2.vpc` with the tag Name=shared was looked for, found: vpc-1, vpc-2"
        );
        let asked = Map::from([("vpc_id".into(), Value::str("vpc-1"))]);
        assert_eq!(
            not_found("ec2.subnet", &asked, true, &[]),
            "any `ec2.subnet` with vpc_id `vpc-1` was looked for, found: none"
        );
        assert_eq!(not_found("ec2.vpc", &Map::new(), false, &[]), "one `ec2.vpc` was looked for, found: none");
    }
}
