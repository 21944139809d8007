//! Recovery plans: the steps by which one region takes over from another, in their order.
//!
//! A recovery plan is plain data. It names resources by their addresses and regions, and the calls that its steps make. It
//! needs neither the program nor its folder to be carried out.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::recovery::figure::Figure;
use crate::value::{Str, Value};

/// The version of the form of a recovery plan.
pub const FORMAT: u32 = 1;

/// How a failover is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailoverManner {
    /// Both regions work. Nothing is lost.
    Planned,
    /// The region that is left does not work, or is not relied on. What it has not passed on is lost.
    Unplanned,
}

impl FailoverManner {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            FailoverManner::Planned => "planned",
            FailoverManner::Unplanned => "unplanned",
        }
    }
}

/// The steps by which one region takes over from another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecoveryPlan {
    /// The version of this form.
    pub format: u32,
    /// The region that is left.
    pub from: Str,
    /// The region that takes over.
    pub to: Str,
    /// How.
    pub manner: FailoverManner,
    /// The steps, in the order in which they are done.
    pub steps: Vec<RecoveryStep>,
    /// What each store may lose. Empty where the failover is planned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub losses: Vec<PossibleLoss>,
    /// What a person has to know of what the steps leave as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecoveryStep {
    /// What it is called. No two steps of a plan are called the same.
    pub name: String,
    /// What it does.
    pub act: RecoveryAct,
    /// Why it is there.
    pub why: String,
    /// What must answer for it to be done.
    pub needs: Vec<ControlPlane>,
    /// How long it takes, in seconds.
    pub time: Figure,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryAct {
    /// Another member of a group takes the writes. Ends when it takes them.
    Switch {
        /// The group: a global cluster.
        group: Address,
        /// The member that is to write.
        member: Address,
        /// Whether what the member has not got yet may be lost.
        may_lose: bool,
    },
    /// Arguments are set in place. Those of one kind that takes its changes together are set by one call.
    Set {
        /// Which, and to what.
        changes: Vec<SwitchedArgument>,
    },
    /// Something must be so. It is looked at until it is.
    Await {
        /// What.
        condition: AwaitedCondition,
        /// For how long it is looked at, in seconds; 0 for once.
        patience_s: u32,
    },
    /// A person has to say yes.
    Approve {
        /// What is asked.
        question: String,
    },
}

/// An argument that a failover sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SwitchedArgument {
    /// The resource.
    pub address: Address,
    /// The argument.
    pub argument: Str,
    /// What it becomes. Null where it is to be unset.
    pub value: Value,
}

/// What a step waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AwaitedCondition {
    /// It is there, and ready for use.
    Ready {
        /// The resource.
        address: Address,
    },
    /// What follows another store is at most this far behind.
    CaughtUp {
        /// The follower.
        address: Address,
        /// How far behind, in milliseconds.
        within_ms: u64,
    },
    /// A health check says that its endpoint is healthy.
    Healthy {
        /// The health check.
        address: Address,
    },
}

impl AwaitedCondition {
    /// The resource that is looked at.
    pub fn address(&self) -> &Address {
        match self {
            AwaitedCondition::Ready { address }
            | AwaitedCondition::CaughtUp { address, .. }
            | AwaitedCondition::Healthy { address } => address,
        }
    }
}

/// A call, and the region in which its service must answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ControlPlane {
    /// The call, e.g. `rds:FailoverGlobalCluster`.
    pub call: Str,
    /// The region.
    pub region: Str,
}

/// What a store may lose when its region is left without warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PossibleLoss {
    /// The store.
    pub address: Address,
    /// What follows it in the region that takes over, and tells how far behind it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follower: Option<Address>,
    /// How far the other region is behind now, in milliseconds; `None` where nothing tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_ms: Option<u64>,
    /// How far it is behind usually and at most, in seconds, as the last apply has computed it.
    pub computed: Figure,
}

impl RecoveryPlan {
    /// The address of every resource that is mentioned.
    pub(crate) fn addresses_mut(&mut self) -> Vec<&mut Address> {
        let losses = self.losses.iter_mut().flat_map(|loss| [Some(&mut loss.address), loss.follower.as_mut()]);
        let mut all: Vec<&mut Address> = losses.flatten().collect();
        for step in &mut self.steps {
            match &mut step.act {
                RecoveryAct::Switch { group, member, .. } => all.extend([group, member]),
                RecoveryAct::Set { changes } => all.extend(changes.iter_mut().map(|change| &mut change.address)),
                RecoveryAct::Await {
                    condition:
                        AwaitedCondition::Ready { address }
                        | AwaitedCondition::CaughtUp { address, .. }
                        | AwaitedCondition::Healthy { address },
                    ..
                } => all.push(address),
                RecoveryAct::Approve { .. } => {}
            }
        }
        all
    }

    /// How long all steps take, one after the other.
    pub fn time(&self) -> Figure {
        self.steps.iter().fold(Figure::ZERO, |sum, step| sum.then(step.time))
    }
}
