//! `dr.toml`: the project's configuration.
//!
//! Everything in it can be left out. A key that nothing reads is refused with the nearest right one, so that a
//! misspelt setting never goes unnoticed.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use dr_core::diagnostic::{Diagnostic, Span};
use dr_core::number;
use dr_core::region;
use dr_core::schema::closest;
use dr_core::value::{Float, Value};
use dr_script::{FileError, read_script};
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::exit::CommandFailure;
use crate::render::diagnostic::Sources;
use crate::state_config::StateConfig;
use crate::suffix::{self, Pattern};
use crate::toml_words::in_words;
use crate::ttl::TtlKeys;

/// The configuration's file name; its folder is the project's root.
pub(crate) const FILE: &str = "dr.toml";

/// The contents of `dr.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a table")]
pub(crate) struct Config {
    /// The cloud when no `--cloud` is given.
    pub cloud: Option<Spanned<String>>,
    /// The environment when no `--env` is given.
    pub environment: Option<String>,
    /// How many calls may be under way at once when no `--parallel` is given.
    pub parallel: Option<NonZeroUsize>,
    /// The embedded cloud.
    pub sandbox: SandboxConfig,
    /// Where states are.
    pub state: StateConfig,
    /// Settings of single programs.
    pub programs: BTreeMap<Spanned<String>, ProgramTable>,
    /// The environments, by their names and patterns.
    pub environments: BTreeMap<Spanned<String>, EnvironmentTable>,
    /// The text itself.
    #[serde(skip)]
    text: String,
}

/// `[sandbox]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a table")]
pub(crate) struct SandboxConfig {
    /// `real`, `instant`, or how many times faster than real.
    pub speed: Option<SpeedSetting>,
    /// Regions that do not answer; `REGION@N` falls silent after N changes there.
    pub regions_down: Vec<String>,
    /// With a seed, one call in twenty is throttled, fails or loses its reply; which ones, the seed decides.
    pub faults: Option<u64>,
}

/// A speed may be written as a text or as a number.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "the speed is `instant`, `real` or a number")]
pub(crate) enum SpeedSetting {
    /// `"instant"`, `"real"`, `"60"`.
    Text(String),
    /// `60`.
    Number(f64),
}

/// `[programs.NAME]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a table")]
pub(crate) struct ProgramTable {
    /// Values for the program's parameters.
    pub parameters: Parameters,
}

/// Values for parameters, by name.
pub(crate) type Parameters = BTreeMap<Spanned<String>, Spanned<toml::Value>>;

/// `[environments.NAME]` and `[environments."PATTERN"]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a table")]
pub(crate) struct EnvironmentTable {
    /// Whether it is meant to be destroyed soon.
    pub ephemeral: Option<bool>,
    /// Whether it must not be destroyed, and nothing in it be lost.
    pub protected: Option<Spanned<bool>>,
    /// The account that it belongs to.
    pub account: Option<Spanned<String>>,
    /// The regions that it may use.
    pub regions: Option<Spanned<Vec<Spanned<String>>>>,
    /// The cloud when no `--cloud` is given.
    pub cloud: Option<Spanned<String>>,
    /// Values for the parameters of its programs.
    pub parameters: Parameters,
    /// Settings of single programs in it.
    pub programs: BTreeMap<Spanned<String>, ProgramTable>,
    /// Where its states are.
    pub state: StateConfig,
    /// How long it stays: `3d`, or `never`.
    pub ttl: Option<Spanned<String>>,
    /// From when on that is counted: `apply` or `creation`.
    pub ttl_from: Option<Spanned<String>>,
}

impl EnvironmentTable {
    /// How long it stays.
    pub(crate) fn ttl(&self) -> TtlKeys<'_> {
        TtlKeys { ttl: self.ttl.as_ref(), from: self.ttl_from.as_ref() }
    }
}

/// The clouds by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CloudName {
    /// The embedded cloud; nothing leaves this machine.
    Sandbox,
    /// Amazon Web Services.
    Aws,
}

/// A project: its root and its configuration.
#[derive(Debug)]
pub(crate) struct Project {
    /// The folder that holds `dr.toml`, or else `programs/`; the current one when there is neither above it.
    pub root: PathBuf,
    /// The configuration.
    pub config: Config,
}

impl Project {
    /// Finds the project around a folder.
    ///
    /// # Errors
    /// When its configuration cannot be read.
    pub(crate) fn find(from: &Path) -> Result<Project, CommandFailure> {
        let root = from.ancestors().find(|dir| dir.join(FILE).is_file() || dir.join("programs").is_dir());
        let root = root.unwrap_or(from).to_owned();
        let path = root.join(FILE);
        let config = match read_script(&path) {
            Ok(text) => Config::parse(&text).map_err(|d| CommandFailure::found(d, Sources::new(&root)))?,
            Err(FileError::Read(e)) if e.kind() == std::io::ErrorKind::NotFound => Config::default(),
            Err(e) => return Err(CommandFailure::new(format!("cannot read `{}`", path.display())).because(&e)),
        };
        Ok(Project { root, config })
    }

