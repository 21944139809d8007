//! Every kind beside the resource schema that AWS publishes for it: what forces a replacement, what is required, what is
//! computed, and which patterns, lengths, ranges and words the values keep to.
//!
//! The schemas are those that CloudFormation reads; the Python package `cfn-lint` carries them (`tests/run` installs the
//! version that `tests/emulators/schemas.txt` names). Nobody writes them with us in mind, so they are a witness; but a
//! lenient one in places and a stale one in others. A difference is therefore an error until somebody has looked:
//! either a fact of the kind is wrong, and is put right in `engine/kinds`, or it stands in `schemas/exceptions.toml`
//! with the reason. An exception that nothing needs any more is an error too, and so is a name in `schemas/names.toml`
//! that leads nowhere.
//!
//! * `published.rs`: the schemas of AWS.
//! * `tables.rs`: `names.toml` says which type a kind is and which property an argument, where the rule does not find it;
//!   `exceptions.toml` says what differs on purpose.
//! * `compare.rs`: the comparison; `patterns.rs`: what two patterns have to do with each other.
//! * `spoilt.rs`: a kind that is wrong in every way, so that the comparison itself is tested.
//!
//! What it does not see: conditions between several arguments, and what the items of a list of text look like.
//! `docs/not-offered.md` lists what the types have and our kinds have not; `SNAPSHOTS=overwrite` writes it anew.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

#[path = "schemas/compare.rs"]
mod compare;
#[path = "schemas/patterns.rs"]
mod patterns;
#[path = "schemas/published.rs"]
mod published;
#[path = "schemas/spoilt.rs"]
mod spoilt;
#[path = "schemas/tables.rs"]
mod tables;

use std::collections::BTreeSet;

use dr_tests_support::repository;

use crate::published::Schemas;
use crate::tables::{Exceptions, Names};

#[test]
fn every_kind_agrees_with_the_schema_that_aws_publishes() {
    let (schemas, names) = (Schemas::installed().unwrap(), Names::read().unwrap());
    let mut exceptions = Exceptions::read().unwrap();
    let mut problems = Vec::new();
    for kind in dr_kinds::registry().iter() {
        for difference in compare::kind(kind, &schemas, &names).differences {
            if !exceptions.cover(&difference.key) {
                problems.push(format!("{}: {}", difference.key, difference.says));
            }
        }
    }
    let differ = problems.len();
    problems.extend(exceptions.unused().map(|key| format!("exceptions.toml: `{key}` covers nothing: take it out")));
    problems.extend(names.unused(&dr_kinds::registry()).map(|what| format!("names.toml: {what}")));
    assert!(
        problems.is_empty(),
        "{differ} differences from AWS's schemas. Put the fact right in engine/kinds, or, where it is meant, write the \
         part before the colon into tests/schemas/exceptions.toml, under its reason:\n{}",
        problems.join("\n")
    );
}

#[test]
fn the_comparison_sees_each_sort_of_difference() {
    let (schemas, names) = (Schemas::installed().unwrap(), Names::default());
    let compared = compare::kind(&spoilt::SPOILT, &schemas, &names);
    let found: BTreeSet<String> = compared.differences.into_iter().map(|found| found.key).collect();
    let wanted: BTreeSet<String> = spoilt::SPOILT_IN.iter().map(|key| (*key).to_owned()).collect();
    assert_eq!(found, wanted);
}

#[test]
fn what_is_not_offered_stands_on_its_page() {
    let (schemas, names) = (Schemas::installed().unwrap(), Names::read().unwrap());
    let page = repository().join("docs/not-offered.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let (words, _) = text.split_once("\n| ").unwrap();
    let mut actual = format!("{words}\n| kind | type | properties |\n| --- | --- | --- |\n");
    for kind in dr_kinds::registry().iter() {
        let Some((name, lacking)) = compare::kind(kind, &schemas, &names).not_offered else { continue };
        if !lacking.is_empty() {
            actual.push_str(&format!("| `{}` | `{name}` | {} |\n", kind.name, lacking.join(", ")));
        }
    }
    snapbox::Assert::new().action_env("SNAPSHOTS").eq(actual, snapbox::Data::read_from(&page, None).raw());
}
