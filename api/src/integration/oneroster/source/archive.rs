//! A set as a zip, read where it lies.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;
use std::{fs, io};

use zip::{CompressionMethod, ZipArchive};

use super::{Entry, Limits, MANIFEST, SourceProblem, is_known};

/// A zip's list of entries may not be longer than this many bytes.
const DIRECTORY_BYTES: u64 = 4 << 20;
/// Below this size a high ratio of packing is no danger.
const HARMLESS_BYTES: u64 = 1 << 20;

/// A zip's file, with a budget of bytes that whoever holds the cell can lift.
pub(super) struct Metered {
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

pub(super) fn open_archive(
    path: &Path,
    limits: &Limits,
) -> Result<ZipArchive<BufReader<Metered>>, SourceProblem> {
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

pub(super) fn zip_problem(error: zip::result::ZipError) -> SourceProblem {
    match error {
        zip::result::ZipError::Io(error) => SourceProblem::Io(error),
        _ => SourceProblem::NotASet,
    }
}

pub(super) fn archive_entries(
    path: &Path,
    limits: &Limits,
) -> Result<BTreeMap<String, Entry>, SourceProblem> {
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
