//! Secrets at rest: [`Value::Secret`] becomes `{"$sealed": "<base64>"}` before it is written, and a secret again when
//! it is read.
//!
//! `dr-core` redacts secrets whenever they are serialised, so sealing comes first and whoever forgets it loses the
//! secret instead of leaking it. The cipher is XChaCha20-Poly1305 with a random nonce for each value; the row a value
//! stands in is its associated data, so that a sealed value cannot be carried into another row. A map of the user's
//! that happens to have the key `$sealed` is told apart by one more `$` in front of it.

use std::fmt;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use dr_core::value::{Map, Value};
use sha2::Digest as _;

use crate::lost;
use crate::private;

/// The key of a map that stands for a sealed value.
pub(crate) const SEALED: &str = "$sealed";
/// The name of the key file that is made when no key is configured.
pub(crate) const KEY_FILE: &str = "secrets.key";
/// Bytes of a nonce.
const NONCE: usize = 24;
/// Bytes of the proof that nobody has changed a sealed text.
const TAG: usize = 16;
/// Bytes of a key, and of a salt.
pub(crate) const KEY: usize = 32;

/// Where the key comes from.
#[derive(Clone, Default)]
pub enum KeySource {
    /// A file in the state directory, made when it is not there.
    #[default]
    StateDirectory,
    /// A file that somebody else made: 32 bytes, as 64 hexadecimal digits.
    File(PathBuf),
    /// A passphrase.
    Passphrase(String),
    /// Nobody has it any more: what it sealed cannot be read.
    Lost,
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeySource::StateDirectory => f.write_str("StateDirectory"),
            KeySource::File(path) => write!(f, "File({})", path.display()),
            KeySource::Passphrase(_) => f.write_str("Passphrase"),
            KeySource::Lost => f.write_str("Lost"),
        }
    }
}

/// Why something could not be sealed or opened.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SealError {
    /// The key is another one than the one it was sealed with.
    #[error("the secrets in {0} were sealed with another key; use the key file or passphrase they were written with")]
    WrongKey(String),
    /// A sealed value was changed, or moved to another place.
    #[error("a sealed value in {0} is damaged or was moved there")]
    Damaged(String),
    /// There is no randomness to be had.
    #[error("the operating system has no random bytes to give")]
    NoRandomness,
    /// The key file cannot be read or made.
    #[error("cannot use the key file `{path}`")]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// Others may read the key file.
    #[error("others may read the key file `{path}` (its mode is {mode:o})")]
    WideOpen {
        /// The file.
        path: PathBuf,
        /// What its mode allows.
        mode: u32,
    },
    /// The key file holds something else.
    #[error("the key file `{0}` must hold 64 hexadecimal digits and nothing else")]
    NotAKey(PathBuf),
    /// There is no key.
    #[error("nothing can be sealed without a key")]
    NoKey,
    /// The passphrase cannot be turned into a key.
    #[error("this passphrase cannot be turned into a key: {0}")]
    Derivation(String),
}

impl SealError {
    /// Whether the key is not there, or is not the right one.
    pub fn is_loss(&self) -> bool {
        match self {
            SealError::WrongKey(_) | SealError::NotAKey(_) => true,
            SealError::KeyFile { source, .. } => source.kind() == io::ErrorKind::NotFound,
            _ => false,
        }
    }
}

/// Random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], SealError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| SealError::NoRandomness)?;
    Ok(bytes)
}

/// A key in use.
#[derive(Clone)]
pub struct Sealer {
    /// `None` where the key is lost.
    cipher: Option<XChaCha20Poly1305>,
    fingerprint: String,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({})", self.fingerprint)
    }
}

impl Sealer {
    /// The key from a source. `salt` belongs to a passphrase and is not looked at otherwise.
    ///
    /// # Errors
    /// When the key file cannot be read, made or understood, or the passphrase cannot be used.
    pub fn new(source: &KeySource, state_dir: &Path, salt: &[u8]) -> Result<Sealer, SealError> {
        match source {
            KeySource::StateDirectory => Ok(Sealer::from_key(&own_key(&state_dir.join(KEY_FILE))?)),
            KeySource::File(path) => Ok(Sealer::from_key(&read_key(path)?)),
            KeySource::Passphrase(text) => {
                let mut key = [0; KEY];
                argon2::Argon2::default()
                    .hash_password_into(text.as_bytes(), salt, &mut key)
                    .map_err(|e| SealError::Derivation(e.to_string()))?;
                Ok(Sealer::from_key(&key))
            }
            KeySource::Lost => Err(SealError::NoKey),
        }
    }

    /// That the key with a fingerprint is lost.
    pub(crate) fn lost(fingerprint: &str) -> Sealer {
        Sealer { cipher: None, fingerprint: fingerprint.to_owned() }
    }

    /// Whether the key is lost.
    pub(crate) fn is_lost(&self) -> bool {
        self.cipher.is_none()
    }

