//! Names: each belongs to one environment, and to one resource of it.
//!
//! Environments of one account live side by side because every name carries the suffix (check D20). Two resources of
//! one program that would have the same name are told apart before the second creation fails.

use std::collections::BTreeMap;

use super::destroyable::{Subject, of_node, pending};
use super::unique::UniqueKey;
use crate::checks::weighed;
use crate::diagnostic::Diagnostic;
use crate::expr::Expr;
use crate::graph::Node;
use crate::naming::carries;
use crate::schema::Kind;
use crate::value::{Map, Str, Value};
use crate::walk::Tree;

/// Looks at the names of every resource, as far as they are known.
pub(super) fn check<'a>(
    suffix: &str,
    namesakes: &[Str],
    all: impl Iterator<Item = (&'a Node, &'a Map<Expr>)>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut seen: BTreeMap<UniqueKey<'_>, &Node> = BTreeMap::new();
    for (node, args) in all {
        let arg = |name: &str| args.get(name).map(Tree::from);
        if !is_named_by_id(node.kind, |name| node.args.get(name)) {
            found.extend(of_node(node, |subject| without_suffix(suffix, namesakes, subject, arg)));
        }
        let kind = node.kind;
        let Some(key) = UniqueKey::wanted(kind, node.region.as_deref(), args) else { continue };
        let name: Vec<String> = key.values.iter().filter(|v| !v.is_null()).map(Value::to_string).collect();
        if let Some(first) = seen.insert(key, node) {
            let field = kind.unique.and_then(|(fields, _)| fields.first()).copied().unwrap_or_default();
            let place = |n: &Node| n.site.of(&[field.into()], false);
            let message =
                format!("`{}` and `{}` would both be called {}", first.address, node.address, name.join(", "));
            found.push(
                Diagnostic::error(message)
                    .code("C33")
                    .at(place(node), "the second one")
                    .also(place(first), "the first one")
                    .help(format!("give one of them another `{field}`")),
            );
        }
    }
    found
}

/// That the program wants a successor made first which has the name of the old one.
pub(super) fn taken_by_itself(node: &Node) -> Diagnostic {
    let field = node.kind.unique.and_then(|(fields, _)| fields.first()).copied().unwrap_or_default();
    let message = format!(
        "the successor of `{}` is to be made first, but the old one has its name until it is deleted",
        node.address
    );
    Diagnostic::error(message)
        .at(node.site.of(&["replace".into()], false), "the new one first")
        .help(format!("leave `replace` out, then the old one is deleted first; or give it another `{field}`"))
}

/// A name that is the only one of its scope and does not say which environment it belongs to. Names within another
/// resource are as safe as that one's.
pub(super) fn without_suffix<'a>(
    suffix: &str,
    namesakes: &[Str],
    subject: &Subject<'_>,
    arg: impl Fn(&str) -> Option<Tree<'a>>,
) -> Option<Diagnostic> {
    let (&[field], _) = subject.kind.unique? else { return None };
    subject.kind.arg(field)?.name_rule?;
    let path: [Str; 1] = [field.into()];
    let name = match arg(field)? {
        Tree::Known(name) => name,
        Tree::Open(_) => return weighed(subject.allow, "D20", pending(subject, &path, field)),
    };
    if let Some(other) = also_of(name.as_str()?, suffix, namesakes) {
        let message = format!(
            "the name of `{}` would be that of a resource of the environment `{other}` as well: {name}",
            subject.address
        );
        let begins = other.strip_suffix(suffix).unwrap_or(&other).trim_end_matches('-');
        let finding = Diagnostic::error(message)
            .help(format!("let what stands before the suffix not end in `{begins}`: that is how `{other}` begins"))
            .at((subject.place)(&path), format!("the environment `{other}` would want the same name"));
        return weighed(subject.allow, "D20", finding);
    }
    if carries(name.as_str()?, suffix) {
        return None;
    }
    let message = format!("the name of `{}` does not carry the suffix `{suffix}`: {name}", subject.address);
    let finding = Diagnostic::error(message)
        .help(format!("leave `{field}` out, or put `${{env.suffix}}` into it"))
        .at((subject.place)(&path), "another environment would want the same name");
    weighed(subject.allow, "D20", finding)
}

/// Whether a name, as the program says it, has the id of a resource of the cloud as a whole: no other resource ever has
/// the same, so it needs no suffix.
pub(super) fn is_named_by_id<'a>(kind: &Kind, said: impl Fn(&str) -> Option<&'a Expr>) -> bool {
    const LOCAL: &str = "random.";
    let Some((&[field], _)) = kind.unique else { return false };
    let Some(Expr::Concat(parts)) = said(field) else { return false };
    let is_id = |part: &Expr| matches!(part, Expr::Attr(r) if &*r.attr == "id" && !r.address.kind().starts_with(LOCAL));
    parts.iter().any(is_id)
}

/// The environment, of a pull request or another that is declared, whose resources could have the same name: `orders-pr`
/// in `x1` and `orders` in `pr-x1` are both called `orders-pr-x1`.
fn also_of(name: &str, suffix: &str, namesakes: &[Str]) -> Option<String> {
    let others = std::iter::once(format!("pr-{suffix}")).chain(namesakes.iter().map(ToString::to_string));
    others.into_iter().find(|other| carries(name, other))
}

#[cfg(test)]
mod tests {
    use super::also_of;

    #[test]
    fn what_another_environment_could_call_the_same_is_found() {
        let declared = ["qa-x1".into(), "qa-pr-x1".into()];
        for (name, suffix, expected) in [
            ("orders-pr-x1", "x1", Some("pr-x1")),
            ("orders-qa-x1", "x1", Some("qa-x1")),
            ("orders-eqa-x1", "x1", None),
            ("orders-qa-x2", "x2", None),
            ("orders-qa-pr-x1", "pr-x1", Some("qa-pr-x1")),
            ("orders-PR-x1", "x1", Some("pr-x1")),
            ("pr-x1", "x1", Some("pr-x1")),
            ("orders-spr-x1", "x1", None),
            ("orders-pr-x1", "pr-x1", None),
            ("orders-x1", "x1", None),
        ] {
            assert_eq!(also_of(name, suffix, &declared).as_deref(), expected, "{name} in {suffix}");
        }
    }
}
