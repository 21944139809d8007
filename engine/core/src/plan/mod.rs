//! The plan: a finished list of steps with reasons.
//!
//! A plan leaves no choice to apply. It names the state it was made from; it is plain data that can be stored, shown
//! and executed elsewhere. Making one is [`propose`], in stages of one file each: `moves` gives records their new addresses,
//! `decide` says what becomes of each resource in the order of dependencies (`foresee` what will be known of it, `diff`
//! what differs, `disagree` what a person has to decide, `steps` how a step begins), `hold` who keeps referring to what,
//! `names`, `destroyable` and `protect` look at what was decided, `lost` at what went with a state, `renamed` at what seems to be there already under another
//! path, `order` arranges the steps, `defer` takes out what waits for a region, `data` tells what the rest takes away for
//! good, `identity` names the plan, and `sound` looks over the finished one.

mod batch;
mod bill;
mod contract;
mod data;
mod decide;
mod defer;
mod destroyable;
mod diff;
mod disagree;
mod foresee;
mod free;
mod given;
mod hold;
mod identity;
mod input;
mod late;
mod linger;
mod lost;
mod moves;
mod names;
mod order;
mod places;
mod promised;
mod propose;
mod protect;
mod renamed;
pub mod sound;
mod spare;
mod steps;
mod taken_over;
mod unique;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::answer::Answer;
use crate::cloud::Identity;
use crate::diagnostic::{Diagnostic, Span};
use crate::expr::Expr;
use crate::graph::ReplaceOrder;
use crate::record::{Need, Record};
use crate::recovery::report::Recovery;
use crate::schema::{Kind, Presence};
use crate::value::{Map, Str, Value};

pub use batch::deletes_along;
pub use bill::{PlanCost, bill, recorded_cost};
pub use contract::{Contract, ContractRow, LeftBehind, contract};
pub use data::{AtRisk, Threat};
pub use defer::{Deferred, WaitReason};
pub use diff::{agrees, refreshed as record_refreshed, switched as switched_fields};
pub use hold::{holders, live_needs};
pub use input::{Goal, Input, Refreshed};
pub use late::check_late;
pub use linger::tasks;
pub use moves::{Move, Renaming, carry_out, moved};
pub use places::KeyPlace;
pub use propose::{foresee, foresee_open, propose};

/// The version of the plan's form. A plan of another one is refused: one that is older does not say what it takes away.
pub const FORMAT: u32 = 2;

/// A finished list of steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of this form.
    pub format: u32,
    /// The plan's identity, from which operation ids are derived: a hash of everything below but the diagnostics and the
    /// estimates. Of records it covers id and operation; of a secret, only that it is one.
    pub id: Str,
    /// The program's name.
    pub program: Str,
    /// The environment's suffix.
    pub environment: Str,
    /// The cloud it was made for.
    pub identity: Identity,
    /// The position of the state it was made from.
    pub position: u64,
    /// Whether everything is to go.
    pub destroy: bool,
    /// Records that get another address, before the first step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Move>,
    /// The steps. A step's number is its index.
    pub steps: Vec<Step>,
    /// The steps that wait for a later plan, because a region is away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deferred: Vec<Deferred>,
    /// The data that the steps take away. What asks for it decides whether the plan may be applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub at_risk: Vec<AtRisk>,
    /// How many resources stay as they are.
    pub unchanged: usize,
    /// The program's outputs.
    pub outputs: Map<PlannedOutput>,
    /// What look-ups answered.
    pub answers: Map<Answer>,
    /// Whether the environment is ephemeral: what was not known is held against its checks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ephemeral: bool,
    /// Other environments whose names end as this one's does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namesakes: Vec<Str>,
    /// What happens when the primary region is lost; `None` where everything is in one region, or goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Recovery>,
    /// Everything the checks found. A plan with an error among them cannot be applied.
    pub diagnostics: Vec<Diagnostic>,
    /// How long applying takes if everything takes its typical time, in milliseconds: the critical path.
    pub estimate_ms: u64,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: Str,
    /// Its region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Str>,
    /// What to do.
    pub action: Action,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What differs, property by property.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<PropertyChange>,
    /// What is known of the resource so far. For [`Action::Delete`], what is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<Arc<Record>>,
    /// The arguments it shall have, as far as they are known.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub args: Map<Expr>,
    /// Computed attributes that are known in advance, and that others count on.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub known: Map<Value>,
    /// What the new record will depend on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// Of the arguments that the service keeps when they are left out, those that the program gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<Str>,
    /// Whether the new record will be protected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// The checks that are allowed to fail, and why.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub allow: Map<Str>,
    /// Where the script declares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// Where the script gives its arguments, for what is found out about them while applying.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<KeyPlace>,
    /// The steps that must be done before this one starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<usize>,
    /// When this is half of a replacement, in which order the halves come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<ReplaceOrder>,
    /// The resource whose deletion takes this one along; then no call is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implied_by: Option<Address>,
    /// For a deletion: what is taken off first, because the service refuses it otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lifts: Vec<Lift>,
    /// The first step of those that are carried out together with this one, by one call; then all of them come after
    /// the same steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<usize>,
    /// How long it typically takes, in milliseconds.
    pub typical_ms: u64,
}

/// An argument that keeps a resource from being deleted, and that is changed first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lift {
    /// The argument.
    pub argument: Str,
    /// What it is.
    pub on: Value,
    /// What it becomes before the deletion. Null where it is given up, and for a policy that is a resource of its own and
    /// goes by its own deletion.
    pub off: Value,
}

