//! The options that every resource takes, beside its own arguments.

use dr_core::address::Address;
use dr_core::checks;
use dr_core::graph::{Options, ReplaceOrder};
use dr_core::schema::{Kind, closest};
use dr_core::value::{Map, Str};
use rhai::Dynamic;

use crate::coerce::{article, each};
use crate::component::{known_region, known_text};
use crate::fault::ScriptFault;
use crate::session;
use crate::unknown::ResourceHandle;

/// Every option; one that a kind has as an argument is that argument. (`tags` always goes through the kind's own.)
pub(crate) const NAMES: &[&str] =
    &["region", "depends_on", "protect", "replace", "ignore_changes", "moved_from", "import_id", "allow"];

/// Whether a key of a resource's map is an option there.
pub(crate) fn is_option(kind: &Kind, key: &str) -> bool {
    NAMES.contains(&key) && kind.arg(key).is_none()
}

/// Reads one option. The region is answered, everything else goes into the options.
pub(crate) fn read(
    kind: &Kind,
    options: &mut Options,
    region: &mut Option<Str>,
    key: &str,
    value: &Dynamic,
) -> Result<(), ScriptFault> {
    if value.is_unit() {
        return Ok(());
    }
    let what = format!("the option `{key}`");
    match key {
        "region" => {
            if kind.place != dr_core::schema::Place::Regional {
                return Err(
                    ScriptFault::new(format!("`{}` does not live in a region", kind.name)).help("leave `region` out")
                );
            }
            *region = Some(known_region(&what, value)?.into());
        }
        "depends_on" => {
            options.depends_on = each(value).iter().map(|v| address(&what, v)).collect::<Result<_, _>>()?;
        }
        "protect" => {
            options.protect = value
                .as_bool()
                .map_err(|_| ScriptFault::new(format!("{what} must be true or false, not {}", article(value))))?;
        }
        "replace" => {
            options.replace = Some(match known_text(&what, value)?.as_str() {
                "create_first" => ReplaceOrder::CreateFirst,
                "delete_first" => ReplaceOrder::DeleteFirst,
                other => {
                    return Err(ScriptFault::new(format!(
                        "{what} must be \"create_first\" or \"delete_first\", not \"{other}\""
                    ))
                    .near(other, ["create_first", "delete_first"]));
                }
            });
        }
        "ignore_changes" => {
            for item in each(value) {
                let name = known_text(&what, &item)?;
                if kind.arg(&name).is_none() {
                    let fault = ScriptFault::new(format!("`{}` has no argument `{name}` to ignore", kind.name));
                    return Err(match closest(&name, kind.args.iter().map(|f| f.name)) {
                        Some(near) => fault.help(format!("did you mean `{near}`?")),
                        None => fault,
                    });
                }
                options.ignore_changes.push(name.into());
            }
        }
        "moved_from" => {
            options.moved_from = each(value).iter().map(|v| address(&what, v)).collect::<Result<_, _>>()?;
        }
        "import_id" => options.import_id = Some(known_text(&what, value)?.into()),
        "allow" => {
            let reasons = value.as_map_ref().map_err(|_| {
                ScriptFault::new(format!("{what} must be a map, not {}", article(value)))
                    .help("name the check and give the reason: `allow: #{ D20: \"because ..\" }`")
            })?;
            let mut allow: Map<Str> = Map::new();
            for (check, reason) in reasons.iter() {
                let reason = known_text(&format!("the reason to allow `{check}`"), reason)?;
                if reason.trim().is_empty() {
                    return Err(ScriptFault::new(format!("say why `{check}` is allowed")));
                }
                allow.insert(known_check(check)?, reason.into());
            }
            options.allow = allow;
        }
        _ => {}
    }
    Ok(())
}

/// What messages and exceptions call a check: the id of the engine's own, the name of one of the team's.
fn known_check(given: &str) -> Result<Str, ScriptFault> {
    let team = session::with(|s| s.team.clone());
    let own = checks::find(given).map(|check| Str::from(check.id));
    own.or_else(|| team.iter().find(|name| ***name == *given).cloned()).ok_or_else(|| {
        let fault = ScriptFault::new(format!("there is no check `{given}`"));
        let names = checks::all().flat_map(|check| [check.id, check.name]);
        match closest(given, names.chain(team.iter().map(|name| &**name))) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.help("`dr checks` lists all of them"),
        }
    })
}

pub(crate) fn address(what: &str, value: &Dynamic) -> Result<Address, ScriptFault> {
    if let Some(resource) = value.read_lock::<ResourceHandle>() {
        return Ok(resource.0.address.clone());
    }
    if !value.is_string() {
        return Err(ScriptFault::new(format!("{what} takes resources and addresses, not {}", article(value))));
    }
    Address::parse(&known_text(what, value)?).map_err(|e| {
        ScriptFault::new(e.to_string()).help("write it as plans and `dr state list` show it: `main/sqs.queue:orders`")
    })
}
