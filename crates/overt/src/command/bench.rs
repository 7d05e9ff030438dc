//! `overt bench`: what rewriting a newsletter costs, as a ratio to the least that any rewriting needs, in one process.
//!
//! The yardstick is `lol_html` alone: find each link of the HTML, sign it, put the new one in. Overt also walks the
//! mail, follows the URL standard, mints real tokens and keeps every other byte. The two take turns, so that a machine
//! that is busy with other things slows both; times themselves are shown, but only the ratio means anything.

use crate::ambient;
use anyhow::{Context, Result, ensure};
use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use lol_html::{RewriteStrSettings, element, rewrite_str};
use mail::Plan;
use model::crowd::NOBODY;
use model::decision::{Ceiling, Circumstances, Decision, decide};
use model::{
    Consent, ConsentState, CopyId, Keyring, Language, MessageId, Mode, PerAxis, Reason, Topic,
    entitlement,
};
use send::instrument::{Tools, Wanted, render};
use serde_json::json;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How long to measure each mail, in seconds
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// For programs
    #[arg(long)]
    json: bool,
}

/// The mails, the same text with 40 links in two encodings.
const MAILS: [(&str, &[u8]); 2] = [
    (
        "8bit",
        include_bytes!("../../../mail/benches/newsletter.eml"),
    ),
    (
        "quoted-printable",
        include_bytes!("../../../mail/benches/newsletter-quoted.eml"),
    ),
];
/// Mails in one turn: long enough for the clock, short enough that both sides meet the same machine.
const TURN: u32 = 10;

/// What one mail took, in the best of all turns.
struct Measured {
    bytes: usize,
    links: usize,
    turns: usize,
    bare: Duration,
    /// The whole way: plan and one copy.
    whole: Duration,
    /// Another copy of a mail that is planned already.
    copy: Duration,
}

impl Measured {
    /// How fast against the yardstick; more is better.
    fn ratio(&self, side: Duration) -> f64 {
        self.bare.as_secs_f64() / side.as_secs_f64()
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let html = String::from_utf8(MAILS[0].1.to_vec())?;
    let (_, html) = html.split_once("\r\n\r\n").context("no body")?;
    let mut rows = Vec::new();
    for (name, raw) in MAILS {
        let row = measure(raw, html, Duration::from_secs(arguments.seconds))?;
        if !arguments.json {
            println!(
                "rewrite, {name}, {} bytes, {} links: {:.2} x bare lol_html and HMAC for plan and copy, {:.2} x for each \
                 further copy\n  (bare {:.0?}, plan and copy {:.0?}, further copy {:.0?}; the best of {} turns)",
                row.bytes,
                row.links,
                row.ratio(row.whole),
                row.ratio(row.copy),
                row.bare,
                row.whole,
                row.copy,
                row.turns
            );
        }
        rows.push(json!({
            "bench": "rewrite", "mail": name, "bytes": row.bytes, "links": row.links, "turns": row.turns,
            "bare_us": micros(row.bare), "plan_and_copy_us": micros(row.whole), "further_copy_us": micros(row.copy),
            "ratio": row.ratio(row.whole), "further_copy_ratio": row.ratio(row.copy),
        }));
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    }
    Ok(ExitCode::SUCCESS)
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn measure(raw: &[u8], html: &str, time: Duration) -> Result<Measured> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &ambient::bytes::<32>()?);
    let keyring = Keyring::new(&[(1, ambient::bytes()?)])?;
    let tracker = "https://track.example.org".parse()?;
    let tools = Tools {
        keyring: &keyring,
        tracker: &tracker,
        signs_anew: false,
    };
    let decision = agreed();
    let copy = |plan: &Plan<'_>| {
        let wanted = Wanted {
            copy: CopyId((ambient::REAL.random)()),
            decision: &decision,
            agreed: PerAxis::all(true),
            ask: false,
            receipt: false,
            language: Language::default(),
            says: &[],
            missing_headers: &[],
        };
        render(plan, &wanted, &tools)
    };
    let plan = mail::plan(raw)?;
    let rendered = copy(&plan)?;
    ensure!(
        rendered.modes.open > Mode::None && rendered.modes.click > Mode::None,
        "the mail was not instrumented"
    );

    let mut bare = Vec::new();
    let mut whole = Vec::new();
    let mut further = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < time {
        bare.push(turn(|| rewritten(html, &key).map_err(Into::into))?);
        whole.push(turn(|| {
            let plan = mail::plan(black_box(raw))?;
            Ok(copy(&plan)?)
        })?);
        further.push(turn(|| Ok(copy(&plan)?))?);
    }
    Ok(Measured {
        bytes: raw.len(),
        links: plan.links().len(),
        turns: bare.len(),
        bare: best(&bare),
        whole: best(&whole),
        copy: best(&further),
    })
}

/// How long one mail takes, over a turn.
fn turn<T>(mut work: impl FnMut() -> Result<T>) -> Result<Duration> {
    let begun = Instant::now();
    for _ in 0..TURN {
        black_box(work()?);
    }
    Ok(begun.elapsed() / TURN)
}

/// The fastest turn: whatever else the machine does can only add to it.
fn best(times: &[Duration]) -> Duration {
    times.iter().min().copied().unwrap_or_default()
}

/// A decision that allows the most work: a pixel, and every link.
fn agreed() -> Decision {
    let now = (ambient::REAL.now)();
    let consent = Topic::ALL.iter().fold(Consent::default(), |c, topic| {
        c.after(*topic, ConsentState::Given, now)
    });
    let (copy, message) = ((ambient::REAL.random)(), (ambient::REAL.random)());
    let about = Circumstances {
        ceilings: &[Ceiling {
            reason: Reason::WorkspaceCeiling,
            modes: PerAxis::all(Mode::Individual),
        }],
        entitled: &entitlement::agreed(Some(&consent), now),
        crowd: NOBODY,
        obstacle: None,
    };
    decide(CopyId(copy), MessageId(message), &about)
}

/// The yardstick.
fn rewritten(html: &str, key: &hmac::Key) -> Result<String, lol_html::errors::RewritingError> {
    let link = element!("a[href]", |a| {
        if let Some(href) = a.get_attribute("href") {
            let token = BASE64URL_NOPAD.encode(hmac::sign(key, href.as_bytes()).as_ref());
            let url = format!("https://track.example.org/c/{token}?to={href}");
            a.set_attribute("href", &url)?;
        }
        Ok(())
    });
    let settings = RewriteStrSettings::new().append_element_content_handler(link);
    rewrite_str(black_box(html), settings)
}
