//! A copy of the embedded database while it is in use. (PostgreSQL has its own tools.)

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use diesel::{
    Connection as _, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection,
    sql_types::Text,
};

use super::address::Address;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It is not SQLite.
    #[error("only the embedded database is copied this way; use pg_dump or pg_basebackup for PostgreSQL")]
    NotEmbedded,
    /// There is a file already.
    #[error("{0} is there already; a backup never overwrites")]
    Exists(PathBuf),
    /// The file cannot be written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// SQLite could not copy, or the copy is not sound.
    #[error("the copy failed: {0}")]
    Failed(String),
}

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

/// Copies a SQLite database to a new file that only its owner may read. The copy holds what
/// was committed when it began; writers go on meanwhile. It is on disk and has been checked
/// when it gets its name, so a file of that name is a whole backup.
pub(crate) fn copy(address: &Address, target: &Path) -> Result<(), BackupError> {
    let Address::Sqlite(source) = address else { return Err(BackupError::NotEmbedded) };
    if target.exists() {
        return Err(BackupError::Exists(target.to_owned()));
    }
    let mut name = target.as_os_str().to_owned();
    name.push(".partial");
    let partial = PathBuf::from(name);
    let result = write(source, &partial).and_then(|()| {
        // A link refuses a name that is taken, where renaming would replace it.
        std::fs::hard_link(&partial, target).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists(target.to_owned()),
            _ => BackupError::File { path: target.to_owned(), source: error },
        })
    });
    if !matches!(&result, Err(BackupError::Exists(path)) if *path == partial) {
        // What is left of an attempt is ours; a copy with its name stays.
        let _ = std::fs::remove_file(&partial);
    }
    result?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| BackupError::File { path: folder.to_owned(), source })
}

fn write(source: &Path, partial: &Path) -> Result<(), BackupError> {
    let failed = |source| BackupError::File { path: partial.to_owned(), source };
    let file = create(partial).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(partial.to_owned()),
        _ => failed(error),
    })?;
    let mut connection = open(source)?;
    // SQLite writes into a file that is there and empty.
    diesel::sql_query("VACUUM INTO ?")
        .bind::<Text, _>(partial.to_string_lossy().into_owned())
        .execute(&mut connection)
        .map_err(|error| BackupError::Failed(error.to_string()))?;
    file.sync_all().map_err(failed)?;
    let mut copy = open(partial)?;
    let findings: Vec<Finding> = diesel::sql_query("PRAGMA integrity_check")
        .load(&mut copy)
        .map_err(|error| BackupError::Failed(error.to_string()))?;
    match findings.first() {
        Some(finding) if finding.integrity_check == "ok" => Ok(()),
        Some(finding) => Err(BackupError::Failed(finding.integrity_check.clone())),
        None => Err(BackupError::Failed("the copy cannot be checked".to_owned())),
    }
}

/// A new file that only its owner may read: it holds personal data.
fn create(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn open(path: &Path) -> Result<SqliteConnection, BackupError> {
    let failed = |error: String| BackupError::Failed(error);
    let name = path.to_str().ok_or_else(|| failed("the path is not UTF-8".to_owned()))?;
    let mut connection = SqliteConnection::establish(name).map_err(|error| failed(error.to_string()))?;
    connection.batch_execute("PRAGMA busy_timeout = 5000").map_err(|error| failed(error.to_string()))?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_whole_private_and_never_overwrites() {
        let folder = tempfile::tempdir().unwrap();
        let (source, target) = (folder.path().join("skola.sqlite"), folder.path().join("kopia.sqlite"));
        let mut connection = open(&source).unwrap();
        connection
            .batch_execute(
                "PRAGMA journal_mode = WAL; CREATE TABLE rum (namn TEXT); INSERT INTO rum VALUES ('Åsalen')",
            )
            .unwrap();
        let address = Address::Sqlite(source);
        copy(&address, &target).unwrap();
        #[derive(QueryableByName)]
        struct Room {
            #[diesel(sql_type = Text)]
            namn: String,
        }
        let rooms: Vec<Room> =
            diesel::sql_query("SELECT namn FROM rum").load(&mut open(&target).unwrap()).unwrap();
        assert_eq!(rooms[0].namn, "Åsalen");
        let names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(!names.iter().any(|name| name.to_string_lossy().contains("partial")), "{names:?}");
        assert!(matches!(copy(&address, &target), Err(BackupError::Exists(path)) if path == target));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let nowhere = folder.path().join("ingenstans/kopia.sqlite");
        assert!(matches!(copy(&address, &nowhere), Err(BackupError::File { .. })));
        let postgres = Address::Postgres("postgres:///skolhus".to_owned());
        assert!(matches!(copy(&postgres, &nowhere), Err(BackupError::NotEmbedded)));
    }
}
