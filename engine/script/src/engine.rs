//! The engine: Rhai with exactly what programs may use.
//!
//! It starts empty. Rhai gives arithmetic, comparison of numbers and ranges; everything else is registered by this
//! crate, so that no builtin exists that has not been thought through for unknowns, effects and growth.

use dr_core::registry::Registry;
use rhai::packages::{ArithmeticPackage, BasicIteratorPackage, LogicPackage, Package};
use rhai::{Dynamic, Engine, Map, OptimizationLevel};

use crate::modules::Resolver;
use crate::request::Limits;
use crate::rewrite::hooks;
use crate::{
    budget, component, constructors, functions, lists, operators, params, policy, session, testing, unknown, words,
};

/// Builds an engine for a registry.
pub(crate) fn build(registry: &Registry, limits: &Limits) -> Engine {
    let mut engine = Engine::new_raw();
    ArithmeticPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    BasicIteratorPackage::new().register_into_engine(&mut engine);
    configure(&mut engine, limits);
    hooks::register(&mut engine);
    unknown::register(&mut engine);
    operators::register(&mut engine);
    functions::register(&mut engine);
    lists::register(&mut engine);
    policy::register(&mut engine);
    params::register(&mut engine);
    component::register(&mut engine);
    constructors::register(&mut engine, registry);
    engine
}

/// An engine that also has `plan`, `assert` and the like.
pub(crate) fn build_for_tests(registry: &Registry, limits: &Limits) -> Engine {
    let mut engine = build(registry, limits);
    testing::register(&mut engine);
    engine
}

/// An engine that only parses, and does not ask whether variables and modules exist.
pub(crate) fn parser() -> Engine {
    let mut engine = Engine::new_raw();
    configure(&mut engine, &Limits::default());
    engine.set_strict_variables(false);
    engine
}

fn configure(engine: &mut Engine, limits: &Limits) {
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_strict_variables(true);
    engine.set_fail_on_invalid_map_property(true);
    engine.set_max_strings_interned(256);
    // Debug and release builds of Rhai differ in their defaults: everything is said here.
    engine.set_max_call_levels(limits.depth);
    engine.set_max_expr_depths(128, 64);
    engine.set_max_modules(256);
    engine.set_max_functions(4096);
    engine.set_max_variables(4096);
    // The budget counts instead: Rhai's count forgets closures that natives call. And with any limit of size Rhai
    // measures a whole list at every `push`; memory is watched from outside.
    engine.set_max_operations(0);
    engine.on_progress(|_| budget::step());
    for word in ["eval", "try", "catch", "Fn", "is_def_var", "is_def_fn", "is_shared", "debug"] {
        engine.disable_symbol(word);
    }
    engine.set_module_resolver(Resolver);
    engine.on_print(|line| session::with(|s| s.printed.push(line.to_owned())));
    // These three are "volatile" in Rhai's words: the exact version is pinned for them.
    #[allow(deprecated)]
    engine.on_parse_token(|token, _, _| words::map(token));
    #[allow(deprecated)]
    engine.on_var(|name, _, _| Ok((name == "env").then(environment)));
}

/// What `env` holds.
pub(crate) const ENVIRONMENT: &[&str] = &["suffix", "name", "ephemeral"];

fn environment() -> Dynamic {
    session::with(|s| {
        let environment = &s.environment;
        let values: [Dynamic; 3] =
            [environment.suffix.as_str().into(), environment.name.as_str().into(), environment.ephemeral.into()];
        let names = ENVIRONMENT.iter().map(|name| (*name).into());
        Dynamic::from_map(names.zip(values).collect::<Map>())
    })
}
