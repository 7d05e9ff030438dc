//! A body that can be edited: the spans of it that may be replaced, found once, used for every copy.

use std::borrow::Cow;
use std::ops::Range;

use url::Url;

use crate::address::{self, Address};
use crate::charset::Charset;
use crate::entity;
use crate::html::{self, Outline, Unreadable};
use crate::link::{self, Link, LinkKind, Skip};
use crate::structure::Node;
use crate::text;
use crate::transfer::{Decoded, Transfer};
use crate::untouchable::Untouchable;
use crate::way_out;
use crate::widen::{self, Patches};

/// A picture of an HTML body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its `src`, decoded; resolved where it is a web address.
    pub source: String,
    /// Index into the parts of the mail.
    pub part: usize,
}

/// An HTML or text body that can be edited.
#[derive(Debug)]
pub(crate) struct Body {
    /// In the mail.
    pub(crate) range: Range<usize>,
    pub(crate) transfer: Transfer,
    pub(crate) charset: Charset,
    /// The line end of the decoded text; None where it has no line end.
    pub(crate) eol: Option<&'static str>,
    /// In order of position.
    pub(crate) sites: Vec<Site>,
    /// The web addresses that stand in a text, or in HTML but in no link.
    pub(crate) addresses: Vec<String>,
    /// For a seven-bit text: how its header has to change before it can hold more.
    pub(crate) widening: Option<Patches>,
}

impl Body {
    /// Where those of the web addresses in its HTML begin that are in no link and may be written anew, in order.
    pub(crate) fn writable(&self, raw: &[u8]) -> Vec<usize> {
        let Some(decoded) = self.transfer.decode(raw) else {
            return Vec::new();
        };
        let scale = self.charset.scale();
        let is_address = |site: &&Site| matches!(site.what, What::HtmlAddress { .. });
        let addresses = self.sites.iter().filter(is_address);
        let spans: Vec<_> = addresses
            .map(|site| site.decoded.start / scale..site.decoded.end / scale)
            .collect();
        let writable = html::writable(&self.charset.view(&decoded.bytes), &spans);
        writable
            .into_iter()
            .map(|span| span.start * scale)
            .collect()
    }
}

/// A span of a body that may be replaced.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) what: What,
    pub(crate) decoded: Range<usize>,
    /// The same span in the encoded body; not known for base64, which does not need it.
    pub(crate) encoded: Range<usize>,
    /// Decoded positions before and after the span where a line may be broken without a change in
    /// meaning. Used where decoded and encoded are the same.
    pub(crate) break_before: usize,
    pub(crate) break_after: usize,
}

/// What a site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// The value of a link; `quoted` if it stands in quotes.
    Link { index: usize, quoted: bool },
    /// The tag of a picture.
    Picture { index: usize },
    /// The place of the image.
    Image,
    /// The place of the line in HTML.
    HtmlLine,
    /// The place of the line in a text. `fresh`: at the start of a line; `last`: nothing follows.
    TextLine { fresh: bool, last: bool },
    /// A web address that stands in a text, by its index in `Body::addresses`, and as a link of the mail.
    TextAddress { index: usize, link: usize },
    /// A web address that stands in HTML but in no link, by its index in `Body::addresses`.
    HtmlAddress { index: usize },
}

/// A decoded body.
pub(crate) struct Opened<'r> {
    pub(crate) decoded: Decoded<'r>,
    pub(crate) transfer: Transfer,
    pub(crate) charset: Charset,
}

/// Largest body, encoded, that is edited. Keeps the memory for one mail within a small multiple of it.
const BODY_BYTES_MAX: usize = 16 << 20;

/// Decode a body, if it is one that can be written anew.
pub(crate) fn open<'r>(raw: &'r [u8], node: &Node) -> Result<Opened<'r>, Untouchable> {
    // Without the empty line after the header, what is put in would become a part of the header.
    if node.header_end.is_none() {
        return Err(Untouchable::Structure);
    }
    let raw = &raw[node.body.clone()];
    if raw.len() > BODY_BYTES_MAX {
        return Err(Untouchable::TooComplex);
    }
    let transfer = Transfer::from_token(&node.media.encoding).ok_or(Untouchable::Encoding)?;
    let decoded = transfer.decode(raw).ok_or(Untouchable::Encoding)?;
    let label = node.media.charset.as_deref();
    let charset = Charset::detect(label, &decoded.bytes).ok_or(Untouchable::Charset)?;
    // In UTF-16 a line end is four bytes, which only base64 does not mistake for two.
    if charset.scale() > 1 && transfer != Transfer::Base64 {
        return Err(Untouchable::Charset);
    }
    Ok(Opened {
        decoded,
        transfer,
        charset,
    })
}

