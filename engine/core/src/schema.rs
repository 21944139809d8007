//! Schemas: what a kind takes and gives, as data.
//!
//! A kind's structs (in `engine/kinds`) are turned into these tables by the derives of `engine/macros`. The script
//! host, the planner, the sandbox, the reference and the checks all read the same tables; nothing about an argument is
//! said twice. Everything here is `const`, so that a registry costs nothing at start.

use std::time::Duration;

use crate::diagnostic::Severity;
use crate::grammar::form::Grammar;
use crate::traces::{Holding, Residue};
use crate::value::{Float, Value, intern};

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Type {
    /// Anything.
    Any,
    /// A boolean.
    Bool,
    /// A 64-bit integer.
    Int,
    /// A number; integers are taken too.
    Float,
    /// Text.
    Str,
    /// A JSON document: a map or list, or its text. Compared by what it says, not how it is written.
    Json,
    /// An IAM policy document, or one statement of it: like [`Type::Json`], compared the way IAM reads it (a single
    /// item is a list of one, the order of actions, resources and principals does not matter).
    Policy,
    /// A list.
    List(&'static Type),
    /// A map from text to values of one type.
    Map(&'static Type),
    /// A block with fields of its own.
    Object(&'static [Field]),
}

impl Type {
    /// What a person calls the type, with its article.
    pub fn article(self) -> &'static str {
        match self {
            Type::Any => "a value",
            Type::Bool => "a boolean",
            Type::Int => "an integer",
            Type::Float => "a number",
            Type::Str => "a string",
            Type::Json => "a JSON document (a map, a list or text)",
            Type::Policy => "a policy document (a map or text)",
            Type::List(_) => "a list",
            Type::Map(_) => "a map",
            Type::Object(_) => "a block (a map with known keys)",
        }
    }

    /// What is under a key of a value of this type; nothing is known of what a document holds. None where there are no
    /// keys, and for a key that the block does not have.
    pub fn entry(self, key: &str) -> Option<Type> {
        match self {
            Type::Any | Type::Json | Type::Policy => Some(Type::Any),
            Type::Map(inner) => Some(*inner),
            Type::Object(fields) => fields.iter().find(|field| field.name == key).map(|field| field.ty),
            _ => None,
        }
    }

    /// What the items of a value of this type are. None where there are none.
    pub fn item(self) -> Option<Type> {
        match self {
            Type::Any | Type::Json | Type::Policy => Some(Type::Any),
            Type::List(inner) => Some(*inner),
            _ => None,
        }
    }

    /// The fields of the block that this is, or of the blocks that it holds, however deep in lists and maps.
    pub fn block(self) -> Option<&'static [Field]> {
        match self {
            Type::Object(fields) => Some(fields),
            Type::List(inner) | Type::Map(inner) => inner.block(),
            _ => None,
        }
    }

    /// The type as the reference writes it: `list of string`.
    pub fn describe(self) -> String {
        match self {
            Type::Any => "any".into(),
            Type::Bool => "bool".into(),
            Type::Int => "int".into(),
            Type::Float => "number".into(),
            Type::Str => "string".into(),
            Type::Json => "json".into(),
            Type::Policy => "policy".into(),
            Type::List(inner) => format!("list of {}", inner.describe()),
            Type::Map(inner) => format!("map of {}", inner.describe()),
            Type::Object(_) => "block".into(),
        }
    }
}

/// A literal that a `const` can hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lit {
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A decimal number.
    Float(f64),
    /// Text.
    Str(&'static str),
    /// An empty list.
    EmptyList,
    /// An empty map or a block with its defaults.
    EmptyMap,
}

impl Lit {
    /// The same as a value.
    pub fn value(self) -> Value {
        match self {
            Lit::Bool(b) => Value::Bool(b),
            Lit::Int(i) => Value::Int(i),
            Lit::Float(f) => Value::Float(Float(f)),
            Lit::Str(s) => Value::Str(intern(s)),
            Lit::EmptyList => Value::List(Vec::new()),
            Lit::EmptyMap => Value::Map(Default::default()),
        }
    }
}

/// Whether an argument must be given, and what it is when it is not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Presence {
    /// Must be given.
    Required,
    /// May be left out; then the service has nothing there.
    Optional,
    /// May be left out; then it has this value.
    Default(Lit),
    /// May be left out; then the service chooses, and whatever it chose is no difference.
    Computed,
}

