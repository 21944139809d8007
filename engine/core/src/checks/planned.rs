//! The planned graph as checks see it: every resource, and what it refers to.
//!
//! While applying, a check is asked again about a resource whose arguments have become known; then the resource and what
//! it refers to are all there is.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::address::Address;
use crate::expr::AttrRef;
use crate::graph::MonthlyBudget;
use crate::schema::Reference;
use crate::value::Str;

pub use super::resource::{AtPath, Resource};

/// Everything that is planned to be there.
#[derive(Debug)]
pub struct Planned<'a> {
    /// The suffix of the environment.
    pub suffix: &'a str,
    /// Whether the environment is ephemeral.
    pub ephemeral: bool,
    /// What everything may cost in a month, when the program says it.
    pub budget: Option<&'a MonthlyBudget>,
    /// Whether a check may ask for everything that is planned, and not only for what a resource refers to.
    whole: Cell<bool>,
    resources: Vec<Resource<'a>>,
    by_kind: BTreeMap<&'static str, Vec<usize>>,
    by_address: BTreeMap<&'a Address, usize>,
    /// The resources by a value of an argument: made when it is first asked for.
    by_value: OnceLock<BTreeMap<(&'static str, String), Vec<usize>>>,
    /// The resources of a kind by what an argument of theirs refers to: made when it is first asked for.
    by_target: RefCell<BTreeMap<(String, String), Users>>,
}

/// Resources by what they refer to, both by their numbers.
type Users = BTreeMap<usize, Vec<usize>>;

