//! Signing in by a region's identity provider, which is a real one.

use inkom::model::{AuditAction, Role};
use tempfile::TempDir;

use crate::support::provider::IdentityProvider;
use crate::support::site::{Browser, Page, Site};
use crate::support::write_secret;

const HSA_ID: &str = "SE2321000131-P000000000001";
const LOA2: &str = "http://id.sambi.se/loa/loa2";
const LOA3: &str = "http://id.sambi.se/loa/loa3";

struct Region {
    provider: IdentityProvider,
    site: Site,
    _secrets: TempDir,
}

impl Region {
    async fn open() -> Self {
        let secrets = tempfile::tempdir().unwrap();
        let secret = secrets.path().join("client-secret");
        write_secret(&secret, "a-secret-of-the-tests");
        let provider = IdentityProvider::start();
        let site = Site::open(&provider.web(&secret)).await;
        site.add("Kim Ek", HSA_ID, &[Role::Reception]).await;
        site.add("Robin Al", "SE2321000131-P000000000002", &[]).await;
        Self { provider, site, _secrets: secrets }
    }

    /// The whole way, as one who has not been here before.
    async fn sign_in(&self, next: &str) -> (Browser, Page) {
        self.provider.next(next).await;
        let mut browser = Browser::default();
        let page = browser.follow(&format!("{}/logga-in/e-legitimation", self.site.origin)).await;
        (browser, page)
    }

    async fn refusals(&self) -> Vec<String> {
        let rows = self.site.diary.read().await.unwrap().audit_after(0, 1000).await.unwrap();
        let refused = rows.into_iter().filter(|row| row.event.action == AuditAction::SignInRefused);
        refused.map(|row| format!("{} {}", row.event.actor, row.event.payload)).collect()
    }
}

