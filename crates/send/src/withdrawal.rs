//! The last look at a tracked copy before it leaves: is the way to end tracking really in it (R-WITH-01)?
//!
//! Whoever writes copies puts it there; this reads the finished bytes as a mail program would and trusts nobody. It
//! must be a link in the mail's own HTML or text, to the recipient's page. An unsubscribe link is none: that ends mails.

/// Does this mail lead to that page?
pub(crate) fn stands_in(mail: &[u8], page: &str) -> bool {
    let Ok(plan) = mail::plan(mail) else {
        return false;
    };
    let mut links = plan.links().iter().chain(plan.text_links());
    links.any(|link| link.destination == page)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://t.example/p/token";

    fn mail(body: &str) -> String {
        format!(
            "From: a@x.example\r\nContent-Type: text/html\r\n\r\n<html><body>{body}</body></html>\r\n"
        )
    }

    #[test]
    fn r_with_01_only_a_link_to_the_page_counts() {
        let found = |body: &str| stands_in(mail(body).as_bytes(), PAGE);
        assert!(found(
            "<p>x <a href=\"https://t.example/p/token\">stop</a></p>"
        ));
        assert!(found("<a\nhref='https://t.example/p/&#116;oken'>stop</a>"));
        for body in [
            "",
            "https://t.example/p/token",
            "<!-- <a href=\"https://t.example/p/token\">stop</a> -->",
            "<a href=\"https://t.example/u/token\">stop these mails</a>",
            "<a href=\"https://t.example/p/token2\">stop</a>",
            "<a href=\"https://t.example/p/\">stop</a>",
            "<img src=\"https://t.example/p/token\">",
        ] {
            assert!(!found(body), "{body}");
        }
        assert!(!stands_in(b"", PAGE));
    }
}
