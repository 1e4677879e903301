use serde::Deserialize;

use super::ConfigError;

/// `[authority]`: whose documents these are.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// Stands on the PDF.
    pub name: String,
    /// The hosts whose Received lines say when mail reached the authority (FL 22 §), its spam filter included.
    #[serde(default)]
    pub own_hosts: Vec<String>,
    /// The authserv-ids (RFC 8601 §2.5) whose Authentication-Results are believed.
    #[serde(default)]
    pub authserv_ids: Vec<String>,
    /// Domains that are never answered, such as the authority's own.
    #[serde(default)]
    pub silent_domains: Vec<String>,
}

impl Authority {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.name.trim().is_empty() {
            return Err(ConfigError::new(
                "authority.name",
                &self.name,
                "give the authority's name, such as \"Region Exempel\"",
            ));
        }
        let lists = [
            ("own_hosts", &self.own_hosts),
            ("authserv_ids", &self.authserv_ids),
            ("silent_domains", &self.silent_domains),
        ];
        for (key, list) in lists {
            if let Some(bad) = list.iter().find(|name| name.is_empty() || name.contains(['@', ' ', '/'])) {
                return Err(ConfigError::new(
                    format!("authority.{key}"),
                    bad,
                    "give bare host or domain names, such as \"mx.example.se\"",
                ));
            }
        }
        Ok(())
    }
}
