//! A starting program: a script that takes over what was found, as it is.
//!
//! Each resource becomes a variable. Where an argument is another one's id, ARN or what it is known by, the script refers to
//! that one. What the service chooses by itself, and what is as usual, is left out; secrets are never written.

use std::collections::BTreeSet;

use dr_core::naming::carries;
use dr_core::schema::{Field, Presence, Reference, Type};
use dr_core::value::{Str, Value};
use dr_run::ExistingResource;

/// The script. `suffix` is the environment's: names that end with it say so.
pub(crate) fn program(found: &[ExistingResource], tag: (&str, &str), suffix: &str) -> String {
    let mut writer = ProgramWriter {
        found,
        suffix,
        names: named(found, suffix),
        begun: BTreeSet::new(),
        written: BTreeSet::new(),
        out: String::new(),
    };
    writer.out.push_str(&format!(
        "// What bears the tag {}={}, as it was found. `dr plan` shows what this program takes over and `dr apply` does it;\n\
         // after that, `import_id` can go.\n",
        one_line(tag.0),
        one_line(tag.1)
    ));
    for index in 0..found.len() {
        writer.resource(index);
    }
    writer.out
}

/// What a resource is called: in its address, and as a variable.
struct GivenNames {
    address: String,
    variable: String,
}

fn named(found: &[ExistingResource], suffix: &str) -> Vec<GivenNames> {
    let (mut addresses, mut variables) = (BTreeSet::new(), BTreeSet::new());
    let name = |one: &ExistingResource| {
        let said = called(one).unwrap_or(one.kind.short());
        let said = said.strip_suffix(suffix).map_or(said, |start| start.trim_end_matches(['-', '_']));
        let plain: String = said.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
        let plain = plain.trim_matches('-');
        let plain = if plain.is_empty() { one.kind.short() } else { plain };
        let address = unique(plain, "-", |name| addresses.insert((one.kind.name, name.to_owned())));
        let variable = format!("{}_{address}", one.kind.short()).replace('-', "_").to_ascii_lowercase();
        let variable = unique(&variable, "_", |name| variables.insert(name.to_owned()));
        GivenNames { address, variable }
    };
    found.iter().map(name).collect()
}

/// What people call it: its `Name` tag, or the argument that is its name.
fn called(one: &ExistingResource) -> Option<&str> {
    let tags = one.kind.tags().and_then(|field| one.args.get(field.name)).and_then(Value::as_map);
    let tag = tags.and_then(|tags| tags.get("Name")).and_then(Value::as_str);
    let name = || one.kind.args.iter().find(|field| field.name_rule.is_some());
    tag.or_else(|| one.args.get(name()?.name)?.as_str()).filter(|name| !name.is_empty())
}

/// The name, or with a number behind it the first one that is free.
fn unique(name: &str, between: &str, mut take: impl FnMut(&str) -> bool) -> String {
    let numbered = |number: usize| if number == 1 { name.to_owned() } else { format!("{name}{between}{number}") };
    (1..).map(numbered).find(|name| take(name)).unwrap_or_default()
}

struct ProgramWriter<'a> {
    found: &'a [ExistingResource],
    suffix: &'a str,
    names: Vec<GivenNames>,
    /// Those that are about to stand in the script.
    begun: BTreeSet<usize>,
    /// Those that stand in it: others can refer to them.
    written: BTreeSet<usize>,
    out: String,
}

