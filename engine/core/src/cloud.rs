//! The cloud, as the engine sees it: a few calls per resource, each of which does one thing and returns.
//!
//! Waiting, retrying, journaling and ordering are the engine's (`engine/run`); a cloud neither sleeps nor tries again.
//! Two implement this: `engine/sandbox` and `engine/aws`. A third, inside `engine/run`, serves the local kinds.

use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::leftover::{PlaceSearch, Trail};
use crate::online::{Objection, Wishes};
use crate::schema::Kind;
pub use crate::sought::Sought;
use crate::value::{Map, Str, Value};

/// A future in a box, so that the trait can be used as an object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// What a cloud call gives.
pub type CloudResult<'a, T> = BoxFuture<'a, Result<T, CloudError>>;

/// Which cloud this is. State remembers it and refuses another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `sandbox` or `aws`.
    pub cloud: Str,
    /// The account's number.
    pub account: Str,
    /// A non-standard endpoint, if one is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Str>,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} account {}", self.cloud, self.account)?;
        match &self.endpoint {
            Some(endpoint) => write!(f, " at {endpoint}"),
            None => Ok(()),
        }
    }
}

/// What a call is about.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The kind.
    pub kind: &'static Kind,
    /// The region; `None` for kinds that are global or local.
    pub region: Option<&'a str>,
    /// The resource's address.
    pub address: &'a Address,
}

/// Who creates, and under which token. Written to the journal before the call, and the same after a crash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The operation's id: derived, never random. Client token and `dr:op` tag. Empty where nobody knows it any more.
    pub op: Str,
    /// The environment's suffix.
    pub environment: Str,
    /// The program's name.
    pub program: Str,
    /// The resource's address.
    pub address: Address,
}

/// The tags that mark what the engine owns.
pub mod tag {
    /// The environment's suffix.
    pub const ENVIRONMENT: &str = "dr:env";
    /// The program's name.
    pub const PROGRAM: &str = "dr:program";
    /// The resource's address.
    pub const ADDRESS: &str = "dr:address";
    /// The operation that created it.
    pub const OPERATION: &str = "dr:op";
    /// What all of them start with; such tags are never an argument.
    pub const PREFIX: &str = "dr:";
}

impl Intent {
    /// That of whatever was made at an address, where nobody knows any more by which operation. What cannot be tagged is
    /// then found under its parent, by its name.
    pub fn unknown(environment: Str, program: Str, address: Address) -> Intent {
        Intent { op: "".into(), environment, program, address }
    }

    /// Whether it is known which operation it is.
    pub fn knows_operation(&self) -> bool {
        !self.op.is_empty()
    }

    /// The identity tags.
    pub fn tags(&self) -> [(&'static str, &str); 4] {
        [
            (tag::ENVIRONMENT, &self.environment),
            (tag::PROGRAM, &self.program),
            (tag::ADDRESS, self.address.as_str()),
            (tag::OPERATION, &self.op),
        ]
    }
}

/// Whether a resource has arrived where it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// Yes.
    Ready,
    /// Not yet. Look again after this time, or at the kind's pace.
    Wait(Option<Duration>),
    /// It never will, and why.
    Failed(String),
}

/// A resource as it is now.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Live {
    /// The arguments as they are. Complete: one that is missing is not set. Only write-only and sensitive arguments may
    /// be left out although they are.
    pub args: Map<Value>,
    /// The computed attributes.
    pub outputs: Map<Value>,
}

/// Whose a resource is, by its identity tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The environment's suffix.
    pub environment: Str,
    /// The program's name.
    pub program: Str,
    /// The address, where the tags say it.
    pub address: Option<Str>,
}

/// A resource that a sweep found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaggedResource {
    /// The kind's name, when the sweep can tell.
    pub kind: Option<Str>,
    /// Its region.
    pub region: Option<Str>,
    /// Its id or ARN.
    pub id: Str,
    /// The address in its tags.
    pub address: Option<Str>,
    /// The program in its tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Str>,
    /// The operation in its tags: the one that created it, or that took it over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op: Option<Str>,
}

/// What kind of failure an error code means. Decides what the engine does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// Too many calls: wait and try again, with fewer calls at once.
    Throttled,
    /// Something failed on the way: ask what happened, then try again.
    Transient,
    /// Something made a moment ago is not visible yet: try again.
    NotYetConsistent,
    /// Something else is going on with the same resource, or something still depends on it: try again for longer.
    Conflict,
    /// The credentials do not allow it.
    Denied,
    /// The request is wrong, or the service refuses it for good.
    Invalid,
    /// The resource is not there.
    Gone,
    /// A resource of this name exists already.
    Exists,
}

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {code}: {message}")]
pub struct CloudError {
    /// What it means for the engine.
    pub class: ErrorClass,
    /// The call, e.g. `sqs:CreateQueue`.
    pub call: Str,
    /// The service's error code.
    pub code: Str,
    /// The service's message.
    pub message: String,
    /// How long the service asks to wait.
    pub retry_after: Option<Duration>,
    /// Whether the call may have had its effect although no reply came.
    pub maybe_done: bool,
}

