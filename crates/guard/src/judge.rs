//! What a reference is: a tracker, a spacer, content, or nobody knows.
//!
//! Rules, no weights: each outcome can be told in the sentences of its reasons. A small picture alone is a spacer; it takes
//! an identifier of its own to be a beacon. Old newsletters are full of the former.

use std::collections::{HashMap, HashSet};

use url::Url;

use crate::find::{Reference, Site};
use crate::individual::{Identifiers, Recipients};
use crate::reason::Reason;
use crate::unwrap::Unwrap;
use crate::vector::{Load, Vector};
use crate::vendor::{Catalogue, Entry, Use};

/// What a reference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Tells somebody that this recipient opened the mail.
    OpenBeacon,
    /// A picture that is loaded from an address that counts clicks.
    ClickImage,
    /// A link that tells somebody that this recipient followed it.
    TrackedLink,
    /// The sender asks for a receipt, which is no secret.
    ReceiptRequest,
    /// Too little is known.
    Unknown,
    /// Keeps other things apart.
    Spacer,
    /// Something to look at, or a link like any other. It may still tell when it is fetched.
    Content,
}

impl Kind {
    /// What people are warned of.
    pub fn is_tracker(self) -> bool {
        matches!(
            self,
            Self::OpenBeacon | Self::ClickImage | Self::TrackedLink
        )
    }

    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::OpenBeacon => "open beacon",
            Self::ClickImage => "click image",
            Self::TrackedLink => "tracked link",
            Self::ReceiptRequest => "receipt request",
            Self::Unknown => "unknown",
            Self::Spacer => "spacer",
            Self::Content => "content",
        }
    }
}

/// How sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Several soft signs.
    Low,
    /// A hard sign that could have an innocent cause.
    Medium,
    /// A hard sign.
    High,
}

/// One reference, judged.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// Whose; None: nobody that can be named.
    pub vendor: Option<&'static str>,
    /// How sure.
    pub confidence: Confidence,
    /// Why.
    pub reasons: Vec<Reason>,
    /// How the mail refers to it.
    pub vector: Vector,
    /// When it is fetched.
    pub load: Load,
    /// Index into the parts of the mail.
    pub part: usize,
    /// The address as written.
    pub written: String,
    /// Where it leads.
    pub target: Option<Url>,
    /// Where a tracked link leads in the end, where that is certain.
    pub destination: Option<Url>,
    pub(crate) site: Site,
}

impl Finding {
    /// The host, for reports that keep nothing personal.
    pub fn host(&self) -> Option<&str> {
        self.target.as_ref().and_then(Url::host_str)
    }
}

/// What is known of a mail as a whole.
pub(crate) struct Context {
    pub(crate) catalogue: &'static Catalogue,
    /// Services that the header names.
    pub(crate) senders: Vec<&'static str>,
    pub(crate) recipients: Recipients,
}

/// What an address is by itself.
pub(crate) struct Known {
    pub(crate) vendor: &'static str,
    pub(crate) purpose: Use,
    pub(crate) unwrap: Unwrap,
    pub(crate) by_header: bool,
}

impl Context {
    /// The lines of the catalogue that count for this mail: those with a host, and shapes that the header agrees with.
    pub(crate) fn known(&self, url: &Url, wanted: Use) -> Option<Known> {
        let fits = |entry: &&&Entry| entry.purpose == wanted || entry.purpose == Use::Both;
        let entries = self.catalogue.entries(url);
        let counts = |entry: &&&Entry| entry.has_host() || self.senders.contains(&entry.vendor);
        let mut usable = entries.iter().filter(fits).filter(counts);
        // The sharper line first: one that says exactly this, then any.
        let best = usable
            .clone()
            .find(|entry| entry.purpose == wanted)
            .or_else(|| usable.next())?;
        Some(Known {
            vendor: best.vendor,
            purpose: best.purpose,
            unwrap: best.unwrap,
            by_header: !best.has_host(),
        })
    }
}

/// Signs that need the whole mail.
#[derive(Default)]
struct Crowd {
    /// How often each address is loaded, Outlook's second copy not counted.
    times: HashMap<String, usize>,
    /// Identifiers that stand in the paths of pictures to look at.
    shared: HashSet<String>,
    /// Pictures by host.
    hosts: HashMap<String, usize>,
    /// Hosts of links with identifiers.
    link_hosts: HashMap<String, usize>,
    links: usize,
}