/// A condition on a known value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Condition {
    /// An integer between two others, both included.
    Range(i64, i64),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// One of these integers.
    OneOfInt(&'static [i64]),
    /// A number of characters, items or entries between two others, both included.
    Length(usize, usize),
    /// The whole text matches this regular expression.
    Pattern(&'static str),
    /// Text that is none of these domain names, nor a name below one.
    Outside(&'static [&'static str]),
    /// Names of regions: a text, or each of a list.
    Region,
    /// A text or document of this grammar; of a list, each of its items.
    Grammar(Grammar),
}

/// How the physical name of a resource is made when the script gives none: `{prefix}{name}-{suffix}{ending}`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NameRule {
    /// Longest name the service takes, in characters.
    pub max: usize,
    /// The characters the service takes, as the inside of a bracket expression: `A-Za-z0-9_-`.
    pub chars: &'static str,
    /// What every name of this kind starts with (`alias/`).
    pub prefix: &'static str,
    /// Whether the service takes or keeps lower case only.
    pub lower: bool,
    /// What some names of this kind end with.
    pub ending: Option<NameEnding>,
}

/// What a name ends with as long as a boolean argument of the same resource is true, and only then.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NameEnding {
    /// The ending: `.fifo`.
    pub text: &'static str,
    /// The argument: `fifo_queue`.
    pub when: &'static str,
}

/// That a field names another resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Kind and attribute that the value is, e.g. `kms.key.arn`; `*` where resources of several kinds can stand.
    pub to: &'static str,
    /// Whether the referring resource must be gone before the referred one can be deleted. The cloud would refuse, or
    /// something would break meanwhile.
    pub blocks_delete: bool,
}

impl Reference {
    /// The kind referred to.
    pub fn kind(&self) -> &'static str {
        self.to.rsplit_once('.').map_or(self.to, |(kind, _)| kind)
    }
    /// The attribute of that kind.
    pub fn attr(&self) -> &'static str {
        self.to.rsplit_once('.').map_or("id", |(_, attr)| attr)
    }
}

/// What a check of [`crate::rules`] says about the values of a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// The check's id, e.g. `D07`.
    pub id: &'static str,
    /// What a value that is not allowed means: an error refuses the plan.
    pub severity: Severity,
    /// The values about which nothing is said.
    pub allowed: Allowed,
    /// A kind; when a resource of it refers to this one, nothing is said either. Empty: no such kind.
    pub unless: &'static str,
    /// Why other values are not allowed.
    pub why: &'static str,
}

/// The values that a rule allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Allowed {
    /// This one.
    Only(Lit),
    /// Integers up to this one.
    AtMost(i64),
    /// None: the field is left out.
    Absent,
}

/// What a service makes by itself for a resource, and what therefore should be declared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Companion {
    /// The check's id.
    pub id: &'static str,
    /// What it is, as kind and argument: `logs.log_group.name`.
    pub of: Reference,
    /// That argument's value, with the notation of [`Field::like`]; a list among the arguments stands for each of its
    /// items in turn.
    pub like: &'static str,
    /// An argument with which the service makes none. Empty: there is none.
    pub unless: &'static str,
    /// What happens when it is not declared.
    pub why: &'static str,
}

/// An argument that the service has and this kind has not, because it is said otherwise here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Elsewhere {
    /// Its name.
    pub argument: &'static str,
    /// The check's id.
    pub id: &'static str,
    /// How it is said here.
    pub help: &'static str,
}