impl Opened<'_> {
    fn body(self, range: Range<usize>, view_eol: Option<&'static str>, sites: Vec<Site>) -> Body {
        Body {
            sites: located(sites, &self.decoded),
            range,
            transfer: self.transfer,
            charset: self.charset,
            eol: view_eol,
            addresses: Vec::new(),
            widening: None,
        }
    }
}

/// What was found in a text body.
pub(crate) struct TextBody {
    pub(crate) body: Body,
    /// Its web addresses as links, not numbered yet.
    pub(crate) links: Vec<Link>,
}

/// Look into a text body; nothing to change in it: none.
pub(crate) fn read_text(
    raw: &[u8],
    node: &Node,
    place: &Place<'_>,
) -> Result<Option<TextBody>, Untouchable> {
    let mut opened = open(raw, node)?;
    let view = opened.charset.view(&opened.decoded.bytes);
    if text::has_pgp(&view, false) {
        return Err(Untouchable::InlinePgp);
    }
    let scale = opened.charset.scale();
    let site = |what, span: Range<usize>| {
        let span = span.start * scale..span.end * scale;
        Site {
            what,
            decoded: span.clone(),
            encoded: span.clone(),
            break_before: span.start,
            break_after: span.end,
        }
    };
    let mut addresses = Vec::new();
    let mut links = Vec::new();
    let mut sites = Vec::new();
    for address in address::addresses(&view, node.media.joins_lines) {
        let index = addresses.len();
        links.push(text_link(&view, &address, &opened, place));
        let span = address.span;
        addresses.push(String::from_utf8_lossy(&view[span.clone()]).into_owned());
        let link = place.links + index;
        sites.push(site(What::TextAddress { index, link }, span));
    }
    if place.first {
        let position = text::line_position(&view);
        let what = What::TextLine {
            fresh: position == 0 || view[position - 1] == b'\n',
            last: position == view.len(),
        };
        sites.push(site(what, position..position));
        sites.sort_by_key(|site| (site.decoded.start, site.decoded.end));
    }
    if sites.is_empty() {
        return Ok(None);
    }
    let eol = line_end(&view);
    // Only ASCII may be added to a body that promises to be ASCII.
    let promised = !matches!(node.media.encoding.as_str(), "8bit" | "binary");
    let seven_bit =
        promised && opened.transfer == Transfer::Identity && opened.decoded.bytes.is_ascii();
    let narrow = seven_bit && opened.charset != Charset::Iso2022Jp;
    if narrow {
        opened.charset = Charset::Ascii;
    }
    let mut body = opened.body(node.body.clone(), eol, sites);
    body.addresses = addresses;
    body.widening = if narrow {
        widen::header_patches(raw, node)
    } else {
        None
    };
    Ok(Some(TextBody { body, links }))
}

fn text_link(view: &[u8], address: &Address, opened: &Opened<'_>, place: &Place<'_>) -> Link {
    let Address { span, clear, room } = address;
    // The view of an address is its text in every charset: it holds nothing but ASCII.
    let (destination, skipped) = match link::destination_of(&view[span.clone()]) {
        Err((skip, text)) => (text, Some(skip)),
        Ok(url) if !clear => (url, Some(Skip::Ambiguous)),
        Ok(url) => {
            let around = way_out::around(view, span);
            let around = String::from_utf8_lossy(&around);
            let is_way_out = place.is_way_out(&url, &around) || way_out::sentence_says_so(&around);
            let skip = is_way_out.then_some(Skip::Unsubscribe);
            (url, skip)
        }
    };
    Link {
        number: 0,
        destination,
        part: place.part,
        kind: LinkKind::Text,
        skipped,
        url_bytes_max: match opened.transfer {
            Transfer::Identity => *room,
            _ => opened.transfer.unbroken_max(),
        },
    }
}