impl CloudError {
    /// An error of a class.
    pub fn new(class: ErrorClass, call: &str, code: &str, message: impl Into<String>) -> CloudError {
        CloudError {
            class,
            call: call.into(),
            code: code.into(),
            message: message.into(),
            retry_after: None,
            maybe_done: false,
        }
    }
}

/// One of several changes that are made by one call.
#[derive(Debug, Clone, Copy)]
pub struct BatchItem<'a> {
    /// The resource. All items of a batch are of one kind and region.
    pub at: Target<'a>,
    /// What is to become of it.
    pub change: BatchChange<'a>,
}

/// What a batch does to a resource; see the functions of [`Cloud`] of the same names.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)] // The arguments of those functions.
pub enum BatchChange<'a> {
    Create { args: &'a Map<Value>, intent: &'a Intent },
    Update { id: &'a str, old: &'a Map<Value>, new: &'a Map<Value> },
    Delete { id: &'a str, last: &'a Map<Value> },
}

/// A change of roles within a group of resources: another of its members takes the writes. It is an argument of none of
/// them.
#[derive(Debug, Clone, Copy)]
pub struct RoleChange<'a> {
    /// The region whose service is asked: that of the member.
    pub via: &'a str,
    /// The member that is to write.
    pub member: Target<'a>,
    /// Its id.
    pub id: &'a str,
    /// Its ARN.
    pub arn: &'a str,
    /// Whether what the member has not got yet may be lost. Then no region but the member's has to answer. Otherwise
    /// nothing is lost, and every region of the group has to answer.
    pub may_lose: bool,
}

/// How a resource is doing: what changes by itself from moment to moment, and is neither an argument nor an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Vitals {
    /// How far it is behind what it follows; `None` where it follows nothing, or nothing tells.
    pub lag: Option<Duration>,
    /// Whether the endpoint that it looks at is healthy; `None` where it looks at none, or nothing tells.
    pub healthy: Option<bool>,
    /// When to look again, where that is not what it should be.
    pub look_again: Option<Duration>,
}

/// Who is asked and told about the single requests that a call is made of.
///
/// One that only looks, or had no effect for certain, is made again by the cloud itself, so that one reply of seven that is
/// lost does not repeat the other six. The engine keeps the account.
pub trait RequestWatch: Send + Sync {
    /// Whether a request that changes something may be sent now. Waits where that is in doubt.
    ///
    /// # Errors
    /// When it may not be sent, because the state belongs to somebody else by now.
    fn may_change(&self) -> CloudResult<'_, ()>;

    /// Whether somebody else may take the state over while a call is under way. Then a request that changes something is not
    /// made again within its call: whoever makes the call again is asked first.
    fn can_be_taken_over(&self) -> bool {
        false
    }

    /// A request failed, and was made again after this time.
    fn again(&self, at: Option<Target<'_>>, failure: ErrorClass, waited: Duration);
}

/// A cloud: the calls the engine makes. Arguments are complete and revealed; their shape is the kind's schema.
pub trait Cloud: Send + Sync {
    /// Which cloud and account this is.
    fn identify(&self) -> CloudResult<'_, Identity>;

    /// The attributes that a resource will have, where they are known before it is made.
    fn preview<'a>(&'a self, _at: Target<'a>, _args: &'a Map<Value>) -> CloudResult<'a, Option<Map<Value>>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    /// All attributes of something that lives in the state alone, by one of them that somebody still has; `None` where one
    /// does not tell the others, or cannot be one of such a resource.
    fn recall(&self, _at: Target<'_>, _args: &Map<Value>, _attribute: &str, _value: &Value) -> Option<Map<Value>> {
        None
    }

    /// Whether what these recorded attributes stand for is still there, for kinds that live in the state alone. No call
    /// is made for it.
    fn is_whole(&self, _kind: &Kind, _outputs: &Map<Value>) -> bool {
        true
    }

    /// The id of what this intent created, if it exists.
    fn find<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Option<Str>>;

    /// Starts the creation and returns the id as soon as it exists.
    fn create<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Str>;