/// What a resource holds that is lost when it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KindContents {
    /// Data of its own.
    Data(Loss),
    /// Keys, without which data elsewhere cannot be read.
    Keys(Loss),
}

/// What is lost with a resource, and what is kept. Both stand after a colon: `every item in it`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// What nobody can bring back.
    pub lost: &'static str,
    /// What is still there afterwards; `nothing` where nothing is.
    pub kept: &'static str,
}

impl KindContents {
    /// What is lost when the resource goes.
    pub fn loss(self) -> Loss {
        match self {
            KindContents::Data(loss) | KindContents::Keys(loss) => loss,
        }
    }

    /// The same as the reference says it, without a full stop.
    pub fn describe(self) -> String {
        let what = match self {
            KindContents::Data(_) => "data",
            KindContents::Keys(_) => "keys of data",
        };
        let Loss { lost, kept } = self.loss();
        format!("Holds {what}. When it goes, lost: {lost}; kept: {kept}")
    }
}

/// What cannot stand side by side, among resources of a kind that have equal values of some arguments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exclusion {
    /// These arguments.
    pub among: &'static [&'static str],
    /// The argument that decides.
    pub field: &'static str,
    /// Which values of it exclude each other.
    pub of: Excluded,
}

/// Values of an argument that exclude each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Excluded {
    /// This one and any other.
    Others(&'static str),
    /// Two that are equal. Nothing is no value.
    Equals,
    /// A value and nothing; the default is nothing.
    Nothing,
}

/// In which direction alone the values of a field can go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OneWay {
    /// From the first of these texts to the last. The way back takes another resource.
    Order(&'static [&'static str]),
    /// From an earlier version to a later one. A service may go to a later minor version by itself: that counts as the
    /// one that was asked for.
    Version,
    /// From nothing to a value. Once given, the service keeps one.
    Stays,
}

/// One argument or attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// Its name in scripts.
    pub name: &'static str,
    /// What it means, with its unit; from the doc comment.
    pub doc: &'static str,
    /// Its type.
    pub ty: Type,
    /// Whether it must be given.
    pub presence: Presence,
    /// Whether a change forces a replacement.
    pub replace: bool,
    /// Whether its value is secret.
    pub sensitive: bool,
    /// Whether the service never gives it back, so that reading cannot show a difference.
    pub write_only: bool,
    /// Whether the order of a list means nothing.
    pub unordered: bool,
    /// Whether the service ignores or changes the case of text.
    pub ignore_case: bool,
    /// Whether the service takes keys of a map that differ by their case alone for the same.
    pub ignore_key_case: bool,
    /// Whether a failover changes it: what is found then is told, and neither undone nor taken for the program's wish.
    pub switched: bool,
    /// Whether taking the value away happens in place, although any other change forces a replacement.
    pub removable: bool,
    /// The direction in which alone the value can go, if there is one.
    pub one_way: Option<OneWay>,
    /// Whether the service copies the settings of what is referred to here when the resource is made or changed: then a
    /// change of that one takes a change of this one.
    pub copies: bool,
    /// Whether the service refuses to delete the resource while this is true.
    pub protects: bool,
    /// Whether the resources that name the same here are members of one group. One that waits for another member is a
    /// copy of it: when that one is made anew, so is the copy.
    pub member: bool,
    /// Whether these are the resource's tags.
    pub tags: bool,
    /// Conditions on known values.
    pub checks: &'static [Condition],
    /// How a physical name is made.
    pub name_rule: Option<NameRule>,
    /// What the value refers to.
    pub refers: Option<Reference>,
    /// What the checks say about its values.
    pub rules: &'static [Rule],
    /// For an attribute or a computed argument: what its value looks like. The sandbox makes values of this shape.
    ///
    /// Text with holes: `{name}` is another attribute of the same resource (`{id}` and `{region}` too; a list is its
    /// items with commas), `{account}` the account; `{hex:n}`, `{digits:n}`, `{alnum:n}` (lower case) and `{uuid}` are
    /// pseudo-random. The text is read as the field's type: numbers and booleans as such, a list from items with commas
    /// (`{region}a,{region}b`), a map from entries with commas (`name={name},zone={region}a`). A block, and a list of
    /// blocks, has no shape of its own: its fields have, and the list has one such block. Without a shape, a value is
    /// made from the type and its checks.
    pub like: &'static str,
    /// For an attribute: whether an in-place change of the resource may change it.
    pub volatile: bool,
}

