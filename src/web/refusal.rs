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
    /// A link that was used, or is too old.
    UsedLink,
    BadForm,
    /// What was written cannot be right.
    Wrong {
        title: &'static str,
        text: String,
        back: String,
    },
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
        use StatusCode as Code;
        let (code, title, text, back) = match self {
            Self::SignIn => return Redirect::to("/logga-in").into_response(),
            Self::NotYours => (
                Code::FORBIDDEN,
                "Du har inte behörighet",
                "Sidan hör till en annan enhet eller kräver en annan roll. Försöket är loggat. Vänd dig till enhetens \
                 administratör om du behöver behörigheten."
                    .to_owned(),
                "/".to_owned(),
            ),
            Self::NotFound => {
                (Code::NOT_FOUND, "Sidan finns inte", "Kontrollera numret eller adressen.".to_owned(), "/".to_owned())
            }
            Self::Changed { number, what } => (
                Code::CONFLICT,
                "Någon hann före",
                format!("{number} har ändrats sedan du öppnade sidan: {what} Ingenting av det du valde är gjort."),
                format!("/handling/{}", number.replace(' ', "-")),
            ),
            Self::UsedLink => (
                Code::GONE,
                "Länken gäller inte längre",
                "Den är redan använd eller för gammal. Be om en ny.".to_owned(),
                "/logga-in".to_owned(),
            ),
            Self::BadForm => (
                Code::BAD_REQUEST,
                "Formuläret gick inte att läsa",
                "Gå tillbaka, ladda om sidan och försök igen.".to_owned(),
                "/".to_owned(),
            ),
            Self::Wrong { title, text, back } => (Code::BAD_REQUEST, title, text, back),
            Self::FromElsewhere => (
                Code::FORBIDDEN,
                "Begäran togs inte emot",
                "Den kom inte från en av inkoms egna sidor, eller så har sidan blivit för gammal. Ladda om sidan och försök \
                 igen."
                    .to_owned(),
                "/".to_owned(),
            ),
            Self::Broken(error) => {
                error!("A page failed: {error:#}");
                (
                    Code::INTERNAL_SERVER_ERROR,
                    "Något gick fel",
                    "Ingenting är förlorat. Försök igen om en stund, och säg till den som sköter inkom om det inte går över."
                        .to_owned(),
                    "/".to_owned(),
                )
            }
        };
        (code, html(&Bare { title, text, back })).into_response()
    }
}
