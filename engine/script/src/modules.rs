//! Modules: `import "network" as network;`
//!
//! A module's name is a plain relative path without extension. It is looked for in the host's roots, and its real path
//! must lie inside the root, symbolic links included. Each module runs once per evaluation, in a scope of its own;
//! its top level declares constants and functions, never resources. Imports in a circle are an error (Rhai would
//! overflow the stack).

use std::path::{Path, PathBuf};

use rhai::{
    Dynamic, Engine, EvalAltResult, FnNamespace, GlobalRuntimeState, Module, ModuleResolver, Position, Scope, Shared,
};

use crate::compile::compile;
use crate::fault::{Res, ScriptFault};
use crate::file::read_script;
use crate::request::Root;
use crate::session;

/// How deep modules may import each other.
const DEEPEST: usize = 32;
/// How many modules a program may have.
const MOST: usize = 256;

/// Finds modules in the roots of this thread's evaluation.
pub(crate) struct Resolver;

/// A module's file.
struct ModuleFile {
    /// What messages call it.
    source: String,
    /// Where it really is.
    file: PathBuf,
}

impl ModuleFile {
    fn read(&self, name: &str) -> Result<String, ScriptFault> {
        read_script(&self.file).map_err(|e| ScriptFault::new(format!("the module `{name}` cannot be read: {e}")))
    }
}

/// Checks that a name is a plain relative path.
pub(crate) fn check_name(name: &str) -> Result<(), ScriptFault> {
    let plain =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if name.len() <= 200 && name.split('/').all(plain) {
        return Ok(());
    }
    Err(ScriptFault::new(format!("`{name}` is not the name of a module"))
        .help("a name holds letters, digits, `_` and `-`, with `/` between folders, and no file extension"))
}

fn find(roots: &[Root], name: &str) -> Result<ModuleFile, ScriptFault> {
    check_name(name)?;
    for root in roots {
        let file = root.path.join(format!("{name}.rhai"));
        if !file.is_file() {
            continue;
        }
        let unreadable = |why: String| ScriptFault::new(format!("the module `{name}` cannot be read: {why}"));
        let real = file.canonicalize().map_err(|e| unreadable(e.to_string()))?;
        let inside = root.path.canonicalize().map_err(|e| unreadable(e.to_string()))?;
        if !real.starts_with(&inside) {
            return Err(ScriptFault::new(format!("the module `{name}` lies outside `{}`", root.label))
                .help("a symbolic link leads out of the folder; put the module's file there instead"));
        }
        let source = if root.label.is_empty() { format!("{name}.rhai") } else { format!("{}/{name}.rhai", root.label) };
        return Ok(ModuleFile { source, file: real });
    }
    let names = names(roots);
    let label = |root: &Root| if root.label.is_empty() { "its own folder".to_owned() } else { root.label.clone() };
    let labels: Vec<String> = roots.iter().map(label).collect();
    let fault = ScriptFault::new(format!("there is no module `{name}` in {}", labels.join(" or ")));
    Err(fault.near(name, names.iter().map(String::as_str)))
}

/// The names of all modules in the roots.
pub(crate) fn names(roots: &[Root]) -> Vec<String> {
    fn collect(folder: &Path, prefix: &str, depth: usize, names: &mut Vec<String>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            let Some(stem) = path.file_stem().and_then(|s| s.to_str()) else { continue };
            if path.is_dir() && depth > 0 {
                collect(&path, &format!("{prefix}{stem}/"), depth - 1, names);
            } else if path.extension().is_some_and(|e| e == "rhai") && !stem.ends_with("_test") {
                names.push(format!("{prefix}{stem}"));
            }
        }
    }
    let mut names = Vec::new();
    for root in roots {
        collect(&root.path, "", 4, &mut names);
    }
    names.sort();
    names.dedup();
    names
}

/// A module's source name and text.
pub(crate) fn read(roots: &[Root], name: &str) -> Result<(String, String), ScriptFault> {
    let found = find(roots, name)?;
    let text = found.read(name)?;
    Ok((found.source, text))
}

/// A module whose top level is running.
struct Loading;

