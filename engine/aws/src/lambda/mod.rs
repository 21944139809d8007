//! AWS Lambda.

crate::lifecycle::service! {
    lambda ("lambda", errors::ERRORS) {
        alias::FunctionAlias, concurrency::Concurrency, event_source_mapping::EventSourceMapping,
        function::LambdaFunction, permission::Permission
    }
}

mod arguments;
mod errors;
mod leftovers;
mod names;
mod quota;
mod tagging;
#[cfg(test)]
mod tests;

pub(crate) use leftovers::LEFTOVERS;
