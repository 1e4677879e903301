use crate::triage::Rule;

/// Why a message is not answered (RFC 3834 §2, RFC 5230 §4, and practice).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Silence {
    /// It is not a person's mail, by this rule.
    Sign(Rule),
    ProbableDuplicate,
    Unreadable,
    DmarcFailed,
    NoFrom,
    SeveralFrom,
    UnusableAddress,
    OwnAddress,
    SilentDomain,
    NotAddressed,
    TooOld,
    AnsweredRecently,
    TooManyThisWeek,
    RegisteredByHand,
}

impl Silence {
    /// Those that no rule of [`crate::triage`] stands behind.
    const OWN: [Self; 13] = [
        Self::ProbableDuplicate,
        Self::Unreadable,
        Self::DmarcFailed,
        Self::NoFrom,
        Self::SeveralFrom,
        Self::UnusableAddress,
        Self::OwnAddress,
        Self::SilentDomain,
        Self::NotAddressed,
        Self::TooOld,
        Self::AnsweredRecently,
        Self::TooManyThisWeek,
        Self::RegisteredByHand,
    ];

    /// As the diary wrote it.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        word.parse().ok().map(Self::Sign).or_else(|| Self::OWN.into_iter().find(|silence| silence.word() == word))
    }

    /// As the diary and the log write it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sign(rule) => rule.word(),
            Self::ProbableDuplicate => "probable-duplicate",
            Self::Unreadable => "unreadable",
            Self::DmarcFailed => "dmarc-failed",
            Self::NoFrom => "no-from",
            Self::SeveralFrom => "several-from",
            Self::UnusableAddress => "unusable-address",
            Self::OwnAddress => "own-address",
            Self::SilentDomain => "silent-domain",
            Self::NotAddressed => "not-addressed",
            Self::TooOld => "too-old",
            Self::AnsweredRecently => "answered-recently",
            Self::TooManyThisWeek => "too-many-this-week",
            Self::RegisteredByHand => "registered-by-hand",
        }
    }

    /// The reason as staff read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Sign(rule) => rule.text(),
            Self::ProbableDuplicate => "Meddelandet är troligen en dubblett av ett som redan är registrerat.",
            Self::Unreadable => "Meddelandets brevhuvud kunde inte läsas säkert.",
            Self::DmarcFailed => "Avsändaradressen är troligen förfalskad (DMARC underkänd).",
            Self::NoFrom => "Meddelandet saknar avsändaradress.",
            Self::SeveralFrom => "Meddelandet anger flera avsändare.",
            Self::UnusableAddress => "Avsändaradressen går inte att svara till.",
            Self::OwnAddress => "Meddelandet kommer från en av våra egna adresser.",
            Self::SilentDomain => "Avsändarens domän är inställd på att inte besvaras.",
            Self::NotAddressed => "Mottagningens adress står varken som mottagare eller kopia.",
            Self::TooOld => "Meddelandet är för gammalt för att besvaras automatiskt.",
            Self::AnsweredRecently => "Avsändaren har nyligen fått svaret.",
            Self::TooManyThisWeek => "Avsändaren har fått så många svar som tillåts på en vecka.",
            Self::RegisteredByHand => "Handlingen är registrerad för hand och besvaras inte automatiskt.",
        }
    }
}
