//! Walks over the whole registry: what every kind must have.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dr_core::address::Address;
use dr_core::diagnostic::Severity;
use dr_core::expr::Expr;
use dr_core::fit;
use dr_core::schema::{Allowed, Condition, Field, Kind, Place, Presence, Type};
use dr_core::value::Value;
use dr_core::walk::each_field;

use super::{SERVICES, registry};

/// A field of a kind, also one inside its blocks.
struct Found {
    path: String,
    field: &'static Field,
    output: bool,
}

fn fields(kind: &'static Kind) -> Vec<Found> {
    let mut found = Vec::new();
    for (fields, output) in [(kind.args, false), (kind.outputs, true)] {
        each_field(fields, &mut |spot, field| {
            let path = format!("{}.{spot}", kind.name);
            found.push(Found { path, field, output });
        });
    }
    found
}

fn every_field() -> Vec<(&'static Kind, Found)> {
    registry().iter().flat_map(|kind| fields(kind).into_iter().map(move |found| (kind, found))).collect()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
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
    for (_, Found { path, field, .. }) in every_field() {
        let Some(reference) = field.refers else { continue };
        let target = registry().get(reference.kind());
        let exists = target.is_some_and(|target| target.attribute(reference.attr()).is_some());
        assert!(exists || reference.to == "*", "{path} refers to {}", reference.to);
    }
    for kind in registry().iter() {
        for other in kind.elsewhere {
            assert!(kind.arg(other.argument).is_none(), "{} has `{}` itself", kind.name, other.argument);
        }
    }
}

#[test]
fn what_goes_along_with_another_belongs_to_it_for_good() {
    for kind in registry().iter() {
        let Some(name) = kind.deleted_with else { continue };
        let field = kind.arg(name).unwrap();
        let reference = field.refers.unwrap();
        assert!(field.replace && reference.blocks_delete, "{} is deleted with {name}", kind.name);
        assert!(registry().get(reference.kind()).is_some(), "{} is deleted with {}", kind.name, reference.to);
    }
}

#[test]
fn every_word_is_documented_in_whole_sentences() {
    for (kind, Found { path, field, .. }) in every_field() {
        assert!(kind.doc.ends_with('.'), "{}", kind.name);
        assert!(field.doc.ends_with('.'), "{path}: {:?}", field.doc);
    }
}

#[test]
fn patterns_and_character_sets_are_valid() {
    for (kind, Found { path, field, .. }) in every_field() {
        for check in field.checks {
            match check {
                Condition::Pattern(pattern) => assert!(regex_lite::Regex::new(pattern).is_ok(), "{path}: {pattern}"),
                Condition::Range(low, high) => assert!(low <= high && field.ty == Type::Int, "{path}: {low} to {high}"),
                Condition::Length(low, high) => {
                    assert!(low <= high && field.ty != Type::Int, "{path}: {low} to {high}")
                }
                Condition::OneOf(_) | Condition::Outside(_) => assert_eq!(field.ty, Type::Str, "{path}"),
                Condition::OneOfInt(_) => assert_eq!(field.ty, Type::Int, "{path}"),
                Condition::Region => {
                    assert!(matches!(field.ty, Type::Str | Type::List(Type::Str)), "{path}")
                }
                Condition::Grammar(grammar) => {
                    let example = Value::str(grammar.example());
                    let example = if matches!(field.ty, Type::List(_)) { Value::List(vec![example]) } else { example };
                    let mut problems = Vec::new();
                    fit::check(field, &Expr::Known(example), &mut problems);
                    assert_eq!(problems, [], "{path} does not take its own example");
                }
            }
        }
        if let Some(ending) = field.name_rule.and_then(|rule| rule.ending) {
            let decides = kind.arg(ending.when).is_some_and(|other| other.ty == Type::Bool && other.replace);
            assert!(decides, "{path} ends as `{}` says", ending.when);
        }
        if let Some(rule) = field.name_rule {
            assert!(regex_lite::Regex::new(&format!("[{}]", rule.chars)).is_ok(), "{path}: {}", rule.chars);
        }
        assert!(!field.unordered || matches!(field.ty, Type::List(_)), "{path} has no order");
    }
}

