//! The resource schemas of AWS, as `cfn-lint` carries them: one JSON schema per type, with lists of the properties that
//! cannot be changed or are only read.
//!
//! A property is addressed by a path of names with dots, `VpcConfig.SubnetIds`; a list in between is passed through.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

type Failure = Box<dyn std::error::Error>;

/// The schemas that `tests/run` installed.
pub(crate) struct Schemas {
    folder: PathBuf,
    /// The file of each type, without its ending.
    files: BTreeMap<String, String>,
}

/// The schema of a type.
pub(crate) struct Resource {
    /// `AWS::SQS::Queue`.
    pub(crate) name: String,
    schema: Value,
}

impl Schemas {
    /// Finds the schemas beside the interpreter that `tests/run` has prepared.
    pub(crate) fn installed() -> Result<Schemas, Failure> {
        #[allow(clippy::disallowed_methods)] // A test has no command line of its own.
        let python = std::env::var_os("DR_TEST_SCHEMAS_PYTHON")
            .ok_or("there is no Python with the schemas of AWS (DR_TEST_SCHEMAS_PYTHON): run tests/run")?;
        let python = PathBuf::from(python);
        let libraries = python.ancestors().nth(2).ok_or("an interpreter without an environment")?.join("lib");
        let folders = std::fs::read_dir(&libraries)?.filter_map(|entry| Some(entry.ok()?.path()));
        let folder = folders
            .map(|version| version.join("site-packages/cfnlint/data/schemas"))
            .find(|folder| folder.is_dir())
            .ok_or_else(|| format!("there is no cfn-lint under {}: run tests/run", libraries.display()))?;
        let files = serde_json::from_slice(&std::fs::read(folder.join("providers/us-east-1.json"))?)?;
        Ok(Schemas { folder, files })
    }

    /// The type whose name is this but for upper and lower case.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.files.keys().find(|known| known.eq_ignore_ascii_case(name)).map(String::as_str)
    }

    /// The schema of a type.
    pub(crate) fn read(&self, name: &str) -> Result<Resource, Failure> {
        let file = self.files.get(name).ok_or_else(|| format!("there is no type {name}"))?;
        let path = self.folder.join("resources").join(format!("{file}.json"));
        Ok(Resource { name: name.to_owned(), schema: serde_json::from_slice(&std::fs::read(path)?)? })
    }
}

impl Resource {
    /// The schema of the property at a path, behind all references; without a path, that of the type.
    pub(crate) fn property(&self, path: &str) -> Option<&Value> {
        path.split('.').filter(|name| !name.is_empty()).try_fold(&self.schema, |schema, name| {
            let next = self.inside(schema).iter().find_map(|part| part["properties"].get(name))?;
            Some(self.behind(next))
        })
    }

    /// Whether the property must be given where the block is given that it is in, as must everything between.
    pub(crate) fn is_required(&self, block: &str, path: &str) -> bool {
        let inner = path.strip_prefix(block).unwrap_or(path);
        let mut outer = path.strip_suffix(inner).unwrap_or_default().to_owned();
        for name in inner.split('.').filter(|name| !name.is_empty()) {
            let parts = self.property(&outer).map(|schema| self.inside(schema)).unwrap_or_default();
            if !parts.iter().any(|part| listed(&part["required"]).any(|required| required == name)) {
                return false;
            }
            outer = format!("{outer}.{name}");
        }
        true
    }

    /// The properties of what is at a path, by name.
    pub(crate) fn properties(&self, path: &str) -> Vec<&str> {
        let object = self.property(path).map(|schema| self.inside(schema)).unwrap_or_default();
        let named = object.iter().filter_map(|part| part["properties"].as_object());
        named.flat_map(|properties| properties.keys().map(String::as_str)).collect()
    }

    /// Whether a change of the property forces a replacement.
    pub(crate) fn is_replaced(&self, path: &str) -> bool {
        self.lists("createOnlyProperties", path)
    }

    /// Whether some changes of the property force a replacement, and others do not.
    pub(crate) fn is_sometimes_replaced(&self, path: &str) -> bool {
        self.lists("conditionalCreateOnlyProperties", path)
    }

    /// Whether the property is only read.
    pub(crate) fn is_computed(&self, path: &str) -> bool {
        self.lists("readOnlyProperties", path)
    }

    /// Whether one of the type's lists has the property or what it is in.
    fn lists(&self, list: &str, path: &str) -> bool {
        listed(&self.schema[list]).any(|pointer| {
            let words = pointer.split('/').filter(|word| !["", "properties", "items", "*"].contains(word));
            let listed = words.collect::<Vec<_>>().join(".");
            path.strip_prefix(&listed).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// The schemas that together say what is inside a value: of an object itself, of a list its items.
    fn inside<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        let schema = self.behind(schema);
        if schema["properties"].is_object() {
            return vec![schema];
        }
        if schema["items"].is_object() {
            return self.inside(&schema["items"]);
        }
        let choices = ["oneOf", "anyOf", "allOf"].iter().filter_map(|word| schema[word].as_array());
        choices.flatten().flat_map(|choice| self.inside(choice)).collect()
    }

    fn behind<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        while let Some(reference) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
            let Some(target) = self.schema.pointer(reference) else { break };
            schema = target;
        }
        schema
    }

    /// The types that a value may have; none where the schema says nothing.
    pub(crate) fn types<'a>(&'a self, schema: &'a Value) -> Vec<&'a str> {
        let schema = self.behind(schema);
        match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => {
                let choices = ["oneOf", "anyOf", "allOf"].iter().filter_map(|word| schema[word].as_array());
                choices.flatten().flat_map(|choice| self.types(choice)).collect()
            }
        }
    }
}

/// The texts of a list.
pub(crate) fn listed(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}
