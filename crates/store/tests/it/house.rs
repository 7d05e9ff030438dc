//! What every test begins with: a fresh database, a workspace, a user, and short ways to make the rest.

use model::export::Export;
use model::hit::Hit;
use model::mode::NOTHING;
use model::{
    Axis, ConsentState, ContactId, CopyId, EmailAddress, Facts, HitId, Language, Meaning,
    MessageId, Mode, PerAxis, Role, Source, Switch, Time, Topic, UserId, Verdict, WorkspaceId,
};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::{
    By, Carried, Config, Contact, Copy, Disclosure, Fresh, LedgerRow, Link, Message, Method,
    NewCopy, NewMessage, Outcome, Parcel, Recorded, Store, User,
};

/// Every test's present, on a full minute.
pub(crate) const NOW: Time = Time(1_795_294_080_000);
/// The version of the rules that judge hits here.
pub(crate) const RULES: u32 = 7;
pub(crate) const MINUTE: Duration = Duration::from_mins(1);
pub(crate) const DETAILED: PerAxis<Mode> = PerAxis {
    open: Mode::Detailed,
    click: Mode::Detailed,
    document: Mode::None,
};
pub(crate) const INDIVIDUAL: PerAxis<Mode> = PerAxis {
    open: Mode::Individual,
    click: Mode::Individual,
    document: Mode::None,
};

pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) config: Config,
    /// The same database, as whoever may do everything with it.
    owner: Config,
    pub(crate) workspace: WorkspaceId,
    pub(crate) user: UserId,
    /// Kept while the test runs; the file goes with it.
    _folder: Option<tempfile::TempDir>,
}

/// An id nobody else in this process has, in no particular order.
pub(crate) fn id() -> [u8; 16] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    bytes
}

pub(crate) fn address(text: &str) -> EmailAddress {
    text.parse().expect("an address")
}

/// The relay took it.
pub(crate) fn sent() -> Outcome {
    Outcome::Sent {
        answer: "250 2.0.0 ok".into(),
        carried: Carried::default(),
        report: None,
    }
}

/// The relay refused it for good.
pub(crate) fn bounced(answer: &str, report: Option<[u8; 16]>) -> Outcome {
    Outcome::Bounced {
        answer: answer.into(),
        report,
        refusal: None,
    }
}

/// Where a contact comes from that a user wrote to.
pub(crate) fn written() -> Source {
    Source::written("Ann Sample", NOW)
}

impl House {
    pub(crate) async fn on_sqlite() -> Self {
        Self::bare_on_sqlite().await.furnish().await
    }

    /// None where no server is named.
    pub(crate) async fn on_postgres() -> Option<Self> {
        Some(Self::bare_on_postgres().await?.furnish().await)
    }