#[test]
fn what_names_a_region_is_checked_to_be_one() {
    let named = |name: &str| name.ends_with("region") && name != "multi_region" || name == "regions";
    let mut found = 0;
    for (_, Found { path, field, .. }) in every_field() {
        assert_eq!(field.checks.contains(&Condition::Region), named(field.name), "{path}");
        found += usize::from(named(field.name));
    }
    assert!(found >= 7, "{found}");
}

#[test]
fn defaults_are_allowed_and_can_be_destroyed() {
    for (_, Found { path, field, .. }) in every_field() {
        if let Presence::Default(default) = field.presence {
            let mut problems = Vec::new();
            fit::check(field, &Expr::Known(default.value()), &mut problems);
            // A block's own defaults are filled in before it is checked.
            problems.retain(|_| !matches!(field.ty, Type::Object(_)));
            assert_eq!(problems, [], "{path}");
        }
        for rule in field.rules {
            assert!(dr_core::checks::find(rule.id).is_some(), "{path}: there is no check {}", rule.id);
            if let (Presence::Default(default), Severity::Error) = (field.presence, rule.severity) {
                assert!(rule.allows(&default.value()), "{path} is refused by default");
            }
            // What must be given could be refused whatever is given.
            assert!(field.presence != Presence::Required || matches!(rule.allowed, Allowed::AtMost(_)), "{path}");
            assert!(rule.unless.is_empty() || registry().get(rule.unless).is_some(), "{path}: {}", rule.unless);
        }
    }
}

#[test]
fn an_absent_list_or_map_of_arguments_is_an_empty_one() {
    for kind in registry().iter() {
        for field in kind.args.iter().filter(|f| !f.tags && f.presence == Presence::Optional) {
            let empty_is_another = matches!(field.ty, Type::List(_) | Type::Map(_));
            assert!(!empty_is_another, "{}.{} needs a default", kind.name, field.name);
        }
    }
}

#[test]
fn names_identify_and_force_replacement() {
    for kind in registry().iter() {
        if let Some(name) = kind.physical_name() {
            let among = kind.unique.is_some_and(|(fields, _)| fields.contains(&name.name));
            // A name that others can have too identifies nothing: the service changes it in place.
            assert_eq!(name.replace, among, "{}: `{}` is unique and replaced, or neither", kind.name, name.name);
        }
        for name in kind.unique.iter().flat_map(|(fields, _)| fields.iter()) {
            let field = kind.arg(name).unwrap();
            let chosen = field.presence == Presence::Computed;
            assert!(!chosen, "{}.{name} may be left to the service, so it cannot identify", kind.name);
        }
    }
}

#[test]
fn shapes_of_attributes_use_what_exists() {
    let holes = regex_lite::Regex::new(r"\{([a-z_0-9]+)(:\d+)?\}").unwrap();
    for kind in registry().iter() {
        // Of a block, or a list of blocks, the fields have shapes.
        let fields = |ty| match ty {
            Type::Object(fields) => Some(fields),
            Type::List(Type::Object(fields)) => Some(*fields),
            _ => None,
        };
        let shaped = |o: &Field| fields(o.ty).map_or(!o.like.is_empty(), |f| f.iter().all(|f| !f.like.is_empty()));
        assert!(kind.outputs.iter().all(shaped), "{}: an attribute has no shape", kind.name);
        let shapes = kind.outputs.iter().chain(kind.args).map(|o| (o.name, o.like)).chain([("id", kind.id)]);
        for (name, like) in shapes {
            for hole in holes.captures_iter(like) {
                let word = hole.get(1).unwrap().as_str();
                let random = ["hex", "digits", "alnum"].contains(&word) && hole.get(2).is_some();
                let known = random || ["account", "uuid"].contains(&word) || kind.attribute(word).is_some();
                assert!(known, "{}.{name}: {like}", kind.name);
            }
        }
    }
}

#[test]
fn flags_stand_where_they_mean_something() {
    for (_, Found { path, field, output, .. }) in every_field() {
        let argument = field.replace || field.write_only || field.tags || field.refers.is_some();
        assert!(!output || !argument, "{path} is an attribute with the flags of an argument");
        assert!(output || !field.volatile, "{path} is an argument, and only attributes are volatile");
        let shaped = output || field.presence == Presence::Computed;
        assert!(shaped || field.like.is_empty(), "{path} is never made, so it needs no shape");
    }
}

