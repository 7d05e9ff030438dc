//! What each part of a mail is to an editor: a body to edit, or something to keep its hands off.

use std::ops::Range;

use crate::structure::Node;
use crate::untouchable::Untouchable;

/// What a part is to an editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// An HTML body of the mail.
    Html,
    /// A plain text body of the mail.
    Text,
    /// Holds other parts.
    Multipart,
    /// A file, by its disposition or name.
    Attachment,
    /// A mail, or a piece of one, inside the mail.
    Message,
    /// Belongs to an HTML body: a picture, a style sheet, a frame.
    Related,
    /// Part of a delivery report or a receipt.
    Report,
    /// Everything else: AMP, calendar, signatures, unknown types.
    Other,
}

impl Role {
    /// A stable name for reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Text => "text",
            Self::Multipart => "multipart",
            Self::Attachment => "attachment",
            Self::Message => "message",
            Self::Related => "related",
            Self::Report => "report",
            Self::Other => "other",
        }
    }
}

/// One part of the mail, for reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// `1.2` as in IMAP; `root` for a multipart at the top.
    pub path: String,
    /// `text/html`, lower case.
    pub content_type: String,
    /// As declared, lower case.
    pub charset: Option<String>,
    /// Transfer encoding as declared, lower case; `7bit` where nothing is said.
    pub encoding: String,
    /// As other parts refer to it, without angle brackets.
    pub content_id: Option<String>,
    /// Its body in the bytes of the mail, without the line end that belongs to the next delimiter.
    pub range: Range<usize>,
    /// What it is to an editor; only `Html` and `Text` are ever edited.
    pub role: Role,
    /// Why an HTML or text body cannot be edited.
    pub hindrance: Option<Untouchable>,
}

impl Part {
    pub(crate) fn new(node: &Node, nodes: &[Node]) -> Self {
        let encoding = if node.media.encoding.is_empty() {
            "7bit"
        } else {
            &node.media.encoding
        };
        Self {
            path: node.path.clone(),
            content_type: node.media.kind.clone(),
            charset: node.media.charset.clone(),
            encoding: encoding.to_owned(),
            content_id: node.media.content_id.clone(),
            range: node.body.clone(),
            role: role(node, nodes),
            hindrance: None,
        }
    }
}

fn role(node: &Node, nodes: &[Node]) -> Role {
    let media = &node.media;
    if media.multipart().is_some() {
        return Role::Multipart;
    }
    if media.kind.starts_with("message/") {
        return Role::Message;
    }
    if media.attachment {
        return Role::Attachment;
    }
    let mut child = node;
    while let Some(parent) = child.parent.map(|parent| &nodes[parent]) {
        match parent.media.multipart() {
            Some("report") => return Role::Report,
            Some("related") if !is_root(child, parent, nodes) => return Role::Related,
            Some("appledouble" | "form-data" | "digest") => return Role::Other,
            _ => {}
        }
        child = parent;
    }
    // A text with a file name is a file, unless it is an alternative or the first thing to read.
    let mut leaves = nodes.iter().filter(|node| node.media.multipart().is_none());
    let first = leaves.next().is_some_and(|first| std::ptr::eq(first, node));
    if media.filename.is_some() && !node.alternative && !first {
        return Role::Attachment;
    }
    match media.kind.as_str() {
        "text/html" => Role::Html,
        "text/plain" => Role::Text,
        _ => Role::Other,
    }
}

/// Is `child` the root of a multipart/related (RFC 2387 §3.2: the `start` parameter, else the first)?
fn is_root(child: &Node, related: &Node, nodes: &[Node]) -> bool {
    let is_start =
        |node: &Node| related.media.start.is_some() && node.media.content_id == related.media.start;
    if nodes
        .iter()
        .any(|node| node.parent == child.parent && is_start(node))
    {
        is_start(child)
    } else {
        child.index == 0
    }
}

/// Signed or encrypted, anywhere in the mail itself: then nothing of it is touched.
pub(crate) fn protection(nodes: &[Node]) -> Option<Untouchable> {
    nodes.iter().find_map(|node| {
        let media = &node.media;
        let file = media
            .filename
            .as_deref()
            .unwrap_or_default()
            .to_ascii_lowercase();
        match media.kind.as_str() {
            "application/pkcs7-mime" | "application/x-pkcs7-mime" if media.smime_signed => {
                Some(Untouchable::Signed)
            }
            "multipart/encrypted"
            | "application/pgp-encrypted"
            | "application/pkcs7-mime"
            | "application/x-pkcs7-mime" => Some(Untouchable::Encrypted),
            "multipart/signed"
            | "application/pgp-signature"
            | "application/pkcs7-signature"
            | "application/x-pkcs7-signature" => Some(Untouchable::Signed),
            "application/octet-stream" if file == "smime.p7m" => Some(Untouchable::Encrypted),
            "application/octet-stream" if file == "smime.p7s" => Some(Untouchable::Signed),
            _ => None,
        }
    })
}
