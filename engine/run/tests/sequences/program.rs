//! A program: what is declared, slot by slot, in a form that edits can change and a person can read.
//!
//! A slot is one resource over the whole sequence, whatever it is called at the time. It refers to earlier slots only, so
//! that no program waits for itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use dr_core::address::Address;
use dr_core::expr::Expr;
use dr_core::graph::{Graph, Node, Options, Output, ReplaceOrder, Site};
use dr_core::registry::Registry;
use dr_core::schema::{Kind, Place, Presence};
use dr_core::value::{Map, Str, Value};

use crate::common::PASSWORD;
use crate::kinds;

/// The suffix of the environment that all of it happens in.
pub const ENVIRONMENT: &str = "pr-1";
/// The program's name.
pub const PROGRAM: &str = "p";
/// The regions.
pub const REGIONS: [&str; 2] = ["r1", "r2"];

/// Every kind that is used.
pub fn registry() -> &'static Registry {
    static REGISTRY: LazyLock<Registry> =
        LazyLock::new(|| Registry::new(kinds::registry().iter().chain([&PASSWORD]).collect::<Vec<_>>()));
    &REGISTRY
}

/// What an argument is given.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// A value.
    Plain(Value),
    /// An attribute of another slot. It is left out while that one is not declared.
    Of(usize, &'static str),
    /// A list of one such attribute.
    ListOf(usize, &'static str),
    /// A text with such an attribute at its end.
    Join(String, usize, &'static str),
}

/// One resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    pub kind: &'static Kind,
    /// The last part of its address.
    pub called: String,
    pub present: bool,
    /// The number of its region, where it has one.
    pub region: usize,
    pub args: BTreeMap<&'static str, Given>,
    pub depends_on: Option<usize>,
    pub order: Option<ReplaceOrder>,
    pub ignored: BTreeSet<&'static str>,
    pub protect: bool,
    pub moved_from: Vec<Address>,
    pub import: Option<Str>,
    /// Whether its id is an output of the program.
    pub shown: bool,
}

impl Slot {
    /// A slot with nothing special about it.
    pub fn new(kind: &'static Kind, called: String) -> Slot {
        Slot {
            kind,
            called,
            present: true,
            region: 0,
            args: BTreeMap::new(),
            depends_on: None,
            order: None,
            ignored: BTreeSet::new(),
            protect: false,
            moved_from: Vec::new(),
            import: None,
            shown: false,
        }
    }

    pub fn address(&self) -> Address {
        Address::new("", self.kind.name, &self.called).unwrap()
    }

    pub fn region(&self) -> Option<&'static str> {
        (self.kind.place == Place::Regional).then(|| REGIONS[self.region])
    }

    /// The text that an argument is given.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.args.get(name)? {
            Given::Plain(value) => value.as_str(),
            _ => None,
        }
    }
}

/// Everything that is declared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Program {
    pub slots: Vec<Slot>,
    /// How many names were made up so far.
    pub names: usize,
}

impl Program {
    /// A name that nothing had before.
    pub fn fresh(&mut self, before: &str) -> String {
        self.names += 1;
        format!("{before}{}", self.names)
    }

    /// The slots that are declared, by number.
    pub fn declared(&self) -> impl Iterator<Item = (usize, &Slot)> {
        self.slots.iter().enumerate().filter(|(_, slot)| slot.present)
    }

    /// The same as the planner takes it.
    pub fn graph(&self) -> Graph {
        let mut graph = Graph { program: PROGRAM.into(), ..Graph::default() };
        for (_, slot) in self.declared() {
            let address = slot.address();
            let mut args: Map<Expr> = Map::new();
            for (name, given) in &slot.args {
                if let Some(value) = self.value(slot, given) {
                    args.insert((*name).into(), value);
                }
            }
            for field in slot.kind.args {
                if let Presence::Default(default) = field.presence {
                    args.entry(field.name.into()).or_insert_with(|| Expr::Known(default.value()));
                }
            }
            let options = Options {
                depends_on: slot
                    .depends_on
                    .filter(|&other| self.slots[other].present)
                    .map(|o| self.slots[o].address())
                    .into_iter()
                    .collect(),
                protect: slot.protect,
                replace: slot.order,
                ignore_changes: slot.ignored.iter().map(|name| (*name).into()).collect(),
                moved_from: slot.moved_from.clone(),
                moved_along: Vec::new(),
                import_id: slot.import.clone(),
                allow: slot.protect.then(|| ("D15".into(), "it is a test".into())).into_iter().collect(),
                plain: Vec::new(),
            };
            if slot.shown {
                let id = Expr::attr(&address, if slot.kind.lookup { "arn" } else { "id" });
                graph.outputs.insert(slot.called.as_str().into(), Output { value: id, span: None });
            }
            let (kind, region) = (slot.kind, slot.region().map(Str::from));
            let site = Arc::new(Site::default());
            graph.nodes.insert(address.clone(), Node { address, kind, region, args, options, site });
        }
        graph
    }

