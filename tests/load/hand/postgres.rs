//! The raw driver on PostgreSQL: a pool of connections, each with its prepared statements.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::Semaphore;
use tokio_postgres::{Client, Statement, types::ToSql};
use uuid::Uuid;

use super::{
    Asked,
    class::{self, REGISTER},
    day::{self, Day, ExpectedRow, LessonRow},
    read::FromRow,
    roster::{POSTGRES, Row, SCOPE},
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
    lessons: Statement,
    registers: Statement,
}

impl Pool {
    /// Opens so many.
    pub async fn open(url: &str, size: usize, today: NaiveDate) -> Result<Self, Failure> {
        let mut free = Vec::with_capacity(size);
        for _ in 0..size {
            let client = connect(url).await?;
            let registers = day::registers(true).replace("AMONG_THESE", "= ANY($4)");
            free.push(Prepared {
                scope: client.prepare(SCOPE).await?,
                page: client.prepare(POSTGRES).await?,
                register: client.prepare(REGISTER).await?,
                marks: client.prepare(&class::postgres()).await?,
                lessons: client.prepare(&day::lessons(true)).await?,
                registers: client.prepare(&registers).await?,
                client,
            });
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

    /// A teacher's day.
    pub async fn day(&self, asked: Asked) -> Result<Day, Failure> {
        let _permit = self.permits.acquire().await?;
        let prepared = self.lock().pop().ok_or("no connection is free")?;
        let day = prepared.day(asked, self.today).await;
        self.lock().push(prepared);
        day
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
    /// Whether the account may see anything.
    async fn admit(&self, organiser: Uuid, account: Uuid, today: NaiveDate) -> Result<(), Failure> {
        let roles = self.client.query(&self.scope, &[&organiser, &account, &Uuid::nil(), &today]).await?;
        let role: Option<String> = roles.first().ok_or("there is no such account")?.try_get(4)?;
        role.ok_or("the account has no role")?;
        Ok(())
    }

    async fn roster(&self, asked: Asked, today: NaiveDate) -> Result<Vec<Row>, Failure> {
        let (organiser, account, offering) = asked;
        self.admit(organiser, account, today).await?;
        let rows = self.client.query(&self.page, &[&organiser, &offering]).await?;
        rows.iter().map(Row::read).collect()
    }

    async fn day(&self, asked: Asked, today: NaiveDate) -> Result<Day, Failure> {
        let (organiser, account, teacher) = asked;
        self.admit(organiser, account, today).await?;
        let rows = self.client.query(&self.lessons, &[&organiser, &teacher, &today]).await?;
        let lessons = rows.iter().map(LessonRow::read).collect::<Result<Vec<_>, _>>()?;
        let ids: Vec<Uuid> = lessons.iter().map(|lesson| lesson.id).collect();
        let rows = self.client.query(&self.registers, &[&organiser, &teacher, &today, &ids]).await?;
        let expected = rows.iter().map(ExpectedRow::read).collect::<Result<_, _>>()?;
        Ok(Day { lessons, expected })
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
