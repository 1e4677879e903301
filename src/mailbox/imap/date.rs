//! INTERNALDATE (RFC 3501 §9, `date-time`).

use jiff::Timestamp;
use jiff::fmt::strtime;

/// Reads `21-Nov-2026 14:05:09 +0100`; the day may be padded with a space.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim()).ok()?.to_timestamp().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_time_of_rfc_3501_is_read() {
        for (text, at) in [
            ("21-Nov-2026 14:05:09 +0100", "2026-11-21T13:05:09Z"),
            (" 1-Jan-2027 00:30:00 +0100", "2026-12-31T23:30:00Z"),
            ("01-Jan-2027 00:30:00 -0330", "2027-01-01T04:00:00Z"),
            ("31-Dec-2016 23:59:60 +0000", "2016-12-31T23:59:59Z"),
        ] {
            assert_eq!(read(text).map(|at| at.to_string()).as_deref(), Some(at), "{text}");
        }
        for text in ["", "NIL", "32-Jan-2027 00:00:00 +0000", "2027-01-01T00:00:00Z"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