impl<'a> Planned<'a> {
    /// Everything that is planned to be there.
    pub(crate) fn whole(suffix: &'a str, ephemeral: bool, resources: Vec<Resource<'a>>) -> Planned<'a> {
        Planned { whole: Cell::new(true), ..Planned::part(suffix, ephemeral, resources) }
    }

    /// With what everything may cost.
    pub(crate) fn with_budget(self, budget: Option<&'a MonthlyBudget>) -> Planned<'a> {
        Planned { budget, ..self }
    }

    /// A resource with what it refers to.
    pub(crate) fn part(suffix: &'a str, ephemeral: bool, resources: Vec<Resource<'a>>) -> Planned<'a> {
        let mut by_kind: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
        let mut by_address = BTreeMap::new();
        for (number, resource) in resources.iter().enumerate() {
            by_kind.entry(resource.kind.name).or_default().push(number);
            by_address.insert(resource.address, number);
        }
        Planned {
            suffix,
            ephemeral,
            budget: None,
            whole: Cell::new(false),
            resources,
            by_kind,
            by_address,
            by_value: OnceLock::new(),
            by_target: RefCell::default(),
        }
    }

    /// Calls a function that may ask for what a resource refers to, and for nothing else.
    pub(super) fn for_each_alone(&self, look: impl FnOnce()) {
        let whole = self.whole.replace(false);
        look();
        self.whole.set(whole);
    }

    fn assert_whole(&self) {
        debug_assert!(self.whole.get(), "a check that is asked while applying sees only what a resource refers to");
    }

    /// The resources of a kind. Only where everything is known: see [`super::LooksBy`].
    pub fn of(&self, kind: &str) -> impl Iterator<Item = &Resource<'a>> {
        self.assert_whole();
        self.by_kind.get(kind).into_iter().flatten().map(|&number| &self.resources[number])
    }

    /// Every resource. Only where everything is known: see [`super::LooksBy`].
    pub fn all(&self) -> impl Iterator<Item = &Resource<'a>> {
        self.assert_whole();
        self.resources.iter()
    }

    /// The resource at an address.
    pub fn get(&self, address: &Address) -> Option<&Resource<'a>> {
        self.by_address.get(address).map(|&number| &self.resources[number])
    }

    /// The resource of this program that the value at a path refers to: by a reference, or by its name as text.
    pub fn target(&self, resource: &Resource<'_>, path: &str) -> Option<&Resource<'a>> {
        let reads = resource.reads(path);
        let refers = resource.field(path).and_then(|field| field.refers);
        let fits = |found: &&Resource<'a>| refers.is_none_or(|r| r.to == "*" || r.kind() == found.kind.name);
        let mut all = reads.iter().filter_map(|read| self.origin(read, fits, 4)).filter(fits);
        match (all.next(), all.next()) {
            (Some(one), None) => Some(one),
            (Some(_), Some(_)) => None,
            (None, _) => self.named(refers?, resource.text(path)?, resource.region),
        }
    }

    /// The resource that an attribute comes from. Where it is an argument that was itself read from another resource,
    /// and the resource does not fit, that other one.
    fn origin(&self, read: &AttrRef, fits: impl Fn(&&Resource<'a>) -> bool + Copy, depth: u8) -> Option<&Resource<'a>> {
        let found = self.get(&read.address)?;
        // An id may be the argument that names what the resource belongs to.
        let named = match &*read.attr {
            "id" => found.kind.id.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or("id"),
            attr => attr,
        };
        if fits(&found) || depth == 0 || found.kind.arg(named).is_none() {
            return Some(found);
        }
        let reads = found.reads(named);
        let mut all = reads.iter().filter_map(|read| self.origin(read, fits, depth - 1));
        all.next().or(Some(found))
    }

    /// The resource and its attribute that the value at a path comes from in the end: where what is read is an argument
    /// that was itself read, its origin. None where it comes from nothing, or from several.
    pub fn source(&self, resource: &Resource<'_>, path: &str) -> Option<(&Resource<'a>, Str)> {
        const FARTHEST: usize = 8;
        let mut reads = resource.reads(path);
        for _ in 0..FARTHEST {
            let read = reads.pop_first().filter(|_| reads.is_empty())?;
            let found = self.get(&read.address)?;
            reads = found.reads(&read.attr);
            if found.kind.arg(&read.attr).is_none() || reads.is_empty() {
                return Some((found, read.attr));
            }
        }
        None
    }

    /// The resources of this program that the items of the list at a path refer to. What is not found is left out.
    pub fn targets(&self, resource: &Resource<'_>, path: &str) -> Vec<&Resource<'a>> {
        resource.each(path).iter().filter_map(|item| self.target(resource, item)).collect()
    }

    /// Whether a resource waits for another, by way of others too.
    pub fn depends(&self, resource: &Resource<'_>, on: &Resource<'_>) -> bool {
        // In a cloud everything that is there came before what is asked for.
        if resource.refers().is_some() {
            return self.get(on.address).is_some();
        }
        let mut open = vec![resource.address.clone()];
        let mut seen = BTreeSet::new();
        while let Some(address) = open.pop() {
            if address == *on.address {
                return true;
            }
            if let Some(next) = self.get(&address).filter(|_| seen.insert(address)) {
                open.extend(next.needs());
            }
        }
        false
    }

    /// The resources of a kind that refer to this one by an argument.
    pub fn users<'p>(
        &'p self,
        of: &Resource<'_>,
        kind: &str,
        path: &str,
    ) -> impl Iterator<Item = &'p Resource<'a>> + use<'p, 'a> {
        self.assert_whole();
        let mut all = self.by_target.borrow_mut();
        let of_kind = all.entry((kind.to_owned(), path.to_owned())).or_insert_with(|| {
            let mut users = Users::new();
            for &number in self.by_kind.get(kind).into_iter().flatten() {
                let target = self.target(&self.resources[number], path);
                if let Some(of) = target.and_then(|target| self.by_address.get(target.address)) {
                    users.entry(*of).or_default().push(number);
                }
            }
            users
        });
        let found = self.by_address.get(of.address).and_then(|of| of_kind.get(of)).cloned().unwrap_or_default();
        found.into_iter().map(|number| &self.resources[number])
    }

    /// The resource whose argument has this value, in the same region where it has one.
    fn named(&self, refers: Reference, value: &str, region: Option<&str>) -> Option<&Resource<'a>> {
        self.called(refers.kind(), value, region)
    }

    /// The resource of a kind that has this name, in the same region where it has one.
    pub(super) fn called(&self, kind: &'static str, value: &str, region: Option<&str>) -> Option<&Resource<'a>> {
        let by_value = self.by_value.get_or_init(|| {
            let mut map: BTreeMap<(&'static str, String), Vec<usize>> = BTreeMap::new();
            for (number, resource) in self.resources.iter().enumerate() {
                let names = resource.kind.unique.map(|(fields, _)| fields).unwrap_or_default();
                for name in names.iter().filter_map(|field| resource.text(field)) {
                    map.entry((resource.kind.name, name.to_owned())).or_default().push(number);
                }
            }
            map
        });
        let all = by_value.get(&(kind, value.to_owned())).into_iter().flatten();
        let mut all = all.map(|&number| &self.resources[number]);
        all.find(|found| found.region.is_none() || region.is_none() || found.region == region)
    }
}
