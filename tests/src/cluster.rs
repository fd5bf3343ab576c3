//! A PostgreSQL server for the tests.
//!
//! Tests that need PostgreSQL ask [`Cluster::shared`] for one server per test process and make their own
//! databases in it; tests that stop and restart the server take their own with [`Cluster::start_private`].
//! The server is
//!
//! 1. the one that `SKOLHUS_TEST_POSTGRES` names (an address with the right to create databases), else
//! 2. a private cluster in a temporary directory, made with the newest installed PostgreSQL (15 or newer),
//!    reachable on 127.0.0.1 under a password of its own, else
//! 3. none: then this is said loudly, once, and with `SKOLHUS_REQUIRE_POSTGRES=1` it is an error.
//!
//! A private cluster is the child of a small shell script, the *keeper*, that does as it is told over a pipe
//! held by the test process. When the pipe closes, for whatever reason (the end, a panic, an abort, a
//! `kill -9`), the keeper stops the server it started and removes the directory.

use std::fmt;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

use crate::scratch::scratch;

/// The oldest PostgreSQL that Skolhus supports.
const OLDEST: u32 = 15;
/// The superuser of a private cluster.
const USER: &str = "skolhus";
/// How long a server may take to answer after its start (crash recovery included).
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long a template may stay in use by connections that are just closing.
const IN_USE_LIMIT: Duration = Duration::from_secs(10);

/// The keeper. `$1` is the cluster's directory, `$2` the server's program; the words on its input are
/// `start LOG`, `stop SIGNAL`; it answers each with a line. It ends only the process that it started itself: as
/// its parent it has not reaped it, so the number cannot have passed to another.
const KEEPER: &str = r#"
root=$1 postgres=$2 pid=
trap '' PIPE
trap : HUP INT TERM
stop() {
    [ -n "$pid" ] || return 0
    kill -"$1" "$pid" 2>/dev/null
    tries=0
    while [ -e "$root/data/postmaster.pid" ] && [ "$tries" -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    pid=
}
while read -r word how; do
    case $word in
    start)
        "$postgres" -D "$root/data" </dev/null >"$how" 2>&1 &
        pid=$!
        echo "$pid"
        ;;
    stop)
        stop "$how"
        echo stopped
        ;;
    esac
done
stop QUIT
cd / && rm -rf "$root"
"#;

/// What went wrong with the test server.
#[derive(Debug, Clone)]
pub struct ClusterError(String);

impl fmt::Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ClusterError {}

impl From<String> for ClusterError {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Adds what was being done to an error.
fn while_doing<E: fmt::Display>(what: &str) -> impl FnOnce(E) -> ClusterError {
    move |error| ClusterError(format!("{what}: {error}"))
}

/// A PostgreSQL server in which tests make their databases.
pub struct Cluster {
    /// The address of the database from which the others are made.
    admin: String,
    private: Option<Private>,
}

impl Cluster {
    /// The server that all tests of this process share, started at the first call; `None` where there is
    /// no PostgreSQL (said once, loudly).
    ///
    /// # Panics
    /// When PostgreSQL is there and does not start, or is not there and `SKOLHUS_REQUIRE_POSTGRES=1`.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Result<Option<Cluster>, ClusterError>> = OnceLock::new();
        let cluster = SHARED.get_or_init(|| match std::env::var("SKOLHUS_TEST_POSTGRES") {
            Ok(url) if !url.trim().is_empty() => Self::external(url.trim()).map(Some),
            _ => Self::try_start(false),
        });
        or_panic(cluster.as_ref().map(Option::as_ref).map_err(Clone::clone))
    }

    /// A server of the caller's own, to be stopped and started at will; stopped for good when dropped.
    /// With `durable` it survives [`Cluster::stop_immediate`] as a real server survives a power cut; without,
    /// it is as fast as the shared one. `None` where PostgreSQL's programs are not installed, even when
    /// `SKOLHUS_TEST_POSTGRES` names a server: that one is not ours to stop.
    ///
    /// # Panics
    /// As [`Cluster::shared`].
    pub fn start_private(durable: bool) -> Option<Self> {
        or_panic(Self::try_start(durable))
    }

