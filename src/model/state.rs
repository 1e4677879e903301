use super::words;

/// How far people have come with an entry. What is open has something left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Registered,
    AwaitsIdentity,
    HandedOver,
    ToCall,
    Requested,
    Printed,
    Importing,
    Rejected,
    Correcting,
    Closed,
    Voided,
}

words!(State {
    Registered = "registrerad",
    AwaitsIdentity = "vantar-pa-identifiering",
    HandedOver = "hos-behandlare",
    ToCall = "ring-tillbaka",
    Requested = "begaran",
    Printed = "utskriven",
    Importing = "till-journalen",
    Rejected = "nekad-av-journalen",
    Correcting = "rattelse",
    Closed = "avslutad",
    Voided = "makulerad",
});

impl State {
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Closed | Self::Voided)
    }

    /// As staff read it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Registered => "Registrerad",
            Self::AwaitsIdentity => "Väntar på identifiering",
            Self::HandedOver => "Hos behandlare",
            Self::ToCall => "Ring tillbaka",
            Self::Requested => "Begäran att besvara",
            Self::Printed => "Utskriven, ska in i journalen",
            Self::Importing => "På väg till journalen",
            Self::Rejected => "Journalen tog inte emot den",
            Self::Correcting => "Journalen ska rättas",
            Self::Closed => "Avslutad",
            Self::Voided => "Makulerad",
        }
    }
}
