//! One notice, posted: its address may be a secret, and what is sent may be signed as Standard Webhooks have it. Knows
//! neither channels nor what is said.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::vault::Vault;
use crate::engine::{Fault, HttpJob, NoticeKey, SecretText};

/// How many bytes SHA-256 takes at once; a key is padded to that.
const BLOCK: usize = 64;

/// Returns the request that posts a notice.
///
/// # Errors
/// A secret in its address, or its key, is not there.
pub(super) fn request(
    url: &SecretText,
    body: &str,
    key: Option<&NoticeKey>,
    timeout_ms: u64,
    vault: &Vault,
) -> Result<HttpJob, Fault> {
    let mut headers = vec![("content-type".into(), SecretText::plain("application/json"))];
    if let Some(key) = key {
        let signature = signature(key, &vault.resolve(&key.key)?, body);
        headers.extend([
            ("webhook-id".into(), SecretText::plain(key.id.clone())),
            ("webhook-timestamp".into(), SecretText::plain(key.at_s.to_string())),
            ("webhook-signature".into(), SecretText::plain(format!("v1,{signature}"))),
        ]);
    }
    Ok(HttpJob {
        method: "POST".into(),
        url: vault.resolve(url)?.trim().to_owned(),
        headers,
        body: Some(SecretText::plain(body)),
        timeout_ms,
        accept: Vec::new(),
    })
}

/// A key is written as `whsec_` and base64; whatever else it is counts as it stands.
fn signature(key: &NoticeKey, secret: &str, body: &str) -> String {
    let secret = secret.trim();
    let decoded = secret.strip_prefix("whsec_").and_then(|it| STANDARD.decode(it).ok());
    let secret = decoded.unwrap_or_else(|| secret.as_bytes().to_vec());
    let signed = format!("{}.{}.{body}", key.id, key.at_s);
    STANDARD.encode(hmac_sha256(&secret, signed.as_bytes()))
}

/// The keyed digest of RFC 2104.
fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let padded = |with: u8| block.map(|it| it ^ with);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|it| format!("{it:02x}")).collect()
    }

    #[test]
    fn the_keyed_digest_is_that_of_the_standard() {
        // RFC 4231, cases 1, 2 and 6.
        let cases: [(&[u8], &[u8], &str); 3] = [
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, message, digest) in cases {
            assert_eq!(hex(&hmac_sha256(key, message)), digest);
        }
    }

    #[test]
    fn a_key_in_base64_counts_as_the_bytes_that_it_stands_for() {
        let key = NoticeKey { id: "r/one".to_owned(), at_s: 7, key: SecretText::plain("") };
        let written = format!("whsec_{}", STANDARD.encode("plain-key"));
        assert_eq!(signature(&key, &written, "{}"), signature(&key, "plain-key", "{}"));
    }
}
