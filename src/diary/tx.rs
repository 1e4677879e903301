use anyhow::{Context as _, Result};
use sqlx::{Postgres, Sqlite, Transaction};

use crate::model::ChainHash;

/// One transaction. Its verbs stand in the files of their subjects.
#[derive(Debug)]
pub struct Tx {
    pub(super) inner: Inner,
    /// The end of the audit chain, once this transaction has added to it.
    pub(super) chain: Option<(i64, ChainHash)>,
}

#[derive(Debug)]
pub(super) enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs one body against whichever connection this is: the statement text is the same, the driver's types are not.
macro_rules! on {
    ($tx:expr, $connection:ident => $body:expr) => {
        match &mut $tx.inner {
            $crate::diary::tx::Inner::Sqlite(tx) => {
                let $connection = &mut **tx;
                $body
            }
            $crate::diary::tx::Inner::Postgres(tx) => {
                let $connection = &mut **tx;
                $body
            }
        }
    };
}

/// Rows of a statement, each through a function of [`super::cells::Cells`].
macro_rules! rows {
    ($tx:expr, $sql:expr $(, $value:expr)* ; $read:expr) => {
        $crate::diary::tx::on!($tx, connection => {
            sqlx::query($sql)$(.bind($value))*.fetch_all(connection).await?.iter().map($read).collect::<anyhow::Result<Vec<_>>>()
        })
    };
}

/// The one row of a statement, or none.
macro_rules! row {
    ($tx:expr, $sql:expr $(, $value:expr)* ; $read:expr) => {
        $crate::diary::tx::on!($tx, connection => {
            let found = sqlx::query($sql)$(.bind($value))*.fetch_optional(connection).await?;
            let read: anyhow::Result<Option<_>> = found.as_ref().map($read).transpose();
            read
        })
    };
}

/// How many rows a statement touched.
macro_rules! execute {
    ($tx:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::diary::tx::on!($tx, connection => {
            sqlx::query($sql)$(.bind($value))*.execute(connection).await?.rows_affected()
        })
    };
}

pub(super) use {execute, on, row, rows};

impl Tx {
    pub(super) fn new(inner: Inner) -> Self {
        Self { inner, chain: None }
    }

    /// Makes everything in this transaction durable, the end of the audit chain included.
    pub async fn commit(mut self) -> Result<()> {
        self.write_chain_head().await?;
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await,
            Inner::Postgres(tx) => tx.commit().await,
        }
        .context("commit to the diary")
    }
}

/// An `UPDATE` that should touch one row checks that it did.
pub(super) fn exactly_one(rows: u64, what: &str) -> Result<()> {
    anyhow::ensure!(rows == 1, "{what} touched {rows} rows instead of one");
    Ok(())
}
