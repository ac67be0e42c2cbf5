-- SPDX-License-Identifier: Apache-2.0
-- The ledger's first schema. Runs with search_path set to the namespace's schema.
-- Instants are timestamptz; the code's seconds-UTC floats become timestamptz at the border.
-- Reasons for the shape: docs/decisions/0004-ledger.md.

create table meta (
    key   text primary key,
    value text not null
);

-- standing data -----------------------------------------------------------------------------------

create table zones (
    zone       text primary key,
    name_en    text not null,
    name_zh    text not null,
    rings      jsonb not null default '[]',
    neighbours text[] not null default '{}',
    partition  integer not null,
    -- Raised when the desk opens, splits, reopens or retypes: the correlator compares it (no phantom).
    membership bigint not null default 1,
    version    integer not null default 1
);

create table places (
    place_id text primary key,
    name_en  text not null,
    name_zh  text not null,
    aliases  text[] not null default '{}',
    kind     text not null,
    zone     text not null references zones,
    lat      double precision not null,
    lon      double precision not null,
    radius_m real not null default 50,
    asset_id text not null default ''
);

create table sources (
    source   text primary key,
    body     jsonb not null,              -- weirhouse.domain.city.Source
    key_hash bytea,                       -- SHA-256 of the source's key; null = may not use the doors
    active   boolean not null default true,
    version  integer not null default 1
);

create table policies (
    version    integer primary key,
    mode       text not null,
    body       jsonb not null,
    created_by text not null,
    created_at timestamptz not null,
    reason     text not null default ''
);

-- the doors ---------------------------------------------------------------------------------------

create table inbox (
    report_id   uuid primary key,
    source      text not null,
    key         text not null,
    body_sha256 bytea not null,
    lane        text not null check (lane in ('life', 'ordinary')),
    zone        text not null,
    event_time  timestamptz not null,
    received_at timestamptz not null,
    body        bytea not null,           -- wire Report; what `reseed` produces again
    via         text not null default 'door' check (via in ('door', 'kafka'))
);

create table outbox (
    id         bigint generated always as identity primary key,
    topic      text not null,
    key        text not null,
    lane       text not null check (lane in ('life', 'ordinary')),
    value      bytea,
    trace      text not null default '',
    created_at timestamptz not null
);
create index outbox_life on outbox (id) where lane = 'life';
-- Earlier ordinary rows of a key that life-safety takes ahead; reports never mix lanes in a topic.
create index outbox_mixed on outbox (topic, key, id) where lane = 'ordinary' and topic not like '%reports.ordinary';

-- Two doors may mint a key for one new subject at the same moment: both stand, each with its own id.
create table subjects (
    subject    text not null,             -- keyed pseudonym
    key_id     bytea not null,            -- first 8 bytes of SHA-256(sealed_key)
    sealed_key bytea not null,            -- the subject's data key, wrapped by the house key
    made_at    timestamptz not null default now(),
    primary key (subject, key_id)
);

create table personal (
    report_id uuid primary key,
    subject   text not null,
    key_id    bytea not null,             -- empty: sealed to the house's public key (it came past the ledger)
    sealed    bytea not null              -- AES-256-GCM with the subject's key: name, number, reporter's place
);
create index personal_subject on personal (subject);

-- the correlator's rows ----------------------------------------------------------------------------

-- Every decided report by day, as it came. `body` is the wire Report; the columns are for people with SQL.
-- The key begins with the instant: new rows go to the same pages, not to random ones.
create table reports (
    report_id   uuid not null,
    received_at timestamptz not null,
    source      text not null,
    zone        text not null,
    lane        text not null,
    type        text not null,
    event_time  timestamptz not null,
    body        bytea not null,
    primary key (received_at, report_id)
) partition by range (received_at);
create table reports_elsewhen partition of reports default;

-- The ids of all decided reports, each once: this primary key is what makes a repeat a repeat.
create table dispositions (
    report_id   uuid primary key,
    received_at timestamptz not null,     -- finds its row in `reports`
    kind        text not null check (kind in ('opened','joined','folded','moving','deferred','inhibited','set_aside')),
    incident_id uuid,
    zone        text not null,
    score       real not null default 0,
    terms       json not null default '[]',
    lane        text not null,
    decided_at  timestamptz not null,
    policy      integer not null,
    repeats     integer not null default 1,
    own_line    boolean not null default false,   -- shown on its own line (life-safety guard)
    previous    text not null default ''          -- what it was before the last decision on it
);
create index dispositions_incident on dispositions (incident_id);
create index dispositions_moving on dispositions (zone) where kind = 'moving';

create sequence incident_numbers;

