//! What ACM says of certificates.

use aws_sdk_acm::types::{CertificateDetail, CertificateStatus, CertificateSummary, Filters, KeyAlgorithm};
use dr_core::cloud::Settled;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;

/// What a certificate is, or `None` when it is gone.
pub(super) async fn describe(cx: &Cx<'_>, arn: &str) -> Result<Option<CertificateDetail>> {
    let certificate = cx.acm().describe_certificate().certificate_arn(arn).send();
    let reply = cx.call("acm:DescribeCertificate", certificate).await.found()?;
    Ok(reply.and_then(|reply| reply.certificate))
}

/// The certificates of the region: all, or those of one status.
pub(super) async fn list(cx: &Cx<'_>, status: Option<CertificateStatus>) -> Result<Vec<CertificateSummary>> {
    // Unless they are asked for, keys of more than 2,048 bits and of other algorithms are left out.
    let all = KeyAlgorithm::values().iter().map(|name| KeyAlgorithm::from(*name)).collect();
    let list = cx.acm().list_certificates().includes(Filters::builder().set_key_types(Some(all)).build());
    let list = list.set_certificate_statuses(status.map(|status| vec![status]));
    cx.call("acm:ListCertificates", list.into_paginator().items().send().try_collect()).await
}

/// Why a certificate will never be issued, if so.
pub(super) fn lost(certificate: &CertificateDetail) -> Option<Settled> {
    let why = match certificate.status()? {
        CertificateStatus::PendingValidation | CertificateStatus::Issued => return None,
        CertificateStatus::ValidationTimedOut => "nobody proved its domain names within 72 hours".to_owned(),
        status => match certificate.failure_reason() {
            Some(reason) => format!("{}: {}", status.as_str(), reason.as_str()),
            None => status.as_str().to_owned(),
        },
    };
    Some(Settled::Failed(format!("the certificate for {} is lost: {why}", certificate.domain_name().unwrap_or("?"))))
}
