use serde::Deserialize;

/// As long as a reference or a reason may be; what is longer is cut.
const MAX_CHARS: usize = 500;

/// What the record system answers.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub(super) enum Receipt {
    /// It is in the record, and may be found there by the reference.
    Accepted { reference: String },
    /// It is not.
    Rejected { reason: String },
}

impl Receipt {
    /// None for what is half-written or no receipt. Keys that are not known are let be.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        // Windows programs like to begin a file with a byte order mark.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        Some(match serde_json::from_slice(bytes).ok()? {
            Self::Accepted { reference } => Self::Accepted { reference: one_line(&reference) },
            Self::Rejected { reason } => Self::Rejected { reason: one_line(&reason) },
        })
    }
}

fn one_line(text: &str) -> String {
    let text: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.chars().take(MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_says_yes_with_a_reference_or_no_with_a_reason() {
        let accepted = |reference: &str| Some(Receipt::Accepted { reference: reference.into() });
        let rejected = |reason: &str| Some(Receipt::Rejected { reason: reason.into() });
        for (text, receipt) in [
            (r#"{"result":"accepted","reference":"J-17"}"#, accepted("J-17")),
            ("\u{feff}{\"reference\": \" J-17\\n\", \"result\": \"accepted\"}\r\n", accepted("J-17")),
            (r#"{"result":"accepted","reference":"","took_ms":17}"#, accepted("")),
            (r#"{"result":"rejected","reason":"okänd\npatient"}"#, rejected("okänd patient")),
            ("", None),
            (r#"{"result":"accepted","refer"#, None),
            (r#"{"result":"accepted"}"#, None),
            (r#"{"result":"rejected","reference":"J-17"}"#, None),
            (r#"{"result":"perhaps","reference":"J-17"}"#, None),
            (r#"{"result":"accepted","reference":"J-17"}{}"#, None),
            (r#"["accepted"]"#, None),
        ] {
            assert_eq!(Receipt::read(text.as_bytes()), receipt, "{text}");
        }
        let long = format!(r#"{{"result":"rejected","reason":"{}"}}"#, "å".repeat(1000));
        assert_eq!(Receipt::read(long.as_bytes()), rejected(&"å".repeat(500)));
    }
}
