//! Amazon API Gateway: REST APIs.
//!
//! What belongs to an API has no tags of its own, but for stages; it is found through the API, by what it is called
//! there. Changes are lists of PATCH operations (`patch`), made from what is there to what shall be: an operation that
//! has been done is refused when it comes again, so what is there is read first.

crate::lifecycle::service! {
    apigateway ("apigateway", crate::gateway::ERRORS) {
        deployment::Deployment,
        domain_name::DomainName,
        integration::Integration,
        mapping::Mapping,
        method::Method,
        resource::RestResource,
        rest_api::RestApi,
        stage::Stage,
    }
}

mod patch;
mod tagging;
#[cfg(test)]
mod tests;
mod values;