    fn external(url: &str) -> Result<Self, ClusterError> {
        if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
            return Err(ClusterError("SKOLHUS_TEST_POSTGRES must be a postgres:// address".to_owned()));
        }
        Ok(Self { admin: url.to_owned(), private: None })
    }

    fn try_start(durable: bool) -> Result<Option<Self>, ClusterError> {
        let Some(bin) = installed_programs() else {
            say_skipped()?;
            return Ok(None);
        };
        let private = Private::start(bin, durable)?;
        Ok(Some(Self { admin: private.url(), private: Some(private) }))
    }

    /// The address of a database in this server.
    pub fn url(&self, database: &str) -> String {
        with_database(&self.admin, database)
    }

    /// Makes an empty database.
    ///
    /// # Errors
    /// When the name is not a plain identifier, is taken, or the server refuses.
    pub fn create_database(&self, name: &str) -> Result<(), ClusterError> {
        self.create_database_from_template(name, "template1")
    }

    /// Makes a copy of a database that nobody is connected to; waits a little for connections that are
    /// closing.
    ///
    /// # Errors
    /// When a name is not a plain identifier, the new one is taken, the template stays in use, or the
    /// server refuses.
    pub fn create_database_from_template(&self, name: &str, template: &str) -> Result<(), ClusterError> {
        let sql = format!(
            "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY",
            identifier(name)?,
            identifier(template)?
        );
        let begun = Instant::now();
        loop {
            match self.execute(&sql) {
                Err(error)
                    if begun.elapsed() < IN_USE_LIMIT
                        && error.0.contains("is being accessed by other users") =>
                {
                    sleep(Duration::from_millis(50));
                }
                result => return result,
            }
        }
    }

    /// Removes a database and ends the connections to it; does nothing when it is not there.
    ///
    /// # Errors
    /// When the name is not a plain identifier or the server refuses.
    pub fn drop_database(&self, name: &str) -> Result<(), ClusterError> {
        self.execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", identifier(name)?))
    }

    /// Stops a private server at once, as a crash would: nothing is flushed, and the next start recovers.
    ///
    /// # Errors
    /// When the server is not ours, or the keeper is gone.
    pub fn stop_immediate(&self) -> Result<(), ClusterError> {
        self.private()?.keeper().stop("QUIT")
    }

    /// Stops a private server as its administrator would: connections are ended, and what was committed
    /// is flushed.
    ///
    /// # Errors
    /// As [`Cluster::stop_immediate`].
    pub fn stop_fast(&self) -> Result<(), ClusterError> {
        self.private()?.keeper().stop("INT")
    }

    /// Starts a private server again on the same address and waits until it answers.
    ///
    /// # Errors
    /// When the server is not ours, runs already, or does not answer in time.
    pub fn start_again(&self) -> Result<(), ClusterError> {
        self.private()?.start_server()
    }

    /// Runs a shell script as the user a private server runs as, in its directory and with its programs
    /// first in the path.
    ///
    /// # Errors
    /// When the server is not ours, or the script cannot be started.
    pub fn shell(&self, script: &str, variables: &[(&str, &str)]) -> Result<Output, ClusterError> {
        let private = self.private()?;
        let mut command = Owner::find()?.command(Path::new("/bin/sh"), &private.root);
        let path = std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".to_owned());
        command.env("PATH", format!("{}:{path}", private.bin.display())).args(["-euc", script]);
        command.envs(variables.iter().copied()).stdin(Stdio::null());
        command.output().map_err(while_doing("running a shell script"))
    }

    /// The directory of a private server; its data lies in `data` there.
    pub fn directory(&self) -> Option<&Path> {
        self.private.as_ref().map(|private| private.root.as_path())
    }

    /// Where a program of this server's installation is (`pg_dump`, `pg_basebackup` …), when it is private.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let path = self.private.as_ref()?.bin.join(name);
        path.is_file().then_some(path)
    }

    fn private(&self) -> Result<&Private, ClusterError> {
        self.private.as_ref().ok_or_else(|| {
            ClusterError("the server of SKOLHUS_TEST_POSTGRES is not ours to stop or start".to_owned())
        })
    }

    fn execute(&self, sql: &str) -> Result<(), ClusterError> {
        let mut connection =
            PgConnection::establish(&self.admin).map_err(while_doing("connecting to the test server"))?;
        connection.batch_execute(sql).map_err(while_doing(sql))
    }
}

