//! The thin binary, run once or kept running. What is started here ends with the test.

use std::{
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// A command line of the program, in a folder and on a database of the test's own.
pub fn program(folder: &Path, database: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skolhus-under-test"));
    command.current_dir(folder).env("DATABASE_URL", database).env("SKOLHUS_LOG_FORMAT", "text");
    command.env("SKOLHUS_MASTER_KEY", "11".repeat(32)).stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn run(folder: &Path, database: &str, words: &[&str]) -> Output {
    program(folder, database).args(words).output().unwrap()
}

/// What a command prints when it succeeds, without the line end.
#[track_caller]
pub fn printed(folder: &Path, database: &str, words: &[&str]) -> String {
    let output = run(folder, database, words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Why a command fails.
#[track_caller]
pub fn refusal(folder: &Path, database: &str, words: &[&str]) -> String {
    let output = run(folder, database, words);
    assert!(!output.status.success(), "{words:?} succeeds");
    String::from_utf8(output.stderr).unwrap()
}

/// A server that runs until it is stopped, killed or dropped.
pub struct Running {
    child: Child,
    /// Where it listens.
    pub url: String,
}

impl Running {
    /// Starts `serve` and waits until it is ready.
    pub fn serve(folder: &Path, database: &str) -> Self {
        let port = free_port();
        let mut command = program(folder, database);
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
        Self::start(command, port)
    }

    /// Starts a server's command line; nobody reads its log.
    pub fn start(command: Command, port: u16) -> Self {
        Self::logging_to(Stdio::null(), command, port)
    }

    /// Starts a server's command line with its log.
    pub fn logging_to(log: Stdio, mut command: Command, port: u16) -> Self {
        let child = command.stderr(log).spawn().unwrap();
        let mut running = Self { child, url: format!("http://127.0.0.1:{port}") };
        let begun = Instant::now();
        // The socket takes connections before the server answers on them.
        while !answers(port) {
            assert!(begun.elapsed() < Duration::from_secs(90), "the server did not start");
            assert!(running.child.try_wait().unwrap().is_none(), "the server ended");
            std::thread::sleep(Duration::from_millis(10));
        }
        running
    }

    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The most memory that it has had so far, in KiB.
    #[cfg(target_os = "linux")]
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Kills it as a crash would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end and waits; whether it ended as it should.
    pub fn stop(mut self) -> bool {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, or ends now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client for a server of its own process. In a server of ours the program has done this.
pub fn client() -> reqwest::Client {
    // Once per process; a second time it is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    skolhus_tests::server::plain_client()
}

/// Whether the server says that it is ready.
fn answers(port: u16) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return false };
    let asked =
        stream.write_all(b"GET /health/ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let mut answer = String::new();
    asked.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.1 200")
}

/// A port that is free now, outside of those that the system gives out by itself: another test's server is not given it
/// before ours listens, and would then answer in its place.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id() % 100 * 100;
    loop {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        let port = u16::try_from(port).unwrap();
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
