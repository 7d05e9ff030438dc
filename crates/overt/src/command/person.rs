//! Which contact a command is about: an address, and the workspace where there are several.

use anyhow::{Result, bail};
use model::EmailAddress;
use store::{Contact, Store};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Whom {
    /// Their address
    pub(crate) address: EmailAddress,
    /// The name of the workspace, where several know the address
    #[arg(long)]
    pub(crate) workspace: Option<String>,
}

/// The one contact that is meant.
pub(crate) async fn find(store: &Store, whom: &Whom) -> Result<Contact> {
    let mut known = Vec::new();
    for chain in store.ledger_chains().await? {
        if whom
            .workspace
            .as_ref()
            .is_some_and(|name| *name != chain.name)
        {
            continue;
        }
        if let Some(contact) = store
            .contact_by_address(chain.workspace, &whom.address)
            .await?
        {
            known.push((chain.name, contact));
        }
    }
    match (known.len(), known.pop()) {
        (1, Some((_, contact))) => Ok(contact),
        (0, _) | (_, None) => bail!(
            "{} is no contact here: nothing is held about them",
            whom.address
        ),
        (_, Some((last, _))) => {
            let mut names: Vec<_> = known.into_iter().map(|(name, _)| name).collect();
            names.push(last);
            bail!(
                "{} is known to {}; name one with --workspace",
                whom.address,
                names.join(", ")
            )
        }
    }
}