/// The one place where the harness gives up.
#[expect(clippy::panic, reason = "a harness without its server fails the test that asked for it")]
fn or_panic<T>(result: Result<T, ClusterError>) -> T {
    result.unwrap_or_else(|error| panic!("PostgreSQL for the tests: {error}"))
}

/// Says once that half of the tests does not run; an error where that half is required. Written straight
/// to standard error: the test runner would keep `eprintln!` of a passing test to itself.
fn say_skipped() -> Result<(), ClusterError> {
    static SAID: OnceLock<()> = OnceLock::new();
    let why =
        format!("no PostgreSQL {OLDEST} or newer is installed, and SKOLHUS_TEST_POSTGRES names no server");
    if std::env::var("SKOLHUS_REQUIRE_POSTGRES").is_ok_and(|value| value == "1") {
        return Err(ClusterError(format!("{why}; SKOLHUS_REQUIRE_POSTGRES=1 makes that an error")));
    }
    SAID.get_or_init(|| {
        let line = "=".repeat(100);
        let text = format!(
            "\n{line}\nPostgreSQL: SKIPPED. The PostgreSQL half of the tests does not run:\n{why}.\n{line}\n"
        );
        // Nothing is left to tell it to when standard error is closed.
        drop(io::stderr().write_all(text.as_bytes()));
    });
    Ok(())
}

/// A cluster in a temporary directory, and the keeper that owns its server.
struct Private {
    bin: PathBuf,
    root: PathBuf,
    port: u16,
    password: String,
    keeper: Mutex<Keeper>,
}

