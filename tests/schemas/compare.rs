//! A kind beside its type: every difference, with what to write.
//!
//! The rule for names: a kind is the type, and an argument the property, that is called the same but for case and
//! underscores (`sqs.queue` and `AWS::SQS::Queue`, `kms_master_key_id` and `KmsMasterKeyId`); `name` is also
//! `QueueName`, `policy` also `PolicyDocument`, `redirect` also `RedirectConfig`. Look-ups and what is made without a cloud have no type; tags are everybody's.
//!
//! A bound or a word is compared both ways: what we would take and AWS refuses comes back in the middle of an apply, and
//! what we refuse and AWS takes cannot be used. A pattern is compared by samples, one way: what matches ours, or is made
//! of the characters of our names, must match theirs.

use dr_core::schema::{Condition, Field, Kind, Lit, Place, Presence, Type};
use serde_json::Value;

use crate::patterns;
use crate::published::{Resource, Schemas, listed};
use crate::tables::Names;

/// A difference.
pub(crate) struct Difference {
    /// Which field, and what differs: `sqs.queue.max_message_size maximum`.
    pub(crate) key: String,
    /// Both sides, and what to write.
    pub(crate) says: String,
}

/// What a comparison shows.
#[derive(Default)]
pub(crate) struct Compared {
    /// What differs.
    pub(crate) differences: Vec<Difference>,
    /// The type, and its properties that no argument is; no type where there is none.
    pub(crate) not_offered: Option<(String, Vec<String>)>,
}

struct Comparison<'a> {
    kind: &'static Kind,
    resource: Resource,
    names: &'a Names,
    found: Vec<Difference>,
    /// Paths of the properties that arguments are.
    offered: Vec<String>,
}

/// Compares a kind with its type.
pub(crate) fn kind(kind: &'static Kind, schemas: &Schemas, names: &Names) -> Compared {
    if kind.lookup || kind.place == Place::Local || names.no_type(kind.name).is_some() {
        return Compared::default();
    }
    let failed = |says: String| Compared {
        differences: vec![Difference { key: format!("{} type", kind.name), says }],
        not_offered: None,
    };
    let by_rule = format!("AWS::{}::{}", names.service(kind.service()), kind.short().replace('_', ""));
    let by_rule = schemas.find(&by_rule).map(str::to_owned);
    let Some((name, part)) = names.type_of(kind.name, by_rule.as_deref()) else {
        let says = format!(
            "no type is called like it. Name its type under [types] of tests/schemas/names.toml (`\"{}\" = \
             \"AWS::…\"`), or say under [no_type] why there is none",
            kind.name
        );
        return failed(says);
    };
    let resource = match schemas.read(&name) {
        Ok(resource) => resource,
        Err(error) => return failed(error.to_string()),
    };
    let mut comparison = Comparison { kind, resource, names, found: Vec::new(), offered: Vec::new() };
    for field in kind.args.iter().filter(|field| !field.tags) {
        comparison.argument(&format!("{}.{}", kind.name, field.name), field, &part, false);
    }
    for field in kind.outputs {
        comparison.output(field, &part);
    }
    let not_offered = comparison.not_offered(&part);
    Compared { differences: comparison.found, not_offered: Some((comparison.resource.name, not_offered)) }
}

