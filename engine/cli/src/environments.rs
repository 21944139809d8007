//! Declared environments: which tables of `dr.toml` count for an environment, and what they say together.
//!
//! A table counts when its name is the environment's or its pattern begins as that does. Each key has the value of the
//! most specific table that has the key: the exact name comes before patterns, a longer pattern before a shorter one.

use std::collections::BTreeSet;
use std::path::Path;

use dr_core::cloud::Identity;
use dr_core::diagnostic::{Diagnostic, Span};
use dr_core::schema::closest;
use dr_core::value::Value;
use dr_script::{ConfiguredSetting, SettingFile, SettingSource, SettingVariable};
use toml::Spanned;

use crate::args::variable;
use crate::config::{Config, EnvironmentTable, Parameters, Project, value};
use crate::exit::CommandFailure;
use crate::load;
use crate::state_config::StateConfig;
use crate::suffix::Pattern;
use crate::ttl::Ttl;

/// How the names of environments begin that are ephemeral unless `dr.toml` says otherwise.
const EPHEMERAL: &str = "pr-";

/// What counts for one environment.
#[derive(Debug, Clone, Default)]
pub(crate) struct EnvironmentRules {
    /// Whether it is meant to be destroyed soon.
    pub ephemeral: bool,
    /// Where it says that it must not be destroyed, and that nothing in it be lost.
    pub protected: Option<Span>,
    /// The account that it belongs to, and where that is said.
    pub account: Option<(String, Span)>,
    /// The regions that it may use, and where that is said.
    pub regions: Option<(BTreeSet<String>, Span)>,
    /// The cloud when no `--cloud` is given.
    pub cloud: Option<String>,
    /// Where its states are.
    pub state: StateConfig,
    /// How long it stays.
    pub ttl: Ttl,
}

impl EnvironmentRules {
    /// What counts for an environment.
    pub(crate) fn of(config: &Config, suffix: &str) -> EnvironmentRules {
        let mut rules = EnvironmentRules {
            ephemeral: suffix.starts_with(EPHEMERAL),
            state: config.state.clone(),
            ..EnvironmentRules::default()
        };
        for table in tables(config, suffix) {
            rules.ttl = table.ttl().over(rules.ttl);
            let EnvironmentTable { ephemeral, protected, account, regions, cloud, state, .. } = table;
            rules.state = rules.state.with(state);
            rules.ephemeral = ephemeral.unwrap_or(rules.ephemeral);
            if let Some(protected) = protected {
                rules.protected = protected.get_ref().then(|| config.place(protected));
            }
            if let Some(account) = account {
                rules.account = Some((account.get_ref().clone(), config.place(account)));
            }
            if let Some(regions) = regions {
                let names = regions.get_ref().iter().map(|region| region.get_ref().clone()).collect();
                rules.regions = Some((names, config.place(regions)));
            }
            if let Some(cloud) = cloud {
                rules.cloud = Some(cloud.get_ref().clone());
            }
        }
        rules
    }

    /// That the environment does not belong to an account.
    pub(crate) fn refuse_account(&self, suffix: &str, identity: &Identity) -> Option<Diagnostic> {
        let (account, place) = self.account.as_ref().filter(|(account, _)| **account != *identity.account)?;
        let message = format!("the environment `{suffix}` belongs to the account {account}, and this is {identity}");
        Some(Diagnostic::error(message).at(place.clone(), "").help(match &*identity.cloud {
            "sandbox" => "choose another cloud with `--cloud`, or another environment; `dr rehearse` needs no account",
            _ => "choose the credentials of that account, or another environment",
        }))
    }
}

/// The names and patterns that are declared, the most general first.
fn declared(config: &Config) -> Vec<(Pattern<'_>, &EnvironmentTable)> {
    let read = |(name, table)| Some((Pattern::parse(Spanned::<String>::get_ref(name)).ok()?, table));
    let mut all: Vec<(Pattern<'_>, &EnvironmentTable)> = config.environments.iter().filter_map(read).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// The tables that count for an environment, the most general first.
fn tables<'c>(config: &'c Config, suffix: &str) -> Vec<&'c EnvironmentTable> {
    declared(config).into_iter().filter(|(pattern, _)| pattern.matches(suffix)).map(|(_, table)| table).collect()
}

/// Whether an environment is declared; any is where none are.
pub(crate) fn is_declared(config: &Config, suffix: &str) -> bool {
    config.environments.is_empty() || !tables(config, suffix).is_empty()
}