fn who(hsa: &str, acr: &str) -> String {
    format!(r#"{{"hsa":"{hsa}","acr":"{acr}"}}"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_reached_loa_3_comes_in() {
    let region = Region::open().await;
    for next in [
        who(HSA_ID, LOA3),
        format!(r#"{{"hsa":"{HSA_ID}","acr":"{LOA3}","userinfo":true}}"#),
        // Not so long ago.
        format!(r#"{{"hsa":"{HSA_ID}","acr":"{LOA3}","age_secs":3000}}"#),
    ] {
        let (mut browser, page) = region.sign_in(&next).await;
        assert_eq!(page.status, 200, "{next} {}", page.text);
        assert!(page.text.contains("<meta http-equiv=\"refresh\" content=\"0;url=/\">"), "{}", page.text);
        let cookie = page.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
        assert!(
            cookie.into_iter().any(|cookie| cookie.starts_with("__Host-inkom=")
                && cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict")),
            "{:?}",
            page.headers
        );
        let queue = browser.get(&format!("{}/", region.site.origin)).await;
        assert_eq!(queue.status, 200);
        assert!(queue.text.contains("Kim Ek"), "{}", queue.text);
    }
    assert_eq!(region.refusals().await, [""; 0]);
    let rows = region.site.diary.read().await.unwrap().audit_after(0, 1000).await.unwrap();
    let signed_in: Vec<_> = rows.iter().filter(|row| row.event.action == AuditAction::SignedIn).collect();
    assert_eq!(signed_in.len(), 3);
    assert!(signed_in.iter().all(|row| row.event.actor == "Kim Ek" && row.event.payload == "by=oidc"));
    region.site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_did_not_is_refused_and_told_why() {
    let region = Region::open().await;
    let cases = [
        (who(HSA_ID, LOA2), "low-level", "på en lägre nivå"),
        (format!(r#"{{"hsa":"{HSA_ID}"}}"#), "low-level", "på en lägre nivå"),
        (format!(r#"{{"hsa":"{HSA_ID}","acr":"{LOA3}","age_secs":4000}}"#), "too-old", "för länge sedan"),
        (who("SE2321000131-P000000000009", LOA3), "unknown-person", "ingen behörighet här"),
        // Known, without a role.
        (who("SE2321000131-P000000000002", LOA3), "unknown-person", "ingen behörighet här"),
        (format!(r#"{{"acr":"{LOA3}"}}"#), "no-hsa-id", "inget HSA-id"),
        (format!(r#"{{"hsa":["{HSA_ID}"],"acr":"{LOA3}"}}"#), "no-hsa-id", "inget HSA-id"),
        (r#"{"refuses":true}"#.to_owned(), "by-provider", "avbröts"),
    ];
    for (next, word, says) in &cases {
        let (mut browser, page) = region.sign_in(next).await;
        assert_eq!(page.status, 403, "{next} {}", page.text);
        assert!(page.text.contains(says), "{next} {}", page.text);
        assert!(!page.text.contains("SE2321000131-P"), "{}", page.text);
        assert!(!browser.cookies.contains_key("__Host-inkom"), "{word}");
        let queue = browser.get(&format!("{}/", region.site.origin)).await;
        assert_eq!((queue.status, queue.leads_to()), (303, Some(format!("{}/logga-in", region.site.origin))));
    }
    let words: Vec<_> = cases.iter().map(|(_, word, _)| format!("system by=oidc reason={word}")).collect();
    assert_eq!(region.refusals().await, words);
    region.site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_back_is_for_the_browser_that_set_out_and_once() {
    let region = Region::open().await;
    let start = format!("{}/logga-in/e-legitimation", region.site.origin);
    let refused = |page: &Page| {
        assert_eq!(page.status, 403, "{}", page.text);
        assert!(page.text.contains("Börja om från inloggningssidan"), "{}", page.text);
    };
    region.provider.next(&who(HSA_ID, LOA3)).await;

    // Another browser, which has set out too, gets the address.
    let mut browser = Browser::default();
    let back = browser.follow_until(&start, "/logga-in/klar").await.leads_to().unwrap();
    let mut other = Browser::default();
    refused(&other.get(&back).await);
    other.get(&start).await;
    refused(&other.get(&back).await);

    // The state is another's, and then it is too late for the right one.
    let mut browser = Browser::default();
    let back = browser.follow_until(&start, "/logga-in/klar").await.leads_to().unwrap();
    let (cookie, state) = (browser.cookies.clone(), back.split("state=").nth(1).unwrap().split('&').next().unwrap());
    refused(&browser.get(&back.replace(state, "AAAAAAAAAAAAAAAAAAAAAA")).await);
    browser.cookies.clone_from(&cookie);
    refused(&browser.get(&back).await);

    // Once more, with all that belongs to it.
    let mut browser = Browser::default();
    let back = browser.follow_until(&start, "/logga-in/klar").await.leads_to().unwrap();
    let cookie = browser.cookies.clone();
    assert_eq!(browser.get(&back).await.status, 200);
    browser.cookies = cookie;
    refused(&browser.get(&back).await);

    // Without anything.
    for bare in ["", "?", "?code=1&state=", "?state=1", "?error=access_denied"] {
        refused(&Browser::default().get(&format!("{}/logga-in/klar{bare}", region.site.origin)).await);
    }
    // What was never begun here is not in the log of who did what.
    assert_eq!(region.refusals().await, [""; 0]);
    region.site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_of_the_provider_is_strict() {
    let region = Region::open().await;
    let mut browser = Browser::default();
    let page = browser.get(&format!("{}/logga-in/e-legitimation", region.site.origin)).await;
    let asked = page.leads_to().unwrap();
    assert!(asked.starts_with(&format!("{}/auth?", region.provider.issuer)), "{asked}");
    for part in [
        "response_type=code",
        "client_id=inkom",
        "code_challenge_method=S256",
        "max_age=3600",
        "acr_values=http%3A%2F%2Fid.sambi.se%2Floa%2Floa3+http%3A%2F%2Fid.elegnamnden.se%2Floa%2F1.0%2Floa3",
        "scope=openid",
        "nonce=",
        "state=",
        "code_challenge=",
    ] {
        assert!(asked.contains(part), "{part} in {asked}");
    }
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600"), "{cookie}");
    region.site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_of_the_providers_are_taken_up() {
    let mut region = Region::open().await;
    assert_eq!(region.sign_in(&who(HSA_ID, LOA3)).await.1.status, 200);
    region.provider = region.provider.restart();
    assert_eq!(region.sign_in(&who(HSA_ID, LOA3)).await.1.status, 200);
    region.site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_is_no_fault_of_the_visitors_and_check_tells_of_it() {
    let region = Region::open().await;
    let said = String::from_utf8(region.site.command(&["check"]).stdout).unwrap();
    assert!(said.contains(&format!("{} answers", region.provider.issuer)), "{said}");
    let Region { provider, site, _secrets } = region;
    drop(provider);
    let page = Browser::default().get(&format!("{}/logga-in/e-legitimation", site.origin)).await;
    assert_eq!(page.status, 503);
    assert!(page.text.contains("Legitimeringstjänsten svarar inte"), "{}", page.text);
    let checked = site.command(&["check"]);
    let said = String::from_utf8(checked.stdout).unwrap();
    assert!(said.contains("FAULT  web") && said.contains("connect"), "{said}");
    assert_eq!(checked.status.code(), Some(1));
    site.close().await;
}
