//! Why a verdict is what it is: one code per reason, one plain sentence per code.
//!
//! Codes are stored with hits and shown through the API, so they never change their meaning; a new shade is a new code.
//! The sentences answer "how do you know?" and are written for people who never heard of a user-agent.

macro_rules! reasons {
    ($($name:ident $code:literal $sentence:literal)+) => {
        /// A reason for a verdict.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Reason { $($name),+ }

        impl Reason {
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$name),+];

            /// As it is stored.
            pub(crate) fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// The reason that is stored so; none for a code of a newer version.
            pub(crate) fn of(code: &str) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)+
                    _ => None,
                }
            }
        }

        /// A reason in a plain sentence that stands alone. A code of a newer version gets a sentence that says so.
        pub fn explain(code: &str) -> &'static str {
            match code {
                $($code => $sentence,)+
                _ => "This version of Overt has no words for this reason.",
            }
        }
    };
}

reasons! {
    // One request.
    OwnSession "own_session" "It was the sender's own view."
    PrefetchHeader "prefetch_header" "The program said itself that it was loading ahead, before anyone asked for it."
    NotGet "not_get" "It only asked whether the address exists, and did not fetch what is there. People's programs do not do that."
    GmailPrefetch "gmail_prefetch" "Gmail loads some images ahead while somebody has Gmail open. It says nothing about reading."
    ApplePrivacy "apple_privacy" "Apple loads images ahead for people who asked for mail privacy, so this may be the reader or only Apple."
    AppleRelay "apple_relay" "The address is in Apple's published list of relays."
    AppleRelayPartner "apple_relay_partner" "The address belongs to a company that runs relays for Apple, but is not in the list at hand."
    BareAgent "bare_agent" "The program named itself in the shortest way possible, as Apple's relay does, but did not come from there."
    ImageProxy "image_proxy" "This mail provider's image proxy fetches when a person opens the mail, and hides everything else about them."
    ProviderNetwork "provider_network" "It came from this provider's own network."
    ClaimedAgent "claimed_agent" "It calls itself a mail provider's proxy but does not come from that provider's network, so somebody may be pretending."
    SecondsAfterDelivery "seconds_after_delivery" "It came within seconds of delivery, which is fast for a person."
    LinkPreview "link_preview" "A chat or social network made a preview of the link. Somebody may have shared it; nobody read it here."
    Tool "tool" "It was fetched by a program that is not made for reading mail."
    Crawler "crawler" "It was fetched by a robot that says so itself, as search engines' crawlers do."
    NoAgent "no_agent" "The program did not say what it is. Mail clients and browsers do."
    SecurityNetwork "security_network" "It came from the network of a company that scans mail for threats."
    SharedNetwork "shared_network" "It came from a security company that both scans mail and carries people's own browsing."
    MicrosoftScan "microsoft_scan" "It came from Microsoft's own network, where links are opened to check them. A person's click arrives from the person's own network."
    MicrosoftOpen "microsoft_open" "It came from Microsoft's own network, which both checks mail and shows images to readers."
    OutlookAtMicrosoft "outlook_at_microsoft" "Outlook fetched it through Microsoft's network, which it may do when a person reads."
    MailClient "mail_client" "A mail client on somebody's own device showed it."
    MailApp "mail_app" "An app on a phone or computer fetched it, as mail apps do."
    BrowserImage "browser_image" "A web browser loaded it as a picture inside a page, as webmail does when a mail is open."
    Navigated "navigated" "A web browser went there because somebody pressed the link."
    NavigatedSilently "navigated_silently" "A web browser went there, but did not confirm that somebody pressed. Webmail that opens links in a guarded window does this too."
    NotABrowser "not_a_browser" "People follow links with browsers, and this was none."
    BrowserHeadersMissing "browser_headers_missing" "It calls itself a current browser, but lacks what such browsers always send."
    NoFetchMetadata "no_fetch_metadata" "The browser did not say what it wanted it for, as older browsers and imitations do not."
    PlainHttp "plain_http" "The connection was not encrypted, and browsers tell less over such connections."
    GatewayReferer "gateway_referer" "It came by way of a security company's protected link, which passes people on after a check."
    PrivateRelay "private_relay" "It came through Apple's relay for people who hide their address."
    OrdinaryNetwork "ordinary_network" "It came from an ordinary network, not from a data centre."
    LocalNetwork "local_network" "It came from this machine or the local network."
    HostingNetwork "hosting_network" "It came from a data centre, where machines are, and people who use a VPN."
    NetworkNotChecked "network_not_checked" "The network it came from is not known here, so that part could not be checked."
    NothingKnown "nothing_known" "Nothing about it tells a person from a machine."
    // Several requests together.
    LinkBurst "link_burst" "Several different links of this mail were fetched within two seconds. Scanners do that, and hardly any person."
    LinkPair "link_pair" "Two different links of this mail were fetched in the same second."
    BurstSource "burst_source" "The same source had fetched this mail's links in a burst."
    SoonAfterBurst "soon_after_burst" "A scanner was at work on this mail only minutes before."
    AfterBurst "after_burst" "It came long after a scanner's visit, and from another network: first the scanner, then the person."
    OpenBeforeBurst "open_before_burst" "The program that then fetched this mail's links in a burst had loaded the picture first."
    ManyCopies "many_copies" "The same program in a data centre fetched several people's copies within a minute."
    TwoAgents "two_agents" "The same source fetched the same link under two different names within minutes."
    GatewayDomain "gateway_domain" "Mail to this recipient's server is usually scanned on arrival, and this came within a minute of it."
    LoadedAgain "loaded_again" "It was loaded again hours later, which is a little more like a person."
    OtherHost "other_host" "It was read through another mail provider than the one this address belongs to."
    OtherDevice "other_device" "It was read with two programs in two networks. One person can have both."
    SharedInChat "shared_in_chat" "A chat made a preview of one of its links, as it does when somebody shares a link."
    NotMe "not_me" "The recipient says that this was somebody else."
    BackgroundSync "background_sync" "Several mails to this person were loaded within the same minute, which is a little more like a machine."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_once() {
        let mut codes: Vec<_> = Reason::ALL.iter().map(|r| r.code()).collect();
        for code in &codes {
            assert!(explain(code).ends_with('.'), "{code}");
            assert_ne!(explain(code), explain("no such code"), "{code}");
        }
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Reason::ALL.len());
    }
}
