use inkom::model::Role;
use jiff::Timestamp;

use super::mail;
use crate::support::pages::Pages;

const WITH_FILES: &str = "From: a@example.org\r\nTo: mottagningen@example.se\r\nSubject: Filer\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n\
    <p onclick=evil()>Hej <script>evil()</script><img src=\"http://127.0.0.1:9/pixel\"><a href=\"http://127.0.0.1:9/\">klicka</a></p>\r\n\
    --x\r\nContent-Type: text/html; name=\"../sida.html\"\r\nContent-Disposition: attachment; filename=\"../sida.html\"\r\n\r\n\
    <script>alert(1)</script>\r\n--x--\r\n";

#[tokio::test]
async fn the_page_says_what_came_and_that_nobody_vouches_for_the_sender() {
    let pages = Pages::open().await;
    let who = pages.person("Rut", &[("Mottagningen", Role::Reception)]).await;
    let raw = mail("Åsa <asa@example.org>", "Om <b>tiden</b>", "Hej <script>alert(1)</script> 19900101-2384");
    pages.entry("Mottagningen", &raw, Timestamp::now()).await;
    let page = pages.get("/handling/MM-2026-00001", Some(&who)).await.body;
    for said in [
        "Åsa &#60;asa@example.org&#62;",
        "Avsändarens identitet är inte styrkt",
        "Om &#60;b&#62;tiden",
        "Hej &#60;script&#62;",
        "Ej prövad",
    ] {
        assert!(page.contains(said), "{said}\n{page}");
    }
    let original = pages.get("/handling/MM-2026-00001/original", Some(&who)).await;
    assert_eq!(original.body, raw);
    assert!(original.header("content-disposition").unwrap().starts_with("attachment"));
}

#[tokio::test]
async fn html_is_shown_in_a_frame_that_can_do_nothing_and_files_are_only_downloaded() {
    let pages = Pages::open().await;
    let who = pages.person("Rut", &[("Mottagningen", Role::Reception)]).await;
    pages.entry("Mottagningen", WITH_FILES, Timestamp::now()).await;
    let page = pages.get("/handling/MM-2026-00001", Some(&who)).await.body;
    let frame =
        page.split("<iframe class=\"html short\" sandbox=\"\" srcdoc=\"").nth(1).unwrap().split('"').next().unwrap();
    let document = frame
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#38;", "&");
    let csp =
        document.split("http-equiv=\"Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(csp.starts_with(&format!("default-src 'none'; style-src {};", pages.origin)), "{csp}");
    assert!(document.contains("Hej"), "{document}");
    for active in ["<script", "<img", "onclick", "127.0.0.1:9/pixel", "href=\"http"] {
        assert!(!document.contains(active), "{active}\n{document}");
    }
    let path = page.split("/bilaga/").nth(1).unwrap();
    let path = format!("/handling/MM-2026-00001/bilaga/{}", &path[..64]);
    let file = pages.get(&path, Some(&who)).await;
    assert_eq!(file.header("content-type"), Some("application/octet-stream"));
    assert!(file.header("content-disposition").unwrap().starts_with("attachment; filename=\""));
    assert!(file.header("content-security-policy").unwrap().starts_with("sandbox"));
    assert!(file.body.contains("<script>alert(1)</script>"));
    assert_eq!(pages.get(&path.replace(&path[path.len() - 4..], "0000"), Some(&who)).await.status, 404);
}

#[tokio::test]
async fn of_two_who_take_the_same_entry_one_is_told() {
    let pages = Pages::open().await;
    let unit = [("Mottagningen", Role::Reception)];
    let (rut, siv) = (pages.person("Rut", &unit).await, pages.person("Siv", &unit).await);
    pages.entry("Mottagningen", &mail("a@example.org", "Hej", "hej"), Timestamp::now()).await;
    let path = "/handling/MM-2026-00001";
    assert_eq!(pages.post(&format!("{path}/ta"), &rut, "version=0").await.status, 303);
    let late = pages.post(&format!("{path}/ta"), &siv, "version=0").await;
    assert_eq!(late.status, 409);
    assert!(late.body.contains("Rut har tagit den"), "{}", late.body);
    // Nor with the version as it is now, for Rut has it.
    assert_eq!(pages.post(&format!("{path}/ta"), &siv, "version=1").await.status, 409);
    assert_eq!(pages.post(&format!("{path}/lamna"), &siv, "version=1").await.status, 409);
    assert!(pages.get(path, Some(&siv)).await.body.contains("Tagen av Rut"));
    assert_eq!(pages.post(&format!("{path}/lamna"), &rut, "version=1").await.status, 303);
    assert_eq!(pages.post(&format!("{path}/ta"), &siv, "version=2").await.status, 303);
}

#[tokio::test]
async fn nothing_of_the_content_is_given_without_a_row_in_the_log() {
    let pages = Pages::open().await;
    let who = pages.person("Rut", &[("Mottagningen", Role::Reception)]).await;
    let number = pages.entry("Mottagningen", WITH_FILES, Timestamp::now()).await;
    let path = "/handling/MM-2026-00001";
    let page = pages.get(path, Some(&who)).await.body;
    let file = format!("{path}/bilaga/{}", &page.split("/bilaga/").nth(1).unwrap()[..64]);
    for path in [path.to_owned(), format!("{path}/pdf"), format!("{path}/original"), file] {
        let looks = async || {
            let mut tx = pages.diary.read().await.unwrap();
            let id = tx.entry(&number).await.unwrap().unwrap().entry.id;
            tx.looks_at(id, 100).await.unwrap().len()
        };
        let before = looks().await;
        assert_eq!(pages.get(&path, Some(&who)).await.status, 200, "{path}");
        assert_eq!(looks().await, before + 1, "{path}");
    }
}
