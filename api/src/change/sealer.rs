//! Keeping a secret that the server must read again.

use crate::identity::keyring::Keyring;

/// Seals secrets at rest.
pub trait Sealer: Send + Sync {
    /// Seals a secret; `binding` must be presented again to open it.
    fn seal(&self, secret: &str, binding: &[u8]) -> Option<String>;
    /// Opens it.
    fn open(&self, sealed: &str, binding: &[u8]) -> Option<String>;
}

/// With the keys that are kept for reading after a rotation.
impl Sealer for Keyring {
    fn seal(&self, secret: &str, binding: &[u8]) -> Option<String> {
        self.seal_page(secret.as_bytes(), binding)
    }

    fn open(&self, sealed: &str, binding: &[u8]) -> Option<String> {
        String::from_utf8(self.open_page(sealed, binding)?).ok()
    }
}
