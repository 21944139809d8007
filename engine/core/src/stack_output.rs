//! What another stack gives: the look-up behind `dr::output(environment, program, name)`.
//!
//! It is the language's own: every registry knows it by name, so that resources may need it, and none lists it, since no
//! script constructs it and no cloud answers it. Where states are is known to the command line alone, which reads them
//! behind a trait.

use crate::schema::{Field, Kind, Place, Type};
use crate::value::Value;

/// The suffix of the environment that is asked.
pub const ENVIRONMENT: &str = "environment";
/// The program that is asked.
pub const PROGRAM: &str = "program";
/// The output that is asked for.
pub const NAME: &str = "name";
/// The attribute that holds the answer.
pub const VALUE: &str = "value";

/// The look-up.
pub static KIND: Kind = Kind {
    place: Place::Local,
    lookup: true,
    ..Kind::new(
        "dr.output",
        "Looks up an output of another stack, as its last apply recorded it.",
        &[
            Field::new(ENVIRONMENT, "The suffix of its environment.", Type::Str),
            Field::new(PROGRAM, "The name of its program.", Type::Str),
            Field::new(NAME, "The name of the output.", Type::Str),
        ],
        &[Field::new(VALUE, "Its value.", Type::Any)],
    )
};

/// Reads the states of stacks.
pub trait StackOutputs: Send + Sync {
    /// The value of an output, as the last apply of a stack recorded it. What is secret there is marked as such.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    fn output(&self, environment: &str, program: &str, name: &str) -> Result<Value, NoOutput>;
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NoOutput {
    /// What is wrong, and what there is instead.
    pub message: String,
    /// Whether the state could not be read, or is not there: then the last answer counts. Else what the state says has
    /// changed, or what is asked for never was.
    pub is_lost: bool,
}
