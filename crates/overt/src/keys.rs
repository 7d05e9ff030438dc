//! The key file: the secrets that tokens are made with, the one that receipts and heads of the ledger are signed with,
//! the one of the suppression list, and the one that the secrets of webhooks follow from. It is the only thing besides the database that must be kept.

use crate::{ambient, private_file};
use anyhow::{Context, Result, bail};
use data_encoding::BASE64;
use model::{Keyring, SigningKey, SuppressionKey, WebhookKey};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The key file of a data folder.
pub(crate) fn path(data: &Path) -> PathBuf {
    data.join("keys.toml")
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    token: Vec<TokenKey>,
    signing: Secret,
    suppression: Secret,
    webhook: Secret,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    /// 256 random bits.
    secret: String,
}

impl Secret {
    fn draw() -> Result<Self> {
        let secret = BASE64.encode(&ambient::bytes::<32>()?);
        Ok(Self { secret })
    }
}

/// The keys of an instance.
pub(crate) struct Keys {
    /// What makes and verifies tokens.
    pub(crate) tokens: Keyring,
    /// What receipts and heads of the ledger are signed with.
    pub(crate) signing: SigningKey,
    /// What the addresses on the suppression list are hashed under.
    pub(crate) suppression: SuppressionKey,
    /// What the secrets of webhooks follow from.
    pub(crate) webhook: WebhookKey,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenKey {
    /// The highest signs; all verify. Links made with a key live as long as the key is here.
    id: u16,
    /// 256 random bits.
    secret: String,
}

/// Writes a fresh key file, readable by its owner only. Refuses to overwrite one: every link ever sent needs it.
pub(crate) fn create(data: &Path) -> Result<()> {
    let path = path(data);
    let key = TokenKey {
        id: 1,
        secret: BASE64.encode(&ambient::bytes::<32>()?),
    };
    let text = format!(
        "# Keys of Overt. Keep this file with the database, and secret: whoever has it can forge links,\n\
         # and without it every link in every mail ever sent is dead, whoever unsubscribed is forgotten, and no webhook can be verified.\n\n{}",
        toml::to_string(&KeyFile {
            token: vec![key],
            signing: Secret::draw()?,
            suppression: Secret::draw()?,
            webhook: Secret::draw()?,
        })?
    );
    let mut file =
        private_file::create(&path).context("an existing key file is never written over")?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    File::open(data)?.sync_all()?; // the file's name, too, must survive a power cut
    Ok(())
}

/// The ids of the token keys, for a list of keys; no secret among them.
pub(crate) fn token_ids(data: &Path) -> Result<Vec<u16>> {
    let path = path(data);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    // The parser's message would quote the file.
    let file: KeyFile = toml::from_str(&text)
        .map_err(|_| anyhow::anyhow!("{} cannot be understood", path.display()))?;
    Ok(file.token.iter().map(|key| key.id).collect())
}

/// Reads the key file.
pub(crate) fn load(data: &Path) -> Result<Keys> {
    let path = path(data);
    let mode = std::fs::metadata(&path)
        .with_context(|| format!("cannot read {}: `overt init` makes it", path.display()))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        bail!(
            "{} can be read by others: run `chmod 600 {}`",
            path.display(),
            path.display()
        );
    }
    let text = std::fs::read_to_string(&path)?;
    let file: KeyFile = toml::from_str(&text).map_err(|e| {
        // The message of the parser quotes the line it stumbled over; that line may hold a secret.
        let place = e
            .span()
            .map_or(0, |span| text[..span.start.min(text.len())].lines().count());
        anyhow::anyhow!("{}: line {place} cannot be understood", path.display())
    })?;
    let secret = |text: &str, name: &str| -> Result<[u8; 32]> {
        let bytes = BASE64
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok());
        bytes.with_context(|| format!("{}: {name} is not 32 bytes of base64", path.display()))
    };
    let secrets = file
        .token
        .iter()
        .map(|key| Ok((key.id, secret(&key.secret, &format!("key {}", key.id))?)))
        .collect::<Result<Vec<_>>>()?;
    Ok(Keys {
        tokens: Keyring::new(&secrets).with_context(|| path.display().to_string())?,
        signing: SigningKey::new(&secret(&file.signing.secret, "the signing key")?)?,
        suppression: SuppressionKey::new(&secret(&file.suppression.secret, "the suppression key")?),
        webhook: WebhookKey::new(&secret(&file.webhook.secret, "the webhook key")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_private_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        create(folder.path()).unwrap();
        assert!(create(folder.path()).is_err());
        assert!(load(folder.path()).is_ok());
        std::fs::set_permissions(path(folder.path()), std::fs::Permissions::from_mode(0o644))
            .unwrap();
        assert!(
            load(folder.path())
                .err()
                .unwrap()
                .to_string()
                .contains("chmod 600")
        );
    }

    #[test]
    fn a_broken_key_file_does_not_show_its_secret() {
        let folder = tempfile::tempdir().unwrap();
        create(folder.path()).unwrap();
        let text = std::fs::read_to_string(path(folder.path()))
            .unwrap()
            .replace("secret = \"", "secret = \"SENTINEL\nx");
        std::fs::write(path(folder.path()), text).unwrap();
        assert!(!format!("{:#}", load(folder.path()).err().unwrap()).contains("SENTINEL"));
    }
}
