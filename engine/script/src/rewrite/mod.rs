//! Rewriting: every tree is transformed after parsing and before it runs.
//!
//! Stock Rhai forces back-tick strings to text, takes the default arm of a `switch` on an unknown, cannot read an
//! optional property of a strict map, and confuses the functions and imports of modules with each other. The rewriter
//! puts hooks in place of these (see `hooks`), notes the position of every call, and keeps the positions of arguments
//! and keys in a side table.
//!
//! It depends on Rhai's internals, so the version of Rhai is pinned exactly, and the tests of this crate are run at
//! every upgrade.

pub(crate) mod hooks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dr_core::value::Str;
use rhai::{
    AST, ASTNode, BinaryExpr, CustomExpr, Dynamic, Engine, Expr, FnCallExpr, ImmutableString, Module, Namespace,
    ParseError, Position, ScriptFuncDef, Shared, Stmt, StmtBlock,
};

use crate::fault::ScriptFault;
use crate::source::{CallSite, point};
use hooks::{BODY, Body, BodyParts, CALL, Home, KNOWN, MAYBE, NO_ARM, TEXT, hand_over, pack};

/// A rewritten tree with what was found on the way.
pub(crate) struct Rewritten {
    pub(crate) ast: AST,
    pub(crate) calls: BTreeMap<(usize, usize), Arc<CallSite>>,
    pub(crate) names: BTreeSet<String>,
    /// Mistakes that can be seen without running, with their positions.
    pub(crate) faults: Vec<(Position, ScriptFault)>,
}

/// Rewrites the tree of a unit.
///
/// # Errors
/// When a hook cannot be parsed, which does not happen.
pub(crate) fn rewrite(engine: &Engine, ast: &AST, unit: usize, source: &str) -> Result<Rewritten, ParseError> {
    let mut rewriter = Rewriter {
        unit,
        home: Arc::default(),
        aliases: imports(ast),
        functions: ast.iter_fn_def().map(|f| f.name.clone()).collect(),
        calls: BTreeMap::new(),
        names: BTreeSet::new(),
        faults: Vec::new(),
    };
    let statements = rewriter.statements(ast.statements().iter().cloned());
    let source: ImmutableString = source.into();
    let mut library = Module::new();
    for definition in ast.iter_fn_def() {
        let body = body(definition);
        if body.is_empty() {
            library.set_script_fn((**definition).clone());
            continue;
        }
        let (start, end) = (definition.body.start_position(), definition.body.end_position());
        let body = rewriter.statements(body.into_iter());
        hand_over(Body(Arc::new(BodyParts {
            unit,
            source: source.clone(),
            function: definition.name.clone(),
            block: Expr::Stmt(Box::new(StmtBlock::new(body, start, end))),
            start,
            home: rewriter.home.clone(),
        })));
        let stub = engine.compile(format!("fn f() {{ {BODY} }}"))?;
        let mut replaced = (**definition).clone();
        if let Some(stub) = stub.iter_fn_def().next() {
            replaced.body = (**stub).clone().body;
        }
        library.set_script_fn(replaced);
    }
    library.set_id(source.clone());
    let ast = AST::new_with_source(statements, library, source);
    // A fresh cell is set once.
    let _ = rewriter.home.0.set(Shared::downgrade(ast.shared_lib()));
    Ok(Rewritten { ast, calls: rewriter.calls, names: rewriter.names, faults: rewriter.faults })
}

/// The statements of a function.
pub(crate) fn body(definition: &Shared<ScriptFuncDef>) -> Vec<Stmt> {
    // They are reachable only by walking a tree that holds this function alone.
    let mut alone = Module::new();
    alone.set_script_fn(definition.clone());
    let mut body: Vec<Stmt> = Vec::new();
    AST::new([], alone).walk(&mut |path: &[ASTNode]| {
        if let [ASTNode::Stmt(statement)] = path {
            body.push((*statement).clone());
        }
        true
    });
    body
}

/// The names that a tree gives to its imports.
pub(crate) fn imports(ast: &AST) -> BTreeSet<ImmutableString> {
    let mut names = BTreeSet::new();
    ast.walk(&mut |path: &[ASTNode]| {
        if let Some(ASTNode::Stmt(Stmt::Import(import, _))) = path.last()
            && !import.1.name.is_empty()
        {
            names.insert(import.1.name.clone());
        }
        true
    });
    names
}

struct Rewriter {
    unit: usize,
    home: Arc<Home>,
    aliases: BTreeSet<ImmutableString>,
    functions: BTreeSet<ImmutableString>,
    calls: BTreeMap<(usize, usize), Arc<CallSite>>,
    names: BTreeSet<String>,
    faults: Vec<(Position, ScriptFault)>,
}

impl Rewriter {
    fn statements(&mut self, all: impl Iterator<Item = Stmt>) -> Vec<Stmt> {
        all.map(|mut statement| {
            self.statement(&mut statement);
            statement
        })
        .collect()
    }

