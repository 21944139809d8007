//! Scopes: variables that are read where nothing declares them, each with what people mostly meant.
//!
//! The parser stops at the first of them. Here the tree of a lenient parser is gone through, so that all are found, and
//! so that it is known what is declared elsewhere under the same name.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::diagnostic::Diagnostic;
use dr_core::registry::Registry;
use dr_core::text::shortened;
use rhai::{AST, ASTFlags, ASTNode, Expr, FnCallExpr, ImmutableString, Position, Stmt, StmtBlock};

use crate::environment::GLOBALS;
use crate::fault::ScriptFault;
use crate::rewrite;
use crate::source::{Unit, point};

/// How much of a text messages show.
const SHOWN: usize = 60;

/// Words of other languages, and what stands for them here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("None", "()"),
    ("nil", "()"),
    ("null", "()"),
    ("undefined", "()"),
    ("True", "true"),
    ("False", "false"),
    ("self", "a parameter"),
    ("var", "`env` or a parameter of the program"),
    ("local", "a variable: `let name = ..;`"),
];

/// Texts in quotes in which a variable is named as it would be in back-ticks: nothing is put in there.
pub(crate) fn unfilled(ast: &AST, variables: &BTreeSet<String>) -> Vec<(Position, Diagnostic)> {
    let mut found = Vec::new();
    ast.walk(&mut |path: &[ASTNode]| {
        let Some(ASTNode::Expr(Expr::StringConstant(text, at))) = path.last() else { return true };
        let named = text.match_indices("${").find_map(|(start, _)| {
            let inner = &text[start + 2..];
            let name: String = inner.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let ends = inner[name.len()..].starts_with(['}', '.', '[']) && inner.contains('}');
            let is_known = variables.contains(&name) || GLOBALS.contains(&name.as_str());
            (ends && is_known).then(|| &text[start..start + 3 + inner.find('}').unwrap_or(0)])
        });
        if let Some(named) = named {
            let warning =
                Diagnostic::warning(format!("`{named}` stays as it stands: nothing is put into a text in quotes"));
            found
                .push((*at, warning.help(format!("write the text in back-ticks: `` `{}` ``", shortened(text, SHOWN)))));
        }
        true
    });
    found
}

/// Where a variable or constant is declared.
struct Declaration {
    at: Position,
    /// The function that it is in; none at the top level.
    home: Option<ImmutableString>,
    constant: bool,
}

struct Scopes<'a> {
    unit: &'a Unit,
    registry: &'a Registry,
    imports: BTreeSet<ImmutableString>,
    declared: BTreeMap<ImmutableString, Vec<Declaration>>,
    /// The variable that holds the program's parameters, and their names.
    parameters: Option<(ImmutableString, BTreeSet<String>)>,
    /// What is visible now.
    visible: Vec<ImmutableString>,
    home: Option<ImmutableString>,
    said: BTreeSet<ImmutableString>,
    faults: Vec<(Position, ScriptFault)>,
}

/// Every variable of a tree that nothing declares where it is read; the first place of each name.
pub(crate) fn strays(ast: &AST, unit: &Unit, registry: &Registry) -> Vec<(Position, ScriptFault)> {
    let mut scopes = Scopes {
        unit,
        registry,
        imports: rewrite::imports(ast),
        declared: BTreeMap::new(),
        parameters: None,
        visible: GLOBALS.iter().map(|name| (*name).into()).collect(),
        home: None,
        said: BTreeSet::new(),
        faults: Vec::new(),
    };
    scopes.look_around(ast);
    scopes.statements(ast.statements().iter());
    for function in ast.iter_fn_def() {
        // What a closure captures is among its parameters, and is looked at where the closure stands.
        let is_closure = function.name.starts_with("anon$");
        scopes.home = (!is_closure).then(|| function.name.clone());
        scopes.visible = GLOBALS.iter().map(|name| (*name).into()).collect();
        scopes.visible.extend(function.params.iter().cloned());
        let body = rewrite::body(function);
        scopes.statements(body.iter());
    }
    scopes.faults
}

