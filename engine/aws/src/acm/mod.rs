//! AWS Certificate Manager.

crate::lifecycle::service! {
    acm ("acm", errors::ERRORS) { certificate::Certificate, certificate_validation::CertificateValidation }
    look_ups { certificate_by_domain::CertificateByDomain }
}

mod described;
mod errors;
#[cfg(test)]
mod tests;

use aws_sdk_acm::types::Tag;

use crate::tags::ServiceTag;

// Of this service's tags the name must be there and the value need not.
impl ServiceTag for Tag {
    fn make(key: String, value: String) -> Option<Self> {
        Tag::builder().key(key).value(value).build().ok()
    }
    fn pair(&self) -> (&str, &str) {
        (self.key(), self.value().unwrap_or_default())
    }
}
