//! `overt init`: writes `overt.toml`, keys and the database, and makes the owner.

use super::block_on;
use crate::config::{Config, FILE};
use crate::{ambient, keys, log, private_file};
use anyhow::{Context, Result, bail};
use model::url::Origin;
use model::{EmailAddress, IdentityId, Language, Mode, PerAxis, Role, UserId, WorkspaceId};
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::{By, Identity, Store, User};
use wire::dkim::Algorithm;

/// Arguments. What is not given is asked for on a terminal.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder to write into
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// The name of your organisation, as recipients read it
    #[arg(long)]
    workspace: Option<String>,
    /// Its postal address: without it recipients cannot be asked for their agreement
    #[arg(long)]
    postal_address: Option<String>,
    /// The owner's e-mail address: to sign in with, and the first to send from
    #[arg(long)]
    owner: Option<EmailAddress>,
    /// The owner's name, as recipients read it
    #[arg(long)]
    name: Option<String>,
    /// Read the owner's password from standard input instead of asking for it
    #[arg(long)]
    password_stdin: bool,
    /// Where browsers reach the dashboard, as in <https://overt.example.org>
    #[arg(long)]
    admin_origin: Option<Origin>,
    /// Where recipients reach pixels, links and pages, as in <https://t.example.org>
    #[arg(long)]
    tracker_origin: Option<Origin>,
    /// The mail server to deliver through
    #[arg(long)]
    relay_host: Option<String>,
    /// Its port
    #[arg(long, default_value_t = 587)]
    relay_port: u16,
    /// TLS to the relay: starttls, starttls-if-offered, tls, none
    #[arg(long, default_value = "starttls", value_parser = ["starttls", "starttls-if-offered", "tls", "none"])]
    relay_security: String,
    /// The name to sign in to the relay with; its password goes into `OVERT_RELAY__PASSWORD` or overt.toml
    #[arg(long)]
    relay_user: Option<String>,
    /// Make DKIM keys for this domain, so that Overt signs its mail; `overt doctor` shows the DNS records
    #[arg(long)]
    dkim_domain: Option<String>,
    /// `overt.db` in the folder, or `postgres://user:password@host/name`
    #[arg(long, default_value = "overt.db")]
    database: String,
    /// The language of recipients' texts when nothing better is known: en, fr, de, it, es
    #[arg(long, default_value = "en")]
    language: Language,
}

struct Answers {
    workspace: String,
    owner: EmailAddress,
    name: String,
    password: String,
    admin: Origin,
    tracker: Origin,
    relay_host: String,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let file = arguments.dir.join(FILE);
    if file.exists() {
        bail!(
            "{} exists already: this folder is set up. To begin anew, use another --dir",
            file.display()
        );
    }
    let answers = answers(arguments)?;
    if answers.admin == answers.tracker {
        bail!(
            "the dashboard and the tracker need origins of their own: recipients must never reach the dashboard's"
        );
    }
    std::fs::create_dir_all(&arguments.dir)
        .with_context(|| format!("cannot make the folder {}", arguments.dir.display()))?;
    if !keys::path(&arguments.dir).exists() {
        keys::create(&arguments.dir)?;
    }
    if let Some(domain) = &arguments.dkim_domain {
        write_dkim_keys(&arguments.dir, domain)?;
    }
    block_on(set_up(arguments, &answers))?;
    // The configuration last: a set-up that broke off half-way can simply be run again.
    write_config(&file, arguments, &answers)?;
    match Config::load(Some(&file)) {
        Ok(_) => {}
        // The relay's password is the one thing that may still be missing.
        Err(error)
            if arguments.relay_user.is_some()
                && error.to_string().contains("user and password") => {}
        Err(error) => return Err(error),
    }
    println!(
        "Written: {}, {}, the database",
        file.display(),
        keys::path(&arguments.dir).display()
    );
    println!(
        "\nThe tracking policy that this workspace begins with:\n\n{}\nAs its owner you may track, and have \
         acknowledged this policy by setting Overt up. Publish your own under Compliance; until somebody has the \
         role `compliance`, the owner sets limits and says who else may track.",
        model::policy::FIRST
    );
    println!("\nNext:");
    if arguments.relay_user.is_some() {
        println!(
            "  put the relay's password into {} or OVERT_RELAY__PASSWORD",
            file.display()
        );
    }
    println!("  overt doctor --config {}", file.display());
    println!("  overt serve --config {}", file.display());
    println!(
        "  then sign in at {} as {} and make an app password for your mail client",
        answers.admin, answers.owner
    );
    Ok(ExitCode::SUCCESS)
}

