use std::borrow::Cow;

/// What was repaired, guessed or could not be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defect {
    /// There is nothing in it at all.
    Empty,
    /// No header could be found.
    NoHeader,
    /// More than one From line; the first counts.
    SeveralFrom,
    /// The text could not be decoded as declared, and was guessed or shown as it stands.
    Charset,
    /// The transfer encoding was broken; what could not be decoded is shown as it stands.
    Encoding,
    /// The parts are not delimited as declared, or the end is missing.
    Structure,
    /// Text stands before or after its parts, where mail programs do not show it; here it is shown.
    Outside,
    /// The header is longer than is read; what it says further down is not known.
    LongHeader,
    /// Only this much of it was read, for its size or nesting; all of it is kept.
    Bounded,
    /// Reading it failed altogether; only the kept original shows it.
    Unreadable,
    /// It is encrypted; only the recipient's own key can open it.
    Encrypted,
    /// It is compressed (S/MIME, RFC 3274) and not unpacked.
    Compressed,
    /// It holds certificates (S/MIME) and no text.
    Certificates,
    /// A container of files (winmail.dat, uuencode, S/MIME) is cut off or contradicts itself.
    Container,
    /// Its forms (multipart/alternative) do not say the same; all are shown.
    Alternatives,
    /// Some of it lies elsewhere and was not fetched (message/external-body, RFC 2046 §5.2.3).
    External,
    /// It is one piece of a message that was sent in several (message/partial, RFC 2046 §5.2.2).
    Partial,
    /// So many texts were not shown, since a reader of the original would not see them either.
    Hidden(u32),
    /// So many images and other things on the web were not fetched.
    Remote(u32),
    /// So many images too small to see were not fetched: they tell their owner that the message has been read.
    Trackers(u32),
    Scripts(u32),
    /// Fields to fill in.
    Forms(u32),
}

impl Defect {
    /// Takes in what is noted once more; false when it is something else.
    pub(super) fn take_in(&mut self, more: &Self) -> bool {
        match (self, more) {
            (Self::Hidden(count), Self::Hidden(more))
            | (Self::Remote(count), Self::Remote(more))
            | (Self::Trackers(count), Self::Trackers(more))
            | (Self::Scripts(count), Self::Scripts(more))
            | (Self::Forms(count), Self::Forms(more)) => {
                *count += more;
                true
            }
            (one, more) => one == more,
        }
    }

    /// What a person is told.
    #[must_use]
    pub fn text(&self) -> Cow<'static, str> {
        let counted =
            |count, one, many| if count == 1 { Cow::Borrowed(one) } else { Cow::Owned(format!("{count} {many}")) };
        Cow::Borrowed(match *self {
            Self::Empty => "Meddelandet är tomt.",
            Self::NoHeader => "Meddelandet saknar brevhuvud.",
            Self::SeveralFrom => "Meddelandet anger flera avsändarrader. Den första visas som avsändare.",
            Self::Charset => "Textens teckenkodning var felaktigt angiven och har gissats.",
            Self::Encoding => "Texten var felaktigt kodad. Det som inte gick att avkoda visas som det står.",
            Self::Structure => "Meddelandets delar är felaktigt avgränsade. Det kan vara avklippt.",
            Self::Outside => "Text utanför meddelandets delar visas också. E-postprogram brukar inte visa den.",
            Self::LongHeader => "Brevhuvudet är orimligt långt och visas inte helt. Hela originalet är sparat.",
            Self::Bounded => {
                "Meddelandet är mycket stort eller djupt nästlat. Allt visas inte här, men hela originalet är sparat."
            }
            Self::Unreadable => "Meddelandet kunde inte läsas. Hela originalet är sparat.",
            Self::Encrypted => "Meddelandet är krypterat och kan inte visas. Hela originalet är sparat.",
            Self::Compressed => "Meddelandet är komprimerat (S/MIME) och kan inte visas. Hela originalet är sparat.",
            Self::Certificates => "Meddelandet innehåller certifikat (S/MIME) men ingen text.",
            Self::Container => "En bifogad behållare är skadad. Det som gick att läsa i den visas.",
            Self::Alternatives => "Meddelandet finns i flera former som inte säger samma sak. Alla visas.",
            Self::External => "En del av meddelandet ligger någon annanstans och har inte hämtats.",
            Self::Partial => "Meddelandet är en del av ett som har skickats i flera delar.",
            Self::Hidden(count) => return counted(count, "En dold text visas inte.", "dolda texter visas inte."),
            Self::Remote(count) => {
                return counted(
                    count,
                    "En bild eller annan resurs på webben har inte hämtats.",
                    "bilder eller andra resurser på webben har inte hämtats.",
                );
            }
            Self::Trackers(count) => {
                return counted(count, "En spårningsbild har tagits bort.", "spårningsbilder har tagits bort.");
            }
            Self::Scripts(count) => return counted(count, "Ett skript har tagits bort.", "skript har tagits bort."),
            Self::Forms(count) => {
                return counted(count, "Ett formulärfält har tagits bort.", "formulärfält har tagits bort.");
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Defect;

    #[test]
    fn what_is_counted_reads_as_swedish() {
        for (defect, text) in [
            (Defect::Hidden(1), "En dold text visas inte."),
            (Defect::Remote(1), "En bild eller annan resurs på webben har inte hämtats."),
            (Defect::Trackers(1), "En spårningsbild har tagits bort."),
            (Defect::Scripts(1), "Ett skript har tagits bort."),
            (Defect::Scripts(2), "2 skript har tagits bort."),
            (Defect::Forms(1), "Ett formulärfält har tagits bort."),
            (Defect::Forms(12), "12 formulärfält har tagits bort."),
        ] {
            assert_eq!(defect.text(), text);
        }
    }
}
