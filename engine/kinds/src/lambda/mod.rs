//! AWS Lambda.

service! {
    alias::FunctionAlias, concurrency::Concurrency, event_source_mapping::EventSourceMapping, function::LambdaFunction,
    permission::Permission
}
