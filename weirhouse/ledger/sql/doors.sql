-- SPDX-License-Identifier: Apache-2.0

-- name: accept
-- Put a batch (each id once, in the order of ids) into the inbox and, where it is new there, into the outbox,
-- with its personal part and its subject's key; answer the ids that were new.
with batch as (
    select * from unnest(
        %(ids)s, %(sources)s, %(keys)s, %(sha)s, %(lanes)s, %(zones)s, %(event)s, %(received)s, %(bodies)s,
        %(topics)s, %(traces)s, %(subjects)s, %(key_ids)s, %(sealed_keys)s, %(personal)s
    ) as b(report_id, source, key, body_sha256, lane, zone, event_time, received_at, body,
           topic, trace, subject, key_id, sealed_key, personal)
), fresh as (
    insert into inbox (report_id, source, key, body_sha256, lane, zone, event_time, received_at, body)
    select report_id, source, key, body_sha256, lane, zone, event_time, received_at, body from batch
    on conflict (report_id) do nothing
    returning report_id
), news as (
    select batch.* from batch join fresh using (report_id)
), sent as (
    insert into outbox (topic, key, lane, value, trace, created_at)
    select topic, zone, lane, body, trace, received_at from news
), cries as (
    insert into undecided (report_id, zone, received_at)
    select report_id, zone, received_at from news where lane = 'life'
    on conflict do nothing
), keys as (
    insert into subjects (subject, key_id, sealed_key)
    select distinct subject, key_id, sealed_key from news where sealed_key is not null and subject <> ''
    on conflict do nothing
), secrets as (
    insert into personal (report_id, subject, key_id, sealed)
    select report_id, subject, key_id, personal from news where personal is not null
    on conflict do nothing
)
select report_id from fresh

-- name: known
-- Answer the body hashes of ids that were in the inbox before, and the reports as they were kept then.
select report_id, body_sha256, body from inbox where report_id = any(%(ids)s)

-- name: status
-- Answer where reports are now; those in the inbox without a disposition are in flight.
select w.report_id, coalesce(d.kind, 'in_flight'), d.incident_id, i.number, coalesce(d.zone, b.zone), d.score, d.terms::text
from unnest(%(ids)s) as w(report_id)
left join dispositions d using (report_id)
left join inbox b using (report_id)
left join incidents i on i.incident_id = d.incident_id
where d.report_id is not null or b.report_id is not null
