//! The engine: Rhai with exactly what programs may use.
//!
//! It starts empty. Rhai gives loops over ranges; everything else is registered by this crate, so that no builtin exists
//! that has not been thought through for unknowns, effects, growth and lost digits.

use dr_core::registry::Registry;
use rhai::Engine;
use rhai::packages::{BasicIteratorPackage, Package};

use crate::environment::environment;
use crate::modules::Resolver;
use crate::request::Limits;
use crate::rewrite::hooks;
use crate::{
    attributes, budget, component, constructors, functions, grammar, lists, numbers, operators, params, policy,
    promise, session, stack_output,
};

/// Builds an engine for a registry.
pub(crate) fn build(registry: &Registry, limits: &Limits) -> Engine {
    let mut engine = Engine::new_raw();
    BasicIteratorPackage::new().register_into_engine(&mut engine);
    grammar::configure(&mut engine, limits);
    configure(&mut engine);
    hooks::register(&mut engine);
    attributes::register(&mut engine);
    numbers::register(&mut engine);
    operators::register(&mut engine);
    functions::register(&mut engine);
    lists::register(&mut engine);
    policy::register(&mut engine);
    params::register(&mut engine);
    component::register(&mut engine);
    promise::register(&mut engine);
    constructors::register(&mut engine, registry);
    stack_output::register(&mut engine);
    engine
}

/// Sets what programs see and do while they run.
fn configure(engine: &mut Engine) {
    // Operators are ours, also those that Rhai would answer by itself.
    engine.set_fast_operators(false);
    // The budget counts instead: Rhai's count forgets closures that natives call. And with any limit of size Rhai
    // measures a whole list at every `push`; memory is watched from outside.
    engine.set_max_operations(0);
    engine.on_progress(|_| budget::step());
    engine.set_module_resolver(Resolver);
    engine.on_print(|line| session::with(|s| s.printed.push(line.to_owned())));
    // "Volatile" in Rhai's words: the exact version is pinned for it.
    #[allow(deprecated)]
    engine.on_var(|name, _, _| Ok((name == "env").then(environment)));
}
