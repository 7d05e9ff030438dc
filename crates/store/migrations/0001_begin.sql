-- One schema for SQLite and PostgreSQL. Types are the four both share: bigint, text, bytea, and null.
-- Flags are 0 and 1; moments are milliseconds since 1970 UTC; ids are 16 random bytes; words are lower-case text.

create table counter (name text primary key, value bigint not null);

-- The operator's settings: one row.
create table instance (
  id bigint primary key,
  tracking bigint not null,
  ceiling_open text not null,
  ceiling_click text not null,
  ceiling_document text not null
);
insert into instance (id, tracking, ceiling_open, ceiling_click, ceiling_document)
values (1, 1, 'detailed', 'detailed', 'detailed');

create table workspace (
  id bytea primary key,
  name text not null,
  -- The name by which this organisation was first known: it stays where only the name changes.
  identity text not null,
  tracking bigint not null,
  ceiling_open text not null,
  ceiling_click text not null,
  ceiling_document text not null,
  language text not null,
  ask bigint not null,
  -- Where the controller can be reached, as mails must say; empty where nobody entered it.
  postal_address text not null,
  contact text not null,
  -- The version of its tracking policy that is in force.
  policy_sha256 bytea not null,
  -- Is its service directed to children?
  directed_to_children bigint not null default 0,
  -- What tracking is wanted for, by topic and language, as JSON; the built-in words where nothing is stated.
  aims text not null default '{}',
  -- By topic the times in which people agreed to less than its notice says today, as JSON.
  outgrown text not null default '{}',
  -- Does what a guardian agrees to count only once somebody here has checked it with them?
  checks_guardians bigint not null default 0,
  created_at bigint not null
);

-- What the workspace told people before they agreed, version by version: the slots of the notice in each language, as JSON.
create table notice (
  workspace_id bytea not null references workspace (id),
  since bigint not null,
  slots text not null,
  primary key (workspace_id, since)
);

-- The secret under which acts that concern no contact are committed to in the workspace's ledger.
create table workspace_key (
  workspace_id bytea primary key references workspace (id),
  key bytea not null
);

-- The workspace's own tracking policy: what its people promise. A version is named by its SHA-256 and never changed.
create table policy (
  workspace_id bytea not null references workspace (id),
  sha256 bytea not null,
  body text not null,
  published_at bigint not null,
  user_id bytea,
  primary key (workspace_id, sha256)
);

create table "user" (
  id bytea primary key,
  workspace_id bytea not null references workspace (id),
  name text not null,
  address text not null,
  address_key text not null unique,
  password_hash text not null,
  role text not null,
  -- The workspace granted them to send tracked mail, and this much of it at most.
  may_track bigint not null,
  ceiling_open text not null,
  ceiling_click text not null,
  ceiling_document text not null,
  -- The version of the tracking policy that they acknowledged, and when.
  policy_sha256 bytea,
  policy_at bigint,
  signed_in_at bigint,
  deactivated_at bigint,
  created_at bigint not null
);

-- Sessions, app passwords and API keys: random secrets, of which only the SHA-256 is kept.
create table credential (
  hash bytea primary key,
  id bytea not null unique,
  user_id bytea not null references "user" (id),
  kind text not null,
  label text not null,
  created_at bigint not null,
  expires_at bigint,
  used_at bigint
);
create index credential_user on credential (user_id, kind);

create table identity (
  id bytea primary key,
  workspace_id bytea not null references workspace (id),
  user_id bytea not null references "user" (id),
  address text not null,
  address_key text not null unique,
  name text not null,
  created_at bigint not null
);
create index identity_user on identity (user_id, created_at);
create index identity_workspace on identity (workspace_id);

