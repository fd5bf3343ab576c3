//! The raw driver on PostgreSQL: a pool of connections, each with its prepared statements.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tokio_postgres::{Client, Statement, types::ToSql};
use uuid::Uuid;

use super::{
    Asked,
    class::{self, REGISTER},
    roster::{POSTGRES, Period, Row, SCOPE},
};
use crate::{Failure, data::Columns, database::connect};

/// Connections, and how many are free.
pub struct Pool {
    free: Mutex<Vec<Prepared>>,
    permits: Semaphore,
    today: NaiveDate,
}

struct Prepared {
    client: Client,
    scope: Statement,
    page: Statement,
    register: Statement,
    marks: Statement,
}

impl Pool {
    /// Opens so many.
    pub async fn open(url: &str, size: usize, today: NaiveDate) -> Result<Self, Failure> {
        let mut free = Vec::with_capacity(size);
        for _ in 0..size {
            let client = connect(url).await?;
            let (scope, page) = (client.prepare(SCOPE).await?, client.prepare(POSTGRES).await?);
            let (register, marks) =
                (client.prepare(REGISTER).await?, client.prepare(&class::postgres()).await?);
            free.push(Prepared { client, scope, page, register, marks });
        }
        Ok(Self { free: Mutex::new(free), permits: Semaphore::new(size), today })
    }

    /// The rows of a page.
    pub async fn roster(&self, asked: Asked) -> Result<Vec<Row>, Failure> {
        let _permit = self.permits.acquire().await?;
        let prepared = self.lock().pop().ok_or("no connection is free")?;
        let rows = prepared.roster(asked, self.today).await;
        self.lock().push(prepared);
        rows
    }

    /// Saves a class in one transaction; the register's version.
    pub async fn save(&self, asked: Asked, now: DateTime<Utc>, rows: &[class::Row]) -> Result<i64, Failure> {
        let _permit = self.permits.acquire().await?;
        let mut prepared = self.lock().pop().ok_or("no connection is free")?;
        let version = prepared.save(asked, now, rows).await;
        self.lock().push(prepared);
        version
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Prepared>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Prepared {
    async fn roster(&self, asked: Asked, today: NaiveDate) -> Result<Vec<Row>, Failure> {
        let (organiser, account, offering) = asked;
        let roles = self.client.query(&self.scope, &[&organiser, &account, &Uuid::nil(), &today]).await?;
        let role: Option<String> = roles.first().ok_or("there is no such account")?.try_get(4)?;
        role.ok_or("the account has no role")?;
        let rows = self.client.query(&self.page, &[&organiser, &offering]).await?;
        rows.iter().map(read).collect()
    }

    async fn save(
        &mut self,
        (organiser, account, lesson): Asked,
        now: DateTime<Utc>,
        rows: &[class::Row],
    ) -> Result<i64, Failure> {
        let transaction = self.client.transaction().await?;
        let register: [&(dyn ToSql + Sync); 4] = [&organiser, &lesson, &now, &account];
        let version = transaction.query_one(&self.register, &register).await?.try_get(0)?;
        let of = |number: fn(&Columns) -> u32| -> Result<Vec<i32>, Failure> {
            rows.iter().map(|row| Ok(i32::try_from(number(&row.columns))?)).collect()
        };
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let persons: Vec<Uuid> = rows.iter().map(|row| row.person).collect();
        let marks: Vec<&str> = rows.iter().map(|row| row.columns.mark).collect();
        let missed_authorised: Vec<bool> = rows.iter().map(|row| row.columns.missed_authorised).collect();
        let parameters: [&(dyn ToSql + Sync); 14] = [
            &organiser,
            &lesson,
            &now,
            &account,
            &ids,
            &persons,
            &marks,
            &of(|columns| columns.late)?,
            &of(|columns| columns.left_early)?,
            &missed_authorised,
            &of(|columns| columns.present)?,
            &of(|columns| columns.authorised)?,
            &of(|columns| columns.unauthorised)?,
            &of(|columns| columns.other)?,
        ];
        transaction.execute(&self.marks, &parameters).await?;
        transaction.commit().await?;
        Ok(version)
    }
}

fn read(row: &tokio_postgres::Row) -> Result<Row, Failure> {
    let held: (Option<NaiveDate>, Option<NaiveDate>) = (row.try_get(14)?, row.try_get(15)?);
    Ok(Row {
        id: row.try_get(1)?,
        version: row.try_get(2)?,
        created_at: row.try_get(3)?,
        modified_at: row.try_get(4)?,
        person_id: row.try_get(6)?,
        offering_id: row.try_get(7)?,
        period: Period { from: row.try_get(8)?, to: row.try_get(9)? },
        state: row.try_get(10)?,
        held: held.0.zip(held.1).map(|(from, to)| Period { from, to }),
        breaks: json(row, 16)?,
        pace: json(row, 17)?,
        funding: json(row, 18)?,
        origin: row.try_get(19)?,
        given_name: row.try_get(20)?,
        family_name: row.try_get(22)?,
        preferred_given_name: row.try_get(23)?,
    })
}

fn json<T: DeserializeOwned>(row: &tokio_postgres::Row, place: usize) -> Result<T, Failure> {
    let value: tokio_postgres::types::Json<T> = row.try_get(place)?;
    Ok(value.0)
}
