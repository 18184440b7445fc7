//! The signature under the end of a run's chain: a checkpoint in the form of a signed note, with Ed25519. Whoever has
//! an earlier one finds a journal that was cut short or replaced. Knows no database.
//!
//! ```text
//! rollout/RUN
//! 42
//! BASE64 OF THE CHAIN'S LINK AT RECORD 42
//! 2026-11-21T11:00:00.000Z
//!
//! — rollout BASE64 OF THE KEY'S ID AND THE SIGNATURE
//! ```

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use smol_str::SmolStr;

use super::Hash;
use crate::value::At;

/// Whose signature it is.
const NAME: &str = "rollout";
/// Before a public key: that it is one of Ed25519.
const ALGORITHM: u8 = 1;
const SEED_BYTES: usize = 32;

/// The key that signs.
pub struct Seal {
    pair: Ed25519KeyPair,
}

/// The end of a run's chain as it was when it was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub run: SmolStr,
    /// How many records there were.
    pub number: u64,
    pub hash: Hash,
    /// When it was signed, as it is written.
    pub at: String,
}

/// What checks signatures: the public key in the form `NAME+ID+KEY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    public: Vec<u8>,
}

/// Why a signed head is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("it is no signed head")]
    Shape,
    #[error("it was signed with another key")]
    OtherKey,
    #[error("its signature does not fit")]
    Signature,
    #[error("it is no key: one begins with `rollout+`")]
    Key,
}

/// Returns where the key of a journal lies.
pub fn key_path(journal: &Path) -> PathBuf {
    journal.with_file_name("signing.key")
}

impl Seal {
    /// Reads the key of a journal, and makes one where there is none: readable by its owner only, durable before use.
    ///
    /// # Errors
    /// If the file cannot be read or written, or holds no key.
    pub fn of(journal: &Path) -> io::Result<Seal> {
        let path = key_path(journal);
        match File::open(&path) {
            Ok(file) => Seal::read(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Seal::make(&path),
            Err(error) => Err(error),
        }
    }

    /// Reads the key of a journal if there is one and we may.
    pub fn existing(journal: &Path) -> Option<Seal> {
        File::open(key_path(journal)).and_then(Seal::read).ok()
    }

    fn read(mut file: File) -> io::Result<Seal> {
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let seed = STANDARD.decode(text.trim()).ok().filter(|it| it.len() == SEED_BYTES);
        let seed = seed.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it holds no signing key"))?;
        Ok(Seal::from_seed(&seed))
    }

    fn make(path: &Path) -> io::Result<Seal> {
        let mut seed = [0; SEED_BYTES];
        SystemRandom::new().fill(&mut seed).map_err(|_| io::Error::other("the system has no randomness"))?;
        // Whoever finds the name finds the whole key behind it.
        let unfinished = path.with_extension("new");
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&unfinished)?;
        writeln!(file, "{}", STANDARD.encode(seed))?;
        file.sync_all()?;
        std::fs::rename(&unfinished, path)?;
        if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
            File::open(folder)?.sync_all()?;
        }
        Ok(Seal::from_seed(&seed))
    }

    fn from_seed(seed: &[u8]) -> Seal {
        Seal { pair: Ed25519KeyPair::from_seed_unchecked(seed).expect("a seed has 32 bytes") }
    }

    pub fn verifier(&self) -> Verifier {
        Verifier { public: self.pair.public_key().as_ref().to_vec() }
    }

    /// Signs the end of a chain.
    pub fn sign(&self, run: &str, number: u64, hash: Hash, at: At) -> String {
        let text = format!("rollout/{run}\n{number}\n{}\n{at}\n", STANDARD.encode(hash.0));
        let mut signed = self.verifier().id().to_vec();
        signed.extend_from_slice(self.pair.sign(text.as_bytes()).as_ref());
        format!("{text}\n\u{2014} {NAME} {}\n", STANDARD.encode(signed))
    }
}