/// A picture that somebody looks at: larger than 10 pixels each way, where that is said.
fn is_to_look_at(reference: &Reference) -> bool {
    let large = |side: Option<f32>| side.is_none_or(|side| side > 10.0);
    let around = &reference.around;
    let said = around.width.or(around.height).is_some();
    said && around.hidden.is_none() && large(around.width) && large(around.height)
}

impl Crowd {
    fn of(references: &[Reference]) -> Self {
        let mut crowd = Self::default();
        for reference in references {
            let Some(url) = &reference.target else {
                continue;
            };
            let host = url.host_str().unwrap_or_default().to_owned();
            if reference.load == Load::Act {
                if matches!(reference.vector, Vector::Link | Vector::Text) {
                    crowd.links += 1;
                    if Identifiers::of(url).all().any(|id| id.len() >= 20) {
                        *crowd.link_hosts.entry(host).or_default() += 1;
                    }
                }
                continue;
            }
            if !reference.around.outlook {
                *crowd.times.entry(url.as_str().to_owned()).or_default() += 1;
            }
            *crowd.hosts.entry(host).or_default() += 1;
            if is_to_look_at(reference) {
                let identifiers = Identifiers::of(url);
                crowd.shared.extend(identifiers.in_path);
                crowd.shared.extend(identifiers.in_host);
            }
        }
        crowd
    }
}

/// Judge all references of a mail.
pub(crate) fn judge(references: Vec<Reference>, context: &Context) -> Vec<Finding> {
    let crowd = Crowd::of(&references);
    let judged = references.into_iter().map(|reference| {
        let verdict = match (&reference.target, reference.load) {
            (None, _) => Verdict::new(Kind::Content, Confidence::Low, Vec::new()),
            (Some(url), Load::Act) => link(&reference, url, context, &crowd),
            (Some(url), Load::Auto) => load(&reference, url, context, &crowd),
        };
        finding(reference, verdict)
    });
    judged.collect()
}

pub(crate) fn finding(reference: Reference, verdict: Verdict) -> Finding {
    Finding {
        kind: verdict.kind,
        vendor: verdict.vendor,
        confidence: verdict.confidence,
        reasons: verdict.reasons,
        vector: reference.vector,
        load: reference.load,
        part: reference.part,
        written: reference.written,
        target: reference.target,
        destination: verdict.destination,
        site: reference.site,
    }
}

/// What came out for one reference.
pub(crate) struct Verdict {
    kind: Kind,
    confidence: Confidence,
    reasons: Vec<Reason>,
    vendor: Option<&'static str>,
    destination: Option<Url>,
}

impl Verdict {
    pub(crate) fn new(kind: Kind, confidence: Confidence, reasons: Vec<Reason>) -> Self {
        Self {
            kind,
            confidence,
            reasons,
            vendor: None,
            destination: None,
        }
    }

    fn by(mut self, known: &Known) -> Self {
        self.vendor = Some(known.vendor);
        if known.by_header {
            self.reasons.push(Reason::HeaderAgrees);
        }
        self
    }
}

/// Followed links and what they lead through.
const UNWRAPPED_MAX: usize = 4;

/// Where a link leads in the end: through all wrappers that can be opened with certainty. None where the first cannot.
pub(crate) fn destination(url: &Url, context: &Context) -> Option<Url> {
    let mut found: Option<Url> = None;
    for _ in 0..UNWRAPPED_MAX {
        let at = found.as_ref().unwrap_or(url);
        let Some(known) = context.known(at, Use::Click) else {
            return found;
        };
        match known.unwrap.open(at) {
            Some(next) => found = Some(next),
            // What is left is opaque: the way there was still one service shorter.
            None => return found,
        }
    }
    // Wrapped so often that nobody means well.
    None
}

