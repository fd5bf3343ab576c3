//! The process in which the hand-written handlers run.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use crate::{Failure, database::Database, drive::Request, options::Options, server::memory};

/// The running process.
pub struct Hand {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Hand {
    /// Starts it on a database that the server may be working on.
    pub fn start(options: &Options, database: &Database) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["hand", "--into", &database.url]);
        command.args(["--workers", &options.workers.to_string(), "--pool", &options.pool.to_string()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        match line.trim().parse() {
            Ok(address) => Ok(Self { child, address }),
            Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                Err("the hand-written handlers did not start".into())
            }
        }
    }

    /// The most that it has had in memory, in MiB.
    pub fn peak_memory(&self) -> Option<f64> {
        memory(self.child.id(), "VmHWM:")
    }

    /// The bare hello.
    pub fn hello() -> Request {
        Request::get("/hello")
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        // It ends now, if it has not ended with its input.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