impl ProgramWriter<'_> {
    /// Writes a resource, after those that it refers to. In a circle, one mentions another by its plain value.
    fn resource(&mut self, index: usize) {
        if !self.begun.insert(index) {
            return;
        }
        for needed in self.needs(index) {
            self.resource(needed);
        }
        let one = &self.found[index];
        let GivenNames { address, variable } = &self.names[index];
        let (service, short) = (one.kind.service(), one.kind.short());
        let mut text = format!("\nlet {variable} = {service}::{short}({}, #{{\n", quoted(address));
        if let Some(region) = &one.region {
            text.push_str(&format!("    region: {},\n", quoted(region)));
        }
        for field in one.kind.args {
            let value = one.args.get(field.name).unwrap_or(&Value::Null);
            let is_wanted = !value.is_null() || field.presence == Presence::Required;
            if value.has_secret() || field.sensitive && is_wanted {
                text.push_str(&format!("    // `{}` is a secret, which is not written here.\n", field.name));
            } else if is_said(field, value) {
                let refers = field.refers;
                text.push_str(&format!("    {}: {},\n", field.name, self.value(value, field.ty, refers, 1)));
            }
        }
        if is_named_without(one, self.suffix) {
            text.push_str("    allow: #{ D20: \"it is called so already\" },\n");
        }
        text.push_str(&format!("    import_id: {},\n}});\n", quoted(&one.id)));
        self.out.push_str(&text);
        self.written.insert(index);
    }

    /// The resources that one mentions.
    fn needs(&self, index: usize) -> BTreeSet<usize> {
        let mut needs = BTreeSet::new();
        for field in self.found[index].kind.args {
            let value = self.found[index].args.get(field.name).unwrap_or(&Value::Null);
            if is_said(field, value) && !value.has_secret() {
                self.mentioned(value, field.ty, field.refers, &mut |other| {
                    needs.insert(other);
                });
            }
        }
        needs
    }

    fn mentioned(&self, value: &Value, ty: Type, refers: Option<Reference>, to: &mut dyn FnMut(usize)) {
        match value {
            Value::Str(text) => {
                if let Some((other, _)) = self.meant(text, refers) {
                    to(other);
                }
            }
            Value::List(items) => items.iter().for_each(|item| {
                self.mentioned(item, ty.item().unwrap_or(Type::Any), refers, to);
            }),
            Value::Map(map) => map.iter().for_each(|(key, value)| {
                let (ty, refers) = below(ty, key);
                self.mentioned(value, ty, refers, to);
            }),
            _ => {}
        }
    }

    /// The resource that a text stands for, and the attribute of it that the text is.
    fn meant(&self, text: &Str, refers: Option<Reference>) -> Option<(usize, &'static str)> {
        let known = |one: &ExistingResource, attribute: &str| match attribute {
            "id" => *one.id == **text,
            other => attribute_of(one, other).is_some_and(|value| value == &**text),
        };
        let only = |attribute: &'static str, kind: Option<&'static str>| {
            let is = |one: &ExistingResource| kind.is_none_or(|kind| one.kind.name == kind) && known(one, attribute);
            let mut those = self.found.iter().enumerate().filter(|(_, one)| is(one));
            let first = those.next().map(|(index, _)| (index, attribute));
            first.filter(|_| those.next().is_none())
        };
        if let Some(refers) = refers
            && let Some(found) = only(refers.attr(), Some(refers.kind()))
        {
            return Some(found);
        }
        // Whatever an argument is about: an id or an ARN means one thing.
        let is_telling = text.starts_with("arn:") || text.contains('-') && text.len() > 8;
        is_telling.then(|| only("arn", None).or_else(|| only("id", None))).flatten()
    }

    fn value(&self, value: &Value, ty: Type, refers: Option<Reference>, depth: usize) -> String {
        let indent = "    ".repeat(depth + 1);
        let end = "    ".repeat(depth);
        match value {
            Value::Null => "()".to_owned(),
            Value::Bool(is) => is.to_string(),
            Value::Int(number) => number.to_string(),
            Value::Float(number) => format!("{:?}", number.0),
            Value::Secret(_) => "()".to_owned(),
            Value::Str(text) => match self.meant(text, refers) {
                Some((other, attribute)) if self.written.contains(&other) => {
                    format!("{}.{attribute}", self.names[other].variable)
                }
                _ => self.text(text),
            },
            Value::List(items) => {
                let item = |item| self.value(item, ty.item().unwrap_or(Type::Any), refers, depth + 1);
                let items: Vec<String> = items.iter().map(item).collect();
                let line = items.join(", ");
                if line.len() < 80 && !line.contains('\n') {
                    return format!("[{line}]");
                }
                format!("[\n{indent}{},\n{end}]", items.join(&format!(",\n{indent}")))
            }
            Value::Map(map) => {
                let entries: Vec<String> = map
                    .iter()
                    .filter(|(_, value)| !value.is_null())
                    .map(|(key, value)| {
                        let (ty, refers) = below(ty, key);
                        format!("{}: {}", Self::key(key), self.value(value, ty, refers, depth + 1))
                    })
                    .collect();
                let line = entries.join(", ");
                match (entries.is_empty(), line.len() < 80 && !line.contains('\n')) {
                    (true, _) => "#{}".to_owned(),
                    (false, true) => format!("#{{ {line} }}"),
                    (false, false) => format!("#{{\n{indent}{},\n{end}}}", entries.join(&format!(",\n{indent}"))),
                }
            }
        }
    }

    /// A text. Where it ends with the environment's suffix, that is what the script says.
    fn text(&self, text: &str) -> String {
        match text.strip_suffix(self.suffix).filter(|start| start.ends_with('-') && is_plain(start)) {
            Some(start) => format!("`{start}${{env.suffix}}`"),
            None => quoted(text),
        }
    }

    fn key(key: &str) -> String {
        let is_word = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if is_word && !WORDS.contains(&key) { key.to_owned() } else { quoted(key) }
    }
}

