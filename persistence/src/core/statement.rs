//! A statement put together as text, for what the common query type cannot say.

use std::fmt::Write as _;

use diesel::{QueryableByName, pg::Pg, sqlite::Sqlite};
use skolhus_domain::id::Id;

use super::{
    connection::DatabaseConnection,
    error::Error,
    reach::Condition,
    rows::{Cell, load},
    types::Uid,
};

/// A statement as text, with its parameters.
#[derive(Default)]
pub(crate) struct Statement {
    text: String,
    cells: Vec<Cell>,
}

impl Statement {
    /// Goes on with text of our own; what comes from a request or a row is bound.
    pub(crate) fn sql(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// A parameter.
    pub(crate) fn bind(&mut self, cell: impl Into<Cell>) {
        self.cells.push(cell.into());
        // Writing to a String cannot fail.
        let _ = write!(self.text, "${}", self.cells.len());
    }

    /// How far somebody reaches.
    pub(crate) fn condition(&mut self, condition: &Condition) {
        condition.write(&mut self.text, &mut self.cells);
    }

    /// `AND` the column is one of the ids; none of them asks for all.
    pub(crate) fn within<I: Id>(&mut self, column: &str, ids: &[I]) {
        if ids.is_empty() {
            return;
        }
        self.sql(" AND ");
        self.sql(column);
        self.one_of(ids);
    }

    /// `IN` the ids.
    pub(crate) fn one_of<I: Id>(&mut self, ids: &[I]) {
        self.sql(" IN (");
        for (place, id) in ids.iter().enumerate() {
            if place > 0 {
                self.sql(", ");
            }
            self.bind(Uid::of(*id));
        }
        self.sql(")");
    }

    /// Reads with it.
    pub(crate) fn load<T>(self, connection: &mut DatabaseConnection) -> Result<Vec<T>, Error>
    where
        T: QueryableByName<Pg> + QueryableByName<Sqlite> + 'static,
    {
        Ok(load(connection, self.text, self.cells)?)
    }
}