    /// What an argument is given, when what it comes from is declared. Names lead somewhere in their own region only.
    fn value(&self, slot: &Slot, given: &Given) -> Option<Expr> {
        let of = |number: usize, attr: &'static str| {
            let other = &self.slots[number];
            let near = attr != "name" || other.region() == slot.region();
            (other.present && near).then(|| Expr::attr(&other.address(), attr))
        };
        match given {
            Given::Plain(value) => Some(Expr::Known(value.clone())),
            Given::Of(number, attr) => of(*number, attr),
            Given::ListOf(number, attr) => Some(Expr::list(vec![of(*number, attr)?])),
            Given::Join(text, number, attr) => {
                Expr::concat(vec![Expr::str(text)].into_iter().chain(of(*number, attr)).collect()).ok()
            }
        }
    }

    /// The program as a script, one line for each resource.
    pub fn script(&self) -> Vec<String> {
        self.declared().map(|(number, slot)| self.line(number, slot)).collect()
    }

    fn line(&self, number: usize, slot: &Slot) -> String {
        let of = |number: usize, attr: &str| format!("s{number}.{attr}");
        let shown = |given: &Given| match given {
            Given::Plain(Value::Str(text)) => format!("{text:?}"),
            Given::Plain(value) => value.to_text(),
            Given::Of(other, attr) => of(*other, attr),
            Given::ListOf(other, attr) => format!("[{}]", of(*other, attr)),
            Given::Join(text, other, attr) => format!("`{text}${{{}}}`", of(*other, attr)),
        };
        let mut entries: Vec<String> = slot.region().into_iter().map(|region| format!("region: {region:?}")).collect();
        for (name, given) in &slot.args {
            let left_out = self.value(slot, given).is_none();
            entries.push(format!("{name}: {}{}", shown(given), if left_out { " /* left out */" } else { "" }));
        }
        entries.extend(slot.depends_on.map(|other| format!("depends_on: [s{other}]")));
        entries.extend(slot.order.map(|order| match order {
            ReplaceOrder::CreateFirst => "replace: \"create_first\"".to_owned(),
            ReplaceOrder::DeleteFirst => "replace: \"delete_first\"".to_owned(),
        }));
        if !slot.ignored.is_empty() {
            entries.push(format!("ignore_changes: {:?}", slot.ignored));
        }
        if slot.protect {
            entries.push("protect: true, allow: #{ D15: \"it is a test\" }".to_owned());
        }
        if !slot.moved_from.is_empty() {
            entries.push(format!("moved_from: {:?}", slot.moved_from.iter().map(Address::as_str).collect::<Vec<_>>()));
        }
        entries.extend(slot.import.as_ref().map(|id| format!("import_id: {id:?}")));
        let mut line = format!(
            "let s{number} = {}::{}({:?}, #{{ {} }});",
            slot.kind.service(),
            slot.kind.short(),
            slot.called,
            entries.join(", ")
        );
        if slot.shown {
            let _ = write!(line, " output({:?}, s{number}.id);", slot.called);
        }
        line
    }

    /// How the script differs from another: lines that went, lines that came.
    pub fn changes(&self, before: &Program) -> Vec<String> {
        let (was, is) = (before.script(), self.script());
        let gone = was.iter().filter(|line| !is.contains(line)).map(|line| format!("- {line}"));
        let new = is.iter().filter(|line| !was.contains(line)).map(|line| format!("+ {line}"));
        gone.chain(new).collect()
    }
}
