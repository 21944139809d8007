//! The local cloud: kinds that live in the engine's own state. `random.id`, `random.password`, `archive.zip`.
//!
//! What they are stands in their records, sealed where it is secret, and nowhere else. Between its creation and its
//! record it is in memory only: nothing has used it then, and after a crash it is made anew. The bytes of an archive
//! are a file in the state directory's `packages/`, named by its hash, so that equal ones are one file; a small mark
//! beside it for each archive that uses it says when it can go.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use dr_core::cloud::{
    BoxFuture, Cloud, CloudError, CloudResult, ErrorClass, Identity, Intent, Live, Settled, TaggedResource, Target,
};
use dr_core::record::Record;
use dr_core::schema::Kind;
use dr_core::value::{Map, Str, Value};
use dr_core::world::{Package, World};
use sha2::Digest as _;

const ID: &str = "random.id";
const PASSWORD: &str = "random.password";
const ARCHIVE: &str = "archive.zip";
/// What the name of a package starts with; the hash follows.
const PACKAGE: &str = "sha256:";
/// The folder of archives in the state directory.
const PACKAGES: &str = "packages";
/// How a mark's name ends.
const MARK: &str = ".used";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
const SPECIAL: &str = "!#$%&*()-_=+[]{}<>:?";

/// Serves local kinds.
pub struct LocalCloud {
    world: Arc<dyn World>,
    packages: PathBuf,
    environment: String,
    /// Attributes of what was made or changed and may be in no record yet, by id.
    fresh: Mutex<BTreeMap<Str, Map<Value>>>,
}

impl LocalCloud {
    /// The local cloud of an environment.
    pub fn new(world: Arc<dyn World>, state_dir: &Path, environment: &str) -> LocalCloud {
        LocalCloud {
            world,
            packages: state_dir.join(PACKAGES),
            environment: environment.to_owned(),
            fresh: Mutex::default(),
        }
    }

    /// The attributes of an archive, without writing anything: its contents are known before it is made.
    ///
    /// # Errors
    /// When the folder cannot be packed.
    pub fn preview(&self, args: &Map<Value>) -> Result<Map<Value>, CloudError> {
        let package = pack(&*self.world, args)?;
        Ok(package_outputs(&package))
    }

    /// Whether the attributes of a kind can be known before it is made.
    pub fn is_previewed(kind: &Kind) -> bool {
        kind.name == ARCHIVE
    }

    /// Whether what a record says is still true: local resources live in their records, but for the bytes of archives.
    pub fn is_whole(&self, record: &Record) -> bool {
        match record.outputs.get("package").and_then(Value::as_str).and_then(|p| p.strip_prefix(PACKAGE)) {
            Some(sha256) if *record.kind == *ARCHIVE => self.file(sha256).exists(),
            _ => true,
        }
    }

