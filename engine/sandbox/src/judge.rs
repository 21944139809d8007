//! What the rules of AWS refuse about a creation or change: the checks of the plan, asked about what is really there.
//!
//! A check sees what belongs to the same environment and program, as the plan does. What refers to what is told by values.

use std::collections::BTreeSet;

use dr_core::address::Address;
use dr_core::checks::{self, There};
use dr_core::cloud::{CloudError, ErrorClass, Intent};
use dr_core::expr::AttrRef;
use dr_core::schema::{Kind, Presence};
use dr_core::value::{Map, Str, Value, intern};

use crate::inner::{Core, ResourceKey};
use crate::state::{Data, Entry};

/// Whose a resource is.
#[derive(Clone, Copy)]
pub(crate) struct Whose<'a> {
    pub(crate) environment: &'a Str,
    pub(crate) program: &'a Str,
    pub(crate) address: &'a str,
}

impl<'a> Whose<'a> {
    pub(crate) fn of_intent(intent: &'a Intent) -> Whose<'a> {
        Whose { environment: &intent.environment, program: &intent.program, address: intent.address.as_str() }
    }

    pub(crate) fn of_data(data: &'a Data) -> Whose<'a> {
        Whose { environment: &data.environment, program: &data.program, address: &data.address }
    }
}

impl Core {
    /// That no rule of AWS refuses a resource with these arguments. With `before`, it has had those until now.
    pub(crate) fn check_rules(
        &self,
        at: ResourceKey<'_>,
        args: &Map<Value>,
        before: Option<&Map<Value>>,
        whose: Whose<'_>,
    ) -> Result<(), CloudError> {
        let Some(rules) = self.rules.of(at.kind) else { return Ok(()) };
        let Ok(address) = Address::parse(whose.address) else { return Ok(()) };
        let mut open = Vec::new();
        // While something is replaced, two have its address: the one that counts is named last, and looked at first.
        let mut before = before.map(|args| self.there(address.clone(), (at.kind, at.region), args, whose, &mut open));
        let mut of = self.there(address.clone(), (at.kind, at.region), args, whose, &mut open);
        if let Some(before) = &mut before {
            // What is given back as it was may be what the service chose.
            let chosen =
                at.kind.args.iter().filter(|field| field.presence == Presence::Computed).map(|field| field.name);
            of.chosen = chosen.filter(|name| before.args.get(*name) == args.get(*name)).collect();
            before.chosen.clone_from(&of.chosen);
        }
        if before.is_none() && checks::look_around(rules) {
            open = self.state.iter().filter(|entry| is_of(entry, whose)).collect();
        }
        let mut seen = BTreeSet::from([address]);
        let mut others = Vec::new();
        while let Some(entry) = open.pop() {
            let Ok(address) = Address::parse(&entry.data.address) else { continue };
            if seen.insert(address.clone()) {
                let place = (entry.kind, entry.data.region.as_deref());
                others.push(self.there(address, place, &entry.data.args, whose, &mut open));
            }
        }
        let found = checks::refusals(rules, whose.environment, &of, before.as_ref(), &others);
        if found.is_empty() {
            return Ok(());
        }
        let said = found.into_iter().map(|one| format!("{} ({})", one.message, one.code.unwrap_or_default()));
        let message = said.collect::<Vec<_>>().join("; ");
        Err(at.call.fails(ErrorClass::Invalid, "ValidationException", message))
    }

    /// A resource with its references to those of the same program; what it refers to comes to `others`.
    pub(crate) fn there<'a>(
        &'a self,
        address: Address,
        (kind, region): (&'static Kind, Option<&'a str>),
        args: &'a Map<Value>,
        whose: Whose<'_>,
        others: &mut Vec<&'a Entry>,
    ) -> There<'a> {
        let strict = self.state.references(kind, args).into_iter().filter_map(|found| {
            let entry = self.state.resolve(&found, region)?;
            Some((found.path, intern(found.attr), entry))
        });
        let open = self.state.mentions(kind, args, region);
        let mut refers = Vec::new();
        for (path, attr, entry) in strict.chain(open).filter(|(_, _, entry)| is_of(entry, whose)) {
            if let Ok(address) = Address::parse(&entry.data.address) {
                refers.push((path, AttrRef { address, attr }));
                others.push(entry);
            }
        }
        There { address, kind, region, args, refers, chosen: Vec::new() }
    }
}

pub(crate) fn is_of(entry: &Entry, whose: Whose<'_>) -> bool {
    !entry.is_deleting() && entry.data.environment == *whose.environment && entry.data.program == *whose.program
}
