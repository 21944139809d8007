//! `apigatewayv2.domain_name`: lifecycle. The id is the name.

use aws_sdk_apigatewayv2::operation::get_domain_name::GetDomainNameOutput;
use aws_sdk_apigatewayv2::types::{
    DomainNameConfiguration, DomainNameStatus, EndpointType, MutualTlsAuthenticationInput, SecurityPolicy,
};
use dr_core::cloud::{Intent, Settled};
use dr_kinds::apigatewayv2::{HttpDomainName, HttpDomainNameOut, HttpMutualTls};

use super::tagging::retag;
use crate::connect::{Cx, MayBeGone as _};
use crate::gateway::filled;
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

impl Lifecycle for HttpDomainName {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let domain = get(cx, &args.domain_name).await.found()?;
        Ok(domain.filter(|domain| tags::ours(domain.tags(), intent)).map(|_| args.domain_name.clone()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let domain = cx.apigatewayv2().create_domain_name().domain_name(&args.domain_name);
        let domain = domain.domain_name_configurations(configuration(args));
        let domain = domain.set_mutual_tls_authentication(args.mutual_tls_authentication.as_ref().map(trust));
        let domain = domain.set_tags(Some(tags::given(&args.tags, intent).into_iter().collect()));
        cx.call("apigatewayv2:CreateDomainName", domain.send()).await?;
        Ok(args.domain_name.clone())
    }

    async fn settle(cx: &Cx<'_>, id: &str, _args: &Self) -> Result<Settled> {
        let domain = get(cx, id).await?;
        let Some(live) = domain.domain_name_configurations().first() else { return Ok(Settled::Ready) };
        Ok(match live.domain_name_status() {
            // One that tells no status is ready.
            None | Some(DomainNameStatus::Available) => Settled::Ready,
            // These wait for a person.
            Some(
                status
                @ (DomainNameStatus::PendingCertificateReimport | DomainNameStatus::PendingOwnershipVerification),
            ) => {
                let why = live.domain_name_status_message().unwrap_or("API Gateway does not say why");
                Settled::Failed(format!("{}: {why}", status.as_str()))
            }
            _ => Settled::Wait(None),
        })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, HttpDomainNameOut)>> {
        let Some(domain) = get(cx, id).await.found()? else { return Ok(None) };
        let untold = DomainNameConfiguration::builder().build();
        let live = domain.domain_name_configurations().first().unwrap_or(&untold);
        let out = HttpDomainNameOut {
            arn: arn(cx, id),
            regional_domain_name: filled(live.api_gateway_domain_name()).unwrap_or_default(),
            regional_zone_id: filled(live.hosted_zone_id()).unwrap_or_default(),
        };
        let trust = domain.mutual_tls_authentication().and_then(|tls| {
            Some(HttpMutualTls {
                truststore_uri: filled(tls.truststore_uri())?,
                truststore_version: filled(tls.truststore_version()),
            })
        });
        let args = HttpDomainName {
            certificate_arn: live.certificate_arn.clone().unwrap_or_default(),
            security_policy: live.security_policy().unwrap_or(&SecurityPolicy::Tls12).as_str().to_owned(),
            mutual_tls_authentication: trust,
            tags: tags::user(domain.tags()),
            ..last.clone()
        };
        Ok(Some((args, out)))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        let rest = |domain: &Self| HttpDomainName { tags: Default::default(), ..domain.clone() };
        if rest(old) != rest(new) {
            let domain = cx.apigatewayv2().update_domain_name().domain_name(id);
            let domain = domain.domain_name_configurations(configuration(new));
            // No truststore means no certificates of callers.
            let none = || MutualTlsAuthenticationInput::builder().truststore_uri("").build();
            let trusted = new.mutual_tls_authentication.as_ref().map(trust);
            let trusted = trusted.or_else(|| old.mutual_tls_authentication.as_ref().map(|_| none()));
            let domain = domain.set_mutual_tls_authentication(trusted);
            cx.call("apigatewayv2:UpdateDomainName", domain.send()).await?;
        }
        retag(cx, &arn(cx, id), &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let domain = cx.apigatewayv2().delete_domain_name().domain_name(id);
        cx.call("apigatewayv2:DeleteDomainName", domain.send()).await.found().map(drop)
    }
}

async fn get(cx: &Cx<'_>, name: &str) -> Result<GetDomainNameOutput> {
    cx.call("apigatewayv2:GetDomainName", cx.apigatewayv2().get_domain_name().domain_name(name).send()).await
}

fn arn(cx: &Cx<'_>, name: &str) -> String {
    cx.arn("apigateway", &format!("/domainnames/{name}"))
}

fn configuration(args: &HttpDomainName) -> DomainNameConfiguration {
    DomainNameConfiguration::builder()
        .certificate_arn(&args.certificate_arn)
        .endpoint_type(EndpointType::Regional)
        .security_policy(SecurityPolicy::from(args.security_policy.as_str()))
        .build()
}

fn trust(tls: &HttpMutualTls) -> MutualTlsAuthenticationInput {
    let trust = MutualTlsAuthenticationInput::builder().truststore_uri(&tls.truststore_uri);
    trust.set_truststore_version(tls.truststore_version.clone()).build()
}
