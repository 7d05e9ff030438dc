//! The list itself: a table a block, a column a line. A new table or column gets its line here, or the tests fail.

use super::Kept::{
    Account, Always, Cases, Contact, Feed, Hits, Mail, Proof, Queue, Session, Unconfirmed,
};
use super::{Column, Erased, Kept, Kind, Owner, Table};

const fn key(name: &'static str, holds: &'static str) -> Column {
    column(name, Kind::Key, holds)
}

const fn personal(name: &'static str, holds: &'static str) -> Column {
    column(name, Kind::Personal, holds)
}

const fn plain(name: &'static str, holds: &'static str) -> Column {
    column(name, Kind::Plain, holds)
}

const fn secret(name: &'static str, holds: &'static str) -> Column {
    column(name, Kind::Secret, holds)
}

const fn column(name: &'static str, kind: Kind, holds: &'static str) -> Column {
    Column {
        name,
        kind,
        holds,
        kept: None,
    }
}

impl Column {
    const fn until(mut self, kept: Kept) -> Self {
        self.kept = Some(kept);
        self
    }
}

const fn table(
    name: &'static str,
    holds: &'static str,
    owner: Owner,
    kept: Kept,
    columns: &'static [Column],
) -> Table {
    Table {
        name,
        holds,
        owner,
        erased: Erased::Gone,
        kept,
        columns,
    }
}

impl Table {
    const fn detached(mut self, set: &'static str) -> Self {
        self.erased = Erased::Detached(set);
        self
    }
}

