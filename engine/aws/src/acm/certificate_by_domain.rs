//! `acm.certificate_by_domain`: look-up.

use aws_sdk_acm::types::{CertificateStatus, CertificateSummary};
use dr_core::cloud::{CloudError, ErrorClass};
use dr_kinds::acm::{CertificateByDomain, CertificateByDomainOut};

use super::described::{describe, list};
use crate::connect::Cx;
use crate::lifecycle::{LookUp, Result};

impl LookUp for CertificateByDomain {
    async fn look_up(cx: &Cx<'_>, args: &Self) -> Result<CertificateByDomainOut> {
        let mut issued = list(cx, Some(CertificateStatus::Issued)).await?;
        let age =
            |one: &CertificateSummary| one.issued_at.or(one.imported_at).or(one.created_at).map(|at| at.as_nanos());
        issued.sort_by_key(|one| std::cmp::Reverse(age(one)));
        for one in issued {
            let (Some(arn), Some(domain)) = (one.certificate_arn, one.domain_name) else { continue };
            let mut names = one.subject_alternative_name_summaries.unwrap_or_default();
            names.push(domain);
            let listed = names.iter().any(|name| covers(name, &args.domain_name));
            // A summary has the first hundred names only.
            let rest = !listed && one.has_additional_subject_alternative_names == Some(true);
            let all = if rest { describe(cx, &arn).await? } else { None };
            let further = all.and_then(|all| all.subject_alternative_names).unwrap_or_default();
            if listed || further.iter().any(|name| covers(name, &args.domain_name)) {
                return Ok(CertificateByDomainOut { arn });
            }
        }
        let why = format!("{}: no issued certificate of {} covers `{}`", cx.address(), cx.region(), args.domain_name);
        Err(CloudError::new(ErrorClass::Invalid, "acm:ListCertificates", "NoCertificate", why))
    }
}

/// Whether a certificate's name is a domain name, itself or by a `*` in the place of its first part.
fn covers(name: &str, domain: &str) -> bool {
    let parent = domain.split_once('.').map(|(_, parent)| parent);
    match name.strip_prefix("*.") {
        Some(rest) if parent.is_some_and(|parent| parent.eq_ignore_ascii_case(rest)) => true,
        _ => name.eq_ignore_ascii_case(domain),
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_star_stands_for_one_part() {
        for (name, domain, is) in [
            ("api.shop.com", "API.shop.com", true),
            ("*.shop.com", "api.shop.com", true),
            ("*.shop.com", "shop.com", false),
            ("*.shop.com", "a.api.shop.com", false),
            ("*.shop.com", "*.shop.com", true),
            ("shop.com", "api.shop.com", false),
        ] {
            assert_eq!(covers(name, domain), is, "{name} for {domain}");
        }
    }
}
