-- SPDX-License-Identifier: Apache-2.0

-- name: take
-- Raise the epoch of a partition for its new owner; a slice in flight holds the row until it has ended.
insert into owners (partition, epoch, worker, taken_at) values (%(partition)s, 1, %(worker)s, to_timestamp(%(now)s))
on conflict (partition) do update
set epoch = owners.epoch + 1, worker = excluded.worker, taken_at = excluded.taken_at
returning epoch

-- name: offsets
-- Answer the next offset of every input that has one.
select topic, next_offset from input_offsets
where cluster_id = %(cluster)s and partition = %(partition)s and topic = any(%(topics)s::text[])

-- name: zones_of
-- Answer the zones of a partition with their membership versions.
select zone, membership from zones where partition = %(partition)s order by zone

-- name: load_life
-- Stream the zones' open life-safety incidents.
select body from incidents where zone = any(%(zones)s::text[]) and open and lane = 'life'

-- name: load_open
-- Stream the zones' other open incidents.
select body from incidents where zone = any(%(zones)s::text[]) and open and lane <> 'life'

-- name: load_closed
-- Stream the zones' incidents that closed since an instant.
select body from incidents
where zone = any(%(zones)s::text[]) and not open and closed_at >= to_timestamp(%(since)s)

-- name: load_some
-- Answer these incidents as they are now.
select body from incidents where incident_id = any(%(ids)s)

-- name: move_offsets
-- Compare-and-set the inputs' offsets; an input without a row has never been committed. Answers those that moved.
with step as (
    select * from unnest(%(topics)s, %(partitions)s, %(expected)s, %(next)s)
        as s(topic, partition, expected, next_offset)
), moved as (
    update input_offsets o set next_offset = step.next_offset from step
    where o.cluster_id = %(cluster)s and o.topic = step.topic and o.partition = step.partition
      and o.next_offset = step.expected
    returning o.topic, o.partition
), begun as (
    insert into input_offsets (cluster_id, topic, partition, next_offset)
    select %(cluster)s, topic, partition, next_offset from step
    where not exists (select from input_offsets o where o.cluster_id = %(cluster)s and o.topic = step.topic
                      and o.partition = step.partition)
    on conflict do nothing
    returning topic, partition
)
select topic, partition from moved union all select topic, partition from begun

-- name: standing_offsets
-- Answer where the inputs of a partition stand, waiting for whoever is moving them.
select topic, partition, next_offset from input_offsets
where cluster_id = %(cluster)s and (topic, partition) in (select * from unnest(%(topics)s, %(partitions)s))
order by topic, partition for update

-- name: settle_epoch
-- Answer the partition's epoch when every slice of it that is under way has ended (each holds the row for share).
select epoch from owners where partition = %(partition)s for update

-- name: settled_offsets
-- Answer where the inputs of a partition stand.
select topic, partition, next_offset from input_offsets
where cluster_id = %(cluster)s and (topic, partition) in (select * from unnest(%(topics)s, %(partitions)s))

-- name: hold_epoch
-- Answer the partition's epoch and keep it from being raised until the transaction ends.
select epoch from owners where partition = %(partition)s for share

-- name: inbox
-- Put reports that came past the ledger into the inbox, so that `reseed` and `reconcile` know them.
insert into inbox (report_id, source, key, body_sha256, lane, zone, event_time, received_at, body, via)
select *, 'kafka' from unnest(%(ids)s, %(sources)s, %(keys)s, %(sha)s, %(lanes)s, %(zones)s, %(event)s, %(received)s, %(bodies)s)
on conflict (report_id) do nothing

-- name: sealed
-- Keep personal parts that came sealed to the house's public key.
insert into personal (report_id, subject, key_id, sealed)
select report_id, '', ''::bytea, sealed from unnest(%(ids)s, %(sealed)s) as s(report_id, sealed)
on conflict (report_id) do nothing

-- name: personal
-- Keep personal parts of reports that came past the ledger, sealed with their subjects' keys as the door does.
with part as (
    select * from unnest(%(ids)s, %(subjects)s, %(key_ids)s, %(sealed_keys)s, %(sealed)s)
        as p(report_id, subject, key_id, sealed_key, sealed)
), kept as (
    insert into personal (report_id, subject, key_id, sealed)
    select report_id, subject, key_id, sealed from part
    on conflict (report_id) do nothing
    returning report_id
)
insert into subjects (subject, key_id, sealed_key)
select distinct subject, key_id, sealed_key from part join kept using (report_id)
on conflict do nothing

-- name: decide
-- Give every report its disposition: a new one, or one that was put aside before (moving, deferred, set aside) and
-- is decided otherwise now. Answers those that took it; the others were decided before.
insert into dispositions as d
    (report_id, received_at, kind, incident_id, zone, score, terms, lane, decided_at, policy, own_line)
select b.report_id, b.received_at, b.kind, b.incident_id, b.zone, b.score, b.terms, b.lane,
       to_timestamp(%(now)s), %(policy)s, b.own_line
from unnest(%(ids)s, %(received)s, %(kinds)s, %(incidents)s, %(zones)s, %(scores)s, %(terms)s, %(lanes)s, %(own_lines)s)
    as b(report_id, received_at, kind, incident_id, zone, score, terms, lane, own_line)
on conflict (report_id) do update
set kind = excluded.kind, incident_id = excluded.incident_id, zone = excluded.zone, score = excluded.score,
    terms = excluded.terms, lane = excluded.lane, decided_at = excluded.decided_at, policy = excluded.policy,
    own_line = excluded.own_line, previous = d.kind