impl Field {
    /// A field with nothing special about it.
    pub const fn new(name: &'static str, doc: &'static str, ty: Type) -> Field {
        Field {
            name,
            doc,
            ty,
            presence: Presence::Required,
            replace: false,
            sensitive: false,
            write_only: false,
            unordered: false,
            ignore_case: false,
            ignore_key_case: false,
            switched: false,
            removable: false,
            one_way: None,
            copies: false,
            protects: false,
            member: false,
            tags: false,
            checks: &[],
            name_rule: None,
            refers: None,
            rules: &[],
            like: "",
            volatile: false,
        }
    }
}

impl Field {
    /// Whether this field is such a one, or a field of the blocks inside it is.
    pub fn holds(&self, is_such: fn(&Field) -> bool) -> bool {
        is_such(self) || self.ty.block().is_some_and(|fields| fields.iter().any(|field| field.holds(is_such)))
    }

    /// Whether values of this field only mention other resources, as a policy or an environment variable does: neither
    /// it nor anything inside refers to one.
    pub fn only_mentions(&self) -> bool {
        !self.holds(|field| field.refers.is_some())
    }
}

/// Where resources of a kind live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a region.
    Regional,
    /// In the account; calls go to one fixed endpoint.
    Global,
    /// In the engine's own state; no cloud is asked.
    Local,
}

/// Within what the name of a resource must be the only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All accounts and regions.
    World,
    /// The account, over all regions.
    Account,
    /// The account and region.
    Region,
}

/// A resource type: schema and facts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kind {
    /// `service.kind`.
    pub name: &'static str,
    /// What it is; from the doc comment.
    pub doc: &'static str,
    /// Where it lives.
    pub place: Place,
    /// Whether it only reads: a look-up, answered while planning.
    pub lookup: bool,
    /// What a script gives.
    pub args: &'static [Field],
    /// What others can read besides the arguments.
    pub outputs: &'static [Field],
    /// What its id looks like, in the notation of [`Field::like`].
    pub id: &'static str,
    /// The arguments that together must be the only ones of their values, and where. With `None`, two resources with
    /// equal arguments can exist side by side.
    pub unique: Option<(&'static [&'static str], Scope)>,
    /// The arguments whose equal values put changes of several resources into one call, which the service takes as a
    /// whole or not at all. None: each change is a call of its own.
    pub batch: Option<&'static [&'static str]>,
    /// What cannot stand side by side: the service refuses the later one.
    pub exclusions: &'static [Exclusion],
    /// The argument whose resource takes this one along when it is deleted: then this one's own delete is skipped.
    pub deleted_with: Option<&'static str>,
    /// What the service makes along with it unless it is declared.
    pub companions: &'static [Companion],
    /// Arguments that are said otherwise here.
    pub elsewhere: &'static [Elsewhere],
    /// What a deletion leaves behind for a while.
    pub leaves: Option<Residue>,
    /// What a deleted resource still holds for a while.
    pub holds: Option<Holding>,
    /// What is in it that is lost when it goes; none when it can be made again as it was.
    pub contents: Option<KindContents>,
    /// How long a deleted name stays blocked.
    pub name_blocked: Duration,
    /// Typical time from the create call until it is usable.
    pub create: Duration,
    /// Typical time of an in-place change.
    pub update: Duration,
    /// Typical time from the delete call until it is gone.
    pub delete: Duration,
    /// How long to wait between two looks while it settles, at first.
    pub pace: Duration,
}

