use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde::Deserialize;

/// Where a secret lies: an absolute path, or the name of a systemd credential (`LoadCredentialEncrypted=`).
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "PathBuf")]
pub struct SecretFile(PathBuf);

impl TryFrom<PathBuf> for SecretFile {
    type Error = &'static str;

    /// The value is not shown, for it may be the secret itself.
    fn try_from(path: PathBuf) -> Result<Self, &'static str> {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
        let name = path.as_os_str().as_encoded_bytes();
        if path.is_absolute() || (!name.is_empty() && name.iter().all(plain)) {
            Ok(Self(path))
        } else {
            Err(
                "write the secret into a file of its own, and give that file's absolute path or the name of a systemd credential",
            )
        }
    }
}

impl SecretFile {
    /// The first line of the file. The secret itself is never logged or shown.
    ///
    /// # Errors
    /// Names the file and what to do when it is missing, empty or readable by everyone.
    pub fn read(&self) -> anyhow::Result<String> {
        let (path, text) = self.text("write the password there, readable by inkom alone")?;
        match text.lines().next() {
            Some(secret) if !secret.is_empty() => Ok(secret.to_owned()),
            _ => bail!("{} is empty; write the password there", path.display()),
        }
    }

    /// The whole file, for a key in PEM.
    ///
    /// # Errors
    /// As [`SecretFile::read`].
    pub fn read_whole(&self) -> anyhow::Result<String> {
        Ok(self.text("put the key there, readable by inkom alone")?.1)
    }

    fn text(&self, fix: &str) -> anyhow::Result<(PathBuf, String)> {
        let path = self.path()?;
        let shown = path.display();
        let text = std::fs::read_to_string(&path).with_context(|| format!("read the secret {shown}; {fix}"))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).with_context(|| format!("look at {shown}"))?.permissions().mode();
            if mode & 0o007 != 0 {
                bail!("{shown} can be read by everyone; run chmod o= on it");
            }
        }
        Ok((path, text))
    }

    fn path(&self) -> anyhow::Result<PathBuf> {
        if self.0.is_absolute() {
            return Ok(self.0.clone());
        }
        let folder = std::env::var_os("CREDENTIALS_DIRECTORY").context(
            "a systemd credential is named, but there is no CREDENTIALS_DIRECTORY; run under systemd or give an absolute path",
        )?;
        let path = PathBuf::from(folder).join(&self.0);
        if !path.exists() {
            bail!(
                "there is no systemd credential of the name given (not shown, it may be the secret itself); name it in LoadCredentialEncrypted="
            );
        }
        Ok(path)
    }
}
