//! `acm.certificate_validation`: facts.

use dr_macros::Kind;

/// That a certificate is issued: nothing in AWS, but what waits for it.
///
/// What uses the certificate names this one's `certificate_arn`, and so comes after it. It waits as long as the records
/// cannot be seen: for a domain that nobody delegated to the zone, for ever.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "acm.certificate_validation",
    id = "{certificate_arn}",
    unique = "region: certificate_arn",
    deleted_with = "certificate_arn",
    create = "3m",
    delete = "1s",
    pace = "10s"
)]
pub struct CertificateValidation {
    /// ARN of the certificate.
    #[arg(replace, refers("acm.certificate.arn"), grammar(Arn(&arns::CERTIFICATE)))]
    pub certificate_arn: String,
    /// Names of the records that prove it, for the order alone: it is waited for once they are there.
    #[arg(replace, default = [], unordered, ignore_case, refers("route53.record.fqdn", loose))]
    pub validation_record_fqdns: Vec<String>,
}
