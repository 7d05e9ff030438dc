//! A workspace with a sender, a recipient and a sent mail, and the router in front of it.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use model::decision::{Ceiling, Circumstances, decide};
use model::url::{Destination, Origin};
use model::{
    Ambient, Consent, ConsentState, ContactId, CopyId, EmailAddress, IdentityId, Keyring, Language,
    MessageId, Mode, PerAxis, Reason, Role, Secret, Switch, Time, Token, Topic, UserId,
    WorkspaceId,
};
use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::{
    Config, Contact, CopyInContext, Identity, Link, Message, Method, NewCopy, NewMessage, Store,
    StoredHit, User, Workspace,
};
use tempfile::TempDir;
use tokio::sync::Notify;
use tower::ServiceExt;
use track::{Recorder, Tracker, router};

pub(crate) const START: Time = Time(1_795_294_080_000);
pub(crate) const DESTINATION: &str = "https://shop.example.org/a?b=1&c=%41+d#e";
pub(crate) const FIREFOX: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

thread_local! {
    /// Each test runs on a thread of its own, so each has a clock of its own.
    static CLOCK: Cell<Time> = const { Cell::new(START) };
}

fn now() -> Time {
    CLOCK.get()
}

/// Turns the clock on.
pub(crate) fn wait(time: Duration) {
    CLOCK.set(now() + time);
}

/// Unique, which is all that tests need of chance.
pub(crate) fn random() -> [u8; 16] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [7; 16];
    bytes[..8].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    bytes
}

pub(crate) struct Site {
    pub(crate) dir: TempDir,
    pub(crate) store: Store,
    pub(crate) recorder: Recorder,
    pub(crate) ambient: Ambient,
    pub(crate) ring: Arc<Keyring>,
    pub(crate) origin: Origin,
    pub(crate) workspace: WorkspaceId,
    pub(crate) user: UserId,
    pub(crate) contact: ContactId,
    pub(crate) copy: CopyId,
    pub(crate) message: MessageId,
    router: Router,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
    /// The value of the hidden field that names the text shown.
    pub(crate) fn shown(&self) -> String {
        let text = self.text();
        let (_, rest) = text
            .split_once("name=\"text\" value=\"")
            .expect("no choice on the page");
        rest.split_once('"').unwrap().0.to_owned()
    }
}

/// The key of marks on the suppression list.
pub(crate) fn suppression() -> model::SuppressionKey {
    model::SuppressionKey::new(&[8; 32])
}

impl Site {
    /// The copy as it is now, with its contact and message.
    pub(crate) async fn around(&self) -> CopyInContext {
        let around = self.store.copy_in_context(self.copy).await;
        around.unwrap().unwrap()
    }

    /// A mail tracked on both axes, to somebody who agreed to both.
    pub(crate) async fn tracked() -> Self {
        let site = Self::new(PerAxis {
            open: Mode::Individual,
            click: Mode::Individual,
            document: Mode::None,
        })
        .await;
        site.set(&[Topic::Open, Topic::Click], ConsentState::Given)
            .await;
        site
    }

    /// A mail to somebody who was never asked.
    pub(crate) async fn untracked() -> Self {
        Self::new(PerAxis::all(Mode::None)).await
    }

    pub(crate) async fn new(modes: PerAxis<Mode>) -> Self {
        Self::named(modes, "Ann Lee", "Bright & Co", "Your offer").await
    }

