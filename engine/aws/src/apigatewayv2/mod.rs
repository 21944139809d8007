//! Amazon API Gateway: HTTP APIs.

crate::lifecycle::service! { apigatewayv2 {} }
