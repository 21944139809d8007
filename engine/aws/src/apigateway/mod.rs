//! Amazon API Gateway: REST APIs.

crate::lifecycle::service! { apigateway {} }
