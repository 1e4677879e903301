//! Reports that machines make of deliveries, readings and complaints: those that say so by their form (RFC 6522) and those
//! that only look like one.

use super::kind::{Rule, Sign};
use super::signs::{header, sign};
use crate::message::Message;

/// Subjects of complaints about mail (some providers' own form), before the address it came from.
const COMPLAINT: &str = "complaint about message from";

/// Receipts without a form of their own: how the subject begins, how the text does, and what else stands in it.
const RECEIPTS: [(&str, &str, &str); 8] = [
    ("läst:", "ditt meddelande", "lästes"),
    ("oläst:", "ditt meddelande", "togs bort"),
    ("inte läst:", "ditt meddelande", "togs bort"),
    ("read:", "your message", "was read on"),
    ("not read:", "your message", "deleted without being read"),
    ("lest:", "meldingen", "ble lest"),
    ("læst:", "din meddelelse", "blev læst"),
    ("gelesen:", "ihre nachricht", "gelesen"),
];

/// `own_text`: what the sender wrote in the body.
pub fn report(message: &Message, own_text: &str) -> Option<Sign> {
    // What it reports says more than that it is a report.
    let kinds = || message.media_types.iter().filter(|kind| is_report(kind));
    let kind = kinds().find(|kind| *kind != "multipart/report").or_else(|| kinds().next());
    header(message, &["TLS-Report-Domain"], Rule::Report, |_| true)
        .or_else(|| kind.map(|kind| sign(Rule::Report, "Content-Type", kind)))
        .or_else(|| header(message, &["X-Failed-Recipients"], Rule::Report, |_| true))
        .or_else(|| by_subject(message, own_text))
}

fn by_subject(message: &Message, own_text: &str) -> Option<Sign> {
    let subject = message.subject.as_deref()?;
    let lower = subject.trim().to_lowercase();
    let is_receipt = |(title, begins, holds): &(&str, &str, &str)| {
        lower.starts_with(title) && {
            let text = own_text.to_lowercase();
            text.trim_start().starts_with(begins) && text.contains(holds)
        }
    };
    let is_such = lower.starts_with(COMPLAINT) || is_aggregate(&lower, message) || RECEIPTS.iter().any(is_receipt);
    is_such.then(|| sign(Rule::Report, "Subject", subject))
}

/// What a domain's owner is told of DMARC's results (RFC 7489 §7.2.1.1).
fn is_aggregate(subject: &str, message: &Message) -> bool {
    subject.starts_with("report domain:")
        && subject.contains("submitter:")
        && message.attachments.iter().any(|file| {
            let name = file.name.as_deref().unwrap_or_default().to_lowercase();
            [".zip", ".gz", ".xml"].iter().any(|end| name.ends_with(end))
                || ["zip", "xml"].iter().any(|kind| file.media_type.ends_with(kind))
        })
}

/// Delivery and read reports (RFC 6522, 3464, 8098), complaints (RFC 5965), reports of TLS (RFC 8460).
fn is_report(media_type: &str) -> bool {
    media_type.starts_with("application/tlsrpt")
        || matches!(
            media_type,
            "multipart/report"
                | "message/delivery-status"
                | "message/global-delivery-status"
                | "message/disposition-notification"
                | "message/global-disposition-notification"
                | "message/feedback-report"
                | "text/rfc822-headers"
        )
}

/// Whether the sign is of a report that something was not delivered.
pub fn is_of_delivery(sign: &Sign) -> bool {
    match sign.place.as_str() {
        "Content-Type" => !["disposition", "feedback", "tlsrpt"].iter().any(|word| sign.found.contains(word)),
        place => place.eq_ignore_ascii_case("X-Failed-Recipients"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_without_a_form_are_told_by_title_and_text_together() {
        let zip = "--x\r\n\r\nHej\r\n--x\r\nContent-Type: application/gzip; name=b.xml.gz\r\n\r\nx\r\n--x--";
        for (subject, more, delivery) in [
            ("Report Domain: b.example Submitter: c.example Report-ID: <1>", zip, Some(false)),
            ("Report Domain: b.example Submitter: c.example Report-ID: <1>", "\r\nHej", None),
            ("Min rapport", zip, None),
            ("Läst: Tid", "\r\nDitt meddelande\r\n\r\nTill: Anna\r\n\r\nlästes den 20 november.", Some(false)),
            ("Read: Tid", "\r\nYour message\r\n\r\nTo: Anna\r\n\r\nwas read on 20 November.", Some(false)),
            ("Läst: ja", "\r\nJag har läst ditt meddelande.", None),
            ("SV: Läst: Tid", "\r\nDitt meddelande lästes.", None),
            ("Complaint about message from 192.0.2.1", "\r\n", Some(false)),
        ] {
            let mail = format!("Subject: {subject}\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n{more}");
            let mail =
                if more == zip { mail } else { mail.replace("Content-Type: multipart/mixed; boundary=x\r\n", "") };
            let message = crate::message::read(mail.as_bytes(), 1_000_000);
            let sign = report(&message, &message.text);
            assert_eq!(sign.as_ref().map(is_of_delivery), delivery, "{subject} {sign:?}");
        }
        for (header, delivery) in [
            ("TLS-Report-Domain: b.example", false),
            ("Content-Type: application/tlsrpt+gzip", false),
            ("Content-Type: message/delivery-status", true),
            ("X-Failed-Recipients: anna@b.example", true),
        ] {
            let sign = report(&crate::message::read(format!("{header}\r\n\r\nx").as_bytes(), 1_000_000), "x");
            assert_eq!(sign.as_ref().map(is_of_delivery), Some(delivery), "{header}");
        }
    }
}
