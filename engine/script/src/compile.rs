//! Compiling: parses a text, checks the names in it, and rewrites its tree.
//!
//! Names are checked before anything runs, so that a mistyped function, kind or service is found even where the
//! program does not come by, and all of them at once.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::diagnostic::Diagnostic;
use dr_core::limits;
use dr_core::registry::Registry;
use rhai::{
    AST, ASTNode, Engine, Expr, FnAccess, FnCallExpr, LexError, ParseErrorType, Position, Scope, ScriptFuncDef, Shared,
    Stmt,
};

use crate::environment::GLOBALS;
use crate::fault::ScriptFault;
use crate::natives::Natives;
use crate::session::ENOUGH;
use crate::source::{FunctionHead, Unit, point};
use crate::{grammar, rewrite, scopes, session, syntax, words};

/// Functions that Rhai itself answers.
const SYNTAX: &[&str] = &["call", "curry", "type_of", "print"];

/// What people look for under another name.
const INSTEAD: &[(&str, &str)] = &[
    ("sort", "`sorted`, which gives a new list"),
    ("reverse", "`reversed`, which gives a new list"),
    ("replace", "`replaced`, which gives a new text"),
    ("trim", "`trimmed`, which gives a new text"),
    ("retain", "`filter`, which gives a new list"),
    ("dedup", "`unique`, which gives a new list"),
    ("append", "`+`: `a + b`"),
    ("extract", "`slice(start, length)`"),
    ("mixin", "`+`: `a + b`"),
    ("parse_json", "`from_json`"),
    ("format", "a text in back-ticks: `${value}`"),
    ("timestamp", "a resource of `time`: programs see no clock"),
    ("rand", "a resource of `random`: programs are the same every time"),
    ("sleep", "nothing: the engine waits for resources by itself"),
    ("exit", "`return`, or `throw` with a message"),
    ("for_each", "`for x in list { .. }`"),
];

/// Parses a text without rewriting it.
pub(crate) fn parse(engine: &Engine, text: &str) -> Result<AST, rhai::ParseError> {
    limits::script(text.len() as u64).map_err(|e| LexError::Runtime(e.to_string()).into_err(Position::NONE))?;
    words::begin(text);
    let mut scope = Scope::new();
    for name in GLOBALS {
        scope.push_constant(*name, ());
    }
    engine.compile_with_scope(&scope, text)
}

/// Compiles a text as a new unit of this thread's evaluation. Answers with the unit's number and its tree.
pub(crate) fn compile(engine: &Engine, source: &str, text: &str) -> Result<(usize, AST), ScriptFault> {
    let (unit, registry, natives) = session::with(|s| {
        s.units.push(Unit::new(source, text));
        (s.units.len() - 1, s.registry.clone(), s.natives.clone())
    });
    let span = |at: Position| session::with(|s| s.units[unit].span(at));
    let one = |diagnostic: Diagnostic| ScriptFault { first: Box::new(diagnostic), rest: Vec::new(), depth: None };
    let wrong = |error: &rhai::ParseError| one(session::with(|s| syntax::parse_error(error, &s.units[unit])));
    let strays = |ast: &AST| match &registry {
        Some(registry) => session::with(|s| scopes::strays(ast, &s.units[unit], registry)),
        None => Vec::new(),
    };
    let check = |ast: &AST| match &registry {
        Some(registry) => check(&natives, registry, ast),
        None => Vec::new(),
    };
    let in_order = |mut faults: Vec<(Position, ScriptFault)>| {
        faults.sort_by_key(|(at, _)| point(*at));
        ScriptFault::of(faults.into_iter().map(|(at, fault)| (*fault.first).at(span(at), "")).collect())
    };
    let ast = match parse(engine, text) {
        Ok(ast) => ast,
        Err(error) => {
            // An undefined name ends the strict parser; a lenient one finds the others too.
            let undefined =
                matches!(*error.0, ParseErrorType::VariableUndefined(_) | ParseErrorType::ModuleUndefined(_));
            let mut others = match parse(&grammar::parser(), text) {
                Ok(ast) if undefined => [check(&ast), strays(&ast)].concat(),
                Err(worse) if undefined => return Err(wrong(&worse)),
                _ => return Err(wrong(&error)),
            };
            if !others.iter().any(|(other, _)| other.line() == error.1.line()) {
                let bare = Diagnostic { labels: Vec::new(), ..*wrong(&error).first };
                others.push((error.1, one(bare)));
            }
            return Err(in_order(others).unwrap_or_else(|| wrong(&error)));
        }
    };
    if let Some(open) = session::with(|s| syntax::open_comment(&s.units[unit])) {
        return Err(one(open));
    }
    let doubts = scopes::unfilled(&ast, &variables(&ast));
    session::with(|s| s.doubts.extend(doubts.into_iter().map(|(at, doubt)| doubt.at(s.units[unit].span(at), ""))));
    let mut faults = check(&ast);
    let rewritten = rewrite::rewrite(engine, &ast, unit, source).map_err(|error| wrong(&error))?;
    faults.extend(rewritten.faults);
    if let Some(fault) = in_order(faults) {
        return Err(fault);
    }
    session::with(|s| {
        s.units[unit].calls = rewritten.calls;
        s.units[unit].functions = heads(&ast);
        s.units[unit].imports = imported(&ast);
        s.names.extend(rewritten.names);
    });
    Ok((unit, rewritten.ast))
}

