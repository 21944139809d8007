//! AWS Certificate Manager.

service! {
    certificate::Certificate, certificate_by_domain::CertificateByDomain,
    certificate_validation::CertificateValidation,
}
