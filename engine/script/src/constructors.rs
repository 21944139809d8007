//! Constructors: `s3::bucket("name", #{ .. })`, one module per service, one function per kind.
//!
//! A call makes a node of the graph. What is wrong with its arguments is noted, with the place of the key, and the
//! program goes on, so that all mistakes are shown at once; only what leaves no node to go on with stops it.

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_core::address::{Address, check_name};
use dr_core::checks;
use dr_core::diagnostic::Diagnostic;
use dr_core::expr::Expr;
use dr_core::fit::Problem;
use dr_core::graph::{Node, Options, Plain, Site};
use dr_core::registry::Registry;
use dr_core::resolve::{Surroundings, resolve};
use dr_core::schema::{Field, Kind, Place, Presence, closest};
use dr_core::value::{Map, Str};
use rhai::{Dynamic, Engine, FuncRegistration, ImmutableString, Module, NativeCallContext};

use crate::coerce::{article, to_expr};
use crate::component::{self, known_text};
use crate::fault::{Res, ScriptFault};
use crate::options;
use crate::session::{self, ENOUGH, Evaluation, Purpose};
use crate::unknown::ResourceHandle;

pub(crate) fn register(engine: &mut Engine, registry: &Registry) {
    let mut services: BTreeMap<&str, Module> = BTreeMap::new();
    for kind in registry.iter() {
        let module = services.entry(kind.service()).or_default();
        let function = |params: &[&str]| {
            FuncRegistration::new(kind.short())
                .with_volatility(true)
                .with_params_info(params)
                .with_comments(comments(kind))
        };
        function(&["name: &str", "args: Map", "Resource"])
            .set_into_module(module, |ctx: NativeCallContext, name: ImmutableString, args: rhai::Map| {
                declare(&ctx, kind, &name, args)
            });
        function(&["name: &str", "Resource"])
            .set_into_module(module, |ctx: NativeCallContext, name: ImmutableString| {
                declare(&ctx, kind, &name, rhai::Map::new())
            });
        // Only to say what is wrong with other calls.
        FuncRegistration::new(kind.short()).with_volatility(true).set_into_module(
            module,
            |ctx: NativeCallContext, name: Dynamic, args: Dynamic| -> Res<ResourceHandle> {
                Err(misused(&ctx, kind, &name, Some(&args)).into())
            },
        );
        FuncRegistration::new(kind.short()).with_volatility(true).set_into_module(
            module,
            |ctx: NativeCallContext, name: Dynamic| -> Res<ResourceHandle> {
                Err(misused(&ctx, kind, &name, None).into())
            },
        );
    }
    for (service, module) in services {
        engine.register_static_module(service, module.into());
    }
}

/// A kind's documentation, as editors show it.
fn comments(kind: &Kind) -> Vec<String> {
    let argument = |field: &Field| {
        let presence = if field.presence == Presence::Required { ", required" } else { "" };
        format!("/// - `{}` ({}{presence}): {}", field.name, field.ty.describe(), field.doc.replace('\n', " "))
    };
    let head = kind.doc.lines().map(|line| format!("/// {line}"));
    head.chain(["///".to_owned()]).chain(kind.args.iter().map(argument)).collect()
}

fn misused(ctx: &NativeCallContext, kind: &Kind, name: &Dynamic, args: Option<&Dynamic>) -> ScriptFault {
    let place = |index| session::with(|s| s.argument(ctx.call_position(), index));
    let shown = kind.name.replacen('.', "::", 1);
    match (known_text(&format!("the name of `{shown}`"), name), args) {
        (Err(fault), _) => fault.help("the first argument is the resource's name inside the program").at(place(0), ""),
        (Ok(_), Some(args)) => {
            ScriptFault::new(format!("the arguments of `{shown}` must be a map, not {}", article(args)))
                .help(format!("write `{shown}(\"name\", #{{ .. }})`"))
                .at(place(1), "")
        }
        (Ok(_), None) => ScriptFault::new(format!("`{shown}` is called wrongly")),
    }
}

/// That this is the place for what belongs into a program.
///
/// # Errors
/// In tests, in checks, and at the top level of a module.
pub(crate) fn check_mode(s: &Evaluation, what: &str) -> Result<(), ScriptFault> {
    if let Some(who) = s.mode.only_looks() {
        let fault = ScriptFault::new(format!("{who} cannot {what}"));
        return Err(match s.mode {
            Purpose::Tests => fault.help("plan a program that does: `plan(..)` or `declare(|| ..)`"),
            _ => fault.help("they look at what a program declares"),
        });
    }
    if s.in_module_head() {
        let fault = ScriptFault::new(format!("a module can {what} only inside functions"));
        return Err(fault.help("put this into `fn name(..) { .. }` and call it from the program"));
    }
    Ok(())
}

