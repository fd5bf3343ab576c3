//! Opens a set: a folder or a zip whose `manifest.csv` says which files it holds and how.
//!
//! Whatever the bytes are, opening and reading cost bounded memory and end in a value or a
//! [`SourceProblem`]. A zip is read where it lies; nothing is unpacked to disk.

mod archive;
mod file;
mod folder;
mod manifest;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use archive::{archive_entries, open_archive, zip_problem};
use folder::{folder_files, folder_root};
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::problem::RowProblem;

pub use file::{Mode, RosterFile};

/// What a set may cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Files and folders in the zip or folder.
    pub entries: usize,
    /// Bytes of one file, unpacked.
    pub file_bytes: u64,
    /// Bytes of all files read, unpacked.
    pub total_bytes: u64,
    /// Unpacked bytes per packed byte, over the whole zip.
    pub ratio: u64,
    /// Bytes of one line.
    pub line_bytes: usize,
    /// Rows of one file.
    pub rows: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 200,
            file_bytes: 1 << 30,
            total_bytes: 2 << 30,
            ratio: 200,
            line_bytes: 64 << 10,
            rows: 2_000_000,
        }
    }
}

/// Why a set cannot be read at all. Names no path of the machine and nothing from the set but
/// the standard's own file names.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceProblem {
    /// Reading failed.
    #[error("the set could not be read")]
    Io(#[from] io::Error),
    /// Neither a folder nor a zip.
    #[error("this is neither a folder nor a zip archive that can be read")]
    NotASet,
    /// No `manifest.csv` at the top or one folder down.
    #[error("there is no manifest.csv, neither at the top nor one folder down")]
    NoManifest,
    /// Several manifests.
    #[error("there are several manifest.csv; a set has one")]
    SeveralManifests,
    /// A line of the manifest that is not `propertyName,value`.
    #[error("manifest.csv line {line}: {detail}")]
    Manifest {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        detail: String,
    },
    /// The manifest does not say what it must.
    #[error("manifest.csv must say {0}")]
    Unsaid(&'static str),
    /// Another version of OneRoster or of its manifest.
    #[error("{property} must be {supported}; other versions are not read")]
    Version {
        /// `oneroster.version` or `manifest.version`.
        property: &'static str,
        /// The version that is read.
        supported: &'static str,
    },
    /// Declared bulk or delta, but not there.
    #[error("the manifest declares {0}, but it is not in the set")]
    MissingFile(RosterFile),
    /// A name that leads outside the set, an absolute one, or a link.
    #[error("entry {entry} of the set is not a plain file inside it: {why}")]
    UnsafeEntry {
        /// Its number, from 1.
        entry: usize,
        /// Why.
        why: &'static str,
    },
    /// An archive that says one thing here and another there.
    #[error("the archive contradicts itself: {0}")]
    Contradiction(&'static str),
    /// Larger than [`Limits`] allow.
    #[error("the set is larger than allowed: {0}")]
    TooLarge(&'static str),
    /// The set is not the one that was opened.
    #[error("the set changed while it was read")]
    Changed,
}

/// A SHA-256 over the names and bytes of the manifest and the files read. A folder and a zip of
/// the same files have the same one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A set that has been opened: its manifest is read, its files are there.
#[derive(Debug)]
pub struct Roster {
    origin: Origin,
    limits: Limits,
    modes: BTreeMap<RosterFile, Mode>,
    system_name: Option<String>,
    system_code: Option<String>,
    warnings: Vec<RowProblem>,
}

#[derive(Debug)]
enum Origin {
    Folder(PathBuf),
    Archive { path: PathBuf, entries: BTreeMap<String, Entry> },
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Entry {
    index: usize,
    raw_name: Vec<u8>,
    bytes: u64,
}

impl Roster {
    /// Opens a folder or a zip with the default [`Limits`].
    ///
    /// # Errors
    /// What is not a readable, complete OneRoster 1.2 set within the limits.
    pub fn open(path: &Path) -> Result<Self, SourceProblem> {
        Self::open_within(path, Limits::default())
    }

    /// Opens a folder or a zip.
    ///
    /// # Errors
    /// As [`Roster::open`].
    pub fn open_within(path: &Path, limits: Limits) -> Result<Self, SourceProblem> {
        let (origin, present) = if fs::metadata(path)?.is_dir() {
            let root = folder_root(path, &limits)?;
            let present = folder_files(&root, &limits)?;
            (Origin::Folder(root), present)
        } else {
            let entries = archive_entries(path, &limits)?;
            let present = entries.keys().cloned().collect();
            (Origin::Archive { path: path.to_owned(), entries }, present)
        };
        let mut roster = Self {
            origin,
            limits,
            modes: BTreeMap::new(),
            system_name: None,
            system_code: None,
            warnings: Vec::new(),
        };
        roster.read_manifest()?;
        roster.compare_with_manifest(&present)?;
        Ok(roster)
    }

    /// How the manifest declares the file.
    #[must_use]
    pub fn mode(&self, file: RosterFile) -> Mode {
        self.modes.get(&file).copied().unwrap_or(Mode::Absent)
    }

    /// The sending system's name, if the manifest gives one.
    #[must_use]
    pub fn system_name(&self) -> Option<&str> {
        self.system_name.as_deref()
    }

    /// The sending system's code, if the manifest gives one.
    #[must_use]
    pub fn system_code(&self) -> Option<&str> {
        self.system_code.as_deref()
    }

    /// Files that are there but not read, and the like.
    #[must_use]
    pub fn warnings(&self) -> &[RowProblem] {
        &self.warnings
    }

    /// The limits it was opened with.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The fingerprint of the set as it lies there now. Reads every file once.
    ///
    /// # Errors
    /// When a file can no longer be read.
    pub fn fingerprint(&self) -> Result<Fingerprint, SourceProblem> {
        let mut whole = Sha256::new();
        whole.update(b"oneroster 1.2\n");
        let mut names: Vec<&str> = RosterFile::ALL
            .iter()
            .filter(|file| file.is_read() && self.mode(**file) != Mode::Absent)
            .map(|file| file.name())
            .collect();
        names.push("manifest");
        names.sort_unstable();
        let mut buffer = vec![0; 64 << 10];
        for name in names {
            let digest = self.with_bytes(name, |bytes| {
                let mut digest = Sha256::new();
                loop {
                    let read = bytes.read(&mut buffer)?;
                    if read == 0 {
                        return Ok::<_, io::Error>(digest.finalize());
                    }
                    digest.update(buffer.get(..read).unwrap_or_default());
                }
            })??;
            whole.update(name.as_bytes());
            whole.update([0]);
            whole.update(digest);
        }
        Ok(Fingerprint(whole.finalize().into()))
    }

    /// Lets `read` have the bytes of a file that is in the set.
    pub(super) fn with_bytes<T>(
        &self,
        name: &str,
        read: impl FnOnce(&mut dyn Read) -> T,
    ) -> Result<T, SourceProblem> {
        match &self.origin {
            Origin::Folder(root) => {
                let file = File::open(root.join(format!("{name}.csv")))?;
                Ok(read(&mut Capped { reader: file, left: self.limits.file_bytes }))
            }
            Origin::Archive { path, entries } => {
                let entry = entries.get(&format!("{name}.csv")).ok_or(SourceProblem::Changed)?;
                let mut archive = open_archive(path, &self.limits)?;
                let file = archive.by_index(entry.index).map_err(zip_problem)?;
                if file.name_raw() != entry.raw_name || file.size() != entry.bytes {
                    return Err(SourceProblem::Changed);
                }
                // An entry that says less than it holds ends in an error, not in memory.
                Ok(read(&mut Capped { reader: file, left: entry.bytes }))
            }
        }
    }
}

/// The manifest stands outside [`RosterFile::ALL`]; warnings about it carry this place.
const MANIFEST: &str = "manifest.csv";

fn is_known(name: &str) -> bool {
    name == MANIFEST || name.strip_suffix(".csv").and_then(RosterFile::from_name).is_some()
}

/// Ends in an error when more bytes come than may come.
struct Capped<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        match self.left.checked_sub(u64::try_from(read).unwrap_or(u64::MAX)) {
            Some(left) => {
                self.left = left;
                Ok(read)
            }
            None => Err(io::Error::new(io::ErrorKind::InvalidData, "the file is larger than it may be")),
        }
    }
}
