//! C13: records that lead to an API.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a record that leads to an API stands for a domain name of API Gateway, of the record's own name and with a mapping",
    why: "An API's own host answers to its own name alone: under another name the certificate does not fit, and API Gateway \
          answers 403.",
    mend: "Declare a domain name with a certificate and a mapping, and let the record be an alias of its `regional_domain_name`.",
    source: "https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html",
    ..Check::all("C13", "api-record", &["route53.record"], look)
};

/// What an API's own host belongs to.
const APIS: &[&str] = &["apigateway.rest_api", "apigateway.stage", "apigatewayv2.api", "apigatewayv2.stage"];
/// Domain names of API Gateway, and what leads on from them.
const DOMAINS: &[(&str, &str)] =
    &[("apigateway.domain_name", "apigateway.mapping"), ("apigatewayv2.domain_name", "apigatewayv2.mapping")];

fn look(planned: &Planned<'_>, found: &mut Findings) {
    for record in planned.of("route53.record") {
        let mut places = vec!["alias.name".to_owned()];
        if record.text("type") == Some("CNAME") {
            places.extend(record.each("records"));
        }
        for path in places.iter().filter(|path| record.is_given(path)) {
            leads(planned, record, path, found);
        }
    }
}

fn leads(planned: &Planned<'_>, record: &Resource<'_>, path: &str, found: &mut Findings) {
    let reads = record.reads(path);
    let mut read = reads.iter().filter_map(|read| planned.get(&read.address));
    let to = read.next();
    // The domain names of API Gateway have hosts that begin with `d-`.
    let is_host = |text: &str| text.contains(".execute-api.") && !text.starts_with("d-");
    let own_host =
        to.is_some_and(|to| APIS.contains(&to.kind.name)) || reads.is_empty() && record.text(path).is_some_and(is_host);
    if own_host {
        let message =
            format!("`{}` leads to the own host of an API, which does not answer to another name", record.address);
        let finding = Finding::new(path, message).label("an API's own host");
        let finding = to.into_iter().fold(finding, |finding, api| finding.also(api, "", "the API"));
        let help = "declare a domain name of API Gateway with a certificate and a mapping, and take its `regional_domain_name`";
        found.add(record, finding.help(help));
        return;
    }
    let Some(domain) = to else { return };
    let Some((_, mapping)) = DOMAINS.iter().find(|(kind, _)| *kind == domain.kind.name) else { return };
    let plain = |name: &str| name.trim_end_matches('.').to_lowercase();
    if let (Some(name), Some(own)) = (record.text("name").map(plain), domain.text("domain_name").map(plain))
        && !is_name(&own, &name)
    {
        let message = format!(
            "`{}` is called `{name}` and leads to the domain name `{own}`, which answers to its own name",
            record.address
        );
        let finding =
            Finding::new("name", message).label("another name").also(domain, "domain_name", "the domain name");
        found.add(record, finding.help(format!("call the record `{own}`, or declare a domain name `{name}`")));
    }
    if planned.users(domain, mapping, "domain_name").next().is_none() {
        let message = format!("`{}` leads to `{}`, which leads to no API", record.address, domain.address);
        let finding = Finding::new(path, message).label("no mapping").also(domain, "", "the domain name");
        found.add(record, finding.help(format!("declare an `{mapping}` of it")).warning());
    }
}

/// Whether a domain name, which may begin with `*`, is for a name.
fn is_name(domain: &str, name: &str) -> bool {
    match domain.strip_prefix("*.") {
        Some(rest) => name.split_once('.').is_some_and(|(_, below)| below == rest),
        None => domain == name,
    }
}
