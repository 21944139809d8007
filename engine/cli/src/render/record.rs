//! A record, as people read it.

use dr_core::record::{Record, Unfinished};
use dr_core::registry::Registry;
use dr_core::schema::Place;

use super::change::show;
use super::{STRONG, pad, paint, safe};

/// All that is recorded of a resource.
pub(crate) fn one(r: &Record, registry: &Registry) -> String {
    let local = registry.get(&r.kind).is_some_and(|k| k.place == Place::Local);
    let mut out = format!("{}\n", paint(STRONG, r.address.as_str()));
    let mut line = |name: &str, value: &str| out.push_str(&format!("  {}  {value}\n", pad(name, 10)));
    line("id", &safe(&r.id));
    line("region", r.region.as_deref().unwrap_or(if local { "local" } else { "global" }));
    if r.protect {
        line("protected", "plans must not delete it");
    }
    match r.incomplete {
        Some(Unfinished::Begun) => {
            line("incomplete", "it was begun and is not finished; the next apply goes on with it")
        }
        Some(Unfinished::Lost) => line("incomplete", "its secret is lost with the key; the next apply makes it anew"),
        Some(Unfinished::Failed) => line("incomplete", "it will never be ready; the next apply makes it anew"),
        None => {}
    }
    if !r.needs.is_empty() {
        let needs: Vec<&str> = r.needs.iter().map(|n| n.address.as_str()).collect();
        line("needs", &needs.join("\n              "));
    }
    for (title, values) in [("Arguments", &r.args), ("Attributes", &r.outputs)] {
        if values.is_empty() {
            continue;
        }
        out.push_str(&format!("{}\n", paint(STRONG, title)));
        let width = values.keys().map(|k| k.chars().count()).max().unwrap_or(0);
        out.extend(values.iter().map(|(name, value)| format!("  {}  {}\n", pad(name, width), show(value))));
    }
    out
}
