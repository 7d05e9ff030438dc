//! `overt demo`: everything in a throw-away folder; prints where to look.

use super::{block_on, stop_signal};
use crate::demo::{Demo, check};
use crate::log;
use anyhow::{Context, Result};
use std::process::ExitCode;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Walk the whole loop unattended, a line a step; exit 0 or 1
    #[arg(long, conflicts_with = "json")]
    check: bool,
    /// Print one JSON line for programs once everything listens, and run until stopped
    #[arg(long)]
    json: bool,
    /// Use this port and the three after it instead of free ones
    #[arg(long)]
    port: Option<u16>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let folder = tempfile::Builder::new()
        .prefix("overt-demo-")
        .tempdir()
        .context("cannot make a temporary folder")?;
    let ended = block_on(async {
        let stopped = stop_signal()?;
        let demo = Demo::start(folder.path(), arguments.port).await?;
        if arguments.check {
            let passed = check::walk(&demo).await;
            demo.stop().await;
            return Ok(ExitCode::from(u8::from(!passed)));
        }
        if arguments.json {
            println!("{}", demo.json());
        } else {
            print!("{}", tour(&demo));
        }
        stopped.await;
        demo.stop().await;
        Ok(ExitCode::SUCCESS)
    });
    folder
        .close()
        .context("cannot remove the temporary folder")?;
    ended
}

fn tour(demo: &Demo) -> String {
    let Demo {
        dashboard,
        mailbox,
        from,
        password,
        smtp,
        app_password,
        config,
        ..
    } = demo;
    let config = config.display();
    format!(
        "Overt is running, with made-up people and a throw-away database.\n\n\
         \x20 Dashboard  {dashboard}\n\
         \x20            sign in as {from} with the password {password}\n\
         \x20 Mailbox    {mailbox}\n\
         \x20 SMTP       {smtp}, user {from}, password {app_password}\n\
         \x20 Commands   overt audit verify --config {config}\n\n\
         You are Dana. Ada agreed that you may see when she reads your mail, Bruno was never asked, and Carla took her\n\
         agreement back. Sign in, write a mail to ada@reader.example, bruno@reader.example, carla@reader.example, then\n\
         open it in the mailbox as each of them. Ada's tick turns from one to two while you watch; Bruno and Carla show\n\
         a dash and the reason. Follow the line at the foot of Ada's mail to see what she sees, and let her withdraw.\n\n\
         Ctrl-C stops it and removes everything.\n"
    )
}