/// What was found in an HTML body.
pub(crate) struct HtmlBody {
    pub(crate) body: Body,
    pub(crate) links: Vec<Link>,
    pub(crate) pictures: Vec<Picture>,
}

/// How a body stands among the others.
pub(crate) struct Place<'p> {
    /// Index of the part.
    pub(crate) part: usize,
    /// It gets the places for the image and the line.
    pub(crate) first: bool,
    /// Links, of its kind, and pictures found before it.
    pub(crate) links: usize,
    pub(crate) pictures: usize,
    /// Addresses elsewhere in HTML found before it.
    pub(crate) addresses: usize,
    /// The targets of List-Unsubscribe.
    pub(crate) unsubscribe: &'p [String],
}

impl Place<'_> {
    fn is_way_out(&self, url: &str, shown: &str) -> bool {
        self.unsubscribe.iter().any(|target| target == url) || way_out::is_one(url, shown)
    }
}

/// Look into an HTML body.
pub(crate) fn read_html(
    raw: &[u8],
    node: &Node,
    place: &Place<'_>,
) -> Result<HtmlBody, Untouchable> {
    let opened = open(raw, node)?;
    let view = opened.charset.view(&opened.decoded.bytes);
    if text::has_pgp(&view, true) {
        return Err(Untouchable::InlinePgp);
    }
    let outline = html::outline(&view).map_err(|unreadable| match unreadable {
        Unreadable::Ambiguous | Unreadable::Frames => Untouchable::Markup,
        Unreadable::TooMuch => Untouchable::TooComplex,
    })?;
    let pictures = place.pictures + outline.pictures.len();
    if place.links + outline.links.len() > html::LINKS_MAX || pictures > html::PICTURES_MAX {
        return Err(Untouchable::TooComplex);
    }
    let reader = Reader {
        place,
        opened: &opened,
    };
    let base = reader.base(&outline);
    let numbered = (place.links..).zip(&outline.links);
    let links = numbered
        .map(|(number, spot)| reader.link(number, spot, base.as_ref()))
        .collect();
    let pictures = outline
        .pictures
        .iter()
        .map(|spot| reader.picture(spot, base.as_ref()))
        .collect();
    let mut elsewhere = address::elsewhere(&view, &taken(&outline));
    elsewhere.truncate(address::ADDRESSES_MAX.saturating_sub(place.addresses));
    let addresses = elsewhere.iter().map(|span| reader.address(span)).collect();
    let scale = opened.charset.scale();
    let sites = sites(&outline, &elsewhere, &view, scale, place);
    let eol = line_end(&view);
    let mut body = opened.body(node.body.clone(), eol, sites);
    body.addresses = addresses;
    Ok(HtmlBody {
        body,
        links,
        pictures,
    })
}

/// Reads attributes of one body.
struct Reader<'r> {
    place: &'r Place<'r>,
    opened: &'r Opened<'r>,
}

impl Reader<'_> {
    fn bytes(&self, span: &Range<usize>) -> &[u8] {
        let scale = self.opened.charset.scale();
        &self.opened.decoded.bytes[span.start * scale..span.end * scale]
    }

    fn destination(
        &self,
        span: &Range<usize>,
        base: Option<&Url>,
    ) -> Result<String, (Skip, String)> {
        link::destination(self.bytes(span), self.opened.charset, base)
    }

    fn base(&self, outline: &Outline) -> Option<Url> {
        let base = self.destination(outline.base.as_ref()?, None).ok()?;
        Url::parse(&base).ok()
    }

    fn link(&self, number: usize, spot: &html::Spot, base: Option<&Url>) -> Link {
        let (destination, skipped) = match self.destination(&spot.value, base) {
            Err((skip, text)) => (text, Some(skip)),
            Ok(url) if spot.opted_out => (url, Some(Skip::OptedOut)),
            Ok(url) => {
                let skip = self.is_way_out(&url, spot).then_some(Skip::Unsubscribe);
                (url, skip)
            }
        };
        Link {
            number: u16::try_from(number).unwrap_or(u16::MAX),
            destination,
            part: self.place.part,
            kind: spot.kind,
            skipped,
            url_bytes_max: self.opened.transfer.unbroken_max(),
        }
    }

    fn is_way_out(&self, url: &str, spot: &html::Spot) -> bool {
        let shown = self.opened.charset.read_lossy(self.bytes(&spot.shown));
        let shown = entity::decode_attribute(&shown).unwrap_or_else(|| shown.clone());
        self.place.is_way_out(url, &shown)
            || way_out::only_points(&shown) && way_out::sentence_says_so(&self.sentence(spot))
    }

    /// What stands around a link.
    fn sentence(&self, spot: &html::Spot) -> String {
        let view_end = self.opened.decoded.bytes.len() / self.opened.charset.scale();
        let read = |span: Range<usize>| {
            let text = self.opened.charset.read_lossy(self.bytes(&span));
            entity::decode_attribute(&text)
                .unwrap_or_else(|| text.clone())
                .into_owned()
        };
        let (start, end) = (spot.tag, spot.shown.end);
        let before = read(start.saturating_sub(way_out::SENTENCE_BYTES)..start);
        let after = read(end..view_end.min(end + way_out::SENTENCE_BYTES));
        way_out::sentence(&before, &after)
    }

    fn address(&self, span: &Range<usize>) -> String {
        let text = self.opened.charset.read_lossy(self.bytes(span));
        let read = entity::decode_attribute(&text).map(Cow::into_owned);
        read.unwrap_or_else(|| text.into_owned())
    }

    fn picture(&self, spot: &html::PictureSpot, base: Option<&Url>) -> Picture {
        let source = match self.destination(&spot.source, base) {
            Ok(source) | Err((_, source)) => source,
        };
        Picture {
            source,
            part: self.place.part,
        }
    }
}