impl Private {
    fn start(bin: PathBuf, durable: bool) -> Result<Self, ClusterError> {
        let owner = Owner::find()?;
        let root = owner.make_directory(durable)?;
        let password = hex::encode(random_bytes::<16>()?);
        // From here on the keeper removes the directory, whatever happens.
        let keeper = Keeper::spawn(&owner, &root, &bin)?;
        owner.initdb(&bin, &root, &password, durable)?;
        let mut private = Self { bin, root, port: 0, password, keeper: Mutex::new(keeper) };
        let mut last = ClusterError("no free port".to_owned());
        for _ in 0..5 {
            private.port = free_port()?;
            private.configure(durable)?;
            match private.start_server() {
                Ok(()) => return Ok(private),
                Err(error) if error.0.contains("could not create any TCP/IP sockets") => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    fn url(&self) -> String {
        format!("postgres://{USER}:{}@127.0.0.1:{}/postgres", self.password, self.port)
    }

    fn keeper(&self) -> MutexGuard<'_, Keeper> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the part of the configuration that is ours; the last word in the file counts.
    fn configure(&self, durable: bool) -> Result<(), ClusterError> {
        let root = self.root.display();
        // A socket's path has about 100 bytes; 127.0.0.1 is there in any case.
        let sockets = if root.to_string().len() < 80 { root.to_string() } else { String::new() };
        let mut text = format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = '{sockets}'\n\
             max_connections = 200\nshared_buffers = '64MB'\ntimezone = 'UTC'\nlog_timezone = 'UTC'\n\
             logging_collector = off\n",
            self.port
        );
        if !durable {
            text.push_str("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n");
            text.push_str("wal_level = minimal\nmax_wal_senders = 0\nmax_wal_size = '2GB'\n");
        }
        let path = self.root.join("data/postgresql.auto.conf");
        fs::write(&path, text).map_err(while_doing("writing the server's configuration"))
    }

    /// Starts the server and waits until it takes connections.
    fn start_server(&self) -> Result<(), ClusterError> {
        let mut keeper = self.keeper();
        let begun = Instant::now();
        loop {
            let log = keeper.start(&self.root)?;
            let error = match self.wait_until_ready(&mut keeper, &log) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            keeper.stop("QUIT")?;
            // A server that was killed may leave its memory in use for a moment.
            if !error.0.contains("pre-existing shared memory block") || begun.elapsed() > IN_USE_LIMIT {
                return Err(error);
            }
            sleep(Duration::from_millis(200));
        }
    }

    fn wait_until_ready(&self, keeper: &mut Keeper, log: &Path) -> Result<(), ClusterError> {
        let begun = Instant::now();
        let status = self.root.join("data/postmaster.pid");
        while begun.elapsed() < START_LIMIT {
            // The lock file names the process in its first line and its state in the eighth.
            let lock = fs::read_to_string(&status).unwrap_or_default();
            let ours = lock.lines().next().is_some_and(|pid| Some(pid) == keeper.server.as_deref());
            if ours && lock.lines().nth(7).is_some_and(|state| state.starts_with("ready")) {
                return Ok(());
            }
            let said = fs::read_to_string(log).unwrap_or_default();
            if !ours && said.contains("FATAL:") {
                return Err(ClusterError(format!("the server did not start:\n{said}")));
            }
            sleep(Duration::from_millis(20));
        }
        let said = fs::read_to_string(log).unwrap_or_default();
        Err(ClusterError(format!("the server did not answer within {START_LIMIT:?}:\n{said}")))
    }
}

/// The shell script that owns the server; closing its input ends both.
struct Keeper {
    child: Child,
    /// `None` only while dropping.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// The server's process number, while it runs.
    server: Option<String>,
    starts: u32,
}

impl Keeper {
    fn spawn(owner: &Owner, root: &Path, bin: &Path) -> Result<Self, ClusterError> {
        let doing = "starting the keeper of the test server";
        let mut child = owner
            .command(Path::new("/bin/sh"), root)
            .args(["-c", KEEPER, "skolhus-test-postgres"])
            .arg(root)
            .arg(bin.join("postgres"))
            // Out of the terminal's reach: an interrupt ends the tests, and so the pipe, first.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Not ours: whoever reads our output must not wait for the keeper.
            .stderr(Stdio::null())
            .spawn()
            .map_err(while_doing(doing))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(ClusterError(format!("{doing}: no pipes")));
        };
        Ok(Self { child, input: Some(input), output: BufReader::new(output), server: None, starts: 0 })
    }

    /// Starts the server with a log of its own; does not wait for it.
    fn start(&mut self, root: &Path) -> Result<PathBuf, ClusterError> {
        if self.server.is_some() {
            return Err(ClusterError("the test server runs already".to_owned()));
        }
        self.starts += 1;
        let log = root.join(format!("server-{}.log", self.starts));
        self.server = Some(self.ask(&format!("start {}", log.display()))?);
        Ok(log)
    }

    fn stop(&mut self, signal: &str) -> Result<(), ClusterError> {
        self.server = None;
        self.ask(&format!("stop {signal}")).map(drop)
    }

    fn ask(&mut self, words: &str) -> Result<String, ClusterError> {
        let mut exchange = || -> io::Result<String> {
            let input = self.input.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
            writeln!(input, "{words}")?;
            input.flush()?;
            let mut answer = String::new();
            if self.output.read_line(&mut answer)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Ok(answer.trim().to_owned())
        };
        exchange().map_err(while_doing("talking to the keeper of the test server"))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.input.take());
        // The keeper bounds its own work; an error here leaves nothing to do.
        drop(self.child.wait());
    }
}

/// Whose the cluster is: PostgreSQL refuses to run as root.
struct Owner {
    /// Another user than ours, where we are root.
    other: Option<(u32, u32)>,
}

