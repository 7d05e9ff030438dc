//! What `/metrics` says: the counts of this process, and what waits in the database.
//!
//! A process that does not track has no hits to count, one that does not deliver no deliveries; those figures are then
//! left out, not zero. Labels are words of fixed lists and opener families of the verdict tables. No address, id, subject
//! or name of a workspace is in it.

use model::{Ambient, Time};
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use send::Deliveries;
use std::fmt;
use std::sync::{Arc, OnceLock};
use store::Store;
use track::Recorder;
use verdict::{Loaded, Tables};

/// What this process counts, as its roles add to it.
#[derive(Default)]
pub(crate) struct Meters {
    pub(crate) recorder: OnceLock<Recorder>,
    pub(crate) deliveries: OnceLock<Arc<Deliveries>>,
    tables: OnceLock<(Option<Time>, Vec<Loaded>)>,
}

impl Meters {
    /// Remembers how old the tables are that hits are judged with.
    pub(crate) fn set_tables(&self, tables: &Tables) {
        let known = (tables.reviewed(), tables.loaded().to_vec());
        let _ = self.tables.set(known); // the first of several trackers counts: they have the same tables
    }

    /// All figures of this moment, as `OpenMetrics` text.
    pub(crate) async fn text(
        &self,
        store: &Store,
        ambient: Ambient,
    ) -> Result<String, store::Error> {
        let (mut registry, now) = (Registry::with_prefix("overt"), (ambient.now)());
        database(&mut registry, &store.figures().await?, now);
        if let Some(recorder) = self.recorder.get() {
            hits(&mut registry, recorder);
        }
        if let Some(deliveries) = self.deliveries.get() {
            let family = Family::<Outcome, Counter>::default();
            for (outcome, count) in deliveries.counts() {
                family.get_or_create(&Outcome { outcome }).inc_by(count);
            }
            registry.register(
                "deliveries",
                "What the relay said to mails of this process",
                family,
            );
        }
        if let Some((reviewed, loaded)) = self.tables.get() {
            tables(&mut registry, *reviewed, loaded, now);
        }
        let mut text = String::new();
        encode(&mut text, &registry).map_err(|_| store::Error::Unavailable("no memory".into()))?;
        Ok(text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Judged {
    axis: &'static str,
    opener: String,
    meaning: Meaning,
}

/// Meanings count by hundreds of label sets, so they are no strings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Meaning(model::Meaning);

impl EncodeLabelValue for Meaning {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        self.0.as_str().encode(encoder)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Table {
    table: &'static str,
}

/// Seconds since a moment, zero if there is none.
fn age(since: Option<Time>, now: Time) -> i64 {
    since.map_or(0, |at| {
        i64::try_from(now.since(at).as_secs()).unwrap_or(i64::MAX)
    })
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: i64) {
    let gauge: Gauge = Gauge::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}

fn seconds(registry: &mut Registry, name: &str, help: &str, value: i64) {
    let gauge: Gauge = Gauge::default();
    gauge.set(value);
    registry.register_with_unit(name, help, Unit::Seconds, gauge);
}

fn counter(registry: &mut Registry, name: &str, help: &str, value: u64) {
    let counter: Counter = Counter::default();
    counter.inc_by(value);
    registry.register(name, help, counter);
}

fn database(registry: &mut Registry, figures: &store::Figures, now: Time) {
    gauge(
        registry,
        "outbox_mails",
        "Mails that wait to be handed to the relay",
        figures.outbox,
    );
    let waiting = age(figures.outbox_since, now);
    seconds(
        registry,
        "outbox_age",
        "How long the oldest of them has waited",
        waiting,
    );
    let news = "News of a first reading or click that waits until it is sure";
    gauge(registry, "news_held", news, figures.news_held);
    gauge(
        registry,
        "hits_unfolded",
        "Recorded hits that are not counted yet",
        figures.unfolded,
    );
    let webhooks = Family::<State, Gauge>::default();
    for (state, count) in [
        ("on", figures.webhooks_on),
        ("refusing", figures.webhooks_refusing),
        ("paused", figures.webhooks_paused),
        ("off", figures.webhooks_off),
    ] {
        webhooks.get_or_create(&State { state }).set(count);
    }
    let help = "Webhooks by how it goes: refusing took nothing at the last attempt, off was turned off for that";
    registry.register("webhooks", help, webhooks);
    let help = "Events that wait for webhooks";
    gauge(
        registry,
        "webhook_events_waiting",
        help,
        figures.webhook_events,
    );
    let help = "Events lost to the webhooks there are, because too many waited";
    gauge(
        registry,
        "webhook_events_lost",
        help,
        figures.webhook_events_lost,
    );
    let signed = age(figures.ledger_head_at, now);
    let help = "Since the oldest of the ledgers' newest heads was signed; one is signed a day";
    seconds(registry, "ledger_head_age", help, signed);
}

fn hits(registry: &mut Registry, recorder: &Recorder) {
    let stats = recorder.stats();
    counter(registry, "hits_recorded", "Hits on disk", stats.stored);
    let refused = "Hits not written down, because it was not allowed, or not any more";
    counter(registry, "hits_refused", refused, stats.refused);
    counter(
        registry,
        "hits_lost",
        "Hits lost because the store did not take them in time",
        stats.lost,
    );
    let waiting = i64::try_from(stats.waiting).unwrap_or(i64::MAX);
    gauge(
        registry,
        "hits_waiting",
        "Hits in memory that wait for the store",
        waiting,
    );
    gauge(
        registry,
        "store_down",
        "Does the store take no hits?",
        stats.down.into(),
    );
    let judged = recorder.judged();
    let family = Family::<Judged, Counter>::default();
    for ((axis, opener, meaning), count) in judged.hits {
        let labels = Judged {
            axis: axis.as_str(),
            opener,
            meaning: Meaning(meaning),
        };
        family.get_or_create(&labels).inc_by(count);
    }
    let help = "Recorded hits by who fetched and what it meant when judged alone";
    registry.register("hits_judged", help, family);
    counter(
        registry,
        "verdicts_revised",
        "Verdicts that changed by comparing hits",
        judged.revised,
    );
    let help = "Recorded hits that could not be compared with others";
    counter(registry, "hits_not_compared", help, judged.not_compared);
}

fn tables(registry: &mut Registry, reviewed: Option<Time>, loaded: &[Loaded], now: Time) {
    let (ages, stale) = (
        Family::<Table, Gauge>::default(),
        Family::<Table, Gauge>::default(),
    );
    if reviewed.is_some() {
        let table = Table { table: "built_in" };
        ages.get_or_create(&table).set(age(reviewed, now));
    }
    for list in loaded {
        let table = Table {
            table: list.list.id(),
        };
        ages.get_or_create(&table).set(age(Some(list.as_of), now));
        stale.get_or_create(&table).set(list.is_stale(now).into());
    }
    let help = "Age of the data that hits are judged with";
    registry.register_with_unit("verdict_table_age", help, Unit::Seconds, ages);
    registry.register(
        "verdict_table_stale",
        "Is a list too old to be believed?",
        stale,
    );
}
