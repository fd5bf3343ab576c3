//! Opens a set: a folder or a zip whose `manifest.csv` says which files it holds and how.
//!
//! Whatever the bytes are, opening and reading cost bounded memory and end in a value or a
//! [`SourceProblem`]. A zip is read where it lies; nothing is unpacked to disk.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use csv::ByteRecord;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use skolhus_domain::refusal::Rule;
use zip::{CompressionMethod, ZipArchive};

use super::lines::{Line, Lines};
use super::problem::RowProblem;

macro_rules! roster_files {
    ($($variant:ident = $name:literal, $read:literal;)*) => {
        /// A file of a OneRoster 1.2 set, in the order in which references are best followed.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum RosterFile { $(#[doc = concat!("`", $name, ".csv`.")] $variant,)* }

        impl RosterFile {
            /// Every file but the manifest.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name without `.csv`, as the manifest has it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Whether the import reads it. Gradebook and resource files are left aside.
            #[must_use]
            pub fn is_read(self) -> bool {
                match self { $(Self::$variant => $read,)* }
            }
        }
    };
}

roster_files! {
    Orgs = "orgs", true;
    AcademicSessions = "academicSessions", true;
    Courses = "courses", true;
    Classes = "classes", true;
    Users = "users", true;
    Roles = "roles", true;
    Enrollments = "enrollments", true;
    Demographics = "demographics", true;
    Categories = "categories", false;
    ClassResources = "classResources", false;
    CourseResources = "courseResources", false;
    LineItems = "lineItems", false;
    LineItemLearningObjectiveIds = "lineItemLearningObjectiveIds", false;
    LineItemScoreScales = "lineItemScoreScales", false;
    Resources = "resources", false;
    Results = "results", false;
    ResultLearningObjectiveIds = "resultLearningObjectiveIds", false;
    ResultScoreScales = "resultScoreScales", false;
    ScoreScales = "scoreScales", false;
    UserProfiles = "userProfiles", false;
    UserResources = "userResources", false;
}

/// The manifest stands outside [`RosterFile::ALL`]; warnings about it carry this place.
const MANIFEST: &str = "manifest.csv";

impl RosterFile {
    /// The file of that name (without `.csv`).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|file| file.name() == name)
    }
}

impl fmt::Display for RosterFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.csv", self.name())
    }
}

impl Serialize for RosterFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How a file stands to what is known already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Not part of this set; what is known stays as it is.
    Absent,
    /// All there is: what is missing has ended.
    Bulk,
    /// What has changed since last time; each row says whether it is active or to be deleted.
    Delta,
}

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