/// `KmsMasterKeyId` and `kms_master_key_id` are one.
fn squashed(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl Comparison<'_> {
    fn differs(&mut self, key: &str, what: &str, says: String) {
        self.found.push(Difference { key: format!("{key} {what}"), says });
    }

    /// The property of a name among those at a path.
    fn by_rule(&self, parent: &str, name: &str) -> Option<String> {
        let of_the_type = if parent.is_empty() { self.resource.name.rsplit("::").next() } else { None };
        let wanted = [
            Some(squashed(name)),
            of_the_type.map(|of| squashed(&format!("{of}{name}"))),
            name.ends_with("policy").then(|| squashed(&format!("{name}document"))),
            Some(squashed(&format!("{name}config"))),
        ];
        let properties = self.resource.properties(parent);
        let find = |wanted: &String| properties.iter().find(|property| squashed(property) == *wanted);
        wanted.iter().flatten().find_map(find).map(|property| joined(parent, property))
    }

    /// Compares an argument, or a field of a block, with the property that it is; `block` is the path of what it is in.
    fn argument(&mut self, key: &str, field: &'static Field, block: &str, replaced: bool) {
        let by_rule = self.by_rule(block, field.name);
        let Some(path) = self.names.property(key, by_rule) else {
            if self.names.no_property(key).is_some() {
                // What is a block for us alone may well have fields that are properties of what it is in.
                for inner in field.ty.block().unwrap_or_default() {
                    let key = format!("{key}.{}", inner.name);
                    if self.names.property(&key, self.by_rule(block, inner.name)).is_some() {
                        self.argument(&key, inner, block, replaced || field.replace);
                    }
                }
            } else if !self.resource.properties(block).is_empty() {
                let says = format!(
                    "{} has no such property{}; it has {}. Name it under [fields] of tests/schemas/names.toml, or say \
                     under [[no_property]] why there is none",
                    self.resource.name,
                    if block.is_empty() { String::new() } else { format!(" in {block}") },
                    self.resource.properties(block).join(", ")
                );
                self.differs(key, "property", says);
            }
            return;
        };
        let Some(theirs) = self.resource.property(&path) else {
            self.differs(
                key,
                "property",
                format!("{} has no property {path}: names.toml is wrong", self.resource.name),
            );
            return;
        };
        self.offered.push(path.clone());
        let schema = theirs.clone();
        let required = self.resource.is_required(block, &path);
        let what = format!("{path} of {}", self.resource.name);
        let theirs_replaced = self.resource.is_replaced(&path);
        let replaced = replaced || field.replace;
        if self.resource.is_computed(&path) {
            self.differs(key, "computed", format!("{what} is only read: it is an output, no argument"));
        }
        if replaced != theirs_replaced && !self.resource.is_sometimes_replaced(&path) {
            let says = if theirs_replaced {
                format!("{what} cannot be changed in place: write `replace`")
            } else {
                format!("{what} can be changed in place: take `replace` out, and change it in `update`")
            };
            self.differs(key, "replace", says);
        }
        let may_be_absent = matches!(field.presence, Presence::Optional | Presence::Computed);
        if required && may_be_absent && field.name_rule.is_none() {
            self.differs(key, "required", format!("{what} is required: take the `Option` or `computed` away"));
        } else if !required && field.presence == Presence::Required && field.name_rule.is_none() {
            self.differs(key, "required", format!("{what} may be left out: make it an `Option`, or give a default"));
        }
        let types = self.resource.types(&schema);
        // A map is often a list of pairs: `Dimensions: [{ Name, Value }]`.
        let pairs =
            matches!(field.ty, Type::Map(_)) && types == ["array"] && !self.resource.properties(&path).is_empty();
        if pairs {
            return;
        }
        if !types.is_empty() && !fitting(field.ty).iter().any(|fits| types.contains(fits)) {
            let says = format!("ours is {}, {what} is {}", field.ty.describe(), types.join(" or "));
            self.differs(key, "type", says);
            return;
        }
        match field.ty {
            Type::Str => self.text(key, field, &schema, &what),
            Type::Int => self.number(key, field, &schema, &what),
            Type::List(_) => self.length(key, &schema, &what, ("minItems", "maxItems"), items(field)),
            Type::Map(_) => self.length(key, &schema, &what, ("minProperties", "maxProperties"), length(field)),
            _ => {}
        }
        // What differs about the block as a whole is not said again of each of its fields.
        for inner in field.ty.block().unwrap_or_default() {
            self.argument(&format!("{key}.{}", inner.name), inner, &path, theirs_replaced);
        }
    }

    /// The properties at a path that can be given, and that no argument is. Tags are everybody's.
    fn not_offered(&self, part: &str) -> Vec<String> {
        let is_offered = |path: &str| {
            let within = |offered: &String| {
                offered.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            self.offered.iter().any(within)
        };
        let names = self.resource.properties(part).into_iter().filter(|name| !name.ends_with("Tags"));
        let lacking = names.filter(|name| {
            let path = joined(part, name);
            !is_offered(&path) && !self.resource.is_computed(&path)
        });
        lacking.map(str::to_owned).collect()
    }

    /// A computed attribute that is a property must be one that is only read.
    fn output(&mut self, field: &'static Field, path: &str) {
        let key = format!("{}.{}", self.kind.name, field.name);
        let by_rule = self.by_rule(path, field.name);
        let Some(path) = self.names.property(&key, by_rule) else { return };
        if self.resource.property(&path).is_none() {
            self.differs(
                &key,
                "property",
                format!("{} has no property {path}: names.toml is wrong", self.resource.name),
            );
        } else if !self.resource.is_computed(&path) {
            let says = format!("{path} of {} can be given: it is an argument, no output", self.resource.name);
            self.differs(&key, "computed", says);
        }
    }

    fn text(&mut self, key: &str, field: &Field, schema: &Value, what: &str) {
        let words: Vec<&str> = listed(&schema["enum"]).collect();
        let ours = field.checks.iter().find_map(|check| match check {
            Condition::OneOf(words) => Some(*words),
            _ => None,
        });
        if !words.is_empty() {
            let ours = ours.unwrap_or_default();
            let (mut mine, mut their) = (ours.to_vec(), words.clone());
            mine.sort_unstable();
            their.sort_unstable();
            if mine != their {
                let list: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
                let extra: Vec<&str> = mine.iter().filter(|word| !their.contains(word)).copied().collect();
                let missing: Vec<&str> = their.iter().filter(|word| !mine.contains(word)).copied().collect();
                let says = match ours {
                    [] => format!("{what} is one of a few words: write `one_of({})`", list.join(", ")),
                    _ => format!("of the words of {what} ours lacks {missing:?} and has besides {extra:?}"),
                };
                self.differs(key, "enum", says);
            }
            return;
        }
        let pattern = field.checks.iter().find_map(|check| match check {
            Condition::Pattern(pattern) => Some(*pattern),
            _ => None,
        });
        let grammar = field.checks.iter().find_map(|check| match check {
            Condition::Grammar(grammar) => Some(grammar.example().to_owned()),
            _ => None,
        });
        let samples = match (ours, grammar) {
            (Some(words), _) => words.iter().map(|word| (*word).to_owned()).collect(),
            // What a grammar takes is no pattern: its example stands for all.
            (None, Some(example)) => vec![example],
            (None, None) => patterns::texts(pattern, field.name_rule),
        };
        // A pattern bounds the length by itself, and may well be narrower than their bounds.
        let lengths = samples.iter().map(|sample| sample.chars().count());
        let bounded =
            lengths.clone().min().zip(lengths.max()).filter(|_| !pattern.is_some_and(patterns::repeats_without_end));
        let within = |bounds: (usize, usize)| {
            let bound = |word: &str| schema[word].as_u64().and_then(|bound| usize::try_from(bound).ok());
            let (least, most) = (bound("minLength").unwrap_or(0), bound("maxLength").unwrap_or(usize::MAX));
            least <= bounds.0 && bounds.1 <= most
        };
        let stated = length(field);
        if stated.is_some() || !bounded.is_some_and(within) {
            self.length(key, schema, what, ("minLength", "maxLength"), stated);
        }
        if let Some(theirs) = schema["pattern"].as_str() {
            self.pattern(key, what, theirs, &samples, stated);
        }
    }

    fn pattern(&mut self, key: &str, what: &str, theirs: &str, samples: &[String], stated: Option<(usize, usize)>) {
        let regex = match patterns::theirs(theirs) {
            Ok(regex) => regex,
            Err(error) => {
                self.differs(key, "pattern", format!("the pattern of {what} cannot be read ({error}): {theirs}"));
                return;
            }
        };
        if samples.is_empty() {
            if !regex.is_match("any text at all: é ☃").unwrap_or(false) {
                let says = format!("{what} must match {theirs}: write `pattern = …` for the whole of the text");
                self.differs(key, "pattern", says);
            }
            return;
        }
        let (low, high) = stated.unwrap_or((0, usize::MAX));
        let of_length = |sample: &&String| (low..=high).contains(&sample.chars().count());
        let refused = samples.iter().filter(of_length).filter(|sample| !regex.is_match(sample).unwrap_or(false));
        if let Some(example) = refused.min_by_key(|sample| sample.chars().count()) {
            self.differs(key, "pattern", format!("ours takes {example:?}, which {what} refuses: {theirs}"));
        }
    }

    fn number(&mut self, key: &str, field: &Field, schema: &Value, what: &str) {
        let stated = field.checks.iter().find_map(|check| match check {
            Condition::Range(low, high) => Some((*low, *high)),
            Condition::OneOfInt(numbers) => numbers.iter().min().copied().zip(numbers.iter().max().copied()),
            _ => None,
        });
        let (low, high) = stated.unwrap_or((i64::MIN, i64::MAX));
        let (least, most) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
        let write = || {
            let bound = |bound: Option<i64>| bound.map_or("…".to_owned(), |bound| bound.to_string());
            format!("write `range = {}..={}`", bound(least), bound(most))
        };
        let words: Vec<i64> = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
        let own: Vec<i64> = field
            .checks
            .iter()
            .flat_map(|check| match check {
                Condition::OneOfInt(numbers) => numbers.to_vec(),
                _ => Vec::new(),
            })
            .collect();
        if !words.is_empty() && words != own {
            self.differs(key, "enum", format!("{what} is one of {words:?}: write `one_of_int(…)`"));
            return;
        }
        if let Some(least) = least.filter(|least| *least != low) {
            let ours = if stated.is_some() { low.to_string() } else { "none".to_owned() };
            self.differs(key, "minimum", format!("ours is {ours}, that of {what} is {least}: {}", write()));
        }
        if let Some(most) = most.filter(|most| *most != high) {
            let ours = if stated.is_some() { high.to_string() } else { "none".to_owned() };
            self.differs(key, "maximum", format!("ours is {ours}, that of {what} is {most}: {}", write()));
        }
    }

    fn length(
        &mut self,
        key: &str,
        schema: &Value,
        what: &str,
        (minimum, maximum): (&str, &str),
        stated: Option<(usize, usize)>,
    ) {
        let bound = |word: &str| schema[word].as_u64().and_then(|bound| usize::try_from(bound).ok());
        let (low, high) = stated.unwrap_or((0, usize::MAX));
        let (least, most) = (bound(minimum), bound(maximum));
        let write = || {
            let bound = |bound: Option<usize>| bound.map_or("…".to_owned(), |bound| bound.to_string());
            format!("write `length = {}..={}`", bound(least.or(Some(0))), bound(most))
        };
        let ours = |bound: usize| if bound == usize::MAX { "none".to_owned() } else { bound.to_string() };
        if let Some(least) = least.filter(|least| *least > 0 && *least != low) {
            self.differs(key, "min_length", format!("ours is {}, that of {what} is {least}: {}", ours(low), write()));
        }
        if let Some(most) = most.filter(|most| *most != high) {
            self.differs(key, "max_length", format!("ours is {}, that of {what} is {most}: {}", ours(high), write()));
        }
    }
}

/// The types of a JSON schema that values of ours can be.
fn fitting(ty: Type) -> &'static [&'static str] {
    match ty {
        Type::Any => &["object", "array", "string", "number", "integer", "boolean"],
        Type::Bool => &["boolean"],
        Type::Int => &["integer", "number"],
        Type::Float => &["number"],
        Type::Str => &["string"],
        Type::Json | Type::Policy => &["object", "string"],
        Type::List(_) => &["array"],
        Type::Map(_) | Type::Object(_) => &["object"],
    }
}

/// The bounds of a list. An empty one that is there by default is one that is absent.
fn items(field: &Field) -> Option<(usize, usize)> {
    let absent = field.presence == Presence::Default(Lit::EmptyList);
    length(field).map(|(low, high)| (if absent { low.max(1) } else { low }, high))
}

/// The bounds that a field states of its length.
fn length(field: &Field) -> Option<(usize, usize)> {
    let stated = field.checks.iter().find_map(|check| match check {
        Condition::Length(low, high) => Some((*low, *high)),
        _ => None,
    });
    match (stated, field.name_rule) {
        (Some((low, high)), Some(rule)) => Some((low.max(1), high.min(rule.max))),
        (None, Some(rule)) => Some((1, rule.max)),
        (stated, None) => stated,
    }
}