where d.kind in ('moving', 'deferred', 'set_aside') and d.kind <> excluded.kind
returning report_id

-- name: no_longer_undecided
-- Forget that life-safety reports wait for a decision.
delete from undecided where report_id = any(%(ids)s)

-- name: hold_zones
-- Answer the zones' membership versions and keep the desk from raising them until the transaction ends.
select zone, membership from zones where zone = any(%(zones)s::text[]) order by zone for share

-- name: numbers
-- Draw speakable numbers for incidents that open.
select nextval('incident_numbers') from generate_series(1, %(count)s::integer)

-- name: update_incidents
-- Compare-and-set incident rows on their versions; answers those that were as expected.
update incidents i set
    zone = b.zone, type = b.type, state = b.state, priority = b.priority, rank = b.rank, lane = b.lane, lat = b.lat,
    lon = b.lon, cell = b.cell, address = b.address, opened_at = b.opened_at, last_at = b.last_at,
    closed_at = b.closed_at, reports = b.reports, summary = b.summary, owner = b.owner, merged_into = b.merged_into,
    teams = b.teams, policy = b.policy, exercise = b.exercise, version = b.version,
    decision_version = b.decision_version, body = b.body
from unnest(%(ids)s, %(numbers)s, %(zones)s, %(types)s, %(states)s, %(priorities)s, %(ranks)s, %(lanes)s, %(lats)s,
            %(lons)s, %(cells)s, %(addresses)s, %(opened)s, %(last)s, %(closed)s, %(reports)s, %(summaries)s,
            %(owners)s, %(merged)s, %(teams)s, %(policies)s, %(exercises)s, %(versions)s, %(decisions)s, %(bodies)s,
            %(expected)s)
    as b(incident_id, number, zone, type, state, priority, rank, lane, lat, lon, cell, address, opened_at, last_at,
         closed_at, reports, summary, owner, merged_into, teams, policy, exercise, version, decision_version, body,
         expected)
where i.incident_id = b.incident_id and i.version = b.expected
returning i.incident_id

-- name: insert_incidents
-- Insert incidents that open; one that is there already breaks the primary key and rolls the transaction back.
insert into incidents (incident_id, number, zone, type, state, priority, rank, lane, lat, lon, cell, address, opened_at,
                       last_at, closed_at, reports, summary, owner, merged_into, teams, policy, exercise, version,
                       decision_version, body)
select * from unnest(%(ids)s, %(numbers)s, %(zones)s, %(types)s, %(states)s, %(priorities)s, %(ranks)s, %(lanes)s,
                     %(lats)s, %(lons)s, %(cells)s, %(addresses)s, %(opened)s, %(last)s, %(closed)s, %(reports)s,
                     %(summaries)s, %(owners)s, %(merged)s, %(teams)s, %(policies)s, %(exercises)s, %(versions)s,
                     %(decisions)s, %(bodies)s)

-- name: numbers_of
-- Answer the numbers of incidents that a slice opened (after a commit of unknown outcome).
select incident_id, number from incidents where incident_id = any(%(ids)s)

-- name: reports
-- Keep the reports as they came, by day.
insert into reports (report_id, received_at, source, zone, lane, type, event_time, body)
select * from unnest(%(ids)s, %(received)s, %(sources)s, %(zones)s, %(lanes)s, %(types)s, %(event)s, %(bodies)s)
on conflict do nothing

-- name: repeats
-- Count known reports that were seen again.
update dispositions d set repeats = d.repeats + b.times
from unnest(%(ids)s, %(times)s) as b(report_id, times)
where d.report_id = b.report_id

-- name: changes
-- Tell the feed what changed; the sequencer numbers it after the commit.
insert into changes (kind, entity, version, zone, lane, at, trace, body)
select * from unnest(%(kinds)s, %(entities)s, %(versions)s, %(zones)s, %(lanes)s, %(at)s, %(traces)s, %(bodies)s)

-- name: incident_changes
-- Tell the feed and (where a topic is named) the topic `incidents` what changed; the body travels once, and only its
-- first bytes, which hold no caller's words, go to the topic.
with news as (
    select * from unnest(%(kinds)s, %(entities)s, %(versions)s, %(zones)s, %(lanes)s, %(at)s, %(traces)s, %(bodies)s, %(cuts)s)
        as b(kind, entity, version, zone, lane, at, trace, body, cut)
), told as (
    insert into changes (kind, entity, version, zone, lane, at, trace, body)
    select kind, entity, version, zone, lane, at, trace, body from news
    returning change_id, entity, lane, at, trace, body
)
insert into outbox (topic, key, lane, value, trace, created_at)
select %(topic)s, told.entity, told.lane, substring(told.body from 1 for news.cut) || '\x7d'::bytea, told.trace, told.at
from told join news using (entity)
where not (entity = any(%(withheld)s::text[])) order by change_id

-- name: audit
-- Keep who did what and why; the sequencer chains it after the commit.
insert into audit (at, actor, action, entity, entity_id, body)
select * from unnest(%(at)s, %(actors)s, %(actions)s, %(entities)s, %(ids)s, %(bodies)s)

-- name: outbox
-- Hand messages to the relay.
insert into outbox (topic, key, lane, value, trace, created_at)
select *, to_timestamp(%(now)s) from unnest(%(topics)s, %(keys)s, %(lanes)s, %(values)s, %(traces)s)
