//! Whom a domain belongs to.

/// Whether two addresses belong to one organisation: the domain under its public suffix (RFC 7489 §3.2) is the same.
pub fn share_organisation(one: &str, other: &str) -> bool {
    match (organisation(one), organisation(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

fn organisation(address: &str) -> Option<String> {
    let domain = domain(address);
    // A name that is itself a public suffix stands for itself only.
    Some(psl::domain_str(&domain).map_or_else(|| domain.clone(), str::to_owned)).filter(|domain| !domain.is_empty())
}

/// The labels beneath the organisation's own domain: `mail.b` of `mail.b.example.se`.
pub fn subdomains(domain: &str) -> &str {
    let own = psl::domain_str(domain).unwrap_or(domain);
    domain.strip_suffix(own).unwrap_or_default().trim_end_matches('.')
}

/// Of an address, in lower case.
pub fn domain(address: &str) -> String {
    address.rsplit_once('@').map_or("", |(_, domain)| domain).trim_end_matches('.').to_ascii_lowercase()
}

/// Whether the address is in one of the domains or under it.
pub fn is_in_domains(address: &str, domains: &[String]) -> bool {
    let domain = domain(address);
    domains.iter().any(|silent| {
        let silent = silent.to_ascii_lowercase();
        domain.strip_suffix(&silent).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organisations_are_told_by_their_registered_domain() {
        for (one, other, same) in [
            ("a@b.example.se", "c@example.se", true),
            ("a@EXAMPLE.se", "c@example.se", true),
            ("a@example.se", "c@other.se", false),
            ("a@one.co.uk", "c@two.co.uk", false),
            ("a@x.one.co.uk", "c@one.co.uk", true),
            ("a@one.github.io", "c@two.github.io", false),
            ("a@se", "c@se", true),
            ("a", "c", false),
        ] {
            assert_eq!(share_organisation(one, other), same, "{one} {other}");
        }
    }
}
