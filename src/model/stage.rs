use std::fmt;

use super::Digest;

/// How far an entry has come. A message moves forward through these and never back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Raw bytes, number, entry and audit event are committed.
    Registered { raw: Digest },
    /// The PDF is committed too.
    Rendered(Kept),
    /// Whether to answer is decided, and a reply, if any, is in the outbox.
    Answered(Kept),
    /// Nothing is left in the mailbox.
    Done(Kept),
    /// A person has to look; `resume` is where work goes on after that.
    Held { resume: Resume, reason: HoldReason },
}

/// Proof that a message is kept in both forms. Only rendering produces it, so nothing can be removed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    pub raw: Digest,
    pub pdf: Digest,
}

/// The stage that a held entry goes on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    Render,
    Answer,
    Remove,
}

/// Why an entry is held. Each reason says what a person does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldReason {
    /// The server delivered its own "could not be retrieved" text instead of the message.
    Placeholder,
    /// Kept bytes could not be read back, or hash to something else.
    KeptBytesDiffer,
    /// The PDF could not be made, not even a cover page.
    CannotRender,
    /// The server will not let the original go, or it keeps coming back.
    CannotRemove,
    /// Reading it broke off: its PDF is a cover page only.
    Unreadable,
}

impl HoldReason {
    /// What has happened and what to do about it, in the language of staff.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Placeholder => {
                "Servern lämnade ut en ersättningstext i stället för meddelandet. Originalet ligger kvar i brevlådan. Öppna \
                 det i e-postprogrammet. Med inkom held retry hämtas det på nytt; lämnar servern då ut det får det ett eget \
                 nummer."
            }
            Self::KeptBytesDiffer => {
                "Den sparade kopian kan inte läsas tillbaka oförändrad. Originalet ligger kvar i brevlådan. Kontrollera \
                 disken och kör inkom verify, återställ vid behov från säkerhetskopia och kör sedan inkom held retry."
            }
            Self::CannotRender => {
                "Ingen PDF kunde skapas. Meddelandet är registrerat och sparat, och originalet ligger kvar i brevlådan. \
                 Läs det där och anmäl felet till leverantören."
            }
            Self::CannotRemove => {
                "Meddelandet är registrerat och sparat men går inte att ta bort ur brevlådan. Kontrollera kontots \
                 rättigheter med inkom check, ta bort det för hand eller kör inkom held retry."
            }
            Self::Unreadable => {
                "Meddelandet är registrerat och sparat men kunde inte läsas, så PDF:en är bara ett försättsblad. Läs \
                 originalet i e-postprogrammet eller med inkom diary show --original, och kör sedan inkom held retry så tas \
                 det bort ur brevlådan."
            }
        }
    }
}

/// A word in the database, on the command line and in the log for each variant of an enum.
macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $type {
            /// All of them, as they are listed.
            // Not every list of words is walked through.
            #[allow(dead_code)]
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }
        impl std::str::FromStr for $type {
            type Err = $crate::model::UnknownWord;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word { $($word => Ok(Self::$variant),)+ _ => Err($crate::model::UnknownWord(word.to_owned(), stringify!($type))) }
            }
        }
    };
}
pub(crate) use words;

/// A word that stands for nothing known: the database was written by a newer program, or by hand.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownWord(pub String, pub &'static str);

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no {}", self.0, self.1)
    }
}

impl std::error::Error for UnknownWord {}

/// A [`Stage`] without its data, as the diary's column holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageName {
    Registered,
    Rendered,
    Answered,
    Done,
    Held,
}

words!(StageName { Registered = "registered", Rendered = "rendered", Answered = "answered", Done = "done", Held = "held" });
words!(Resume { Render = "render", Answer = "answer", Remove = "remove" });
words!(HoldReason {
    Placeholder = "placeholder",
    KeptBytesDiffer = "kept-bytes-differ",
    CannotRender = "cannot-render",
    CannotRemove = "cannot-remove",
    Unreadable = "unreadable",
});

impl Stage {
    #[must_use]
    pub const fn may_be_removed(&self) -> bool {
        matches!(self, Self::Answered(_) | Self::Done(_))
    }

    #[must_use]
    pub const fn name(&self) -> StageName {
        match self {
            Self::Registered { .. } => StageName::Registered,
            Self::Rendered(_) => StageName::Rendered,
            Self::Answered(_) => StageName::Answered,
            Self::Done(_) => StageName::Done,
            Self::Held { .. } => StageName::Held,
        }
    }
}

impl Resume {
    /// The stage in which the step that failed finds its entry again.
    #[must_use]
    pub const fn stage(self) -> StageName {
        match self {
            Self::Render => StageName::Registered,
            Self::Answer => StageName::Rendered,
            Self::Remove => StageName::Answered,
        }
    }
}
