//! Time and chance, as two functions handed down from `overt`: nothing below it reads a clock or rolls dice by
//! itself, so a test can turn the clock and repeat a throw.

use crate::time::Time;

/// Where the present moment and random bits come from.
#[derive(Debug, Clone, Copy)]
pub struct Ambient {
    /// The present moment.
    pub now: fn() -> Time,
    /// 128 bits from a cryptographically secure source: ids, tokens' copy ids, secrets.
    pub random: fn() -> [u8; 16],
}
