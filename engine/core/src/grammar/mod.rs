//! Grammars: what a text or a document must say to mean something to AWS.
//!
//! A field names its grammar ([`Grammar`], as a condition of the schema). Each grammar is a file here with a pure
//! function from what is there to what is wrong with it ([`Flaw`]): what, where inside, and how to mend it. What is not
//! known is passed over, never refused; what is secret is judged and not shown.

pub mod actions;
mod arn;
mod cidr;
mod contact;
mod dashboard;
mod document;
mod event_pattern;
mod flaw;
pub mod form;
mod key;
mod policy;
mod schedule;
mod services;
mod state_machine;

pub use flaw::Flaw;
pub use form::Grammar;

use crate::expr::Expr;
use crate::function::Function;
use crate::value::Value;
use crate::walk::Tree;
use document::Passage;

/// What is wrong with a value, by a grammar.
pub fn flaws(grammar: Grammar, tree: Tree<'_>) -> Vec<Flaw> {
    let text = tree.known().and_then(|value| value.as_str());
    let one = |check: &dyn Fn(&str) -> Option<Flaw>| text.and_then(check).into_iter().collect();
    match grammar {
        Grammar::Cidr(least, most) => one(&|text| cidr::flaw(text, least, most)),
        Grammar::Cidr6 => one(&cidr::flaw_of_v6),
        Grammar::Schedule(units) => one(&|text| schedule::flaw(text, units)),
        Grammar::Arn(of) => one(&|text| arn::flaw(text, of)),
        Grammar::NameOrArn(of, chars) => one(&|text| arn::flaw_of_name(text, of, chars)),
        Grammar::Key => one(&key::flaw),
        Grammar::Email => one(&contact::email),
        Grammar::Url(scheme) => one(&|text| contact::url(text, scheme)),
        Grammar::Phone => one(&contact::phone),
        Grammar::Policy(of) => document(tree, &|whole| policy::flaws(whole, of)),
        Grammar::Pattern(fields, most) => document(tree, &|whole| event_pattern::flaws(whole, fields, most)),
        Grammar::StateMachine => document(tree, &state_machine::flaws),
        Grammar::Dashboard => document(tree, &dashboard::flaws),
    }
}

/// What is wrong with a document: a map, or the text of one. Text that is no JSON is said elsewhere.
fn document(tree: Tree<'_>, check: &dyn Fn(&Passage<'_>) -> Vec<Flaw>) -> Vec<Flaw> {
    if let Some(text) = tree.known().and_then(Value::as_str) {
        return Value::from_json(text).map_or_else(|_| Vec::new(), |value| check(&Passage::whole(Tree::from(&value))));
    }
    match tree {
        Tree::Open(Expr::Call(Function::ToJson, args)) if args.len() == 1 => {
            check(&Passage::whole(Tree::from(&args[0])))
        }
        tree => check(&Passage::whole(tree)),
    }
}

#[cfg(test)]
mod document_tests;
#[cfg(test)]
mod tests;
