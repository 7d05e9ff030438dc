//! `overt instrument`: mail on standard input, instrumented copies into a folder, a report of every link.

use crate::{ambient, log};
use anyhow::{Context, Result, bail};
use model::crowd::NOBODY;
use model::decision::{Ceiling, Circumstances, Decision, decide};
use model::entitlement::entitlement;
use model::profile::{Case, Profiles};
use model::url::Origin;
use model::{
    AgeStanding, Consent, ConsentState, CopyId, EmailAddress, Keyring, Language, LegalTags,
    MessageClass, MessageId, Mode, PerAxis, Reason, Topic,
};
use send::instrument::{Rendered, Tools, Wanted, left_alone, render};
use serde_json::{Value, json};
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A recipient; may be given several times
    #[arg(long = "to", required = true)]
    to: Vec<EmailAddress>,
    /// The folder for the copies: 1.eml, 2.eml, … in the order of --to
    #[arg(long)]
    out: PathBuf,
    /// Write a report as JSON: each part and link, tracked or not and why
    #[arg(long)]
    report: Option<PathBuf>,
    /// Needs no configuration: throw-away keys, the origin <https://sample.invalid>, as if everyone had agreed. For
    /// looking and testing; nothing in it can ever be tracked
    #[arg(long)]
    sample: bool,
}

const SAMPLE_ORIGIN: &str = "https://sample.invalid";
/// The same bound as at submission.
const MAIL_BYTES_MAX: u64 = 50 * 1024 * 1024;

struct Means {
    keyring: Keyring,
    tracker: Origin,
}

impl Means {
    fn tools(&self) -> Tools<'_> {
        Tools {
            keyring: &self.keyring,
            tracker: &self.tracker,
            signs_anew: false,
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    log::start(true);
    if !arguments.sample {
        bail!(
            "without --sample, copies belong to accepted mail: send it through submission or POST /api/v1/messages. \
             `overt instrument --sample` shows what a mail would look like"
        );
    }
    let means = Means {
        keyring: Keyring::new(&[(1, ambient::bytes()?)])?,
        tracker: SAMPLE_ORIGIN.parse()?,
    };
    let mut source = Vec::new();
    std::io::stdin()
        .lock()
        .take(MAIL_BYTES_MAX + 1)
        .read_to_end(&mut source)
        .context("cannot read the mail from standard input")?;
    if source.len() as u64 > MAIL_BYTES_MAX {
        bail!("the mail on standard input is larger than 50 MB");
    }
    let plan = mail::plan(&source).context("standard input")?;
    std::fs::create_dir_all(&arguments.out)
        .with_context(|| format!("cannot make the folder {}", arguments.out.display()))?;
    let (mut copies, mut clicks) = (Vec::new(), None);
    for (index, to) in arguments.to.iter().enumerate() {
        let (rendered, decision) = copy(&plan, &means.tools())?;
        // Everybody agreed to the same here, so one copy's reason is every copy's.
        clicks = rendered.lowered.or(decision.click.as_ref().err().copied());
        let path = arguments.out.join(format!("{}.eml", index + 1));
        std::fs::write(&path, &rendered.bytes)
            .with_context(|| format!("cannot write {}", path.display()))?;
        copies.push(copy_report(
            &format!("{}.eml", index + 1),
            to,
            &rendered,
            &decision,
        ));
    }
    if let Some(path) = &arguments.report {
        let text = serde_json::to_string_pretty(&report(&plan, &copies, clicks, &means.tools()))?;
        std::fs::write(path, text + "\n")
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One copy, as if its recipient had agreed to everything but details.
fn copy(plan: &mail::Plan<'_>, tools: &Tools<'_>) -> Result<(Rendered, Decision)> {
    let now = (ambient::REAL.now)();
    let id = CopyId((ambient::REAL.random)());
    let consent = Topic::ALL.iter().fold(Consent::default(), |c, topic| {
        c.after(*topic, ConsentState::Given, now)
    });
    let switch = match plan.header("X-Overt-Track") {
        Some(word) => word
            .parse::<model::Switch>()
            .context("the header field X-Overt-Track")?,
        None => model::Switch::All,
    };
    let class = match plan.header("X-Overt-Class") {
        Some(word) => word
            .trim()
            .to_ascii_lowercase()
            .parse()
            .context("the header field X-Overt-Class")?,
        None => MessageClass::Correspondence,
    };
    // Nobody knows where these recipients are, so the strictest rules apply.
    let case = Case {
        country: None,
        class,
        age: AgeStanding::Unknown,
        directed_to_children: false,
        tags: LegalTags::NONE,
    };
    let law = Profiles::new(&[], &[])?.ruling(&case);
    let ceilings = [
        law.ceiling,
        Ceiling {
            reason: Reason::SwitchedOff,
            modes: switch.ceiling(),
        },
        Ceiling {
            reason: Reason::WorkspaceCeiling,
            modes: PerAxis::all(Mode::Individual),
        },
    ];
    let about = Circumstances {
        ceilings: &ceilings,
        entitled: &entitlement(Some(&consent), &law.without_consent, now),
        crowd: NOBODY,
        obstacle: None,
    };
    let decision = decide(id, MessageId((ambient::REAL.random)()), &about);
    let language = plan
        .header("Content-Language")
        .and_then(|tags| Language::preferred(&tags))
        .unwrap_or_default();
    let wanted = Wanted {
        copy: id,
        decision: &decision,
        ask: false,
        language,
        missing_headers: &[],
    };
    Ok((
        render(plan, &wanted, tools).context("the mail cannot be written")?,
        decision,
    ))
}

fn copy_report(file: &str, to: &EmailAddress, rendered: &Rendered, decision: &Decision) -> Value {
    json!({
        "file": file,
        "to": to,
        "mode": rendered.modes,
        "tracked": rendered.modes.open > Mode::None || rendered.modes.click > Mode::None,
        "reason": rendered.lowered.or(decision.reason()),
        "why": rendered.lowered.or(decision.reason()).map(Reason::sentence),
    })
}

/// What became of each part and link. `clicks` is why no link is tracked, if none is.
fn report(
    plan: &mail::Plan<'_>,
    copies: &[Value],
    clicks: Option<Reason>,
    tools: &Tools<'_>,
) -> Value {
    let untouchable = plan.untouchable();
    let parts: Vec<_> = plan
        .parts()
        .iter()
        .map(|part| {
            json!({
                "path": part.path, "content_type": part.content_type, "charset": part.charset,
                "encoding": part.encoding, "role": part.role.code(),
                "untouched_because": part.hindrance.map(mail::Untouchable::code),
            })
        })
        .collect();
    let links: Vec<_> = plan
        .links()
        .iter()
        .map(|link| {
            let alone = left_alone(link, tools);
            let reason = alone.or_else(|| clicks.map(|r| (r.code(), r.sentence().to_owned())));
            json!({
                "number": link.number, "destination": link.destination, "kind": link.kind.code(),
                "part": plan.parts().get(link.part).map(|p| &p.path),
                "tracked": reason.is_none(),
                "reason": reason.as_ref().map(|(code, _)| code),
                "why": reason.as_ref().map(|(_, why)| why),
            })
        })
        .collect();
    json!({
        "subject": plan.subject(),
        "touched": untouchable.is_none(),
        "reason": untouchable.map(mail::Untouchable::code),
        "why": untouchable.map(|u| u.to_string()),
        "parts": parts,
        "links": links,
        "copies": copies,
    })
}
