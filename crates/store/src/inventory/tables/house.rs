//! What the organisation is made of: settings, users and their ways in.

use super::super::Kept::{Account, Always, Session};
use super::super::{Owner, Table};
use super::{key, personal, plain, secret, table};

/// Parents before children.
pub(super) const TABLES: &[Table] = &[
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
            plain(
                "ceiling_document",
                "the most that may be recorded of document views",
            ),
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
            plain(
                "ceiling_document",
                "the most that may be recorded of document views",
            ),
            plain(
                "language",
                "language of texts where a recipient's is not known",
            ),
            plain("identity", "the name by which it was first known"),
            plain("ask", "whether recipients who were never asked are asked"),
            plain("postal_address", "postal address that mails name"),
            plain("contact", "how else to reach the organisation"),
            plain(
                "policy_sha256",
                "the version of the tracking policy that is in force",
            ),
            plain(
                "directed_to_children",
                "whether the service is directed to children",
            ),
            plain(
                "aims",
                "what tracking is wanted for, in the organisation's words",
            ),
            plain(
                "outgrown",
                "the times in which people agreed to less than the notice says today",
            ),
            plain(
                "checks_guardians",
                "whether somebody checks with guardians what they agreed to",
            ),
            plain("created_at", "since when it exists"),
        ],
    ),
    table(
        "notice",
        "What people are told before they agree, version by version.",
        Owner::Workspace("workspace_id"),
        Always,
        &[
            key("workspace_id", "the workspace"),
            plain("since", "since when"),
            plain("slots", "what it says of itself, in each language"),
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
        "policy",
        "The organisation's own tracking policy, version by version: what its people promise.",
        Owner::Workspace("workspace_id"),
        Always,
        &[
            key("workspace_id", "the workspace"),
            plain("sha256", "digest of the text"),
            plain("body", "the text"),
            plain("published_at", "when it came into force"),
            key("user_id", "who published it"),
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
            personal("may_track", "whether the user may send tracked mail"),
            personal(
                "ceiling_open",
                "the most that may be recorded of opens of their mail",
            ),
            personal(
                "ceiling_click",
                "the most that may be recorded of clicks in their mail",
            ),
            personal(
                "ceiling_document",
                "the most that may be recorded of document views",
            ),
            plain(
                "policy_sha256",
                "the version of the tracking policy that the user acknowledged",
            ),
            personal("policy_at", "when"),
            personal("signed_in_at", "when the user last signed in"),
            personal("deactivated_at", "since when the account is out of use"),
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
        "webhook",
        "Addresses of other programs that are told what happens, and how that goes.",
        Owner::Workspace("workspace_id"),
        Always,
        &[
            key("id", "the webhook's id"),
            key("workspace_id", "the workspace"),
            plain("label", "what it is for"),
            plain("url", "the address"),
            plain(
                "recipient",
                "the host by which the same recipient was first told of",
            ),
            plain("events", "what it is told"),
            plain("secret_number", "how often its secret was changed"),
            plain("secret_at", "when its secret was changed last"),
            plain("off", "why it is told nothing"),
            plain("off_at", "since when"),
            plain("failures", "attempts that failed in a row"),
            plain("working_at", "when it last took something"),
            plain("tried_at", "when it was tried last"),
            plain("answer", "what that came to"),
            plain("withheld", "events that a person did not permit any more"),
            plain("lost", "events for which there was no room"),
            key("lease_owner", "the worker that sends to it"),
            plain("not_before", "when it has its next turn"),
            plain("created_at", "since when it exists"),
        ],
    ),
];