fn answers(arguments: &Arguments) -> Result<Answers> {
    let a = arguments;
    let workspace = ask("Name of your organisation", a.workspace.clone())?;
    let owner = ask(
        "Your e-mail address",
        a.owner.clone().map(|o| o.to_string()),
    )?
    .parse()?;
    let name = ask("Your name, as recipients read it", a.name.clone())?;
    let admin = ask(
        "Dashboard origin (https://overt.example.org)",
        a.admin_origin.clone().map(|o| o.to_string()),
    )?;
    let tracker = ask(
        "Tracker origin (https://t.example.org)",
        a.tracker_origin.clone().map(|o| o.to_string()),
    )?;
    let relay_host = ask("Mail server to deliver through", a.relay_host.clone())?;
    let password = password(a.password_stdin)?;
    if password.chars().count() < web::PASSWORD_CHARS_MIN {
        bail!(
            "the password needs at least {} characters",
            web::PASSWORD_CHARS_MIN
        );
    }
    Ok(Answers {
        workspace,
        owner,
        name,
        password,
        admin: admin.parse()?,
        tracker: tracker.parse()?,
        relay_host,
    })
}

fn ask(question: &str, given: Option<String>) -> Result<String> {
    if let Some(given) = given {
        return Ok(given);
    }
    if !std::io::stdin().is_terminal() {
        bail!("not on a terminal, and not given: {question}. See `overt init --help`");
    }
    print!("{question}: ");
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let line = line.trim();
    if line.is_empty() {
        bail!("nothing was entered for: {question}")
    }
    Ok(line.to_owned())
}

fn password(from_stdin: bool) -> Result<String> {
    if from_stdin {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    if !std::io::stdin().is_terminal() {
        bail!("not on a terminal: give the password with --password-stdin");
    }
    let first = rpassword::prompt_password("Choose a password: ")?;
    let again = rpassword::prompt_password("Once more: ")?;
    if first == again {
        Ok(first)
    } else {
        bail!("the two passwords differ")
    }
}

async fn set_up(arguments: &Arguments, answers: &Answers) -> Result<()> {
    let database = match arguments.database.parse() {
        Ok(store::Config::Sqlite(path)) => store::Config::Sqlite(arguments.dir.join(path)),
        Ok(postgres) => postgres,
        Err(never) => match never {},
    };
    let store = Store::open(&database)
        .await
        .context("cannot open the database")?;
    if store.user_by_address(&answers.owner).await?.is_some() {
        bail!(
            "{} is a user of this database already: sign in, or begin with an empty database",
            answers.owner
        );
    }
    let workspace = WorkspaceId((ambient::REAL.random)());
    store
        .workspace_create(
            workspace,
            secret_key(ambient::REAL.random),
            &answers.workspace,
            arguments.language,
            (ambient::REAL.now)(),
        )
        .await?;
    if let (Some(postal_address), Some(made)) = (
        arguments.postal_address.clone(),
        store.workspace(workspace).await?,
    ) {
        let told = store::Workspace {
            postal_address,
            ..made
        };
        let by = store::By::operator((ambient::REAL.now)());
        store.workspace_update(told, by).await?;
    }
    let owner = NewUser {
        workspace,
        name: &answers.name,
        address: &answers.owner,
        password: &answers.password,
        role: Role::Owner,
    };
    let owner = create_user(&store, &owner).await?;
    let_track(&store, &owner).await
}

/// 32 random bytes.
pub(crate) fn secret_key(random: fn() -> [u8; 16]) -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(&random());
    key[16..].copy_from_slice(&random());
    key
}

/// A user who can sign in and send from the address they sign in with.
pub(crate) struct NewUser<'a> {
    pub(crate) workspace: WorkspaceId,
    pub(crate) name: &'a str,
    pub(crate) address: &'a EmailAddress,
    pub(crate) password: &'a str,
    pub(crate) role: Role,
}

pub(crate) async fn create_user(store: &Store, new: &NewUser<'_>) -> Result<User> {
    let (now, random) = ((ambient::REAL.now)(), ambient::REAL.random);
    let password_hash =
        web::hash_password(new.password, random()).context("the password cannot be used")?;
    let user = User {
        id: UserId(random()),
        workspace: new.workspace,
        name: new.name.to_owned(),
        address: new.address.clone(),
        password_hash,
        role: new.role,
    };
    store.user_create(user.clone(), By::operator(now)).await?;
    let identity = Identity {
        id: IdentityId(random()),
        workspace: new.workspace,
        user: user.id,
        address: new.address.clone(),
        name: new.name.to_owned(),
    };
    store.identity_create(identity, By::operator(now)).await?;
    Ok(user)
}

