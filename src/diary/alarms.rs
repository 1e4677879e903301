//! What has stopped and waits for a person.

use anyhow::Result;
use jiff::Timestamp;

use super::Tx;
use super::cells::Cells;
use super::tx::{execute, row, rows};
use crate::model::words;

/// What can stop until a person acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmName {
    /// More replies in an hour than `reply.max_per_hour`: nothing is sent until `inkom outbox resume`.
    Breaker,
}

words!(AlarmName { Breaker = "breaker" });

#[derive(Clone, Debug)]
pub struct Alarm {
    pub name: AlarmName,
    pub since: Timestamp,
    pub text: String,
}

impl Tx {
    /// Says whether it was silent before.
    pub async fn raise(&mut self, name: AlarmName, now: Timestamp, text: &str) -> Result<bool> {
        let rows = execute!(
            self,
            "insert into alarm (name, since, text, silenced_at) values ($1, $2, $3, 0)
             on conflict (name) do update set since = $2, text = $3, silenced_at = 0 where alarm.silenced_at > 0",
            name.word(),
            now.as_millisecond(),
            text,
        );
        Ok(rows == 1)
    }

    /// Says whether it was raised.
    pub async fn silence(&mut self, name: AlarmName, now: Timestamp) -> Result<bool> {
        let rows = execute!(
            self,
            "update alarm set silenced_at = $2 where name = $1 and silenced_at = 0",
            name.word(),
            now.as_millisecond(),
        );
        Ok(rows == 1)
    }

    /// When a person last silenced it.
    pub async fn silenced_at(&mut self, name: AlarmName) -> Result<Option<Timestamp>> {
        Ok(row!(self, "select silenced_at from alarm where name = $1", name.word(); |row| row.maybe_time("silenced_at"))?.flatten())
    }

    pub async fn alarms(&mut self) -> Result<Vec<Alarm>> {
        rows!(self, "select name, since, text from alarm where silenced_at = 0 order by since"; |row| {
            Ok(Alarm { name: row.word("name")?, since: row.time("since")?, text: row.text("text")? })
        })
    }
}
