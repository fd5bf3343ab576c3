//! The morning of a municipality, compressed: teachers save their classes while guardians report absence and read today.

use std::time::Duration;

use super::{
    MOST_MEMORY,
    classes::{Classes, Taught},
    families::Families,
    today::GUARDIANS,
};
use crate::{
    Failure,
    data::{SUBJECTS, Set, TODAY},
    database::Database,
    drive::{Offer, Request, open},
    options::Options,
    report::{Line, Report},
    server::Server,
};

/// A municipality of 20,000 pupils has so many classes of 25; in so many seconds every one of them is saved.
const CLASSES: f64 = 800.0;
const WITHIN: f64 = 600.0;
/// Meanwhile one pupil of twenty is reported absent, and for every fourth somebody reads today.
const REPORTS: f64 = 1_000.0;
const READS: f64 = 5_000.0;
/// How many times as fast as that it all comes here.
const FACTOR: f64 = 20.0;
/// A token lives ten minutes, and may be five minutes old.
const LONGEST: Duration = Duration::from_secs(240);
/// First a set of marks that no other case leaves behind, so that everybody's mark changes. When every lesson is saved it
/// begins anew with another.
const SETS: [Set; 2] = [Set(2), Set(0)];

/// Measures it, for as long as the rounds last together.
pub async fn run(options: &Options, database: &Database, report: &mut Report) -> Result<(), Failure> {
    let server = Server::serve(options, database).await?;
    let lasting = (options.round() * options.rounds).min(LONGEST);
    let classes = Classes::of(database, teachers(lasting));
    let (lessons, tokens) = (classes.all_today(), classes.tokens(&server)?);
    let saves =
        [classes.saves(&tokens, &lessons, SETS[0])?, classes.saves(&tokens, &lessons, SETS[1])?].concat();
    let families = Families::of(database, GUARDIANS);
    let guardians = families.tokens(&server)?;
    let (reports, todays) = (families.reports(&guardians), Families::todays(&guardians));

    let drive = async |requests: &[Request], all: f64| {
        let offer =
            Offer { rate: rate(all), lasting, connections: options.connections, patience: None, first: 0 };
        open(server.address, requests, &offer).await.all_answered()
    };
    let (saved, reported, read) =
        tokio::join!(drive(&saves, CLASSES), drive(&reports, REPORTS), drive(&todays, READS));
    let saved = saved?;
    classes.check(&last_saved(&lessons, saved.answered.len()))?;

    let memory_mib = server.peak_memory();
    let kinds = [
        ("classes saved", CLASSES, saved),
        ("absence reported", REPORTS, reported?),
        ("today read", READS, read?),
    ];
    for (subject, all, mut outcome) in kinds {
        let line = Line {
            case: "morning",
            database: database.kind.name(),
            persons: database.plan.persons,
            subject: format!("{subject}, open at {:.0}/s", rate(all)),
            memory_mib,
            ..Line::default()
        };
        report.line(line.outcome(&mut outcome));
    }
    let about = Line { case: "morning", database: database.kind.name(), ..Line::default() };
    if let Some(memory) = memory_mib {
        report.at_most(&about, "memory at its peak, MiB", memory, MOST_MEMORY);
    }
    server.stop().await
}

/// So many within the morning, per second here.
fn rate(all: f64) -> f64 {
    all / WITHIN * FACTOR
}

/// Teachers who have about as many lessons today as there will be saves.
fn teachers(lasting: Duration) -> usize {
    let saves = rate(CLASSES) * lasting.as_secs_f64();
    (saves / f64::from(SUBJECTS * TODAY)).ceil() as usize
}

/// Which set was saved last in each of the lessons that were saved, after so many saves in turn.
fn last_saved(lessons: &[Taught], saves: usize) -> Vec<(Taught, Set)> {
    let set_of = |(place, lesson): (usize, &Taught)| {
        let passes = (saves - place).div_ceil(lessons.len());
        Some((*lesson, *SETS.get((passes - 1) % SETS.len())?))
    };
    lessons.iter().enumerate().take(saves).filter_map(set_of).collect()
}
