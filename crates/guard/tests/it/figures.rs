//! How often it is right, on our own cases. They were written by the same hands as the rules, so the figures guard against
//! getting worse and say nothing about mail out there.

use guard::{Kind, Load};

use crate::cases::{case_files, looked_at};

#[derive(Default, Debug)]
struct Count {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Count {
    fn precision(&self) -> f64 {
        self.right as f64 / (self.right + self.wrong) as f64
    }

    fn recall(&self) -> f64 {
        self.right as f64 / (self.right + self.missed) as f64
    }
}

/// Mails of these kinds have a beacon, or nothing to warn of.
fn is_watched(name: &str) -> Option<bool> {
    if name.starts_with("beacon-") || name.starts_with("vendor-") {
        return Some(true);
    }
    name.starts_with("innocent-").then_some(false)
}

#[test]
fn r_gov_04_mails_with_trackers_are_told_from_those_without() {
    let (mut mails, mut pictures) = (Count::default(), Count::default());
    for file in case_files() {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let Some(watched) = is_watched(&name) else {
            continue;
        };
        let scan = looked_at(&std::fs::read(&file).unwrap());
        let beacons = scan
            .of(Kind::OpenBeacon)
            .chain(scan.of(Kind::ClickImage))
            .count();
        match (watched, beacons > 0) {
            (true, true) => mails.right += 1,
            (true, false) => mails.missed += 1,
            (false, true) => mails.wrong += 1,
            (false, false) => {}
        }
        let loads = scan
            .findings
            .iter()
            .filter(|finding| finding.load == Load::Auto)
            .count();
        if watched {
            pictures.right += beacons;
            pictures.missed += loads - beacons;
        } else {
            pictures.wrong += beacons;
        }
    }
    println!("mails {mails:?}, pictures {pictures:?}");
    for count in [&mails, &pictures] {
        assert!(count.right >= 30, "{count:?}");
        assert!(count.precision() >= 0.97, "{count:?}");
        assert!(count.recall() >= 0.90, "{count:?}");
    }
}

#[test]
fn links_are_opened_where_that_is_certain_and_never_wrongly() {
    // What stands behind the links of the cases: one of these, or nobody can know.
    let right = [
        "https://shop.example/sale",
        "https://click.pstmrk.it/3s/x/y",
    ];
    let (mut opened, mut opaque) = (0, 0);
    for file in case_files() {
        let scan = looked_at(&std::fs::read(&file).unwrap());
        for link in scan.of(Kind::TrackedLink) {
            match &link.destination {
                Some(to) => {
                    assert!(
                        right.iter().any(|start| to.as_str().starts_with(start)),
                        "{to} in {}",
                        file.display()
                    );
                    opened += 1;
                }
                None => opaque += 1,
            }
        }
    }
    println!("{opened} opened, {opaque} opaque");
    assert!(
        opened >= 10 && opaque >= 10,
        "{opened} opened, {opaque} opaque"
    );
}