    /// Makes what an id stands for. `again` says whether something that is there already is made anew.
    fn make(&self, at: Target<'_>, id: &str, args: &Map<Value>, again: bool) -> Result<(), CloudError> {
        if !again && self.fresh().contains_key(id) {
            return Ok(());
        }
        let outputs = match at.kind.name {
            ID => {
                let length = usize::try_from(int(args, "byte_length").unwrap_or(8)).unwrap_or(0);
                let bytes = self.bytes(length)?;
                Map::from([
                    ("hex".into(), hex::encode(&bytes).into()),
                    ("b64".into(), base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&bytes).into()),
                    ("dec".into(), decimal(&bytes).into()),
                ])
            }
            PASSWORD => Map::from([("result".into(), Value::from(self.password(args)?).secret())]),
            ARCHIVE => {
                let package = pack(&*self.world, args)?;
                self.write(id, &package).map_err(|e| failed("Write", &e))?;
                package_outputs(&package)
            }
            _ => return Err(unknown(at.kind)),
        };
        self.fresh().insert(id.into(), outputs);
        Ok(())
    }

    fn fresh(&self) -> MutexGuard<'_, BTreeMap<Str, Map<Value>>> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bytes(&self, count: usize) -> Result<Vec<u8>, CloudError> {
        let bytes = self.world.random(count);
        if bytes.len() == count {
            Ok(bytes)
        } else {
            Err(failed("Random", &"the operating system has no random bytes"))
        }
    }

    /// A number below `bound`, all equally likely.
    fn below(&self, bound: usize) -> Result<usize, CloudError> {
        let bound = u32::try_from(bound.max(1)).unwrap_or(u32::MAX);
        let limit = u32::MAX - u32::MAX % bound;
        loop {
            let bytes = self.bytes(4)?;
            let number = bytes.iter().fold(0, |n, b| n << 8 | u32::from(*b));
            if number < limit {
                return Ok((number % bound) as usize);
            }
        }
    }

    fn password(&self, args: &Map<Value>) -> Result<String, CloudError> {
        let is_on = |name: &str| args.get(name).and_then(Value::as_bool).unwrap_or(true);
        let least = |name: &str| usize::try_from(int(args, name).unwrap_or(0)).unwrap_or(0);
        let special = args.get("override_special").and_then(Value::as_str).unwrap_or(SPECIAL);
        let sets =
            [("lower", LOWER), ("upper", UPPER), ("numeric", DIGITS), ("special", special)].map(|(sort, set)| {
                (if is_on(sort) { set.chars().collect() } else { Vec::new() }, least(&format!("min_{sort}")))
            });
        let length = usize::try_from(int(args, "length").unwrap_or(32)).unwrap_or(0);
        let mut chars = Vec::with_capacity(length);
        for (set, count) in &sets {
            if *count > 0 && set.is_empty() {
                return Err(refused("a password needs at least some characters of a sort that it may not hold"));
            }
            for _ in 0..*count {
                chars.push(set[self.below(set.len())?]);
            }
        }
        let all: Vec<char> = sets.into_iter().flat_map(|(set, _)| set).collect();
        if all.is_empty() || chars.len() > length {
            return Err(refused("a password cannot have fewer characters than it must have of each sort"));
        }
        while chars.len() < length {
            chars.push(all[self.below(all.len())?]);
        }
        for i in (1..chars.len()).rev() {
            chars.swap(i, self.below(i + 1)?);
        }
        Ok(chars.into_iter().collect())
    }

    fn file(&self, sha256: &str) -> PathBuf {
        self.packages.join(format!("{sha256}.zip"))
    }

    /// How the mark of an archive that uses a file ends.
    fn mark(&self, id: &str) -> String {
        let user = hex::encode(&sha2::Sha256::digest(format!("{}\n{id}", self.environment))[..8]);
        format!(".{user}{MARK}")
    }

    /// Writes an archive's file, unless an equal one is there, and drops the one it had before.
    fn write(&self, id: &str, package: &Package) -> io::Result<()> {
        std::fs::create_dir_all(&self.packages)?;
        let sha256 = &package.sha256;
        std::fs::write(self.packages.join(format!("{sha256}{}", self.mark(id))), "")?;
        let file = self.file(sha256);
        if !file.exists() {
            let aside = self.packages.join(format!("{sha256}.{}.new", std::process::id()));
            std::fs::write(&aside, &package.bytes)?;
            std::fs::File::open(&aside)?.sync_all()?;
            std::fs::rename(&aside, &file)?;
        }
        self.release(id, Some(sha256))
    }

    /// Takes the marks of an archive away, but for one, and the files that have none left.
    fn release(&self, id: &str, keep: Option<&str>) -> io::Result<()> {
        let entries = match std::fs::read_dir(&self.packages) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        let names = entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<Vec<String>>>()?;
        let own = self.mark(id);
        for sha256 in names.iter().filter_map(|n| n.strip_suffix(&own)).filter(|s| Some(*s) != keep) {
            std::fs::remove_file(self.packages.join(format!("{sha256}{own}")))?;
            let used = |n: &String| n.starts_with(sha256) && n.ends_with(MARK) && !n.ends_with(&own);
            if !names.iter().any(used) {
                std::fs::remove_file(self.file(sha256))?;
            }
        }
        Ok(())
    }
}

/// The bytes of the package with this hash, for clouds that upload it.
///
/// # Errors
/// When there is no such package, or it cannot be read.
pub fn read_package(state_dir: &Path, sha256: &str) -> io::Result<Vec<u8>> {
    if sha256.len() != 64 || !sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("`{sha256}` is not a SHA-256 hash")));
    }
    std::fs::read(state_dir.join(PACKAGES).join(format!("{sha256}.zip")))
}

fn int(args: &Map<Value>, name: &str) -> Option<i64> {
    args.get(name).and_then(Value::as_int)
}

fn refused(message: &str) -> CloudError {
    CloudError::new(ErrorClass::Invalid, "local:Create", "InvalidArgument", message)
}

fn failed(call: &str, error: &dyn std::fmt::Display) -> CloudError {
    CloudError::new(ErrorClass::Invalid, &format!("local:{call}"), "Failed", error.to_string())
}

fn unknown(kind: &Kind) -> CloudError {
    let message = format!("`{}` is no local kind of this version of dr", kind.name);
    CloudError::new(ErrorClass::Invalid, "local:Create", "UnknownKind", message)
}

