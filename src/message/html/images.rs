//! Images, as far as they came along.

use super::dropped::strip_scheme;
use crate::message::{media, transfer};

/// Images in the document itself.
const MAX_IMAGES: usize = 50;

#[derive(Debug, PartialEq, Eq)]
pub struct Inline {
    pub content_id: String,
    pub media_type: String,
    pub content: Vec<u8>,
}

/// Where an image is.
pub enum Source<'s> {
    /// Among the attachments (RFC 2392).
    Attached(&'s str),
    /// In the document itself (RFC 2397).
    Inline(&'s str),
    Elsewhere,
}

impl<'s> Source<'s> {
    pub fn of(url: &'s str) -> Self {
        let url = url.trim();
        if let Some(id) = strip_scheme(url, "cid:") {
            return Self::Attached(id.trim_matches(['<', '>']));
        }
        strip_scheme(url, "data:").map_or(Self::Elsewhere, Self::Inline)
    }
}

/// Takes in what follows `data:` in `data:image/png;base64,…`, and says how it is known then. `None` is no image, or one
/// too many.
pub fn take(data: &str, images: &mut Vec<Inline>) -> Option<String> {
    let (head, data) = data.split_once(',')?;
    let head = head.to_lowercase();
    let media_type = head.split(';').next().unwrap_or_default().trim().to_owned();
    if images.len() >= MAX_IMAGES || !media_type.starts_with("image/") {
        return None;
    }
    let content = media::percent(data);
    let content = if head.ends_with(";base64") { transfer::base64(&content) } else { content };
    if content.is_empty() {
        return None;
    }
    let content_id = format!("data-{}", images.len() + 1);
    images.push(Inline { content_id: content_id.clone(), media_type, content });
    Some(content_id)
}
