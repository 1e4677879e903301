use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer as browser;
use html5ever::tokenizer::states::RawKind;
use proptest::prelude::*;

use super::*;
use crate::message::html::tokens::{Tag, Token};

#[test]
fn what_never_ends_takes_nothing_readable_with_it() {
    for (html, shown, hidden) in [
        ("<title>Rubrik<p>Hej</p>", "Hej", 1),
        ("<title>Rubrik\nHej", "Hej", 1),
        ("<p>Hej</p><style>p{}<p>då</p>", "Hej\n\ndå", 1),
        ("<style>\np{}\nHej", "Hej", 1),
        ("<script>x()<p>Hej</p>", "Hej", 1),
        ("<textarea>Hej <b>du", "Hej du", 0),
        ("<xmp>Hej <b>du", "Hej du", 0),
        ("a<!-- b <p>Hej</p>", "a\n\nHej", 1),
        ("a<!-- b -> Hej", "a Hej", 1),
        ("a<!-- b\nHej", "a Hej", 1),
        ("a<!-->b<!--->c<!-- x --!>d", "abcd", 0),
        ("<!--[if mso]>x<![endif]-->a<!--[if !mso]><!-->b<!--<![endif]-->", "ab", 0),
        ("<a href=\"https://x.example>här</a> Hej <b class=\"y\">du</b>", "här <https://x.example> Hej du", 0),
        ("<a href='https://x.example>här</a> Hej du", "här <https://x.example> Hej du", 0),
        ("<p class=\"a>Hej</p><p class=\"\">du</p>", "Hej\n\ndu", 0),
        ("<b title=\"a > b\" class='<c>'>Hej</b>", "Hej", 0),
        ("a <b och sedan inget", "a <b och sedan inget", 0),
        ("a <b c <p>Hej</p>", "a <b c\n\nHej", 0),
        ("a <b c=\"d > e\" f", "a <b c=\"d > e\" f", 0),
        ("1 < 2, <3 och </3> eller <-", "1 < 2, <3 och </3> eller <-", 0),
        ("a <! det <b>roligt</b> </>slut", "a <! det roligt slut", 0),
        ("a <?php b <p>Hej</p>", "a <?php b\n\nHej", 0),
        ("<title/>a<style/>b<script src='x.js' />c<textarea/>d", "abc d", 0),
        ("<noframes>a</noframes> <noscript>b</noscript> <iframe>c</iframe> <noembed>d", "a b c d", 0),
        ("<xmp>a <b>\nc</xmp>d", "a <b>\ncd", 0),
        ("<plaintext>a b", "a b", 0),
        ("a<![CDATA[ <b> &amp; ]]>c<![cdata[ d", "a <b> &amp; c d", 0),
        ("<title>Rubrik</title <p>Hej</p>", "</title\n\nHej", 0),
        ("<!doctype html><?xml version=1?><![if !mso]>a</ b>", "a</ b>", 0),
    ] {
        let page = read(html);
        assert_eq!((text(&page.blocks).as_str(), page.dropped.hidden), (shown, hidden), "{html}");
    }
}

#[test]
fn text_after_an_image_in_the_text_or_a_tag_without_bounds_is_shown() {
    let data = "A/".repeat(500_000);
    for (what, html) in [
        ("an image with what looks like attributes", format!("<img alt='>' src='data:image/png;base64,{data}'>Hej")),
        ("an image without quotes", format!("<img src=data:image/png;base64,{data}>Hej")),
        ("attributes", format!("<p {}>Hej", "a=1 b ".repeat(200_000))),
        (
            "attributes that all differ",
            format!("<p {}>Hej", (0..100_000).map(|n| format!("a{n}")).collect::<Vec<_>>().join(" ")),
        ),
        ("attributes with an end among them", format!("<p a='>' {}>Hej", "b ".repeat(500_000))),
    ] {
        assert!(text(&read(&html).blocks).ends_with("Hej"), "{what}");
    }
}

/// Each would take hours if what has been looked through were looked through again.
#[test]
fn reading_goes_forward_only() {
    for (piece, end) in [
        ("<!--", ""),
        ("<!-- a", "<"),
        ("<title>", ""),
        ("<title>\n", ""),
        ("<style>", ""),
        ("<script>\n", "<b"),
        ("<textarea>", ""),
        ("<a b=\"", ""),
        ("<a b=\"<a\" ", "<b>"),
        ("<a b=\"<a\" ", ""),
        ("<a b='>", "\""),
        ("<a b='\">", ""),
        ("<![CDATA[", ""),
        ("<? ", ""),
        ("<", ""),
        ("</", ""),
        ("&", ""),
        ("&#", ""),
        ("<a href=http://a> ", ""),
        ("<pre> ", ""),
        ("<p> <br> ", ""),
    ] {
        let html = piece.repeat(2_000_000 / piece.len()) + end + "<p>slut";
        assert!(text(&read(&html).blocks).contains("slut"), "{piece}");
    }
    let spaces = " ".repeat(1_000_000);
    for piece in ["<div>", "<br>", "<a href=http://a></a>", "<p>"] {
        let html = format!("<pre>a\n{spaces}{}slut", piece.repeat(100_000));
        assert!(text(&read(&html).blocks).ends_with("slut"), "{piece}");
    }
}

