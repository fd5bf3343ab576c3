//! Where the tests' databases lie.

use std::path::PathBuf;

/// So much room must be free in memory: databases of 11 MB for each test at work, and the log of a server.
const ROOM: u64 = 4 << 30;

/// A directory in memory, where there is one with room, and the system's temporary directory else: a copied PostgreSQL
/// database is 600 files, which takes a disk a second and memory a fifteenth of it.
#[must_use]
pub fn scratch() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let free = rustix::fs::statvfs(&memory).map_or(0, |space| space.f_bavail.saturating_mul(space.f_frsize));
    if free >= ROOM { memory } else { std::env::temp_dir() }
}
