//! What the rewritten tree runs: small pieces of custom syntax that no program can write.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock, Weak};

use dr_core::limits;
use rhai::{
    Dynamic, Engine, EvalAltResult, EvalContext, Expr, Expression, ImmutableString, LexError, Module, ParseError,
    Position, Shared, Stmt,
};

use crate::coerce::{article, first_unknown};
use crate::fault::{Res, ScriptFault};
use crate::session;

/// A back-tick string: joined by us, so that unknowns stay.
pub(super) const TEXT: &str = "$text";
/// The value of a `switch`: must be known.
pub(super) const KNOWN: &str = "$known";
/// No arm of a `switch` matches.
pub(super) const NO_ARM: &str = "$no_arm";
/// A call that may run script code: its position is noted.
pub(super) const CALL: &str = "$call";
/// What stands left of `??`: a missing property is `()`.
pub(super) const MAYBE: &str = "$maybe";
/// The body of a function.
pub(super) const BODY: &str = "__dr_body";

/// A function's body with the source and library it belongs to.
#[derive(Clone)]
pub(super) struct Body(pub(super) Arc<BodyParts>);

pub(super) struct BodyParts {
    pub(super) unit: usize,
    pub(super) source: ImmutableString,
    pub(super) function: ImmutableString,
    pub(super) block: Expr,
    pub(super) start: Position,
    pub(super) home: Arc<Home>,
}

/// The script library that a body belongs to. Weak: the library owns its bodies.
#[derive(Default)]
pub(super) struct Home(pub(super) OnceLock<Weak<Module>>);

thread_local! {
    /// Hands a body from the rewriter to the parser of [`BODY`].
    static HANDOVER: RefCell<Option<Dynamic>> = const { RefCell::new(None) };
}

/// Puts a body where the next [`BODY`] that is parsed finds it.
pub(super) fn hand_over(body: Body) {
    HANDOVER.set(Some(Dynamic::from(body)));
}

/// A position as a number that the tree can carry.
pub(super) fn pack(position: Position) -> i64 {
    let (line, column) = crate::source::point(position);
    i64::try_from((line << 16) | column).unwrap_or(0)
}

fn unpack(state: &Dynamic) -> Position {
    let packed = state.as_int().unwrap_or(0);
    let part = |n: i64| u16::try_from(n & 0xffff).unwrap_or(0);
    match part(packed >> 16) {
        0 => Position::NONE,
        line => Position::new(line, part(packed)),
    }
}

pub(crate) fn register(engine: &mut Engine) {
    let never = |_: &[ImmutableString], _: &str, _: &mut Dynamic| Err(internal());
    engine.register_custom_syntax_with_state_raw(TEXT, never, false, |ctx, parts, state| {
        text(ctx, parts).map_err(|error| placed(error, unpack(state)))
    });
    engine.register_custom_syntax_with_state_raw(KNOWN, never, false, |ctx, parts, _| {
        let value = ctx.eval_expression_tree(&parts[0])?;
        match first_unknown(&value) {
            Some(output) => Err(output.refuse("`switch` on").raise(parts[0].position())),
            None if article(&value) == "a resource" => {
                Err(ScriptFault::new("cannot `switch` on a resource").raise(parts[0].position()))
            }
            None => Ok(value),
        }
    });
    engine.register_custom_syntax_with_state_raw(NO_ARM, never, false, |_, _, state| {
        Err(ScriptFault::new("no case of this `switch` matches").help("add a case `_ => ..`").raise(unpack(state)))
    });
    engine.register_custom_syntax_with_state_raw(CALL, never, false, |ctx, parts, state| {
        let before = session::swap_position(unpack(state));
        let result = ctx.eval_expression_tree(&parts[0]);
        // After an error the position stays: the stack is noted further out.
        if result.is_ok() {
            session::swap_position(before);
        }
        result
    });
    engine.register_custom_syntax_with_state_raw(MAYBE, never, false, |ctx, parts, _| {
        match ctx.eval_expression_tree(&parts[0]) {
            Err(error) if matches!(*error, EvalAltResult::ErrorPropertyNotFound(..)) => Ok(Dynamic::UNIT),
            other => other,
        }
    });
    engine.register_custom_syntax_with_state_raw(
        BODY,
        |_, _, state| match HANDOVER.take() {
            Some(body) => {
                *state = body;
                Ok(None)
            }
            None => Err(internal()),
        },
        false,
        |ctx, _, state| run(ctx, state),
    );
}

