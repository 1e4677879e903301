//! What an address says about who is behind it.

/// RFC 5321 §4.5.3.1.3, without the angle brackets.
const MAX_BYTES: usize = 254;

/// The address, if a reply can be sent to it: `local@domain` in plain ASCII, at a name in the public DNS, without the
/// old ways of naming a route through other hosts.
pub fn usable(address: &str) -> Option<&str> {
    let (local, domain) = address.rsplit_once('@')?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "!#$&'*+-/=?^_`{|}~.".contains(c);
    let routed = local.contains(['!', '|']) || local.starts_with('/');
    let is_usable = address.len() <= MAX_BYTES
        && local.len() <= 64
        && local.chars().all(is_plain)
        && !routed
        && domain.contains('.')
        && domain.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
        && domain.rsplit('.').next().is_some_and(|top| top.chars().any(|c| c.is_ascii_alphabetic()))
        && address.parse::<lettre::Address>().is_ok();
    is_usable.then_some(address)
}