/// Makes sure that an environment is declared, where any are; `is_named` when somebody has said which one.
///
/// # Errors
/// When it is not.
pub(crate) fn check_declared(config: &Config, suffix: &str, is_named: bool) -> Result<(), CommandFailure> {
    if is_declared(config, suffix) {
        return Ok(());
    }
    let meant = meant(config, suffix);
    let failure = CommandFailure::new(match is_named {
        true => format!("`{suffix}` is not among the environments that dr.toml declares"),
        false => {
            format!("no environment is named, and `{suffix}`, the usual one, is not among those that dr.toml declares")
        }
    });
    let failure = match closest(suffix, meant.iter().map(String::as_str)) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure,
    };
    let names: Vec<&str> = config.environments.keys().map(|name| name.get_ref().as_str()).collect();
    Err(failure
        .hint(format!("declared: {}", names.join(", ")))
        .hint(format!("name one of them with `--env`, or declare this one with the table `[environments.{suffix}]`")))
}

/// Names of environments that are declared and that a mistyped one may mean.
fn meant(config: &Config, suffix: &str) -> Vec<String> {
    declared(config).iter().rev().flat_map(|(pattern, _)| pattern.meant(suffix)).collect()
}

/// The environments that are declared by their own names.
pub(crate) fn named(config: &Config) -> impl Iterator<Item = &str> {
    config.environments.keys().map(|name| name.get_ref().as_str()).filter(|name| !name.contains('*'))
}

/// Declared environments that others could take for this one: their names end with its suffix.
pub(crate) fn namesakes(config: &Config, suffix: &str) -> Vec<String> {
    declared(config).iter().filter_map(|(pattern, _)| pattern.namesake(suffix)).filter(|name| name != suffix).collect()
}

/// The values that the configuration gives to the parameters of a program, the most general first: those of the program,
/// those of the environment, those of the program in the environment.
pub(crate) fn settings(project: &Project, program: &str, suffix: &str) -> Vec<(String, ConfiguredSetting)> {
    let Project { root, config } = project;
    let own = config.programs.get(program).map(|table| &table.parameters);
    let there = tables(config, suffix).into_iter().flat_map(|table| {
        std::iter::once(&table.parameters).chain(table.programs.get(program).map(|table| &table.parameters))
    });
    let read = |(name, given): (&Spanned<String>, &Spanned<toml::Value>)| {
        let setting = ConfiguredSetting {
            value: value(given.get_ref()),
            key: config.place(name),
            place: config.place(given),
            source: source_of(given.get_ref(), root),
        };
        (name.get_ref().clone(), setting)
    };
    own.into_iter().chain(there).flat_map(Parameters::iter).map(read).collect()
}

/// The variable or the file that a table names in place of a value.
fn source_of(given: &toml::Value, root: &Path) -> Option<SettingSource> {
    variable_of(given).map(SettingSource::Variable).or_else(|| file_of(given, root).map(SettingSource::File))
}

/// The file that `{ file = "NAME" }` names, from the project's folder.
fn file_of(given: &toml::Value, root: &Path) -> Option<SettingFile> {
    let table = given.as_table().filter(|table| table.len() == 1)?;
    let name = table.get("file")?.as_str().filter(|name| !name.is_empty() && !name.contains('\0'))?;
    Some(SettingFile { name: name.to_owned(), text: load::value(&root.join(name)) })
}

/// The variable that `{ env = "NAME", default = .. }` names.
fn variable_of(given: &toml::Value) -> Option<SettingVariable> {
    let table = given.as_table()?;
    let name = table.get("env")?.as_str().filter(|name| !name.is_empty() && !name.contains(['=', '\0']))?;
    let default: Option<Value> = table.get("default").map(value);
    let is_all = table.len() == 1 + usize::from(default.is_some());
    is_all.then(|| SettingVariable { name: name.to_owned(), text: variable(name), default })
}

#[cfg(test)]
mod tests {
    use dr_core::value::Value;

    use super::*;

    const TABLES: &str = r#"
        [environments."*"]
        protected = true
        regions = ["us-east-1"]
        account = "111111111111"
        parameters = { a = 1, b = 1 }
        [environments."pr-*"]
        protected = false
        account = "222222222222"
        parameters = { b = 2, c = 2 }
        [environments."pr-4*"]
        ephemeral = false
        programs.pay.parameters = { c = 3, d = 3 }
        [environments.pr-42]
        protected = true
        regions = ["us-west-2"]
        cloud = "aws"
        parameters = { d = 4 }
        [environments.qa]
        ephemeral = true
        [programs.pay.parameters]
        a = 0
        z = 0
    "#;