impl Kind {
    /// A kind with nothing special about it.
    pub const fn new(name: &'static str, doc: &'static str, args: &'static [Field], outputs: &'static [Field]) -> Kind {
        Kind {
            name,
            doc,
            place: Place::Regional,
            lookup: false,
            args,
            outputs,
            id: "{hex:17}",
            unique: None,
            batch: None,
            exclusions: &[],
            deleted_with: None,
            companions: &[],
            elsewhere: &[],
            leaves: None,
            holds: None,
            contents: None,
            name_blocked: Duration::ZERO,
            create: Duration::from_secs(1),
            update: Duration::from_secs(1),
            delete: Duration::from_secs(1),
            pace: Duration::from_secs(1),
        }
    }

    /// The service, e.g. `sqs`.
    pub fn service(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(service, _)| service)
    }

    /// The name within the service, e.g. `queue`.
    pub fn short(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(_, short)| short)
    }

    /// An argument.
    pub fn arg(&self, name: &str) -> Option<&'static Field> {
        self.args.iter().find(|f| f.name == name)
    }

    /// A computed attribute.
    pub fn output(&self, name: &str) -> Option<&'static Field> {
        self.outputs.iter().find(|f| f.name == name)
    }

    /// The type of an attribute that others can read: an argument, a computed one, or the built-in `id`, `region`.
    pub fn attribute(&self, name: &str) -> Option<Type> {
        match self.output(name).or_else(|| self.arg(name)) {
            Some(field) => Some(field.ty),
            None if BUILT_IN.contains(&name) => Some(Type::Str),
            None => None,
        }
    }

    /// Every attribute that others can read, for "did you mean".
    pub fn attributes(&self) -> impl Iterator<Item = &'static str> {
        self.args.iter().chain(self.outputs).map(|f| f.name).chain(BUILT_IN.iter().copied())
    }

    /// The argument that holds tags, if the kind can be tagged.
    pub fn tags(&self) -> Option<&'static Field> {
        self.args.iter().find(|f| f.tags)
    }

    /// Whether an argument is what a resource is called by others: its name, or a part of what is the only one.
    pub fn identifies(&self, field: &Field) -> bool {
        field.name_rule.is_some() || self.unique.is_some_and(|(fields, _)| fields.contains(&field.name))
    }

    /// The argument that is the physical name, if there is one.
    pub fn physical_name(&self) -> Option<&'static Field> {
        self.args.iter().find(|f| f.name_rule.is_some())
    }
}

/// Attributes of every resource: its id in the cloud, and the region it lives in.
pub const BUILT_IN: &[&str] = &["id", "region"];

/// The name most like a mistyped one, if any is near. Comparing takes time with the square of their lengths: nobody
/// mistypes a longer one, or chooses among more.
pub fn closest<'a>(name: &str, all: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 256;
    const MOST: usize = 10_000;
    if name.len() > LONGEST {
        return None;
    }
    let mut best: Option<(f64, &str)> = None;
    for candidate in all.into_iter().take(MOST).filter(|candidate| candidate.len() <= LONGEST) {
        let mut score = strsim::jaro_winkler(&name.to_lowercase(), &candidate.to_lowercase());
        if !name.is_empty() && (candidate.starts_with(name) || name.starts_with(candidate)) {
            score = score.max(0.9);
        }
        if score > 0.8 && best.is_none_or(|(s, _)| score > s) {
            best = Some((score, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        assert_eq!(closest("visibility_timeot", ["visibility_timeout", "name"]), Some("visibility_timeout"));
        assert_eq!(closest("cidr", ["cidr_block", "name"]), Some("cidr_block"));
        assert_eq!(closest("zzz", ["visibility_timeout", "name"]), None);
        let long = "x".repeat(10_000_000);
        assert_eq!(closest(&long, [&*long]), None);
        assert_eq!(closest("xxx", [&*long, "xxy"]), Some("xxy"));
    }
}
