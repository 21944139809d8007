//! Templates: the notation of `Field::like` and `Kind::id`.
//!
//! Text with holes. `{hex:n}`, `{digits:n}`, `{alnum:n}` (lower case) and `{uuid}` are pseudo-random; `{account}` is
//! the account; every other hole names an attribute of the same resource. A template is read again whenever it is
//! used, which costs less than keeping it; [`Facts problems`](check) are found once, when a sandbox is opened.

use dr_core::registry::Registry;
use dr_core::schema::{BUILT_IN, Field, Kind, Presence, closest};
use dr_core::template::{HEX, LONGEST, Piece, pieces};
use dr_core::walk::each_field;
use sha2::{Digest as _, Sha256};

/// Pseudo-random characters, the same for the same seed.
pub(crate) fn random(alphabet: &[u8], count: usize, seed: &[&str]) -> String {
    let mut text = String::with_capacity(count);
    let mut block = 0u32;
    while text.len() < count {
        let mut hash = Sha256::new();
        for part in seed {
            hash.update(part);
            hash.update([0]);
        }
        hash.update(block.to_le_bytes());
        for byte in hash.finalize() {
            if text.len() < count {
                text.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
            }
        }
        block += 1;
    }
    text
}

/// A pseudo-random UUID of version 4, the same for the same seed.
pub(crate) fn uuid(seed: &[&str]) -> String {
    let h = random(HEX, 32, seed);
    let variant = match h.as_bytes()[16] % 4 {
        0 => '8',
        1 => '9',
        2 => 'a',
        _ => 'b',
    };
    format!("{}-{}-4{}-{variant}{}-{}", &h[..8], &h[8..12], &h[13..16], &h[17..20], &h[20..])
}

/// What is wrong with the templates of all kinds: holes that cannot be read, name nothing, or lead back to themselves.
pub(crate) fn check(registry: &Registry) -> Vec<String> {
    let mut problems = Vec::new();
    for kind in registry.iter() {
        let mut names: Vec<&'static str> = vec!["id"];
        names.extend(kind.outputs.iter().map(|f| f.name).filter(|name| *name != "id"));
        names.extend(kind.args.iter().map(|f| f.name));
        for name in names {
            for template in templates(kind, name) {
                check_one(kind, name, template, &mut problems);
            }
            if leads_to(kind, name, name, &mut Vec::new()) {
                problems.push(format!("{}.{name}: its shape leads back to itself", kind.name));
            }
        }
    }
    problems
}

fn check_one(kind: &Kind, name: &str, template: &str, problems: &mut Vec<String>) {
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) if text.contains(['{', '}']) => problems.push(format!(
                "{}.{name}: `{template}` has a hole that cannot be read; holes are {{hex:n}}, {{digits:n}}, \
                 {{alnum:n}} (n up to {LONGEST}), {{uuid}}, {{account}} and names of attributes",
                kind.name
            )),
            Piece::Attribute(hole) if kind.attribute(hole).is_none() => {
                let near = closest(hole, kind.attributes()).map(|n| format!("; did you mean `{{{n}}}`?"));
                problems.push(format!(
                    "{}.{name}: `{template}` names `{hole}`, which the kind does not have{}",
                    kind.name,
                    near.unwrap_or_default()
                ));
            }
            _ => {}
        }
    }
}

/// The templates that make an attribute; none for arguments that are given, and for built-in ones other than the id.
fn templates(kind: &Kind, name: &str) -> Vec<&'static str> {
    if name == "id" {
        return vec![kind.id];
    }
    if let Some(arg) = kind.arg(name) {
        return if arg.presence == Presence::Computed { likes(arg) } else { Vec::new() };
    }
    match kind.output(name) {
        Some(output) if !BUILT_IN.contains(&name) => likes(output),
        _ => Vec::new(),
    }
}

/// The shape of a field and those of the fields inside it.
fn likes(field: &Field) -> Vec<&'static str> {
    let mut likes = Vec::new();
    each_field(std::slice::from_ref(field), &mut |_, field| {
        likes.extend((!field.like.is_empty()).then_some(field.like));
    });
    likes
}

/// Whether making `name` needs `goal`.
fn leads_to(kind: &Kind, name: &str, goal: &str, seen: &mut Vec<String>) -> bool {
    templates(kind, name).into_iter().flat_map(pieces).any(|piece| match piece {
        Piece::Attribute(hole) if hole == goal => true,
        Piece::Attribute(hole) if !seen.iter().any(|s| s == hole) => {
            seen.push(hole.to_owned());
            leads_to(kind, hole, goal, seen)
        }
        _ => false,
    })
}
