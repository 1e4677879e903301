//! What all pages have in common.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use tracing::error;

use super::door::Visitor;
use crate::model::Right;

/// The frame around a page: who is here and where they can go.
#[derive(Debug)]
pub struct Frame {
    pub person: String,
    pub csrf: String,
    /// Which of the pages in the menu this is.
    pub here: &'static str,
    pub sees_entries: bool,
    pub handles: bool,
    pub exports: bool,
    pub reads_log: bool,
    pub sees_health: bool,
    pub is_demo: bool,
}

impl Frame {
    pub fn new(visitor: &Visitor, here: &'static str) -> Self {
        Self {
            person: visitor.person.name.clone(),
            csrf: visitor.session.csrf.clone(),
            here,
            sees_entries: visitor.may_anywhere(Right::SeeEntries),
            handles: visitor.may_anywhere(Right::Handle),
            exports: visitor.may_anywhere(Right::Export),
            reads_log: visitor.may_anywhere(Right::ReadLog),
            sees_health: visitor.may_anywhere(Right::SeeHealth),
            is_demo: visitor.session.how == "demo",
        }
    }
}

/// A page for one who has not signed in, or that says why there is no other.
#[derive(Debug, Template)]
#[template(path = "bare.html")]
pub struct Bare {
    pub title: &'static str,
    pub text: String,
    pub back: String,
    /// What they had written, when nothing came of it.
    pub typed: String,
}

pub fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            error!("A page cannot be written: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
