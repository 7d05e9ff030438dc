//! Why a reference is taken for what it is taken for, in words that anybody understands.

use crate::individual::Named;
use crate::style::Hidden;

/// One reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The address is one with which a known service counts opens.
    OpenAddress,
    /// The address is one with which a known service counts clicks.
    ClickAddress,
    /// The service's own host.
    VendorHost,
    /// The header of the mail names the same service.
    HeaderAgrees,
    /// The recipient's address stands in it.
    RecipientNamed,
    /// A hash of the recipient's address stands in it.
    RecipientHashed,
    /// The recipient's address stands in it, encoded.
    RecipientEncoded,
    /// At most 2 by 2 pixels.
    Tiny,
    /// A line: one side of at most 2 pixels.
    Thin,
    /// Nobody sees it.
    Unseen(Hidden),
    /// Hidden here, shown on a phone.
    ShownElsewhere,
    /// No other load of the mail has the same address.
    Once,
    /// The mail has it several times.
    Repeated,
    /// It carries an identifier of its own.
    Identifier,
    /// What could be an identifier stands in visible pictures, too.
    SharedIdentifier,
    /// It carries nothing that could be an identifier.
    NoIdentifier,
    /// Nothing to read follows it.
    Last,
    /// It has no alternative text.
    NoWords,
    /// The only picture from its host.
    OnlyFromHost,
    /// Its address does not end as that of a picture to look at does.
    NoPicture,
    /// Links of the mail lead to the same host, with identifiers.
    HostOfLinks,
    /// A visible size.
    Visible,
    /// No size is given.
    NoSize,
    /// Loaded by itself, but no picture.
    LoadsByItself,
    /// The name of a host that is looked up by itself, with an identifier in it.
    LookedUp,
    /// Most links of the mail go through this host, each with an identifier.
    MostLinks,
    /// The destination stands in the link.
    DestinationInside,
    /// Where it leads cannot be known without telling the service.
    Opaque,
    /// A link that tells somebody else when it is followed.
    TellsOnClick,
    /// The sender asks for a receipt.
    AsksReceipt,
    /// A picture named in the header.
    HeaderPicture,
    /// The part lies on somebody's server.
    LiesElsewhere,
}

impl Reason {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::OpenAddress => "open_address",
            Self::ClickAddress => "click_address",
            Self::VendorHost => "vendor_host",
            Self::HeaderAgrees => "header_agrees",
            Self::RecipientNamed => "recipient_named",
            Self::RecipientHashed => "recipient_hashed",
            Self::RecipientEncoded => "recipient_encoded",
            Self::Tiny => "tiny",
            Self::Thin => "thin",
            Self::Unseen(Hidden::Switched) => "unseen_switched_off",
            Self::Unseen(Hidden::Cut) => "unseen_cut_off",
            Self::Unseen(Hidden::Away) => "unseen_moved_away",
            Self::ShownElsewhere => "shown_elsewhere",
            Self::Once => "once",
            Self::Repeated => "repeated",
            Self::Identifier => "identifier",
            Self::SharedIdentifier => "shared_identifier",
            Self::NoIdentifier => "no_identifier",
            Self::Last => "last",
            Self::NoWords => "no_words",
            Self::OnlyFromHost => "only_from_host",
            Self::NoPicture => "no_picture",
            Self::HostOfLinks => "host_of_links",
            Self::Visible => "visible",
            Self::NoSize => "no_size",
            Self::LoadsByItself => "loads_by_itself",
            Self::LookedUp => "looked_up",
            Self::MostLinks => "most_links",
            Self::DestinationInside => "destination_inside",
            Self::Opaque => "opaque",
            Self::TellsOnClick => "tells_on_click",
            Self::AsksReceipt => "asks_receipt",
            Self::HeaderPicture => "header_picture",
            Self::LiesElsewhere => "lies_elsewhere",
        }
    }

    /// For people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::OpenAddress => "Its address is one with which a known service counts opens.",
            Self::ClickAddress => "Its address is one with which a known service counts clicks.",
            Self::VendorHost => "It lies on the host of a known tracking service.",
            Self::HeaderAgrees => "The header of the mail names the same service.",
            Self::RecipientNamed => "The recipient's address stands in it.",
            Self::RecipientHashed => "A fingerprint of the recipient's address stands in it.",
            Self::RecipientEncoded => "The recipient's address stands in it, encoded.",
            Self::Tiny => "It is at most 2 by 2 pixels large.",
            Self::Thin => "It is a line: one side has at most 2 pixels.",
            Self::Unseen(Hidden::Switched) => "It is made invisible.",
            Self::Unseen(Hidden::Cut) => "It is cut off until nothing is left to see.",
            Self::Unseen(Hidden::Away) => "It is moved out of sight.",
            Self::ShownElsewhere => "It is hidden here and shown on other screens.",
            Self::Once => "Its address occurs only once in the mail.",
            Self::Repeated => "The same address occurs several times in the mail.",
            Self::Identifier => "Its address carries an identifier that no visible picture has.",
            Self::SharedIdentifier => {
                "What could be an identifier in its address stands in visible pictures, too."
            }
            Self::NoIdentifier => "Its address carries nothing that could tell recipients apart.",
            Self::Last => "It stands at the very end, behind everything there is to read.",
            Self::NoWords => "It has no text for those who do not see pictures.",
            Self::OnlyFromHost => "It is the only picture from its host.",
            Self::NoPicture => "Its address does not end like that of a picture to look at.",
            Self::HostOfLinks => "Links of the mail lead to the same host, with identifiers.",
            Self::Visible => "It is large enough to be seen.",
            Self::NoSize => "The mail does not say how large it is.",
            Self::LoadsByItself => "It is loaded as soon as the mail is shown.",
            Self::LookedUp => "Its host name, which is looked up by itself, carries an identifier.",
            Self::MostLinks => {
                "Most links of the mail go through this host, each with an identifier."
            }
            Self::DestinationInside => "The destination stands in the link itself.",
            Self::Opaque => "Where it leads cannot be known without telling the service.",
            Self::TellsOnClick => "Somebody else is told when the link is followed.",
            Self::AsksReceipt => {
                "The sender asks the mail program to report that the mail was read."
            }
            Self::HeaderPicture => "The header names a picture that programs may fetch.",
            Self::LiesElsewhere => "This part of the mail lies on somebody's server.",
        }
    }
}

impl From<Named> for Reason {
    fn from(named: Named) -> Self {
        match named {
            Named::Plainly => Self::RecipientNamed,
            Named::AsHash => Self::RecipientHashed,
            Named::Encoded => Self::RecipientEncoded,
        }
    }
}