impl Scopes<'_> {
    /// Notes all declarations, whatever can see them.
    fn look_around(&mut self, ast: &AST) {
        let named = ast.iter_fn_def().filter(|f| !f.name.starts_with("anon$"));
        let homes: Vec<_> =
            named.map(|f| (point(f.body.start_position()), point(f.body.end_position()), f.name.clone())).collect();
        ast.walk(&mut |path: &[ASTNode]| {
            let Some(ASTNode::Stmt(Stmt::Var(var, flags, at))) = path.last() else { return true };
            let at = if var.0.pos.is_none() { *at } else { var.0.pos };
            let inside = homes.iter().find(|(start, end, _)| *start <= point(at) && point(at) <= *end);
            let home = inside.map(|(.., name)| name.clone());
            let constant = flags.intersects(ASTFlags::CONSTANT);
            self.declared.entry(var.0.name.clone()).or_default().push(Declaration { at, home, constant });
            if let Expr::FnCall(call, _) = &var.1
                && call.name == "program"
                && let Some(Expr::Map(map, _)) = call.args.first()
            {
                let keys = map.0.iter().map(|(key, _)| key.name.to_string()).collect();
                self.parameters = Some((var.0.name.clone(), keys));
            }
            true
        });
    }

    fn statements<'s>(&mut self, all: impl Iterator<Item = &'s Stmt>) {
        all.for_each(|statement| self.statement(statement));
    }

    /// A block: what it declares ends with it.
    fn block(&mut self, block: &StmtBlock, own: &[&ImmutableString]) {
        let before = self.visible.len();
        self.visible.extend(own.iter().map(|name| (*name).clone()));
        self.statements(block.iter());
        self.visible.truncate(before);
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::If(x, _) | Stmt::While(x, _) | Stmt::Do(x, ..) | Stmt::TryCatch(x, _) => {
                self.expr(&x.expr);
                self.block(&x.body, &[]);
                self.block(&x.branch, &[]);
            }
            Stmt::Switch(x, _) => {
                self.expr(&x.0);
                for arm in &x.1.expressions {
                    self.expr(&arm.lhs);
                    self.expr(&arm.rhs);
                }
            }
            Stmt::For(x, _) => {
                self.expr(&x.2.expr);
                let own: Vec<_> = std::iter::once(&x.0.name).chain(x.1.as_ref().map(|counter| &counter.name)).collect();
                self.block(&x.2.body, &own);
            }
            Stmt::Var(x, ..) => {
                self.expr(&x.1);
                self.visible.push(x.0.name.clone());
            }
            Stmt::Assignment(x) => {
                self.expr(&x.1.lhs);
                self.expr(&x.1.rhs);
            }
            Stmt::FnCall(x, _) => self.call(x),
            Stmt::Block(block) => self.block(block, &[]),
            Stmt::Expr(expr) => self.expr(expr),
            Stmt::BreakLoop(Some(expr), ..) | Stmt::Return(Some(expr), ..) => self.expr(expr),
            Stmt::Import(x, _) => self.expr(&x.0),
            Stmt::Export(x, _) => self.read(&x.0.name, x.0.pos),
            _ => {}
        }
    }

    fn call(&mut self, call: &FnCallExpr) {
        call.args.iter().for_each(|argument| self.expr(argument));
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Variable(x, _, at) if x.2.is_empty() => self.read(&x.1, *at),
            Expr::InterpolatedString(parts, _) | Expr::Array(parts, _) => parts.iter().for_each(|part| self.expr(part)),
            Expr::Map(x, _) => x.0.iter().for_each(|(_, value)| self.expr(value)),
            Expr::Stmt(block) => self.block(block, &[]),
            Expr::FnCall(call, _) | Expr::MethodCall(call, _) => self.call(call),
            Expr::Dot(x, ..) | Expr::Index(x, ..) => {
                self.expr(&x.lhs);
                self.expr(&x.rhs);
            }
            Expr::Coalesce(all, _) | Expr::And(all, _) | Expr::Or(all, _) => all.iter().for_each(|one| self.expr(one)),
            Expr::Custom(x, _) => x.inputs.iter().for_each(|input| self.expr(input)),
            _ => {}
        }
    }

    fn read(&mut self, name: &ImmutableString, at: Position) {
        if self.visible.contains(name) || !self.said.insert(name.clone()) {
            return;
        }
        let fault = self.why(name, at);
        self.faults.push((at, fault));
    }

    /// Why a variable is not there, and what to write instead.
    fn why(&self, name: &ImmutableString, at: Position) -> ScriptFault {
        let fault = ScriptFault::new(format!("there is no variable `{name}`"));
        let rest = self.unit.rest(at).unwrap_or("");
        let after = rest.get(name.len()..).unwrap_or("").trim_start();
        if let Some((_, here)) = ELSEWHERE.iter().find(|(word, _)| *word == &**name) {
            let here = if here.contains([' ', '`']) { (*here).to_owned() } else { format!("`{here}`") };
            return fault.help(format!("in this language that is {here}"));
        }
        if after.starts_with('.') && self.registry.services().contains(&**name) {
            return fault.help(format!("`{name}` is a service, whose kinds are named with `::`, as in `{name}::..`"));
        }
        if self.imports.contains(name) {
            return fault
                .help(format!("`{name}` is a module, whose functions are named with `::`, as in `{name}::..`"));
        }
        if let Some(declared) = self.declared.get(name).and_then(|all| self.nearest(all)) {
            return self.elsewhere(fault, name, declared, at);
        }
        if let Some((map, _)) = self.parameters.as_ref().filter(|(_, keys)| keys.contains(&**name)) {
            return fault.help(format!("it is a parameter of the program, in the map `{map}`: `{map}.{name}`"));
        }
        let visible = self.visible.iter().map(|name| &**name);
        if let Some(near) = dr_core::schema::closest(name, visible) {
            return fault.help(format!("did you mean `{near}`?"));
        }
        fault.help(match &self.home {
            Some(_) => format!(
                "functions see their parameters only: give it to the function as one, or declare it: `let {name} = ..;`"
            ),
            None => format!("declare it before it is used: `let {name} = ..;`; a text stands in quotes: \"{name}\""),
        })
    }

    /// Of several declarations, one in the same function, or one outside of all functions.
    fn nearest<'d>(&self, all: &'d [Declaration]) -> Option<&'d Declaration> {
        let of = |home: Option<&ImmutableString>| all.iter().find(|declared| declared.home.as_ref() == home);
        of(self.home.as_ref()).or_else(|| of(None))
    }

    fn elsewhere(&self, fault: ScriptFault, name: &str, declared: &Declaration, at: Position) -> ScriptFault {
        let (message, label, help) = if declared.home != self.home {
            match declared.constant {
                true => (
                    format!("`{name}` is a constant outside of this function"),
                    "declared here",
                    format!("functions read constants with `global`: write `global::{name}`"),
                ),
                false => (
                    format!("`{name}` is a variable outside of this function, which sees its parameters only"),
                    "declared here",
                    format!("make `{name}` a parameter of the function, and give it where the function is called"),
                ),
            }
        } else if point(declared.at) > point(at) {
            (
                format!("`{name}` is declared after this"),
                "declared here",
                "move the declaration before the first use".to_owned(),
            )
        } else {
            (
                format!("there is no variable `{name}` here: the block that declares it has ended"),
                "declared here, inside of a block",
                format!(
                    "declare it before the block, or make it what the block gives: `let {name} = if .. {{ .. }} else {{ .. }};`"
                ),
            )
        };
        let mut fault = fault;
        fault.first.message = message;
        *fault.first = fault.first.also(self.unit.span(declared.at), label);
        fault.help(help)
    }
}