    /// The texts that messages quote. Of the configuration, values of parameters are hidden unless one of these
    /// diagnostics is about them.
    pub(crate) fn sources(&self, about: &[Diagnostic]) -> Sources {
        Sources::new(&self.root).quoting(FILE, &self.config.quotable(about))
    }
}

impl Config {
    /// Reads the text.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Config, Vec<Diagnostic>> {
        let failed = |e: toml::de::Error| {
            let (message, help) = in_words(e.message());
            let d = Diagnostic::error(message).at(e.span().map(|s| span(text, s.start, s.end)), "");
            vec![help.into_iter().fold(d, |d, help| d.help(help))]
        };
        let table = DeTable::parse(text).map_err(failed)?;
        let mut wrong = Vec::new();
        check_keys(table.get_ref(), TOP, text, &mut wrong);
        table.get_ref().values().for_each(|value| check_numbers(value, text, &mut wrong));
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let config = Config { text: text.to_owned(), ..toml::from_str(text).map_err(failed)? };
        let wrong = config.problems();
        if wrong.is_empty() { Ok(config) } else { Err(wrong) }
    }

    /// What is wrong although it has the right type.
    fn problems(&self) -> Vec<Diagnostic> {
        let mut wrong: Vec<Diagnostic> = self.cloud.iter().filter_map(|cloud| self.cloud_problem(cloud)).collect();
        wrong.extend(self.state.problems(&|span| self.place_of(span)));
        for (name, table) in &self.environments {
            wrong.extend(table.state.problems(&|span| self.place_of(span)));
            wrong.extend(table.ttl().problems(&|span| self.place_of(span)));
            if let Err(why) = Pattern::parse(name.get_ref()) {
                let message =
                    format!("`{}` can be neither a name nor a pattern of environments: {why}", name.get_ref());
                let help = format!("a name has {}; a pattern is the beginning of one and a `*`: `pr-*`", suffix::FORM);
                wrong.push(Diagnostic::error(message).at(self.place(name), "").help(help));
            }
            wrong.extend(table.cloud.iter().filter_map(|cloud| self.cloud_problem(cloud)));
            if let Some(account) = &table.account
                && !(account.get_ref().len() == 12 && account.get_ref().bytes().all(|digit| digit.is_ascii_digit()))
            {
                let message = format!("`{}` is not the number of an account", account.get_ref());
                wrong.push(Diagnostic::error(message).at(self.place(account), "").help("it has 12 digits"));
            }
            if let Some(regions) = &table.regions {
                if regions.get_ref().is_empty() {
                    let d = Diagnostic::error("an environment without any region can hold nothing");
                    wrong
                        .push(d.at(self.place(regions), "").help("name one, or leave `regions` out to allow them all"));
                }
                for region in regions.get_ref() {
                    if let Err(error) = region::check_name(region.get_ref()) {
                        wrong.push(Diagnostic::error(error.to_string()).at(self.place(region), "").help(error.help()));
                    }
                }
            }
        }
        wrong
    }

    fn cloud_problem(&self, cloud: &Spanned<String>) -> Option<Diagnostic> {
        let name = cloud.get_ref();
        CloudName::from_str(name, false).err()?;
        let d = Diagnostic::error(format!("there is no cloud `{name}`")).at(self.place(cloud), "");
        Some(match closest(name, CLOUDS.iter().copied()) {
            Some(near) => d.help(format!("did you mean `{near}`?")),
            None => d.help(format!("clouds: {}", CLOUDS.join(", "))),
        })
    }

    /// Where something stands.
    pub(crate) fn place<T>(&self, what: &Spanned<T>) -> Span {
        self.place_of(what.span())
    }

    fn place_of(&self, range: Range<usize>) -> Span {
        span(&self.text, range.start, range.end)
    }

    /// The names of the programs that something is set for.
    pub(crate) fn configured_programs(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.programs.keys().chain(self.environments.values().flat_map(|table| table.programs.keys()))
    }

    /// The tables that hold values of parameters.
    fn all_parameters(&self) -> impl Iterator<Item = &Parameters> {
        let programs = self.environments.values().flat_map(|table| table.programs.values());
        let programs = self.programs.values().chain(programs).map(|table| &table.parameters);
        programs.chain(self.environments.values().map(|table| &table.parameters))
    }

    /// The text with stars for the values of parameters, any of which may be a secret, but for those that a diagnostic is
    /// about.
    fn quotable(&self, about: &[Diagnostic]) -> String {
        let is_meant = |place: &Span| about.iter().flat_map(|d| &d.labels).any(|label| label.span == *place);
        let values = self.all_parameters().flat_map(BTreeMap::values);
        let hidden: Vec<_> = values.filter(|value| !is_meant(&self.place(value))).map(Spanned::span).collect();
        let is_hidden = |at: usize| hidden.iter().any(|range| range.contains(&at));
        let star = |(at, c): (usize, char)| if c != '\n' && is_hidden(at) { '*' } else { c };
        self.text.char_indices().map(star).collect()
    }
}