/// An error with a position, if it has none of its own.
fn placed(mut error: Box<EvalAltResult>, position: Position) -> Box<EvalAltResult> {
    if error.position().is_none() {
        error.set_position(position);
    }
    error
}

fn internal() -> ParseError {
    LexError::ImproperSymbol(String::new(), "this word belongs to the engine".into()).into_err(Position::NONE)
}

/// Runs a function's body in its own surroundings.
///
/// Rhai finds unqualified functions by name in whatever libraries are on its stack, and remembers the answer by name
/// alone: a private `helper` of one module would be taken for another's. So every body has its own library on top, and
/// a fresh memory whenever execution crosses from one source into another.
fn run(ctx: &mut EvalContext, state: &Dynamic) -> Res<Dynamic> {
    let Some(body) = state.read_lock::<Body>().map(|b| b.0.clone()) else {
        return Err(ScriptFault::new("a function lost its body").into());
    };
    let home = body.home.0.get().and_then(Weak::upgrade);
    let elsewhere =
        home.filter(|home| ctx.global_runtime_state().lib.last().is_none_or(|top| !Shared::ptr_eq(home, top)));
    let crossed = session::crosses_into(body.unit);
    let _entered = session::enter(body.unit, body.function.clone(), body.start);
    let mut frame = ctx.new_frame().with_source(body.source.clone());
    if crossed || elsewhere.is_some() {
        frame = frame.with_new_caching_layer();
    }
    if let Some(home) = elsewhere {
        frame = frame.with_namespace(home);
    }
    let result = frame.eval_expression_tree(&Expression::from(&body.block));
    if let Err(error) = &result {
        session::note_failure(error);
    }
    result
}

fn text(ctx: &mut EvalContext, parts: &[Expression]) -> Res<Dynamic> {
    let mut joined = String::new();
    let mut values: Vec<Dynamic> = Vec::new();
    for part in parts {
        let expr: &Expr = part;
        let value = match expr {
            Expr::StringConstant(text, _) => text.clone().into(),
            _ => ctx.eval_expression_tree(part)?.flatten(),
        };
        if let Ok(text) = value.as_immutable_string_ref() {
            append(&mut joined, &text)?;
            continue;
        }
        let value = crate::operators::text(&[value]).map_err(|fault| fault.raise(inner_position(part)))?;
        if let Ok(text) = value.as_immutable_string_ref() {
            append(&mut joined, &text)?;
            continue;
        }
        if !joined.is_empty() {
            values.push(std::mem::take(&mut joined).into());
        }
        values.push(value);
    }
    if values.is_empty() {
        return Ok(joined.into());
    }
    if !joined.is_empty() {
        values.push(joined.into());
    }
    Ok(crate::operators::text(&values)?)
}

/// Adds to a text, which must not grow beyond what a text may be.
fn append(joined: &mut String, text: &str) -> Result<(), ScriptFault> {
    limits::text(joined.len().checked_add(text.len()))?;
    joined.push_str(text);
    Ok(())
}

/// `${ expr }` is a block: the place is that of the expression in it.
fn inner_position(part: &Expression) -> Position {
    let expr: &Expr = part;
    match expr {
        Expr::Stmt(block) => block.iter().last().map_or(expr.position(), Stmt::position),
        _ => expr.position(),
    }
}
