use axum::http::{HeaderName, header};
use axum::response::IntoResponse;

/// The look of all pages, for screen and paper.
pub async fn style() -> impl IntoResponse {
    file("text/css; charset=utf-8", include_str!("assets/style.css"))
}

/// What scripts add: keys, and nothing that a page does not do without them.
pub async fn script() -> impl IntoResponse {
    file("text/javascript; charset=utf-8", include_str!("assets/inkom.js"))
}

/// What a browser needs to speak with a passkey (Web Authentication §5.1).
pub async fn passkey() -> impl IntoResponse {
    file("text/javascript; charset=utf-8", include_str!("assets/passkey.js"))
}

pub async fn icon() -> impl IntoResponse {
    file("image/svg+xml", include_str!("assets/icon.svg"))
}

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    // Checked anew each time, for an update must not leave an old page in a browser; small enough for that.
    // The frame with a sender's text is sandboxed, and so of no origin: it may still look like our pages.
    let for_all = (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin");
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache"), for_all], text)
}
