//! Arguments of local kinds. They are complete by the kind's schema, so that one which is missing is an error.

use dr_core::cloud::CloudError;
use dr_core::value::{Map, Value};

use crate::error::refused;

/// How many.
pub(crate) fn count(args: &Map<Value>, name: &str) -> Result<usize, CloudError> {
    let number = args.get(name).and_then(Value::as_int).and_then(|number| usize::try_from(number).ok());
    number.ok_or_else(|| missing(name, "a number"))
}

/// Whether it is wanted.
pub(crate) fn is_on(args: &Map<Value>, name: &str) -> Result<bool, CloudError> {
    args.get(name).and_then(Value::as_bool).ok_or_else(|| missing(name, "a boolean"))
}

/// A text.
pub(crate) fn text<'a>(args: &'a Map<Value>, name: &str) -> Result<&'a str, CloudError> {
    args.get(name).and_then(Value::as_str).ok_or_else(|| missing(name, "a string"))
}

fn missing(name: &str, what: &str) -> CloudError {
    refused(&format!("the argument `{name}` must be {what}, and is not given"))
}
