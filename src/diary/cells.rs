use anyhow::{Context as _, Result};
use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use crate::model::Digest;

/// What both engines' rows can give: the three column types the diary uses, and what is built on them.
pub(super) trait Cells {
    fn int(&self, column: &str) -> Result<i64>;
    fn text(&self, column: &str) -> Result<String>;
    fn bytes(&self, column: &str) -> Result<Vec<u8>>;

    fn yes(&self, column: &str) -> Result<bool> {
        Ok(self.int(column)? != 0)
    }

    fn count(&self, column: &str) -> Result<u64> {
        u64::try_from(self.int(column)?).with_context(|| format!("{column} is negative"))
    }

    fn time(&self, column: &str) -> Result<Timestamp> {
        Timestamp::from_millisecond(self.int(column)?).with_context(|| format!("{column} is no time"))
    }

    /// A time that may be never.
    fn maybe_time(&self, column: &str) -> Result<Option<Timestamp>> {
        Ok(if self.int(column)? == 0 { None } else { Some(self.time(column)?) })
    }

    fn digest(&self, column: &str) -> Result<Digest> {
        let bytes = self.bytes(column)?;
        Ok(Digest::from_bytes(bytes.try_into().ok().with_context(|| format!("{column} is no digest"))?))
    }

    fn word<T>(&self, column: &str) -> Result<T>
    where
        T: std::str::FromStr,
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        self.text(column)?.parse().with_context(|| format!("{column} holds an unknown word"))
    }
}

macro_rules! cells {
    ($row:ty) => {
        impl Cells for $row {
            fn int(&self, column: &str) -> Result<i64> {
                self.try_get(column).with_context(|| format!("read {column}"))
            }
            fn text(&self, column: &str) -> Result<String> {
                self.try_get(column).with_context(|| format!("read {column}"))
            }
            fn bytes(&self, column: &str) -> Result<Vec<u8>> {
                self.try_get(column).with_context(|| format!("read {column}"))
            }
        }
    };
}

cells!(SqliteRow);
cells!(PgRow);
