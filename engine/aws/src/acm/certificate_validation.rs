//! `acm.certificate_validation`: lifecycle. The id is the certificate's ARN. Nothing is made, changed or deleted.

use aws_sdk_acm::types::CertificateStatus;
use dr_core::cloud::{Intent, Settled};
use dr_core::convert::NoOutputs;
use dr_kinds::acm::CertificateValidation;

use super::described::{describe, lost};
use crate::connect::Cx;
use crate::lifecycle::{Lifecycle, Result};

impl Lifecycle for CertificateValidation {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        let certificate = describe(cx, &args.certificate_arn).await?;
        Ok(certificate.map(|_| args.certificate_arn.clone()))
    }

    async fn create(_cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        Ok(args.certificate_arn.clone())
    }

    async fn settle(cx: &Cx<'_>, id: &str, _args: &Self) -> Result<Settled> {
        let Some(certificate) = describe(cx, id).await? else {
            return Ok(Settled::Failed("the certificate is gone".into()));
        };
        Ok(match lost(&certificate) {
            Some(failed) => failed,
            None if certificate.status() == Some(&CertificateStatus::Issued) => Settled::Ready,
            None => Settled::Wait(None),
        })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        Ok(describe(cx, id).await?.map(|_| (last.clone(), NoOutputs {})))
    }

    async fn delete(_cx: &Cx<'_>, _id: &str, _last: &Self) -> Result<()> {
        Ok(())
    }

    async fn deleted(_cx: &Cx<'_>, _id: &str, _last: &Self) -> Result<Settled> {
        Ok(Settled::Ready)
    }
}
