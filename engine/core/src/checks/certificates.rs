//! C39: certificates that cover the names they are used for.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "the certificate of a custom domain covers its name",
    why: "API Gateway refuses a domain whose certificate is for other names. A wildcard stands for one label: `*.pay.net` \
          covers `api.pay.net` and neither `pay.net` nor `a.api.pay.net`.",
    mend: "Request the certificate for the name itself, or add it to `subject_alternative_names`.",
    source: "https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html",
    ..Check::each("C39", "certificate-covers-name", &["apigateway.domain_name", "apigatewayv2.domain_name"], look)
};

fn look(domain: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let Some(name) = domain.text("domain_name") else { return };
    for path in ["regional_certificate_arn", "certificate_arn"] {
        let Some(certificate) = planned.target(domain, path).filter(|found| found.kind.name == "acm.certificate")
        else {
            continue;
        };
        let Some(first) = certificate.text("domain_name") else { continue };
        let others = certificate.each("subject_alternative_names");
        let names: Option<Vec<&str>> = others.iter().map(|path| certificate.text(path)).collect();
        let Some(mut names) = names else { continue };
        names.push(first);
        if !names.iter().any(|covered| covers(covered, name)) {
            let message = format!("`{}` is called {name}, which its certificate does not cover", domain.address);
            let finding = Finding::new("domain_name", message);
            let finding = finding.also(certificate, "domain_name", format!("it covers {}", names.join(", ")));
            found.add(domain, finding.help(format!("request the certificate for {name}")));
        }
    }
}

/// Whether a name of a certificate stands for another name.
fn covers(covered: &str, name: &str) -> bool {
    let [covered, name] = [covered, name].map(|name| name.trim_end_matches('.').to_lowercase());
    match covered.strip_prefix("*.") {
        Some(parent) => name.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == parent),
        None => covered == name,
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_wildcard_stands_for_one_label() {
        for (covered, name, expected) in [
            ("pay.net", "pay.net", true),
            ("pay.net", "PAY.net.", true),
            ("*.pay.net", "api.pay.net", true),
            ("*.pay.net", "pay.net", false),
            ("*.pay.net", "a.api.pay.net", false),
            ("*.pay.net", "api.xpay.net", false),
            ("api.pay.net", "api2.pay.net", false),
        ] {
            assert_eq!(covers(covered, name), expected, "{covered} {name}");
        }
    }
}