-- `body` is the whole weirhouse.domain.incident.Incident in MessagePack: one column to load or to answer with.
-- The other columns are what SQL filters, orders and checks; both are written by the same statement.
create table incidents (
    incident_id      uuid primary key,
    number           bigint not null unique,
    zone             text not null,
    type             text not null,
    state            text not null,
    priority         smallint not null check (priority between 1 and 5),
    rank             double precision not null,
    lane             text not null check (lane in ('life', 'ordinary', 'bulk')),
    lat              double precision,
    lon              double precision,
    cell             integer,                     -- 0.01 degree square; changes rarely, so most updates stay on the page
    address          text not null default '',
    opened_at        timestamptz not null,
    last_at          timestamptz not null,
    closed_at        timestamptz,
    reports          integer not null,
    summary          text not null,
    owner            text not null default '',
    merged_into      uuid,
    teams            integer not null default 0,
    policy           integer not null,
    exercise         boolean not null default false,
    version          bigint not null,
    decision_version bigint not null,
    body             bytea not null,
    open             boolean generated always as (state not in ('closed', 'merged')) stored
) with (fillfactor = 80, toast_tuple_target = 8160);
alter table incidents alter column body set storage external;
create index incidents_queue on incidents (rank desc, incident_id) where open;
create index incidents_zone_queue on incidents (zone, rank desc, incident_id) where open;
create index incidents_life on incidents (zone) where open and lane = 'life';
create index incidents_near on incidents (cell) where open;
create index incidents_closed on incidents (zone, closed_at) where not open;

create table teams (
    team_id     text primary key,
    name_en     text not null,
    name_zh     text not null,
    kind        text not null,
    skills      text[] not null default '{}',
    zone        text not null default '',
    state       text not null default 'available',
    lat         double precision,
    lon         double precision,
    position_at timestamptz,
    exercise    boolean not null default false,
    version     bigint not null default 1
);

create table assignments (
    assignment_id uuid primary key,
    incident_id   uuid not null references incidents,
    team_id       text not null references teams,
    state         text not null,
    assigned_by   text not null,
    assigned_at   timestamptz not null,
    reason        text not null default '',
    fence         bigint not null default 1,
    version       bigint not null default 1,
    history       json not null default '[]'
);
-- Never twice: one active assignment a team, whoever asks and whenever.
create unique index assignments_team_active on assignments (team_id)
    where state in ('reserved', 'notified', 'accepted', 'en_route', 'on_scene');
create index assignments_incident on assignments (incident_id);

-- what others see ----------------------------------------------------------------------------------

create table changes (
    change_id bigint generated always as identity primary key,
    seq       bigint,                         -- given by the sequencer after the commit
    kind      text not null check (kind in ('incident', 'team', 'assignment', 'zone', 'policy')),
    entity    text not null,
    version   bigint not null,
    zone      text not null,
    lane      text not null check (lane in ('life', 'ordinary')),
    at        timestamptz not null,
    trace     text not null default '',       -- traceparent of one report behind it
    body      bytea not null                  -- the JSON that the feed sends
);
create unique index changes_seq on changes (seq) where seq is not null;
create index changes_unnumbered on changes (change_id) where seq is null;
create index changes_unnumbered_life on changes (entity, change_id) where seq is null and lane = 'life';
create index changes_unnumbered_entity on changes (entity, change_id) where seq is null;

-- `body` is the canonical JSON of the entry: the chain hashes exactly these bytes.
create table audit (
    audit_id  bigint generated always as identity primary key,
    seq       bigint,
    at        timestamptz not null,
    actor     text not null,                  -- a seat, or `correlate`, `clock`, `admin`
    action    text not null,
    entity    text not null,
    entity_id text not null,
    body      bytea not null,
    prev      bytea,
    hash      bytea                           -- SHA-256(prev || body), chained by the sequencer
);
create unique index audit_seq on audit (seq) where seq is not null;
create index audit_unnumbered on audit (audit_id) where seq is null;
create index audit_entity on audit (entity, entity_id, audit_id);

-- The sequencer's counters: they survive the pruning of old rows.
create table numbering (
    name text primary key,                    -- `changes`, `audit`
    seq  bigint not null default 0,
    hash bytea not null default ''
);
insert into numbering (name) values ('changes'), ('audit');

-- progress and ownership ---------------------------------------------------------------------------

create table input_offsets (
    cluster_id  text not null,
    topic       text not null,
    partition   integer not null,
    next_offset bigint not null,
    primary key (cluster_id, topic, partition)
);

create table owners (
    partition integer primary key,
    epoch     bigint not null,
    worker    text not null,
    taken_at  timestamptz not null
);

create table leases (
    name       text primary key,
    holder     text not null,
    epoch      bigint not null,
    expires_at timestamptz not null
);

-- people -------------------------------------------------------------------------------------------

create table sign_in_links (
    token_hash bytea primary key,
    subject    text not null,
    roles      text[] not null,
    zones      text[] not null,               -- empty = all
    expires_at timestamptz not null,
    used_at    timestamptz
);

create table sessions (
    session_hash bytea primary key,
    subject      text not null,
    roles        text[] not null,
    zones        text[] not null,
    csrf         text not null,
    expires_at   timestamptz not null
);

create table idempotency (
    actor          text not null,
    key            text not null,
    request_sha256 bytea not null,
    status         integer,                   -- null while in flight
    answer         bytea,
    at             timestamptz not null,
    primary key (actor, key)
);


-- The ledger's own epoch: another one after a restore, so that numbers of before are not taken for numbers of after.
insert into meta (key, value) values ('epoch', replace(gen_random_uuid()::text, '-', ''));