create table contact (
  id bytea primary key,
  workspace_id bytea not null references workspace (id),
  address text not null,
  address_key text not null,
  name text not null,
  -- Address and name in lower case, which the two databases make differently beyond ASCII.
  search text not null,
  -- Where the address comes from: kind, place, day, who got it, on which basis (none where nobody said).
  source_kind text not null,
  source_place text not null,
  source_at bigint not null,
  source_by text not null,
  source_basis text,
  -- When they were told so, where they did not give the address themselves.
  told_at bigint,
  -- The address is a company's.
  business bigint not null,
  -- Consent to get advertising: none, implied, express; with its end, its beginning and how it can be shown.
  mail_consent text not null,
  mail_consent_until bigint,
  mail_consent_since bigint,
  mail_consent_proof text,
  language text,
  open_state text not null,
  open_since bigint,
  click_state text not null,
  click_since bigint,
  document_state text not null,
  document_since bigint,
  details_state text not null,
  details_since bigint,
  ask_next bigint not null,
  -- The copy that is about to carry the question, and since when: two mails on their way must not both ask.
  asking bytea,
  asking_at bigint,
  -- ISO 3166-1; null where it is not known, which means the strictest rules.
  country text,
  -- What they are to a lawyer who writes: words with blanks between them.
  tags text not null,
  -- Since when they are kept but not used (GDPR Art. 18).
  restricted_at bigint,
  -- What they said about their age: whether they have reached the limit of a country, never a date of birth.
  age text not null default 'unknown',
  age_threshold bigint,
  age_country text,
  age_asked_at bigint,
  -- Entered by somebody who may not be them, on a form; they go at this moment unless they confirmed it or were written to.
  unconfirmed_until bigint,
  -- The day of the last open, where the law allows keeping that and no more. Read for list cleaning alone.
  last_open_day text,
  created_at bigint not null,
  unique (workspace_id, address_key)
);
create index contact_untold on contact (source_at) where told_at is null;

-- The server that takes a contact's mail, where the operator has it looked up; no host where there is none.
create table mail_host (
  contact_id bytea primary key references contact (id),
  host text,
  network text,
  country text,
  at bigint not null
);

-- Addresses that must get no advertising, by keyed hash. Tied to no contact: it outlives their erasure.
create table suppression (
  workspace_id bytea not null references workspace (id),
  mark bytea not null,
  cause text not null,
  since bigint not null,
  primary key (workspace_id, mark)
);

-- Assessments of legitimate interests. Only ever added to.
create table assessment (
  id bytea primary key,
  workspace_id bytea not null references workspace (id),
  title text not null,
  purpose text not null,
  necessity text not null,
  balance text not null,
  author text not null,
  at bigint not null,
  review_by bigint not null
);
create index assessment_workspace on assessment (workspace_id, review_by);

-- The secret under which a contact's events are committed to in the ledger. Erasing the contact destroys it.
create table contact_key (
  contact_id bytea primary key references contact (id),
  key bytea not null
);

-- What people asked for under their rights (GDPR Art. 15 to 21). The contact is null where the person is none, or was
-- erased: the request and its answer stay, to show that it was answered, and name nobody any more.
create table request (
  id bytea primary key,
  workspace_id bytea not null references workspace (id),
  contact_id bytea references contact (id),
  kind text not null,
  note text not null,
  received_at bigint not null,
  due_at bigint not null,
  -- Why it takes longer than a month.
  extension text,
  answered_at bigint,
  answer text
);
create index request_open on request (workspace_id, answered_at, due_at);
create index request_contact on request (contact_id);

-- What a person was shown when they agreed: its text, and the part of the page, by the SHA-256 of that. Never changed.
create table consent_text (
  sha256 bytea primary key,
  language text not null,
  body text not null,
  page text not null,
  created_at bigint not null
);

-- What happened to a contact's consent. Only ever added to; the contact's columns are its fold.
create table consent_event (
  seq bigint primary key,
  workspace_id bytea not null,
  contact_id bytea not null references contact (id),
  topic text not null,
  state text not null,
  at bigint not null,
  method text not null,
  user_id bytea,
  text_sha256 bytea references consent_text (sha256),
  -- Its place in the workspace's ledger.
  ledger_seq bigint not null
);
create index consent_event_contact on consent_event (contact_id, seq);
create unique index consent_event_ledger on consent_event (workspace_id, ledger_seq);

-- Withdrawals whose erasing is still to be done.
create table withdrawal (
  contact_id bytea not null references contact (id),
  topic text not null,
  at bigint not null,
  primary key (contact_id, topic)
);

-- A hash chain for each workspace, of commitments to what happened. It names nobody, and is only ever added to.
create table ledger_entry (
  workspace_id bytea not null references workspace (id),
  seq bigint not null,
  at bigint not null,
  kind text not null,
  commitment bytea not null,
  previous bytea not null,
  hash bytea not null,
  primary key (workspace_id, seq)
);

