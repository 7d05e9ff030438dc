//! Sample data for tests and for the `look` example: users of every role, contacts in every state of consent, copies
//! with every tick. Not a test by itself.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used)]

use model::hit::Hit;
use model::url::Origin;
use model::{
    Ambient, Axis, ConsentState, ContactId, CopyId, EmailAddress, Facts, HitId, IdentityId,
    Keyring, Language, Meaning, MessageId, Mode, PerAxis, Reason, Role, Secret, Switch, Time,
    Topic, UserId, Verdict, WorkspaceId,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::{
    By, CredentialKind, Identity, Link, Message, Method, NewCopy, NewMessage, Outcome, Store, User,
    Workspace,
};

/// Saturday, 21 November 2026, 20:48 UTC.
pub const NOW: Time = Time(1_795_294_080_000);
pub const PASSWORD: &str = "correct horse battery";

/// Ids that differ, in the same order every time a process runs the same steps.
pub fn random() -> [u8; 16] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut bytes = *b"overt-sample\0\0\0\0";
    bytes[8..].copy_from_slice(&n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    bytes
}

pub fn ambient() -> Ambient {
    Ambient {
        now: || NOW,
        random,
    }
}

pub fn app(store: Store, admin: &str) -> web::App {
    let admin: Origin = admin.parse().unwrap();
    let keyring = Arc::new(Keyring::new(&[(1, [7; 32])]).unwrap());
    let changed: Arc<tokio::sync::Notify> = Arc::default();
    let sender = send::Sender {
        store: store.clone(),
        keyring,
        profiles: Arc::new(model::Profiles::new(&[], &[]).unwrap()),
        suppression: Arc::new(model::SuppressionKey::new(&[8; 32])),
        signers: Arc::default(),
        preflight: Arc::default(),
        tracker: "https://t.sample.example".parse().unwrap(),
        ambient: ambient(),
        wake: Arc::default(),
        changed: changed.clone(),
    };
    web::App {
        store,
        sender,
        ambient: ambient(),
        admin,
        explain: |code| match code {
            "image_proxy" => {
                "This mail provider's image proxy fetches when a person opens the mail, and hides everything else about them."
            }
            "apple_privacy" => {
                "Apple loads images ahead for people who asked for mail privacy, so this may be the reader or only Apple."
            }
            "security_network" => {
                "It came from the network of a company that scans mail for threats."
            }
            _ => "A web browser went there because somebody pressed the link.",
        },
        opener_name: |opener| match opener {
            "gmail_proxy" => "Gmail".into(),
            "apple_mpp" => "Apple Mail Privacy Protection".into(),
            "scanner" => "Mail scanner".into(),
            _ => "Firefox on Linux".into(),
        },
        prove: Arc::new(|_, _, _| Box::pin(async { Ok(Some(b"PK evidence".to_vec())) })),
        relay_test: Arc::new(|| {
            Box::pin(async { Ok("250 relay.sample.example at your service".into()) })
        }),
        disclosure: Arc::default(),
        ages: Arc::new(model::Ages::built_in().unwrap()),
        metrics: web::Metrics {
            text: Arc::new(|| Box::pin(async { Ok("# EOF\n".into()) })),
            open: false,
        },
        webhooks: notify::Webhooks::new(
            model::WebhookKey::new(&[7; 32]),
            &["127.0.0.0/8".parse().unwrap()],
        )
        .unwrap(),
        smtp_hint: Some("localhost:2525".into()),
        changed,
    }
}

pub struct Sample {
    pub store: Store,
    pub workspace: WorkspaceId,
    /// Owner, admin, member, compliance.
    pub users: Vec<User>,
}

pub async fn workspace(store: &Store, name: &str, domain: &str) -> Sample {
    let workspace = WorkspaceId(random());
    store
        .workspace_create(workspace, [7; 32], name, Language::En, NOW)
        .await
        .unwrap();
    let hash = web::hash_password(PASSWORD, [9; 16]).unwrap();
    let mut users = Vec::new();
    for (role, name) in [
        (Role::Owner, "Olivia Ort"),
        (Role::Admin, "Adam Adler"),
        (Role::Member, "Mia Moll"),
        (Role::Compliance, "Carl Chen"),
    ] {
        let address: EmailAddress = format!("{}@{domain}", role.as_str()).parse().unwrap();
        let id = UserId(random());
        let password_hash = hash.clone();
        let user = User {
            id,
            workspace,
            name: name.into(),
            address: address.clone(),
            password_hash,
            role,
        };
        store
            .user_create(user.clone(), By::operator(NOW))
            .await
            .unwrap();
        store
            .user_set_limits(
                workspace,
                id,
                true,
                model::PerAxis::all(model::Mode::Detailed),
                store::By::operator(NOW),
            )
            .await
            .unwrap();
        let policy = store.policy(workspace).await.unwrap().version;
        store.policy_acknowledge(id, policy, NOW).await.unwrap();
        if role != Role::Compliance {
            let identity = Identity {
                id: IdentityId(random()),
                workspace,
                user: id,
                address,
                name: name.into(),
            };
            store
                .identity_create(identity, By::operator(NOW))
                .await
                .unwrap();
        }
        users.push(user);
    }
    Sample {
        store: store.clone(),
        workspace,
        users,
    }
}

/// What is to become of a copy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Sent,
    Read,
    Unsure,
    NeverAsked,
    Withdrawn,
    Bounced,
    Deferred,
    Queued,
}

