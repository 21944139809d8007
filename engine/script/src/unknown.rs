//! What scripts hold in place of what does not exist yet: resources, and outputs of them.
//!
//! An [`Output`] is an expression with the type its value will have. Reading a part of it gives another; what needs
//! the value itself is refused, here or by the operators.

use std::sync::Arc;

use dr_core::expr::{Expr, Key};
use dr_core::graph::Node;
use dr_core::schema::{Field, Kind, Presence, Type};
use rhai::{Dynamic, Engine};

use crate::coerce::from_expr;
use crate::fault::{Fault, Res, unknown};

/// A declared resource.
#[derive(Debug, Clone)]
pub(crate) struct Resource(pub(crate) Arc<Node>);

/// A value known only after apply, or a secret one.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    /// How it is computed.
    pub(crate) expr: Arc<Expr>,
    /// What its value will be.
    pub(crate) ty: Type,
}

/// How much of an expression messages show, in characters.
const LONGEST: usize = 120;
/// How many computations may be put into each other.
const DEEPEST: usize = 64;

/// An expression that planning and applying can walk through: loops could nest it without end.
pub(crate) fn walkable(expr: Expr) -> Result<Expr, Fault> {
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
    if fits(&expr, DEEPEST) {
        return Ok(expr);
    }
    Err(Fault::new(format!("this value is computed in more than {DEEPEST} steps from values known only after apply"))
        .help("is there a loop that computes with its own result?"))
}

/// Attributes that resources have unless their kind says otherwise.
const COMMON: &[&str] = &["address", "name"];

impl Output {
    pub(crate) fn new(expr: Expr, ty: Type) -> Output {
        Output { expr: Arc::new(expr), ty }
    }

    /// As messages show it.
    pub(crate) fn shown(&self) -> String {
        let text = self.expr.to_string();
        match text.char_indices().nth(LONGEST) {
            Some((at, _)) => format!("{}…", &text[..at]),
            None => text,
        }
    }

    /// `output.name`
    fn property(&self, name: &str) -> Result<Dynamic, Fault> {
        let ty = match self.ty {
            Type::Any | Type::Json | Type::Policy => Type::Any,
            Type::Map(inner) => *inner,
            Type::Object(fields) => match fields.iter().find(|f| f.name == name) {
                Some(field) => field.ty,
                None => {
                    return Err(Fault::new(format!("`{}` has no property `{name}`", self.shown()))
                        .near(name, fields.iter().map(|f| f.name)));
                }
            },
            other => {
                return Err(Fault::new(format!(
                    "`{}` is {}, which has no property `{name}`",
                    self.shown(),
                    other.article()
                ))
                .help(format!("if `{name}` is a function, call it: `.{name}()`")));
            }
        };
        Ok(from_expr(walkable((*self.expr).clone().get(&Key::Name(name.into()))?)?, ty))
    }

    /// `output[index]`
    fn item(&self, index: i64) -> Result<Dynamic, Fault> {
        let ty = match self.ty {
            Type::Any | Type::Json | Type::Policy => Type::Any,
            Type::List(inner) => *inner,
            other => {
                return Err(Fault::new(format!(
                    "`{}` is {}, which has no numbered items",
                    self.shown(),
                    other.article()
                ))
                .help("for part of a text use `.sub_string(start, length)`"));
            }
        };
        Ok(from_expr(walkable((*self.expr).clone().get(&Key::Index(index))?)?, ty))
    }
}

impl Resource {
    /// `resource.name`: what was given is known; what the service computes is an output. What a resource is called is
    /// one too, although it is known: whoever names a resource depends on it, and a plain text would not say so.
    pub(crate) fn attribute(&self, name: &str) -> Result<Dynamic, Fault> {
        let node = &*self.0;
        if let Some(field) = node.kind.output(name) {
            return Ok(self.output(name, field.ty));
        }
        if let Some(field) = node.kind.arg(name) {
            return Ok(match node.args.get(name) {
                // Reading a secret argument must not make it plain.
                _ if field.sensitive || is_identity(node.kind, field) => self.output(name, field.ty),
                Some(given) => from_expr(given.clone(), field.ty),
                None if field.presence == Presence::Computed => self.output(name, field.ty),
                None => Dynamic::UNIT,
            });
        }
        match name {
            "id" => Ok(self.output(name, Type::Str)),
            "region" => Ok(node.region.as_deref().map_or(Dynamic::UNIT, |r| r.to_owned().into())),
            "address" => Ok(node.address.as_str().to_owned().into()),
            "name" => Ok(node.address.name().to_owned().into()),
            _ => Err(Fault::new(format!("`{}` has no attribute `{name}`", node.kind.name))
                .near(name, node.kind.attributes().chain(COMMON.iter().copied()))),
        }
    }

    fn output(&self, name: &str, ty: Type) -> Dynamic {
        Dynamic::from(Output::new(Expr::attr(&self.0.address, name), ty))
    }

    /// The error of using a resource where a value belongs.
    pub(crate) fn whole(&self, what: &str) -> Fault {
        let fault = Fault::new(format!("cannot {what} a whole resource (`{}`)", self.0.address));
        let likely: Vec<String> = ["id", "arn", "name"]
            .iter()
            .filter(|a| self.0.kind.attribute(a).is_some())
            .map(|a| format!("`.{a}`"))
            .collect();
        fault.help(format!("pick one of its attributes, such as {}", likely.join(" or ")))
    }
}

/// Whether an argument is what a resource is called by others.
fn is_identity(kind: &Kind, field: &Field) -> bool {
    field.name_rule.is_some() || kind.unique.is_some_and(|(fields, _)| fields.contains(&field.name))
}

pub(crate) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Output>("Output");
    engine.register_type_with_name::<Resource>("Resource");
    // Getters of any name fall back to the indexer by text. There are no setters: method calls would write back.
    engine.register_indexer_get(|r: &mut Resource, name: &str| -> Res<Dynamic> { Ok(r.attribute(name)?) });
    engine.register_indexer_get(|o: &mut Output, name: &str| -> Res<Dynamic> { Ok(o.property(name)?) });
    engine.register_indexer_get(|o: &mut Output, index: i64| -> Res<Dynamic> { Ok(o.item(index)?) });
    engine.register_indexer_get(|r: &mut Resource, _: i64| -> Res<Dynamic> { Err(r.whole("index").into()) });
    refuse_unknown_keys(engine);
}

/// An unknown cannot be a key or an index of anything.
fn refuse_unknown_keys(engine: &mut Engine) {
    engine.register_indexer_get(|_: &mut Output, key: Output| -> Res<Dynamic> {
        Err(unknown("use as a key or index", &key.shown()).into())
    });
    engine.register_indexer_get(|_: &mut Resource, key: Output| -> Res<Dynamic> {
        Err(unknown("use as a key or index", &key.shown()).into())
    });
}
