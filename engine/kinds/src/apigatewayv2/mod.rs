//! Amazon API Gateway: HTTP APIs.

service! {}
