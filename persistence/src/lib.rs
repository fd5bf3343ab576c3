//! Rows, queries and the Database handle.