fn declare(ctx: &NativeCallContext, kind: &'static Kind, name: &str, given: rhai::Map) -> Res<ResourceHandle> {
    let call = ctx.call_position();
    let (around, suffix, site) = session::with(|s| {
        check_mode(s, "declare resources")?;
        if s.problems.len() >= ENOUGH {
            return Err(ScriptFault::new(format!(
                "{} mistakes are enough; the rest is not looked at",
                s.problems.len()
            )));
        }
        Ok((s.around(), s.environment.suffix.clone(), s.site(call)))
    })?;
    let address = Address::new(&around.path, kind.name, name).map_err(|error| {
        let fault = match check_name(name) {
            Err(why) => component::cannot_name("a resource", name, &why),
            Ok(()) => ScriptFault::new(error.to_string()),
        };
        fault.at(session::with(|s| s.argument(call, 0)), "")
    })?;

    let mut problems = Vec::new();
    let is_region_given = given.get("region").is_some_and(|region| !region.is_unit());
    let (mut region, mut options, mut args) = (None, Options::default(), Map::new());
    for (key, value) in given {
        let path: [Str; 1] = [key.as_str().into()];
        if options::is_option(kind, &key) {
            if let Err(fault) = options::read(kind, &mut options, &mut region, &key, &value) {
                problems.push(placed(*fault.first, &site, &path, false));
            }
            continue;
        }
        match to_expr(&value) {
            Ok(expr) => {
                if kind.arg(&key).is_some_and(|field| field.sensitive) && checks::says_secret(&expr) {
                    let place = site.keys.get(key.as_str()).map(|(_, value)| value.clone());
                    let literal = place.is_some_and(|at| session::with(|s| s.is_text(&at)));
                    options.plain.push(Plain { argument: path[0].clone(), literal });
                }
                args.insert(path[0].clone(), expr);
            }
            Err(bad) => {
                let path: Vec<Str> = path.into_iter().chain(bad.path).collect();
                let mut fault = bad.fault;
                fault.first.message = format!("argument `{}`: {}", path.join("."), fault.first.message);
                problems.push(placed(*fault.first, &site, &path, false));
                // Stands in, so that the argument does not count as missing too.
                args.insert(path[0].clone(), Expr::attr(&address, "id"));
            }
        }
    }
    options.moved_along = component::former_addresses(&around, kind, name, &options.moved_from);
    let inherited = Surroundings { name, suffix: &suffix, tags: around.tags.as_deref() };
    let (args, wrong) = resolve(kind, args, &inherited);
    problems.extend(wrong.into_iter().map(|problem| explain(kind, problem, &site)));
    let region = match kind.place {
        Place::Regional => region.or(around.region),
        Place::Global | Place::Local => None,
    };
    // What is wrong with a region that is given is said already.
    if kind.place == Place::Regional && region.is_none() && !is_region_given {
        problems.push(
            Diagnostic::error(format!("`{address}` has no region"))
                .at(site.span.clone(), "")
                .help("give it one: `region: \"..\"`, or put it into a component that has one"),
        );
    }
    let node = Arc::new(Node { address: address.clone(), kind, region, args, options, site });
    session::with(|s| {
        if let Some(first) = s.nodes.get(&address) {
            let again = (&node.site.span, s.trace(s.depth()));
            let first = (&first.site.span, first.site.trace.as_slice());
            problems.push(component::twice(format!("`{address}` is declared twice"), first, (again.0, &again.1)));
        } else {
            s.nodes.insert(address, node.clone());
        }
        problems.into_iter().for_each(|problem| s.problem(problem));
    });
    Ok(ResourceHandle(node))
}

/// A problem of the arguments as a diagnostic at its key.
fn explain(kind: &Kind, problem: Problem, site: &Site) -> Diagnostic {
    let inside = problem.inside.zip(site.of(&problem.path, problem.on_key));
    let inside = inside.and_then(|(place, text)| session::with(|s| s.inside_text(&text, place)));
    let mut diagnostic = match inside {
        Some(place) => Diagnostic::error(problem.message).at(place, ""),
        None => placed(Diagnostic::error(problem.message), site, &problem.path, problem.on_key),
    };
    let near = match problem.path.as_slice() {
        // The options are near names too.
        [key] if problem.on_key => closest(key, kind.args.iter().map(|f| f.name).chain(options::NAMES.iter().copied())),
        _ => None,
    };
    if let Some(code) = problem.code {
        diagnostic = diagnostic.code(code);
    }
    match (near.filter(|_| problem.code.is_none()), problem.help) {
        (Some(near), _) => diagnostic = diagnostic.help(format!("did you mean `{near}`?")),
        (None, Some(help)) => diagnostic = diagnostic.help(help),
        (None, None) => {}
    }
    diagnostic
}

fn placed(diagnostic: Diagnostic, site: &Site, path: &[Str], on_key: bool) -> Diagnostic {
    diagnostic.at(site.of(path, on_key), "")
}