impl Sample {
    pub async fn api_key(&self, user: &User) -> String {
        let secret = Secret::new(random());
        let (kind, digest) = (CredentialKind::ApiKey, secret.digest());
        self.store
            .credential_create(kind, random(), user.id, "tests", digest, NOW, None)
            .await
            .unwrap();
        secret.as_str().to_owned()
    }

    pub async fn contact(&self, address: &str, name: &str, state: ConsentState) -> ContactId {
        let address: EmailAddress = address.parse().unwrap();
        let fresh = store::Fresh::draw(random);
        let source = model::Source::written("Olivia Ort", NOW);
        let found = self
            .store
            .contact_find_or_create(self.workspace, &address, name, source, fresh, NOW)
            .await
            .unwrap();
        let topics = [Topic::Open, Topic::Click];
        let before = NOW - Duration::from_hours(24 * 30);
        if state == ConsentState::Withdrawn {
            let asked = before - Duration::from_hours(50);
            let (given, page) = (ConsentState::Given, Method::Confirmation);
            self.store
                .consent_set(self.workspace, found.id, &topics, given, page, None, asked)
                .await
                .unwrap();
        }
        if state != ConsentState::Unknown {
            self.store
                .consent_set(
                    self.workspace,
                    found.id,
                    &topics,
                    state,
                    Method::Page,
                    None,
                    before,
                )
                .await
                .unwrap();
        }
        found.id
    }

    /// A message of `user`, sent `ago`, to these people with these fates.
    pub async fn message(
        &self,
        user: &User,
        subject: &str,
        ago: Duration,
        to: &[(&str, Fate)],
    ) -> MessageId {
        let (id, at) = (MessageId(random()), NOW - ago);
        let mut copies = Vec::new();
        for (address, fate) in to {
            let state = match fate {
                Fate::NeverAsked => ConsentState::Unknown,
                Fate::Withdrawn => ConsentState::Withdrawn,
                _ => ConsentState::Given,
            };
            let contact = self.contact(address, "", state).await;
            let reason = match fate {
                Fate::NeverAsked => Some(Reason::NeverAsked),
                Fate::Withdrawn => Some(Reason::Withdrawn),
                _ => None,
            };
            let mode = if reason.is_some() {
                Mode::None
            } else {
                Mode::Individual
            };
            copies.push(NewCopy {
                id: CopyId(random()),
                outbox: Some(random()),
                contact,
                address: address.parse().unwrap(),
                modes: PerAxis {
                    open: mode,
                    click: mode,
                    document: Mode::None,
                },
                reason_open: reason,
                reason_click: reason,
                receipt_asked: false,
                ask: *fate == Fate::NeverAsked,
                refusal: None,
                notify: None,
                orcpt: None,
            });
        }
        let made: Vec<(CopyId, Fate)> = copies
            .iter()
            .map(|c| c.id)
            .zip(to.iter().map(|(_, fate)| *fate))
            .collect();
        let message = Message {
            id,
            workspace: self.workspace,
            user: user.id,
            sender: user.address.to_string(),
            header_id: format!("{id}@sample.example"),
            subject: subject.into(),
            accepted_at: at,
            size: 4_211,
            switch: Switch::All,
            class: model::MessageClass::Correspondence,
            assessment: None,
            receipt_asked: false,
        };
        let part = |path: &str, content_type: &str, role: &str, hindrance| store::Part {
            path: path.into(),
            content_type: content_type.into(),
            role: role.into(),
            hindrance,
        };
        let parts = vec![
            part("root", "multipart/mixed", "multipart", None),
            part("1.1", "text/plain", "text", Some(model::Reason::OddCharset)),
            part("1.2", "text/html", "html", None),
            part("2", "application/pdf", "attachment", None),
        ];
        let links = vec![
            Link {
                number: 0,
                destination: "https://sample.example/offer?year=2026&page=3".into(),
                part: "1".into(),
                kind: "anchor".into(),
                skipped: None,
            },
            Link {
                number: 1,
                destination: "mailto:olivia@sample.example".into(),
                part: "1".into(),
                kind: "anchor".into(),
                skipped: Some("scheme".into()),
            },
        ];
        let (source, envelope_from) = (b"mail".to_vec(), user.address.to_string());
        let new = NewMessage {
            message,
            source,
            parts,
            links,
            copies,
            envelope_from,
            ret: None,
            envid: None,
        };
        self.store.message_accept(new).await.unwrap();
        self.deliver(at, &made).await;
        id
    }

