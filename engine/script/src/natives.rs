//! What an engine answers without a namespace.

use std::collections::{BTreeMap, BTreeSet};

use rhai::Engine;

/// What can be called without a namespace: names with the numbers of their parameters.
pub(crate) type Natives = BTreeMap<String, BTreeSet<usize>>;

/// The natives of an engine.
pub(crate) fn natives(engine: &Engine) -> Natives {
    let mut found = Natives::new();
    let all = engine.collect_fn_metadata(
        None,
        |info| info.namespace.is_empty().then(|| (info.metadata.name.to_string(), info.metadata.num_params)),
        true,
    );
    for (name, params) in all.into_iter().filter(|(name, _)| rhai::is_valid_identifier(name)) {
        found.entry(name).or_default().insert(params);
    }
    found
}
