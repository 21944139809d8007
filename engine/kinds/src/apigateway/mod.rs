//! Amazon API Gateway: REST APIs.

service! {
    deployment::Deployment,
    domain_name::DomainName,
    integration::Integration,
    mapping::Mapping,
    method::Method,
    resource::RestResource,
    rest_api::RestApi,
    stage::Stage,
}