/// Each kind has the file of its name, which states the id's shape and the durations: the fallbacks of `Kind::new` are
/// nobody's facts.
#[test]
fn every_kind_states_its_facts() {
    for kind in registry().iter() {
        let file = format!("src/{}.rs", kind.name.replace('.', "/"));
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file)).unwrap();
        let states =
            |fact: &str| text.contains(&format!("    {fact} = \"")) || text.contains(&format!(", {fact} = \""));
        assert!(states("id"), "{file} gives no `id`");
        if kind.lookup {
            continue;
        }
        for fact in ["create", "delete"] {
            assert!(states(fact), "{file} gives no `{fact}`");
        }
        let in_place = kind.args.iter().any(|f| !f.replace);
        assert!(!in_place || states("update"), "{file} gives no `update`");
        let at_once = kind.create.max(kind.update).max(kind.delete) == Duration::ZERO;
        assert_eq!(at_once, kind.place == Place::Local, "{file}: what is local takes no time, everything else some");
        assert!(kind.pace <= kind.create.max(Duration::from_secs(1)), "{file}: looked at too seldom");
    }
}

/// What an example says of itself: the lines `//! update: ADDRESS`, `//! replace: ADDRESS`, or why there is none.
fn expectations(text: &str) -> Vec<(&str, &str)> {
    text.lines()
        .map_while(|line| line.strip_prefix("//! "))
        .map(|line| line.split_once(": ").unwrap_or((line, "")))
        .collect()
}

#[test]
fn every_kind_has_an_example_that_states_what_it_shows() {
    let folder = repository().join("tests/kinds");
    for kind in registry().iter() {
        let path = folder.join(format!("{}.rhai", kind.name.replace('.', "/")));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let lines = expectations(&text);
        for (word, value) in &lines {
            match *word {
                "update" | "replace" | "also-update" | "also-replace" => {
                    let address = Address::parse(value).unwrap();
                    let own = address.kind() == kind.name;
                    assert!(own || word.starts_with("also-"), "{}: {word}: {value}", path.display());
                    assert!(registry().get(address.kind()).is_some(), "{}: {value}", path.display());
                }
                "no update" | "no replace" => assert!(!value.is_empty(), "{}: {word}, but why?", path.display()),
                other => panic!("{}: `{other}` means nothing here", path.display()),
            }
        }
        for word in ["update", "replace"] {
            let says = |w: &str| lines.iter().filter(|(word, _)| *word == w).count();
            let (shown, not) = (says(word), says(&format!("no {word}")));
            assert!(shown + not == 1, "{}: one line on {word} is needed", path.display());
            let possible = !kind.lookup && kind.args.iter().any(|f| !f.tags && f.replace == (word == "replace"));
            assert_eq!(shown == 1, possible, "{}: {word} is possible or not by the schema", path.display());
        }
    }
}

#[test]
fn every_example_is_of_a_kind() {
    let folder = repository().join("tests/kinds");
    for service in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap()).filter(|e| e.path().is_dir()) {
        for file in std::fs::read_dir(service.path()).unwrap().map(|e| e.unwrap().path()) {
            if file.extension().is_some_and(|e| e == "rhai") {
                let short = file.file_stem().unwrap().to_string_lossy().into_owned();
                let name = format!("{}.{short}", service.file_name().to_string_lossy());
                assert!(registry().get(&name).is_some(), "{}: there is no kind `{name}`", file.display());
            }
        }
    }
}

#[test]
fn every_pattern_is_told_in_words() {
    fn look(fields: &[Field], silent: &mut Vec<String>) {
        for field in fields {
            silent.extend(field.checks.iter().filter_map(|check| match check {
                Condition::Pattern(pattern) if dr_core::schema::in_words(pattern).is_none() => {
                    Some(format!("{}: {pattern}", field.name))
                }
                _ => None,
            }));
            look(field.ty.block().unwrap_or_default(), silent);
        }
    }
    let mut silent = Vec::new();
    for kind in registry().iter() {
        look(kind.args, &mut silent);
    }
    assert!(silent.is_empty(), "`schema/patterns.rs` has no words for {silent:#?}");
}
