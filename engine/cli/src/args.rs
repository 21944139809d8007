//! Options that many commands share, and which of several sources of a setting counts.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use dr_core::address::Address;
use dr_core::region::{self, GLOBAL};
use dr_core::selection::{Aim, Selector};
use dr_core::value::Str;
use dr_run::KeySource;

use crate::config::{CloudName, Project, SpeedSetting};
use crate::exit::CommandFailure;
use crate::suffix;
use crate::ui::Color;

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Suffix that names the environment: 2 to 12 lower-case letters, digits and inner dashes [default: dev]
    #[arg(long, short, global = true, env = "DR_ENV", value_name = "SUFFIX", hide_env_values = true)]
    pub env: Option<String>,

    /// Stands in for `--env` where a pipeline sets it.
    #[arg(long, global = true, env = "ENVIRONMENT_SUFFIX", value_name = "SUFFIX", hide = true)]
    pub environment_suffix: Option<String>,

    /// Where resources live: in the embedded cloud, or for real [env: DR_CLOUD] [default: sandbox]
    #[arg(long, global = true, value_name = "CLOUD")]
    pub cloud: Option<CloudName>,

    /// Folder of the state [env: DR_STATE_DIR] [default: `state` in the project]
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,

    /// File with the key that seals secrets in the state: 64 hexadecimal digits [env: DR_KEY_FILE] [default: one made in
    /// the state folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub key_file: Option<PathBuf>,

    /// Passphrase that seals secrets in the state; better given as DR_PASSPHRASE than where others see it
    #[arg(long, global = true, value_name = "TEXT")]
    pub passphrase: Option<String>,

    /// Wait so many seconds for another command that works on the same program and environment [default: 0]
    #[arg(long, global = true, value_name = "SECONDS")]
    pub lock_timeout: Option<u32>,

    /// How fast time passes in the sandbox: `real`, `instant` or a factor [default: instant]
    #[arg(long, global = true, value_name = "SPEED")]
    pub sandbox_speed: Option<String>,

    /// Region of the sandbox that does not answer, or `global`; with `@N` it falls silent after N changes there; may be
    /// repeated
    #[arg(long, global = true, value_name = "REGION[@N]")]
    pub sandbox_down: Vec<String>,

    /// Let one call in twenty to the sandbox be throttled, fail or lose its reply; the seed decides which
    #[arg(long, global = true, value_name = "SEED")]
    pub sandbox_faults: Option<u64>,

    /// Give the result as JSON (shapes: docs/json.md)
    #[arg(long, global = true)]
    pub json: bool,

    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
}

/// What somebody agrees to.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Consent {
    /// Agree to lose the data that the plan lists as at risk; an ephemeral environment does not ask for it
    #[arg(long)]
    pub allow_data_loss: bool,

    /// Name of the environment, to lift the protection that dr.toml gives it (`protected = true`) for this command
    #[arg(long, value_name = "SUFFIX")]
    pub unprotect: Option<String>,

    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

/// Values for parameters.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SetArgs {
    /// Value for a parameter of the program; may be repeated
    #[arg(id = "set", long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub values: Vec<(String, String)>,

    /// File whose text is the value of a parameter, such as a secret; may be repeated
    #[arg(id = "set_file", long = "set-file", value_name = "KEY=FILE", value_parser = key_value)]
    pub files: Vec<(String, String)>,
}

impl SetArgs {
    /// The words of a command line that give the same.
    pub(crate) fn words(&self) -> Vec<String> {
        let given = |option: &'static str, all: &[(String, String)]| -> Vec<String> {
            all.iter().flat_map(|(name, value)| [option.to_owned(), format!("{name}={value}")]).collect()
        };
        [given("--set", &self.values), given("--set-file", &self.files)].concat()
    }
}

/// What a command takes for the parameters of a program.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ParameterArgs {
    #[command(flatten)]
    pub set: SetArgs,

    /// List the parameters of the program instead
    #[arg(long)]
    pub help_program: bool,
}

/// How a plan is made.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Planning {
    /// Trust the state; do not look how resources are now
    #[arg(long)]
    pub no_refresh: bool,

    /// Only look at and change what is in this region; may be repeated. `global` stands for what is in none. What a
    /// change needs of that comes along
    #[arg(long = "region", value_name = "REGION")]
    pub regions: Vec<String>,

    /// Only change this resource, or what is in this component, and what that needs; may be repeated
    #[arg(long = "target", value_name = "ADDRESS")]
    pub targets: Vec<String>,

    /// Leave this resource, or what is in this component, as it is, and what needs a change of it; may be repeated
    #[arg(long = "exclude", value_name = "ADDRESS")]
    pub exclude: Vec<String>,

    /// Switch off what protects from deletion where it stands in the way; ephemeral environments need no such word
    #[arg(long)]
    pub lift_protection: bool,

    /// Also show the arguments of what is created
    #[arg(long)]
    pub details: bool,

    /// How many calls may be under way at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub parallel: Option<u16>,
}

