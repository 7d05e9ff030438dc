//! What a judgement costs, on a mix of ordinary requests.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use model::{Axis, Time};
use std::hint::black_box;
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
}

criterion_group!(benches, judge);
criterion_main!(benches);