fn pack(world: &dyn World, args: &Map<Value>) -> Result<Package, CloudError> {
    let source = args.get("source").and_then(Value::as_str).unwrap_or("");
    let exclude: Vec<Str> = args
        .get("exclude")
        .and_then(Value::as_list)
        .unwrap_or_default()
        .iter()
        .filter_map(|v| v.as_str().map(Str::from))
        .collect();
    world.pack(source, &exclude).map_err(|error| {
        let source = std::error::Error::source(&error).map(|s| format!(": {s}")).unwrap_or_default();
        failed("Pack", &format!("{error}{source}"))
    })
}

fn package_outputs(package: &Package) -> Map<Value> {
    let hash = hex::decode(&package.sha256).unwrap_or_default();
    Map::from([
        ("package".into(), format!("{PACKAGE}{}", package.sha256).into()),
        ("sha256_base64".into(), base64::engine::general_purpose::STANDARD.encode(hash).into()),
        ("size".into(), Value::Int(i64::try_from(package.bytes.len()).unwrap_or(i64::MAX))),
    ])
}

/// The number that these bytes are, the most significant first, in decimal digits.
fn decimal(bytes: &[u8]) -> String {
    let mut digits = vec![0u8];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            let value = u32::from(*digit) * 256 + carry;
            *digit = (value % 10) as u8;
            carry = value / 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    }
    digits.iter().rev().map(|d| char::from(b'0' + d)).collect()
}

/// An answer that is there already.
fn ready<'a, T: Send + 'a>(result: Result<T, CloudError>) -> CloudResult<'a, T> {
    let future: BoxFuture<'a, _> = Box::pin(std::future::ready(result));
    future
}

