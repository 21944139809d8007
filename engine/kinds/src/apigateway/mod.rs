//! Amazon API Gateway: REST APIs.

service! {}
