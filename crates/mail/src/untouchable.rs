//! What stands in the way: of reading bytes as a mail, and of changing a body.

/// Why bytes are not a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Not one header field at the start.
    #[error("this is not a mail: it does not begin with header fields such as \"From: …\"")]
    NoHeaders,
    /// Header block over its bound.
    #[error("the header of this mail is too large: more than 5000 fields or 2 MiB")]
    HeaderTooLarge,
}

/// Why the body of a mail must stay as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Untouchable {
    /// multipart/signed or S/MIME.
    #[error(
        "the mail, or a file in it, is signed (S/MIME or PGP/MIME); a change would break the signature"
    )]
    Signed,
    /// multipart/encrypted or S/MIME.
    #[error("the mail, or a file in it, is encrypted (S/MIME or PGP/MIME)")]
    Encrypted,
    /// PGP armour in a body.
    #[error("the text is signed or encrypted with PGP")]
    InlinePgp,
    /// Readers disagree about the structure.
    #[error("the structure of the mail is broken or ambiguous")]
    Structure,
    /// Over the bounds on depth, parts, links, pictures or the size of a body.
    #[error(
        "the mail is too complex: over 1000 parts, 50 levels, 10000 links or pictures, or 16 MiB of text"
    )]
    TooComplex,
    /// The HTML is in a charset that is unknown or cannot be edited.
    #[error("the HTML is in a character set that cannot be edited safely")]
    Charset,
    /// The HTML is in a transfer encoding that is unknown or not what it claims to be.
    #[error("the HTML is in a transfer encoding that is unknown or damaged")]
    Encoding,
    /// Browsers differ on what is markup.
    #[error("the HTML is so broken that mail clients would disagree about it")]
    Markup,
    /// A DKIM signature covers the body. Rendering is possible when `DKIM-Signature` is among the
    /// dropped headers.
    #[error("the mail carries a DKIM signature, which a change would break")]
    DkimSigned,
    /// There is no HTML body. A line can still go into the text.
    #[error("the mail has no HTML part")]
    NoHtml,
}

impl Untouchable {
    /// A stable name for reports and interfaces.
    pub fn code(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Encrypted => "encrypted",
            Self::InlinePgp => "inline_pgp",
            Self::Structure => "structure",
            Self::TooComplex => "too_complex",
            Self::Charset => "charset",
            Self::Encoding => "encoding",
            Self::Markup => "markup",
            Self::DkimSigned => "dkim_signed",
            Self::NoHtml => "no_html",
        }
    }
}
