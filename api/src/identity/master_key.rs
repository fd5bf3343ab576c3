//! The master key: the one secret outside the database. It seals the keys inside.

use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use skolhus_domain::instant::Randomness;
use skolhus_persistence::Address;
use zeroize::{Zeroize, Zeroizing};

/// The environment variable that holds the key for PostgreSQL.
pub const VARIABLE: &str = "SKOLHUS_MASTER_KEY";

/// 32 secret bytes. Never shown; wiped from memory when dropped.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// A key of these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A key as it is written: base64 (either alphabet, padded or not) or 64 hexadecimal
    /// digits, of 32 bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = Zeroizing::new(if text.len() == 64 {
            hex::decode(text).ok()?
        } else {
            let engines = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD];
            engines.iter().find_map(|engine| engine.decode(text).ok())?
        });
        Some(Self(bytes.as_slice().try_into().ok()?))
    }

    /// Seals a secret that must be read again (XChaCha20-Poly1305): in base64url, behind its nonce. It opens only with the
    /// same binding, which says what it is for and whose it is. None is a mistake in the program.
    pub(crate) fn seal(&self, secret: &[u8], binding: &[u8], randomness: &dyn Randomness) -> Option<String> {
        let mut nonce = [0; NONCE];
        randomness.fill(&mut nonce);
        let payload = Payload { msg: secret, aad: binding };
        let sealed = XChaCha20Poly1305::new(&self.0.into()).encrypt(&XNonce::from(nonce), payload).ok()?;
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&sealed);
        Some(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Opens what [`MasterKey::seal`] has sealed; none with another key or binding, or where it was altered.
    pub(crate) fn open(&self, sealed: &str, binding: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let payload = Payload { msg: sealed, aad: binding };
        let opened = XChaCha20Poly1305::new(&self.0.into()).decrypt(&XNonce::from(nonce), payload);
        opened.ok().map(Zeroizing::new)
    }
}

/// Bytes of a nonce of XChaCha20-Poly1305, so many that chance never gives the same one twice.
const NONCE: usize = 24;

impl Drop for MasterKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Why there is no master key. The server does not start without one.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// PostgreSQL without the variable.
    #[error(
        "{VARIABLE} is not set. Servers on PostgreSQL need the same master key each: 32 random bytes as \
         base64 or 64 hexadecimal digits, for example from `openssl rand -base64 32`. Keep it apart \
         from the database's backups; without it everybody must log in anew"
    )]
    Missing,
    /// The variable or the file holds something else.
    #[error("{0} does not hold a master key: 32 bytes as base64 or 64 hexadecimal digits")]
    Format(String),
    /// Others may read the file.
    #[error("{0} can be read by others than its owner; run `chmod 600` on it")]
    Open(PathBuf),
    /// The file cannot be read or made.
    #[error("the master key file {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// The master key for a database: the variable's where it is set; else, for SQLite, that of
/// the file `<database>.key`, which is made at the first start, for its owner's eyes only.
///
/// # Errors
/// See [`MasterKeyError`].
pub fn master_key(
    address: &Address,
    variable: Option<&str>,
    randomness: &dyn Randomness,
) -> Result<MasterKey, MasterKeyError> {
    match (variable.filter(|text| !text.trim().is_empty()), address) {
        (Some(text), _) => MasterKey::parse(text).ok_or_else(|| MasterKeyError::Format(VARIABLE.to_owned())),
        (None, Address::Postgres(_)) => Err(MasterKeyError::Missing),
        (None, Address::Sqlite(database)) => {
            let mut name = database.as_os_str().to_owned();
            name.push(".key");
            of_file(&PathBuf::from(name), randomness)
        }
    }
}

fn of_file(path: &Path, randomness: &dyn Randomness) -> Result<MasterKey, MasterKeyError> {
    let failed = |source| MasterKeyError::File { path: path.to_owned(), source };
    match std::fs::File::open(path) {
        Ok(file) => {
            if !is_private(&file).map_err(failed)? {
                return Err(MasterKeyError::Open(path.to_owned()));
            }
            let mut text = Zeroizing::new(String::new());
            file.take(1000).read_to_string(&mut text).map_err(failed)?;
            MasterKey::parse(&text).ok_or_else(|| MasterKeyError::Format(path.display().to_string()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut bytes = [0; 32];
            randomness.fill(&mut bytes);
            let key = MasterKey(bytes);
            bytes.zeroize();
            let text = Zeroizing::new(format!("{}\n", hex::encode(key.0)));
            make(path, text.as_bytes()).map_err(failed)?;
            Ok(key)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Writes the file whole: one that is there under its name holds all of the key.
fn make(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(text)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

#[cfg(unix)]
fn is_private(file: &std::fs::File) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn is_private(_file: &std::fs::File) -> std::io::Result<bool> {
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sevens;
    impl Randomness for Sevens {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
    }

    #[test]
    fn a_key_is_written_in_base64_or_hexadecimal() {
        let hexadecimal = "07".repeat(32);
        for text in [
            hexadecimal.as_str(),
            &STANDARD.encode([7; 32]),
            &URL_SAFE_NO_PAD.encode([7; 32]),
            " BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n",
        ] {
            assert_eq!(MasterKey::parse(text).map(|key| key.0), Some([7; 32]), "{text}");
        }
        for text in ["", "07", &"07".repeat(31), &"zz".repeat(32), &STANDARD.encode([7; 33])] {
            assert!(MasterKey::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_secret_opens_for_what_it_was_sealed_for_and_nothing_else() {
        let key = MasterKey::new([3; 32]);
        let sealed = key.seal("hemligt".as_bytes(), b"for one account", &Sevens).unwrap();
        let opened = key.open(&sealed, b"for one account").unwrap();
        assert_eq!(opened.as_slice(), "hemligt".as_bytes());
        assert!(key.open(&sealed, b"for another").is_none());
        assert!(MasterKey::new([4; 32]).open(&sealed, b"for one account").is_none());
        for altered in ["", "å", "aGVtbGlndA", &sealed.to_uppercase(), &format!("{sealed}AAAA")] {
            assert!(key.open(altered, b"for one account").is_none(), "{altered}");
        }
    }

    #[test]
    fn postgres_without_a_key_is_refused_with_words() {
        let address = Address::Postgres("postgres://localhost/skolhus".to_owned());
        let error = master_key(&address, None, &Sevens).err().unwrap();
        assert!(matches!(error, MasterKeyError::Missing) && error.to_string().contains(VARIABLE));
        assert!(matches!(master_key(&address, Some("kort"), &Sevens), Err(MasterKeyError::Format(_))));
        assert!(master_key(&address, Some(&"07".repeat(32)), &Sevens).is_ok());
    }

    #[test]
    fn sqlite_makes_a_private_file_once() {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::Sqlite(folder.path().join("skola.sqlite"));
        let first = master_key(&address, None, &Sevens).unwrap();
        let path = folder.path().join("skola.sqlite.key");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(master_key(&address, None, &Sevens).unwrap().0, first.0);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(master_key(&address, None, &Sevens), Err(MasterKeyError::Open(_))));
        }
    }
}