/// Words of the language, which are no keys without quotation marks.
const WORDS: &[&str] = &[
    "let",
    "const",
    "if",
    "else",
    "switch",
    "do",
    "while",
    "until",
    "loop",
    "for",
    "in",
    "continue",
    "break",
    "return",
    "throw",
    "try",
    "catch",
    "import",
    "export",
    "as",
    "global",
    "private",
    "fn",
    "this",
    "true",
    "false",
    "is_def_var",
    "is_def_fn",
    "is_shared",
    "print",
    "debug",
    "type_of",
    "eval",
    "Fn",
    "call",
    "curry",
    "null",
    "var",
    "static",
    "shared",
    "goto",
    "exit",
    "match",
    "case",
    "public",
    "protected",
    "new",
    "use",
    "with",
    "module",
    "package",
    "super",
    "thread",
    "spawn",
    "go",
    "await",
    "async",
    "sync",
    "yield",
    "default",
    "void",
    "nil",
];

/// Whether something has a name of its own that does not carry the environment's suffix, which a check wants.
fn is_named_without(one: &ExistingResource, suffix: &str) -> bool {
    let Some((&[field], _)) = one.kind.unique else { return false };
    let named = one.kind.arg(field).is_some_and(|field| field.name_rule.is_some());
    named && one.args.get(field).and_then(Value::as_str).is_some_and(|name| !carries(name, suffix))
}

/// Whether a script has to say an argument: it is not as usual, and the service did not choose it.
fn is_said(field: &Field, value: &Value) -> bool {
    let is_empty = match value {
        Value::Null => true,
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => false,
    };
    match field.presence {
        _ if value.is_null() => false,
        Presence::Required => true,
        Presence::Default(usual) => !field.write_only && usual.value() != value.revealed(),
        Presence::Optional => !is_empty && !field.write_only,
        // A name is always somebody's choice.
        Presence::Computed => field.name_rule.is_some(),
    }
}

/// What stands under a key: its type, and what it refers to.
fn below(ty: Type, key: &str) -> (Type, Option<Reference>) {
    let field = match ty {
        Type::Object(fields) => fields.iter().find(|field| field.name == key),
        _ => None,
    };
    (ty.entry(key).unwrap_or(Type::Any), field.and_then(|field| field.refers))
}

fn attribute_of<'a>(one: &'a ExistingResource, name: &str) -> Option<&'a str> {
    let value: Option<&Value> = one.outputs.get(name).or_else(|| one.args.get(name));
    value.filter(|value| !value.has_secret()).and_then(Value::as_str)
}

fn is_plain(text: &str) -> bool {
    !text.contains(['`', '$', '\\', '\n', '\r']) && !text.chars().any(char::is_control)
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A text between quotation marks.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