impl Cloud for LocalCloud {
    fn identify(&self) -> CloudResult<'_, Identity> {
        ready(Ok(Identity { cloud: "local".into(), account: "".into(), endpoint: None }))
    }
    fn find<'a>(&'a self, _: Target<'a>, _: &'a Map<Value>, _: &'a Intent) -> CloudResult<'a, Option<Str>> {
        // Nothing has used what a crash lost; it is made anew.
        ready(Ok(None))
    }
    fn create<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Str> {
        ready(self.make(at, &intent.op, args, true).map(|()| intent.op.clone()))
    }
    fn configure<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        args: &'a Map<Value>,
        _: &'a Intent,
    ) -> CloudResult<'a, ()> {
        // After a crash, what was in memory only is made anew.
        ready(self.make(at, id, args, false))
    }
    fn settle<'a>(&'a self, _: Target<'a>, _: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Settled> {
        ready(Ok(Settled::Ready))
    }
    fn read<'a>(&'a self, _: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Option<Live>> {
        let outputs = self.fresh().get(id).cloned().unwrap_or_default();
        ready(Ok(Some(Live { args: last.clone(), outputs })))
    }
    fn update<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        _: &'a Map<Value>,
        new: &'a Map<Value>,
    ) -> CloudResult<'a, ()> {
        // Random values stay; what is in a folder may be something else now.
        ready(if at.kind.name == ARCHIVE { self.make(at, id, new, true) } else { Ok(()) })
    }
    fn delete<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, ()> {
        let released = if at.kind.name == ARCHIVE { self.release(id, None) } else { Ok(()) };
        ready(released.map_err(|e| failed("Delete", &e)))
    }
    fn deleted<'a>(&'a self, _: Target<'a>, _: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Settled> {
        ready(Ok(Settled::Ready))
    }
    fn look_up<'a>(&'a self, at: Target<'a>, _: &'a Map<Value>) -> CloudResult<'a, Map<Value>> {
        ready(Err(unknown(at.kind)))
    }
    fn sweep<'a>(&'a self, _: &'a str, _: &'a str, _: &'a [Str]) -> CloudResult<'a, Vec<TaggedResource>> {
        ready(Ok(Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::DiskWorld;
    use dr_core::address::Address;
    use dr_core::schema::Place;

    static PASSWORDS: Kind = Kind { place: Place::Local, ..Kind::new(PASSWORD, "", &[], &[]) };
    static IDS: Kind = Kind { place: Place::Local, ..Kind::new(ID, "", &[], &[]) };
    static ARCHIVES: Kind = Kind { place: Place::Local, ..Kind::new(ARCHIVE, "", &[], &[]) };

    fn args(json: &str) -> Map<Value> {
        Value::from_json(json).unwrap().as_map().unwrap().clone()
    }

    /// Makes one and returns its attributes.
    async fn made(local: &LocalCloud, kind: &'static Kind, op: &str, json: &str) -> Result<Map<Value>, CloudError> {
        let address = Address::parse(&format!("{}:a", kind.name)).unwrap();
        let at = Target { kind, region: None, address: &address };
        let intent = Intent { op: op.into(), environment: "e".into(), program: "p".into(), address: address.clone() };
        let args = args(json);
        let id = local.create(at, &args, &intent).await?;
        assert_eq!(&*id, op);
        Ok(local.read(at, &id, &args).await?.unwrap().outputs)
    }

    async fn delete(local: &LocalCloud, id: &str) {
        let address = Address::parse("archive.zip:a").unwrap();
        let at = Target { kind: &ARCHIVES, region: None, address: &address };
        local.delete(at, id, &Map::new()).await.unwrap();
    }

    #[tokio::test]
    async fn passwords_hold_what_they_must_and_nothing_they_must_not() {
        let dir = tempfile::tempdir().unwrap();
        let local = LocalCloud::new(Arc::new(DiskWorld::new(dir.path())), dir.path(), "e");
        let only = |set: &'static str| move |c: &char| set.contains(*c);
        for i in 0..50 {
            let json = r#"{"length":12,"special":false,"min_upper":4,"min_numeric":5,"min_lower":3}"#;
            let outputs = made(&local, &PASSWORDS, &format!("p{i}"), json).await.unwrap();
            assert!(matches!(outputs["result"], Value::Secret(_)));
            let text = outputs["result"].to_text();
            let count = |set| text.chars().filter(only(set)).count();
            assert_eq!((count(LOWER), count(UPPER), count(DIGITS)), (3, 4, 5), "{text}");
            let json = r#"{"length":30,"lower":false,"upper":false,"override_special":"!.","min_special":1}"#;
            let text = made(&local, &PASSWORDS, &format!("q{i}"), json).await.unwrap()["result"].to_text();
            assert!(text.len() == 30 && text.chars().all(|c| "0123456789!.".contains(c)), "{text}");
        }
        for json in [
            r#"{"length":3,"min_upper":4}"#,
            r#"{"length":8,"upper":false,"min_upper":1}"#,
            r#"{"length":8,"upper":false,"lower":false,"numeric":false,"special":false}"#,
        ] {
            assert_eq!(made(&local, &PASSWORDS, json, json).await.unwrap_err().class, ErrorClass::Invalid, "{json}");
        }
    }

    #[tokio::test]
    async fn one_id_in_three_notations() {
        let dir = tempfile::tempdir().unwrap();
        let local = LocalCloud::new(Arc::new(DiskWorld::new(dir.path())), dir.path(), "e");
        let outputs = made(&local, &IDS, "1", r#"{"byte_length":8}"#).await.unwrap();
        let hex = outputs["hex"].to_text();
        assert_eq!(u64::from_str_radix(&hex, 16).unwrap().to_string(), outputs["dec"].to_text());
        assert_eq!(outputs["b64"].to_text().len(), 11);
        assert_eq!(decimal(&[0; 4]), "0");
        assert_ne!(made(&local, &IDS, "2", r#"{"byte_length":8}"#).await.unwrap()["hex"].to_text(), hex);
    }

    #[tokio::test]
    async fn archives_share_files_and_the_last_one_takes_them_away() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("f")).unwrap();
        std::fs::write(dir.path().join("f/a.py"), "1").unwrap();
        let world: Arc<dyn World> = Arc::new(DiskWorld::new(dir.path()));
        let [one, two] = ["e", "f"].map(|e| LocalCloud::new(world.clone(), dir.path(), e));
        let json = r#"{"source":"f"}"#;
        let outputs = made(&one, &ARCHIVES, "1", json).await.unwrap();
        assert_eq!(one.preview(&args(json)).unwrap(), outputs);
        let sha256 = outputs["package"].to_text().strip_prefix(PACKAGE).unwrap().to_owned();
        let bytes = read_package(dir.path(), &sha256).unwrap();
        assert_eq!(hex::encode(sha2::Sha256::digest(&bytes)), sha256);
        assert_eq!(outputs["size"], Value::Int(bytes.len() as i64));
        assert_eq!(made(&two, &ARCHIVES, "1", json).await.unwrap(), outputs);
        delete(&one, "1").await;
        delete(&one, "1").await;
        assert!(read_package(dir.path(), &sha256).is_ok(), "the other environment still uses it");
        // Other contents: the file it had before goes when nobody uses it any more.
        std::fs::write(dir.path().join("f/a.py"), "2").unwrap();
        let address = Address::parse("archive.zip:a").unwrap();
        let at = Target { kind: &ARCHIVES, region: None, address: &address };
        two.update(at, "1", &args(json), &args(json)).await.unwrap();
        assert!(read_package(dir.path(), &sha256).is_err());
        delete(&two, "1").await;
        assert_eq!(std::fs::read_dir(dir.path().join(PACKAGES)).unwrap().count(), 0);
        assert!(read_package(dir.path(), "../secrets").is_err());
        assert!(made(&one, &ARCHIVES, "2", r#"{"source":"none"}"#).await.is_err());
    }
}
