//! What of a document is not shown, and how often.

use super::style::declared;
use super::tokens::Tag;

/// How often something was dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Texts that a reader of the original would not see.
    pub hidden: u32,
    /// Images and other things that a browser would have fetched, or that it could not show.
    pub remote: u32,
    /// Images too small to be seen, that would have been fetched.
    pub trackers: u32,
    pub scripts: u32,
    pub forms: u32,
}

impl Dropped {
    /// Counts what an element would fetch, run or ask for.
    pub fn count(&mut self, tag: &Tag<'_>) {
        let name = &*tag.name;
        let mut fetched = false;
        for (key, value) in &tag.attributes {
            match &**key {
                "src" if name == "img" => fetched |= !value.trim().is_empty() && !came_along(value),
                "src" | "background" | "poster" | "data" => fetched |= is_remote(value),
                "srcset" => fetched |= value.split(',').any(is_remote),
                "href" | "xlink:href" if matches!(name, "link" | "image" | "use") => fetched |= is_remote(value),
                "style" => fetched |= fetches(value),
                "href" | "action" if strip_scheme(value.trim_start(), "javascript:").is_some() => self.scripts += 1,
                key if key.starts_with("on") => self.scripts += 1,
                _ => {}
            }
        }
        if fetched && name == "img" && is_unseen(tag) {
            self.trackers += 1;
        } else if fetched {
            self.remote += 1;
        }
        let is_hidden_field = || tag.attribute("type").is_some_and(|kind| kind.eq_ignore_ascii_case("hidden"));
        let is_control = matches!(name, "select" | "textarea" | "button") || name == "input" && !is_hidden_field();
        self.forms += u32::from(is_control);
    }
}

/// What follows a scheme, whose letters may be of either case (RFC 3986 §3.1).
pub fn strip_scheme<'u>(url: &'u str, scheme: &str) -> Option<&'u str> {
    url.get(..scheme.len()).filter(|head| head.eq_ignore_ascii_case(scheme)).map(|_| &url[scheme.len()..])
}

fn is_remote(url: &str) -> bool {
    ["http:", "https:", "ftp:", "//"].iter().any(|start| strip_scheme(url.trim_start(), start).is_some())
}

/// Whether an image is part of the message.
fn came_along(url: &str) -> bool {
    ["cid:", "data:"].iter().any(|start| strip_scheme(url.trim_start(), start).is_some())
}

/// Whether a style fetches something.
pub fn fetches(style: &str) -> bool {
    let style = style.to_ascii_lowercase();
    let mut named = style.split("url(").skip(1).chain(style.split("@import").skip(1));
    named.any(|url| is_remote(url.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''))))
}

/// An image that only its owner sees, when it is fetched.
fn is_unseen(tag: &Tag<'_>) -> bool {
    let is_small =
        |key| tag.attribute(key).and_then(|size| size.trim().parse::<u32>().ok()).is_some_and(|size| size <= 3);
    is_small("width") && is_small("height") || declared(tag, "display").is_some_and(|display| display == "none")
}