impl Lift {
    /// Whether a resource of a kind is changed, and not only deleted before what it is about.
    pub fn changes(&self, kind: &Kind) -> bool {
        let is_required = kind.arg(&self.argument).is_some_and(|field| field.presence == Presence::Required);
        !(self.off.is_null() && is_required)
    }
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Make it. With `replacement` create-first, the old record is set aside (deposed) until its own delete step.
    Create,
    /// Change it in place.
    Update,
    /// Delete it.
    Delete,
    /// Answer a look-up whose arguments are known only while applying.
    Read,
    /// Take an existing resource over: mark it as this environment's, and write its record.
    Import,
    /// Write what is known of it anew (it moved, or was found changed where that is no difference); make no call.
    Record,
    /// Drop the record and leave the resource; it is already gone, or shall not be managed any more.
    Forget,
}

/// Why a step is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is declared and does not exist.
    New,
    /// Its arguments differ.
    Changed,
    /// An argument differs that cannot be changed in place.
    Forced {
        /// The argument.
        argument: Str,
    },
    /// It was deleted by somebody else.
    Gone,
    /// It was changed by somebody else.
    Drifted,
    /// It is not declared any more.
    NotDeclared,
    /// Everything is to go.
    Destroy,
    /// What it is made from is replaced.
    Follows {
        /// That resource.
        address: Address,
    },
    /// An earlier run did not finish it.
    Unfinished,
    /// A secret of it is lost with the key of the state.
    SecretLost,
    /// It was replaced before and its old self is still there.
    Deposed,
    /// It had another address before.
    Moved {
        /// That address.
        from: Address,
    },
    /// It exists and is taken over.
    Imported,
    /// What is recorded of it besides its arguments differs.
    Metadata,
}

/// One property that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PropertyChange {
    /// The argument, or attribute known in advance.
    pub path: Str,
    /// What it is; `None` when it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it shall be; `None` when it shall not be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Expr>,
    /// Whether this difference forces a replacement.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forces: bool,
    /// Whether somebody else changed it since it was last applied.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drift: bool,
}

/// An output of the program, before and after.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PlannedOutput {
    /// What it was after the last apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it will be; `None` when it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Expr>,
    /// Whether it stays as it is because what it is made from waits for a later plan.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kept: bool,
}

/// How many of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Created, not counting replacements.
    pub create: usize,
    /// Changed in place.
    pub update: usize,
    /// Replaced.
    pub replace: usize,
    /// Deleted, not counting replacements.
    pub delete: usize,
    /// Taken over.
    pub import: usize,
    /// Forgotten.
    pub forget: usize,
    /// Unchanged.
    pub unchanged: usize,
    /// Left to a later plan.
    pub deferred: usize,
}

impl Plan {
    /// How many of each action; the two halves of a replacement count once.
    pub fn counts(&self) -> Counts {
        // To write something down anew is no change, so it is none that waits.
        let waiting = self.deferred.iter().map(|d| &d.step).filter(|s| s.action != Action::Record);
        let waiting: BTreeSet<&Address> = waiting.map(|s| &s.address).collect();
        let mut c = Counts { unchanged: self.unchanged, deferred: waiting.len(), ..Counts::default() };
        for step in &self.steps {
            match (step.action, step.replacement) {
                (Action::Create, Some(_)) => c.replace += 1,
                (Action::Create, None) => c.create += 1,
                (Action::Update, _) => c.update += 1,
                (Action::Delete, None) => c.delete += 1,
                (Action::Import, _) => c.import += 1,
                (Action::Forget, _) => c.forget += 1,
                (Action::Delete, Some(_)) | (Action::Read | Action::Record, _) => {}
            }
        }
        c
    }

    /// Whether everything that the plan was asked for is as it shall be: nothing that a person would call a change is to
    /// be made, now or when a region is back.
    pub fn is_empty(&self) -> bool {
        !self.has_changes() && !self.misses()
    }

    /// Whether something that the plan was asked for has to wait.
    pub fn misses(&self) -> bool {
        self.deferred.iter().any(Deferred::is_missed)
    }

    /// Whether applying it would change something that a person would call a change.
    pub fn has_changes(&self) -> bool {
        let c = self.counts();
        c.create + c.update + c.replace + c.delete + c.import + c.forget > 0
            || self.outputs.values().any(|o| match (&o.before, &o.after) {
                (Some(before), Some(Expr::Known(after))) => before.revealed() != after.revealed(),
                (None, None) => false,
                _ => true,
            })
    }

    /// Whether a check refused it.
    pub fn is_refused(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The operation id of a step: derived from the plan and the resource, so that it is the same after a crash.
    pub fn op(&self, step: usize) -> Str {
        use sha2::Digest as _;
        let mut hash = sha2::Sha256::new();
        hash.update(self.id.as_bytes());
        if let Some(step) = self.steps.get(step) {
            hash.update(step.address.as_str());
            hash.update([0, step.action as u8]);
            if let Some(prior) = &step.prior {
                hash.update(prior.op.as_bytes());
            }
        }
        hex::encode(&hash.finalize()[..10]).into()
    }

    /// How long applying typically takes.
    pub fn estimate(&self) -> Duration {
        Duration::from_millis(self.estimate_ms)
    }
}
