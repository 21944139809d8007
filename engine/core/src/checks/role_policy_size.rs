//! C92: the size of the policies that are written into a role.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

/// What IAM takes for all policies of a role together, in characters without white space.
const MOST: usize = 10_240;

pub(super) const CHECK: Check = Check {
    asks: "the policies that are written into a role have 10,240 characters together, without white space",
    why: "IAM refuses the policy with which a role has more.",
    mend: "Put statements into an `iam.policy` and attach it: each has a limit of its own.",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
    ..Check::around("C92", "role-policy-size", &["iam.role", "iam.role_policy"], look)
};

fn look(role: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    // What is not known yet only adds to it.
    let sized = planned.users(role, "iam.role_policy", "role").map(|policy| (policy, size(policy)));
    let sized: Vec<(&Resource<'_>, usize)> = sized.collect();
    let total: usize = sized.iter().map(|(_, size)| size).sum();
    let Some((largest, _)) = sized.iter().max_by_key(|(_, size)| size).filter(|_| total > MOST && sized.len() > 1)
    else {
        return;
    };
    let message = format!(
        "the {} policies in `{}` have {total} characters together, and IAM takes {MOST}",
        sized.len(),
        role.address
    );
    let finding = Finding::new("policy", message).label("the largest of them").also(role, "", "the role");
    found.add(largest, finding.help("put its statements into an `iam.policy`, and attach that"));
}

/// The characters of a policy, as far as they are known.
fn size(policy: &Resource<'_>) -> usize {
    match policy.document("policy") {
        Some(document) => document.to_json().chars().filter(|c| !c.is_whitespace()).count(),
        None => 0,
    }
}
