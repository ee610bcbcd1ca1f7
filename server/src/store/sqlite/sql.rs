//! Running statements: each connection prepares one once and keeps it.
//!
//! Each is told of at trace, by its text, to whoever listens to `gchat::sql` (the bench counts them so); what is bound
//! to it is never told. Knows no statement.

use std::fmt;

use rusqlite::{CachedStatement, Connection, Error, OptionalExtension as _, Params, Result, Row};

use super::StoreError;

/// What becomes of a row: a tuple of its columns.
pub(super) trait Columns: for<'a> TryFrom<&'a Row<'a>, Error = Error> {}

impl<T: for<'a> TryFrom<&'a Row<'a>, Error = Error>> Columns for T {}

/// What a connection does with a statement.
pub(super) trait Statements {
    /// Its first row; there must be one.
    fn one<T: Columns>(&self, sql: &str, params: impl Params) -> Result<T>;
    /// Its first row, if there is one.
    fn maybe<T: Columns>(&self, sql: &str, params: impl Params) -> Result<Option<T>>;
    /// All of its rows.
    fn all<T: Columns>(&self, sql: &str, params: impl Params) -> Result<Vec<T>>;
    /// Its rows one after the other, as long as `take` wants more: those after are not looked at.
    fn walk<T: Columns>(
        &self,
        sql: &str,
        params: impl Params,
        take: impl FnMut(T) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError>;
    /// How many rows it changed; it returns none.
    fn change(&self, sql: &str, params: impl Params) -> Result<usize>;
}

impl Statements for Connection {
    fn one<T: Columns>(&self, sql: &str, params: impl Params) -> Result<T> {
        Statement::of(self, sql)?.one(params)
    }

    fn maybe<T: Columns>(&self, sql: &str, params: impl Params) -> Result<Option<T>> {
        self.one(sql, params).optional()
    }

    fn all<T: Columns>(&self, sql: &str, params: impl Params) -> Result<Vec<T>> {
        Statement::of(self, sql)?.all(params)
    }

    fn walk<T: Columns>(
        &self,
        sql: &str,
        params: impl Params,
        mut take: impl FnMut(T) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = Statement::of(self, sql)?;
        let mut rows = statement.told().query(params)?;
        while let Some(row) = rows.next()? {
            if !take(T::try_from(row)?)? {
                break;
            }
        }
        Ok(())
    }

    fn change(&self, sql: &str, params: impl Params) -> Result<usize> {
        Statement::of(self, sql)?.change(params)
    }
}

/// One statement at hand, for who runs it again and again: looking for it among the others takes its text.
pub(super) struct Statement<'a> {
    sql: &'a str,
    prepared: CachedStatement<'a>,
}

impl<'a> Statement<'a> {
    pub(super) fn of(conn: &'a Connection, sql: &'a str) -> Result<Self> {
        Ok(Self { sql, prepared: conn.prepare_cached(sql)? })
    }

    /// As `Statements::maybe`.
    pub(super) fn maybe<T: Columns>(&mut self, params: impl Params) -> Result<Option<T>> {
        self.one(params).optional()
    }

    /// As `Statements::change`.
    pub(super) fn change(&mut self, params: impl Params) -> Result<usize> {
        self.told().execute(params)
    }

    fn one<T: Columns>(&mut self, params: impl Params) -> Result<T> {
        self.told().query_row(params, |row| T::try_from(row))
    }

    fn all<T: Columns>(&mut self, params: impl Params) -> Result<Vec<T>> {
        self.told().query_map(params, |row| T::try_from(row))?.collect()
    }

    fn told(&mut self) -> &mut CachedStatement<'a> {
        tracing::trace!(target: "gchat::sql", sql = self.sql);
        &mut self.prepared
    }
}

/// What SQLite said when it refused, with the code: only that tells a full disk from a flush that failed.
#[derive(Debug)]
pub(super) struct Failure(pub(super) Error);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match code(&self.0) {
            Some(code) => write!(f, "{} (code {code})", self.0),
            None => self.0.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}

/// SQLite's extended result code (<https://www.sqlite.org/rescode.html>), if it was SQLite that refused.
pub(super) fn code(error: &Error) -> Option<i32> {
    match error {
        Error::SqliteFailure(error, _) | Error::SqlInputError { error, .. } => Some(error.extended_code),
        _ => None,
    }
}

/// The same without what extends it.
pub(super) fn primary_code(error: &Error) -> Option<i32> {
    code(error).map(|code| code & 0xff)
}

/// Instructions of SQLite's machine that this takes, by tens.
#[cfg(test)]
pub(super) fn steps<T>(conn: &mut Connection, what: impl FnOnce(&mut Connection) -> T) -> (T, usize) {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let count_on = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        false
    };
    conn.progress_handler(10, Some(count_on)).expect("a handler");
    let done = what(conn);
    conn.progress_handler(0, None::<fn() -> bool>).expect("no handler");
    (done, count.load(Ordering::Relaxed))
}
