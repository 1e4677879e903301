use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use tracing::error;

use super::page::{Bare, html};

/// Why a page is not given. Each tells what to do instead.
#[derive(Debug)]
pub enum Refusal {
    /// Nobody has signed in, or the session has ended.
    SignIn,
    /// Another unit's, or not for this role. It has been logged.
    NotYours,
    NotFound,
    /// Another person has changed the entry since the page was shown.
    Changed {
        number: String,
        what: String,
    },
    /// Not for the entry as it stands.
    NotNow {
        text: &'static str,
        back: String,
    },
    /// A link that was used, or is too old.
    UsedLink,
    BadForm,
    /// They have yet to add a second passkey, and their own page says so.
    TooFewPasskeys,
    /// A passkey that proves nothing, or cannot be used here; with what to do.
    Passkey(&'static str),
    /// Fewer passkeys would remain than everyone needs.
    LastPasskeys,
    /// What was written cannot be right.
    Wrong {
        title: &'static str,
        text: String,
        back: String,
    },
    /// The same as another, with what was typed, so that it is not lost.
    Typed(Box<Refusal>, String),
    /// Not sent by one of our own pages.
    FromElsewhere,
    Broken(anyhow::Error),
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

pub async fn no_such_page() -> Refusal {
    Refusal::NotFound
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn => Redirect::to("/logga-in").into_response(),
            Self::TooFewPasskeys => Redirect::to("/konto").into_response(),
            refusal => {
                let Told { code, title, text, back } = refusal.told();
                let typed = if let Self::Typed(_, typed) = refusal { typed } else { String::new() };
                (code, html(&Bare { title, text, back, typed })).into_response()
            }
        }
    }
}

/// The same to a script, which shows the text where it stands.
#[derive(Debug)]
pub struct ToScript(Refusal);

impl<E: Into<Refusal>> From<E> for ToScript {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ToScript {
    fn into_response(self) -> Response {
        let Told { code, text, .. } = self.0.told();
        (code, Json(serde_json::json!({ "text": text }))).into_response()
    }
}

/// What people read.
struct Told {
    code: StatusCode,
    title: &'static str,
    text: String,
    /// Where they go from there.
    back: String,
}

impl Refusal {
    fn told(&self) -> Told {
        use StatusCode as Code;
        let told = |code, title, text: &str, back: &str| Told { code, title, text: text.into(), back: back.into() };
        match self {
            Self::SignIn => told(
                Code::UNAUTHORIZED,
                "Logga in",
                "Du är inte inloggad längre. Ladda om sidan och logga in igen.",
                "/logga-in",
            ),
            Self::NotYours => told(
                Code::FORBIDDEN,
                "Du har inte behörighet",
                "Sidan hör till en annan enhet eller kräver en annan roll. Försöket är loggat. Vänd dig till enhetens \
                 administratör om du behöver behörigheten.",
                "/",
            ),
            Self::NotFound => told(Code::NOT_FOUND, "Sidan finns inte", "Kontrollera numret eller adressen.", "/"),
            Self::Changed { number, what } => told(
                Code::CONFLICT,
                "Någon hann före",
                &format!("{number} har ändrats sedan du öppnade sidan: {what} Ingenting av det du valde är gjort."),
                &format!("/handling/{}", number.replace(' ', "-")),
            ),
            Self::NotNow { text, back } => told(Code::CONFLICT, "Ingenting är gjort", text, back),
            Self::UsedLink => told(
                Code::GONE,
                "Länken gäller inte längre",
                "Den är redan använd eller för gammal. Be om en ny.",
                "/logga-in",
            ),
            Self::BadForm => told(
                Code::BAD_REQUEST,
                "Formuläret gick inte att läsa",
                "Gå tillbaka, ladda om sidan och försök igen.",
                "/",
            ),
            Self::TooFewPasskeys => told(
                Code::FORBIDDEN,
                "Du har bara en passnyckel",
                "Lägg till en till på sidan Konto. Sedan kommer du åt resten.",
                "/konto",
            ),
            Self::Passkey(what) => told(Code::FORBIDDEN, "Passnyckeln togs inte emot", what, "/konto"),
            Self::LastPasskeys => told(
                Code::CONFLICT,
                "Passnyckeln är kvar",
                "Du måste ha minst två passnycklar. Lägg till en ny först, och ta sedan bort den här.",
                "/konto",
            ),
            Self::Typed(of, _) => of.told(),
            Self::Wrong { title, text, back } => told(Code::BAD_REQUEST, title, text, back),
            Self::FromElsewhere => told(
                Code::FORBIDDEN,
                "Begäran togs inte emot",
                "Den kom inte från en av inkoms egna sidor, eller så har sidan blivit för gammal. Ladda om sidan och försök \
                 igen.",
                "/",
            ),
            Self::Broken(error) => {
                error!("A page failed: {error:#}");
                told(
                    Code::INTERNAL_SERVER_ERROR,
                    "Något gick fel",
                    "Ingenting är förlorat. Försök igen om en stund, och säg till den som sköter inkom om det inte går över.",
                    "/",
                )
            }
        }
    }
}
