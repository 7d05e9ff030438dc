//! One mail, looked at once: its parts, its links, and what stands in the way of editing.

use crate::body::{self, Body, HtmlBody, Picture, Place, TextBody, What};
use crate::header::{self, Block, Mailbox};
use crate::html;
use crate::link::Link;
use crate::part::{Part, Role};
use crate::structure::Node;
use crate::untouchable::{Broken, Untouchable};
use crate::way_out;
use crate::whole::{Whole, whole};

/// A mail that has been walked once: where its parts are, which links it has, and what stands in the
/// way of editing. Cheap to render many times.
#[derive(Debug)]
pub struct Plan<'a> {
    pub(crate) raw: &'a [u8],
    pub(crate) header: Block,
    pub(crate) bodies: Vec<Body>,
    parts: Vec<Part>,
    links: Vec<Link>,
    /// Numbered once the links of HTML are known.
    text_links: Vec<Link>,
    pictures: Vec<Picture>,
    /// What forbids any change of a body.
    pub(crate) hindrance: Option<Untouchable>,
    pub(crate) dkim_signed: bool,
    pub(crate) has_html: bool,
}

/// Walk a mail.
pub fn plan(raw: &[u8]) -> Result<Plan<'_>, Broken> {
    let Whole {
        header,
        nodes,
        parts,
        hindrance,
        ..
    } = whole(raw)?;
    let mut plan = Plan {
        raw,
        bodies: Vec::new(),
        has_html: parts.iter().any(|part| part.role == Role::Html),
        parts,
        links: Vec::new(),
        text_links: Vec::new(),
        pictures: Vec::new(),
        hindrance,
        dkim_signed: false,
        header,
    };
    plan.dkim_signed = plan.header("DKIM-Signature").is_some();
    if plan.hindrance.is_none() {
        plan.read_bodies(&nodes);
    }
    Ok(plan)
}

impl<'a> Plan<'a> {
    /// None, or why the body must not be changed. The reasons that leave some way open come last:
    /// [`Untouchable::DkimSigned`] can be met by dropping that header, and with
    /// [`Untouchable::NoHtml`] a line can still be put into the text.
    pub fn untouchable(&self) -> Option<Untouchable> {
        self.hindrance
            .or(self.dkim_signed.then_some(Untouchable::DkimSigned))
            .or((!self.has_html).then_some(Untouchable::NoHtml))
    }

    /// True if there is a place for a visible line, in HTML or in text. A DKIM signature does not
    /// count here.
    pub fn can_carry_line(&self) -> bool {
        let mut sites = self.bodies.iter().flat_map(|body| &body.sites);
        sites.any(|site| matches!(site.what, What::HtmlLine | What::TextLine { .. }))
    }

    /// All parts in the order they stand in.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// All links of the HTML bodies in the order they stand in, those that are to be left alone
    /// included. Empty for a mail whose structure or protection forbids looking.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// All web addresses of the plain text bodies, as links. They are written anew only where [`Edits`] says so, for
    /// what is read there changes with them. Empty for a mail whose structure or protection forbids looking.
    ///
    /// [`Edits`]: crate::Edits
    pub fn text_links(&self) -> &[Link] {
        &self.text_links
    }

    /// All pictures of the HTML bodies.
    pub fn pictures(&self) -> &[Picture] {
        &self.pictures
    }

    /// The mail as it came.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The decoded text of the first header field of that name, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        self.header.values(self.raw, name).next().map(header::text)
    }

    /// The decoded texts of all header fields of that name, in order.
    pub fn headers(&self, name: &str) -> Vec<String> {
        self.header
            .values(self.raw, name)
            .map(header::text)
            .collect()
    }

    /// The subject, decoded; empty where there is none.
    pub fn subject(&self) -> String {
        self.header("Subject").unwrap_or_default()
    }

    /// The Message-ID without angle brackets.
    pub fn message_id(&self) -> Option<String> {
        let id = self.header("Message-ID")?;
        let id = id.trim().trim_start_matches('<').trim_end_matches('>');
        (!id.is_empty()).then(|| id.to_owned())
    }

    /// All mailboxes of the address fields of that name (From, To, Cc, Bcc, …), group members
    /// included.
    pub fn addresses(&self, name: &str) -> Vec<Mailbox> {
        self.header
            .values(self.raw, name)
            .flat_map(header::mailboxes)
            .collect()
    }

    /// Look into the bodies and note what may be replaced.
    fn read_bodies(&mut self, nodes: &[Node]) {
        let headers = self.headers("List-Unsubscribe");
        let unsubscribe: Vec<String> = headers
            .iter()
            .flat_map(|value| way_out::targets(value))
            .collect();
        let first_html = self.parts.iter().position(|part| part.role == Role::Html);
        let first_html = first_html.map(|index| &nodes[index]);
        for (index, node) in nodes.iter().enumerate() {
            let result = match self.parts[index].role {
                Role::Html => self.add_html(index, node, &unsubscribe),
                Role::Text => self.add_text(index, node, first_html, &unsubscribe),
                _ => Ok(()),
            };
            if let Err(why) = result {
                self.parts[index].hindrance = Some(why);
                // A text that cannot be edited only loses its line; HTML that cannot be edited, and
                // armour anywhere, decide over the mail.
                if self.parts[index].role == Role::Html || why == Untouchable::InlinePgp {
                    self.hindrance = self.hindrance.or(Some(why));
                }
            }
        }
        if self.hindrance.is_some() {
            self.bodies.clear();
            self.text_links.clear();
        }
        for (number, link) in (self.links.len()..).zip(&mut self.text_links) {
            link.number = u16::try_from(number).unwrap_or(u16::MAX);
        }
    }

    fn add_text(
        &mut self,
        part: usize,
        node: &Node,
        first_html: Option<&Node>,
        unsubscribe: &[String],
    ) -> Result<(), Untouchable> {
        let is_text = |body: &Body| {
            body.sites
                .iter()
                .any(|s| matches!(s.what, What::TextLine { .. }))
        };
        // A text after the HTML is a list's footer, unless it is an alternative to it.
        let footer = first_html.is_some_and(|html| {
            html.body.start < node.body.start && (html.parent != node.parent || !node.alternative)
        });
        let place = Place {
            part,
            first: !footer && !self.bodies.iter().any(is_text),
            links: self.text_links.len(),
            pictures: self.pictures.len(),
            addresses: self.bodies.iter().map(|body| body.addresses.len()).sum(),
            unsubscribe,
        };
        let Some(TextBody { body, links }) = body::read_text(self.raw, node, &place)? else {
            return Ok(());
        };
        if self.text_links.len() + links.len() > html::LINKS_MAX {
            return Err(Untouchable::TooComplex);
        }
        self.bodies.push(body);
        self.text_links.extend(links);
        Ok(())
    }

    fn add_html(
        &mut self,
        part: usize,
        node: &Node,
        unsubscribe: &[String],
    ) -> Result<(), Untouchable> {
        let is_html = |body: &Body| body.sites.iter().any(|site| site.what == What::Image);
        let place = Place {
            part,
            first: !self.bodies.iter().any(is_html),
            links: self.links.len(),
            pictures: self.pictures.len(),
            addresses: self.bodies.iter().map(|body| body.addresses.len()).sum(),
            unsubscribe,
        };
        let HtmlBody {
            body,
            links,
            pictures,
        } = body::read_html(self.raw, node, &place)?;
        self.bodies.push(body);
        self.links.extend(links);
        self.pictures.extend(pictures);
        Ok(())
    }
}
