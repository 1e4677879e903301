use super::words;

/// Why a reply has not gone out (yet). Each says what a person does about it, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    NullSenderRefused,
    Rejected,
    Deferred,
    Unreachable,
    SignIn,
    Unsure,
    Interrupted,
    TooOld,
    AnsweredMeanwhile,
    NotKept,
}

words!(Trouble {
    NullSenderRefused = "null-sender-refused",
    Rejected = "rejected",
    Deferred = "deferred",
    Unreachable = "unreachable",
    SignIn = "sign-in",
    Unsure = "unsure",
    Interrupted = "interrupted",
    TooOld = "too-old",
    AnsweredMeanwhile = "answered-meanwhile",
    NotKept = "not-kept",
});

impl Trouble {
    /// What has happened and what to do about it, in the language of staff.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NullSenderRefused => {
                "E-postservern godtar inte tom avsändare (MAIL FROM:<>). Ange en obevakad adress i smtp.envelope_from och \
                 starta om inkom; svaren skickas då av sig själva."
            }
            Self::Rejected => {
                "E-postservern har slutgiltigt avvisat svaret. Kontakta avsändaren på annat sätt om det behövs."
            }
            Self::Deferred => "E-postservern bad om ett nytt försök senare. inkom försöker igen av sig själv.",
            Self::Unreachable => "E-postservern gick inte att nå. inkom försöker igen av sig själv.",
            Self::SignIn => {
                "E-postservern nekade inloggning. Kontrollera smtp.username och lösenordet med inkom check."
            }
            Self::Unsure => {
                "Förbindelsen bröts två gånger medan svaret lämnades över, så det är osäkert om det gick fram. Skicka om \
                 det med inkom outbox retry, eller låt det vara."
            }
            Self::Interrupted => "inkom stoppades innan svaret hade lämnats över. Det skickas av sig självt.",
            Self::TooOld => "Meddelandet hade blivit för gammalt för att besvaras när svaret kunde skickas.",
            Self::AnsweredMeanwhile => "Avsändaren hade redan fått ett annat svar när detta kunde skickas.",
            Self::NotKept => {
                "Svarets sparade text kan inte läsas tillbaka. Kontrollera disken och kör inkom verify, återställ vid behov \
                 från säkerhetskopia och kör sedan inkom outbox retry."
            }
        }
    }
}