/// The tokens as one text, with all text between two tags in one piece.
#[derive(Default)]
struct Written(RefCell<String>);

impl Written {
    fn start(&self, name: &str, attributes: &[(&str, &str)], closed: bool) {
        let mut seen: Vec<&str> = Vec::new();
        let mut all = String::new();
        for (key, value) in attributes {
            if !seen.contains(key) {
                seen.push(key);
                all.extend([" ", key, "=", value]);
            }
        }
        self.0.borrow_mut().extend(["\n<", name, &all, if closed { "/>\n" } else { ">\n" }]);
    }

    fn end(&self, name: &str) {
        self.0.borrow_mut().extend(["\n</", name, ">\n"]);
    }
}

impl browser::TokenSink for Written {
    type Handle = ();

    fn process_token(&self, token: browser::Token, _line: u64) -> browser::TokenSinkResult<()> {
        match token {
            browser::TagToken(tag) if tag.kind == browser::StartTag => {
                let attributes: Vec<(&str, &str)> =
                    tag.attrs.iter().map(|one| (&*one.name.local, &*one.value)).collect();
                self.start(&tag.name, &attributes, tag.self_closing);
                return match &*tag.name {
                    "script" => browser::TokenSinkResult::RawData(RawKind::ScriptData),
                    "style" | "xmp" => browser::TokenSinkResult::RawData(RawKind::Rawtext),
                    "title" | "textarea" => browser::TokenSinkResult::RawData(RawKind::Rcdata),
                    _ => browser::TokenSinkResult::Continue,
                };
            }
            browser::TagToken(tag) => self.end(&tag.name),
            browser::CharacterTokens(text) => self.0.borrow_mut().push_str(&text),
            _ => {}
        }
        browser::TokenSinkResult::Continue
    }
}

fn as_a_browser(html: &str) -> String {
    let tokenizer = browser::Tokenizer::new(Written::default(), browser::TokenizerOpts::default());
    let input = browser::BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

fn as_we_do(html: &str) -> String {
    let written = Written::default();
    let start = |tag: &Tag<'_>| {
        let attributes: Vec<(&str, &str)> = tag.attributes.iter().map(|(key, value)| (&**key, &**value)).collect();
        written.start(&tag.name, &attributes, tag.self_closing);
    };
    for token in Tokens::of(html) {
        match token {
            Token::Start(tag) => start(&tag),
            Token::Raw(tag, content) => {
                start(&tag);
                written.0.borrow_mut().push_str(&content);
            }
            Token::End(name) => written.end(&name),
            Token::Text(text) => written.0.borrow_mut().push_str(&text),
            Token::Cut(text) => panic!("{text:?} was cut from {html}"),
        }
    }
    written.0.into_inner()
}

proptest! {
    #[test]
    fn what_is_well_formed_is_read_as_a_browser_reads_it(
        pieces in proptest::collection::vec(prop_oneof![
            "[a-zåä .&;#]{1,6}",
            "&(amp|lt|copy|notin|noti|not|aring|AMP|nosuch|NotEqualTilde|#229|#xe5|#128|#0|#xd800|#99999999999|#|#x);?[a-z=]?",
            "</?(b|I|DIV|o:p|h1)( [a-zA-Z-]{1,2}( ?= ?(\"[a-zå<>&; ]{0,4}\"|'[a-z<&;]{0,4}'|[a-z0-9&;=?]{1,5}))?){0,3} ?/?>",
            "<!--[a-z< ][a-z<> ]{0,4}-->",
            "<!--[a-z-]{1,4}--!?>",
            "<!doctype [a-z ]{1,5}>",
            "<(title|TextArea) a=b>[a-z<&; ]{0,5}&aring;",
            "<(xmp|style|SCRIPT)>[a-z<&; ]{0,5}&aring;",
            "< |<3|<-",
        ], 0..12),
    ) {
        let ended = |piece: &String| {
            let raw = ["title", "textarea", "xmp", "style", "script"];
            let name = piece.trim_start_matches('<').split([' ', '>']).next().unwrap_or_default().to_lowercase();
            if raw.contains(&&*name) { format!("{piece}</{name} >") } else { piece.clone() }
        };
        let html: String = pieces.iter().map(ended).collect();
        prop_assert_eq!(as_we_do(&html), as_a_browser(&html), "{}", html);
    }
}