    pub(crate) async fn named(
        modes: PerAxis<Mode>,
        sender: &str,
        workspace: &str,
        subject: &str,
    ) -> Self {
        CLOCK.set(START);
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&Config::Sqlite(dir.path().join("overt.db")))
            .await
            .unwrap();
        let ring = Arc::new(Keyring::new(&[(1, [1; 32])]).unwrap());
        let origin: Origin = "https://t.example.org".parse().unwrap();
        let ambient = Ambient { now, random };
        let recorder = Recorder::start(
            store.clone(),
            ambient,
            Arc::new(Notify::new()),
            Arc::new(Notify::new()),
        );
        let router = router(Tracker {
            store: store.clone(),
            keyring: ring.clone(),
            signing: Arc::new(model::SigningKey::new(&[7; 32]).unwrap()),
            suppression: Arc::new(suppression()),
            judge: Arc::new(verdict::Judge::new(verdict::Tables::built_in().unwrap())),
            ages: Arc::new(model::Ages::built_in().unwrap()),
            disclosure: std::sync::Arc::default(),
            origin: origin.clone(),
            admin: "https://overt.example.org".parse().unwrap(),
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            ambient,
            recorder: recorder.clone(),
            wake: Arc::new(Notify::new()),
            changed: Arc::new(Notify::new()),
        });
        let (workspace_id, user) = (WorkspaceId(random()), UserId(random()));
        store
            .workspace_create(workspace_id, [7; 32], workspace, Language::En, START)
            .await
            .unwrap();
        let made = store.workspace(workspace_id).await.unwrap().unwrap();
        let told = Workspace {
            postal_address: "1 Main Street\nDublin".into(),
            ..made
        };
        let by = store::By::operator(START);
        store.workspace_update(told, by).await.unwrap();
        let address: EmailAddress = "ann@bright.example".parse().unwrap();
        let owner = User {
            id: user,
            workspace: workspace_id,
            name: sender.into(),
            address: address.clone(),
            password_hash: String::new(),
            role: Role::Owner,
        };
        store
            .user_create(owner, store::By::operator(START))
            .await
            .unwrap();
        store
            .user_set_limits(
                workspace_id,
                user,
                true,
                model::PerAxis::all(model::Mode::Detailed),
                store::By::operator(START),
            )
            .await
            .unwrap();
        let policy = store.policy(workspace_id).await.unwrap().version;
        store.policy_acknowledge(user, policy, START).await.unwrap();
        let identity = Identity {
            id: IdentityId(random()),
            workspace: workspace_id,
            user,
            address,
            name: sender.into(),
        };
        store
            .identity_create(identity, store::By::operator(START))
            .await
            .unwrap();
        let contact = ContactId([0; 16]);
        let (copy, message) = (CopyId([0; 16]), MessageId([0; 16]));
        let mut site = Self {
            dir,
            store,
            recorder,
            ambient,
            ring,
            origin,
            workspace: workspace_id,
            user,
            contact,
            copy,
            message,
            router,
        };
        (site.contact, site.copy, site.message) =
            site.send("bob@home.example", subject, modes).await;
        site
    }

    /// One more mail.
    pub(crate) async fn send(
        &self,
        to: &str,
        subject: &str,
        modes: PerAxis<Mode>,
    ) -> (ContactId, CopyId, MessageId) {
        let address: EmailAddress = to.parse().unwrap();
        let found = self.store.contact_find_or_create(
            self.workspace,
            &address,
            "Bob",
            model::Source::written("Ann Bright", now()),
            store::Fresh::draw(random),
            now(),
        );
        let contact = found.await.unwrap().id;
        let (copy, message) = (CopyId(random()), MessageId(random()));
        let mail = Message {
            id: message,
            workspace: self.workspace,
            user: self.user,
            sender: "ann@bright.example".into(),
            header_id: format!("{message}@bright.example"),
            subject: subject.into(),
            accepted_at: now(),
            size: 100,
            switch: Switch::All,
            class: model::MessageClass::Correspondence,
            assessment: None,
            receipt_asked: false,
        };
        let new_copy = NewCopy {
            id: copy,
            outbox: Some(random()),
            contact,
            address,
            modes,
            reason_open: None,
            reason_click: None,
            receipt_asked: false,
            ask: false,
            refusal: None,
            notify: None,
            orcpt: None,
        };
        let new = NewMessage {
            message: mail,
            source: b"Subject: x\r\n\r\nx".to_vec(),
            parts: Vec::new(),
            links: vec![Link {
                number: 1,
                destination: DESTINATION.into(),
                part: "1".into(),
                kind: "anchor".into(),
                skipped: None,
            }],
            copies: vec![new_copy],
            envelope_from: "ann@bright.example".into(),
            ret: None,
            envid: None,
        };
        self.store.message_accept(new).await.unwrap();
        (contact, copy, message)
    }

    pub(crate) async fn set(&self, topics: &[Topic], state: ConsentState) {
        let set = self.store.consent_set(
            self.workspace,
            self.contact,
            topics,
            state,
            Method::Demo,
            None,
            now(),
        );
        set.await.unwrap();
    }

    pub(crate) async fn contact(&self) -> Contact {
        self.store
            .contact(self.workspace, self.contact)
            .await
            .unwrap()
            .unwrap()
    }

    pub(crate) async fn state(&self, topic: Topic) -> ConsentState {
        self.contact().await.consent.get(topic).at(now())
    }

    pub(crate) async fn hits(&self) -> Vec<StoredHit> {
        self.store.hits(self.copy).await.unwrap()
    }

    pub(crate) async fn raise_ceiling(&self) {
        let workspace = self.store.workspace(self.workspace).await.unwrap().unwrap();
        let ceiling = PerAxis::all(Mode::Detailed);
        self.store
            .workspace_update(
                Workspace {
                    ceiling,
                    ..workspace
                },
                store::By::operator(START),
            )
            .await
            .unwrap();
    }

    /// The path and query of the copy's pixel.
    pub(crate) fn pixel(&self) -> String {
        self.path(&self.origin.pixel(&self.open_token(&self.ring)))
    }

    pub(crate) fn open_token(&self, ring: &Keyring) -> Token {
        ring.open(granted(self.copy).open.as_ref().unwrap())
    }

    /// The token of one of several links.
    pub(crate) fn numbered_token(&self, number: u16) -> Token {
        let granted = granted(self.copy);
        self.ring
            .click(granted.click.as_ref().unwrap(), number, DESTINATION)
    }

    /// The relay takes all that waits, now.
    pub(crate) async fn deliver(&self) {
        let parcels = self
            .store
            .outbox_claim(random(), now(), Duration::from_mins(1), 9)
            .await;
        for parcel in parcels.unwrap() {
            let outcome = store::Outcome::Sent {
                answer: "250".into(),
                carried: store::Carried::default(),
                report: None,
            };
            self.store
                .outbox_finish(parcel, outcome, now())
                .await
                .unwrap();
        }
    }

    pub(crate) fn click_token(&self, ring: &Keyring, to: &str) -> Token {
        ring.click(granted(self.copy).click.as_ref().unwrap(), 1, to)
    }

    /// The path and query of the copy's link.
    pub(crate) fn link(&self) -> String {
        let to: Destination = DESTINATION.parse().unwrap();
        self.path(
            &self
                .origin
                .click(&self.click_token(&self.ring, DESTINATION), &to),
        )
    }

    pub(crate) fn person(&self) -> String {
        self.path(&self.origin.person(&self.ring.person(self.copy)))
    }

    pub(crate) fn receipt(&self) -> String {
        self.path(&self.origin.receipt(&self.ring.receipt(self.copy)))
    }

    pub(crate) fn path(&self, url: &str) -> String {
        url.strip_prefix(self.origin.as_str()).unwrap().to_owned()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(request("GET", path, &[("user-agent", FIREFOX)], ""))
            .await
    }

    pub(crate) async fn head(&self, path: &str) -> Answer {
        self.ask(request("HEAD", path, &[("user-agent", FIREFOX)], ""))
            .await
    }

    pub(crate) async fn post(&self, path: &str, form: &str) -> Answer {
        self.ask(request(
            "POST",
            path,
            &[("sec-fetch-site", "same-origin")],
            form,
        ))
        .await
    }

    /// Presses "I agree" with some boxes ticked.
    pub(crate) async fn agree(&self, ticked: &str) -> Answer {
        let shown = self.get(&self.person()).await.shown();
        self.post(
            &self.person(),
            &format!("answer=agree&text={shown}&{ticked}"),
        )
        .await
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// A second connection to the database, to look at it or to break it.
    pub(crate) fn database(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(self.dir.path().join("overt.db")).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        connection
    }

    /// The id of the newest consent request, as the confirmation mail would carry it.
    pub(crate) fn newest_request(&self) -> Option<[u8; 16]> {
        let sql = "select id from consent_request order by created_at desc, id desc limit 1";
        self.database().query_row(sql, [], |row| row.get(0)).ok()
    }

    /// The path of a confirmation link.
    pub(crate) fn confirmation(&self, request: &[u8; 16]) -> String {
        self.path(&self.origin.confirm(&self.ring.confirm(request)))
    }

    /// What the role `work` does about addresses that were written into the page anybody may use.
    pub(crate) async fn look_up(&self) {
        self.store.knocks_answer(random, now()).await.unwrap();
        self.store.intakes_take(random, now()).await.unwrap();
    }

    /// The paths of the links in the challenges made so far, oldest first.
    pub(crate) fn challenges(&self) -> Vec<String> {
        let database = self.database();
        let sql = "select id from challenge order by created_at, id";
        let mut query = database.prepare(sql).unwrap();
        let ids = query
            .query_map([], |row| row.get::<_, [u8; 16]>(0))
            .unwrap();
        ids.map(|id| self.path(&self.origin.own(&self.ring.own(&id.unwrap()))))
            .collect()
    }

    /// Everything that people decide, counted, and every row that a request could add.
    pub(crate) fn rows(&self) -> Vec<i64> {
        let database = self.database();
        let count = |table: &str| {
            database
                .query_row(&format!("select count(*) from {table}"), [], |row| {
                    row.get(0)
                })
                .unwrap()
        };
        let tables = [
            "knock",
            "intake",
            "consent_event",
            "consent_request",
            "consent_text",
            "outbox",
            "event",
            "contact",
            "copy",
            "challenge",
        ];
        let mut rows: Vec<i64> = tables.map(count).to_vec();
        let receipts = "select count(*) from copy where receipt_at is not null";
        rows.push(database.query_row(receipts, [], |row| row.get(0)).unwrap());
        rows
    }
}

