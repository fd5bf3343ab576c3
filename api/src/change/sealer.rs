//! Keeping a secret that the server must read again.

use crate::identity::keyring::Keyring;

/// Seals secrets at rest.
pub trait Sealer: Send + Sync {
    /// Seals a secret; `binding` must be presented again to open it.
    fn seal(&self, secret: &str, binding: &[u8]) -> Option<String>;
    /// Opens it.
    fn open(&self, sealed: &str, binding: &[u8]) -> Option<String>;
}

/// With the master key, since what is kept outlives the keys of the pages, which are changed and forgotten a day later.
/// Those that were sealed with them in the past are opened as long as they are there.
impl Sealer for Keyring {
    fn seal(&self, secret: &str, binding: &[u8]) -> Option<String> {
        self.seal_secret(secret.as_bytes(), binding)
    }

    fn open(&self, sealed: &str, binding: &[u8]) -> Option<String> {
        let opened = match self.open_secret(sealed, binding) {
            Some(secret) => secret.to_vec(),
            None => self.open_page(sealed, binding)?,
        };
        String::from_utf8(opened).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;

    use super::*;
    use crate::{
        identity::{keyring::Key, master_key::MasterKey},
        program::chance::OsRandomness,
    };

    fn keyring(page: u8, master: u8) -> Keyring {
        let key = |number: u8| Key { id: Uuid::from_u128(number.into()), secret: [number; 32] };
        Keyring::new(&[key(1)], vec![key(page)], Arc::new(OsRandomness))
            .sealing_with(MasterKey::new([master; 32]))
    }

    #[test]
    fn a_secret_outlives_the_keys_of_the_pages() {
        let sealed = Sealer::seal(&keyring(2, 9), "hemlig råg", b"prenumeration 1").unwrap();
        let opened = |by: Keyring, binding: &[u8]| Sealer::open(&by, &sealed, binding);
        assert_eq!(opened(keyring(3, 9), b"prenumeration 1").as_deref(), Some("hemlig råg"));
        assert_eq!(opened(keyring(2, 9), b"prenumeration 2"), None);
        assert_eq!(opened(keyring(2, 8), b"prenumeration 1"), None);
    }

    #[test]
    fn what_was_sealed_with_a_page_key_is_opened_while_it_is_there() {
        let sealed = keyring(2, 9).seal_page("råg".as_bytes(), b"a").unwrap();
        assert_eq!(Sealer::open(&keyring(2, 9), &sealed, b"a").as_deref(), Some("råg"));
        assert_eq!(Sealer::open(&keyring(3, 9), &sealed, b"a"), None);
    }
}
