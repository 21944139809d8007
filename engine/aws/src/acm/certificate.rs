//! `acm.certificate`: lifecycle. The id is the ARN.
//!
//! The token keeps a repeated request from making a second certificate for an hour; after that, it is found by its tag
//! among those of the same domain name. What proves the domain names is known some seconds after the request.

use std::collections::BTreeMap;

use aws_sdk_acm::types::{CertificateDetail, CertificateStatus, DomainValidation, KeyAlgorithm, Tag, ValidationMethod};
use dr_core::cloud::{Intent, Settled};
use dr_kinds::acm::{Certificate, CertificateOut, ValidationOption};

use super::described::{describe, list, lost};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

impl Lifecycle for Certificate {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let all = list(cx, None).await?;
        let named = all
            .into_iter()
            .filter(|one| one.domain_name().is_some_and(|name| name.eq_ignore_ascii_case(&args.domain_name)));
        for arn in named.filter_map(|one| one.certificate_arn) {
            if tags_of(cx, &arn).await?.is_some_and(|tagged| tags::ours(&*tagged, intent)) {
                return Ok(Some(arn));
            }
        }
        Ok(None)
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let names = args.subject_alternative_names.clone();
        let certificate = cx.acm().request_certificate().domain_name(&args.domain_name);
        let certificate = certificate.set_subject_alternative_names((!names.is_empty()).then_some(names));
        let certificate = certificate.validation_method(ValidationMethod::Dns).idempotency_token(&*intent.op);
        let certificate = certificate.key_algorithm(KeyAlgorithm::from(args.key_algorithm.as_str()));
        let certificate = certificate.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        let reply = cx.call("acm:RequestCertificate", certificate.send()).await?;
        reply.certificate_arn.ok_or_else(|| cx.incomplete("acm:RequestCertificate", "ARN"))
    }

    async fn settle(cx: &Cx<'_>, id: &str, args: &Self) -> Result<Settled> {
        let Some(certificate) = describe(cx, id).await? else {
            return Ok(Settled::Failed("the certificate is gone".into()));
        };
        let issued = certificate.status() == Some(&CertificateStatus::Issued);
        Ok(match lost(&certificate) {
            Some(failed) => failed,
            None if issued || options(&certificate, args).is_some() => Settled::Ready,
            None => Settled::Wait(None),
        })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, CertificateOut)>> {
        let Some(certificate) = describe(cx, id).await? else { return Ok(None) };
        let Some(tagged) = tags_of(cx, id).await? else { return Ok(None) };
        let domain_name = certificate.domain_name.clone().unwrap_or_else(|| last.domain_name.clone());
        let mut names = certificate.subject_alternative_names.clone().unwrap_or_default();
        // The first name is among the others, whether it was given there or not.
        let given = last.subject_alternative_names.iter().any(|name| name.eq_ignore_ascii_case(&domain_name));
        names.retain(|name| given || !name.eq_ignore_ascii_case(&domain_name));
        let key = certificate.key_algorithm().map(|key| key.as_str().replace('-', "_"));
        let live = Certificate {
            domain_name,
            subject_alternative_names: names,
            key_algorithm: key.unwrap_or_else(|| last.key_algorithm.clone()),
            tags: tags::user(&*tagged),
        };
        let validation_options = options(&certificate, last).unwrap_or_default();
        Ok(Some((live, CertificateOut { arn: id.to_owned(), validation_options })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        let set = async |tags| {
            let certificate = cx.acm().add_tags_to_certificate().certificate_arn(id);
            let call = certificate.set_tags(Some(tags::list(tags))).send();
            cx.call("acm:AddTagsToCertificate", call).await
        };
        let remove = async |names: Vec<String>| {
            // A tag without a value is removed whatever its value is.
            let tags = names.into_iter().filter_map(|name| Tag::builder().key(name).build().ok()).collect();
            let certificate = cx.acm().remove_tags_from_certificate().certificate_arn(id).set_tags(Some(tags));
            cx.call("acm:RemoveTagsFromCertificate", certificate.send()).await
        };
        tags::change(&old.tags, &new.tags, set, remove).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let certificate = cx.acm().delete_certificate().certificate_arn(id);
        cx.call("acm:DeleteCertificate", certificate.send()).await.found().map(drop)
    }
}

async fn tags_of(cx: &Cx<'_>, arn: &str) -> Result<Option<Vec<Tag>>> {
    let tagged = cx.acm().list_tags_for_certificate().certificate_arn(arn).send();
    let reply = cx.call("acm:ListTagsForCertificate", tagged).await.found()?;
    Ok(reply.map(|reply| reply.tags.unwrap_or_default()))
}

/// What proves each domain name, in the order in which they were given; `None` while that is not known of all.
fn options(certificate: &CertificateDetail, args: &Certificate) -> Option<Vec<ValidationOption>> {
    let option = |validation: &DomainValidation| {
        let record = validation.resource_record()?;
        Some(ValidationOption {
            domain_name: validation.domain_name().to_owned(),
            record_name: record.name().trim_end_matches('.').to_owned(),
            record_type: record.r#type().as_str().to_owned(),
            record_value: record.value().trim_end_matches('.').to_owned(),
        })
    };
    let name = |validation: &DomainValidation| validation.domain_name().to_lowercase();
    let mut options: BTreeMap<String, ValidationOption> = BTreeMap::new();
    for validation in certificate.domain_validation_options() {
        options.insert(name(validation), option(validation)?);
    }
    let given = [&args.domain_name].into_iter().chain(&args.subject_alternative_names);
    let mut ordered: Vec<ValidationOption> = given.filter_map(|name| options.remove(&name.to_lowercase())).collect();
    ordered.extend(options.into_values());
    (!ordered.is_empty()).then_some(ordered)
}
