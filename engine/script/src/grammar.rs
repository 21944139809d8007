//! The grammar: which texts are programs.
//!
//! Rhai's, with limits on how large a tree may be, without the words that would evaluate text or hide errors, and with
//! more words free to be names (see `words`).

use rhai::{Engine, OptimizationLevel};

use crate::request::Limits;
use crate::words;

/// An engine that only parses, and does not ask whether variables and modules exist.
pub(crate) fn parser() -> Engine {
    let mut engine = Engine::new_raw();
    configure(&mut engine, &Limits::default());
    engine.set_strict_variables(false);
    engine
}

/// Sets what decides whether a text can be parsed, and how deep its functions may call each other.
pub(crate) fn configure(engine: &mut Engine, limits: &Limits) {
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_strict_variables(true);
    engine.set_fail_on_invalid_map_property(true);
    engine.set_max_strings_interned(256);
    // Debug and release builds of Rhai differ in their defaults: everything is said here.
    engine.set_max_call_levels(limits.depth);
    engine.set_max_expr_depths(128, 64);
    // Rhai counts every import that runs; `modules` counts modules.
    engine.set_max_modules(usize::MAX);
    engine.set_max_functions(4096);
    engine.set_max_variables(4096);
    for word in ["eval", "try", "catch", "Fn", "is_def_var", "is_def_fn", "is_shared", "debug"] {
        engine.disable_symbol(word);
    }
    // "Volatile" in Rhai's words: the exact version is pinned for it.
    #[allow(deprecated)]
    engine.on_parse_token(|token, position, _| words::map(token, position));
}
