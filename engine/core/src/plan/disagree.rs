//! Disagreements: where what the program says and what is there cannot both be right, a person decides.

use crate::diagnostic::{Diagnostic, Severity};
use crate::graph::Node;
use crate::plan::diff::Difference;
use crate::secrecy;
use crate::value::{Map, Str, Value};

/// What a failover has changed. It is left as it is. Where `dr` has not made the failover itself, a change of the same
/// resource would undo it, so there is none before the program says which is right; what it has set (`kept`) stays set.
pub(super) fn switched(
    node: &Node,
    switched: &[(&'static str, &Value, &Value)],
    changed: bool,
    kept: &Map<Value>,
) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    for &(name, was, is) in switched {
        let is = &secrecy::marked_as(Some(was), is.clone());
        let is_said = node.args.get(name).is_some_and(|value| !value.is_null());
        let shown = |value: &Value| if value.is_null() { "nothing".to_owned() } else { value.to_string() };
        let message = format!("`{name}` of `{}` was switched from {} to {}", node.address, shown(was), shown(is));
        let place = node.site.of(&[name.into()], false);
        told.push(if is_said && changed && !kept.contains_key(name) {
            let last = match is.is_null() {
                true => format!("leave `{name}` out"),
                false => format!("say so: `{name}: {is}`"),
            };
            Diagnostic::error(format!("{message}, and a change of the resource would switch it back"))
                .code("switched")
                .at(place, "what the program says")
                .help(format!("if the failover is to last, {last}; otherwise switch back first"))
        } else {
            let note = Diagnostic { severity: Severity::Info, ..Diagnostic::error(message) };
            note.code("switched").at(place, "left as it is")
        });
    }
    told
}

/// What an argument cannot become.
pub(super) fn impossible(node: &Node, d: &Difference<'_>) -> Vec<Diagnostic> {
    let told = d.impossible.iter().map(|(field, why)| {
        let message = format!("`{}` of `{}` cannot be changed so: {why}", field.name, node.address);
        let place = node.site.of(&[field.name.into()], false);
        Diagnostic::error(message).at(place, "").help(format!(
            "say what is there, or something later; or give `{}` another name, so that it is made anew",
            node.address
        ))
    });
    told.collect()
}

/// That something is to be taken over and would be deleted for it.
pub(super) fn would_replace(node: &Node, argument: &Str, d: &Difference<'_>) -> Diagnostic {
    let change = d.changes.iter().find(|c| c.path == *argument);
    let is = change.and_then(|c| c.before.as_ref()).map_or("nothing".to_owned(), Value::to_string);
    Diagnostic::error(format!(
        "`{}` would be replaced instead of being taken over: its `{argument}` is {is}",
        node.address
    ))
    .at(node.site.of(std::slice::from_ref(argument), false), "the program says something else")
    .help("say what is there; what is to be changed can be changed once it is taken over")
}