impl Verifier {
    /// Reads the written form of a public key.
    pub fn parse(text: &str) -> Result<Verifier, SealError> {
        let key = text.trim().strip_prefix(NAME).and_then(|it| it.strip_prefix('+')).ok_or(SealError::Key)?;
        let (_, key) = key.split_once('+').ok_or(SealError::Key)?;
        let key = STANDARD.decode(key).map_err(|_| SealError::Key)?;
        match key.split_first() {
            Some((&ALGORITHM, public)) if public.len() == 32 => {
                let verifier = Verifier { public: public.to_vec() };
                if verifier.to_string() == text.trim() { Ok(verifier) } else { Err(SealError::Key) }
            }
            _ => Err(SealError::Key),
        }
    }

    fn id(&self) -> [u8; 4] {
        let mut named = format!("{NAME}\n").into_bytes();
        named.push(ALGORITHM);
        named.extend_from_slice(&self.public);
        Hash::of(&named).0[..4].try_into().expect("four bytes")
    }

    /// Reads a signed head, and checks who signed it.
    pub fn open(&self, note: &str) -> Result<Head, SealError> {
        let (text, signatures) = note.split_once("\n\n").ok_or(SealError::Shape)?;
        let text = format!("{text}\n");
        let head = read_head(&text).ok_or(SealError::Shape)?;
        let mut error = SealError::Shape;
        for line in signatures.lines() {
            let Some(signature) = line.strip_prefix(&format!("\u{2014} {NAME} ")) else { continue };
            let Ok(signature) = STANDARD.decode(signature) else { continue };
            let Some((id, signature)) = signature.split_at_checked(4) else { continue };
            if id != self.id() {
                error = SealError::OtherKey;
            } else if UnparsedPublicKey::new(&ED25519, &self.public).verify(text.as_bytes(), signature).is_ok() {
                return Ok(head);
            } else {
                return Err(SealError::Signature);
            }
        }
        Err(error)
    }
}

/// `NAME+ID+KEY`, as programs that check signed notes want it.
impl std::fmt::Display for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id: String = self.id().iter().map(|byte| format!("{byte:02x}")).collect();
        let mut key = vec![ALGORITHM];
        key.extend_from_slice(&self.public);
        write!(f, "{NAME}+{id}+{}", STANDARD.encode(key))
    }
}

/// Reads what a head says, whoever signed it.
pub fn read_head(text: &str) -> Option<Head> {
    let mut lines = text.lines();
    let run = SmolStr::new(lines.next()?.strip_prefix("rollout/")?);
    let number = lines.next()?.parse().ok()?;
    let hash = Hash(STANDARD.decode(lines.next()?).ok()?.try_into().ok()?);
    let at = lines.next()?.to_owned();
    Some(Head { run, number, hash, at })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> Seal {
        Seal::from_seed(&[7; 32])
    }

    #[test]
    fn a_signed_head_is_read_and_any_other_is_not() {
        let note = seal().sign("20261121-aaaa", 42, Hash::of(b"x"), At(1_795_000_000_000));
        let verifier = Verifier::parse(&seal().verifier().to_string()).expect("it reads what it writes");
        let head = verifier.open(&note).expect("it was signed with this key");
        assert_eq!((head.run.as_str(), head.number, head.hash), ("20261121-aaaa", 42, Hash::of(b"x")));
        assert_eq!(Seal::from_seed(&[8; 32]).verifier().open(&note), Err(SealError::OtherKey));
        let body = note.find("\n\n").expect("a signature follows");
        for at in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            let opened = verifier.open(&changed);
            // What stands behind the signature is no part of it.
            assert!(opened.is_err() || at > body && opened.as_ref() == Ok(&head), "byte {at}: {opened:?}");
        }
    }

    #[test]
    fn a_key_is_made_once_and_is_its_owners() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let journal = folder.path().join("journal.db");
        assert!(Seal::existing(&journal).is_none());
        let made = Seal::of(&journal).expect("it is made").verifier();
        assert_eq!(Seal::of(&journal).expect("it is read").verifier(), made);
        let mode = std::fs::metadata(key_path(&journal)).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
