//! What it costs to read and write a newsletter of 49 KB with 40 links, next to `lol_html` alone doing the least that
//! any rewriting needs: find each link, sign it, put the new one in.
//!
//! Only ratios within one run mean anything. `overt bench` measures the same with real tokens; figures and commands
//! are in `docs/performance.md`.

use aws_lc_rs::hmac;
use criterion::{Criterion, criterion_group, criterion_main};
use data_encoding::BASE64URL_NOPAD;
use lol_html::{RewriteStrSettings, element, rewrite_str};
use mail::{Edits, Image, Line, Plan};
use std::hint::black_box;

const PLAIN: &[u8] = include_bytes!("newsletter.eml");
const QUOTED: &[u8] = include_bytes!("newsletter-quoted.eml");

fn tracked(key: &hmac::Key, destination: &str) -> String {
    let mac = hmac::sign(key, destination.as_bytes());
    let token = BASE64URL_NOPAD.encode(mac.as_ref());
    format!("https://track.example.org/c/{token}?to={destination}")
}

fn bare(html: &str, key: &hmac::Key) -> Option<String> {
    let link = element!("a[href]", |a| {
        if let Some(href) = a.get_attribute("href") {
            a.set_attribute("href", &tracked(key, &href))?;
        }
        Ok(())
    });
    let settings = RewriteStrSettings::new().append_element_content_handler(link);
    rewrite_str(html, settings).ok()
}

fn render(plan: &Plan<'_>, key: &hmac::Key) -> Option<Vec<u8>> {
    plan.render(&Edits {
        link: &|link| Some(tracked(key, &link.destination)),
        image: Some(Image {
            url: "https://track.example.org/o/0123456789.gif",
            alt: "Read receipt for the sender",
        }),
        lines: &[Line {
            text: "The sender sees that this mail was read.",
            link_text: "What is recorded, and how to stop it",
            url: "https://track.example.org/p/0123456789",
            lang: "en",
        }],
        ..Edits::default()
    })
    .ok()
}

fn newsletter(criterion: &mut Criterion) {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
    let html = String::from_utf8_lossy(PLAIN);
    let html = html.split_once("\r\n\r\n").map_or("", |(_, html)| html);
    let mut group = criterion.benchmark_group("newsletter");
    group.bench_function("bare lol_html and HMAC", |b| {
        b.iter(|| bare(black_box(html), &key));
    });
    for (name, raw) in [("8bit", PLAIN), ("quoted-printable", QUOTED)] {
        group.bench_function(format!("{name}: plan"), |b| {
            b.iter(|| mail::plan(black_box(raw)).map(|plan| plan.links().len()));
        });
        if let Ok(plan) = mail::plan(raw) {
            group.bench_function(format!("{name}: render"), |b| {
                b.iter(|| render(&plan, &key));
            });
        }
        group.bench_function(format!("{name}: plan and render"), |b| {
            b.iter(|| mail::plan(black_box(raw)).map(|plan| render(&plan, &key)));
        });
    }
    group.finish();
}

criterion_group!(benches, newsletter);
criterion_main!(benches);