impl Owner {
    fn find() -> Result<Self, ClusterError> {
        let doing = "finding a user for the test server";
        let mine = tempfile::tempfile().and_then(|file| file.metadata()).map_err(while_doing(doing))?.uid();
        if mine != 0 {
            return Ok(Self { other: None });
        }
        let users = fs::read_to_string("/etc/passwd").map_err(while_doing(doing))?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| user_and_group(&users, name))
            .map(|found| Self { other: Some(found) })
            .ok_or_else(|| ClusterError(format!("{doing}: we are root, and there is no postgres or nobody")))
    }

    /// A directory that only the owner can enter; on a disk where what is committed is to last.
    fn make_directory(&self, durable: bool) -> Result<PathBuf, ClusterError> {
        let doing = "making the test server's directory";
        let mut parent = if durable { std::env::temp_dir() } else { scratch() };
        if self.other.is_some() && !everyone_may_use(&parent) {
            parent = PathBuf::from("/tmp");
        }
        let name = hex::encode(random_bytes::<8>()?);
        let root = parent.join(format!("skolhus-postgres-{name}"));
        fs::DirBuilder::new().mode(0o700).create(&root).map_err(while_doing(doing))?;
        if let Some((user, group)) = self.other {
            chown(&root, Some(user), Some(group)).map_err(while_doing(doing))?;
        }
        Ok(root)
    }

    /// A command as the owner, in the cluster's directory, without our environment (PGHOST and its kin).
    fn command(&self, program: &Path, root: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(root).env_clear().env("LC_ALL", "C").env("TZ", "UTC");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()));
        if let Some((user, group)) = self.other {
            command.uid(user).gid(group);
        }
        command
    }

    /// Makes the cluster. Its databases sort as Swedish does, where the installation can: a text column
    /// that lacks its `COLLATE "C"` then shows.
    fn initdb(&self, bin: &Path, root: &Path, password: &str, durable: bool) -> Result<(), ClusterError> {
        let doing = "initdb";
        let data = root.join("data");
        let secret = root.join("password");
        fs::write(&secret, password).map_err(while_doing(doing))?;
        if let Some((user, group)) = self.other {
            chown(&secret, Some(user), Some(group)).map_err(while_doing(doing))?;
        }
        let mut said = String::new();
        for locale in
            [&["--locale-provider=icu", "--icu-locale=sv-SE", "--locale=C"][..], &["--locale=C"][..]]
        {
            // An attempt that failed has removed what it made.
            let mut command = self.command(&bin.join("initdb"), root);
            command.arg("-D").arg(&data).arg("-U").arg(USER).arg("--pwfile").arg(&secret);
            command.args(["--encoding=UTF8", "--auth=scram-sha-256"]).args(locale);
            if !durable {
                command.arg("--no-sync");
            }
            let output = command.stdin(Stdio::null()).output().map_err(while_doing(doing))?;
            if output.status.success() {
                return fs::remove_file(&secret).map_err(while_doing(doing));
            }
            said = String::from_utf8_lossy(&output.stderr).into_owned();
        }
        Err(ClusterError(format!("initdb failed: {said}")))
    }
}

/// The user and group numbers of a name in the lines of `/etc/passwd`.
fn user_and_group(users: &str, name: &str) -> Option<(u32, u32)> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        let user = fields.nth(1)?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        Some((user, group))
    })
}

/// Whether any user can come to a directory, and make and remove things in it.
fn everyone_may_use(path: &Path) -> bool {
    let allows = |part: &Path, bits: u32| fs::metadata(part).is_ok_and(|found| found.mode() & bits == bits);
    allows(path, 0o003) && path.ancestors().all(|part| allows(part, 0o001))
}