/// Reads `key=value`.
pub(crate) fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write it as `key=value`".into()),
    }
}

impl Planning {
    /// The cap on calls under way.
    pub(crate) fn parallel(&self) -> Option<usize> {
        self.parallel.map(usize::from)
    }

    /// What the plan is limited to. `there` are the addresses that the program or its state knows.
    ///
    /// # Errors
    /// When an option means nothing that is there.
    pub(crate) fn aim<'a>(&self, there: impl Iterator<Item = &'a Address> + Clone) -> Result<Aim, CommandFailure> {
        let read = |option: &str, given: &[String]| -> Result<Vec<Selector>, CommandFailure> {
            let read = |text: &String| {
                let selector = Selector::parse(text).map_err(|e| CommandFailure::new(format!("`{option}`: {e}")))?;
                if there.clone().any(|address| selector.means(address)) {
                    return Ok(selector);
                }
                let failure = CommandFailure::new(format!("`{option}`: there is no `{selector}`"));
                Err(match selector.near(there.clone()) {
                    Some(near) => failure.hint(format!("did you mean `{near}`?")),
                    None => failure.hint("`dr state list` lists what is recorded; a plan says what is declared"),
                })
            };
            given.iter().map(read).collect()
        };
        Ok(Aim { targets: read("--target", &self.targets)?, exclude: read("--exclude", &self.exclude)? })
    }

    /// The places that the plan is limited to, if it is. `used` are the regions that the program or its state knows.
    ///
    /// # Errors
    /// When there is no region of a name.
    pub(crate) fn only(&self, used: &BTreeSet<Str>) -> Result<Option<BTreeSet<Str>>, CommandFailure> {
        for name in &self.regions {
            check_region(name, "--region", used)?;
        }
        Ok((!self.regions.is_empty()).then(|| self.regions.iter().map(|name| name.as_str().into()).collect()))
    }
}

/// Refuses a region that does not exist.
fn check_region(name: &str, option: &str, used: &BTreeSet<Str>) -> Result<(), CommandFailure> {
    if name == GLOBAL || used.contains(name) {
        return Ok(());
    }
    region::check_name(name).map_err(|error| {
        let failure = CommandFailure::new(format!("`{option}`: {error}")).hint(error.help());
        let here: Vec<&str> = used.iter().map(|region| &**region).collect();
        if here.is_empty() { failure } else { failure.hint(format!("regions here: {}", here.join(", "))) }
    })
}