/// A zip's list of entries may not be longer than this many bytes.
const DIRECTORY_BYTES: u64 = 4 << 20;
/// Below this size a high ratio of packing is no danger.
const HARMLESS_BYTES: u64 = 1 << 20;
/// The manifest has some thirty short lines.
const MANIFEST_BYTES: u64 = 64 << 10;

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

    fn read_manifest(&mut self) -> Result<(), SourceProblem> {
        let mut properties = BTreeMap::new();
        self.with_bytes("manifest", |bytes| {
            let mut lines =
                Lines::new(BufReader::new(Capped { reader: bytes, left: MANIFEST_BYTES }), 4 << 10);
            let mut record = ByteRecord::new();
            let mut header = true;
            while let Some(line) = lines.next(&mut record)? {
                let line_problem = |detail: &str| SourceProblem::Manifest {
                    line: lines.number(),
                    detail: detail.to_owned(),
                };
                if let Line::Malformed(why) = line {
                    return Err(line_problem(why));
                }
                let field = |number| record.get(number).and_then(|field| std::str::from_utf8(field).ok());
                let (Some(name), Some(value)) = (field(0), field(1)) else {
                    return Err(line_problem(
                        "a line must have a property name and a value between commas, in UTF-8",
                    ));
                };
                if std::mem::take(&mut header) {
                    if (name, value) != ("propertyName", "value") {
                        return Err(line_problem("the header must be propertyName,value"));
                    }
                } else if properties.insert(name.to_owned(), (lines.number(), value.to_owned())).is_some() {
                    return Err(line_problem("this property stands there twice"));
                }
            }
            Ok(())
        })??;

        let mut take = |name: &str| properties.remove(name);
        for (property, supported) in [("manifest.version", "1.0"), ("oneroster.version", "1.2")] {
            match take(property) {
                Some((_, version)) if version == supported => {}
                Some((_, version)) if version.strip_prefix("1.2.").is_some() && supported == "1.2" => {}
                Some(_) => return Err(SourceProblem::Version { property, supported }),
                None => return Err(SourceProblem::Unsaid(property)),
            }
        }
        for file in RosterFile::ALL {
            let mode = match take(&format!("file.{}", file.name())) {
                None => Mode::Absent,
                Some((line, value)) => match value.as_str() {
                    "absent" => Mode::Absent,
                    "bulk" => Mode::Bulk,
                    "delta" => Mode::Delta,
                    _ => {
                        return Err(SourceProblem::Manifest {
                            line,
                            detail: format!("file.{} must be absent, bulk or delta", file.name()),
                        });
                    }
                },
            };
            self.modes.insert(*file, mode);
        }
        let plain = |value: Option<(u64, String)>| {
            value
                .and_then(|(_, value)| skolhus_domain::text::Text::line(&value, 200).ok())
                .map(skolhus_domain::text::Text::into_string)
        };
        self.system_name = plain(take("source.systemName"));
        self.system_code = plain(take("source.systemCode"));
        Ok(())
    }

    fn compare_with_manifest(&mut self, present: &[String]) -> Result<(), SourceProblem> {
        for file in RosterFile::ALL {
            let is_present = present.iter().any(|name| name.strip_suffix(".csv") == Some(file.name()));
            match (self.mode(*file), is_present) {
                (Mode::Bulk | Mode::Delta, false) => return Err(SourceProblem::MissingFile(*file)),
                (Mode::Absent, true) => self.warnings.push(RowProblem::new(
                    *file,
                    0,
                    None,
                    Rule::Conflict,
                    format!("the file is there, but {MANIFEST} declares it absent; it is not read"),
                )),
                (Mode::Bulk | Mode::Delta, true) if !file.is_read() => self.warnings.push(RowProblem::new(
                    *file,
                    0,
                    None,
                    Rule::UnknownField,
                    "this import does not read the file; its content is left aside",
                )),
                _ => {}
            }
        }
        Ok(())
    }
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

// --- a folder ---------------------------------------------------------------

fn folder_root(path: &Path, limits: &Limits) -> Result<PathBuf, SourceProblem> {
    if path.join(MANIFEST).symlink_metadata().is_ok() {
        return Ok(path.to_owned());
    }
    let mut root = None;
    for (number, entry) in fs::read_dir(path)?.enumerate() {
        if number >= limits.entries {
            return Err(SourceProblem::TooLarge("too many files"));
        }
        let entry = entry?;
        if entry.file_type()?.is_dir()
            && entry.path().join(MANIFEST).symlink_metadata().is_ok()
            && root.replace(entry.path()).is_some()
        {
            return Err(SourceProblem::SeveralManifests);
        }
    }
    root.ok_or(SourceProblem::NoManifest)
}

fn folder_files(root: &Path, limits: &Limits) -> Result<Vec<String>, SourceProblem> {
    let mut names = Vec::new();
    let mut total: u64 = 0;
    for (number, entry) in fs::read_dir(root)?.enumerate() {
        if number >= limits.entries {
            return Err(SourceProblem::TooLarge("too many files"));
        }
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if !is_known(&name) {
            continue;
        }
        let metadata = entry.path().symlink_metadata()?;
        if !metadata.is_file() {
            return Err(SourceProblem::UnsafeEntry { entry: number + 1, why: "a link or folder" });
        }
        total = total.saturating_add(metadata.len());
        if metadata.len() > limits.file_bytes || total > limits.total_bytes {
            return Err(SourceProblem::TooLarge("too many bytes"));
        }
        names.push(name);
    }
    Ok(names)
}

fn is_known(name: &str) -> bool {
    name == MANIFEST || name.strip_suffix(".csv").and_then(RosterFile::from_name).is_some()
}

// --- a zip ------------------------------------------------------------------

