//! `archive.zip`: a folder of the program, packed.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dr_core::cloud::CloudError;
use dr_core::value::{Map, Str, Value};
use dr_core::world::{PackError, Package, World};

use crate::args::text;
use crate::error::failed;
use crate::packages::PackageFolder;

/// The kind's name.
pub(crate) const NAME: &str = "archive.zip";
/// What the address of a package starts with; the hash follows.
const ADDRESS: &str = "sha256:";

/// The attributes, without writing anything: its contents are known before it is made.
pub(crate) fn preview(world: &dyn World, args: &Map<Value>) -> Result<Map<Value>, CloudError> {
    Ok(outputs(&pack(world, args, &mut io::sink())?))
}

/// Makes the archive, and the attributes.
pub(crate) fn make(
    world: &dyn World,
    packages: &PackageFolder,
    id: &str,
    args: &Map<Value>,
) -> Result<Map<Value>, CloudError> {
    let written = packages.put(id, |into| pack(world, args, into).map_err(Trouble::Pack));
    written.map(|package| outputs(&package)).map_err(|trouble| match trouble {
        Trouble::Pack(error) => error,
        Trouble::Disk(error) => failed("Write", &error.to_string()),
    })
}

/// Whether the package that recorded attributes name is there as it was written.
pub(crate) fn is_whole(packages: &PackageFolder, outputs: &Map<Value>) -> bool {
    let package = outputs.get("package").and_then(Value::as_str);
    package.and_then(|address| address.strip_prefix(ADDRESS)).is_none_or(|sha256| packages.is_whole(sha256))
}

/// Why an archive was not made.
enum Trouble {
    Pack(CloudError),
    Disk(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Trouble {
        Trouble::Disk(error)
    }
}

fn pack(world: &dyn World, args: &Map<Value>, into: &mut dyn io::Write) -> Result<Package, CloudError> {
    let exclude: Vec<Str> = match args.get("exclude").and_then(Value::as_list) {
        Some(items) => items.iter().filter_map(|item| item.as_str().map(Str::from)).collect(),
        None => Vec::new(),
    };
    world.pack(text(args, "source")?, &exclude, into).map_err(|error| {
        let source = std::error::Error::source(&error).map(|s| format!(": {s}")).unwrap_or_default();
        let call = if matches!(error, PackError::Write(_)) { "Write" } else { "Pack" };
        failed(call, &format!("{error}{source}"))
    })
}

/// The most files that are named: more would fill the state.
const NAMED: usize = 1_000;

fn outputs(package: &Package) -> Map<Value> {
    let hash = hex::decode(&package.sha256).unwrap_or_default();
    let files = if package.files.len() > NAMED { &[] } else { package.files.as_slice() };
    let files = files.iter().map(|name| Value::Str(name.clone())).collect();
    Map::from([
        ("package".into(), format!("{ADDRESS}{}", package.sha256).into()),
        ("sha256_base64".into(), STANDARD.encode(hash).into()),
        ("size".into(), Value::Int(i64::try_from(package.size).unwrap_or(i64::MAX))),
        ("files".into(), Value::List(files)),
    ])
}