    /// The same for a state that was written already: its key is not made anew where it is missing.
    ///
    /// # Errors
    /// As [`Sealer::new`]; and when the state directory has no key.
    pub fn existing(source: &KeySource, state_dir: &Path, salt: &[u8]) -> Result<Sealer, SealError> {
        match source {
            KeySource::StateDirectory => Ok(Sealer::from_key(&read_key(&state_dir.join(KEY_FILE))?)),
            other => Sealer::new(other, state_dir, salt),
        }
    }

    pub(crate) fn from_key(key: &[u8; KEY]) -> Sealer {
        let mut hash = sha2::Sha256::new();
        hash.update(b"dr key fingerprint");
        hash.update(key);
        Sealer { cipher: Some(XChaCha20Poly1305::new(key.into())), fingerprint: hex::encode(&hash.finalize()[..8]) }
    }

    /// Tells keys apart without giving anything of them away.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Encrypts and authenticates; `place` is authenticated along.
    fn encrypt(&self, clear: &[u8], place: &[u8]) -> Result<String, SealError> {
        let cipher = self.cipher.as_ref().ok_or(SealError::NoKey)?;
        let nonce: [u8; NONCE] = random()?;
        let mut sealed = nonce.to_vec();
        let payload = Payload { msg: clear, aad: place };
        let text = cipher.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| SealError::NoRandomness)?;
        sealed.extend(text);
        Ok(BASE64.encode(sealed))
    }

    fn decrypt(&self, sealed: &str, place: &[u8]) -> Option<Vec<u8>> {
        let bytes = BASE64.decode(sealed).ok()?;
        let (nonce, text) = bytes.split_at_checked(NONCE)?;
        self.cipher.as_ref()?.decrypt(XNonce::from_slice(nonce), Payload { msg: text, aad: place }).ok()
    }

    /// A text that proves that somebody with this key has seen exactly these bytes.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn sign(&self, bytes: &[u8]) -> Result<String, SealError> {
        self.encrypt(&[], bytes)
    }

    /// Whether the proof of [`Sealer::sign`] is one for these bytes.
    pub fn is_signed(&self, bytes: &[u8], proof: &str) -> bool {
        self.decrypt(proof, bytes).is_some_and(|clear| clear.is_empty())
    }

    /// Seals every secret in a value. `place` names the row it will stand in. Without a key, secrets go.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn seal(&self, value: &mut Value, place: &str) -> Result<(), SealError> {
        match value {
            // Nobody could open it again.
            Value::Secret(_) if self.is_lost() => {
                *value = Value::Null;
                Ok(())
            }
            Value::Secret(inner) => {
                let text = self.encrypt(inner.to_json().as_bytes(), place.as_bytes())?;
                *value = Value::Map(Map::from([(SEALED.into(), Value::from(text))]));
                Ok(())
            }
            Value::List(items) => items.iter_mut().try_for_each(|v| self.seal(v, place)),
            Value::Map(map) => {
                if map.keys().any(|k| looks_sealed(k)) {
                    *map = std::mem::take(map)
                        .into_iter()
                        .map(|(k, v)| (if looks_sealed(&k) { format!("${k}").into() } else { k }, v))
                        .collect();
                }
                self.seal_map(map, place)
            }
            _ => Ok(()),
        }
    }

    /// Opens what [`Sealer::seal`] sealed for the same place. Without a key, secrets have no value.
    ///
    /// # Errors
    /// When a sealed value is damaged or belongs elsewhere.
    pub fn open(&self, value: &mut Value, place: &str) -> Result<(), SealError> {
        match value {
            Value::List(items) => items.iter_mut().try_for_each(|v| self.open(v, place)),
            Value::Map(map) => {
                if map.contains_key(SEALED) && self.is_lost() {
                    *value = lost::unreadable();
                    return Ok(());
                }
                if let Some(sealed) = map.get(SEALED) {
                    let clear = sealed.as_str().and_then(|text| self.decrypt(text, place.as_bytes()));
                    let inner = clear.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
                    *value = inner.ok_or_else(|| SealError::Damaged(place.to_owned()))?.secret();
                    return Ok(());
                }
                if map.keys().any(|k| looks_sealed(k)) {
                    *map = std::mem::take(map)
                        .into_iter()
                        .map(|(k, v)| (if looks_sealed(&k) { k[1..].into() } else { k }, v))
                        .collect();
                }
                self.open_map(map, place)
            }
            _ => Ok(()),
        }
    }

    /// Seals every value of a map whose keys are not the user's.
    ///
    /// # Errors
    /// As [`Sealer::seal`].
    pub fn seal_map(&self, map: &mut Map<Value>, place: &str) -> Result<(), SealError> {
        map.values_mut().try_for_each(|v| self.seal(v, place))
    }

    /// Opens every value of such a map.
    ///
    /// # Errors
    /// As [`Sealer::open`].
    pub fn open_map(&self, map: &mut Map<Value>, place: &str) -> Result<(), SealError> {
        map.values_mut().try_for_each(|v| self.open(v, place))
    }
}

/// Whether a key is `$sealed` with any number of further `$` in front.
fn looks_sealed(key: &str) -> bool {
    key.ends_with(SEALED) && key[..key.len() - SEALED.len()].bytes().all(|b| b == b'$')
}