-- Who did what, when, to what and why. Only ever added to; each row is committed to by an entry of the ledger.
create table act (
  workspace_id bytea not null,
  ledger_seq bigint not null,
  kind text not null,
  -- Null for whoever ran a command on the machine.
  user_id bytea,
  at bigint not null,
  -- A noun and an id.
  object text not null,
  -- The contact whose key it is committed to under; null for the workspace's own key.
  sealed_with bytea,
  -- A setting before and after; never what is known about a contact.
  before_text text,
  after_text text,
  reason text,
  primary key (workspace_id, ledger_seq)
);
create index act_object on act (workspace_id, object, ledger_seq);

-- Entries whose event was deleted for good reason, and the entry that says so: an erasure, or the end of a term.
create table ledger_sealed (
  workspace_id bytea not null,
  seq bigint not null,
  by_seq bigint not null,
  primary key (workspace_id, seq)
);

-- Ends of the chain, signed now and then; copies of them belong onto another machine.
create table ledger_head (
  workspace_id bytea not null references workspace (id),
  seq bigint not null,
  hash bytea not null,
  at bigint not null,
  signature bytea not null,
  primary key (workspace_id, seq)
);

-- Agreed on the page, to be confirmed by mail.
create table consent_request (
  id bytea primary key,
  contact_id bytea not null references contact (id),
  -- The copy on whose page it was made, where it was made on one.
  copy_id bytea,
  topics text not null,
  text_sha256 bytea not null references consent_text (sha256),
  created_at bigint not null,
  expires_at bigint not null,
  answered_at bigint,
  -- Proof that the mailbox's owner agreed: the digest of the token in the mail, and what the relay said to that mail.
  token_sha256 bytea,
  answer text,
  -- The mail itself: its Message-ID, and the digest of its bytes as they left.
  mail_id text,
  mail_sha256 bytea
);
create index consent_request_contact on consent_request (contact_id, created_at);

-- Who was named to agree for a contact below the age to agree alone. The request is what the contact would agree to; it is
-- answered when the guardian's word counts.
create table guardian (
  id bytea primary key,
  request_id bytea not null unique references consent_request (id),
  contact_id bytea not null references contact (id),
  -- Their own; empty once they said no or another was named.
  address text not null,
  -- The keyed hash of that address, which stays, to bound the mails to it.
  mark bytea not null,
  relation text not null,
  -- The limit that the contact has not reached.
  threshold bigint not null,
  country text,
  created_at bigint not null,
  -- The text that they agreed to, and when they pressed the button.
  text_sha256 bytea references consent_text (sha256),
  given_at bigint,
  -- Somebody of the workspace had to check it, and did.
  must_be_checked bigint not null,
  checked_at bigint,
  checked_by bytea,
  ended_at bigint
);
create index guardian_contact on guardian (contact_id, created_at);
create index guardian_mark on guardian (mark, created_at);

-- A mail that shows whose mailbox it is: its link works once, for a day.
create table challenge (
  id bytea primary key,
  contact_id bytea not null references contact (id),
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint
);
create index challenge_contact on challenge (contact_id, created_at);

-- Addresses that somebody wrote into the page that anybody may use, known or not, until they are looked up.
create table knock (
  id bytea primary key,
  address text not null,
  at bigint not null
);

-- Forms for other sites. What they say and ask is never changed; they are closed.
create table form (
  id bytea primary key,
  workspace_id bytea not null references workspace (id),
  name text not null,
  -- The page it stands on and what kind of page that is.
  page text not null,
  page_kind text not null,
  topics text not null,
  published_at bigint not null,
  closed_at bigint
);
create index form_workspace on form (workspace_id, published_at);

-- Agreements from forms, of people who may or may not be known, until they are looked up.
create table intake (
  id bytea primary key,
  workspace_id bytea not null references workspace (id),
  -- The place of the confirmation mail in the outbox.
  outbox bytea not null,
  address text not null,
  -- Their mark on the list of those who want no advertising.
  mark bytea not null,
  language text not null,
  topics text not null,
  text_sha256 bytea not null,
  -- What shows how it was collected elsewhere.
  shown_sha256 bytea,
  method text not null,
  place text not null,
  by_whom text not null,
  at bigint not null
);
create index intake_at on intake (at);