/// Grants a user to track, and notes that they acknowledge the tracking policy that the workspace begins with. Only for
/// whoever sets the workspace up and is told so; everybody else does it on the page.
pub(crate) async fn let_track(store: &Store, user: &User) -> Result<()> {
    let now = (ambient::REAL.now)();
    let (ceiling, by) = (PerAxis::all(Mode::Detailed), By::operator(now));
    store
        .user_set_limits(user.workspace, user.id, true, ceiling, by)
        .await?;
    let policy = store.policy(user.workspace).await?.version;
    store.policy_acknowledge(user.id, policy, now).await?;
    Ok(())
}

fn write_config(file: &Path, arguments: &Arguments, answers: &Answers) -> Result<()> {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let user = match &arguments.relay_user {
        Some(user) => format!(
            "user = {}\n# password = \"…\"   # or OVERT_RELAY__PASSWORD in the environment\n",
            quoted(user)
        ),
        None => {
            "# user = \"…\"\n# password = \"…\"   # or OVERT_RELAY__PASSWORD in the environment\n"
                .into()
        }
    };
    let text = format!(
        "# Overt. Everything here can also be set in the environment: OVERT_RELAY__PASSWORD is password in [relay].\n\n\
         database = {database}\nhostname = {hostname}   # the name of this server in SMTP and in reports\n\n\
         # security_contact = \"mailto:security@example.org\"  # shown in /.well-known/security.txt\n\n\
         [admin]     # the dashboard; keep it inside\nlisten = \"127.0.0.1:8080\"\norigin = {admin}\n\n\
         [tracker]   # recipients reach this one; certificate and key, or a reverse proxy in front\n\
         listen = \"127.0.0.1:8081\"\norigin = {tracker}\n\
         # certificate = \"fullchain.pem\"\n# key = \"privkey.pem\"\n\
         # trusted_proxies = [\"127.0.0.1/32\"]\n\n\
         [submit]    # where mail clients send to\nlisten = [\"127.0.0.1:587\"]\n\
         # listen_tls = [\"0.0.0.0:465\"]\n# certificate = \"fullchain.pem\"\n# key = \"privkey.pem\"\n\n\
         [relay]     # where everything goes\nhost = {host}\nport = {port}\nsecurity = {security}\n{user}{dkim}",
        database = quoted(&arguments.database),
        hostname = quoted(answers.tracker.host()),
        admin = quoted(answers.admin.as_str()),
        tracker = quoted(answers.tracker.as_str()),
        host = quoted(&answers.relay_host),
        port = arguments.relay_port,
        security = quoted(&arguments.relay_security),
        dkim = dkim_sections(arguments.dkim_domain.as_deref()),
    );
    // It may come to hold the relay's password.
    let mut out = private_file::create(file)?;
    out.write_all(text.as_bytes())?;
    Ok(())
}

/// File and selector of the keys that `init` makes: old receivers know only RSA, Ed25519 is shorter in DNS.
const DKIM_KEYS: [(Algorithm, &str); 2] = [
    (Algorithm::Rsa, "overt-rsa"),
    (Algorithm::Ed25519, "overt-ed25519"),
];

fn write_dkim_keys(dir: &Path, domain: &str) -> Result<()> {
    for (algorithm, selector) in DKIM_KEYS {
        let path = dir.join(format!("dkim-{selector}.pem"));
        if path.exists() {
            continue;
        }
        let pem = wire::dkim::generate(algorithm).context("cannot make a DKIM key")?;
        wire::dkim::Signer::new(domain, selector, pem.as_bytes()).context("--dkim-domain")?;
        private_file::create(&path)?.write_all(pem.as_bytes())?;
    }
    Ok(())
}

fn dkim_sections(domain: Option<&str>) -> String {
    let Some(domain) = domain else {
        return String::new();
    };
    let domain = toml::Value::String(domain.to_owned());
    DKIM_KEYS
        .iter()
        .map(|(_, selector)| {
            format!("\n[[dkim]]\ndomain = {domain}\nselector = \"{selector}\"\nkey = \"dkim-{selector}.pem\"\n")
        })
        .collect()
}