/// The names of the clouds.
const CLOUDS: &[&str] = &["sandbox", "aws"];

/// The keys of a table: what each may hold.
enum Keys {
    /// A plain value, which deserialising checks.
    Value,
    /// A table with these keys.
    Table(&'static [(&'static str, Keys)]),
    /// A table with any keys, each holding a table with these.
    Each(&'static [(&'static str, Keys)]),
}

const TOP: &[(&str, Keys)] = &[
    ("cloud", Keys::Value),
    ("environment", Keys::Value),
    ("parallel", Keys::Value),
    ("sandbox", Keys::Table(&[("speed", Keys::Value), ("regions_down", Keys::Value), ("faults", Keys::Value)])),
    ("state", Keys::Table(STATE)),
    ("programs", Keys::Each(PROGRAM)),
    ("environments", Keys::Each(ENVIRONMENT)),
];
const PROGRAM: &[(&str, Keys)] = &[("parameters", Keys::Value)];
const ENVIRONMENT: &[(&str, Keys)] = &[
    ("ephemeral", Keys::Value),
    ("protected", Keys::Value),
    ("account", Keys::Value),
    ("regions", Keys::Value),
    ("cloud", Keys::Value),
    ("ttl", Keys::Value),
    ("ttl_from", Keys::Value),
    ("parameters", Keys::Value),
    ("programs", Keys::Each(PROGRAM)),
    ("state", Keys::Table(STATE)),
];
const STATE: &[(&str, Keys)] = &[
    ("backend", Keys::Value),
    ("table", Keys::Value),
    ("region", Keys::Value),
    ("replica", Keys::Value),
    ("lease_seconds", Keys::Value),
];

