//! Amazon API Gateway: HTTP and WebSocket APIs.

service! {
    api::Api,
    domain_name::DomainName,
    integration::Integration,
    mapping::Mapping,
    route::Route,
    stage::Stage,
}
