//! `env`: the one variable that every program has.

use rhai::{Dynamic, Map};

use crate::session;

/// The variables that exist everywhere.
pub(crate) const GLOBALS: &[&str] = &["env"];

/// What `env` holds.
pub(crate) const ENVIRONMENT: &[&str] = &["suffix", "name", "ephemeral"];

/// The value of `env`.
pub(crate) fn environment() -> Dynamic {
    session::with(|s| {
        let environment = &s.environment;
        let values: [Dynamic; 3] =
            [environment.suffix.as_str().into(), environment.name.as_str().into(), environment.ephemeral.into()];
        let names = ENVIRONMENT.iter().map(|name| (*name).into());
        Dynamic::from_map(names.zip(values).collect::<Map>())
    })
}
