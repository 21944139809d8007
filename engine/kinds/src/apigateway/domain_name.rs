//! `apigateway.domain_name`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A custom domain name of REST APIs, in one region.
///
/// The same name can be there in several regions, each with a certificate of its own; DNS decides between them. API
/// Gateway makes and deletes one domain name every 30 seconds per account and region.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "apigateway.domain_name",
    outputs = DomainNameOut,
    id = "{domain_name}",
    unique = "region: domain_name",
    create = "30s",
    update = "60s",
    delete = "10s",
    pace = "5s"
)]
pub struct DomainName {
    /// The name, e.g. `api.example.com`.
    #[arg(replace, length = 1..=512)]
    pub domain_name: String,
    /// ARN of the certificate, of the same region.
    #[arg(refers("acm.certificate.arn"), grammar(Arn(&arns::CERTIFICATE)))]
    pub regional_certificate_arn: String,
    /// Oldest TLS version that callers may use, with its ciphers.
    #[arg(guards, default = "TLS_1_2", pattern = "TLS_1_[02]|SecurityPolicy_\\w+")]
    pub security_policy: String,
    /// Which certificates callers must show; none when left out.
    #[arg(guards)]
    pub mutual_tls_authentication: Option<MutualTls>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Which certificates callers must show.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct MutualTls {
    /// Object with the certificates of authorities that are trusted: `s3://bucket/key`.
    pub truststore_uri: String,
    /// Version of that object; the newest when left out.
    pub truststore_version: Option<String>,
}

/// Computed attributes of a domain name.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct DomainNameOut {
    /// ARN.
    #[out(like = "arn:aws:apigateway:{region}::/domainnames/{domain_name}")]
    pub arn: String,
    /// Name that DNS records point to.
    #[out(like = "d-{alnum:10}.execute-api.{region}.amazonaws.com")]
    pub regional_domain_name: String,
    /// Id of the hosted zone of that name, for alias records.
    #[out(like = "Z1{hex:12}")]
    pub regional_zone_id: String,
}