-- Breaches of personal data, also those nobody has to be told of (GDPR Art. 33(5)).
create table breach (
  id bytea primary key,
  workspace_id bytea not null references workspace (id),
  aware_at bigint not null,
  from_at bigint not null,
  to_at bigint not null,
  risk text not null,
  nature text not null,
  persons text not null,
  records text not null,
  contact text not null,
  consequences text not null,
  measures text not null,
  delay text not null,
  authority_told_at bigint,
  persons_told_at bigint
);
create index breach_workspace on breach (workspace_id, aware_at);

create table message (
  id bytea primary key,
  workspace_id bytea not null references workspace (id),
  user_id bytea not null references "user" (id),
  sender text not null,
  header_id text not null,
  subject text not null,
  accepted_at bigint not null,
  size bigint not null,
  switch text not null,
  -- What kind of mail it is: rules differ by it.
  class text not null,
  -- The assessment of legitimate interests behind a cold mail.
  assessment_id bytea,
  -- The sender asks recipients to say that they have read it.
  receipt_asked bigint not null,
  search text not null,
  -- The mail as the sender wrote it; gone once every copy is delivered or bounced.
  source bytea
);
create index message_list on message (workspace_id, accepted_at, id);
create index message_list_user on message (user_id, accepted_at, id);

-- What the mail was made of: its parts in the order they stand in, without a word of what they say.
create table part (
  message_id bytea not null references message (id),
  position bigint not null,
  -- `1.2` as in IMAP.
  path text not null,
  content_type text not null,
  role text not null,
  hindrance text,
  primary key (message_id, position)
);
create index message_header on message (header_id);

create table link (
  message_id bytea not null references message (id),
  number bigint not null,
  destination text not null,
  -- The path of its part, and what carries it there.
  part text not null,
  kind text not null,
  skipped text,
  primary key (message_id, number)
);

create table copy (
  id bytea primary key,
  workspace_id bytea not null,
  message_id bytea not null references message (id),
  contact_id bytea not null references contact (id),
  position bigint not null,
  address text not null,
  mode_open text not null,
  mode_click text not null,
  mode_document text not null,
  -- What it carried as it left. The register counts by it; a withdrawal lowers the modes above, not these.
  carried_open text not null,
  carried_click text not null,
  carried_document text not null,
  reason_open text,
  reason_click text,
  ask bigint not null,
  -- It carries the link with which they can say that they have read it.
  receipt_asked bigint not null,
  state text not null,
  answer text,
  -- Why the rules kept it from being sent at all.
  refusal text,
  state_at bigint not null,
  tick text not null,
  opens_human bigint not null,
  opens_unknown bigint not null,
  opens_machine bigint not null,
  clicks_human bigint not null,
  clicks_unknown bigint not null,
  clicks_machine bigint not null,
  first_read_at bigint,
  last_read_at bigint,
  receipt_at bigint,
  -- Signs that somebody else, somewhere else, has it too: how sure, in percent, and the codes of the signs.
  elsewhere_confidence bigint,
  elsewhere_reasons text
);
create index copy_message on copy (message_id, position);
create index copy_contact on copy (contact_id, state_at);

-- Mail that still has to leave. A row goes when its mail was taken by the relay or bounced.
create table outbox (
  id bytea primary key,
  kind text not null,
  workspace_id bytea not null,
  message_id bytea,
  copy_id bytea,
  -- The consent request, guardian or challenge that it is the mail of.
  request_id bytea,
  contact_id bytea,
  action text,
  sender text not null,
  recipient text not null,
  notify text,
  orcpt text,
  ret text,
  envid text,
  created_at bigint not null,
  due_at bigint not null,
  attempts bigint not null,
  -- The worker that has it in hand, and until when; workers renew, and what a dead one held becomes due again.
  lease_owner bytea,
  lease_until bigint
);
create index outbox_due on outbox (due_at);
create index outbox_message on outbox (message_id);
create index outbox_lease on outbox (lease_owner) where lease_owner is not null;

