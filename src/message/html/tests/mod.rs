use super::*;
use crate::message::block::{Cell, Origin, text};

mod tokens;

fn paragraph(text: &str) -> Block {
    Block::Paragraph(text.to_owned())
}

#[test]
fn html_gives_its_text_and_nothing_else() {
    for (html, shown) in [
        ("<p>Hej</p><p>d&aring;</p>", "Hej\n\ndå"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("a<br><br>b", "a\n\nb"),
        ("<div>a</div><div>b<span> c</span></div>", "a\nb c"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<div>a<br></div><div>b</div>", "a\nb"),
        (
            "<p class=MsoNormal>a</p><p class=MsoNormal>b</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>c</p>",
            "a\nb\n\nc",
        ),
        ("<p style='margin:0'>a</p><p style='margin: 0'>b</p>", "a\nb"),
        ("<p>a<p>b", "a\n\nb"),
        ("<script>alert('</p>')</script><style>p{}</style><title>t</title>Hej", "Hej"),
        ("<!-- gömt --><![if !mso]>Hej<![endif]>", "Hej"),
        ("<ul><li>ett<li>två</ul>", "• ett\n• två"),
        ("<ol start=3><li>ett<p>mer</p></li><li>två</ol>", "3. ett\n\n  mer\n4. två"),
        ("<ul>utan punkt</ul>", "• utan punkt"),
        ("<table><tr><td>Tid</td><td>08.20</td></tr></table>", "Tid 08.20"),
        ("<a href='https://x.example/y'>här</a>.", "här <https://x.example/y>."),
        ("<a href='https://x.example/y'><p>här</p></a>", "här <https://x.example/y>"),
        ("<a href='https://x.example/'>https://x.example</a>", "https://x.example"),
        ("<a href='mailto:a@b.example'>a@b.example</a>", "a@b.example"),
        ("<a href='javascript:alert(1)'>här</a>", "här"),
        ("<img src='https://spy.example/1.gif'><img src=x alt='En bild'>", "[En bild]"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<div style='white-space: pre-wrap'>a\n b\n\nc</div>", "a\nb\n\nc"),
        ("<p>oavslutad <b>text", "oavslutad text"),
        ("5 &lt; 6 &amp;&nbsp;7", "5 < 6 & 7"),
        ("<h2>Rubrik</h2>text", "Rubrik\n\ntext"),
        ("<blockquote type=cite>a<br>b</blockquote>c", "> a\n> b\n\nc"),
        ("<div><p>utan slut</div></p></div>efter", "utan slut\n\nefter"),
        ("<td>lös</td><td>cell</td>", "lös cell"),
        ("<p>\u{34f} &zwnj; &nbsp; \u{34f}</p>Hej", "Hej"),
        ("<p>می\u{200c}خواهم</p>", "می\u{200c}خواهم"),
    ] {
        assert_eq!(text(&read(html).blocks), shown, "{html}");
    }
}

#[test]
fn tables_of_facts_stay_tables_and_those_that_arrange_a_page_are_taken_apart() {
    let page = read("<table><tr><th>Dag<th>Tid<tr><td>måndag<td>08.20<tr><td>tisdag<td></table>");
    let cell =
        |header, text: &str| Cell { header, blocks: if text.is_empty() { vec![] } else { vec![paragraph(text)] } };
    let rows = vec![
        vec![cell(true, "Dag"), cell(true, "Tid")],
        vec![cell(false, "måndag"), cell(false, "08.20")],
        vec![cell(false, "tisdag"), cell(false, "")],
    ];
    assert_eq!(page.blocks, [Block::Table(rows)]);
    let outer = "<table><tr><td><h1>Nyhetsbrev</h1></td></tr><tr><td><table><tr><td>Dag</td><td>Tid</td></tr><tr><td>mån\
                 </td><td>8</td></tr></table></td></tr></table>";
    let [Block::Heading { level: 1, .. }, Block::Table(rows)] = &read(outer).blocks[..] else {
        panic!("{:?}", read(outer).blocks)
    };
    assert_eq!(rows.len(), 2);
    let arranged = "<table role=presentation><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>";
    assert_eq!(read(arranged).blocks, [paragraph("a b"), paragraph("c d")]);
}

#[test]
fn what_is_not_seen_is_dropped_and_counted() {
    let dropped = |html: &str| {
        let page = read(html);
        (text(&page.blocks), page.dropped)
    };
    let none = Dropped::default();
    for (html, shown, expected) in [
        ("a<span style='display:none'>göm<b>t</b></span>b", "ab", Dropped { hidden: 1, ..none }),
        ("a<div style='DISPLAY : NONE'>gömt</div>b", "ab", Dropped { hidden: 1, ..none }),
        (
            "<style>.x{color:red}.y,.z{display:none!important}</style><i class='z'>gömt</i>a",
            "a",
            Dropped { hidden: 1, ..none },
        ),
        ("<style>@media print{.y{display:none}}</style><i class=y>inte gömt</i>", "inte gömt", none),
        ("<i style='font-size:0'>gömt<b style='font-size:12px'>inte</b></i>", "inte", Dropped { hidden: 1, ..none }),
        ("<i style='opacity:0.5'>inte gömt</i>", "inte gömt", none),
        ("<p hidden>gömt</p>a", "a", Dropped { hidden: 1, ..none }),
        ("a<img src=http://x.example/a width=1 height=1>", "a", Dropped { trackers: 1, ..none }),
        ("a<img src='//x.example/a' width=300>", "a", Dropped { remote: 1, ..none }),
        ("a<td background='https://x.example/a'>", "a", Dropped { remote: 1, ..none }),
        ("<link rel=stylesheet href=https://x.example/a>a", "a", Dropped { remote: 1, ..none }),
        ("<body onload=x()>a<script>b</script>", "a", Dropped { scripts: 2, ..none }),
        (
            "<form>Namn <input name=a><input type=hidden><textarea>b</textarea></form>",
            "Namn b",
            Dropped { forms: 2, ..none },
        ),
        // Whatever hid all of it: the message said something.
        ("<div style='display:none'>Hej</div>", "Hej", Dropped { hidden: 1, ..none }),
    ] {
        assert_eq!(dropped(html), (shown.to_owned(), expected), "{html}");
    }
}

#[test]
fn images_are_known_by_their_content_id_and_those_in_the_text_are_taken_out() {
    let page = read("a<img src='cid:<1@b>' alt='Utslag'>b<img src='data:image/png;base64,aGVq'>");
    let image = |content_id: &str, alternative: &str| Block::Image {
        content_id: content_id.to_owned(),
        alternative: alternative.to_owned(),
    };
    assert_eq!(page.blocks, [paragraph("a"), image("1@b", "Utslag"), paragraph("b"), image("data-1", "")]);
    assert_eq!(page.images[0].content, b"hej");
}

#[test]
fn quotes_tell_history_from_what_is_only_set_off() {
    for (tag, origin) in [
        ("<blockquote type=cite>", Origin::History),
        ("<blockquote class='gmail_quote'>", Origin::History),
        ("<blockquote>", Origin::SetOff),
    ] {
        let [Block::Quote { origin: found, .. }] = read(&format!("{tag}a")).blocks[..] else { panic!("{tag}") };
        assert_eq!(found, origin);
    }
}

#[test]
fn any_depth_and_number_of_elements_is_read() {
    for (html, times) in [
        ("<div>", 500_000),
        ("<table><tr><td>", 200_000),
        ("<blockquote>", 300_000),
        ("<b>", 500_000),
        ("<ul><li>", 200_000),
    ] {
        let page = read(&format!("{}slut", html.repeat(times)));
        assert!(text(&page.blocks).ends_with("slut"), "{html}");
    }
    let page = read(&format!("{}slut", "<p>a".repeat(500_000)));
    assert!(page.blocks.len() <= 50_001 && text(&page.blocks[49_999..]).ends_with("slut"), "{}", page.blocks.len());
}