impl Global {
    /// The environment's suffix: option, variables, configuration, `dev`.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn suffix(&self, project: &Project) -> Result<String, CommandFailure> {
        // In a pipeline, an empty variable is one that is not set; an empty option is a mistake that must not end at `dev`.
        for (given, option, variable) in
            [(&self.env, "--env", "DR_ENV"), (&self.environment_suffix, "--environment-suffix", "ENVIRONMENT_SUFFIX")]
        {
            let from_variable = std::env::var_os(variable).is_some_and(|value| value.is_empty());
            if given.as_deref() == Some("") && !from_variable {
                return Err(CommandFailure::new(format!("`{option}` is empty"))
                    .hint("name an environment, or leave the option out; was a variable of the pipeline not set?"));
            }
        }
        check_suffix(self.named(project).unwrap_or("dev"))
    }

    /// The environment that somebody has named: by an option, a variable, or the configuration.
    pub(crate) fn named<'a>(&'a self, project: &'a Project) -> Option<&'a str> {
        let given = [&self.env, &self.environment_suffix, &project.config.environment];
        given.into_iter().flatten().map(String::as_str).find(|suffix| !suffix.is_empty())
    }

    /// The cloud: option, variable, configuration of the environment, that of the project, sandbox.
    ///
    /// # Errors
    /// When the variable names none.
    pub(crate) fn cloud(&self, project: &Project, environment: Option<&str>) -> Result<CloudName, CommandFailure> {
        if let Some(cloud) = self.cloud {
            return Ok(cloud);
        }
        let configured = environment.or(project.config.cloud.as_ref().map(|name| name.get_ref().as_str()));
        let configured = configured.map(|name| ("dr.toml", name.to_owned()));
        let Some((place, name)) = variable("DR_CLOUD").map(|name| ("DR_CLOUD", name)).or(configured) else {
            return Ok(CloudName::Sandbox);
        };
        CloudName::from_str(&name, false).map_err(|_| {
            CommandFailure::new(format!("{place}: there is no cloud `{name}`"))
                .near(&name, ["sandbox", "aws"])
                .hint("clouds: sandbox, aws")
        })
    }

    /// Where the state's key comes from.
    pub(crate) fn keys(&self) -> KeySource {
        match (self.key_file(), self.passphrase()) {
            (Some(file), _) => KeySource::File(file),
            (None, Some(passphrase)) => KeySource::Passphrase(passphrase),
            (None, None) => KeySource::StateDirectory,
        }
    }

    /// The file with the state's key: option, variable.
    fn key_file(&self) -> Option<PathBuf> {
        let given = self.key_file.clone().filter(|file| !file.as_os_str().is_empty());
        given.or_else(|| variable("DR_KEY_FILE").map(PathBuf::from))
    }

    /// The passphrase of the state: option, variable.
    fn passphrase(&self) -> Option<String> {
        self.passphrase.clone().filter(|text| !text.is_empty()).or_else(|| variable("DR_PASSPHRASE"))
    }

    /// A command line that means this environment wherever it is typed, for a shell.
    pub(crate) fn command(&self, words: &[&str], suffix: &str) -> String {
        let mut all: Vec<String> = std::iter::once("dr").chain(words.iter().copied()).map(str::to_owned).collect();
        all.extend(["--env".to_owned(), suffix.to_owned()]);
        let path = |path: &PathBuf| path.display().to_string();
        let cloud = self.cloud.and_then(|c| Some(c.to_possible_value()?.get_name().to_owned()));
        let options = [
            ("--cloud", cloud),
            ("--state-dir", self.state_dir.as_ref().map(path)),
            ("--key-file", self.key_file.as_ref().map(path)),
            ("--sandbox-speed", self.sandbox_speed.clone()),
        ];
        for (option, value) in options {
            all.extend(value.into_iter().flat_map(|value| [option.to_owned(), value]));
        }
        all.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
    }

    /// The folder of the state.
    pub(crate) fn state_dir(&self, project: &Project) -> PathBuf {
        let given = self.state_dir.clone().filter(|dir| !dir.as_os_str().is_empty());
        given.or_else(|| variable("DR_STATE_DIR").map(PathBuf::from)).unwrap_or_else(|| project.root.join("state"))
    }

    /// How the sandbox behaves: options, configuration, instant and without faults.
    ///
    /// # Errors
    /// When the speed is none, or a region that is down does not exist.
    pub(crate) fn sandbox(&self, project: &Project) -> Result<dr_sandbox::SandboxOptions, CommandFailure> {
        let config = &project.config.sandbox;
        let speed = match (&self.sandbox_speed, &config.speed) {
            (Some(given), _) => given.clone(),
            (None, Some(SpeedSetting::Text(text))) => text.clone(),
            (None, Some(SpeedSetting::Number(factor))) => factor.to_string(),
            (None, None) => "instant".into(),
        };
        let speed = speed.parse().map_err(|e: dr_sandbox::SpeedError| {
            CommandFailure::new(e.to_string()).hint("it is given by `--sandbox-speed` or `[sandbox] speed` in dr.toml")
        })?;
        let (down, option) = match self.sandbox_down.is_empty() {
            true => (&config.regions_down, "regions_down"),
            false => (&self.sandbox_down, "--sandbox-down"),
        };
        let regions_down = down.iter().map(|text| outage(text, option)).collect::<Result<_, _>>()?;
        Ok(dr_sandbox::SandboxOptions {
            speed,
            faults: self.sandbox_faults.or(config.faults).map(dr_sandbox::Faults::bad_day),
            regions_down,
            ..dr_sandbox::SandboxOptions::default()
        })
    }
}

/// Refuses what cannot be an environment's suffix.
pub(crate) fn check_suffix(suffix: &str) -> Result<String, CommandFailure> {
    match suffix::problem(suffix) {
        None => Ok(suffix.to_owned()),
        Some(why) => Err(CommandFailure::new(format!("`{suffix}` cannot name an environment: {why}"))
            .hint(format!("use {}", suffix::FORM))),
    }
}

/// A region that is down, and after how many changes: `us-west-2`, `us-west-2@9`.
fn outage(text: &str, option: &str) -> Result<(Str, u64), CommandFailure> {
    let (region, changes) = text.split_once('@').unwrap_or((text, "0"));
    check_region(region, option, &BTreeSet::new())?;
    let changes = changes.parse().map_err(|_| {
        CommandFailure::new(format!("`{option}`: `{changes}` is not a number of changes"))
            .hint(format!("`{region}@9` lets {region} fall silent after nine changes there"))
    })?;
    Ok((region.into(), changes))
}

/// A variable of the environment. An empty one is one that is not set.
#[allow(clippy::disallowed_methods, reason = "this is the command line; clap takes an empty variable for a value")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A word of a command line as a shell takes it.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        for (word, quoted) in [("pr-7.plan", "pr-7.plan"), ("my plan", "'my plan'"), ("", "''"), ("it's", r"'it'\''s'")]
        {
            assert_eq!(shell_word(word), quoted);
        }
    }
}
