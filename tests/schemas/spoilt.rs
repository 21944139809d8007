//! A kind that differs from its type in every way that can be seen, for the test of the comparison itself.

use dr_core::schema::{Condition, Field, Kind, Presence, Type};

/// A kind that differs from its type in every way that can be seen, for the test of the comparison itself.
pub(crate) const SPOILT: Kind = Kind::new("lambda.function", "", SPOILT_ARGUMENTS, SPOILT_OUTPUTS);

const SPOILT_ARGUMENTS: &[Field] = &[
    Field { presence: Presence::Optional, ..Field::new("function_name", "", Type::Str) },
    Field { presence: Presence::Optional, ..Field::new("role", "", Type::Str) },
    Field { checks: &[Condition::Length(0, 255)], ..Field::new("description", "", Type::Str) },
    Field { presence: Presence::Optional, ..Field::new("arn", "", Type::Str) },
    Field { presence: Presence::Optional, replace: true, ..Field::new("layers", "", Type::Map(&Type::Str)) },
    Field { presence: Presence::Optional, checks: &[Condition::Range(1, 900)], ..Field::new("timeout", "", Type::Int) },
    Field { presence: Presence::Optional, ..Field::new("memory_size", "", Type::Int) },
    Field {
        presence: Presence::Optional,
        checks: &[Condition::OneOf(&["Zip", "Tar"])],
        ..Field::new("package_type", "", Type::Str)
    },
    Field { presence: Presence::Optional, ..Field::new("tracing_mode", "", Type::Str) },
    Field {
        presence: Presence::Optional,
        checks: &[Condition::Pattern("[a-z]{1,128}|no such handler")],
        ..Field::new("handler", "", Type::Str)
    },
    Field { presence: Presence::Optional, ..Field::new("vpc_config", "", Type::Object(SPOILT_BLOCK)) },
];
const SPOILT_BLOCK: &[Field] =
    &[Field { presence: Presence::Optional, ..Field::new("subnet_id", "", Type::List(&Type::Str)) }];
const SPOILT_OUTPUTS: &[Field] = &[Field::new("runtime", "", Type::Str)];

/// What must be found of it.
pub(crate) const SPOILT_IN: &[&str] = &[
    "lambda.function.arn computed",
    "lambda.function.description max_length",
    "lambda.function.description required",
    "lambda.function.function_name min_length",
    "lambda.function.function_name pattern",
    "lambda.function.function_name replace",
    "lambda.function.handler pattern",
    "lambda.function.layers replace",
    "lambda.function.layers type",
    "lambda.function.memory_size maximum",
    "lambda.function.memory_size minimum",
    "lambda.function.package_type enum",
    "lambda.function.package_type replace",
    "lambda.function.role max_length",
    "lambda.function.role pattern",
    "lambda.function.role required",
    "lambda.function.runtime computed",
    "lambda.function.timeout maximum",
    "lambda.function.tracing_mode property",
    "lambda.function.vpc_config.subnet_id property",
];
