//! `apigateway.domain_name`: lifecycle. The id is the name.

use aws_sdk_apigateway::operation::get_domain_name::GetDomainNameOutput;
use aws_sdk_apigateway::types::{
    DomainNameStatus, EndpointConfiguration, EndpointType, MutualTlsAuthenticationInput, SecurityPolicy,
};
use dr_core::cloud::{Intent, Settled};
use dr_kinds::apigateway::{DomainName, DomainNameOut, MutualTls};

use super::patch::Patch;
use super::tagging::retag;
use crate::connect::{Cx, MayBeGone as _};
use crate::gateway::filled;
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

impl Lifecycle for DomainName {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let domain = get(cx, &args.domain_name).await.found()?;
        Ok(domain.filter(|domain| tags::ours(domain.tags(), intent)).map(|_| args.domain_name.clone()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let endpoint = EndpointConfiguration::builder().types(EndpointType::Regional).build();
        let domain = cx.apigateway().create_domain_name().domain_name(&args.domain_name);
        let domain = domain.endpoint_configuration(endpoint).regional_certificate_arn(&args.regional_certificate_arn);
        let domain = domain.security_policy(SecurityPolicy::from(args.security_policy.as_str()));
        let trust = args.mutual_tls_authentication.as_ref().map(|tls| {
            let trust = MutualTlsAuthenticationInput::builder().truststore_uri(&tls.truststore_uri);
            trust.set_truststore_version(tls.truststore_version.clone()).build()
        });
        let domain = domain.set_mutual_tls_authentication(trust);
        let domain = domain.set_tags(Some(tags::given(&args.tags, intent).into_iter().collect()));
        cx.call("apigateway:CreateDomainName", domain.send()).await?;
        Ok(args.domain_name.clone())
    }

    async fn settle(cx: &Cx<'_>, id: &str, _args: &Self) -> Result<Settled> {
        let domain = get(cx, id).await?;
        let why = || domain.domain_name_status_message().unwrap_or("API Gateway does not say why").to_owned();
        Ok(match &domain.domain_name_status {
            // One that tells no status is ready.
            None | Some(DomainNameStatus::Available) => Settled::Ready,
            Some(DomainNameStatus::Failed) => Settled::Failed(why()),
            // These wait for a person.
            Some(
                status
                @ (DomainNameStatus::PendingCertificateReimport | DomainNameStatus::PendingOwnershipVerification),
            ) => Settled::Failed(format!("{}: {}", status.as_str(), why())),
            _ => Settled::Wait(None),
        })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, DomainNameOut)>> {
        let Some(domain) = get(cx, id).await.found()? else { return Ok(None) };
        let live = arguments(&domain, last);
        let out = DomainNameOut {
            arn: arn(cx, id),
            regional_domain_name: domain.regional_domain_name.unwrap_or_default(),
            regional_zone_id: domain.regional_hosted_zone_id.unwrap_or_default(),
        };
        Ok(Some((live, out)))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        let live = arguments(&get(cx, id).await?, new);
        let mut patch = Patch::default();
        patch.value("/regionalCertificateArn", &live.regional_certificate_arn, &new.regional_certificate_arn);
        patch.value("/securityPolicy", &live.security_policy, &new.security_policy);
        let (was, trust) = (live.mutual_tls_authentication.as_ref(), new.mutual_tls_authentication.as_ref());
        let uri = |tls: Option<&MutualTls>| tls.map(|tls| tls.truststore_uri.clone());
        patch.text("/mutualTlsAuthentication/truststoreUri", uri(was).as_deref(), uri(trust).as_deref());
        if trust.is_some() {
            let version = |tls: Option<&MutualTls>| tls.and_then(|tls| tls.truststore_version.clone());
            patch.text(
                "/mutualTlsAuthentication/truststoreVersion",
                version(was).as_deref(),
                version(trust).as_deref(),
            );
        }
        if let Some(operations) = patch.operations() {
            let domain = cx.apigateway().update_domain_name().domain_name(id).set_patch_operations(Some(operations));
            cx.call("apigateway:UpdateDomainName", domain.send()).await?;
        }
        retag(cx, &arn(cx, id), &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let domain = cx.apigateway().delete_domain_name().domain_name(id);
        cx.call("apigateway:DeleteDomainName", domain.send()).await.found().map(drop)
    }
}

async fn get(cx: &Cx<'_>, name: &str) -> Result<GetDomainNameOutput> {
    cx.call("apigateway:GetDomainName", cx.apigateway().get_domain_name().domain_name(name).send()).await
}

/// The domain name as it is.
fn arguments(domain: &GetDomainNameOutput, last: &DomainName) -> DomainName {
    let trust = domain.mutual_tls_authentication().and_then(|tls| {
        Some(MutualTls {
            truststore_uri: filled(tls.truststore_uri())?,
            truststore_version: filled(tls.truststore_version()),
        })
    });
    DomainName {
        regional_certificate_arn: domain.regional_certificate_arn.clone().unwrap_or_default(),
        security_policy: domain.security_policy().unwrap_or(&SecurityPolicy::Tls12).as_str().to_owned(),
        mutual_tls_authentication: trust,
        tags: tags::user(domain.tags()),
        ..last.clone()
    }
}

fn arn(cx: &Cx<'_>, name: &str) -> String {
    cx.arn("apigateway", &format!("/domainnames/{name}"))
}