/// A zip's file, with a budget of bytes that whoever holds the cell can lift.
struct Metered {
    file: File,
    budget: Rc<Cell<u64>>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        match self.budget.get().checked_sub(u64::try_from(read).unwrap_or(u64::MAX)) {
            Some(left) => self.budget.set(left),
            None => {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the list of entries is too long"));
            }
        }
        Ok(read)
    }
}

impl Seek for Metered {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

fn open_archive(path: &Path, limits: &Limits) -> Result<ZipArchive<BufReader<Metered>>, SourceProblem> {
    let budget = Rc::new(Cell::new(DIRECTORY_BYTES));
    let metered = Metered { file: File::open(path)?, budget: Rc::clone(&budget) };
    let archive = ZipArchive::new(BufReader::new(metered)).map_err(|_| SourceProblem::NotASet)?;
    // From here on each file has its own limit.
    budget.set(u64::MAX);
    if archive.has_duplicate_names() {
        return Err(SourceProblem::Contradiction("two entries have one name"));
    }
    if archive.len() > limits.entries {
        return Err(SourceProblem::TooLarge("too many files"));
    }
    Ok(archive)
}

fn zip_problem(error: zip::result::ZipError) -> SourceProblem {
    match error {
        zip::result::ZipError::Io(error) => SourceProblem::Io(error),
        _ => SourceProblem::NotASet,
    }
}

fn archive_entries(path: &Path, limits: &Limits) -> Result<BTreeMap<String, Entry>, SourceProblem> {
    let packed = fs::metadata(path)?.len();
    let mut archive = open_archive(path, limits)?;
    let mut files: Vec<(Option<String>, String, Entry)> = Vec::new();
    let mut total: u64 = 0;
    for index in 0..archive.len() {
        let file = archive.by_index_data(index).map_err(zip_problem)?;
        let unsafe_entry = |why| SourceProblem::UnsafeEntry { entry: index + 1, why };
        let name = std::str::from_utf8(file.name_raw())
            .map_err(|_| unsafe_entry("its name is not UTF-8"))?
            .to_owned();
        if name.starts_with('/')
            || name.contains(['\\', '\0', ':'])
            || name.split('/').any(|part| part == ".." || part == ".")
        {
            return Err(unsafe_entry("its name leads outside the set"));
        }
        if file.is_symlink() {
            return Err(unsafe_entry("a link"));
        }
        total = total.saturating_add(file.size());
        if file.size() > limits.file_bytes || total > limits.total_bytes {
            return Err(SourceProblem::TooLarge("too many bytes"));
        }
        if total > HARMLESS_BYTES && total > packed.saturating_mul(limits.ratio) {
            return Err(SourceProblem::TooLarge("packed more tightly than a roster can be"));
        }
        let (folder, base) = match name.rsplit_once('/') {
            None => (None, name.as_str()),
            Some((folder, base)) => (Some(folder.to_owned()), base),
        };
        if file.is_dir() || !is_known(base) || folder.as_ref().is_some_and(|folder| folder.contains('/')) {
            continue;
        }
        if file.encrypted() {
            return Err(unsafe_entry("encrypted"));
        }
        if !matches!(file.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
            return Err(unsafe_entry("packed in a way that is not read; use deflate"));
        }
        let entry = Entry { index, raw_name: file.name_raw().to_owned(), bytes: file.size() };
        files.push((folder, base.to_owned(), entry));
    }
    if archive.has_overlapping_files().map_err(zip_problem)? {
        return Err(SourceProblem::Contradiction("two entries share their bytes"));
    }
    let mut roots: Vec<&Option<String>> =
        files.iter().filter(|(_, base, _)| base == MANIFEST).map(|(folder, _, _)| folder).collect();
    // At the top it wins, as in a folder.
    roots.sort();
    let root = match roots.as_slice() {
        [] => return Err(SourceProblem::NoManifest),
        [None, ..] => None,
        [Some(folder)] => Some(folder.clone()),
        _ => return Err(SourceProblem::SeveralManifests),
    };
    Ok(files
        .into_iter()
        .filter(|(folder, _, _)| *folder == root)
        .map(|(_, base, entry)| (base, entry))
        .collect())
}