impl Loading {
    fn start(found: &ModuleFile) -> Result<Loading, ScriptFault> {
        session::with(|s| {
            if let Some(from) = s.loading.iter().position(|(file, _)| *file == found.file) {
                let sources = s.loading[from..].iter().map(|(_, source)| source);
                let circle: Vec<&str> = sources.chain([&found.source]).map(String::as_str).collect();
                return Err(ScriptFault::new(format!("modules import each other: {}", circle.join(" → ")))
                    .help("put what both need into a module of its own"));
            }
            if s.loading.len() >= DEEPEST {
                return Err(ScriptFault::new(format!("modules import each other more than {DEEPEST} deep")));
            }
            s.loading.push((found.file.clone(), found.source.clone()));
            Ok(Loading)
        })
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        session::with(|s| s.loading.pop());
    }
}

fn load(engine: &Engine, global: &mut GlobalRuntimeState, name: &str, at: Position) -> Res<Shared<Module>> {
    if let Some(module) = session::with(|s| s.modules.get(name).cloned()) {
        return Ok(module);
    }
    let roots = session::with(|s| s.roots.clone());
    let found = find(&roots, name)?;
    if let Some(module) = session::with(|s| s.files.get(&found.file).cloned()) {
        session::with(|s| s.modules.insert(name.to_owned(), module.clone()));
        return Ok(module);
    }
    if session::with(|s| s.files.len()) >= MOST {
        return Err(ScriptFault::new(format!("the program has more than {MOST} modules")).into());
    }
    let _loading = Loading::start(&found)?;
    let text = found.read(name)?;
    let before = session::swap_position(at);
    // The module itself is not running yet: the import is among the calls that lead into it.
    let (unit, ast) = compile(engine, &found.source, &text)
        .map_err(|fault| ScriptFault { depth: Some(session::with(|s| s.depth()) + 1), ..fault })?;
    let entered = session::enter(unit, "".into(), Position::NONE);
    // A scope of its own: a module does not see the variables of who imports it.
    let result = Module::eval_ast_as_new_raw(engine, &mut Scope::new(), global, &ast);
    if let Err(error) = &result {
        session::note_failure(error);
    }
    drop(entered);
    let mut module = result.map_err(|error| Box::new(EvalAltResult::ErrorInModule(found.source.clone(), error, at)))?;
    session::swap_position(before);
    // Rhai goes through what a module imports, and what that imports, for every import again. Nobody can name it from
    // outside; its functions keep their imports by themselves.
    let nothing: Shared<Module> = Module::new().into();
    let imports: Vec<String> = module.iter_sub_modules().map(|(name, _)| name.to_owned()).collect();
    for import in imports {
        module.set_sub_module(import, nothing.clone());
    }
    // A closure that leaves its module is looked up globally, wherever it is called.
    let closures: Vec<u64> = ast
        .iter_fn_def()
        .filter(|f| f.name.starts_with("anon$"))
        .map(|f| Module::new().set_script_fn(f.clone()))
        .collect();
    for hash in closures {
        // "Deprecated" means volatile here: the version is pinned.
        #[allow(deprecated)]
        module.update_fn_namespace(hash, FnNamespace::Global);
    }
    module.build_index();
    let module: Shared<Module> = module.into();
    session::with(|s| {
        s.modules.insert(name.to_owned(), module.clone());
        s.files.insert(found.file, module.clone());
    });
    Ok(module)
}

impl ModuleResolver for Resolver {
    fn resolve(&self, engine: &Engine, _: Option<&str>, path: &str, at: Position) -> Res<Shared<Module>> {
        let mut global = engine.new_global_runtime_state();
        global.tag = Dynamic::UNIT;
        self.resolve_raw(engine, &mut global, &mut Scope::new(), path, at)
    }

    fn resolve_raw(
        &self,
        engine: &Engine,
        global: &mut GlobalRuntimeState,
        _: &mut Scope,
        path: &str,
        at: Position,
    ) -> Res<Shared<Module>> {
        load(engine, global, path, at).map_err(|mut error| {
            if error.position().is_none() {
                error.set_position(at);
            }
            error
        })
    }
}