    fn block(&mut self, block: &mut StmtBlock) {
        let before = std::mem::take(block.statements_mut());
        let after = self.statements(before.into_iter());
        block.statements_mut().extend(after);
    }

    fn statement(&mut self, statement: &mut Stmt) {
        match statement {
            Stmt::If(x, _) | Stmt::While(x, _) | Stmt::Do(x, ..) | Stmt::TryCatch(x, _) => {
                self.expr(&mut x.expr);
                self.block(&mut x.body);
                self.block(&mut x.branch);
            }
            Stmt::Switch(x, position) => {
                self.expr(&mut x.0);
                let value = std::mem::take(&mut x.0);
                let at = if value.position().is_none() { *position } else { value.position() };
                x.0 = hook(KNOWN, [value], Dynamic::UNIT, at);
                for arm in x.1.expressions.iter_mut() {
                    self.expr(&mut arm.lhs);
                    self.expr(&mut arm.rhs);
                }
                // Plain Rhai answers `()` when nothing matches.
                if x.1.def_case.is_none() {
                    let refuse = hook(NO_ARM, [], pack(at).into(), at);
                    x.1.expressions.push(BinaryExpr { lhs: Expr::BoolConstant(true, at), rhs: refuse });
                    x.1.def_case = Some(x.1.expressions.len() - 1);
                }
            }
            Stmt::For(x, _) => {
                self.expr(&mut x.2.expr);
                self.block(&mut x.2.body);
            }
            Stmt::Var(x, ..) => self.expr(&mut x.1),
            Stmt::Assignment(x) => {
                self.target(&mut x.1.lhs);
                self.expr(&mut x.1.rhs);
            }
            Stmt::FnCall(x, position) => {
                let at = *position;
                self.call(x, at);
                if may_enter(x) {
                    *statement = Stmt::Expr(Box::new(noted(Expr::FnCall(x.clone(), at), at)));
                }
            }
            Stmt::Block(block) => self.block(block),
            Stmt::Expr(expr) => self.expr(expr),
            Stmt::BreakLoop(Some(expr), ..) | Stmt::Return(Some(expr), ..) => self.expr(expr),
            Stmt::Import(x, _) => {
                self.expr(&mut x.0);
                if !x.1.name.is_empty() {
                    x.1.name = self.alias(&x.1.name);
                }
            }
            _ => {}
        }
    }

    fn call(&mut self, call: &mut FnCallExpr, at: Position) {
        if call.op_token.is_none() && !call.args.is_empty() {
            let mut site = CallSite::default();
            for argument in &call.args {
                site.args.push(argument.start_position());
                keys(argument, &mut Vec::new(), &mut site);
            }
            self.calls.insert(point(at), Arc::new(site));
        }
        self.namespace(&mut call.namespace);
        call.args.iter_mut().for_each(|argument| self.expr(argument));
    }

    /// Import names are made unique: Rhai looks them up by text in a stack that all modules share.
    fn alias(&self, name: &str) -> ImmutableString {
        format!("{name}@{}", self.unit).into()
    }

    fn namespace(&self, namespace: &mut Namespace) {
        if !namespace.is_empty() && self.aliases.contains(&namespace.path[0].name) {
            namespace.path[0].name = self.alias(&namespace.path[0].name);
        }
    }

    /// The target of an assignment must stay a plain chain.
    fn target(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Dot(x, ..) | Expr::Index(x, ..) => {
                self.target(&mut x.lhs);
                self.target(&mut x.rhs);
            }
            Expr::MethodCall(call, position) => {
                let at = *position;
                self.call(call, at);
            }
            Expr::Variable(..) | Expr::ThisPtr(..) | Expr::Property(..) => {}
            other => self.expr(other),
        }
    }

    fn expr(&mut self, expr: &mut Expr) {
        match expr {
            Expr::InterpolatedString(parts, position) => {
                let at = *position;
                let mut parts: Vec<Expr> = std::mem::take(parts).into_iter().collect();
                parts.iter_mut().for_each(|part| self.expr(part));
                *expr = hook(TEXT, parts, pack(at).into(), at);
            }
            Expr::Variable(x, None, position) => {
                self.namespace(&mut x.2);
                // The bare name of a function would be looked up where it is called, in another module.
                if x.0.is_none() && x.2.is_empty() && self.functions.contains(&x.1) {
                    let fault = ScriptFault::new(format!("`{}` is a function, not a value", x.1));
                    self.faults.push((*position, fault.help(format!("to pass it on, write `|x| {}(x)`", x.1))));
                }
            }
            Expr::Array(items, _) => items.iter_mut().for_each(|item| self.expr(item)),
            Expr::Map(x, _) => {
                for (key, value) in x.0.iter_mut() {
                    self.names.insert(key.name.to_string());
                    self.expr(value);
                }
            }
            Expr::Stmt(block) => self.block(block),
            Expr::FnCall(call, position) => {
                let at = *position;
                self.call(call, at);
                if may_enter(call) {
                    *expr = noted(std::mem::take(expr), at);
                }
            }
            Expr::MethodCall(call, position) => {
                let at = *position;
                self.call(call, at);
            }
            Expr::Dot(..) | Expr::Index(..) => {
                self.chain(expr);
                if let Some(at) = first_method(expr) {
                    *expr = noted(std::mem::take(expr), at);
                }
            }
            Expr::Coalesce(operands, _) => {
                let last = operands.len().saturating_sub(1);
                for (i, operand) in operands.iter_mut().enumerate() {
                    let optional = i < last && is_plain_chain(operand);
                    let at = operand.position();
                    self.expr(operand);
                    if optional {
                        *operand = hook(MAYBE, [std::mem::take(operand)], Dynamic::UNIT, at);
                    }
                }
            }
            Expr::And(operands, _) | Expr::Or(operands, _) => operands.iter_mut().for_each(|o| self.expr(o)),
            Expr::Custom(x, _) => x.inputs.iter_mut().for_each(|input| self.expr(input)),
            _ => {}
        }
    }

    /// `a.b[c].d(e)` is one chain that leans to the right: only its root, its indexes and its arguments are
    /// expressions of their own.
    fn chain(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Dot(x, ..) | Expr::Index(x, ..) => {
                if matches!(x.lhs, Expr::Property(..) | Expr::MethodCall(..)) {
                    self.chain(&mut x.lhs);
                } else {
                    self.expr(&mut x.lhs);
                }
                self.chain(&mut x.rhs);
            }
            Expr::MethodCall(call, position) => {
                let at = *position;
                self.call(call, at);
            }
            Expr::Property(..) => {}
            other => self.expr(other),
        }
    }
}