/// A decision that allows everything, as it was made when the mail left.
fn granted(copy: CopyId) -> model::Decision {
    let consent = [Topic::Open, Topic::Click]
        .into_iter()
        .fold(Consent::default(), |consent, topic| {
            consent.after(topic, ConsentState::Given, START)
        });
    let ceilings = [Ceiling {
        reason: Reason::WorkspaceCeiling,
        modes: PerAxis::all(Mode::Individual),
    }];
    let about = Circumstances {
        ceilings: &ceilings,
        entitled: &model::entitlement::agreed(Some(&consent), START),
        crowd: model::crowd::NOBODY,
        obstacle: None,
    };
    decide(copy, model::MessageId([7; 16]), &about)
}

pub(crate) fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Request<Body> {
    let peer: SocketAddr = "203.0.113.9:50000".parse().unwrap();
    request_from(peer, method, path, headers, body)
}

pub(crate) fn request_from(
    peer: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Request<Body> {
    let mut builder = Request::builder()
        .method(method)
        .uri(path)
        .extension(ConnectInfo(peer));
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Body::from(body.to_owned())).unwrap()
}

/// Waits until something holds. A test that waits in vain is ended by its runner.
pub(crate) async fn until<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    while !holds().await {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// So that a secret can be told from everything else in a file.
pub(crate) fn sentinel() -> String {
    format!("SENTINEL-{}", Secret::new(random()).as_str())
}
