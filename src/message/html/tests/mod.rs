use super::*;
use crate::message::block::{Cell, Origin, text};

mod dropped;
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
fn where_a_link_leads_is_written_once_and_whole() {
    let long = format!("https://x.example/{}", "a/".repeat(1_000));
    let whole = format!("här <{long}>");
    for (html, shown) in [
        (format!("<a href='{long}'>här</a>").as_str(), whole.as_str()),
        ("<a href='HTTPS://x.example/y'>här</a>", "här <HTTPS://x.example/y>"),
        ("<a href='Mailto:a@b.example'>skriv</a>", "skriv <a@b.example>"),
        ("<a href='mailto:a@b.example'>Skriv till A@b.example.</a>", "Skriv till A@b.example."),
        ("<a href='mailto:a@b.example?subject=x'>a@b.example</a>", "a@b.example <a@b.example?subject=x>"),
        ("<a href='https://www.x.example/'>x.example</a>", "x.example"),
        (
            "<a href='https://x.example'>https://x.example.evil.example</a>",
            "https://x.example.evil.example <https://x.example>",
        ),
        ("<a href='http://a'>bra</a>", "bra <http://a>"),
        ("<a href='tel:+46701740605'>+46 70-174 06 05</a>", "+46 70-174 06 05"),
        ("<a href='tel:112'>ring 112</a>", "ring 112"),
        ("<a href='sms:123'>svara</a>", "svara <sms:123>"),
        ("<a href='ftp://x.example'>filen</a>", "filen <ftp://x.example>"),
        ("<a href='sida.html'>sidan</a>", "sidan <sida.html>"),
        ("<a href='https://x.example/a\n b'>här</a>", "här <https://x.example/a b>"),
        ("<a href='https://x.example/?a=1&copy=2&amp;b'>här</a>", "här <https://x.example/?a=1&copy=2&b>"),
        ("<a href='JavaScript:x()'>här</a>", "här"),
        ("<a href='#a'>här</a><a name=b>där</a>", "härdär"),
        ("<a href='x-apple-data-detectors://0'>i morgon</a>", "i morgon"),
        ("<a href='https://x.example'>en<p>två</p></a>", "en <https://x.example>\n\ntvå"),
        ("<a href='https://x.example'> <p>två</p></a>", "två <https://x.example>"),
        (
            "<a href='https://x.example'>en <a href='https://y.example'>två</a>",
            "en <https://x.example> två <https://y.example>",
        ),
        ("<pre>\n   <a href='https://x.example'><div>åäö</div></a>", "åäö <https://x.example>"),
    ] {
        assert_eq!(text(&read(html).blocks), shown, "{html}");
    }
}

#[test]
fn what_has_been_filled_in_is_text() {
    for (html, shown, forms) in [
        ("Namn<input value='Anna B'>Ålder<INPUT TYPE=number VALUE=52>år", "Namn Anna B Ålder 52 år", 2),
        ("<input type=hidden value=a><input type=password value=b><input type=file value=c>d", "d", 2),
        ("<input type=radio checked>Ja<input type=radio>Nej", "[x] Ja [ ] Nej", 2),
        ("<input type=submit value=Skicka><input type=image alt=Sök>", "Skicka Sök", 2),
        ("<input style='display:none' value=gömt>a", "a", 1),
        ("Svar<textarea>rad 1\nrad <2> &aring;</textarea>slut", "Svar rad 1\nrad <2> å slut", 1),
        ("Kön<select><option>Man<option selected>Kvinna</select>Ålder", "Kön Kvinna Ålder", 1),
        ("a<button>Skicka</button>b", "a Skicka b", 1),
    ] {
        let page = read(html);
        let expected = Dropped { forms, hidden: page.dropped.hidden, ..Dropped::default() };
        assert_eq!((text(&page.blocks).as_str(), page.dropped), (shown, expected), "{html}");
    }
}

#[test]
fn the_words_of_a_drawing_are_text_and_it_takes_nothing_with_it() {
    for (html, shown) in [
        (
            "a<svg width=1><title>Bild</title><path d='M0'/><text>Tid</text><text>08<tspan>.20</tspan></text></svg>b",
            "a Bild Tid 08.20 b",
        ),
        ("<p>a <svg/>b</p><svg><circle r=1>c<p>d", "a b\n\nc\n\nd"),
        ("<svg><style>.x{display:none}</style><b class=x>gömt</b></svg>a<title>t</title>", "a"),
    ] {
        assert_eq!(text(&read(html).blocks), shown, "{html}");
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
    let page = read(
        "<img src='CID:1@b'><img src='DATA:image/svg+xml;charset=utf-8,%3Csvg/>'><img src='data:image/gif;BASE64,aGVq%3D'>",
    );
    assert_eq!(page.blocks, [image("1@b", ""), image("data-1", ""), image("data-2", "")]);
    let images: Vec<_> = page.images.iter().map(|one| (one.media_type.as_str(), one.content.as_slice())).collect();
    assert_eq!(images, [("image/svg+xml", &b"<svg/>"[..]), ("image/gif", b"hej")]);
    assert_eq!(page.dropped, Dropped::default());
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