fn hook(key: &'static str, inputs: impl IntoIterator<Item = Expr>, state: Dynamic, at: Position) -> Expr {
    let custom = CustomExpr {
        inputs: inputs.into_iter().collect(),
        tokens: [key.into()].into_iter().collect(),
        state,
        scope_may_be_changed: false,
        self_terminated: false,
    };
    Expr::Custom(Box::new(custom), at)
}

fn noted(call: Expr, at: Position) -> Expr {
    hook(CALL, [call], pack(at).into(), at)
}

/// Whether a call may run script code. Operators never do.
fn may_enter(call: &FnCallExpr) -> bool {
    call.op_token.is_none()
}

/// `a.b["c"].d`, without calls: a property that is missing can only be one of these.
fn is_plain_chain(expr: &Expr) -> bool {
    matches!(expr, Expr::Dot(..) | Expr::Index(..))
        && expr.walk(&mut Vec::new(), &mut |path: &[ASTNode]| {
            !matches!(
                path.last(),
                Some(
                    ASTNode::Expr(Expr::FnCall(..) | Expr::MethodCall(..) | Expr::Custom(..) | Expr::Stmt(..))
                        | ASTNode::Stmt(..)
                )
            )
        })
}

fn first_method(expr: &Expr) -> Option<Position> {
    match expr {
        Expr::Dot(x, ..) | Expr::Index(x, ..) => first_method(&x.lhs).or_else(|| first_method(&x.rhs)),
        Expr::MethodCall(_, at) => Some(*at),
        _ => None,
    }
}

/// The keys of the map literals in an argument, also through `DEFAULTS + #{ .. }`, but not inside nested calls.
fn keys(expr: &Expr, path: &mut Vec<Str>, site: &mut CallSite) {
    match expr {
        Expr::Map(x, _) => {
            for (key, value) in &x.0 {
                path.push(key.name.as_str().into());
                site.keys.push((path.clone(), key.pos, value.start_position()));
                keys(value, path, site);
                path.pop();
            }
        }
        Expr::Array(items, _) => {
            for (i, item) in items.iter().enumerate() {
                path.push(i.to_string().into());
                site.keys.push((path.clone(), item.start_position(), item.start_position()));
                keys(item, path, site);
                path.pop();
            }
        }
        Expr::FnCall(call, _) if call.op_token.is_some() => {
            call.args.iter().for_each(|argument| keys(argument, path, site));
        }
        Expr::FnCall(call, _) if !call.is_qualified() => document(call, path, site),
        _ => {}
    }
}

/// The keys of a document that a function of the language writes: what it is given stands at known places in it.
fn document(call: &FnCallExpr, path: &mut Vec<Str>, site: &mut CallSite) {
    let mut under = |key: &str, argument: &Expr, path: &mut Vec<Str>| {
        path.push(key.into());
        site.keys.push((path.clone(), argument.start_position(), argument.start_position()));
        keys(argument, path, site);
        path.pop();
    };
    match (call.name.as_str(), call.args.as_slice()) {
        ("policy", [statements]) => under("Statement", statements, path),
        ("allow" | "deny", [actions, resources, more @ ..]) => {
            under("Action", actions, path);
            under("Resource", resources, path);
            more.iter().for_each(|more| keys(more, path, site));
        }
        ("to_json", [whole]) => keys(whole, path, site),
        _ => {}
    }
}