    /// Sets what creation alone cannot. Idempotent; runs again after a crash. Tells whether anything may have been set:
    /// if not, there is nothing to wait for.
    fn configure<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        args: &'a Map<Value>,
        intent: &'a Intent,
    ) -> CloudResult<'a, bool>;

    /// Whether the creation or change has finished.
    fn settle<'a>(&'a self, at: Target<'a>, id: &'a str, args: &'a Map<Value>) -> CloudResult<'a, Settled>;

    /// The resource as it is, or `None` when it is gone. `last` is what is known of its arguments.
    fn read<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Option<Live>>;

    /// Whose it is by its identity tags; `None` when it has none, or cannot have any. `live` is what was read of it.
    fn owner<'a>(&'a self, at: Target<'a>, id: &'a str, live: &'a Live) -> CloudResult<'a, Option<Owner>>;

    /// Marks something that is taken over, or has moved, as the intent's, by the identity tags; what cannot be tagged stays
    /// as it is.
    /// `args` is what is there. Idempotent.
    fn claim<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        args: &'a Map<Value>,
        intent: &'a Intent,
    ) -> CloudResult<'a, ()>;

    /// Changes it in place. Idempotent.
    fn update<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        old: &'a Map<Value>,
        new: &'a Map<Value>,
    ) -> CloudResult<'a, ()>;

    /// Starts or continues the deletion. Gone already is success.
    fn delete<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, ()>;

    /// Whether the deletion has finished.
    fn deleted<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Settled>;

    /// Makes several changes by one call: all of them or none, for kinds whose service takes them so. Gives the ids, in
    /// the order of the items; that of a deletion is empty. Like an update it may be repeated: what is as it should be
    /// already is left alone.
    ///
    /// A cloud that has no such kinds need not have this.
    fn batch<'a>(&'a self, items: &'a [BatchItem<'a>]) -> CloudResult<'a, Vec<Str>> {
        let kind = items.first().map_or("", |item| item.at.kind.name);
        let why = format!("changes of `{kind}` cannot be made together; each is a call of its own");
        Box::pin(ready(Err(CloudError::new(ErrorClass::Invalid, kind, "NoBatches", why))))
    }

    /// Lets another member of a group take the writes. Starts that and returns; `settle` and `read` of the member tell
    /// when it has come true. Whoever calls has looked whether the member writes already.
    ///
    /// A cloud that has no such kinds need not have this.
    fn switch<'a>(&'a self, at: Target<'a>, _id: &'a str, _change: &'a RoleChange<'a>) -> CloudResult<'a, ()> {
        let why = format!("the members of a `{}` have no roles that change", at.kind.name);
        Box::pin(ready(Err(CloudError::new(ErrorClass::Invalid, at.kind.name, "NoRoles", why))))
    }

    /// How a resource is doing. `last` is what is known of its arguments.
    ///
    /// A cloud that cannot tell need not have this.
    fn vitals<'a>(&'a self, _at: Target<'a>, _id: &'a str, _last: &'a Map<Value>) -> CloudResult<'a, Vitals> {
        Box::pin(ready(Ok(Vitals::default())))
    }

    /// What it knows to object to in what a plan would make; `at` is the first of that. Nothing is changed.
    ///
    /// A cloud that knows nothing in advance need not have this.
    fn objections<'a>(&'a self, _at: Target<'a>, _wishes: &'a Wishes) -> CloudResult<'a, Vec<Objection>> {
        Box::pin(ready(Ok(Vec::new())))
    }

    /// Answers a look-up.
    fn look_up<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>) -> CloudResult<'a, Map<Value>>;

    /// From now on this is asked and told about single requests. A cloud whose calls are one request each need not have it.
    fn watched_by(&self, _watch: Arc<dyn RequestWatch>) {}

    /// Whether anything answers in a place: a region, or [`GLOBAL`](crate::region::GLOBAL). Any answer counts, a refusal
    /// too.
    fn reach<'a>(&'a self, place: &'a str) -> CloudResult<'a, ()>;

    /// Everything in a place that carries the tags of what is looked for: in a region, or in none
    /// ([`GLOBAL`](crate::region::GLOBAL)). Something may be found in more than one place.
    fn sweep<'a>(&'a self, sought: Sought<'a>, place: &'a str) -> CloudResult<'a, Vec<TaggedResource>>;

    /// Everything in a place that bears this tag, whoever made it: in a region, or in none
    /// ([`GLOBAL`](crate::region::GLOBAL)). Something may be found in more than one place.
    fn tagged<'a>(&'a self, tag: (&'a str, &'a str), place: &'a str) -> CloudResult<'a, Vec<TaggedResource>>;

    /// What may be left in a place of what was deleted there, and what services made by themselves: whatever is told by the
    /// trail and is neither recorded nor found by a sweep. What cannot be looked at is part of the answer.
    fn leftovers<'a>(&'a self, trail: &'a Trail<'a>, place: &'a str) -> CloudResult<'a, PlaceSearch>;

    /// The regions that the account can use, sorted by name: whoever looks for something everywhere looks there, and in
    /// [`GLOBAL`](crate::region::GLOBAL).
    fn regions(&self) -> CloudResult<'_, Vec<Str>>;
}