/// Whether a text has the form of a sealed value, whatever the key.
pub(crate) fn is_sealed_text(text: &str) -> bool {
    BASE64.decode(text).is_ok_and(|bytes| bytes.len() > NONCE + TAG)
}

/// Whether sealing would change anything in a value.
pub(crate) fn needs_sealing(value: &Value) -> bool {
    match value {
        Value::Secret(_) => true,
        Value::List(items) => items.iter().any(needs_sealing),
        Value::Map(map) => map.iter().any(|(k, v)| looks_sealed(k) || needs_sealing(v)),
        _ => false,
    }
}

/// Makes a file with a key, unless it is there.
///
/// # Errors
/// When it cannot be made, or holds something else.
pub fn make_key_file(path: &Path) -> Result<(), SealError> {
    own_key(path).map(drop)
}

/// The key of the state directory, made when it is not there.
fn own_key(path: &Path) -> Result<[u8; KEY], SealError> {
    if path.symlink_metadata().is_err() {
        let fail = |source: io::Error| SealError::KeyFile { path: path.to_owned(), source: Arc::new(source) };
        // Written aside and linked into place: of two processes that start together, one key wins.
        let key = hex::encode(random::<KEY>()?);
        let (aside, mut file) = private::beside(path).map_err(fail)?;
        let linked = io::Write::write_all(&mut file, key.as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| std::fs::hard_link(&aside, path));
        // It is swept later if it cannot go now.
        let _ = std::fs::remove_file(&aside);
        match linked {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(fail(e)),
            _ => {}
        }
    }
    read_key(path)
}

fn read_key(path: &Path) -> Result<[u8; KEY], SealError> {
    let fail = |source: io::Error| SealError::KeyFile { path: path.to_owned(), source: Arc::new(source) };
    let meta = path.metadata().map_err(fail)?;
    let mode = meta.permissions().mode() & 0o777;
    // What somebody else owns is for that one to close, as where a system hands out keys.
    if mode & private::OTHERS != 0 && meta.uid() == rustix::process::geteuid().as_raw() {
        return Err(SealError::WideOpen { path: path.to_owned(), mode });
    }
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => SealError::NotAKey(path.to_owned()),
        _ => fail(error),
    })?;
    let mut key = [0; KEY];
    hex::decode_to_slice(text.trim(), &mut key).map_err(|_| SealError::NotAKey(path.to_owned()))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(passphrase: &str) -> Sealer {
        Sealer::new(&KeySource::Passphrase(passphrase.into()), Path::new(""), &[7; KEY]).unwrap()
    }

    #[test]
    fn secrets_round_trip_and_are_not_to_be_seen() {
        let sealer = sealer("correct horse");
        let key = |k: &str| Value::Map(Map::from([(k.into(), Value::str("a"))]));
        for value in [
            Value::str("hunter2").secret(),
            Value::List(vec![Value::Int(1), Value::Map(Map::from([("p".into(), Value::str("hunter2").secret())]))]),
            key("$sealed"),
            key("$$sealed"),
            Value::List(vec![key("$$$sealed"), key("sealed"), key("$")]),
            Value::Map(Map::from([("$sealed".into(), Value::str("hunter2").secret()), ("x".into(), Value::Null)])),
            key("$sealed").secret(),
        ] {
            let mut sealed = value.clone();
            sealer.seal(&mut sealed, "row").unwrap();
            assert_eq!(sealed == value, !needs_sealing(&value));
            let text = serde_json::to_string(&sealed).unwrap();
            assert!(!text.contains("hunter2"));
            let mut opened: Value = serde_json::from_str(&text).unwrap();
            sealer.open(&mut opened, "row").unwrap();
            assert_eq!(opened.to_json(), value.to_json());
            assert_eq!(opened, value);
        }
    }

    #[test]
    fn a_sealed_value_opens_only_in_its_place_with_its_key() {
        let mut sealed = Value::str("s").secret();
        sealer("a").seal(&mut sealed, "row 1").unwrap();
        assert!(matches!(sealer("a").open(&mut sealed.clone(), "row 2"), Err(SealError::Damaged(_))));
        assert!(matches!(sealer("b").open(&mut sealed.clone(), "row 1"), Err(SealError::Damaged(_))));
        assert!(sealer("a").open(&mut sealed, "row 1").is_ok());
        assert_ne!(sealer("a").fingerprint(), sealer("b").fingerprint());
    }

    #[test]
    fn the_key_file_is_made_once_and_for_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let first = Sealer::new(&KeySource::StateDirectory, dir.path(), &[]).unwrap();
        let second = Sealer::new(&KeySource::StateDirectory, dir.path(), &[]).unwrap();
        assert_eq!(first.fingerprint(), second.fingerprint());
        let path = dir.path().join(KEY_FILE);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(&path, "not a key").unwrap();
        let error = Sealer::new(&KeySource::File(path), dir.path(), &[]).unwrap_err();
        assert!(error.to_string().contains("64 hexadecimal digits"));
    }
}
