//! `acm.certificate`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A public certificate, proved by DNS records: those of `validation_options`, as `route53.record` or elsewhere.
///
/// It is of use only once it is issued: let what uses it name the `certificate_arn` of an `acm.certificate_validation`.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "acm.certificate",
    repeats = true,
    outputs = CertificateOut,
    id = "arn:aws:acm:{region}:{account}:certificate/{uuid}",
    create = "10s",
    update = "1s",
    delete = "5s",
    pace = "2s"
)]
pub struct Certificate {
    /// Domain name. A first part of `*` stands for any single part.
    #[arg(replace, ignore_case, length = 1..=64, pattern = "(\\*\\.)?([A-Za-z0-9_-]{1,63}\\.)+[A-Za-z0-9-]{2,63}")]
    pub domain_name: String,
    /// Further domain names.
    #[arg(replace, default = [], unordered, ignore_case, length = 0..=99)]
    pub subject_alternative_names: Vec<String>,
    /// Algorithm of the key. Load balancers and API Gateway take RSA up to 2,048 bits and the curves up to 384 bits.
    #[arg(
        replace,
        default = "RSA_2048",
        one_of("RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1")
    )]
    pub key_algorithm: String,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a certificate.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct CertificateOut {
    /// ARN; also the id.
    #[out(like = "{id}")]
    pub arn: String,
    /// What proves each domain name, `domain_name` first. A name and its `*` are proved by one and the same record.
    pub validation_options: Vec<ValidationOption>,
}

/// The record that proves a domain name.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ValidationOption {
    /// The domain name.
    #[out(like = "{domain_name}")]
    pub domain_name: String,
    /// Full name of the record, without a dot at its end.
    #[out(like = "_{hex:32}.{domain_name}")]
    pub record_name: String,
    /// Type of the record.
    #[out(like = "CNAME")]
    pub record_type: String,
    /// Value of the record, without a dot at its end.
    #[out(like = "_{hex:32}.{hex:10}.acm-validations.aws")]
    pub record_value: String,
}