fn link(reference: &Reference, url: &Url, context: &Context, crowd: &Crowd) -> Verdict {
    if reference.vector == Vector::Ping {
        return Verdict::new(
            Kind::TrackedLink,
            Confidence::High,
            vec![Reason::TellsOnClick],
        );
    }
    if reference.vector == Vector::Form {
        return Verdict::new(Kind::Content, Confidence::Low, Vec::new());
    }
    if let Some(known) = context.known(url, Use::Click) {
        let destination = destination(url, context);
        let inside = if destination.is_some() {
            Reason::DestinationInside
        } else {
            Reason::Opaque
        };
        let mut verdict = Verdict::new(
            Kind::TrackedLink,
            Confidence::High,
            vec![Reason::ClickAddress, inside],
        )
        .by(&known);
        verdict.destination = destination;
        return verdict;
    }
    if let Some(named) = context.recipients.named_in(url) {
        return Verdict::new(Kind::TrackedLink, Confidence::Medium, vec![named.into()]);
    }
    let through = crowd
        .link_hosts
        .get(url.host_str().unwrap_or_default())
        .copied()
        .unwrap_or_default();
    let long = Identifiers::of(url).all().any(|id| id.len() >= 20);
    if long && through >= 3 && through * 3 >= crowd.links * 2 {
        return Verdict::new(
            Kind::TrackedLink,
            Confidence::Low,
            vec![Reason::MostLinks, Reason::Opaque],
        );
    }
    Verdict::new(Kind::Content, Confidence::Low, Vec::new())
}

fn load(reference: &Reference, url: &Url, context: &Context, crowd: &Crowd) -> Verdict {
    let open = context.known(url, Use::Open);
    if let Some(known) = &open
        && known.purpose == Use::Open
    {
        return Verdict::new(
            Kind::OpenBeacon,
            Confidence::High,
            vec![Reason::OpenAddress],
        )
        .by(known);
    }
    if let Some(known) = context.known(url, Use::Click)
        && known.purpose == Use::Click
    {
        return Verdict::new(
            Kind::ClickImage,
            Confidence::High,
            vec![Reason::ClickAddress],
        )
        .by(&known);
    }
    if let Some(named) = context.recipients.named_in(url) {
        let verdict = Verdict::new(Kind::OpenBeacon, Confidence::High, vec![named.into()]);
        return match &open {
            Some(known) => verdict.by(known),
            None => verdict,
        };
    }
    let mut verdict = if reference.vector.is_drawn() {
        drawn(reference, url, open.is_some(), crowd)
    } else {
        fetched(reference, url, open.is_some())
    };
    if let Some(known) = &open {
        verdict.reasons.insert(0, Reason::VendorHost);
        verdict = verdict.by(known);
    }
    verdict
}

/// What is loaded and not looked at: style sheets, fonts, frames, names of hosts.
fn fetched(reference: &Reference, url: &Url, vendor: bool) -> Verdict {
    let identifiers = Identifiers::of(url);
    if reference.vector == Vector::LinkElement && !identifiers.in_host.is_empty() {
        return Verdict::new(Kind::OpenBeacon, Confidence::Medium, vec![Reason::LookedUp]);
    }
    let mut reasons = vec![Reason::LoadsByItself];
    if identifiers.in_query.is_empty() && !(vendor && identifiers.all().next().is_some()) {
        return Verdict::new(Kind::Content, Confidence::Low, reasons);
    }
    reasons.push(Reason::Identifier);
    let kind = if vendor {
        Kind::OpenBeacon
    } else {
        Kind::Unknown
    };
    Verdict::new(kind, Confidence::Medium, reasons)
}