create table hit (
  id bytea primary key,
  copy_id bytea not null references copy (id),
  axis text not null,
  link bigint not null,
  at bigint not null,
  opener text not null,
  meaning text not null,
  confidence bigint not null,
  reasons text not null,
  -- The version of the rules that judged it last.
  rules bigint not null,
  -- What it meant when judged alone, where comparing with other hits changed the verdict.
  revised_from text,
  facts text,
  repeat bigint not null,
  folded bigint not null
);
create index hit_copy on hit (copy_id, at);
create index hit_unfolded on hit (folded) where folded = 0;

-- How often the pictures and links of a message were asked for by those who are only counted: a number a day, and
-- nothing about a request.
create table tally (
  message_id bytea not null references message (id),
  axis text not null,
  link bigint not null,
  day text not null,
  count bigint not null,
  primary key (message_id, axis, link, day)
);

-- What mail servers and mail programs wrote back about a copy: its delivery (RFC 3464), its reading (RFC 8098).
create table report (
  id bytea primary key,
  copy_id bytea not null references copy (id),
  action text not null,
  -- Who reports, as the report names itself; and the server that decided.
  reporter text not null,
  host text not null,
  status text,
  -- It bore the id of the copy's envelope, which only those on its way know.
  known bigint not null,
  at bigint not null,
  unique (copy_id, action, reporter, host)
);

-- A copy's firsts that senders are told of: first read, first click. One row of a kind, while it stands.
create table news (
  copy_id bytea not null references copy (id),
  kind text not null,
  at bigint not null,
  told bigint not null,
  -- Not sure enough to be told at once: when to tell it, if it still stands then.
  due_at bigint,
  primary key (copy_id, kind)
);
create index news_waiting on news (due_at) where told = 0;

-- The feed that pages follow live. Numbers come from one counter, without gaps.
create table event (
  seq bigint primary key,
  workspace_id bytea not null,
  user_id bytea,
  kind text not null,
  message_id bytea,
  copy_id bytea,
  at bigint not null
);
create index event_at on event (at);

-- Addresses that a workspace has events sent to. Their secrets follow from the key file, the id and a number.
create table webhook (
  id bytea primary key,
  workspace_id bytea not null references workspace (id),
  label text not null,
  url text not null,
  -- The host by which the same recipient was first told of: it stays where that only moves to another one.
  recipient text not null,
  -- The events that were chosen: words with blanks between them. What is owed is sent anyway.
  events text not null,
  secret_number bigint not null,
  secret_at bigint not null,
  -- Why nothing is sent, and since when.
  off text,
  off_at bigint,
  -- Attempts that failed since it last took something, and when that was.
  failures bigint not null,
  working_at bigint not null,
  -- The last attempt, and what it came to.
  tried_at bigint,
  answer text,
  -- Events that were not sent: the person no longer permits it, or too many waited.
  withheld bigint not null,
  lost bigint not null,
  -- The worker that has its turn; until then nobody else has one, be it that worker's time or a rest after a failure.
  lease_owner bytea,
  not_before bigint not null,
  created_at bigint not null
);
create index webhook_workspace on webhook (workspace_id, created_at);

-- One event for one of them, while it waits and for a while after.
create table webhook_delivery (
  id bytea primary key,
  webhook_id bytea not null references webhook (id),
  event text not null,
  at bigint not null,
  -- Whom it is about; null for an erasure, which must outlive the contact.
  contact_id bytea,
  copy_id bytea,
  -- What cannot be read anew at each attempt, as JSON; emptied with the last attempt.
  detail text not null,
  state text not null,
  -- Null once it was taken or given up.
  due_at bigint,
  attempts bigint not null,
  tried_at bigint,
  -- What the last attempt came to.
  answer text
);
create index webhook_delivery_list on webhook_delivery (webhook_id, at);
create index webhook_delivery_due on webhook_delivery (webhook_id, due_at) where due_at is not null;
create index webhook_delivery_contact on webhook_delivery (contact_id);
create index webhook_delivery_copy on webhook_delivery (copy_id);

-- What single hits came to, by day and in a whole workspace, once their own term was over.
create table hit_day (
  workspace_id bytea not null references workspace (id),
  day bigint not null,
  axis text not null,
  meaning text not null,
  hits bigint not null,
  primary key (workspace_id, day, axis, meaning)
);

-- Evidence of what was cleared away, and why. It names nobody.
create table disposal (
  id bytea primary key,
  at bigint not null,
  cause text not null,
  counts text not null
);
create index disposal_at on disposal (at);
