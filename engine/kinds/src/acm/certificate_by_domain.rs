//! `acm.certificate_by_domain`: facts.

use dr_macros::{Block, Kind};

/// Looks up the newest issued certificate of the region that covers a domain name.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "acm.certificate_by_domain",
    outputs = CertificateByDomainOut,
    lookup,
    id = "arn:aws:acm:{region}:111122223333:certificate/{uuid}"
)]
pub struct CertificateByDomain {
    /// Domain name that the certificate must be for, itself or by a `*` in the place of its first part.
    #[arg(ignore_case, length = 1..=253)]
    pub domain_name: String,
}

/// Computed attributes of the certificate.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct CertificateByDomainOut {
    /// ARN.
    // In the sandbox it is another account's, and so taken on trust: no certificate there has it.
    #[out(like = "{id}")]
    pub arn: String,
}
