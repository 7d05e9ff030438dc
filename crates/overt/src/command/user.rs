//! `overt user`: who may sign in, from the machine. The dashboard does the same under Compliance › People; this is for
//! whoever has no account yet, or none that works any more.
//!
//! Each change is an act in the ledger, done by the operator. Nobody's password is set here: a link lets them choose
//! one, once, within a day.

use super::{ConfigFile, block_on, open};
use crate::{ambient, log};
use anyhow::{Result, bail, ensure};
use model::{EmailAddress, IdentityId, Role, Secret, UserId};
use std::process::ExitCode;
use std::time::Duration;
use store::{By, Identity, Member, Store, User};

/// A link to choose a password works for so long.
const LINK_LIFE: Duration = Duration::from_hours(24);

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Who there is: role, whether in use, last sign-in
    List,
    /// Make an account and print a link with which its owner chooses a password
    Invite {
        /// The address to sign in with, and to send from where the role sends
        address: EmailAddress,
        /// The name, as recipients read it
        #[arg(long)]
        name: String,
        /// owner, admin, member, compliance
        #[arg(long, default_value = "member")]
        role: Role,
        /// The name of the workspace, where there are several
        #[arg(long)]
        workspace: Option<String>,
    },
    /// Print a new link to choose a password; an earlier one is void
    Link {
        /// The address they sign in with
        address: EmailAddress,
    },
    /// Give another role
    Role {
        /// The address they sign in with
        address: EmailAddress,
        /// owner, admin, member, compliance
        role: Role,
    },
    /// Take out of use: signs out everywhere, keys and app passwords stop; mails and register stay
    Deactivate {
        /// The address they sign in with
        address: EmailAddress,
    },
    /// Bring back into use
    Activate {
        /// The address they sign in with
        address: EmailAddress,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let config = arguments.config.load()?;
    let origin = &config.admin.origin;
    block_on(async {
        let store = open(&config).await?;
        let by = By::operator((ambient::REAL.now)());
        match &arguments.what {
            What::List => list(&store).await?,
            What::Invite {
                address,
                name,
                role,
                workspace,
            } => {
                let user = invite(&store, address, name, *role, workspace.as_deref()).await?;
                println!("{} has an account as {}.", user.address, role.as_str());
                link(&store, &user, &origin.to_string()).await?;
            }
            What::Link { address } => {
                let user = find(&store, address).await?.user;
                link(&store, &user, &origin.to_string()).await?;
            }
            What::Role { address, role } => {
                let user = find(&store, address).await?.user;
                let set = store.user_set_role(user.workspace, user.id, *role, by);
                set.await.map_err(an_owner_stays)?;
                println!("{address} is {} now.", role.as_str());
            }
            What::Deactivate { address } => {
                activity(&store, address, false, by).await?;
                println!("{address} is out of use.");
            }
            What::Activate { address } => {
                activity(&store, address, true, by).await?;
                println!("{address} is in use again.");
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn an_owner_stays(error: store::Error) -> anyhow::Error {
    match error {
        store::Error::Conflict(_) => anyhow::anyhow!(
            "the workspace needs an owner who can sign in; give somebody else that role first"
        ),
        other => other.into(),
    }
}

async fn list(store: &Store) -> Result<()> {
    for chain in store.ledger_chains().await? {
        println!("{}", chain.name);
        for m in store.members(chain.workspace).await? {
            let seen = m
                .signed_in_at
                .map_or("never signed in".into(), |at| format!("signed in {at}"));
            let out = if m.deactivated_at.is_some() {
                ", out of use"
            } else {
                ""
            };
            let (address, role) = (&m.user.address, m.user.role.as_str());
            println!("  {address}  {}  {role}, {seen}{out}", m.user.name);
        }
    }
    Ok(())
}

/// The user, also one that is out of use.
async fn find(store: &Store, address: &EmailAddress) -> Result<Member> {
    for chain in store.ledger_chains().await? {
        let members = store.members(chain.workspace).await?;
        let found = members
            .into_iter()
            .find(|m| m.user.address.key() == address.key());
        if let Some(member) = found {
            return Ok(member);
        }
    }
    bail!("nobody signs in with {address}: see `overt user list`")
}

async fn activity(store: &Store, address: &EmailAddress, active: bool, by: By) -> Result<()> {
    let user = find(store, address).await?.user;
    let set = store.user_set_active(user.workspace, user.id, active, by);
    set.await.map(drop).map_err(an_owner_stays)
}

async fn invite(
    store: &Store,
    address: &EmailAddress,
    name: &str,
    role: Role,
    workspace: Option<&str>,
) -> Result<User> {
    let name = name.trim();
    ensure!(
        !name.is_empty() && name.chars().count() <= 100 && !name.chars().any(char::is_control),
        "the name has one line of 1 to 100 characters"
    );
    ensure!(
        store.user_by_address(address).await?.is_none(),
        "somebody signs in with {address} already"
    );
    let mut chains = store.ledger_chains().await?;
    chains.retain(|chain| workspace.is_none_or(|name| name == chain.name));
    let [chain] = chains.as_slice() else {
        bail!("name one workspace with --workspace");
    };
    let (by, random) = (By::operator((ambient::REAL.now)()), ambient::REAL.random);
    let user = User {
        id: UserId(random()),
        workspace: chain.workspace,
        name: name.to_owned(),
        address: address.clone(),
        // No password matches this until they choose one.
        password_hash: "!".into(),
        role,
    };
    store.user_create(user.clone(), by.clone()).await?;
    if role.may(model::role::Act::Send) {
        let identity = Identity {
            id: IdentityId(random()),
            workspace: chain.workspace,
            user: user.id,
            address: address.clone(),
            name: name.to_owned(),
        };
        // An address that somebody else sends from already stays theirs.
        match store.identity_create(identity, by).await {
            Ok(()) | Err(store::Error::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(user)
}

async fn link(store: &Store, user: &User, origin: &str) -> Result<()> {
    let (now, random) = ((ambient::REAL.now)(), ambient::REAL.random);
    let secret = Secret::new(random());
    let (digest, expires, by) = (secret.digest(), now + LINK_LIFE, By::operator(now));
    let made = store.user_reset_issue(user.workspace, user.id, random(), digest, expires, by);
    ensure!(
        made.await?,
        "{} is out of use: `overt user activate {}` first",
        user.address,
        user.address
    );
    println!("With this link they choose a password, once, until {expires}:");
    println!("{origin}/password/{}", secret.as_str());
    Ok(())
}
