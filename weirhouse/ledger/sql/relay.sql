-- SPDX-License-Identifier: Apache-2.0

-- name: next_rows
-- Answer outbox rows to send: life-safety first, with the earlier rows of its keys before it; then the oldest.
with life as (
    select id, topic, key from outbox where lane = 'life' order by id limit %(limit)s
), upto as (
    select topic, key, max(id) as upto from life group by topic, key
), first as (
    select id, 0 as rank from life
    union
    select o.id, 0 from upto join outbox o on o.topic = upto.topic and o.key = upto.key and o.id < upto.upto
    where o.lane = 'ordinary' and o.topic not like '%%reports.ordinary'
), rest as (
    select id, 1 as rank from outbox order by id limit %(limit)s
), line as (
    select id, min(rank) as rank from (select * from first union all select * from rest) as both_ways
    group by id order by min(rank), id limit %(limit)s
)
select o.id, o.topic, o.key, o.lane, o.value, o.trace, extract(epoch from o.created_at)::float8
from line join outbox o using (id) order by line.rank, o.id

-- name: forget
-- Delete rows that Kafka has made durable.
delete from outbox where id = any(%(ids)s)

-- name: waiting
-- Count the outbox by lane, up to ten thousand each.
select (select count(*) from (select from outbox where lane = 'life' limit 10000) as life_rows),
       (select count(*) from (select from outbox where lane = 'ordinary' limit 10000) as other_rows)

-- name: cluster
-- Answer the id of the Kafka cluster that the offsets belong to.
select value from meta where key = 'cluster_id'

-- name: adopt_cluster
-- Remember the first Kafka cluster; a ledger that has one keeps it.
insert into meta (key, value) values ('cluster_id', %(cluster)s) on conflict (key) do nothing

-- name: change_cluster
-- Remember another Kafka cluster (`weirhouse reseed`).
insert into meta (key, value) values ('cluster_id', %(cluster)s) on conflict (key) do update set value = excluded.value

-- name: reseed
-- Put into the outbox what the inbox holds without a disposition or moving, and what is not in the outbox already.
insert into outbox (topic, key, lane, value, trace, created_at)
select case when b.lane = 'life' then %(life)s else %(ordinary)s end, b.zone, b.lane, b.body, '', clock_timestamp()
from inbox b left join dispositions d using (report_id)
where (d.report_id is null or d.kind = 'moving')
  and not exists (select from outbox o where o.topic in (%(life)s, %(ordinary)s) and o.value = b.body)
order by b.lane, b.received_at
