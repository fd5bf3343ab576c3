//! The directory in which jobs' files lie, whose owner works on them.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use skolhus_domain::id::{Id, JobId};
use tokio::sync::Notify;
use uuid::Uuid;

/// The directory in which jobs' files lie. Its identity stands in every job whose file it holds,
/// so that of several servers on one database only the one with the file works on it.
pub struct Workshop {
    directory: PathBuf,
    runner: OnceLock<Uuid>,
    waiting: Notify,
}

/// The right to work on the jobs of a directory; one process, and one job, at a time.
#[derive(Debug)]
pub struct AtWork(#[allow(dead_code, reason = "held for its lock alone")] File);

impl Workshop {
    /// The workshop in a directory, which is made when it is first needed.
    #[must_use]
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, runner: OnceLock::new(), waiting: Notify::new() }
    }

    /// Its identity. `fresh` becomes it if it has none yet.
    ///
    /// # Errors
    /// When the directory cannot be made, read or written.
    pub fn runner(&self, fresh: Uuid) -> io::Result<Uuid> {
        if let Some(runner) = self.runner.get() {
            return Ok(*runner);
        }
        self.make()?;
        let path = self.directory.join("runner");
        let read = || {
            let text = fs::read_to_string(&path)?;
            Uuid::try_parse(text.trim())
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "no runner's id"))
        };
        let runner = match read() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Linked into place whole, so that of two processes one names it and the other reads it.
                let draft = self.directory.join(format!("runner.{fresh}"));
                let mut file = File::create(&draft)?;
                writeln!(file, "{fresh}")?;
                file.sync_all()?;
                let linked = fs::hard_link(&draft, &path);
                fs::remove_file(&draft)?;
                match linked {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                    _ => read()?,
                }
            }
            other => other?,
        };
        Ok(*self.runner.get_or_init(|| runner))
    }

    /// Where a job's upload lies.
    #[must_use]
    pub fn upload(&self, job: JobId) -> PathBuf {
        self.directory.join(format!("{}.zip", job.uuid()))
    }

    /// The right to work, or none while another has it.
    ///
    /// # Errors
    /// When the lock cannot be opened.
    pub fn try_work(&self) -> io::Result<Option<AtWork>> {
        self.make()?;
        let file =
            File::options().create(true).truncate(false).write(true).open(self.directory.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(AtWork(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Tells the worker that there is something to do.
    pub fn wake(&self) {
        self.waiting.notify_one();
    }

    /// Waits to be woken.
    pub async fn woken(&self) {
        self.waiting.notified().await;
    }

    fn make(&self) -> io::Result<()> {
        fs::create_dir_all(&self.directory)?;
        #[cfg(unix)]
        restrict(&self.directory)?;
        Ok(())
    }
}

/// Uploads hold personal data: nobody else on the machine reads them.
#[cfg(unix)]
fn restrict(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))
}
