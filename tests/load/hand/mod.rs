//! What the server is measured against, in a process of its own with as many workers: a bare hello, and a
//! hand-written handler that runs the same SQL on the raw driver and answers with the same JSON, or writes the same rows
//! in one transaction. It checks no token and nobody's authority, reads without a transaction, counts nothing and logs
//! nothing: it is as fast as it can be written, and what Skolhus does beside it is the price of doing it.

mod class;
mod day;
mod postgres;
mod process;
mod read;
mod roster;
mod sqlite;

use std::{io::Write, net::Ipv4Addr, sync::Arc};

use actix_web::{App, HttpResponse, HttpServer, error::ErrorInternalServerError, web};
use chrono::NaiveDate;
use skolhus_api::program::chance::WallClock;
use skolhus_domain::instant::{Clock, school_day};
use uuid::Uuid;

use crate::{Failure, options::Options};

pub use process::Hand;

/// The raw connections.
enum Store {
    Sqlite(Arc<sqlite::Pool>),
    Postgres(postgres::Pool),
}

/// What the handlers share.
struct State {
    store: Store,
    today: NaiveDate,
}

/// What is asked for with: the organiser, the account that asks, and the offering, the lesson or the teacher.
type Asked = (Uuid, Uuid, Uuid);

/// Serves until standard input is closed: when whoever started it is gone, so is this.
pub fn serve(options: &Options) -> Result<(), Failure> {
    actix_web::rt::System::new().block_on(async {
        let url = options.into()?;
        let (pool, today) = (usize::try_from(options.pool)?, school_day(WallClock.now()));
        let store = match url.strip_prefix("sqlite:") {
            Some(path) => Store::Sqlite(Arc::new(sqlite::Pool::open(path, pool, today)?)),
            None => Store::Postgres(postgres::Pool::open(url, pool, today).await?),
        };
        let state = web::Data::new(State { store, today });
        let mut server = HttpServer::new(move || {
            App::new()
                .app_data(state.clone())
                .route("/hello", web::get().to(hello))
                .route("/roster/{organiser}/{account}/{offering}", web::get().to(roster))
                .route("/day/{organiser}/{account}/{teacher}", web::get().to(day))
                .route("/class/{organiser}/{account}/{lesson}", web::put().to(class))
        })
        .bind((Ipv4Addr::LOCALHOST, 0))?;
        if options.workers > 0 {
            server = server.workers(usize::try_from(options.workers)?);
        }
        let address = *server.addrs().first().ok_or("no address")?;
        // The first and only line that is printed.
        writeln!(std::io::stdout(), "{address}")?;
        let server = server.disable_signals().run();
        let handle = server.handle();
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            drop(handle.stop(false));
        });
        Ok(server.await?)
    })
}

async fn hello() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(r#"{"hello":"world"}"#)
}

async fn roster(asked: web::Path<Asked>, state: web::Data<State>) -> actix_web::Result<HttpResponse> {
    let asked = asked.into_inner();
    let rows = match &state.store {
        Store::Sqlite(pool) => in_turn(pool, move |pool| pool.roster(asked)).await?,
        Store::Postgres(pool) => pool.roster(asked).await,
    };
    let page = roster::Page::of(rows.map_err(ErrorInternalServerError)?, state.today)
        .map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().json(page))
}

async fn day(asked: web::Path<Asked>, state: web::Data<State>) -> actix_web::Result<HttpResponse> {
    let asked = asked.into_inner();
    let day = match &state.store {
        Store::Sqlite(pool) => in_turn(pool, move |pool| pool.day(asked)).await?,
        Store::Postgres(pool) => pool.day(asked).await,
    };
    let day = day.map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().json(day.answer(state.today, WallClock.now())))
}

/// Reads on a thread that may wait for the disk, when a connection is free.
async fn in_turn<T: Send + 'static>(
    pool: &Arc<sqlite::Pool>,
    read: impl FnOnce(&sqlite::Pool) -> T + Send + 'static,
) -> actix_web::Result<T> {
    let (pool, permit) = (Arc::clone(pool), pool.permit().await.map_err(ErrorInternalServerError)?);
    let read = web::block(move || {
        let _permit = permit;
        read(&pool)
    });
    Ok(read.await?)
}

async fn class(
    asked: web::Path<Asked>,
    save: web::Json<class::Save>,
    state: web::Data<State>,
) -> actix_web::Result<HttpResponse> {
    let (asked, now) = (asked.into_inner(), WallClock.now());
    let rows = save.rows(asked.2).map_err(ErrorInternalServerError)?;
    let version = match &state.store {
        Store::Sqlite(pool) => {
            let pool = Arc::clone(pool);
            web::block(move || pool.save(asked, now, &rows)).await?
        }
        Store::Postgres(pool) => pool.save(asked, now, &rows).await,
    };
    let version = version.map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().json(class::Saved { version }))
}
