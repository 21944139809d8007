//! Arguments that the program gives although the service would choose them: which those are, and what is said when the
//! program gives one up.
//!
//! A service keeps what it has of such an argument when the program leaves it out: a policy stays in force, a group
//! stays attached. Nobody can see that in a plan without changes, so it is said, once: in the plan in which the
//! argument is given up. What the program gave is recorded for that.

use crate::diagnostic::{Diagnostic, Severity};
use crate::graph::Node;
use crate::record::Record;
use crate::schema::{Field, OneWay, Presence, Type};
use crate::secrecy;
use crate::value::{Str, intern};
use crate::walk::Spot;

/// The arguments that a resource gives and that stay as they are when it does not.
pub(super) fn of(node: &Node) -> Vec<Str> {
    node.kind.args.iter().filter(|field| stays(field) && gives(node, field)).map(|field| intern(field.name)).collect()
}

fn stays(field: &Field) -> bool {
    field.presence == Presence::Computed || field.one_way == Some(OneWay::Stays)
}

fn gives(node: &Node, field: &Field) -> bool {
    node.args.get(field.name).is_some_and(|value| !value.is_null())
}

/// What is to be said of the arguments that a resource gave and gives no more. `left` are those that keep the value
/// they have.
pub(super) fn given_up(node: &Node, prior: &Record, left: &[&'static Field]) -> Vec<Diagnostic> {
    let is_ignored = |field: &Field| node.options.ignore_changes.iter().any(|name| **name == *field.name);
    let is_given_up = |field: &&&'static Field| {
        prior.given.iter().any(|name| **name == *field.name) && !gives(node, field) && !is_ignored(field)
    };
    left.iter().filter(is_given_up).map(|field| kept(node, prior, field)).collect()
}

fn kept(node: &Node, prior: &Record, field: &Field) -> Diagnostic {
    let (name, address) = (field.name, &node.address);
    let value = prior.args.get(name).map_or("nothing".to_owned(), |value| secrecy::shown(&Spot::of(field), value));
    let message = format!(
        "`{name}` of `{address}` stays {value}: the program does not say it any more, and nothing takes it away"
    );
    // What holds others or lets somebody in is more than a setting.
    let matters = field.ty == Type::Policy || !field.only_mentions();
    let severity = if matters { Severity::Warning } else { Severity::Info };
    let help = match field.ty {
        Type::List(_) => format!("say what it shall be: `{name}: []` takes it away, where the service can do without"),
        Type::Map(_) | Type::Object(_) | Type::Json | Type::Policy => {
            format!("say what it shall be: `{name}: #{{}}` takes it away, where the service can do without")
        }
        _ => format!("say what it shall be, if it is to change: `{name}: ..`"),
    };
    Diagnostic { severity, ..Diagnostic::error(message) }
        .code("kept")
        .at(node.site.of(&[name.into()], false), "left to the service")
        .help(help)
}