    async fn deliver(&self, at: Time, made: &[(CopyId, Fate)]) {
        let later = at + Duration::from_secs(4);
        let parcels = self
            .store
            .outbox_claim([1; 16], later, Duration::from_mins(1), 2_000)
            .await
            .unwrap();
        for parcel in parcels {
            let store::Errand::Copy { copy, .. } = parcel.errand else {
                continue;
            };
            let Some((_, fate)) = made.iter().find(|(id, _)| *id == copy) else {
                continue;
            };
            let outcome = match fate {
                Fate::Bounced => Outcome::Bounced {
                    answer: "550 5.1.1 no such user here".into(),
                    report: None,
                    refusal: None,
                },
                Fate::Deferred => {
                    let due_at = NOW + Duration::from_hours(1);
                    Outcome::Deferred {
                        answer: "451 4.7.1 greylisted, try again later".into(),
                        due_at,
                        report: None,
                    }
                }
                Fate::Queued => continue,
                _ => Outcome::Sent {
                    answer: "250 2.0.0 queued as 4F21".into(),
                    carried: store::Carried {
                        asked: *fate == Fate::NeverAsked,
                        ..store::Carried::default()
                    },
                    report: None,
                },
            };
            self.store
                .outbox_finish(parcel, outcome, later)
                .await
                .unwrap();
        }
        for (copy, fate) in made {
            match fate {
                Fate::Read => {
                    let meaning = Meaning::HumanViaProxy;
                    self.hit(
                        *copy,
                        Axis::Open,
                        "gmail_proxy",
                        meaning,
                        "image_proxy",
                        at + Duration::from_mins(4),
                    )
                    .await;
                    self.hit(
                        *copy,
                        Axis::Open,
                        "gmail_proxy",
                        meaning,
                        "image_proxy",
                        at + Duration::from_mins(90),
                    )
                    .await;
                    let click = at + Duration::from_mins(5);
                    self.hit(
                        *copy,
                        Axis::Click,
                        "browser",
                        Meaning::Human,
                        "navigated",
                        click,
                    )
                    .await;
                    let scan = at + Duration::from_secs(20);
                    self.hit(
                        *copy,
                        Axis::Click,
                        "scanner",
                        Meaning::Machine,
                        "security_network",
                        scan,
                    )
                    .await;
                }
                Fate::Unsure => {
                    let when = at + Duration::from_mins(1);
                    self.hit(
                        *copy,
                        Axis::Open,
                        "apple_mpp",
                        Meaning::Unknown,
                        "apple_privacy",
                        when,
                    )
                    .await;
                }
                _ => {}
            }
        }
    }

    pub async fn hit(
        &self,
        copy: CopyId,
        axis: Axis,
        opener: &str,
        meaning: Meaning,
        reason: &str,
        at: Time,
    ) {
        let verdict = Verdict {
            opener: opener.into(),
            meaning,
            confidence: 90,
            reasons: vec![reason.into()],
        };
        let id = HitId(random());
        let hit = Hit {
            id,
            copy,
            axis,
            link: 0,
            at,
            verdict,
            rules: 1,
            facts: Facts::default(),
            repeat: false,
        };
        self.store.hits_record(vec![hit], NOW).await.unwrap();
        while self.store.hits_fold().await.unwrap() > 0 {}
    }

    /// One message in every state.
    pub async fn messages(&self, user: &User) -> Vec<MessageId> {
        let hours = Duration::from_hours;
        let mut made = Vec::new();
        for (subject, ago, to) in [
            (
                "Invoice 2026-114",
                hours(24 * 400),
                &[("hanna@sample.example", Fate::Sent)][..],
            ),
            (
                "Thank you for coming",
                hours(24 * 12),
                &[("karim@sample.example", Fate::Read)],
            ),
            (
                "The keys for the lake house",
                hours(52),
                &[("gone@sample.example", Fate::Bounced)],
            ),
            (
                "Where shall we meet?",
                hours(30),
                &[("wen@sample.example", Fate::Unsure)],
            ),
            (
                "An offer for the roof, with three ways to pay for it and a drawing of the gutters",
                hours(26),
                &[
                    ("anna@sample.example", Fate::Read),
                    (
                        "bruno.with.a.very.long.address@department.sample.example",
                        Fate::Sent,
                    ),
                    ("chiara@sample.example", Fate::Unsure),
                    ("dora@sample.example", Fate::NeverAsked),
                    ("emil@sample.example", Fate::Withdrawn),
                    ("gone@sample.example", Fate::Bounced),
                ],
            ),
            (
                "Your question of Monday",
                hours(7),
                &[("emil@sample.example", Fate::Withdrawn)],
            ),
            (
                "Nice to have met you",
                hours(5),
                &[("dora@sample.example", Fate::NeverAsked)],
            ),
            (
                "Minutes of the meeting",
                hours(4),
                &[("slow@sample.example", Fate::Deferred)],
            ),
            (
                "Draft contract",
                hours(3),
                &[("anna@sample.example", Fate::Read)],
            ),
            (
                "Lunch?",
                Duration::from_mins(4),
                &[("hanna@sample.example", Fate::Sent)],
            ),
        ] {
            made.push(self.message(user, subject, ago, to).await);
        }
        made
    }

    pub async fn settings(&self) -> Workspace {
        self.store.workspace(self.workspace).await.unwrap().unwrap()
    }
}
