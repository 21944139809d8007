//! Edits: what a person does to a program between two commands.

use dr_core::graph::ReplaceOrder;
use dr_core::schema::Kind;
use dr_core::value::Value;
use proptest::prelude::*;
use proptest::sample::select;

use crate::program::{Given, Program};
use crate::sow::{TIERS, VERSIONS, earlier, number, text};

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// An argument that can be changed.
    Size,
    /// An argument that can only be given to a new resource.
    Class,
    /// A name that nothing has or had.
    Rename,
    /// Two resources of a kind exchange their names.
    SwapNames,
    /// One takes the name that another gives up.
    TakeName,
    /// It gets another address.
    Move,
    /// It gets the address of another, which moves on.
    Chain,
    /// It gets another address, and nobody says so.
    Forget,
    /// It goes.
    Remove,
    /// It comes back.
    Return,
    /// It goes to the other region.
    Region,
    /// It refers to something else, or to nothing.
    Refer,
    /// Changes of a reference, or of its size, are ignored from now on, or no longer.
    Ignore,
    /// It depends on something, or no longer.
    Depend,
    /// Which half of a replacement comes first.
    Order,
    /// It is protected, or no longer.
    Protect,
    /// A value that goes one way.
    Forward,
    /// A new secret.
    Secret,
    /// An entry gets or loses its class.
    Shape,
    /// Two entries exchange their classes.
    SwapClasses,
    /// What it was called before, and where it came from, is not said any more.
    Tidy,
    /// Its id becomes an output, or no longer is one.
    Show,
}

/// An edit in a few numbers.
#[derive(Debug, Clone)]
pub struct Edit {
    what: What,
    slot: u8,
    other: u8,
}

pub fn edit() -> impl Strategy<Value = Edit> {
    use What::*;
    // What is done often stands here more than once.
    let whats = vec![
        Size,
        Size,
        Size,
        Class,
        Class,
        Rename,
        SwapNames,
        TakeName,
        Move,
        Move,
        Chain,
        Forget,
        Remove,
        Remove,
        Return,
        Return,
        Region,
        Refer,
        Refer,
        Refer,
        Ignore,
        Depend,
        Order,
        Protect,
        Forward,
        Secret,
        Shape,
        SwapClasses,
        Tidy,
        Show,
    ];
    (select(whats), any::<u8>(), any::<u8>()).prop_map(|(what, slot, other)| Edit { what, slot, other })
}

impl Edit {
    /// Changes the program. An edit that does not fit changes nothing.
    pub fn apply(&self, program: &mut Program) {
        if program.slots.is_empty() {
            return;
        }
        let here = usize::from(self.slot) % program.slots.len();
        if program.slots[here].present != (self.what != What::Return) {
            return;
        }
        match self.what {
            What::Size => self.size(program, here),
            What::Class => class(program, here),
            What::Rename => rename(program, here),
            What::SwapNames | What::TakeName => self.exchange(program, here, "name"),
            What::SwapClasses => self.exchange(program, here, "class"),
            What::Move | What::Chain | What::Forget => self.address(program, here),
            What::Remove => program.slots[here].present = false,
            What::Return => {
                program.slots[here].present = true;
                program.slots[here].import = None;
            }
            What::Region => program.slots[here].region = 1 - program.slots[here].region,
            What::Refer => self.refer(program, here),
            What::Ignore => self.ignore(program, here),
            What::Depend => {
                let on = (here > 0).then(|| usize::from(self.other) % here);
                let slot = &mut program.slots[here];
                slot.depends_on = if slot.depends_on.is_some() { None } else { on };
            }
            What::Order => {
                program.slots[here].order = match self.other % 3 {
                    0 => None,
                    1 => Some(ReplaceOrder::CreateFirst),
                    _ => Some(ReplaceOrder::DeleteFirst),
                };
            }
            What::Protect => program.slots[here].protect ^= !program.slots[here].kind.lookup,
            What::Forward => forward(program, here, self.other),
            What::Secret => {
                if program.slots[here].kind.name == "random.password" {
                    program.slots[here].args.insert("length", number(20 + i64::from(self.other % 8)));
                }
            }
            What::Shape => shape(program, here),
            What::Tidy => {
                program.slots[here].moved_from.clear();
                program.slots[here].import = None;
            }
            What::Show => program.slots[here].shown ^= true,
        }
    }

    fn size(&self, program: &mut Program, here: usize) {
        if program.slots[here].kind.arg("size").is_some() {
            program.slots[here].args.insert("size", number(self.other % 5));
        }
    }

    /// Another slot of the same kind that is declared.
    fn other(&self, program: &Program, here: usize) -> Option<usize> {
        let kind = program.slots[here].kind.name;
        let all: Vec<usize> =
            program.declared().filter(|(i, slot)| *i != here && slot.kind.name == kind).map(|(i, _)| i).collect();
        (!all.is_empty()).then(|| all[usize::from(self.other) % all.len()])
    }