/// Mistakes in the names that a tree calls.
fn check(natives: &Natives, registry: &Registry, ast: &AST) -> Vec<(Position, ScriptFault)> {
    let mut faults = Vec::new();
    let functions: BTreeSet<&str> = ast.iter_fn_def().map(|f| f.name.as_str()).collect();
    for definition in ast.iter_fn_def() {
        let taken = natives.get(definition.name.as_str()).is_some_and(|n| n.contains(&definition.params.len()));
        if taken || SYNTAX.contains(&definition.name.as_str()) {
            let fault =
                ScriptFault::new(format!("the function `{}` would replace the one of the language", definition.name));
            faults.push((definition.body.start_position(), fault.help("give it another name")));
        }
    }
    let imports = rewrite::imports(ast);
    let variables = variables(ast);
    let known: BTreeSet<&str> =
        natives.keys().map(String::as_str).chain(functions.iter().copied()).chain(SYNTAX.iter().copied()).collect();
    let mut check_call = |call: &FnCallExpr, at: Position| {
        if call.op_token.is_some() || faults.len() >= ENOUGH {
            return;
        }
        if call.is_qualified() {
            let root = call.namespace.root();
            if !imports.iter().any(|i| i == root) && root != "global" {
                faults.extend(check_kind(registry, root, call, imports.iter().map(|i| i.as_str())).map(|f| (at, f)));
            }
            return;
        }
        let name = call.name.as_str();
        if known.contains(name) {
            return;
        }
        let fault = ScriptFault::new(format!("there is no function `{name}`"));
        if let Some(kind) = name.strip_prefix("aws_").and_then(|theirs| of_terraform(registry, theirs)) {
            return faults.push((at, fault.help(format!("resources are declared as `{kind}(\"name\", #{{ .. }})`"))));
        }
        faults.push((
            at,
            if let Some((_, instead)) = INSTEAD.iter().find(|(wrong, _)| *wrong == name) {
                fault.help(format!("use {instead}"))
            } else if variables.contains(name) {
                fault.help(format!("to call the function in this variable write `{name}.call(..)`"))
            } else {
                fault.near(name, known.iter().copied())
            },
        ));
    };
    ast.walk(&mut |path: &[ASTNode]| {
        match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, at) | Expr::MethodCall(call, at))) => check_call(call, *at),
            Some(ASTNode::Stmt(Stmt::FnCall(call, at))) => check_call(call, *at),
            _ => {}
        }
        true
    });
    faults
}

