//! The reference of kinds, from their schemas.

use dr_core::schema::{Condition, Field, Kind, Place, Presence, Scope, Type};

use super::{QUIET, STRONG, duration, pad, paint};

/// Kinds with their first sentence, grouped by service.
pub(crate) fn list(kinds: &[&Kind], width: usize) -> String {
    let column = kinds.iter().map(|k| k.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    let mut service = "";
    for kind in kinds {
        if !service.is_empty() && kind.service() != service {
            out.push('\n');
        }
        service = kind.service();
        let sentence = super::shorten(first_sentence(kind.doc), width.saturating_sub(column + 2).max(20)).into_owned();
        out.push_str(&format!("{}  {sentence}\n", paint(STRONG, pad(kind.name, column))));
    }
    out
}

/// Everything there is to know of one kind.
pub(crate) fn kind(kind: &Kind, width: usize) -> String {
    let mut out = format!("{}\n", paint(STRONG, kind.name));
    out.push_str(&wrapped(kind.doc, 2, width));
    out.push_str(&format!("\n  {}\n", facts(kind)));
    for line in traces(kind) {
        out.push_str(&wrapped(&line, 2, width));
    }
    if let Some(contents) = kind.contents {
        out.push_str(&wrapped(&contents.describe(), 2, width));
    }
    out.push_str(&format!("\n{}\n", paint(STRONG, "Arguments")));
    fields(kind.args, 2, width, true, &mut out);
    if !kind.outputs.is_empty() {
        out.push_str(&format!("\n{}\n", paint(STRONG, "Attributes")));
        fields(kind.outputs, 2, width, false, &mut out);
    }
    out
}

/// What is there of a resource for a while after its deletion.
pub(crate) fn traces(kind: &Kind) -> Vec<String> {
    let leaves = kind.leaves.map(|leaves| {
        let by = match kind.arg(leaves.by).map(|field| field.ty) {
            Some(Type::Bool) => format!(", where `{}` is true", leaves.by),
            Some(_) => format!(", or for as many days as `{}` says", leaves.by),
            None => String::new(),
        };
        format!("A delete leaves behind: {} for {}{by}.", leaves.counted(1), duration::whole(leaves.lasts))
    });
    let holds = kind.holds.map(|holds| {
        let by: Vec<String> = holds.by.iter().map(|name| format!("`{name}`")).collect();
        let (typical, worst) = (duration::whole(holds.typical), duration::whole(holds.worst));
        format!("Once deleted, it still holds what {} refers to: {typical}, at worst {worst}.", by.join(" or "))
    });
    leaves.into_iter().chain(holds).collect()
}

/// Where a kind lives, how long it takes, and what of it must be the only one.
pub(super) fn facts(kind: &Kind) -> String {
    let place = match kind.place {
        Place::Regional => "in a region",
        Place::Global => "global in the account",
        Place::Local => "kept in the state, in no cloud",
    };
    let mut facts = vec![place.to_owned()];
    if kind.lookup {
        facts.push("only looks up; makes nothing".into());
    } else {
        let [create, delete] = [kind.create, kind.delete].map(duration::about);
        facts.push(format!("created in about {create}, deleted in about {delete}").replace("about under", "under"));
    }
    if let Some((args, scope)) = kind.unique {
        let scope = match scope {
            Scope::World => "in the world",
            Scope::Account => "in the account",
            Scope::Region => "in the account and region",
        };
        facts.push(format!("{} unique {scope}", args.join(" + ")));
    }
    facts.join(" · ")
}

fn fields(all: &[Field], indent: usize, width: usize, given: bool, out: &mut String) {
    let space = " ".repeat(indent);
    for field in all {
        let about = about(field, given);
        out.push_str(&format!("{space}{}  {}\n", paint(STRONG, field.name), paint(QUIET, about.join(" · "))));
        out.push_str(&wrapped(field.doc, indent + 4, width));
        if let Some(inner) = field.ty.block() {
            fields(inner, indent + 4, width, given, out);
        }
    }
}

/// Type, presence, conditions and marks of a field, in a few words each. `given` for arguments.
pub(super) fn about(field: &Field, given: bool) -> Vec<String> {
    let mut about = vec![field.ty.describe()];
    if given {
        about.push(match field.presence {
            Presence::Required => "required".into(),
            Presence::Optional => "optional".into(),
            Presence::Default(lit) => format!("default {}", lit.value()),
            Presence::Computed => "optional, else chosen by the service".into(),
        });
    }
    about.extend(field.checks.iter().map(condition));
    let marks = [
        (field.replace, "a change replaces"),
        (field.sensitive, "sensitive"),
        (field.write_only, "never read back"),
        (field.unordered, "in any order"),
    ];
    about.extend(marks.iter().filter(|(on, _)| *on).map(|(_, text)| (*text).to_owned()));
    about.extend(field.refers.map(|r| format!("a {}", r.to)));
    about.extend(field.rules.iter().map(|rule| format!("{}: {}, since {}", rule.id, rule.asks(), rule.why)));
    about
}

fn condition(check: &Condition) -> String {
    match check {
        Condition::Range(low, high) => format!("{low} to {high}"),
        Condition::OneOf(all) => all.iter().map(|s| format!("\"{s}\"")).collect::<Vec<_>>().join(" | "),
        Condition::OneOfInt(all) => all.iter().map(i64::to_string).collect::<Vec<_>>().join(" | "),
        Condition::Length(low, high) => format!("length {low} to {high}"),
        Condition::Pattern(pattern) => format!("matches {pattern}"),
        Condition::Grammar(grammar) => grammar.describe(),
        Condition::Outside(domains) => format!("not in {}", domains.join(", ")),
        Condition::Region => "AWS region".into(),
    }
}

fn first_sentence(doc: &str) -> &str {
    let paragraph = doc.split("\n\n").next().unwrap_or(doc).trim();
    paragraph.split_once(". ").map_or(paragraph, |(first, _)| first).trim_end_matches('.')
}

/// Paragraphs broken into lines of the width, indented.
pub(super) fn wrapped(text: &str, indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent).max(20);
    let space = " ".repeat(indent);
    let mut out = String::new();
    for paragraph in text.trim().split("\n\n") {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
                out.push_str(&format!("{space}{line}\n"));
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        if !line.is_empty() {
            out.push_str(&format!("{space}{line}\n"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_says_all_of_its_names_and_stays_within_the_width() {
        for k in dr_kinds::registry().iter() {
            let text = anstream::adapter::strip_str(&kind(k, 80)).to_string();
            for name in k.attributes().filter(|n| !dr_core::schema::BUILT_IN.contains(n)) {
                assert!(text.contains(&format!("  {name}  ")), "{}: {name} is missing", k.name);
            }
            for line in wrapped(k.doc, 2, 80).lines() {
                assert!(line.chars().count() <= 80, "{line}");
            }
        }
    }

    #[test]
    fn a_kind_reads_well() {
        let registry = dr_kinds::registry();
        let text = kind(registry.get("sqs.queue").unwrap(), 100);
        let text = anstream::adapter::strip_str(&text).to_string();
        for part in [
            "created in about 2s",
            "name unique in the account and region",
            "visibility_timeout_seconds  int · default 30 · 0 to 43200",
            "      dead_letter_target_arn  string · required · the ARN of an SQS queue · a sqs.queue.arn",
            "Attributes",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}
