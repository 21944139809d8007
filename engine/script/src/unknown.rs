//! What scripts hold in place of what does not exist yet: resources, and outputs of them.
//!
//! An [`OutputValue`] is an expression with the type its value will have. What needs the value itself is refused.

use std::sync::Arc;

use dr_core::expr::Expr;
use dr_core::graph::Node;
use dr_core::limits::Weight;
use dr_core::schema::Type;
use dr_core::text::shortened;
use rhai::Dynamic;

use crate::fault::{Res, SECRET_HELP, ScriptFault, UNKNOWN_HELP};

/// A declared resource.
#[derive(Debug, Clone)]
pub(crate) struct ResourceHandle(pub(crate) Arc<Node>);

/// A value known only after apply, or a secret one.
#[derive(Debug, Clone)]
pub(crate) struct OutputValue {
    /// How it is computed.
    pub(crate) expr: Arc<Expr>,
    /// What its value will be.
    pub(crate) ty: Type,
}

/// How much of an expression messages show, in characters.
const LONGEST: usize = 120;
/// How many computations may be put into each other.
const DEEPEST: usize = 64;

/// An expression that planning and applying can walk through: loops could nest and multiply it without end.
pub(crate) fn walkable(expr: Expr) -> Result<Expr, ScriptFault> {
    fn fits(expr: &Expr, room: usize) -> bool {
        let Some(room) = room.checked_sub(1) else { return false };
        match expr {
            // What is known has been measured where it came from.
            Expr::Known(_) | Expr::Attr(_) => true,
            Expr::List(items) | Expr::Concat(items) | Expr::Call(_, items) => items.iter().all(|e| fits(e, room)),
            Expr::Map(entries) => entries.values().all(|e| fits(e, room)),
            Expr::Get(inner, _) => fits(inner, room),
        }
    }
    let endless = |what: String| ScriptFault::new(what).help("is there a loop that computes with its own result?");
    if !fits(&expr, DEEPEST) {
        let steps = format!("this value is computed in more than {DEEPEST} steps from values known only after apply");
        return Err(endless(steps));
    }
    expr.weigh(&mut Weight::default()).map_err(|error| endless(error.to_string()))?;
    Ok(expr)
}

/// The error of doing something with a value that cannot be looked at.
pub(crate) fn refuse(what: &str, expr: &Expr) -> ScriptFault {
    if expr.known().is_some() {
        return ScriptFault::new(format!("cannot {what} a sensitive value")).help(SECRET_HELP);
    }
    let shown = shortened(expr, LONGEST);
    ScriptFault::new(format!("cannot {what} `{shown}`, which is known only after apply")).help(UNKNOWN_HELP)
}

impl OutputValue {
    pub(crate) fn new(expr: Expr, ty: Type) -> OutputValue {
        OutputValue { expr: Arc::new(expr), ty }
    }

    /// As messages show it.
    pub(crate) fn shown(&self) -> String {
        shortened(&*self.expr, LONGEST)
    }

    /// The error of doing something with it that needs its value.
    pub(crate) fn refuse(&self, what: &str) -> ScriptFault {
        refuse(what, &self.expr)
    }
}

/// A loop over it is refused when it starts.
impl IntoIterator for OutputValue {
    type Item = Res<Dynamic>;
    type IntoIter = std::iter::Once<Res<Dynamic>>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(Err(self.refuse("loop over").into()))
    }
}

impl ResourceHandle {
    /// The error of using a resource where a value belongs.
    pub(crate) fn whole(&self, what: &str) -> ScriptFault {
        let fault = ScriptFault::new(format!("cannot {what} a whole resource (`{}`)", self.0.address));
        let likely: Vec<String> = ["id", "arn", "name"]
            .iter()
            .filter(|a| self.0.kind.attribute(a).is_some())
            .map(|a| format!("`.{a}`"))
            .collect();
        fault.help(format!("pick one of its attributes, such as {}", likely.join(" or ")))
    }
}