    #[test]
    fn each_key_counts_from_the_most_specific_table_that_has_it() {
        let config = Config::parse(TABLES).unwrap();
        for (suffix, ephemeral, protected, account, region, cloud) in [
            ("prod", false, Some(3), "111111111111", "us-east-1", None),
            ("qa", true, Some(3), "111111111111", "us-east-1", None),
            ("pr-1", true, None, "222222222222", "us-east-1", None),
            ("pr-4", false, None, "222222222222", "us-east-1", None),
            ("pr-43", false, None, "222222222222", "us-east-1", None),
            ("pr-42", false, Some(15), "222222222222", "us-west-2", Some("aws")),
        ] {
            let rules = EnvironmentRules::of(&config, suffix);
            assert_eq!(rules.ephemeral, ephemeral, "{suffix}");
            assert_eq!(rules.protected.map(|place| place.line), protected, "{suffix}");
            assert_eq!(rules.account.unwrap().0, account, "{suffix}");
            assert_eq!(rules.regions.unwrap().0, BTreeSet::from([region.to_owned()]), "{suffix}");
            assert_eq!(rules.cloud.as_deref(), cloud, "{suffix}");
        }
        let nothing = EnvironmentRules::of(&Config::default(), "pr-1");
        assert!(nothing.ephemeral && nothing.protected.is_none() && nothing.regions.is_none());
        assert!(!EnvironmentRules::of(&Config::default(), "prod").ephemeral);
    }

    #[test]
    fn parameters_count_from_the_general_to_the_specific() {
        let project = Project { root: ".".into(), config: Config::parse(TABLES).unwrap() };
        let text = |program: &str, suffix: &str| {
            let all: std::collections::BTreeMap<_, _> = settings(&project, program, suffix).into_iter().collect();
            let one = |(name, setting): (&String, &ConfiguredSetting)| format!("{name}={}", setting.value);
            all.iter().map(one).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(text("pay", "prod"), "a=1 b=1 z=0");
        assert_eq!(text("pay", "pr-1"), "a=1 b=2 c=2 z=0");
        assert_eq!(text("pay", "pr-43"), "a=1 b=2 c=3 d=3 z=0");
        assert_eq!(text("pay", "pr-42"), "a=1 b=2 c=3 d=4 z=0");
        assert_eq!(text("trade", "pr-42"), "a=1 b=2 c=2 d=4");
    }

    #[test]
    fn an_environment_is_declared_by_its_name_a_pattern_or_where_none_is() {
        let config = Config::parse("[environments.prod]\n[environments.\"pr-*\"]\n").unwrap();
        for (suffix, expected) in [("prod", true), ("pr-1", true), ("prod2", false), ("dev", false), ("p", false)] {
            assert_eq!(is_declared(&config, suffix), expected, "{suffix}");
            assert_eq!(check_declared(&config, suffix, true).is_ok(), expected, "{suffix}");
        }
        assert!(is_declared(&Config::parse("[environments]\n").unwrap(), "dev"));
    }

    #[test]
    fn only_a_table_of_this_form_names_a_variable() {
        let read = |text: &str| variable_of(&toml::from_str::<toml::Table>(text).unwrap()["x"]);
        let named = |text: &str| read(text).map(|variable| (variable.name, variable.default));
        assert_eq!(named("x = { env = \"A\" }"), Some(("A".into(), None)));
        assert_eq!(named("x = { env = \"A\", default = 2 }"), Some(("A".into(), Some(Value::Int(2)))));
        for other in
            ["x = \"A\"", "x = { env = 1 }", "x = { env = \"\" }", "x = { env = \"A\", b = 1 }", "x = { default = 1 }"]
        {
            assert_eq!(named(other), None, "{other}");
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("f"), "a\nb\r\n").unwrap();
        let file = |text: &str| file_of(&toml::from_str::<toml::Table>(text).unwrap()["x"], folder.path());
        assert_eq!(file("x = { file = \"f\" }").unwrap().text, Ok("a\nb".into()));
        assert_eq!(file("x = { file = \"g\" }").unwrap().text, Err("there is no such file".into()));
        assert_eq!(file("x = { file = \".\" }").unwrap().text, Err("it is a folder".into()));
        for other in ["x = \"f\"", "x = { file = 1 }", "x = { file = \"\" }", "x = { file = \"f\", default = \"\" }"] {
            assert!(file(other).is_none(), "{other}");
        }
        assert_eq!(read("x = { env = \"DR_NOBODY_SETS_THIS\" }").unwrap().text, None);
    }
}
