//! The ways in which a mail makes something be fetched.

/// How something is referred to. The codes are stable names for reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Vector {
    /// `<img src>`
    Image,
    /// `srcset`, `imagesrcset`
    ImageSet,
    /// `dynsrc`, `lowsrc`, `longdesc`, `<image>`
    OldImage,
    /// `background=`
    Background,
    /// CSS in a `style` attribute
    StyleAttribute,
    /// CSS in `<style>`
    StyleSheet,
    /// `@import`
    Import,
    /// `@font-face`
    Font,
    /// `<link>`
    LinkElement,
    /// `<meta>`, `manifest`, `profile`
    Meta,
    /// `<base>`
    Base,
    /// `iframe`, `frame`, `object`, `embed`, `applet`, `param`
    Frame,
    /// `video`, `audio`, `source`, `track`, `bgsound`, `poster`
    Media,
    /// Forms and `<input type=image>`
    Form,
    /// SVG and `MathML`
    Drawing,
    /// SVG, HTML or CSS in a `data:` address
    Data,
    /// VML, which Outlook shows
    Vml,
    /// AMP for mail
    Amp,
    /// `ping`, `attributionsrc`: told of when a link is followed
    Ping,
    /// `<script>`
    Script,
    /// Any other attribute with an address in it
    Other,
    /// A link, in HTML
    Link,
    /// An address in plain text
    Text,
    /// A header field that asks for a receipt or names a picture
    Header,
    /// A part that lies elsewhere: `message/external-body`
    External,
}

impl Vector {
    /// A stable name for reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::Image => "img",
            Self::ImageSet => "srcset",
            Self::OldImage => "old_img",
            Self::Background => "background",
            Self::StyleAttribute => "style_attribute",
            Self::StyleSheet => "style_sheet",
            Self::Import => "import",
            Self::Font => "font",
            Self::LinkElement => "link_element",
            Self::Meta => "meta",
            Self::Base => "base",
            Self::Frame => "frame",
            Self::Media => "media",
            Self::Form => "form",
            Self::Drawing => "drawing",
            Self::Data => "data",
            Self::Vml => "vml",
            Self::Amp => "amp",
            Self::Ping => "ping",
            Self::Script => "script",
            Self::Other => "other",
            Self::Link => "link",
            Self::Text => "text",
            Self::Header => "header",
            Self::External => "external_body",
        }
    }

    /// A picture, or what is drawn like one.
    pub(crate) fn is_drawn(self) -> bool {
        matches!(
            self,
            Self::Image
                | Self::ImageSet
                | Self::OldImage
                | Self::Background
                | Self::StyleAttribute
                | Self::StyleSheet
                | Self::Vml
                | Self::Amp
                | Self::Drawing
                | Self::Data
                | Self::Other
        )
    }
}

/// When it is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Load {
    /// By itself, when the mail is shown.
    Auto,
    /// When somebody follows a link or sends a form.
    Act,
}

/// What an attribute of an element refers to; None: to nothing.
#[allow(clippy::match_same_arms)] // a line for each family of elements, and the order counts
pub(crate) fn of(element: &str, foreign: bool, attribute: &str) -> Option<(Vector, Load)> {
    use Load::{Act, Auto};
    let vml = element.starts_with("v:");
    Some(match (attribute, element) {
        ("href" | "xlink:href", "a") => (Vector::Link, Act),
        ("href", "area") => (Vector::Link, Act),
        ("href", "v:fill" | "v:imagedata" | "v:stroke") => (Vector::Vml, Auto),
        ("href", _) if vml => (Vector::Link, Act),
        ("src" | "o:href" | "o:althref", _) if vml => (Vector::Vml, Auto),
        _ if foreign => match attribute {
            "class" | "id" | "title" | "style" | "xmlns" | "viewbox" | "d" => return None,
            _ if attribute.starts_with("xmlns") => return None,
            _ => (Vector::Drawing, Auto),
        },
        ("href", "link") => (Vector::LinkElement, Auto),
        ("href", "base") => (Vector::Base, Auto),
        ("href" | "xlink:href" | "src", "image") => (Vector::OldImage, Auto),
        ("src", "img") => (Vector::Image, Auto),
        ("src", "input") => (Vector::Form, Auto),
        ("src", "iframe" | "frame" | "embed" | "portal" | "layer" | "ilayer") => {
            (Vector::Frame, Auto)
        }
        ("src", "video" | "audio" | "source" | "track" | "bgsound") => (Vector::Media, Auto),
        ("src", "script") => (Vector::Script, Auto),
        ("src", _) if element.starts_with("amp-") => (Vector::Amp, Auto),
        ("srcset" | "imagesrcset", _) => (Vector::ImageSet, Auto),
        ("dynsrc" | "lowsrc" | "longdesc", _) => (Vector::OldImage, Auto),
        ("background", _) => (Vector::Background, Auto),
        ("poster", _) => (Vector::Media, Auto),
        ("data" | "codebase" | "classid" | "archive" | "code", "object" | "applet" | "embed") => {
            (Vector::Frame, Auto)
        }
        ("value", "param") => (Vector::Frame, Auto),
        ("content", "meta") | ("manifest", "html") | ("profile", "head") => (Vector::Meta, Auto),
        ("action" | "formaction", _) => (Vector::Form, Act),
        ("ping" | "attributionsrc", _) => (Vector::Ping, Act),
        (
            "alt"
            | "abbr"
            | "title"
            | "class"
            | "id"
            | "name"
            | "cite"
            | "itemtype"
            | "itemid"
            | "itemprop"
            | "typeof"
            | "vocab"
            | "prefix"
            | "property"
            | "summary"
            | "placeholder"
            | "usemap"
            | "style"
            | "value"
            | "content"
            | "about"
            | "resource"
            | "data-saferedirecturl"
            | "originalsrc",
            _,
        ) => return None,
        _ if attribute.starts_with("xmlns")
            || attribute.starts_with("data-")
            || attribute.starts_with("aria-") =>
        {
            return None;
        }
        _ => (Vector::Other, Auto),
    })
}