    /// A fresh database without anything in it.
    pub(crate) async fn bare_on_sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = Config::Sqlite(folder.path().join("overt.db"));
        Self::bare(config.clone(), config, Some(folder)).await
    }

    /// The same, on PostgreSQL as a role that has been granted what the program needs and no more. None where no server
    /// is named.
    #[allow(clippy::disallowed_methods)] // the one setting of these tests
    pub(crate) async fn bare_on_postgres() -> Option<Self> {
        let url = std::env::var("OVERT_TEST_POSTGRES").ok()?;
        let schema = format!(
            "t{}_{}",
            std::process::id(),
            u64::from_be_bytes(id()[8..].try_into().ok()?)
        );
        // One of that name is left by an earlier process that had this number.
        let anew = format!("drop schema if exists {schema} cascade; create schema {schema}");
        run_on_postgres(&url, &anew).await;
        let join = if url.contains('?') { '&' } else { '?' };
        let owner = format!("{url}{join}options=-csearch_path%3D{schema}");
        let made = Store::open(&Config::Postgres(owner.clone())).await;
        drop(made.expect("a schema"));
        // Other tests make the role at the same time.
        let role = "do $$ begin create role overt_app; exception when others then
                    perform 1 from pg_roles where rolname = 'overt_app'; end $$";
        run_on_postgres(&url, role).await;
        run_on_postgres(&owner, &store::grants("overt_app")).await;
        let config = Config::Postgres(format!("{owner}%20-crole%3Dovert_app"));
        Some(Self::bare(config, Config::Postgres(owner), None).await)
    }

    async fn bare(config: Config, owner: Config, folder: Option<tempfile::TempDir>) -> Self {
        Self {
            store: Store::open(&config).await.expect("an open store"),
            config,
            owner,
            workspace: WorkspaceId(id()),
            user: UserId(id()),
            _folder: folder,
        }
    }

    async fn furnish(self) -> Self {
        self.store
            .workspace_create(self.workspace, [7; 32], "Sample Ltd", Language::En, NOW)
            .await
            .expect("a workspace");
        let user = self.person(self.user, "ann@sample.example");
        let made = self.store.user_create(user, By::operator(NOW));
        made.await.expect("a user");
        self.may_track(self.user).await;
        self
    }

    /// A user of this workspace.
    pub(crate) fn person(&self, id: UserId, at: &str) -> User {
        User {
            id,
            workspace: self.workspace,
            name: "Ann Sample".into(),
            address: address(at),
            password_hash: "$argon2id$".into(),
            role: Role::Owner,
        }
    }

    /// A second user of this workspace, with an address of their own.
    pub(crate) async fn colleague(&self) -> UserId {
        let bea = UserId(id());
        let person = self.person(bea, "bea@sample.example");
        let made = self.store.user_create(person, self.by());
        made.await.expect("a user");
        bea
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self.config, Config::Sqlite(_))
    }

    /// Runs SQL past the store, as somebody who has the whole database and is kept from nothing.
    pub(crate) async fn run(&self, sql: &str) {
        match &self.owner {
            Config::Sqlite(path) => {
                let open = rusqlite::Connection::open(path).expect("a file");
                open.execute_batch(&(without_guards(&open) + sql))
                    .expect("SQL that runs");
            }
            Config::Postgres(url) => run_on_postgres(url, sql).await,
        }
    }

    /// Runs SQL past the store, as the program itself could. The error, if the database refuses it.
    pub(crate) async fn run_as_program(&self, sql: &str) -> Result<(), String> {
        match &self.config {
            Config::Sqlite(path) => {
                let open = rusqlite::Connection::open(path).expect("a file");
                open.execute_batch(sql).map_err(|error| error.to_string())
            }
            Config::Postgres(url) => {
                let done = connect(url).await.batch_execute(sql).await;
                done.map_err(|error| {
                    error
                        .as_db_error()
                        .map_or_else(String::new, ToString::to_string)
                })
            }
        }
    }

    /// One number, read past the store.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        match &self.owner {
            Config::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).expect("a file");
                connection
                    .query_row(sql, [], |row| row.get(0))
                    .expect("a number")
            }
            Config::Postgres(url) => connect(url)
                .await
                .query_one(sql, &[])
                .await
                .expect("a row")
                .get(0),
        }
    }

    /// Texts, read past the store.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        match &self.owner {
            Config::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).expect("a file");
                let mut statement = connection.prepare(sql).expect("a statement");
                // Whatever the bytes are: some were never meant as text.
                let text = |row: &rusqlite::Row<'_>| {
                    let bytes = row.get_ref(0)?.as_bytes().unwrap_or_default();
                    Ok(String::from_utf8_lossy(bytes).into_owned())
                };
                let rows = statement.query_map([], text).expect("rows");
                rows.collect::<Result<_, _>>().expect("texts")
            }
            Config::Postgres(url) => {
                let escaped = "set bytea_output = 'escape'";
                let client = connect(url).await;
                client.batch_execute(escaped).await.expect("a setting");
                let rows = client.query(sql, &[]).await.expect("rows");
                rows.iter().map(|row| row.get(0)).collect()
            }
        }
    }

    pub(crate) async fn contact(&self, at: &str) -> Contact {
        let (fresh, at) = (Fresh::draw(id), address(at));
        let made =
            self.store
                .contact_find_or_create(self.workspace, &at, "", written(), fresh, NOW);
        made.await.expect("a contact")
    }

    /// A person corrects what is known about them, through a link that was mailed to them.
    pub(crate) async fn corrects(
        &self,
        contact: ContactId,
        name: &str,
        language: Option<model::Tongue>,
        country: Option<model::Country>,
    ) -> bool {
        let made = self.store.challenge(self.workspace, contact, id, NOW);
        assert!(made.await.expect("a challenge"));
        let challenge = (self.claim(NOW).await.into_iter()).find_map(|p| match p.errand {
            store::Errand::Challenge { challenge } => Some(challenge),
            _ => None,
        });
        let act = store::OwnAct::Correct {
            name: name.to_owned(),
            language,
            country,
        };
        let (note, by) = (model::RequestId(id()), By::operator(NOW));
        let acting = self
            .store
            .own_act(challenge.expect("a mail"), act, note, by);
        acting.await.expect("an answer")
    }

    /// This user may track and has acknowledged the policy.
    pub(crate) async fn may_track(&self, user: UserId) {
        let (ceiling, by) = (PerAxis::all(Mode::Detailed), By::operator(NOW));
        self.store
            .user_set_limits(self.workspace, user, true, ceiling, by)
            .await
            .expect("limits");
        let policy = self.store.policy(self.workspace).await.expect("a policy");
        let done = self.store.policy_acknowledge(user, policy.version, NOW);
        assert!(done.await.expect("an acknowledgement"));
    }

    /// The user of this workspace, now.
    pub(crate) fn by(&self) -> By {
        By::user(self.user, NOW)
    }

    /// A contact who agreed to everything.
    pub(crate) async fn agreed(&self, at: &str) -> Contact {
        let contact = self.contact(at).await;
        self.gives(&contact, &Topic::ALL, NOW).await;
        contact
    }

    pub(crate) async fn consent(
        &self,
        contact: &Contact,
        topics: &[Topic],
        state: ConsentState,
        at: Time,
    ) {
        let method = Method::Demo;
        self.store
            .consent_set(self.workspace, contact.id, topics, state, method, None, at)
            .await
            .expect("an event");
    }

    /// They agree to these topics.
    pub(crate) async fn gives(&self, contact: &Contact, topics: &[Topic], at: Time) {
        self.consent(contact, topics, ConsentState::Given, at).await;
    }

    /// They take these topics back.
    pub(crate) async fn withdraws(&self, contact: &Contact, topics: &[Topic], at: Time) {
        let state = ConsentState::Withdrawn;
        self.consent(contact, topics, state, at).await;
    }

    /// The contact as it is now.
    pub(crate) async fn contact_now(&self, id: ContactId) -> Contact {
        let read = self.store.contact(self.workspace, id).await;
        read.expect("a read").expect("a contact")
    }

    /// What a contact is told of themselves, by somebody who states nothing.
    pub(crate) async fn export(&self, contact: ContactId) -> Option<Export> {
        let told = (&Disclosure::default(), Language::En);
        let export = self
            .store
            .contact_export(self.workspace, contact, told, NOW);
        export.await.expect("an export")
    }

    /// The ledger, from its beginning.
    pub(crate) async fn ledger(&self) -> Vec<LedgerRow> {
        let page = self.store.ledger_page(self.workspace, 0, 1_000);
        page.await.expect("a ledger")
    }

    /// The workspace allows facts too.
    pub(crate) async fn allow_details(&self) {
        let mut workspace = self
            .store
            .workspace(self.workspace)
            .await
            .expect("a read")
            .expect("a workspace");
        workspace.ceiling = PerAxis::all(Mode::Detailed);
        self.store
            .workspace_update(workspace, self.by())
            .await
            .expect("an update");
    }

    /// A message that is not accepted yet.
    pub(crate) fn draft(
        &self,
        contacts: &[&Contact],
        modes: PerAxis<Mode>,
        at: Time,
    ) -> NewMessage {
        let message = Message {
            id: MessageId(id()),
            workspace: self.workspace,
            user: self.user,
            sender: "ann@sample.example".into(),
            header_id: "1@sample.example".into(),
            subject: "An offer".into(),
            accepted_at: at,
            size: 4,
            switch: Switch::All,
            class: model::MessageClass::Correspondence,
            assessment: None,
            receipt_asked: false,
        };
        let copies = contacts.iter().map(|contact| NewCopy {
            id: CopyId(id()),
            outbox: Some(id()),
            contact: contact.id,
            address: contact.address.clone(),
            modes,
            reason_open: (modes.open == Mode::None).then_some(model::Reason::NeverAsked),
            reason_click: (modes.click == Mode::None).then_some(model::Reason::NeverAsked),
            receipt_asked: false,
            ask: false,
            refusal: None,
            notify: Some("FAILURE,DELAY".into()),
            orcpt: None,
        });
        NewMessage {
            message,
            source: b"mail".to_vec(),
            parts: Vec::new(),
            links: vec![Link {
                number: 1,
                destination: "https://example.org/".into(),
                part: "1".into(),
                kind: "anchor".into(),
                skipped: None,
            }],
            copies: copies.collect(),
            envelope_from: "ann@sample.example".into(),
            ret: None,
            envid: None,
        }
    }

    /// Accepts a message; its id, and its copies' ids in the order of the contacts.
    pub(crate) async fn accept(&self, new: NewMessage) -> (MessageId, Vec<CopyId>) {
        let ids = (new.message.id, new.copies.iter().map(|c| c.id).collect());
        self.store
            .message_accept(new)
            .await
            .expect("an accepted message");
        ids
    }

    /// A message to one contact; the copy.
    pub(crate) async fn copy_for(&self, contact: &Contact, modes: PerAxis<Mode>) -> CopyId {
        self.accept(self.draft(&[contact], modes, NOW)).await.1[0]
    }

    /// An untracked message to somebody; its one parcel, claimed.
    pub(crate) async fn claimed(&self) -> Parcel {
        let contact = self.contact("bob@example.org").await;
        self.accept(self.draft(&[&contact], NOTHING, NOW)).await;
        self.claim(NOW).await.remove(0)
    }

    /// All that is due then, claimed by somebody for a minute.
    pub(crate) async fn claim(&self, at: Time) -> Vec<Parcel> {
        let claimed = self.store.outbox_claim(id(), at, MINUTE, 99);
        claimed.await.expect("a claim")
    }

    pub(crate) async fn finish(&self, parcel: Parcel, outcome: Outcome, at: Time) {
        let finished = self.store.outbox_finish(parcel, outcome, at);
        finished.await.expect("an outcome that is written down");
    }

    pub(crate) async fn record(&self, hits: Vec<Hit>, at: Time) -> Recorded {
        let recorded = self.store.hits_record(hits, at);
        recorded.await.expect("hits that are recorded or refused")
    }

    pub(crate) async fn read(&self, copy: CopyId) -> Copy {
        self.store
            .copy_in_context(copy)
            .await
            .expect("a read")
            .expect("a copy")
            .copy
    }

    pub(crate) async fn fold_all(&self) {
        while self.store.hits_fold().await.expect("a fold") > 0 {}
    }
}

