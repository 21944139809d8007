//! D25: tags that tell whose a resource is.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};
use crate::cloud::tag;

pub(super) const CHECK: Check = Check {
    asks: "no script gives tags that begin with `dr:`",
    why: "By these tags the engine knows whose a resource is: with others in their place, a destroy would not find it, or \
          another environment would take it for its own.",
    mend: "Give the tag another name.",
    source: "docs/architecture.md",
    ..Check::each("D25", "identity-tags", &[], look)
};

fn look(resource: &Resource<'_>, _: &Planned<'_>, found: &mut Findings) {
    let Some(field) = resource.kind.tags() else { return };
    for key in resource.keys(field.name).into_iter().filter(|key| key.to_lowercase().starts_with(tag::PREFIX)) {
        let message = format!("the tag `{key}` of `{}` is the engine's own", resource.address);
        let path = format!("{}.{key}", field.name);
        found.add(resource, Finding::new(&path, message).on_key().help("give it another name"));
    }
}
