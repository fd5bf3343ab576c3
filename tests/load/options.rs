//! What the load program is asked for.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use skolhus_api::program::chance::WallClock;
use skolhus_domain::instant::{Clock, school_day};

use crate::{Failure, data::Plan, database::Kind};

/// With fewer there would not be two classes.
const LEAST_PERSONS: u32 = 200;

/// Measures Skolhus beside a bare hello and a hand-written handler, on this machine alone.
#[derive(Clone, Parser)]
#[command(name = "load")]
pub struct Options {
    /// What to measure.
    pub what: What,
    /// On which database.
    #[arg(long, value_enum, default_value_t = On::Both)]
    pub database: On,
    /// Persons in the register (growth has its own sizes).
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1_000..=1_500_000))]
    pub persons: u32,
    /// Organisers that they are spread over.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=290))]
    pub organisers: u32,
    /// Sizes that growth compares, the smallest first.
    #[arg(
        long, value_delimiter = ',', default_value = "1000,20000,200000,1500000",
        value_parser = clap::value_parser!(u32).range(1_000..=1_500_000)
    )]
    pub sizes: Vec<u32>,
    /// The same seed makes the same register.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Seconds that one round lasts.
    #[arg(long, default_value_t = 5.0, value_parser = seconds)]
    pub seconds: f64,
    /// Rounds: in each of them everything that is compared is measured once, in turn.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub rounds: u32,
    /// Registrations of one person each that come within a second.
    #[arg(long, default_value_t = 1_500, value_parser = clap::value_parser!(u32).range(25..=10_000))]
    pub single_saves: u32,
    /// People who log in at once.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u8).range(1..=250))]
    pub logins: u8,
    /// Connections that are kept busy.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    pub connections: u32,
    /// Connections that overload may open; a request that finds none free is not sent, and counted.
    #[arg(long, default_value_t = 1_024, value_parser = clap::value_parser!(u32).range(1..=4_096))]
    pub overload_connections: u32,
    /// How many times its capacity the server is offered in overload.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=20))]
    pub times: u32,
    /// Worker threads of the server, and of what it is compared with; 0 for one per processor.
    #[arg(long, default_value_t = 0)]
    pub workers: u32,
    /// Connections to the database: of the server's pool, and of what it is compared with.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub pool: u32,
    /// The program to measure; unless said otherwise `skolhus` beside this one.
    #[arg(long, value_name = "PATH")]
    pub server: Option<PathBuf>,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
    /// End with a failure when a target is missed.
    #[arg(long)]
    pub strict: bool,
    /// For `data`: the migrated, empty database to fill.
    #[arg(long, value_name = "ADDRESS")]
    pub into: Option<String>,
}

/// What to measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum What {
    /// Everything.
    All,
    /// A page of 25 participations of an offering.
    Roster,
    /// A class of 25 saved in one call.
    Class,
    /// A teacher's day.
    Day,
    /// What guardians read in the morning.
    Today,
    /// The attendance of a class in a term, in numbers.
    Statistics,
    /// What it costs that a request is signed.
    Authority,
    /// 1,500 registrations of one person within a second.
    Single,
    /// Every class saved while guardians report absence and read today.
    Morning,
    /// Every participation of an organiser, page by page, while others are entered.
    Walk,
    /// How long the server takes to be ready.
    Start,
    /// The memory of a demo that nobody uses.
    Idle,
    /// Two hundred people log in at once, while others work.
    Logins,
    /// Many times as many requests as the server can answer.
    Overload,
    /// The roster page, the class saved and the teacher's day in registers of several sizes.
    Growth,
    /// Only fill a database.
    Data,
    /// What the server is compared with, in a process of its own.
    #[value(hide = true)]
    Hand,
}

/// On which database.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum On {
    /// The embedded one.
    Sqlite,
    /// The server: a private one of the installed programs, or that of `SKOLHUS_TEST_POSTGRES`.
    Postgres,
    /// One after the other.
    Both,
}

/// A token lives ten minutes and is renewed between rounds: a round is much shorter.
fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "must be a number".to_owned())?;
    if (0.1..=120.0).contains(&seconds) { Ok(seconds) } else { Err("must be 0.1 to 120".to_owned()) }
}

impl Options {
    /// The register of that size.
    pub fn plan(&self, persons: u32) -> Result<Plan, Failure> {
        if persons / self.organisers < LEAST_PERSONS {
            return Err(format!("an organiser needs at least {LEAST_PERSONS} persons").into());
        }
        // Teachers reach what they teach today, so the terms lie around the day of the run.
        let today = school_day(WallClock.now());
        Ok(Plan { seed: self.seed, persons, organisers: self.organisers, today })
    }

    /// The databases to measure on.
    pub fn kinds(&self) -> &'static [Kind] {
        match self.database {
            On::Sqlite => &[Kind::Sqlite],
            On::Postgres => &[Kind::Postgres],
            On::Both => &[Kind::Sqlite, Kind::Postgres],
        }
    }

    /// How long a round lasts.
    pub fn round(&self) -> std::time::Duration {
        std::time::Duration::from_secs_f64(self.seconds)
    }

    /// The program to measure.
    pub fn server(&self) -> Result<PathBuf, Failure> {
        let program = match &self.server {
            Some(path) => path.clone(),
            None => std::env::current_exe()?.with_file_name("skolhus"),
        };
        if !program.is_file() {
            return Err(format!(
                "there is no {}: build it with `cargo build --release --workspace`, or name another with --server",
                program.display()
            )
            .into());
        }
        // It runs in a folder of its own.
        Ok(std::fs::canonicalize(program)?)
    }

    /// The database that `--into` names.
    pub fn into(&self) -> Result<&str, Failure> {
        self.into.as_deref().ok_or_else(|| "--into names the database".into())
    }
}