/// A judged request.
pub(crate) fn hit(copy: CopyId, axis: Axis, meaning: Meaning, at: Time) -> Hit {
    let verdict = Verdict {
        opener: "thunderbird".into(),
        meaning,
        confidence: 90,
        reasons: vec!["client".into(), "first".into()],
    };
    let facts = Facts {
        client: Some("Thunderbird".into()),
        ..Facts::default()
    };
    Hit {
        id: HitId(id()),
        copy,
        axis,
        link: u16::from(axis == Axis::Click),
        at,
        verdict,
        rules: RULES,
        facts,
        repeat: false,
    }
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .expect("the server");
    tokio::spawn(connection);
    client
}

async fn run_on_postgres(url: &str, sql: &str) {
    connect(url)
        .await
        .batch_execute(sql)
        .await
        .expect("SQL that runs");
}

/// What takes SQLite's triggers away.
fn without_guards(open: &rusqlite::Connection) -> String {
    let sql = "select name from sqlite_master where type = 'trigger'";
    let mut names = open.prepare(sql).expect("a statement");
    let drop = |row: &rusqlite::Row<'_>| Ok(format!("drop trigger {};", row.get::<_, String>(0)?));
    let drops = names.query_map([], drop).expect("rows");
    drops.collect::<Result<_, _>>().expect("names")
}