/// The kind that Terraform calls so, behind its `aws_`.
fn of_terraform(registry: &Registry, theirs: &str) -> Option<String> {
    let names = || registry.iter().map(|kind| (kind.name, kind.name.replacen('.', "_", 1)));
    let near = || {
        let all: Vec<_> = names().collect();
        let near = dr_core::schema::closest(theirs, all.iter().map(|(_, flat)| flat.as_str()))?;
        all.iter().find(|(_, flat)| flat == near).map(|(name, _)| *name)
    };
    let same = names().find(|(_, flat)| flat == theirs).map(|(name, _)| name);
    let short = || registry.iter().find(|kind| kind.short() == theirs).map(|kind| kind.name);
    same.or_else(short).or_else(near).map(|name| name.replacen('.', "::", 1))
}

/// `service::kind(..)`, where the service is no import.
fn check_kind<'a>(
    registry: &Registry,
    root: &str,
    call: &FnCallExpr,
    imports: impl Iterator<Item = &'a str>,
) -> Option<ScriptFault> {
    let name = format!("{root}.{}", call.name);
    if registry.get(&name).is_some() {
        return None;
    }
    let services = registry.services();
    if !services.contains(root) {
        let fault = ScriptFault::new(format!("there is no service or imported module `{root}`"));
        let named = fault.near(root, services.iter().copied().chain(imports));
        let elsewhere = registry.iter().find(|kind| kind.short() == call.name);
        return Some(match elsewhere {
            _ if !named.first.help.is_empty() => named,
            Some(kind) => named.help(format!("did you mean `{}`?", kind.name.replacen('.', "::", 1))),
            None => named
                .help(format!("to use a module, import it first: `import \"{root}\" as {root};`"))
                .help("`dr kinds` lists the services and what they have"),
        });
    }
    let shown = |kind: &str| kind.replacen('.', "::", 1);
    let kinds = registry.iter().filter(|k| k.service() == root).map(|k| k.short());
    if let Some((_, check, why)) = dr_core::checks::SHARED.iter().find(|(shared, ..)| *shared == name) {
        let fault = ScriptFault::new(format!("there is no kind `{}` on purpose: {why}", shown(&name))).code(check);
        return Some(fault.help("set it once per account, outside of every environment"));
    }
    let fault = ScriptFault::new(format!("there is no kind `{}`", shown(&name)));
    Some(match dr_core::schema::closest(&call.name, kinds) {
        Some(near) => fault.help(format!("did you mean `{root}::{near}`?")),
        None => match registry.closest(&name) {
            Some(near) => fault.help(format!("did you mean `{}`?", shown(near))),
            None => fault,
        },
    })
}

/// The functions that a tree declares.
fn heads(ast: &AST) -> Vec<FunctionHead> {
    let named = ast.iter_fn_def().filter(|f| !f.name.starts_with("anon$"));
    let head = |f: &Shared<ScriptFuncDef>| FunctionHead {
        name: f.name.to_string(),
        params: f.params.iter().map(ToString::to_string).collect(),
        is_private: f.access == FnAccess::Private,
    };
    named.map(head).collect()
}

/// The modules that a tree imports: by which name which one.
fn imported(ast: &AST) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    ast.walk(&mut |path: &[ASTNode]| {
        if let Some(ASTNode::Stmt(Stmt::Import(import, _))) = path.last()
            && let Expr::StringConstant(module, _) = &import.0
        {
            found.insert(import.1.name.to_string(), module.to_string());
        }
        true
    });
    found
}

/// Every name of a variable or parameter.
fn variables(ast: &AST) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = ast.iter_fn_def().flat_map(|f| f.params.iter().map(|p| p.to_string())).collect();
    ast.walk(&mut |path: &[ASTNode]| {
        match path.last() {
            Some(ASTNode::Stmt(Stmt::Var(x, ..))) => {
                names.insert(x.0.name.to_string());
            }
            Some(ASTNode::Stmt(Stmt::For(x, _))) => {
                names.insert(x.0.name.to_string());
            }
            _ => {}
        }
        true
    });
    names
}
