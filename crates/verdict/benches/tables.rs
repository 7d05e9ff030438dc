//! How much memory all tables take: those that come with the program, and lists that are handed in.
//!
//! `cargo bench -p verdict --bench tables -- asn=asn-ipv4.csv asn=asn-ipv6.csv country=country.csv`, with the names of
//! `List::id`. The goal is 40 MiB for all of them.
#![allow(clippy::print_stdout, reason = "a bench says what it measured")]

use cap::Cap;
use model::Time;
use std::alloc::System;
use std::hint::black_box;
use verdict::{Judge, List, Tables};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    let before = MEMORY.allocated();
    let mut tables = Tables::built_in()?;
    println!("built in: {:.1} MiB", mib(MEMORY.allocated() - before));
    for argument in std::env::args().skip(1) {
        // Cargo adds flags of its own.
        let Some((id, file)) = argument.split_once('=') else {
            continue;
        };
        let list = List::ALL.into_iter().find(|list| list.id() == id);
        let list = list.ok_or_else(|| format!("{id} is no list"))?;
        tables.load(list, &std::fs::read(file)?, Time(0))?;
        println!("with {file}: {:.1} MiB", mib(MEMORY.allocated() - before));
    }
    let judge = black_box(Judge::new(tables));
    println!(
        "highest while loading: {:.1} MiB",
        mib(MEMORY.max_allocated())
    );
    for loaded in judge.tables().loaded() {
        println!("{}: {} ranges", loaded.list.name(), loaded.ranges);
    }
    Ok(())
}
