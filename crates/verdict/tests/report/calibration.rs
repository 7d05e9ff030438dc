//! Are the confidences worth anything? Stated likelihoods beside what was true.

use crate::share;

/// The Brier score of likelihoods and outcomes.
pub(crate) fn brier(stated: impl IntoIterator<Item = (f64, bool)>) -> String {
    let (mut sum, mut of) = (0.0, 0u32);
    for (likely, human) in stated {
        sum += (likely - f64::from(u8::from(human))).powi(2);
        of += 1;
    }
    if of == 0 {
        return "–".into();
    }
    format!("{:.3}", sum / f64::from(of))
}

/// Of the requests for which a likelihood was stated, so many were a person's.
pub(crate) fn reliability(stated: &[(f64, bool)]) {
    println!("\nHow likely a person is said to be, and how often it was one:\n");
    println!("| said | requests | stated mean | it was a person |");
    println!("|---|---|---|---|");
    for tenth in 0..10 {
        let (low, high) = (f64::from(tenth) / 10.0, f64::from(tenth + 1) / 10.0);
        let last = tenth == 9;
        let of: Vec<_> = (stated.iter())
            .filter(|(likely, _)| *likely >= low && (*likely < high || last))
            .collect();
        if of.is_empty() {
            continue;
        }
        let mean = of.iter().map(|(likely, _)| likely).sum::<f64>() / of.len() as f64;
        let people = of.iter().filter(|(_, human)| *human).count();
        println!(
            "| {:.0}–{:.0} % | {} | {:.0} | {} |",
            low * 100.0,
            high * 100.0,
            of.len(),
            mean * 100.0,
            share(people, of.len())
        );
    }
}

#[test]
fn a_score_is_the_mean_square() {
    assert_eq!(brier([(1.0, true), (0.0, true)]), "0.500");
    assert_eq!(brier([(0.5, true), (0.5, false)]), "0.250");
    assert_eq!(brier([]), "–");
}
