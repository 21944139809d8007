//! Amazon API Gateway: HTTP and WebSocket APIs.

crate::lifecycle::service! {
    apigatewayv2 ("apigatewayv2", crate::gateway::ERRORS) {
        api::Api,
        domain_name::DomainName,
        integration::Integration,
        mapping::Mapping,
        route::Route,
        stage::Stage,
    }
}

mod pages;
mod tagging;
#[cfg(test)]
mod tests;
mod values;