/// The programs of the newest PostgreSQL that is installed and new enough.
fn installed_programs() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    // Debian keeps each version apart, and so do the packages for Red Hat's family.
    for (folder, prefix) in [("/usr/lib/postgresql", ""), ("/usr", "pgsql-")] {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let version =
                name.to_str().and_then(|name| name.strip_prefix(prefix)).and_then(|v| v.parse().ok());
            if let Some(version) = version {
                found.push((version, entry.path().join("bin")));
            }
        }
    }
    if let Some(bin) = pg_config("--bindir")
        && let Some(version) = pg_config("--version").as_deref().and_then(major_version)
    {
        found.push((version, PathBuf::from(bin)));
    }
    found.retain(|(version, bin)| {
        *version >= OLDEST && bin.join("initdb").is_file() && bin.join("postgres").is_file()
    });
    found.into_iter().max_by_key(|(version, _)| *version).map(|(_, bin)| bin)
}

fn pg_config(what: &str) -> Option<String> {
    let output = Command::new("pg_config").arg(what).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// 15 of `PostgreSQL 15.18 (Debian …)`, 18 of `PostgreSQL 18beta1`.
fn major_version(text: &str) -> Option<u32> {
    let number = text.strip_prefix("PostgreSQL ")?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// A port on 127.0.0.1 that is free now, below those that systems hand out for outgoing connections, so
/// that it is still free when a stopped server comes back.
fn free_port() -> Result<u16, ClusterError> {
    for _ in 0..200 {
        let port = 20_000 + u16::from_le_bytes(random_bytes::<2>()?) % 12_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(ClusterError("no free port on 127.0.0.1 between 20000 and 32000".to_owned()))
}

fn random_bytes<const N: usize>() -> Result<[u8; N], ClusterError> {
    let mut bytes = [0; N];
    fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map_err(while_doing("reading random bytes"))?;
    Ok(bytes)
}

/// A quoted name; plain identifiers only, so that a test's slip cannot reach another database.
fn identifier(name: &str) -> Result<String, ClusterError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || name.len() > 63 || !name.chars().all(plain) {
        return Err(ClusterError(format!(
            "{name:?} is no name for a test database (a-z, 0-9, _; at most 63)"
        )));
    }
    Ok(format!("\"{name}\""))
}

/// The same address with another database.
fn with_database(url: &str, database: &str) -> String {
    let (address, query) = match url.split_once('?') {
        Some((address, query)) => (address, format!("?{query}")),
        None => (url, String::new()),
    };
    let (scheme, rest) = address.split_once("://").unwrap_or(("postgres", address));
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    format!("{scheme}://{host}/{database}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::sql_types::Text;
    use diesel::{QueryableByName, RunQueryDsl, sql_query};

    #[derive(QueryableByName)]
    struct Value {
        #[diesel(sql_type = Text)]
        value: String,
    }

    fn connect(cluster: &Cluster, database: &str) -> PgConnection {
        PgConnection::establish(&cluster.url(database)).unwrap()
    }

    fn ask(connection: &mut PgConnection, sql: &str) -> String {
        sql_query(sql).get_result::<Value>(connection).unwrap().value
    }

    #[test]
    fn addresses_and_names() {
        assert_eq!(with_database("postgres://u:p@h:1/x", "y"), "postgres://u:p@h:1/y");
        assert_eq!(with_database("postgres://h", "y"), "postgres://h/y");
        assert_eq!(
            with_database("postgresql://h/x?sslmode=disable", "y"),
            "postgresql://h/y?sslmode=disable"
        );
        assert!(identifier("t_0f").is_ok());
        for bad in ["", "a b", "A", "x\"; drop", &"x".repeat(64)] {
            assert!(identifier(bad).is_err(), "{bad}");
        }
        assert_eq!(major_version("PostgreSQL 15.18 (Debian 15.18-0)"), Some(15));
        assert_eq!(major_version("PostgreSQL 18beta1"), Some(18));
        let users = "root:x:0:0:root:/root:/bin/sh\npostgres:x:101:104::/var:/bin/sh\n";
        assert_eq!(user_and_group(users, "postgres"), Some((101, 104)));
        assert_eq!(user_and_group(users, "nobody"), None);
    }

    #[test]
    fn databases_come_from_templates_and_go() {
        let Some(cluster) = Cluster::shared() else { return };
        let name = format!("t_{}", hex::encode(random_bytes::<6>().unwrap()));
        let (template, copy) = (format!("{name}_a"), format!("{name}_b"));
        cluster.create_database(&template).unwrap();
        connect(cluster, &template)
            .batch_execute("CREATE TABLE rooms (name text NOT NULL); INSERT INTO rooms VALUES ('Aulan')")
            .unwrap();
        cluster.create_database_from_template(&copy, &template).unwrap();
        assert!(cluster.create_database(&copy).is_err(), "a name is taken once");
        let mut held = connect(cluster, &copy);
        assert_eq!(ask(&mut held, "SELECT name AS value FROM rooms"), "Aulan");
        cluster.drop_database(&copy).unwrap();
        cluster.drop_database(&copy).unwrap();
        cluster.drop_database(&template).unwrap();
        assert!(PgConnection::establish(&cluster.url(&copy)).is_err());
    }

    #[test]
    fn many_copies_of_one_template_at_once() {
        let Some(cluster) = Cluster::shared() else { return };
        let name = format!("t_{}", hex::encode(random_bytes::<6>().unwrap()));
        cluster.create_database(&name).unwrap();
        std::thread::scope(|scope| {
            for n in 0..6 {
                let (cluster, name) = (&cluster, &name);
                scope.spawn(move || {
                    let copy = format!("{name}_{n}");
                    cluster.create_database_from_template(&copy, name).unwrap();
                    cluster.drop_database(&copy).unwrap();
                });
            }
        });
        cluster.drop_database(&name).unwrap();
    }

    #[test]
    fn a_durable_server_crashes_and_comes_back_on_the_same_address() {
        let Some(cluster) = Cluster::start_private(true) else { return };
        cluster.create_database("school").unwrap();
        let mut connection = connect(&cluster, "school");
        assert_eq!(ask(&mut connection, "SELECT current_setting('fsync') AS value"), "on");
        assert_eq!(ask(&mut connection, "SELECT current_setting('max_connections') AS value"), "200");
        assert_eq!(ask(&mut connection, "SELECT current_setting('listen_addresses') AS value"), "127.0.0.1");
        connection.batch_execute("CREATE TABLE n (value text); INSERT INTO n VALUES ('kept')").unwrap();
        for _ in 0..2 {
            cluster.stop_immediate().unwrap();
            assert!(connection.batch_execute("SELECT 1").is_err());
            assert!(PgConnection::establish(&cluster.url("school")).is_err());
            cluster.stop_immediate().unwrap();
            cluster.start_again().unwrap();
            assert!(cluster.start_again().is_err(), "it runs already");
            connection = connect(&cluster, "school");
            assert_eq!(ask(&mut connection, "SELECT value FROM n"), "kept");
        }
        assert!(cluster.program("pg_dump").is_some());
        let root = cluster.private.as_ref().unwrap().root.clone();
        assert!(root.is_dir());
        drop(cluster);
        assert!(!root.exists(), "nothing is left behind");
    }

    #[test]
    fn a_killed_test_process_leaves_nothing_behind() {
        if Cluster::shared().is_none_or(|cluster| cluster.private.is_none()) {
            return;
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "cluster::tests::holds_a_server_until_killed", "--ignored", "--nocapture"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.split_once("root=").map(|(_, root)| PathBuf::from(root)))
            .unwrap();
        let server = fs::read_to_string(told.join("data/postmaster.pid")).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let begun = Instant::now();
        while told.exists() && begun.elapsed() < Duration::from_secs(20) {
            sleep(Duration::from_millis(50));
        }
        assert!(!told.exists(), "the keeper removes the directory");
        let process = Path::new("/proc").join(server.lines().next().unwrap());
        assert!(!process.exists(), "and has ended the server before");
    }

    #[test]
    #[ignore = "only the test above runs it, in a process of its own"]
    fn holds_a_server_until_killed() {
        let Some(cluster) = Cluster::start_private(false) else { return };
        println!("root={}", cluster.private.as_ref().unwrap().root.display());
        sleep(Duration::from_secs(30));
    }
}
