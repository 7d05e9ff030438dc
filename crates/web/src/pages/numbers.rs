//! The last thirty days in a few honest numbers: an interval where something cannot be known, and machines apart.

use super::{Page, scope, show as render};
use crate::Shared;
use crate::auth::User;
use crate::error::Result;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::complaints::{self, Alarm, Complaints};
use std::time::Duration;
use store::Summary;

const SPAN: Duration = Duration::from_hours(30 * 24);

#[derive(Template)]
#[template(path = "numbers.html")]
struct NumbersPage {
    page: Page,
    sums: Summary,
    /// Of the whole workspace's advertising, and what follows; none where there was none.
    complaints: Option<(Complaints, &'static str)>,
    /// Everybody's messages, or only the user's own.
    all: bool,
}

impl NumbersPage {
    fn opened(&self) -> String {
        interval(self.sums.read, self.sums.perhaps, self.sums.opens_tracked)
    }

    fn clicked(&self) -> String {
        let sums = &self.sums;
        interval(sums.clicked, sums.clicked_perhaps, sums.clicks_tracked)
    }

    /// Delivered or under way, and opens may not be recorded.
    fn untracked(&self) -> u32 {
        self.sums.copies - self.sums.undelivered - self.sums.opens_tracked
    }
}

/// What follows from the complaints.
fn follows(of: Complaints) -> &'static str {
    match of.alarm() {
        Alarm::None => "Providers expect less than 0.1 %.",
        Alarm::Watch => {
            "That is much: from 0.3 % on it is paused here, because providers would turn all mail away. Write to fewer people, and only to those who asked for it."
        }
        Alarm::Pause => {
            "Advertising is paused until fewer do, because providers would else turn all mail away. Letters go on."
        }
    }
}

/// From those who surely did to those who perhaps did as well.
fn interval(sure: u32, perhaps: u32, of: u32) -> String {
    let low = percent(sure, of);
    match perhaps {
        0 => low,
        perhaps => format!("{low} to {}", percent(sure + perhaps, of)),
    }
}

fn percent(part: u32, whole: u32) -> String {
    match whole {
        0 => "–".into(),
        _ => format!("{:.0} %", 100.0 * f64::from(part) / f64::from(whole)),
    }
}

/// `GET /numbers`
pub(super) async fn show(State(web): State<Shared>, user: User) -> Result<Response> {
    let now = (web.app.ambient.now)();
    let who = scope(&user);
    let sums = web
        .app
        .store
        .summary(
            user.workspace,
            who,
            now - SPAN,
            now + Duration::from_secs(1),
        )
        .await?;
    let since = now - complaints::SPAN;
    let complaints = web.app.store.complaints(user.workspace, since).await?;
    Ok(render(&NumbersPage {
        page: Page::of(&user, "numbers", "Numbers"),
        sums,
        complaints: (complaints.sent > 0).then(|| (complaints, follows(complaints))),
        all: who.is_none(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(sums: Summary) -> NumbersPage {
        NumbersPage {
            page: Page::public("Numbers"),
            sums,
            complaints: None,
            all: true,
        }
    }

    #[test]
    fn what_cannot_be_known_is_an_interval() {
        let mut sums = Summary {
            copies: 12,
            undelivered: 1,
            opens_tracked: 8,
            read: 2,
            perhaps: 4,
            ..Summary::default()
        };
        assert_eq!(page(sums).opened(), "25 % to 75 %");
        assert_eq!(page(sums).untracked(), 3);
        sums.perhaps = 0;
        assert_eq!(page(sums).opened(), "25 %");
        assert_eq!(page(sums).clicked(), "–", "nobody is no share of nobody");
        (sums.clicks_tracked, sums.clicked, sums.clicked_perhaps) = (4, 1, 1);
        assert_eq!(page(sums).clicked(), "25 % to 50 %");
    }
}
