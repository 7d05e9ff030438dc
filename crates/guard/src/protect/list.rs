//! The lists of what is allowed in HTML: elements, attributes, kinds of pictures.

/// What is shown, and can load nothing.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "area",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "html",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "map",
    "mark",
    "menu",
    "nav",
    "nobr",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// What goes with everything in it. Of all else that is not allowed, only the tags go.
const DROPPED_WHOLE: &[&str] = &["script", "template", "title"];

/// On any element. None of them is an address.
const EVERYWHERE: &[&str] = &[
    "align",
    "aria-hidden",
    "aria-label",
    "bgcolor",
    "class",
    "color",
    "dir",
    "height",
    "hidden",
    "id",
    "lang",
    "role",
    "valign",
    "width",
    "xml:lang",
];

/// On some elements.
const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("a", &["name"]),
    ("area", &["alt", "coords", "nohref", "shape"]),
    ("blockquote", &["type"]),
    (
        "body",
        &[
            "alink",
            "leftmargin",
            "link",
            "marginheight",
            "marginwidth",
            "text",
            "topmargin",
            "vlink",
        ],
    ),
    ("br", &["clear"]),
    ("col", &["span"]),
    ("colgroup", &["span"]),
    ("del", &["datetime"]),
    ("details", &["open"]),
    ("font", &["face", "size"]),
    ("hr", &["noshade", "size"]),
    ("img", &["alt", "border", "hspace", "vspace"]),
    ("ins", &["datetime"]),
    ("li", &["type", "value"]),
    ("map", &["name"]),
    ("ol", &["reversed", "start", "type"]),
    (
        "table",
        &[
            "border",
            "bordercolor",
            "cellpadding",
            "cellspacing",
            "frame",
            "rules",
            "summary",
        ],
    ),
    (
        "td",
        &[
            "abbr", "axis", "colspan", "headers", "nowrap", "rowspan", "scope",
        ],
    ),
    (
        "th",
        &[
            "abbr", "axis", "colspan", "headers", "nowrap", "rowspan", "scope",
        ],
    ),
    ("time", &["datetime"]),
    ("ul", &["type"]),
];

/// Pictures of dots, which refer to nothing.
const PICTURES: &[&str] = &[
    "image/png",
    "image/gif",
    "image/jpeg",
    "image/jpg",
    "image/pjpeg",
    "image/webp",
    "image/bmp",
    "image/x-ms-bmp",
    "image/tiff",
    "image/avif",
    "image/heic",
    "image/x-icon",
    "image/vnd.microsoft.icon",
];

pub(super) fn is_element(name: &str) -> bool {
    ELEMENTS.binary_search(&name).is_ok()
}

pub(super) fn is_dropped_whole(name: &str) -> bool {
    DROPPED_WHOLE.contains(&name)
}

pub(super) fn is_attribute(element: &str, name: &str) -> bool {
    let own = ATTRIBUTES
        .iter()
        .find(|(of, _)| *of == element)
        .map(|(_, names)| *names);
    // A title on a link is ours to write: it may say what the link is.
    let title = name == "title" && !matches!(element, "a" | "area");
    title || EVERYWHERE.contains(&name) || own.is_some_and(|names| names.contains(&name))
}

/// Words for people may hold anything; everything else holds nothing that some reader could take for an address.
pub(super) fn is_fine(name: &str, value: &str) -> bool {
    match name {
        "alt" | "title" | "aria-label" | "summary" | "abbr" | "class" | "id" | "name" => true,
        "datetime" => value
            .bytes()
            .all(|b| b.is_ascii_digit() || b"-:.+TZWP ".contains(&b)),
        _ => !value.contains(['/', '(', ':', '\\']),
    }
}

pub(super) fn is_plain_picture(kind: &str) -> bool {
    PICTURES.contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_holds_nothing_that_loads() {
        assert!(ELEMENTS.is_sorted());
        for name in [
            "script", "style", "iframe", "object", "svg", "math", "link", "meta", "base", "form",
            "input", "video", "noscript", "xmp",
        ] {
            assert!(!is_element(name), "{name}");
        }
        for name in [
            "src",
            "srcset",
            "background",
            "href",
            "style",
            "ping",
            "onload",
            "poster",
            "data",
            "action",
            "target",
            "usemap",
        ] {
            assert!(
                !is_attribute("img", name)
                    && !is_attribute("a", name)
                    && !is_attribute("table", name),
                "{name}"
            );
        }
        assert!(!is_plain_picture("image/svg+xml"));
    }
}
