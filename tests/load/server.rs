//! The program under load, in a process of its own. Only what was started here is ended.

use std::{
    cell::RefCell,
    collections::HashMap,
    io::Write,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    rc::Rc,
    time::{Duration, Instant},
};

use crate::{
    Failure,
    database::Database,
    drive::{Connection, Request},
    options::Options,
    report::median,
};

/// How long the server may take to be ready, and to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long its workers may take to see to all that was written.
const REST: Duration = Duration::from_secs(300);
/// For so long the workers run no statement when they rest, but for a look now and then.
const MOMENT: Duration = Duration::from_millis(100);
/// Requests whose statements are counted.
pub const COUNTED: usize = 7;

/// A token is used for so long, and then lives long enough for what it is used for.
const FRESH: Duration = Duration::from_secs(300);

/// Tokens by the address of whose they are, with the instant at which they were made.
pub type Tokens = Rc<RefCell<HashMap<String, (Rc<str>, Instant)>>>;

/// A server that runs until it is stopped or dropped.
pub struct Server {
    child: Child,
    program: PathBuf,
    folder: PathBuf,
    url: String,
    tokens: Tokens,
    /// Where it listens.
    pub address: SocketAddr,
    /// From its start to its first answer that it is ready.
    pub ready_after: Duration,
}

/// A command line of the program, with nothing of the caller's own configuration but what is said here. The log is
/// written, as it always is, and goes to nobody.
fn command(program: &Path, folder: &Path, url: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("SKOLHUS_") || name == "DATABASE_URL") {
            command.env_remove(name);
        }
    }
    // What seals the keys of a database that is thrown away.
    command.env("SKOLHUS_MASTER_KEY", "11".repeat(32)).env("SKOLHUS_LOG_FORMAT", "json");
    if !url.is_empty() {
        command.env("DATABASE_URL", url);
    }
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Runs a command to its end; what it printed.
fn printed(command: &mut Command, words: &[&str]) -> Result<String, Failure> {
    let output = command.args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).output()?;
    if !output.status.success() {
        return Err(format!("{words:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Makes the schema.
pub fn migrate(program: &Path, database: &Database) -> Result<(), Failure> {
    printed(&mut command(program, database.folder.path(), &database.url), &["migrate"]).map(drop)
}

impl Server {
    /// `skolhus serve` on a database.
    pub async fn serve(options: &Options, database: &Database) -> Result<Self, Failure> {
        let tokens = Rc::clone(&database.tokens);
        Self::start(options, "serve", (database.folder.path(), &database.url), tokens).await
    }

    /// `skolhus demo` in a folder.
    pub async fn demo(options: &Options, folder: &Path) -> Result<Self, Failure> {
        let mut server = Self::start(options, "demo", (folder, ""), Tokens::default()).await?;
        // Where a demo keeps what it makes, unless it is told.
        server.url = "sqlite:skolhus-demo.sqlite".to_owned();
        Ok(server)
    }

    async fn start(
        options: &Options,
        word: &str,
        (folder, url): (&Path, &str),
        tokens: Tokens,
    ) -> Result<Self, Failure> {
        let program = options.server()?;
        let address = free_address()?;
        let mut command = command(&program, folder, url);
        command.args([word, "--listen", &address.to_string()]);
        command.args(["--set", &format!("workers={}", options.workers)]);
        command.args(["--set", &format!("connections={}", options.pool)]);
        let begun = Instant::now();
        let child = command.spawn()?;
        let (folder, url) = (folder.to_owned(), url.to_owned());
        let mut server = Self { child, program, folder, url, tokens, address, ready_after: Duration::ZERO };
        server.until_ready(begun).await?;
        server.ready_after = begun.elapsed();
        Ok(server)
    }

    async fn until_ready(&mut self, begun: Instant) -> Result<(), Failure> {
        let ready = Request::get("/health/ready");
        while begun.elapsed() < PATIENCE {
            if let Ok(answer) = Connection::new(self.address).send(&ready).await
                && answer.status == 200
            {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the server ended before it was ready: {status}").into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Err("the server did not become ready".into())
    }

    /// A token for an account, as `skolhus account token` makes it; the same one as long as it is fresh.
    pub fn token(&self, email: &str) -> Result<Rc<str>, Failure> {
        if let Some((token, minted)) = self.tokens.borrow().get(email)
            && minted.elapsed() < FRESH
        {
            return Ok(Rc::clone(token));
        }
        let words = ["account", "token", email];
        let token: Rc<str> = printed(&mut command(&self.program, &self.folder, &self.url), &words)?.into();
        self.tokens.borrow_mut().insert(email.to_owned(), (Rc::clone(&token), Instant::now()));
        Ok(token)
    }

    /// Opens an account with a password, as the operator does on the command line.
    pub fn open_account(&self, email: &str, password: &str) -> Result<(), Failure> {
        let mut command = command(&self.program, &self.folder, &self.url);
        command.args(["account", "create", email, "--role", "teacher", "--password-stdin"]);
        let mut child = command.stdin(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(password.as_bytes())?;
        }
        let status = child.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("an account could not be opened: {status}").into())
        }
    }

    /// How many statements the server has run so far that read or wrote tables.
    pub async fn statements(&self) -> Result<f64, Failure> {
        let answer = Connection::new(self.address).send(&Request::get("/metrics")).await?;
        let text = String::from_utf8(answer.body.to_vec())?;
        let line = text.lines().find_map(|line| line.strip_prefix("skolhus_statements "));
        Ok(line.ok_or("/metrics does not count statements")?.trim().parse()?)
    }

    /// Waits until its workers rest: what is measured next pays for nothing that was written before.
    pub async fn at_rest(&self) -> Result<(), Failure> {
        let begun = Instant::now();
        let mut before = self.statements().await?;
        while begun.elapsed() < REST {
            tokio::time::sleep(MOMENT).await;
            let now = self.statements().await?;
            if now == before {
                return Ok(());
            }
            before = now;
        }
        Err("the server's workers did not come to rest".into())
    }

    /// Statements that one of these requests costs: the middle of several, each sent when the workers rest, who look
    /// around now and then all the same.
    pub async fn cost(&self, requests: &[Request]) -> Result<f64, Failure> {
        let mut connection = Connection::new(self.address);
        let mut counts = Vec::new();
        for request in requests.iter().take(COUNTED) {
            self.at_rest().await?;
            let before = self.statements().await?;
            connection.send(request).await?;
            counts.push(self.statements().await? - before);
        }
        Ok(median(counts))
    }

    /// What it has in memory now, in MiB.
    pub fn memory(&self) -> Option<f64> {
        memory(self.child.id(), "VmRSS:")
    }

    /// The most that it has had in memory, in MiB.
    pub fn peak_memory(&self) -> Option<f64> {
        memory(self.child.id(), "VmHWM:")
    }

    /// How many seconds its threads have run on a processor so far; none on systems that do not tell.
    pub fn seconds_of_processor(&self) -> Option<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // Behind the program's name, which may hold anything: the 12th is the program's own time, the 13th the system's.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok());
        // Linux tells programs of a hundredth of a second, whatever it counts in itself.
        Some((ticks(11)? + ticks(12)?) / 100.0)
    }

    /// Asks it to end in order, and waits.
    pub async fn stop(mut self) -> Result<(), Failure> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return if status.success() { Ok(()) } else { Err(format!("the server: {status}").into()) };
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err("the server did not stop".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already, or ends now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A figure of `/proc/<id>/status`, in MiB; none on systems that have no such thing.
pub fn memory(id: u32, figure: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib / 1024.0)
}

/// An address on loopback that is free now.
fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
