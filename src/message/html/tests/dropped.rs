use super::*;

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
        ("a<img src=HTTP://x.example/a>", "a", Dropped { remote: 1, ..none }),
        ("a<img srcset='//x.example/a 1x'><img src=a.png><img src='file:a'>", "a", Dropped { remote: 3, ..none }),
        ("a<img src='data:image/png;base64,'><img src='data:text/html,x'>", "a", Dropped { remote: 2, ..none }),
        ("a<svg><image href='http://x.example/a'></svg>", "a", Dropped { remote: 1, ..none }),
        ("a<p style='background:URL( \"https://x.example/a\")'>", "a", Dropped { remote: 1, ..none }),
        ("<style>@import 'https://x.example/a'</style>a", "a", Dropped { remote: 1, ..none }),
        ("a<div hidden><img src='cid:a'></div>", "a", Dropped { hidden: 1, ..none }),
        ("a<a href=' JAVASCRIPT:x()'></a><form action='javascript:x()'>", "a", Dropped { scripts: 2, ..none }),
        // Whatever hid all of it: the message said something.
        ("<div style='display:none'>Hej</div>", "Hej", Dropped { hidden: 1, ..none }),
    ] {
        assert_eq!(dropped(html), (shown.to_owned(), expected), "{html}");
    }
}

/// `<b>` is shown or hidden by each style sheet, class and style; the rest is shown.
#[test]
fn what_is_hidden_by_a_style_and_what_is_not() {
    let hidden = |sheet: &str, markup: &str| {
        let page = read(&format!("<style>{sheet}</style>före {markup} efter"));
        let words = text(&page.blocks);
        assert!(words.starts_with("före") && words.ends_with("efter"), "{words}");
        assert_eq!(words.contains("ordet"), page.dropped.hidden == 0, "{sheet} {markup}");
        !words.contains("ordet")
    };
    for (style, hides) in [
        ("display:none", true),
        ("DISPLAY : None ! important", true),
        ("/* x */display:/**/none", true),
        ("/* display:none */", false),
        ("display:none;display:block", false),
        ("display:none!important;display:block", true),
        ("display:block;display:none", true),
        ("visibility:hidden", true),
        ("visibility:visible", false),
        ("opacity:0", true),
        ("opacity:0.0", true),
        ("opacity:0.5", false),
        ("max-height:0px;overflow:hidden", true),
        ("max-height:0;overflow:visible", false),
        ("max-height:0", false),
        ("text-indent:-9999px", true),
        ("text-indent:-18pt", false),
        ("font-size:0", true),
        ("font-size:1px", true),
        ("font-size:0;font-size:1.2em", false),
        ("font-size:medium", false),
        ("font:0/0 a", true),
        ("font:bold 700 12px/0 a", false),
        ("mso-bidi-font-size:0", false),
        ("mso-hide:all", false),
        ("x-display:none", false),
    ] {
        assert_eq!(hidden("", &format!("<b style='{style}'>ordet</b>")), hides, "{style}");
        assert_eq!(hidden(&format!(".x{{{style}}}"), "<b class=x>ordet</b>"), hides, "{style}");
    }
    for (sheet, hides) in [
        (".x{display:none}", true),
        ("#y{display:none}", true),
        (".a , .x , .b{display:none}", true),
        ("<!-- .x{display:none} -->", true),
        ("@import url(a.css);\n.x{display:none}", true),
        ("@media screen{.a{color:red}} .x{display:none}", true),
        ("@MEDIA all{.x{display:none}}", true),
        ("/* .x{display:none} */", false),
        ("/* { */ .x{display:none}", true),
        ("@media print{.x{display:none}}", false),
        ("@media screen{.x{display:none}}", false),
        ("@media (max-width:600px){.x{display:none}}", false),
        ("@media print{.a{color:red} .x{display:none}}", false),
        (".x{display:none} @media screen{.x{display:block}}", false),
        (".x{display:none} @media print{.x{display:block}}", true),
        (".x{display:none} @media (max-width:600px){.x{display:block}}", true),
        (".x{display:none} .x{display:inline}", false),
        (".x{display:inline} .x{display:none}", true),
        (".x{display:none!important} .x{display:inline}", true),
        (".x{display:none} .z{display:block}", false),
        (".x{display:none} div .x{display:block}", false),
        (".x{display:none} #y{display:block}", false),
        (".x{display:none} b{display:block}", true),
        ("div .x{display:none}", false),
        (".x:hover{display:none}", false),
        ("b{display:none}", false),
        (".x{display:none", true),
    ] {
        assert_eq!(hidden(sheet, "<b id=y class='x z'>ordet</b>"), hides, "{sheet}");
    }
    for (markup, hides) in [
        ("<b class=none style='display:inline'>ordet</b>", false),
        ("<b class=never style='display:inline'>ordet</b>", true),
        ("<b hidden style='display:inline'>ordet</b>", false),
        ("<i style='display:none'><b style='display:block'>ordet</b></i>", true),
        ("<i style='visibility:hidden'><b style='visibility:visible'>ordet</b></i>", false),
        ("<i style='font-size:0'><b>ordet</b></i>", true),
        ("<i style='font-size:0'><b style='font-size:12px'>ordet</b></i>", false),
        ("<i style='font-size:0'><b style='font:12px/1 Arial'>ordet</b></i>", false),
        ("<i style='font-size:0'><b style='font-size:small'>ordet</b></i>", false),
        ("<i style='font-size:0'><b style='font-size:inherit'>ordet</b></i>", true),
        ("<i style='font-size:0'><font size=2>ordet</font></i>", false),
        ("<i style='font-size:0'><b class=large>ordet</b></i>", false),
        ("<i style='font-size:0'><u>ordet</u></i>", false),
    ] {
        let sheet = ".none{display:none} .never{display:none!important} .large{font-size:16px} td u{font-size:9px}";
        assert_eq!(hidden(sheet, markup), hides, "{markup}");
    }
}
