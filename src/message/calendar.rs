//! Meetings (iCalendar, RFC 5545): what, when and where of each event. Nothing is answered or entered anywhere.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::block::Meeting;
use super::charset;
use crate::clock;

/// So much of a calendar is looked at.
const MAX_BYTES: usize = 200_000;
/// Of one value.
const MAX_VALUE: usize = 4_000;
const MAX_EVENTS: usize = 20;

/// Its meetings, none when it holds no event; and whether there is more than is read. `method` is what the Content-Type
/// says, which wins (RFC 6047 §2.4).
pub fn read(text: &str, method: Option<&str>) -> (Vec<Meeting>, bool) {
    let read = &text[..text.floor_char_boundary(MAX_BYTES)];
    let mut meetings: Vec<Meeting> = Vec::new();
    let mut said = String::new();
    // How many components are open from the event on. One within it, such as an alarm, speaks for itself.
    let mut depth = 0_usize;
    let mut bounded = read.len() < text.len();
    for line in unfolded(read) {
        let Some((name, parameters, value)) = property(&line) else { continue };
        if value.len() > MAX_VALUE {
            bounded = true;
        }
        let value = &value[..value.floor_char_boundary(MAX_VALUE)];
        match (name.as_str(), depth, meetings.last_mut()) {
            ("METHOD", 0, _) => said = value.trim().to_ascii_uppercase(),
            ("BEGIN", 0, _) if is_event(value) => {
                if meetings.len() == MAX_EVENTS {
                    bounded = true;
                    break;
                }
                meetings.push(Meeting::default());
                depth = 1;
            }
            ("BEGIN", 1.., _) => depth += 1,
            ("END", 1.., _) => depth -= 1,
            (_, 1, Some(meeting)) => meeting.take_in(&name, value, &parameters),
            _ => {}
        }
    }
    let method = method.map_or(said, str::to_ascii_uppercase);
    for meeting in &mut meetings {
        meeting.method.clone_from(&method);
    }
    (meetings, bounded)
}

fn is_event(component: &str) -> bool {
    ["VEVENT", "VTODO"].iter().any(|event| component.trim().eq_ignore_ascii_case(event))
}

impl Meeting {
    fn take_in(&mut self, name: &str, value: &str, parameters: &[(String, String)]) {
        match name {
            "SUMMARY" => self.what = plain(value),
            "LOCATION" => self.place = plain(value),
            "DESCRIPTION" => self.description = plain(value),
            // There may be several, and in an answer they are a person's own words.
            "COMMENT" if self.comment.is_empty() => self.comment = plain(value),
            "COMMENT" => self.comment.extend(["\n", &plain(value)]),
            "DTSTART" => self.begins = time(value, parameters),
            "DTEND" | "DUE" => self.ends = time(value, parameters),
            "ORGANIZER" => self.organizer = person(value, parameters),
            _ => {}
        }
    }
}

/// RFC 5545 §3.1: a line that begins with a space goes on with the one before.
fn unfolded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(more), Some(last)) => last.push_str(more),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// `TZID=Europe/Stockholm`
type Parameters = Vec<(String, String)>;

/// Name, parameters and value of a line.
fn property(line: &str) -> Option<(String, Parameters, &str)> {
    let mut quoted = false;
    let colon = line.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == ':' && !quoted
    });
    let (head, value) = (&line[..colon?.0], &line[colon?.0 + 1..]);
    let mut words = head.split(';');
    let name = words.next()?.trim().to_ascii_uppercase();
    let parameters = words
        .filter_map(|word| word.split_once('='))
        .map(|(name, value)| (name.to_ascii_uppercase(), value.trim_matches('"').to_owned()))
        .collect();
    Some((name, parameters, value))
}

/// RFC 5545 §3.3.11.
fn plain(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(c) => text.push(c),
                None => {}
            },
            c => text.push(c),
        }
    }
    charset::lines(text.trim()).trim().to_owned()
}

fn person(value: &str, parameters: &[(String, String)]) -> String {
    let address = value.trim();
    let address =
        address.get(..7).filter(|start| start.eq_ignore_ascii_case("mailto:")).map_or(address, |_| &address[7..]);
    let name = parameters.iter().find(|(name, _)| name == "CN").map(|(_, name)| name.as_str());
    let text = name.map_or_else(|| address.to_owned(), |name| format!("{name} <{address}>"));
    charset::one_line(&text).into_owned()
}

