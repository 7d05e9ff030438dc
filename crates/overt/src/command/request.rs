//! `overt request`: what people ask for under their rights, each with the day by which it must be answered.

use super::person::{Whom, find};
use super::{ConfigFile, block_on, open};
use crate::{ambient, log};
use anyhow::{Context, Result, bail};
use model::filled::Filled;
use model::request::Standing;
use model::{RequestId, Right, Time, WorkspaceId};
use std::process::ExitCode;
use store::{By, NewRequest, Request, Store};

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
    /// Note a request that came in: access, rectification, erasure, restriction, portability or objection
    Add {
        #[command(flatten)]
        whom: Whom,
        /// Which right
        #[arg(long)]
        right: Right,
        /// What they wrote, in short
        #[arg(long, default_value = "")]
        note: String,
    },
    /// All requests, the most pressing first; exit code 1 if one is overdue
    List {
        /// As JSON lines
        #[arg(long)]
        json: bool,
    },
    /// Note how a request was answered
    Answer {
        /// Its id, from the list
        id: RequestId,
        /// How
        answer: Filled,
    },
    /// Put the answer off by one or two months; the person must be told why
    Extend {
        /// Its id, from the list
        id: RequestId,
        /// By how many months
        #[arg(long, default_value_t = 1)]
        months: u8,
        /// Why
        reason: Filled,
    },
}

/// More than anybody reads at once; answered ones come last.
const LISTED_MAX: u16 = 1_000;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    let config = arguments.config.load()?;
    let ambient = ambient::REAL;
    let now = (ambient.now)();
    block_on(async {
        let store = open(&config).await?;
        match &arguments.what {
            What::Add { whom, right, note } => {
                let contact = find(&store, whom).await?;
                let new = NewRequest {
                    id: RequestId((ambient.random)()),
                    contact: Some(contact.id),
                    right: *right,
                    note: note.clone(),
                };
                let id = new.id;
                let clock = store.request_add(contact.workspace, new, now).await?;
                println!("{id}  to be answered by {}", day(clock.due_at));
                Ok(ExitCode::SUCCESS)
            }
            What::List { json } => list(&store, *json, now).await,
            What::Answer { id, answer } => {
                let workspace = workspace_of(&store, *id).await?;
                let by = By::operator(now);
                if !store.request_answer(workspace, *id, answer, by).await? {
                    bail!("request {id} was answered before");
                }
                Ok(ExitCode::SUCCESS)
            }
            What::Extend { id, months, reason } => {
                let workspace = workspace_of(&store, *id).await?;
                let by = By::operator(now);
                let extended = store.request_extend(workspace, *id, *months, reason, by);
                let clock = extended.await?.context("there is no such request")??;
                println!("{id}  to be answered by {}", day(clock.due_at));
                Ok(ExitCode::SUCCESS)
            }
        }
    })
}

async fn workspace_of(store: &Store, id: RequestId) -> Result<WorkspaceId> {
    for chain in store.ledger_chains().await? {
        if store.request(chain.workspace, id).await?.is_some() {
            return Ok(chain.workspace);
        }
    }
    bail!("there is no request {id}: `overt request list` has them")
}

async fn list(store: &Store, json: bool, now: Time) -> Result<ExitCode> {
    let mut overdue = false;
    for chain in store.ledger_chains().await? {
        for request in store.requests(chain.workspace, LISTED_MAX).await? {
            let standing = request.clock.standing(now);
            overdue |= standing == Standing::Overdue;
            if json {
                println!("{}", as_json(&chain.name, &request, standing));
            } else {
                println!("{}", as_line(&request, standing));
            }
        }
    }
    Ok(ExitCode::from(u8::from(overdue)))
}

fn as_line(request: &Request, standing: Standing) -> String {
    let (clock, who) = (&request.clock, request.address.as_deref().unwrap_or("–"));
    let how = match standing {
        Standing::Open => format!("due {}", day(clock.due_at)),
        Standing::Pressing => format!("due {}, this week", day(clock.due_at)),
        Standing::Overdue => format!("OVERDUE since {}", day(clock.due_at)),
        Standing::Answered => "answered".to_owned(),
        Standing::AnsweredLate => "answered, too late".to_owned(),
    };
    let (id, right, came) = (request.id, request.right.as_str(), day(clock.received_at));
    format!("{id}  {came}  {right:<13}  {how:<26}  {who}")
}

fn as_json(workspace: &str, request: &Request, standing: Standing) -> serde_json::Value {
    let standing = match standing {
        Standing::Open => "open",
        Standing::Pressing => "pressing",
        Standing::Overdue => "overdue",
        Standing::Answered => "answered",
        Standing::AnsweredLate => "answered_late",
    };
    serde_json::json!({
        "id": request.id,
        "workspace": workspace,
        "address": request.address,
        "right": request.right,
        "note": request.note,
        "received_at": request.clock.received_at,
        "due_at": request.clock.due_at,
        "extension": request.extension,
        "answered_at": request.clock.answered_at,
        "answer": request.answer,
        "standing": standing,
    })
}

fn day(at: Time) -> String {
    at.rfc3339().chars().take(10).collect()
}