    fn exchange(&self, program: &mut Program, here: usize, argument: &'static str) {
        let Some(other) = self.other(program, here) else { return };
        if argument == "class" && program.slots[here].kind.name != "t.entry" {
            return;
        }
        let (one, two) = (program.slots[here].text(argument), program.slots[other].text(argument));
        let (Some(one), Some(two)) = (one.map(str::to_owned), two.map(str::to_owned)) else { return };
        // Entries are told apart by their classes; the names of these are shared.
        if argument == "name" && program.slots[here].kind.name == "t.entry" {
            return;
        }
        program.slots[here].args.insert(argument, text(two));
        if self.what == What::TakeName {
            rename(program, other);
        } else {
            program.slots[other].args.insert(argument, text(one));
        }
    }

    fn address(&self, program: &mut Program, here: usize) {
        let fresh = program.fresh(&format!("s{here}-"));
        let before = program.slots[here].address();
        match self.what {
            What::Chain => {
                let Some(other) = self.other(program, here) else { return };
                let place = program.slots[other].called.clone();
                program.slots[other].called = fresh;
                let moved = Program::clone(program).slots[other].address();
                let from = dr_core::address::Address::new("", moved.kind(), &place).unwrap();
                program.slots[other].moved_from.push(from);
                program.slots[here].called = place;
                program.slots[here].moved_from.push(before);
            }
            What::Move => {
                program.slots[here].called = fresh;
                program.slots[here].moved_from.push(before);
            }
            _ => {
                program.slots[here].called = fresh;
                program.slots[here].moved_from.clear();
                program.slots[here].import = None;
            }
        }
    }

    fn refer(&self, program: &mut Program, here: usize) {
        let kind = program.slots[here].kind;
        let fields: Vec<_> = kind.args.iter().filter(|field| field.refers.is_some()).collect();
        if fields.is_empty() {
            return;
        }
        let field = fields[usize::from(self.other / 3) % fields.len()];
        let Some(reference) = field.refers else { return };
        let Some(target) = crate::program::registry().get(reference.kind()) else { return };
        let attr: &'static str = reference.attr();
        let found = earlier(program, here, target, self.other.rotate_left(3));
        let given = found.map(|other| match field.name {
            "friends" => Given::ListOf(other, attr),
            _ => Given::Of(other, attr),
        });
        // A child without a store would go along with nothing.
        match given {
            Some(given) => program.slots[here].args.insert(field.name, given),
            None if kind.name == "t.child" && field.name == "store" => return,
            None => program.slots[here].args.remove(field.name),
        };
    }

    fn ignore(&self, program: &mut Program, here: usize) {
        let kind: &Kind = program.slots[here].kind;
        let can = |name: &str| kind.arg(name).is_some_and(|field| !field.replace);
        let names: Vec<&'static str> =
            ["peer", "group", "friends", "role", "size"].into_iter().filter(|n| can(n)).collect();
        if !names.is_empty() {
            let name = names[usize::from(self.other) % names.len()];
            let ignored = &mut program.slots[here].ignored;
            if !ignored.remove(name) {
                ignored.insert(name);
            }
        }
    }
}

fn class(program: &mut Program, here: usize) {
    let slot = &mut program.slots[here];
    let (argument, values) = match slot.kind.name {
        "t.store" => ("class", ["warm", "cold"]),
        "t.node" => ("image", ["1", "2"]),
        "t.base" => ("key", ["k1", "k2"]),
        _ => return,
    };
    let next = if slot.text(argument) == Some(values[0]) { values[1] } else { values[0] };
    slot.args.insert(argument, text(next));
}

fn rename(program: &mut Program, here: usize) {
    let name = program.fresh(&format!("n{here}r"));
    let slot = &mut program.slots[here];
    if matches!(slot.kind.name, "t.store" | "t.base" | "t.role") {
        slot.args.insert("name", text(format!("{name}-{}", crate::program::ENVIRONMENT)));
    }
}

fn forward(program: &mut Program, here: usize, by: u8) {
    let slot = &mut program.slots[here];
    if slot.kind.name != "t.base" {
        return;
    }
    let (argument, values): (&'static str, &[&str]) =
        if by.is_multiple_of(2) { ("version", &VERSIONS) } else { ("tier", &TIERS) };
    let is = slot.text(argument).and_then(|is| values.iter().position(|value| *value == is));
    let next = is.map_or(0, |is| (is + 1).min(values.len() - 1));
    slot.args.insert(argument, text(values[next]));
}

/// An entry that is the only one of its name gets a class, or loses it.
fn shape(program: &mut Program, here: usize) {
    let slot = &mut program.slots[here];
    if slot.kind.name != "t.entry" || !slot.text("name").is_some_and(|name| name.starts_with("own")) {
        return;
    }
    if slot.args.remove("class").is_none() {
        slot.args.insert("class", Given::Plain(Value::from(format!("c{here}"))));
    }
}