/// As people write it. A time in UTC or in a zone that is known is told in Swedish time; one in another stands with its
/// zone's name.
fn time(value: &str, parameters: &[(String, String)]) -> String {
    let value = value.trim();
    let zone = parameters.iter().find(|(name, _)| name == "TZID").map(|(_, zone)| zone.as_str());
    let (local, utc) = value.strip_suffix('Z').map_or((value, false), |local| (local, true));
    let Some(at) = date_time(local) else { return charset::one_line(value).into_owned() };
    if local.len() == 8 {
        return at.date().to_string();
    }
    let known = if utc { Some(TimeZone::UTC) } else { zone.and_then(|zone| TimeZone::get(zone).ok()) };
    let local = at.strftime("%Y-%m-%d %H:%M").to_string();
    match (known.and_then(|zone| zone.to_timestamp(at).ok()), zone) {
        (Some(at), _) => clock::minute(at),
        (None, Some(zone)) => format!("{local} ({})", charset::one_line(zone)),
        (None, None) => local,
    }
}

/// `20261121T140500`, or a day alone.
fn date_time(text: &str) -> Option<DateTime> {
    let digits = |from: usize, to: usize| text.get(from..to)?.parse::<i8>().ok();
    let year = text.get(..4)?.parse::<i16>().ok()?;
    let (hour, minute) = if text.len() == 8 { (0, 0) } else { (digits(9, 11)?, digits(11, 13)?) };
    DateTime::new(year, digits(4, 6)?, digits(6, 8)?, hour, minute, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str, method: Option<&str>) -> Meeting {
        let (mut meetings, bounded) = read(text, method);
        assert_eq!((meetings.len(), bounded), (1, false));
        meetings.remove(0)
    }

    #[test]
    fn a_meeting_is_told_in_swedish_time_as_far_as_its_zone_is_known() {
        for (line, begins) in [
            ("DTSTART:20261203T072000Z", "2026-12-03 08:20"),
            ("DTSTART;TZID=Europe/London:20261203T072000", "2026-12-03 08:20"),
            ("DTSTART;TZID=\"W. Europe Standard Time\":20261203T082000", "2026-12-03 08:20 (W. Europe Standard Time)"),
            ("DTSTART:20261203T082000", "2026-12-03 08:20"),
            ("DTSTART;VALUE=DATE:20261203", "2026-12-03"),
            ("DTSTART:snart", "snart"),
            ("DTSTART:20261399T082000", "20261399T082000"),
        ] {
            let text = format!("BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nBEGIN:VEVENT\r\n{line}\r\nEND:VEVENT\r\n");
            let meeting = one(&text, None);
            assert_eq!((meeting.begins.as_str(), meeting.method.as_str()), (begins, "CANCEL"), "{line}");
        }
    }

    #[test]
    fn folded_lines_and_escapes_are_undone_and_what_is_no_meeting_gives_none() {
        let text = "BEGIN:VEVENT\nSUMMARY:Möte\\, rum 2\\nTa med\n  kort\nEND:VEVENT";
        assert_eq!(one(text, Some("request")).what, "Möte, rum 2\nTa med kort");
        assert_eq!(read("BEGIN:VCARD\nFN:Anna\nEND:VCARD", None), (vec![], false));
        assert_eq!(read("", None), (vec![], false));
    }

    #[test]
    fn each_event_tells_its_own_and_what_a_person_answered() {
        let alarm = "BEGIN:VALARM\nDESCRIPTION:Påminnelse\nSUMMARY:Larm\nEND:VALARM";
        let event = format!(
            "BEGIN:VEVENT\nSUMMARY:Läkartid\nDESCRIPTION:Ta med kort\nCOMMENT:Jag kan inte\nCOMMENT:Ring mig\n{alarm}\nEND:VEVENT\n"
        );
        let meeting = one(&event, Some("REPLY"));
        assert_eq!((meeting.what.as_str(), meeting.description.as_str()), ("Läkartid", "Ta med kort"));
        assert!(meeting.facts().contains(&("Kommentar", "Jag kan inte\nRing mig")), "{:?}", meeting.facts());
        for (events, shown, bounded) in
            [(2, 2, false), (MAX_EVENTS, MAX_EVENTS, false), (MAX_EVENTS + 1, MAX_EVENTS, true)]
        {
            let (meetings, more) = read(&event.repeat(events), None);
            assert_eq!((meetings.len(), more), (shown, bounded));
        }
        let long = format!("BEGIN:VEVENT\nDESCRIPTION:{}\nEND:VEVENT", "x".repeat(MAX_VALUE + 1));
        assert!(read(&long, None).1);
    }
}
