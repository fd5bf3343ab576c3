//! A set as a folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Limits, MANIFEST, SourceProblem, is_known};

pub(super) fn folder_root(path: &Path, limits: &Limits) -> Result<PathBuf, SourceProblem> {
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

pub(super) fn folder_files(root: &Path, limits: &Limits) -> Result<Vec<String>, SourceProblem> {
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
