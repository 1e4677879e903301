//! Kept bytes, by SHA-256, beside the diary. `codec` and `key_id` say how they are stored; today as they are.

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use super::Tx;
use super::cells::Cells;
use super::tx::{execute, row, rows};
use crate::model::Digest;

/// The size of one part.
pub const PART_BYTES: usize = 1 << 20;

impl Tx {
    /// Keeps bytes under their digest. Keeping the same bytes again costs nothing.
    pub async fn keep(&mut self, bytes: &[u8]) -> Result<Digest> {
        let digest = Digest::of(bytes);
        let blob = row!(self,
            "insert into blob (digest, size_bytes, codec, key_id) values ($1, $2, '', '')
             on conflict (digest) do nothing returning id",
            &digest.as_bytes()[..], size(bytes); |row| row.int("id"))?;
        let Some(blob) = blob else { return Ok(digest) };
        for (part, bytes) in (0_i64..).zip(bytes.chunks(PART_BYTES)) {
            execute!(self, "insert into blob_part (blob_id, part, bytes) values ($1, $2, $3)", blob, part, bytes);
        }
        Ok(digest)
    }

    /// Reads kept bytes; `None` when they are missing or do not hash to their name.
    pub async fn kept(&mut self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        let found = self.read_parts(digest, |part| bytes.extend_from_slice(part)).await?;
        Ok((found == Some(*digest)).then_some(bytes))
    }

    /// Whether the bytes are there, complete and unchanged. Reads them all, one part at a time.
    pub async fn is_kept(&mut self, digest: &Digest) -> Result<bool> {
        Ok(self.read_parts(digest, |_| ()).await? == Some(*digest))
    }

    /// The digest of what is really there, or `None` when nothing is, or its length is wrong.
    async fn read_parts(&mut self, digest: &Digest, mut with: impl FnMut(&[u8])) -> Result<Option<Digest>> {
        let blob = row!(self,
            "select id, size_bytes from blob where digest = $1 and codec = '' and key_id = ''",
            &digest.as_bytes()[..]; |row| Ok((row.int("id")?, row.int("size_bytes")?)))?;
        let Some((blob, size_bytes)) = blob else { return Ok(None) };
        let (mut hash, mut read) = (Sha256::new(), 0);
        let parts = size_bytes.unsigned_abs().div_ceil(PART_BYTES as u64);
        for part in 0..i64::try_from(parts)? {
            let bytes = row!(self, "select bytes from blob_part where blob_id = $1 and part = $2", blob, part; |row| row.bytes("bytes"))?;
            let Some(bytes) = bytes else { return Ok(None) };
            read += size(&bytes);
            hash.update(&bytes);
            with(&bytes);
        }
        Ok((read == size_bytes).then(|| Digest::from_bytes(hash.finalize().into())))
    }

    /// Kept bytes that no document and no reply refers to: there should be none.
    pub async fn strays(&mut self) -> Result<Vec<Digest>> {
        rows!(self,
            "select digest from blob except select digest from document except select pdf from entry
             except select letter from outbox"; |row| row.digest("digest"))
    }
}

fn size(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).expect("no buffer is larger than i64::MAX")
}