fn check_keys(table: &DeTable<'_>, known: &'static [(&'static str, Keys)], text: &str, out: &mut Vec<Diagnostic>) {
    for (key, value) in table {
        let name: &str = key.get_ref();
        let Some((_, keys)) = known.iter().find(|(k, _)| *k == name) else {
            let place = span(text, key.span().start, key.span().end);
            let mut d = Diagnostic::error(format!("`{name}` is not a setting of {FILE}")).at(place, "not known");
            let all: Vec<&str> = known.iter().map(|(k, _)| *k).collect();
            d = match closest(name, all.iter().copied()) {
                Some(near) => d.help(format!("did you mean `{near}`?")),
                None => d.help(format!("known here: {}", all.join(", "))),
            };
            out.push(d);
            continue;
        };
        // What should be a table and is none, deserialising refuses.
        let inner = value.get_ref().as_table();
        match (keys, inner) {
            (Keys::Table(known), Some(inner)) => check_keys(inner, known, text, out),
            (Keys::Each(known), Some(inner)) => {
                let tables = inner.values().filter_map(|v| v.get_ref().as_table());
                tables.for_each(|t| check_keys(t, known, text, out));
            }
            _ => {}
        }
    }
}

/// Refuses numbers that no value holds exactly.
fn check_numbers(value: &Spanned<DeValue<'_>>, text: &str, out: &mut Vec<Diagnostic>) {
    match value.get_ref() {
        DeValue::Float(float) => {
            let wrong = match float.as_str() {
                special if special.ends_with("inf") || special.ends_with("nan") => {
                    Some(format!("`{special}` is no number that a parameter can have"))
                }
                number => number::parse(number).err(),
            };
            let place = span(text, value.span().start, value.span().end);
            out.extend(wrong.map(|wrong| Diagnostic::error(wrong).at(place, "")));
        }
        DeValue::Array(items) => items.iter().for_each(|item| check_numbers(item, text, out)),
        DeValue::Table(table) => table.values().for_each(|value| check_numbers(value, text, out)),
        _ => {}
    }
}

/// A range of bytes as a place in the configuration's first line of it.
fn span(text: &str, start: usize, end: usize) -> Span {
    let before = text.get(..start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let covered = text.get(start..end).unwrap_or("").lines().next().unwrap_or("");
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span {
        source: FILE.into(),
        line: number(before.matches('\n').count() + 1),
        column: number(before[line_start..].chars().count() + 1),
        length: number(covered.chars().count().max(1)),
        former: false,
    }
}

/// A value of the configuration as the engine's.
pub(crate) fn value(toml: &toml::Value) -> Value {
    match toml {
        toml::Value::String(s) => Value::str(s),
        toml::Value::Integer(i) => Value::Int(*i),
        toml::Value::Float(f) => Value::Float(Float(*f)),
        toml::Value::Boolean(b) => Value::Bool(*b),
        // Parameters have no type for points in time: they get the text.
        toml::Value::Datetime(d) => Value::from(d.to_string()),
        toml::Value::Array(items) => Value::List(items.iter().map(value).collect()),
        toml::Value::Table(table) => Value::Map(table.iter().map(|(k, v)| (k.as_str().into(), value(v))).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        let found = Config::parse(text).unwrap_err();
        found.iter().map(|d| format!("{d} {}\n", d.help.join(" "))).collect()
    }

    #[test]
    fn everything_can_be_left_out_and_everything_can_be_given() {
        assert!(Config::parse("").unwrap().cloud.is_none());
        let config = Config::parse(
            "cloud = \"aws\"\nenvironment = \"qa\"\nparallel = 4\n[sandbox]\nspeed = 60\n\
             [programs.pay.parameters]\nzones = 3\ntags = { a = \"b\" }\n[environments.pr-1.parameters]\nx = [1, true]\n",
        )
        .unwrap();
        assert!(matches!(config.sandbox.speed, Some(SpeedSetting::Number(n)) if n == 60.0));
        let parameters = &config.programs["pay"].parameters;
        assert_eq!(value(parameters["tags"].get_ref()).to_json(), r#"{"a":"b"}"#);
        assert_eq!(value(config.environments["pr-1"].parameters["x"].get_ref()).to_json(), "[1,true]");
    }

    #[test]
    fn unknown_keys_are_refused_with_the_nearest() {
        assert_eq!(
            problem("clod = \"aws\"\n[sandbox]\nspede = 1\n[programs.p]\nparameter = {}\n"),
            "dr.toml:1:1: `clod` is not a setting of dr.toml did you mean `cloud`?\n\
             dr.toml:5:1: `parameter` is not a setting of dr.toml did you mean `parameters`?\n\
             dr.toml:3:1: `spede` is not a setting of dr.toml did you mean `speed`?\n"
        );
        assert!(problem("zzz = 1").contains("known here: cloud, environment"));
    }

    #[test]
    fn numbers_are_exact_or_refused() {
        for (number, why) in [
            ("inf", "`inf` is no number"),
            ("[1, { a = -nan }]", "`-nan` is no number"),
            ("0.12345678901234567890", "has more digits than a decimal number keeps"),
            ("9007199254740993.0", "has more digits than a decimal number keeps"),
            ("1e400", "1e400"),
            ("9223372036854775808", "dr.toml:2:5: "),
        ] {
            let found = problem(&format!("[programs.p.parameters]\nx = {number}\n"));
            assert!(found.starts_with("dr.toml:2:") && found.contains(why), "{number}: {found}");
        }
        let fine = "[programs.p.parameters]\nx = [9_007_199_254_740_993, 1_0.5, 1e3, 0x10]\n";
        let config = Config::parse(fine).unwrap();
        assert_eq!(
            value(config.programs["p"].parameters["x"].get_ref()).to_json(),
            "[9007199254740993,10.5,1000.0,16]"
        );
    }

    #[test]
    fn wrong_types_and_broken_files_have_a_place() {
        assert!(problem("a = ").starts_with("dr.toml:1:5: "), "{}", problem("a = "));
        for (text, said) in [
            ("parallel = \"many\"", "1:12: the text \"many\" stands here, where a whole number from 1 on belongs"),
            ("parallel = 0", "1:12: the number 0 stands here, where a whole number from 1 on belongs"),
            ("sandbox = 3", "1:11: the number 3 stands here, where a table belongs"),
            ("cloud = 3", "1:9: the number 3 stands here, where text belongs put it in quotes"),
            ("environment = true", "1:15: `true` stands here, where text belongs put it in quotes"),
            ("[sandbox]\nfaults = 1.5", "2:10: the number 1.5 stands here, where a whole number from 0 on belongs"),
            ("[sandbox]\nfaults = -1", "2:10: the number -1 stands here, where a whole number from 0 on belongs"),
            ("[sandbox]\nspeed = true", "the speed is `instant`, `real` or a number"),
            ("[sandbox]\nregions_down = \"us-east-1\"", "the text \"us-east-1\" stands here, where a list belongs"),
            ("[environments.a]\nttl = 3", "2:7: the number 3 stands here, where text belongs put it in quotes"),
            ("[environments.a]\nprotected = \"yes\"", "where `true` or `false` belongs"),
            ("[environments]\nqa = 3", "the number 3 stands here, where a table belongs"),
        ] {
            let found = problem(text);
            assert!(found.contains(said), "{text}: {found}");
            assert!(!found.contains("invalid") && !found.contains("expected"), "{text}: {found}");
        }
    }
}
