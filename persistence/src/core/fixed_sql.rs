//! SQL of our own as an expression. diesel's `sql` may hold any text, and so keeps every statement it stands in from
//! being prepared once and used again; this one holds text of the program alone.

use std::marker::PhantomData;

use diesel::{
    AppearsOnTable, Expression, QueryResult, SelectableExpression,
    backend::Backend,
    expression::{TypedExpressionType, ValidGrouping, is_aggregate},
    query_builder::{AstPass, QueryFragment, QueryId},
};

/// An expression of that type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FixedSql<ST>(&'static str, PhantomData<ST>);

impl<ST> FixedSql<ST> {
    /// The text must be an expression of the type.
    pub(crate) fn new(text: &'static str) -> Self {
        Self(text, PhantomData)
    }
}

impl<ST: TypedExpressionType> Expression for FixedSql<ST> {
    type SqlType = ST;
}
impl<ST, T> AppearsOnTable<T> for FixedSql<ST> where Self: Expression {}
impl<ST, T> SelectableExpression<T> for FixedSql<ST> where Self: Expression {}
impl<ST, G> ValidGrouping<G> for FixedSql<ST> {
    type IsAggregate = is_aggregate::Never;
}
impl<ST> QueryId for FixedSql<ST> {
    type QueryId = ();
    // Two texts of one type are two statements.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST, DB: Backend> QueryFragment<DB> for FixedSql<ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}
