//! What only the cloud knows about something before it is made: a quota that is used up, a version that is not on offer,
//! a name that somebody else has.
//!
//! A plan asks once per kind and region, about everything of that kind which it would make there. The cloud answers with
//! objections; they are findings of the checks `O01` to `O03` ([`crate::checks`]).

use std::sync::Arc;

use crate::address::Address;
use crate::schema::Kind;
use crate::value::{Map, Str, Value};

/// Everything of one kind that a plan would make in one region.
#[derive(Debug, Clone)]
pub struct Wishes {
    /// The kind.
    pub kind: &'static Kind,
    /// The region; `None` for kinds that belong to none.
    pub region: Option<Str>,
    /// What would be made; never empty.
    pub made: Vec<Wish>,
    /// How many of this kind the plan deletes there.
    pub deleted: usize,
}

/// Something that a plan would make.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Its address.
    pub address: Address,
    /// Its arguments, as far as they are known: an argument of which a part is unknown is not there, nor is a secret.
    pub args: Arc<Map<Value>>,
}

impl Wish {
    /// A text among the known arguments.
    pub fn text(&self, argument: &str) -> Option<&str> {
        self.args.get(argument)?.as_str()
    }

    /// A number among the known arguments.
    pub fn number(&self, argument: &str) -> Option<i64> {
        self.args.get(argument)?.as_int()
    }
}

/// Why something could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// The index of the wish that it is about.
    pub wish: usize,
    /// The check whose finding it is: `O01`.
    pub check: &'static str,
    /// The argument that it is about; empty for the resource as a whole.
    pub argument: &'static str,
    /// What the cloud says.
    pub message: String,
    /// What to do.
    pub help: Vec<String>,
    /// Whether the plan itself may make room first, by what it deletes: then it only warns.
    pub may_pass: bool,
}

/// How many of something an account takes, and has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The quota.
    pub most: usize,
    /// How many there are.
    pub used: usize,
}

impl Wishes {
    /// The objection that a quota leaves no room for all of this, if it does not. `what` is what the quota counts.
    pub fn beyond(&self, quota: Quota, what: &str) -> Option<Objection> {
        let Quota { most, used } = quota;
        let left = most.saturating_sub(used);
        let wish = left;
        (self.made.len() > left).then(|| Objection {
            wish,
            check: "O01",
            argument: "",
            message: format!(
                "the account takes {most} {what} in {} and has {used}; this plan makes {} more",
                self.region.as_deref().unwrap_or("all"),
                self.made.len()
            ),
            help: vec!["ask AWS for a higher quota, delete what nobody needs, or use fewer".to_owned()],
            may_pass: self.made.len() <= left + self.deleted,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Type;

    static THING: Kind = Kind::new("x.thing", "", &[crate::schema::Field::new("size", "", Type::Int)], &[]);

    fn wishes(made: usize, deleted: usize) -> Wishes {
        let wish =
            |n: usize| Wish { address: Address::new("", "x.thing", &format!("t{n}")).unwrap(), args: Arc::default() };
        Wishes { kind: &THING, region: Some("us-east-1".into()), made: (0..made).map(wish).collect(), deleted }
    }

    #[test]
    fn a_quota_objects_to_the_first_that_it_does_not_take() {
        for (made, deleted, most, used, expected) in [
            (3, 0, 5, 2, None),
            (3, 0, 5, 3, Some((2, false))),
            (3, 1, 5, 3, Some((2, true))),
            (1, 0, 5, 5, Some((0, false))),
            (1, 0, 5, 7, Some((0, false))),
            (2, 1, 5, 5, Some((0, false))),
            (0, 0, 5, 9, None),
        ] {
            let objection = wishes(made, deleted).beyond(Quota { most, used }, "things");
            assert_eq!(objection.map(|o| (o.wish, o.may_pass)), expected, "{made} {deleted} {most} {used}");
        }
    }
}