/// Where addresses stand that are a link's or a picture's, or say what all are relative to.
fn taken(outline: &Outline) -> Vec<Range<usize>> {
    let links = outline.links.iter().map(|spot| &spot.value);
    let pictures = outline.pictures.iter().map(|spot| &spot.tag);
    let mut taken: Vec<_> = links
        .chain(pictures)
        .chain(&outline.base)
        .cloned()
        .collect();
    taken.sort_by_key(|span| span.start);
    taken
}

/// Spans of an outline, and addresses elsewhere, in order, in decoded bytes.
fn sites(
    outline: &Outline,
    elsewhere: &[Range<usize>],
    view: &[u8],
    scale: usize,
    place: &Place<'_>,
) -> Vec<Site> {
    let site = |what, span: Range<usize>, before: usize, after: usize| {
        let decoded = span.start * scale..span.end * scale;
        let encoded = decoded.clone();
        Site {
            what,
            decoded,
            encoded,
            break_before: before * scale,
            break_after: after * scale,
        }
    };
    let mut sites = Vec::new();
    if place.first {
        let (top, line) = (outline.top, outline.line);
        sites.push(site(What::Image, top..top, top, top));
        sites.push(site(What::HtmlLine, line..line, line, line));
    }
    for (index, spot) in (place.links..).zip(&outline.links) {
        let quoted = spot.value.start > 0 && matches!(view[spot.value.start - 1], b'"' | b'\'');
        let after = spot.value.end + usize::from(quoted);
        sites.push(site(
            What::Link { index, quoted },
            spot.value.clone(),
            spot.name,
            after,
        ));
    }
    for (index, spot) in (place.pictures..).zip(&outline.pictures) {
        let tag = spot.tag.clone();
        sites.push(site(
            What::Picture { index },
            tag.clone(),
            tag.start,
            tag.end,
        ));
    }
    for (index, span) in elsewhere.iter().enumerate() {
        let what = What::HtmlAddress { index };
        sites.push(site(what, span.clone(), span.start, span.end));
    }
    // Stable: the image comes before the line where both stand at the same place.
    sites.sort_by_key(|site| (site.decoded.start, site.decoded.end));
    sites
}

/// Find the encoded positions where they differ.
fn located(mut sites: Vec<Site>, decoded: &Decoded<'_>) -> Vec<Site> {
    let spans: Vec<_> = sites.iter().map(|site| site.decoded.clone()).collect();
    for (site, encoded) in sites.iter_mut().zip(decoded.locate(&spans)) {
        site.encoded = encoded;
    }
    sites
}

/// The line end of the first line.
pub(crate) fn line_end(bytes: &[u8]) -> Option<&'static str> {
    let end = memchr::memchr(b'\n', bytes)?;
    Some(if end > 0 && bytes[end - 1] == b'\r' {
        "\r\n"
    } else {
        "\n"
    })
}
