//! AWS Lambda.

/// ARNs of any service, as Lambda reads them.
const ARN: &str =
    "arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)";
/// ARNs of keys and of what takes failed events.
const RESOURCE_ARN: &str = "arn:(aws[a-zA-Z-]*)?:[a-z0-9.-]+:.*";

service! {
    alias::FunctionAlias, concurrency::Concurrency, event_source_mapping::EventSourceMapping, function::LambdaFunction,
    permission::Permission
}