/// A picture.
fn drawn(reference: &Reference, url: &Url, vendor: bool, crowd: &Crowd) -> Verdict {
    let around = &reference.around;
    let small = |side: Option<f32>| side.is_some_and(|side| side <= 2.0);
    let large = |side: Option<f32>| side.is_some_and(|side| side > 10.0);
    let tiny = small(around.width) && small(around.height);
    let thin = !tiny && (small(around.width) || small(around.height));
    let visibly_large = large(around.width) && large(around.height);

    let identifiers = Identifiers::of(url);
    let in_query = !identifiers.in_query.is_empty();
    let of_its_own = in_query
        || identifiers
            .in_path
            .iter()
            .chain(&identifiers.in_host)
            .any(|id| !crowd.shared.contains(id));
    let any = identifiers.all().next().is_some();
    let times = crowd.times.get(url.as_str()).copied().unwrap_or(1);
    let once = times <= 1;

    let mut reasons = Vec::new();
    match around.hidden {
        Some(hidden) => reasons.push(Reason::Unseen(hidden)),
        None if tiny => reasons.push(Reason::Tiny),
        None if thin => reasons.push(Reason::Thin),
        None if visibly_large => reasons.push(Reason::Visible),
        None if around.width.is_none() && around.height.is_none() => reasons.push(Reason::NoSize),
        None => {}
    }
    reasons.push(if once { Reason::Once } else { Reason::Repeated });
    reasons.push(match (of_its_own, any) {
        (true, _) => Reason::Identifier,
        (false, true) => Reason::SharedIdentifier,
        (false, false) => Reason::NoIdentifier,
    });
    let soft = soft(reference, url, crowd);
    let count = soft.len() + usize::from(vendor) * 2;
    let told = |kind, confidence, mut reasons: Vec<Reason>| {
        reasons.extend(&soft);
        Verdict::new(kind, confidence, reasons)
    };
    let plain = |kind, reasons| Verdict::new(kind, Confidence::Medium, reasons);

    if let Some(_hidden) = around.hidden.filter(|_| !tiny) {
        if visibly_large && (around.shown_somewhere || !in_query) {
            if around.shown_somewhere {
                reasons.push(Reason::ShownElsewhere);
            }
            return plain(Kind::Content, reasons);
        }
        return match (of_its_own, once) {
            (true, true) => told(
                Kind::OpenBeacon,
                if visibly_large {
                    Confidence::Medium
                } else {
                    Confidence::High
                },
                reasons,
            ),
            (true, false) if in_query => told(Kind::OpenBeacon, Confidence::Medium, reasons),
            _ if count >= 4 && once => told(Kind::OpenBeacon, Confidence::Low, reasons),
            _ => plain(Kind::Spacer, reasons),
        };
    }
    if tiny {
        return match (of_its_own, once) {
            (true, true) => told(Kind::OpenBeacon, Confidence::High, reasons),
            (true, false) if in_query => told(Kind::OpenBeacon, Confidence::Medium, reasons),
            (false, true) if has_query(url) && count >= 3 => {
                told(Kind::OpenBeacon, Confidence::Medium, reasons)
            }
            (false, true) if count >= 4 => told(Kind::OpenBeacon, Confidence::Low, reasons),
            _ => plain(Kind::Spacer, reasons),
        };
    }
    if thin {
        return match (in_query, once) {
            (true, true) => told(Kind::OpenBeacon, Confidence::Medium, reasons),
            _ if of_its_own && once && count >= 3 => {
                told(Kind::OpenBeacon, Confidence::Low, reasons)
            }
            _ => plain(Kind::Spacer, reasons),
        };
    }
    let smallish = [around.width, around.height]
        .iter()
        .all(|side| side.is_some_and(|side| side <= 10.0));
    let needed = match (visibly_large, smallish) {
        (true, _) => 4,
        (_, true) => 2,
        _ => 3,
    };
    if of_its_own && once && count >= needed {
        let kind = if visibly_large {
            Kind::Unknown
        } else {
            Kind::OpenBeacon
        };
        return told(kind, Confidence::Low, reasons);
    }
    if of_its_own && once && count + 1 >= needed && !visibly_large {
        return told(Kind::Unknown, Confidence::Low, reasons);
    }
    plain(Kind::Content, reasons)
}

fn has_query(url: &Url) -> bool {
    url.query().is_some_and(|query| !query.is_empty())
}

/// Signs that prove nothing alone.
fn soft(reference: &Reference, url: &Url, crowd: &Crowd) -> Vec<Reason> {
    let around = &reference.around;
    let host = url.host_str().unwrap_or_default();
    let path = url.path().to_ascii_lowercase();
    let endings = [".png", ".jpg", ".jpeg", ".webp", ".svg", ".bmp", ".avif"];
    let mut signs = Vec::new();
    if around.last {
        signs.push(Reason::Last);
    }
    if reference.vector == Vector::Image && !around.words {
        signs.push(Reason::NoWords);
    }
    if crowd.hosts.get(host).copied().unwrap_or_default() <= 1 {
        signs.push(Reason::OnlyFromHost);
    }
    if !endings.iter().any(|ending| path.ends_with(ending)) {
        signs.push(Reason::NoPicture);
    }
    if crowd.link_hosts.contains_key(host) {
        signs.push(Reason::HostOfLinks);
    }
    signs
}