/// Every table there is, parents before children: rows are restored in this order and erased in the opposite one.
pub const TABLES: &[Table] = &[
    table(
        "migration",
        "Which versions of the schema were applied.",
        Owner::Nobody,
        Always,
        &[plain("number", "version of the schema")],
    ),
    table(
        "counter",
        "The last numbers given out to lists that are numbered.",
        Owner::Nobody,
        Always,
        &[
            plain("name", "which list"),
            plain("value", "last number given out"),
        ],
    ),
    table(
        "instance",
        "The operator's settings.",
        Owner::Nobody,
        Always,
        &[
            plain("id", "always 1"),
            plain("tracking", "whether anything may be recorded at all"),
            plain("ceiling_open", "the most that may be recorded of opens"),
            plain("ceiling_click", "the most that may be recorded of clicks"),
            plain("ceiling_document", "the most that may be recorded of document views"),
        ],
    ),
    table(
        "workspace",
        "An organisation and its settings.",
        Owner::Workspace("id"),
        Always,
        &[
            key("id", "the workspace's id"),
            plain("name", "name of the organisation"),
            plain("tracking", "whether anything may be recorded"),
            plain("ceiling_open", "the most that may be recorded of opens"),
            plain("ceiling_click", "the most that may be recorded of clicks"),
            plain("ceiling_document", "the most that may be recorded of document views"),
            plain("language", "language of texts where a recipient's is not known"),
            plain("ask", "whether recipients who were never asked are asked"),
            plain("postal_address", "postal address that mails name"),
            plain("contact", "how else to reach the organisation"),
            plain("created_at", "since when it exists"),
        ],
    ),
    table(
        "workspace_key",
        "The secret under which acts that concern no contact are committed to in the ledger.",
        Owner::Workspace("workspace_id"),
        Always,
        &[
            key("workspace_id", "the workspace"),
            secret("key", "the secret"),
        ],
    ),
    table(
        "user",
        "People of the organisation who sign in.",
        Owner::User("id"),
        Account,
        &[
            key("id", "the user's id"),
            key("workspace_id", "the workspace"),
            personal("name", "name"),
            personal("address", "e-mail address"),
            personal("address_key", "e-mail address in lower case, to find it by"),
            secret("password_hash", "password, as an Argon2id digest"),
            personal("role", "what the user may do"),
            personal("created_at", "since when the account exists"),
        ],
    ),
    table(
        "credential",
        "Sessions, app passwords and API keys of users.",
        Owner::User("user_id"),
        Session,
        &[
            secret("hash", "digest of the secret"),
            key("id", "the credential's id"),
            key("user_id", "whose it is"),
            plain("kind", "what it is good for"),
            personal("label", "the user's word for it"),
            personal("created_at", "when it was made, which is a sign-in"),
            plain("expires_at", "until when it works"),
            personal("used_at", "when it was last used, to the hour"),
        ],
    ),
    table(
        "identity",
        "Addresses that users may send from.",
        Owner::User("user_id"),
        Account,
        &[
            key("id", "the identity's id"),
            key("workspace_id", "the workspace"),
            key("user_id", "whose it is"),
            personal("address", "e-mail address"),
            personal("address_key", "e-mail address in lower case, to find it by"),
            personal("name", "name shown to recipients"),
            personal("created_at", "since when it may be used"),
        ],
    ),
    table(
        "contact",
        "People to whom the organisation writes.",
        Owner::Contact("id"),
        Contact,
        &[
            key("id", "the contact's id"),
            key("workspace_id", "the workspace"),
            personal("address", "e-mail address"),
            personal("address_key", "e-mail address in lower case, to find it by"),
            personal("name", "name, as a mail's header had it"),
            personal("search", "address and name in lower case, to find them by"),
            personal("source_kind", "how the address was come by"),
            personal("source_place", "where"),
            personal("source_at", "when"),
            personal("source_by", "who got it"),
            personal("source_basis", "legal basis for keeping it"),
            personal("told_at", "when they were told where it comes from"),
            personal("business", "whether the address is a company's"),
            personal("mail_consent", "whether they agreed to get advertising"),
            personal("mail_consent_until", "until when that holds"),
            personal("mail_consent_since", "since when"),
            personal("mail_consent_proof", "how it can be shown"),
            personal("language", "language they were last addressed in"),
            personal("open_state", "what they said about recording opens"),
            personal("open_since", "since when"),
            personal("click_state", "what they said about recording clicks"),
            personal("click_since", "since when"),
            personal("document_state", "what they said about recording document views"),
            personal("document_since", "since when"),
            personal("details_state", "what they said about recording details of their device"),
            personal("details_since", "since when"),
            personal("ask_next", "whether the next mail asks them"),
            personal("country", "country whose rules apply to them"),
            personal("tags", "what they are to a lawyer who writes to them"),
            personal("created_at", "since when they are known"),
        ],
    ),
    table(
        "contact_key",
        "The secret under which the ledger commits to what happened to a contact. Destroying it seals their entries.",
        Owner::Contact("contact_id"),
        Contact,
        &[
            key("contact_id", "whose it is"),
            secret("key", "256 random bits"),
        ],
    ),
    table(
        "suppression",
        "Addresses that must get no advertising, as keyed hashes. It outlives erasure, or nobody would stay on it.",
        Owner::Workspace("workspace_id"),
        Always,
        &[
            key("workspace_id", "the workspace"),
            secret("mark", "keyed hash of an address"),
            plain("cause", "how it came onto the list"),
            plain("since", "since when"),
        ],
    ),
    table(
        "assessment",
        "Assessments of legitimate interests behind mail to people who never asked for it.",
        Owner::Workspace("workspace_id"),
        Always,
        &[
            key("id", "the assessment's id"),
            key("workspace_id", "the workspace"),
            plain("title", "what it is about"),
            plain("purpose", "the interest that is pursued"),
            plain("necessity", "why nothing milder does"),
            plain("balance", "why it does not weigh more on those who are written to"),
            personal("author", "who wrote it"),
            plain("at", "when"),
            plain("review_by", "until when it holds"),
        ],
    ),
    table(
        "request",
        "Requests of persons for their rights under GDPR Art. 15 to 21, and how they were answered.",
        Owner::Contact("contact_id"),
        Cases,
        &[
            key("id", "the request's id"),
            key("workspace_id", "the workspace"),
            key("contact_id", "who asked; null where the person is no contact, or not any more"),
            plain("kind", "which right"),
            personal("note", "what was asked for, in words"),
            personal("received_at", "when it came"),
            plain("due_at", "until when it must be answered"),
            personal("extension", "why it takes longer, in words"),
            personal("answered_at", "when it was answered"),
            personal("answer", "how it was answered, in words"),
        ],
    )
    .detached("contact_id = null, note = '', extension = case when extension is null then null else '' end"),
    table(
        "consent_text",
        "Texts that people were shown when they were asked. They name no recipient.",
        Owner::Nobody,
        Always,
        &[
            key("sha256", "digest of the text"),
            plain("language", "its language"),
            plain("body", "the text"),
            plain("created_at", "when it was first shown"),
        ],
    ),
    table(
        "consent_event",
        "What people said about being tracked, and when.",
        Owner::Contact("contact_id"),
        Proof,
        &[
            key("seq", "place among all of them"),
            key("workspace_id", "the workspace"),
            key("contact_id", "whose consent"),
            personal("topic", "about what"),
            personal("state", "what it became"),
            personal("at", "when"),
            personal("method", "how"),
            key("user_id", "which user noted it, where one did"),
            personal("text_sha256", "digest of the text that was shown"),
            key("ledger_seq", "place in the ledger"),
        ],
    ),
    table(
        "ledger_entry",
        "A chain of commitments to what happened. It names nobody.",
        Owner::Workspace("workspace_id"),
        Always,
        &[
            key("workspace_id", "whose chain"),
            key("seq", "place in the chain"),
            plain("at", "when it was written"),
            plain("kind", "what kind of thing happened"),
            plain("commitment", "keyed digest of what exactly; unreadable once the contact's key is destroyed"),
            plain("previous", "digest of the entry before"),
            plain("hash", "digest of this entry"),
        ],
    ),
    table(
        "act",
        "Who of the organisation did what, when, to what and why; it shows that what had to be done was done.",
        Owner::Workspace("workspace_id"),
        Always,
        &[
            key("workspace_id", "the workspace"),
            key("ledger_seq", "its place in the ledger"),
            plain("kind", "what was done"),
            key("user_id", "the user who did it; null for whoever ran a command on the machine"),
            personal("at", "when"),
            key("object", "to what: a noun and an id"),
            key("sealed_with", "the contact whose key it is committed to under; after erasing them it names nobody"),
            personal("before_text", "a setting before, a user's role or address"),
            personal("after_text", "the same after"),
            personal("reason", "why, in the user's words"),
        ],
    ),
    table(
        "ledger_head",
        "Signed ends of the chains.",
        Owner::Workspace("workspace_id"),
        Always,
        &[
            key("workspace_id", "whose chain"),
            key("seq", "place in the chain"),
            plain("hash", "digest of that entry"),
            plain("at", "when it was signed"),
            plain("signature", "the instance's signature"),
        ],
    ),
    table(
        "message",
        "Mails as their senders wrote them.",
        Owner::User("user_id"),
        Mail,
        &[
            key("id", "the message's id"),
            key("workspace_id", "the workspace"),
            key("user_id", "who sent it"),
            personal("sender", "address it was sent from"),
            plain("header_id", "its Message-ID"),
            personal("subject", "subject"),
            personal("accepted_at", "when it was sent"),
            plain("size", "size in octets"),
            plain("switch", "what the sender wished to be tracked"),
            plain("class", "what kind of mail it is"),
            key("assessment_id", "assessment of legitimate interests behind it"),
            personal("search", "subject and recipients in lower case, to find it by"),
            personal("source", "the mail, while a copy of it waits to leave").until(Queue),
        ],
    ),
    table(
        "link",
        "Links in mails.",
        Owner::Of("message_id", "message"),
        Mail,
        &[
            key("message_id", "in which message"),
            key("number", "its number in the mail"),
            personal("destination", "where it leads"),
            plain("skipped", "why it is never tracked"),
        ],
    ),
    table(
        "copy",
        "The copy of a mail that one recipient got, and what became of it.",
        Owner::Contact("contact_id"),
        Mail,
        &[
            key("id", "the copy's id, which its tracked addresses carry"),
            key("workspace_id", "the workspace"),
            key("message_id", "of which message"),
            key("contact_id", "for whom"),
            plain("position", "place among the recipients"),
            personal("address", "e-mail address it went to"),
            personal("mode_open", "what may be recorded of opens"),
            personal("mode_click", "what may be recorded of clicks"),
            personal("mode_document", "what may be recorded of document views"),
            personal("reason_open", "why no more of opens"),
            personal("reason_click", "why no more of clicks"),
            personal("ask", "whether it carried the question"),
            personal("state", "whether it was delivered"),
            personal("answer", "what the mail server said"),
            personal("refusal", "why the rules kept it from being sent"),
            personal("state_at", "when"),
            personal("tick", "what the sender sees"),
            personal("opens_human", "opens by a person"),
            personal("opens_unknown", "opens that may be a person's"),
            personal("opens_machine", "opens by machines"),
            personal("clicks_human", "clicks by a person"),
            personal("clicks_unknown", "clicks that may be a person's"),
            personal("clicks_machine", "clicks by machines"),
            personal("first_read_at", "first time it was read, to the minute"),
            personal("last_read_at", "last time it was read, to the minute"),
            personal("receipt_at", "when they pressed the receipt button, to the minute"),
            personal("elsewhere_confidence", "how sure it is that it was opened elsewhere, too"),
            personal("elsewhere_reasons", "signs of that"),
        ],
    ),
    table(
        "consent_request",
        "Agreements made on the recipient's page, with the confirmation by mail.",
        Owner::Contact("contact_id"),
        Unconfirmed,
        &[
            key("id", "the request's id"),
            key("contact_id", "who agreed"),
            key("copy_id", "on the page of which copy"),
            personal("topics", "to what"),
            personal("text_sha256", "digest of the text that was shown"),
            personal("created_at", "when"),
            plain("expires_at", "until when it can be confirmed"),
            personal("answered_at", "when it was confirmed"),
            secret("token_sha256", "digest of the token in the confirmation mail"),
            personal("answer", "what the mail server said to the confirmation mail"),
        ],
    ),
    table(
        "outbox",
        "Mail that still has to leave.",
        Owner::Of("copy_id", "copy"),
        Queue,
        &[
            key("id", "place in the outbox"),
            plain("kind", "what it is"),
            key("workspace_id", "the workspace"),
            key("message_id", "of which message"),
            key("copy_id", "which copy"),
            key("request_id", "which consent request"),
            plain("action", "what a report says"),
            personal("sender", "sender's address"),
            personal("recipient", "recipient's address"),
            plain("notify", "which reports the sender wants"),
            personal("orcpt", "recipient's address as first written"),
            plain("ret", "what a report encloses"),
            plain("envid", "the sender's own id for it"),
            personal("created_at", "when it was accepted"),
            plain("due_at", "when to try next"),
            plain("attempts", "how often it was tried"),
            plain("lease_owner", "which worker has it in hand"),
            plain("lease_until", "until when"),
        ],
    ),
    table(
        "hit",
        "Single requests to tracked addresses, after judgement: without network address and without user-agent.",
        Owner::Of("copy_id", "copy"),
        Hits,
        &[
            key("id", "the hit's id"),
            key("copy_id", "on which copy"),
            personal("axis", "open, click or document view"),
            personal("link", "which link"),
            personal("at", "when, to the minute"),
            personal("opener", "which program fetched it"),
            personal("meaning", "whether that was a person"),
            personal("confidence", "how sure that is, in percent"),
            personal("reasons", "why"),
            plain("rules", "which version of the rules judged it"),
            personal("revised_from", "what it was taken for at first"),
            personal("facts", "parsed facts about the device, where they agreed to that"),
            plain("repeat", "a repetition within seconds"),
            plain("folded", "whether it is counted"),
        ],
    ),
    table(
        "news",
        "Firsts that senders are told of: first read, first click.",
        Owner::Of("copy_id", "copy"),
        Mail,
        &[
            key("copy_id", "of which copy"),
            personal("kind", "what happened"),
            personal("at", "when, to the minute"),
            plain("told", "whether the sender was told"),
            plain("due_at", "when to tell it"),
        ],
    ),
    table(
        "event",
        "The feed that open pages follow.",
        Owner::Of("copy_id", "copy"),
        Feed,
        &[
            key("seq", "place in the feed"),
            key("workspace_id", "the workspace"),
            key("user_id", "whose message"),
            personal("kind", "what happened"),
            key("message_id", "to which message"),
            key("copy_id", "to which copy"),
            personal("at", "when"),
        ],
    ),
];
