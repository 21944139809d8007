//! C90: where a subscription delivers to, by its protocol.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{AtPath, Planned, Resource};
use crate::grammar::{self, Grammar, form::arns};
use crate::walk::Tree;

/// What the endpoint is, by protocol.
const ENDPOINTS: &[(&str, Grammar)] = &[
    ("email", Grammar::Email),
    ("email-json", Grammar::Email),
    ("http", Grammar::Url("http")),
    ("https", Grammar::Url("https")),
    ("sms", Grammar::Phone),
    ("sqs", Grammar::Arn(&arns::QUEUE)),
    ("lambda", Grammar::Arn(&arns::FUNCTION)),
    ("firehose", Grammar::Arn(&arns::DELIVERY_STREAM)),
    ("application", Grammar::Arn(&arns::APP)),
];

pub(super) const CHECK: Check = Check {
    asks: "a subscription delivers to what its protocol is for",
    why: "SNS refuses an endpoint that does not fit the protocol, and an address that nobody has is found out only when \
          an alarm does not arrive.",
    mend: "Give an e-mail address for `email`, an address of the same scheme for `http` and `https`, a number such as \
           `+15551234567` for `sms`, and an ARN for everything else.",
    source: "https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html",
    ..Check::each("C90", "subscription-endpoint", &["sns.subscription.endpoint"], look)
};

fn look(subscription: &Resource<'_>, _: &Planned<'_>, found: &mut Findings) {
    let Some(protocol) = subscription.text("protocol") else { return };
    let AtPath::Known(endpoint) = subscription.at("endpoint") else { return };
    let Some((_, grammar)) = ENDPOINTS.iter().find(|(of, _)| *of == protocol) else { return };
    for flaw in grammar::flaws(*grammar, Tree::from(endpoint)) {
        let said = match endpoint.has_secret() {
            true => format!("is sensitive and not shown, and is not {}", grammar.describe()),
            false => flaw.what,
        };
        let message = format!("the endpoint of `{}`, of the protocol `{protocol}`, {said}", subscription.address);
        let finding = Finding::new("endpoint", message);
        found.add(
            subscription,
            match flaw.help.filter(|_| !endpoint.has_secret()) {
                Some(help) => finding.help(help),
                None => finding,
            },
        );
    }
}
