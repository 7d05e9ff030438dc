//! The mailbox challenge: before somebody gets a copy of what is known, has it corrected or erased, a mail with a link
//! that works once shows that the mailbox is theirs (R-DSR-02).
//!
//! The link in a mail can be forwarded with the mail, so whoever holds it may look and take consent back, which harms
//! nobody. What reveals or destroys more waits for the challenge (GDPR Art. 12(6)).

use std::time::Duration;

/// The link in the mail works for a day: long enough for slow mail, too short to be found in an old mailbox.
pub const CHALLENGE_LIFE: Duration = Duration::from_hours(24);

/// Challenges to one contact within [`CHALLENGE_LIFE`]. More are not sent: the page must not flood a mailbox.
pub const CHALLENGES_MAX: i64 = 3;

/// Workspaces of one instance that a stranger's address is looked up in. Beyond that the newest get no mail.
pub const CHALLENGED_WORKSPACES_MAX: u16 = 20;
