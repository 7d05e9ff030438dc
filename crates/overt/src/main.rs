//! The `overt` binary: commands, configuration, roles, and the wiring between the crates.
//!
//! The only place that reads the clock, chance and the environment. Errors on the way to the user name the input, the
//! place and the mend; exit codes are 0 fine, 1 the thing asked for failed, 2 usage.

mod ambient;
mod backup_keys;
mod base;
mod command;
mod config;
mod demo;
mod evidence;
mod finding;
mod keys;
mod listen;
mod log;
mod mail_hosts;
mod metrics;
mod networks;
mod preflight;
mod private_file;
mod runtime;
mod security_txt;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// E-mail tracking in the open: seen by the recipient, agreed to, and taken back at will.
#[derive(Debug, Parser)]
#[command(name = "overt", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything in a throw-away folder: server, sample user and contacts, a mailbox page
    Demo(command::demo::Arguments),
    /// Write overt.toml, keys and the database; make the owner
    Init(command::init::Arguments),
    /// Run the server: all roles, or some
    Serve(command::serve::Arguments),
    /// Mail on standard input, instrumented copies into a folder
    Instrument(command::instrument::Arguments),
    /// Hits as JSON lines on standard input, verdicts as JSON lines on standard output
    Verdict(command::verdict::Arguments),
    /// Judge stored hits again by today's rules; without --apply only tells what would change
    Reclassify(command::reclassify::Arguments),
    /// A report of delivery or reading that came back by mail, on standard input: kept with its copy
    Report(command::report::Arguments),
    /// Find other people's trackers in mails: .eml files, mbox files, Maildirs
    Scan(command::scan::Arguments),
    /// A mail on standard input, the same without trackers on standard output
    Clean(command::clean::Arguments),
    /// Check relay, tracker origin, clock, disk and keys, and say what to do
    Doctor(command::doctor::Arguments),
    /// Verify the ledger of consent, print its signed heads and the public key
    Audit(command::audit::Arguments),
    /// Verify a receipt of consent
    Consent(command::consent::Arguments),
    /// Everything held about one person, to be handed to them
    Export(command::export::Arguments),
    /// Erase everything held about one person; a signed receipt comes out, and a digest keeps advertising away
    Erase(command::erase::Arguments),
    /// Requests of persons for their rights: note, list, answer, extend
    Request(command::request::Arguments),
    /// Write everything into one file, sealed so that erasing reaches into it
    Backup(command::backup::Arguments),
    /// Read a backup into an empty database, without those who were erased
    Restore(command::restore::Arguments),
    /// Clear away what has been kept for its term, or say what that would be
    Retention(command::retention::Arguments),
    /// The kill switch of the whole server: on, off, or what it is
    Tracking(command::tracking::Arguments),
    /// Users: list, invite, a link to choose a password, roles, out of use
    User(command::user::Arguments),
    /// Enter contacts from a list, or from an export
    Contact(command::contact::Arguments),
    /// Draw a signed archive of evidence for auditors, or verify one
    Evidence(command::evidence::Arguments),
    /// Measure what rewriting a mail costs, as a ratio to a yardstick in the same process
    Bench(command::bench::Arguments),
}

fn main() -> ExitCode {
    let cli = Cli::parse(); // exits with 2 and the usage on a wrong command line
    let ended = match cli.command {
        Command::Demo(arguments) => command::demo::run(&arguments),
        Command::Init(arguments) => command::init::run(&arguments),
        Command::Serve(arguments) => command::serve::run(arguments),
        Command::Instrument(arguments) => command::instrument::run(&arguments),
        Command::Verdict(arguments) => command::verdict::run(&arguments),
        Command::Reclassify(arguments) => command::reclassify::run(&arguments),
        Command::Report(arguments) => command::report::run(&arguments),
        Command::Scan(arguments) => command::scan::run(&arguments),
        Command::Clean(arguments) => command::clean::run(&arguments),
        Command::Doctor(arguments) => command::doctor::run(&arguments),
        Command::Audit(arguments) => command::audit::run(&arguments),
        Command::Consent(arguments) => command::consent::run(&arguments),
        Command::Export(arguments) => command::export::run(&arguments),
        Command::Erase(arguments) => command::erase::run(&arguments),
        Command::Request(arguments) => command::request::run(&arguments),
        Command::Backup(arguments) => command::backup::run(&arguments),
        Command::Restore(arguments) => command::restore::run(&arguments),
        Command::Retention(arguments) => command::retention::run(&arguments),
        Command::Tracking(arguments) => command::tracking::run(&arguments),
        Command::User(arguments) => command::user::run(&arguments),
        Command::Contact(arguments) => command::contact::run(&arguments),
        Command::Evidence(arguments) => command::evidence::run(&arguments),
        Command::Bench(arguments) => command::bench::run(&arguments),
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            eprintln!("overt: {error:#}");
            ExitCode::from(1)
        }
    }
}
