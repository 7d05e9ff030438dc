//! The Sent list, which is the home page: was it read, and can I believe it?

use super::sums::Sums;
use super::view::{CopyView, Mark, When};
use super::{Page, show as render};
use crate::auth::User;
use crate::error::{Error, Result};
use crate::extract::{Id, Params};
use crate::{Shared, paging};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::role::Act;
use model::{MessageId, Tick, UserId};
use serde::Deserialize;
use store::{Cursor, Message, MessageFilter, User as Person};

/// Messages on a page.
const PAGE: u16 = 50;
/// Copies that a row can unfold; the message's own page shows all.
const COPIES_UNFOLDED_MAX: usize = 100;

#[derive(Template)]
#[template(path = "sent.html")]
struct SentPage {
    page: Page,
    filter: Filter,
    filtered: bool,
    senders: Vec<String>,
    rows: Vec<Row>,
    older: Option<String>,
    may_send: bool,
}

/// One message of the list. Also rendered alone, when something happened to it.
#[derive(Template)]
#[template(path = "row.html")]
struct Row {
    message: Message,
    copies: Vec<CopyView>,
    mark: Mark,
    words: String,
    /// It is the reader's own.
    mine: bool,
    /// Recipients in all.
    total: usize,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Filter {
    search: String,
    sender: String,
    show: String,
    after: String,
}

impl Filter {
    const SHOWS: [(&str, &str); 7] = [
        ("", "Any state"),
        ("read", "Read"),
        ("sent", "Sent, not known to be read"),
        ("unsure", "Unsure"),
        ("limited", "Not told by person"),
        ("untracked", "Not tracked"),
        ("bounced", "Not delivered"),
    ];

    fn parse(&self, user: Option<UserId>) -> Result<MessageFilter> {
        let unknown = |_| Error::Query(format!("There is no filter {:?}.", self.show));
        let tick = match self.show.as_str() {
            "" | "bounced" => None,
            word => Some(word.parse::<Tick>().map_err(unknown)?),
        };
        let given = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        Ok(MessageFilter {
            user,
            search: given(&self.search),
            sender: given(&self.sender),
            tick,
            bounced: self.show == "bounced",
            after: paging::after(&self.after)?,
            limit: PAGE + 1,
        })
    }

    /// The address of the next page of this list.
    fn older(&self, last: &Message) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::from("/?"));
        for (name, value) in [
            ("search", &self.search),
            ("sender", &self.sender),
            ("show", &self.show),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair(
            "after",
            &Cursor {
                at: last.accepted_at,
                id: last.id,
            }
            .to_string(),
        );
        query.finish()
    }
}

/// Whose messages a user sees: their own, or everybody's.
pub(crate) fn scope(user: &Person) -> Option<UserId> {
    (!user.role.may(Act::SeeAll)).then_some(user.id)
}

/// A message as far as this user may see it; others' do not exist.
pub(crate) async fn visible(web: &Shared, user: &Person, id: MessageId) -> Result<Message> {
    let found = web.app.store.message(user.workspace, id).await?;
    found
        .filter(|m| scope(user).is_none_or(|own| own == m.user))
        .ok_or(Error::NotFound("message"))
}

/// `GET /`
pub(super) async fn list(
    State(web): State<Shared>,
    user: User,
    Params(filter): Params<Filter>,
) -> Result<Response> {
    let mut found = web
        .app
        .store
        .messages(user.workspace, filter.parse(scope(&user))?)
        .await?;
    let older = paging::cut(&mut found, PAGE.into(), |(last, _)| filter.older(last));
    let mut rows = Vec::with_capacity(found.len());
    for (message, copies) in found {
        rows.push(row_of(&web, &user, message, copies).await?);
    }
    let mut senders: Vec<String> = match scope(&user) {
        None => {
            web.app
                .store
                .identities_of_workspace(user.workspace)
                .await?
        }
        Some(own) => web.app.store.identities(own).await?,
    }
    .into_iter()
    .map(|identity| identity.address.to_string())
    .collect();
    if !filter.sender.is_empty() && !senders.contains(&filter.sender) {
        senders.push(filter.sender.clone());
    }
    let filtered = [&filter.search, &filter.sender, &filter.show, &filter.after]
        .iter()
        .any(|f| !f.is_empty());
    let (page, may_send) = (Page::of(&user, "sent", "Sent"), user.role.may(Act::Send));
    Ok(render(&SentPage {
        page,
        filter,
        filtered,
        senders,
        rows,
        older,
        may_send,
    }))
}

/// `GET /messages/{id}/row`: a row by itself, for the script.
pub(super) async fn row(
    State(web): State<Shared>,
    user: User,
    Id(id): Id<MessageId>,
) -> Result<Response> {
    let message = visible(&web, &user, id).await?;
    let copies = web.app.store.copies(id, COPIES_UNFOLDED_MAX as u16).await?;
    Ok(render(&row_of(&web, &user, message, copies).await?))
}

async fn row_of(
    web: &Shared,
    user: &Person,
    message: Message,
    copies: Vec<store::Copy>,
) -> Result<Row> {
    let copies: Vec<CopyView> = copies.into_iter().map(|copy| CopyView { copy }).collect();
    let mut sums = Sums::default();
    if copies.len() < COPIES_UNFOLDED_MAX {
        for copy in &copies {
            sums.add(copy.mark(), 1);
        }
    } else {
        for (tick, n) in web.app.store.copy_ticks(message.id).await? {
            sums.add(Mark::Tick(tick), n);
        }
    }
    let (mark, words) = match copies.as_slice() {
        [only] => (only.mark(), only.words()),
        _ => (sums.mark(), sums.words()),
    };
    let (mine, total) = (message.user == user.id, sums.total() as usize);
    Ok(Row {
        message,
        copies,
        mark,
        words,
        mine,
        total,
    })
}

impl Row {
    fn sent_at(&self) -> When {
        When(self.message.accepted_at)
    }

    /// Whom it went to, in a few words.
    fn to(&self) -> String {
        let first = self.copies.first().map_or("", |c| c.copy.address.as_str());
        match self.total {
            0 | 1 => first.to_owned(),
            n => format!("{first} and {} more", n - 1),
        }
    }

    fn has_more(&self) -> bool {
        self.total > self.copies.len()
    }

    /// Few enough recipients to show each of them without being asked.
    fn is_short(&self) -> bool {
        self.total <= 5
    }
}
