//! What a judgement costs, alone and compared with others, on a mix of ordinary requests.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use model::{Axis, CopyId, HitId, Time};
use std::hint::black_box;
use std::net::IpAddr;
use verdict::settle::{CopyKnown, Sighting, Source, Window};
use verdict::{Headers, Judge, Request, Tables};

const USER_AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "Mozilla/5.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.7.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "curl/8.14.1",
    "",
];

fn judge(c: &mut Criterion) {
    let Ok(tables) = Tables::built_in() else {
        return;
    };
    let judge = Judge::new(tables);
    let mut group = c.benchmark_group("judge");
    group.throughput(Throughput::Elements(2 * USER_AGENTS.len() as u64));
    group.bench_function("8 user-agents, open and click", |b| {
        b.iter(|| {
            for user_agent in USER_AGENTS {
                for kind in [Axis::Open, Axis::Click] {
                    let headers = Headers {
                        user_agent,
                        fetch_dest: "image",
                        fetch_mode: "navigate",
                        ..Headers::default()
                    };
                    let request = Request {
                        kind,
                        at: Time(1_795_294_080_000),
                        method: "GET",
                        https: true,
                        remote: Some([66, 249, 93, 7].into()),
                        headers,
                        own_session: false,
                        delivered_at: None,
                    };
                    black_box(judge.judge(black_box(&request)));
                }
            }
        });
    });
    group.finish();
    settle(c, &judge);
}

/// Copies in the window while it is measured, with a few hits each.
const COPIES: u32 = 20_000;

/// A hit judged, and compared with those of a day: each hit is the third of its copy, an open after two clicks.
fn settle(c: &mut Criterion, judge: &Judge) {
    let key = std::hash::RandomState::new();
    let sighting = |n: u32, axis| {
        let at = Time(1_795_294_080_000 + i64::from(n));
        let remote = IpAddr::from((0x5db8_0000 + n % 5_000).to_be_bytes());
        let user_agent = USER_AGENTS[n as usize % USER_AGENTS.len()];
        let headers = Headers {
            user_agent,
            ..Headers::default()
        };
        let request = Request {
            kind: axis,
            at,
            method: "GET",
            https: true,
            remote: Some(remote),
            headers,
            own_session: false,
            delivered_at: None,
        };
        let (verdict, _) = judge.judge(&request);
        let id = |n: u32| {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&n.to_le_bytes());
            id
        };
        Sighting {
            hit: HitId(id(n)),
            axis,
            link: u16::from(axis == Axis::Click) * (n / COPIES) as u16,
            at,
            source: Source::of(&request, &key),
            verdict,
            copy: CopyId(id(n % COPIES)),
            known: CopyKnown {
                links: Some(9),
                recipient_domain: Some(format!("d{}.example", n % 300)),
                ..CopyKnown::default()
            },
        }
    };
    let mut group = c.benchmark_group("settle");
    group.throughput(Throughput::Elements(u64::from(COPIES)));
    group.sample_size(10);
    group.bench_function("third hit of 20,000 copies, judged and compared", |b| {
        b.iter_batched(
            || {
                let mut window = Window::new(1_000_000, []);
                for n in 0..2 * COPIES {
                    window.add(sighting(n, Axis::Click));
                }
                window
            },
            |mut window| {
                for n in 2 * COPIES..3 * COPIES {
                    black_box(window.add(sighting(n, Axis::Open)));
                }
                window
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, judge);
criterion_main!(benches);
