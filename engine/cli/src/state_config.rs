//! `[state]` of `dr.toml`: where states are.

use std::num::NonZeroU16;
use std::ops::Range;

use clap::ValueEnum;
use dr_core::diagnostic::{Diagnostic, Span};
use dr_core::region;
use dr_core::schema::closest;
use serde::Deserialize;
use toml::Spanned;

/// `[state]` and `[environments.NAME.state]`
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default, expecting = "a table")]
pub(crate) struct StateConfig {
    /// What keeps states: `sled` or `dynamodb`.
    pub backend: Option<Spanned<String>>,
    /// The name of the table.
    pub table: Option<String>,
    /// The region of the table.
    pub region: Option<Spanned<String>>,
    /// The region of a replica of the table.
    pub replica: Option<Spanned<String>>,
    /// How long whoever writes may give no sign of life before others may take over.
    pub lease_seconds: Option<NonZeroU16>,
}

impl StateConfig {
    /// This with what a more specific table says.
    pub(crate) fn with(&self, own: &StateConfig) -> StateConfig {
        let StateConfig { backend, table, region, replica, lease_seconds } = own.clone();
        StateConfig {
            backend: backend.or_else(|| self.backend.clone()),
            table: table.or_else(|| self.table.clone()),
            region: region.or_else(|| self.region.clone()),
            replica: replica.or_else(|| self.replica.clone()),
            lease_seconds: lease_seconds.or(self.lease_seconds),
        }
    }

    /// What is wrong although it has the right type.
    pub(crate) fn problems(&self, place: &dyn Fn(Range<usize>) -> Span) -> Vec<Diagnostic> {
        let mut wrong = Vec::new();
        if let Some(backend) = self.backend.as_ref().filter(|name| Backend::from_str(name.get_ref(), false).is_err()) {
            let d = Diagnostic::error(format!("there is no backend `{}`", backend.get_ref()));
            let d = d.at(place(backend.span()), "");
            wrong.push(match closest(backend.get_ref(), BACKENDS.iter().copied()) {
                Some(near) => d.help(format!("did you mean `{near}`?")),
                None => d.help(format!("backends: {}", BACKENDS.join(", "))),
            });
        }
        for region in self.region.iter().chain(&self.replica) {
            if let Err(error) = region::check_name(region.get_ref()) {
                wrong.push(Diagnostic::error(error.to_string()).at(place(region.span()), "").help(error.help()));
            }
        }
        wrong
    }

    /// What keeps states.
    pub(crate) fn backend(&self) -> Backend {
        let named = self.backend.as_ref().and_then(|name| Backend::from_str(name.get_ref(), false).ok());
        named.unwrap_or(Backend::Sled)
    }
}

/// What keeps states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    /// A folder on this machine.
    Sled,
    /// A table of DynamoDB, which machines share.
    Dynamodb,
}

/// The names of what keeps states.
const BACKENDS: &[&str] = &["sled", "dynamodb"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn problem(text: &str) -> String {
        let found = Config::parse(text).unwrap_err();
        found.iter().map(|d| format!("{d} {}\n", d.help.join(" "))).collect()
    }

    #[test]
    fn the_place_of_states_is_checked_and_merged_key_by_key() {
        for (text, why) in [
            ("backend = \"dynamo\"", "dr.toml:2:11: there is no backend `dynamo` did you mean `dynamodb`?"),
            ("backend = \"s3\"", "backends: sled, dynamodb"),
            ("region = \"us-esat-1\"", "dr.toml:2:10: "),
            ("replica = \"us-west-9\"", "dr.toml:2:11: "),
            ("tabel = \"t\"", "did you mean `table`?"),
            ("lease_seconds = 0", "the number 0 stands here, where a whole number from 1 on belongs"),
        ] {
            for table in ["[state]", "[environments.qa.state]"] {
                let found = problem(&format!("{table}\n{text}\n"));
                assert!(found.contains(why), "{table} {text}: {found}");
            }
        }
        let text = "[state]\nbackend = \"dynamodb\"\ntable = \"t\"\nregion = \"us-east-1\"\n\
                    [environments.qa.state]\ntable = \"u\"\n[environments.dev.state]\nbackend = \"sled\"\n";
        let config = Config::parse(text).unwrap();
        let of = |name: &str| config.state.with(&config.environments[name].state);
        assert_eq!((of("qa").backend(), of("qa").table.as_deref()), (Backend::Dynamodb, Some("u")));
        assert_eq!((of("dev").backend(), of("dev").table.as_deref()), (Backend::Sled, Some("t")));
        assert_eq!(Config::default().state.backend(), Backend::Sled);
    }
}
