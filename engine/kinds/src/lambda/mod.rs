//! AWS Lambda.

service! { event_source_mapping::EventSourceMapping, function::Function, permission::Permission }
