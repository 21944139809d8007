//! Amazon API Gateway: HTTP and WebSocket APIs.

crate::lifecycle::service! {
    apigatewayv2 ("apigatewayv2", crate::gateway::ERRORS) {
        api::Api,
        domain_name::HttpDomainName,
        integration::HttpIntegration,
        mapping::HttpMapping,
        route::HttpRoute,
        stage::HttpStage,
    }
}

mod pages;
mod tagging;
#[cfg(test)]
mod tests;
mod values;
