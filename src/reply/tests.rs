use super::*;

pub(super) fn authority() -> Authority {
    Authority {
        name: "Region Exempel".into(),
        own_hosts: vec!["mx.example.se".into()],
        authserv_ids: vec!["mx.example.se".into()],
        silent_domains: vec!["region.example".into()],
    }
}

pub(super) fn reply(more: &str) -> Reply {
    toml::from_str(&format!("text_file = \"reply.toml\"\n{more}")).unwrap()
}

pub(super) fn context<'a>(authority: &'a Authority, reply: &'a Reply) -> Context<'a> {
    static RECEIVED_FOR: std::sync::LazyLock<Vec<String>> =
        std::sync::LazyLock::new(|| vec!["mottagningen@example.se".into()]);
    Context {
        authority,
        reply,
        own_addresses: &["mottagningen@example.se", "svar@example.se"],
        received_for: &RECEIVED_FOR,
        in_junk_folder: false,
        backlog: false,
        duplicate: None,
        arrived_at: "2026-11-20T09:00:00Z".parse().unwrap(),
        now: "2026-11-20T09:05:00Z".parse().unwrap(),
        answered_recently: false,
        answers_this_week: 0,
    }
}
