//! Amazon API Gateway: HTTP and WebSocket APIs.

service! {
    api::Api,
    domain_name::HttpDomainName,
    integration::HttpIntegration,
    mapping::HttpMapping,
    route::HttpRoute,
    stage::HttpStage,
}
