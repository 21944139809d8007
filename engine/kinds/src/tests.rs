//! Walks over the whole registry: what every kind must have.

use std::collections::BTreeSet;

use dr_core::schema::{Field, Kind, Type};

use super::{SERVICES, registry};

fn fields(kind: &'static Kind) -> Vec<(String, &'static Field)> {
    fn walk(prefix: &str, fields: &'static [Field], found: &mut Vec<(String, &'static Field)>) {
        for field in fields {
            let path = format!("{prefix}.{}", field.name);
            let mut ty = field.ty;
            while let Type::List(inner) | Type::Map(inner) = ty {
                ty = *inner;
            }
            if let Type::Object(inner) = ty {
                walk(&path, inner, found);
            }
            found.push((path, field));
        }
    }
    let mut found = Vec::new();
    walk(kind.name, kind.args, &mut found);
    walk(kind.name, kind.outputs, &mut found);
    found
}

#[test]
fn no_name_is_taken_twice() {
    let all: Vec<&str> = SERVICES.iter().flat_map(|s| s.iter().map(|k| k.name)).collect();
    assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len());
    for kind in registry().iter() {
        let names: Vec<&str> = kind.attributes().collect();
        let distinct: BTreeSet<&str> = names.iter().copied().collect();
        // `id` and `region` may be attributes of their own; anything else is there once.
        assert!(names.len() - distinct.len() <= 2, "{}: {names:?}", kind.name);
    }
}

#[test]
fn references_lead_to_attributes_that_exist() {
    for kind in registry().iter() {
        for (path, field) in fields(kind) {
            let Some(reference) = field.refers else { continue };
            // Kinds of services that are still to come may be named in advance; their attributes cannot be checked.
            if let Some(target) = registry().get(reference.kind()) {
                assert!(target.attribute(reference.attr()).is_some(), "{path} refers to {}", reference.to);
            }
        }
        if let Some(field) = kind.deleted_with {
            assert!(kind.arg(field).is_some_and(|f| f.refers.is_some()), "{} is deleted with {field}", kind.name);
        }
    }
}

#[test]
fn every_word_is_documented_in_whole_sentences() {
    for kind in registry().iter() {
        assert!(kind.doc.ends_with('.'), "{}", kind.name);
        for (path, field) in fields(kind) {
            assert!(field.doc.ends_with('.'), "{path}: {:?}", field.doc);
        }
    }
}

#[test]
fn patterns_and_character_sets_are_valid() {
    use dr_core::schema::Check;
    for kind in registry().iter() {
        for (path, field) in fields(kind) {
            for check in field.checks {
                if let Check::Pattern(pattern) = check {
                    assert!(regex_lite::Regex::new(pattern).is_ok(), "{path}: {pattern}");
                }
            }
            if let Some(rule) = field.name_rule {
                assert!(regex_lite::Regex::new(&format!("[{}]", rule.chars)).is_ok(), "{path}: {}", rule.chars);
            }
        }
    }
}

#[test]
fn shapes_of_attributes_use_what_exists() {
    let holes = regex_lite::Regex::new(r"\{([a-z_0-9]+)(:\d+)?\}").unwrap();
    for kind in registry().iter() {
        let shapes = kind.outputs.iter().map(|o| (o.name, o.like)).chain([("id", kind.id)]);
        for (name, like) in shapes {
            for hole in holes.captures_iter(like) {
                let word = hole.get(1).unwrap().as_str();
                let known = ["id", "region", "account", "hex", "digits", "alnum", "uuid"].contains(&word);
                assert!(known || kind.attribute(word).is_some(), "{}.{name}: {like}", kind.name);
            }
        }
    }
}
