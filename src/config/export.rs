use serde::Deserialize;

/// `[export]`: who may take lists out of the diary without an archivist's approval.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Export {
    /// Root may, at the command line of this host. It is in the audit log either way.
    pub root: bool,
}
