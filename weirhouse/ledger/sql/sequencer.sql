-- SPDX-License-Identifier: Apache-2.0

-- name: take_lease
-- Take a lease that is free, has expired or is ours; a new holder gets a higher epoch.
insert into leases as l (name, holder, epoch, expires_at)
values (%(name)s, %(holder)s, 1, clock_timestamp() + make_interval(secs => %(seconds)s))
on conflict (name) do update
set holder = excluded.holder, expires_at = excluded.expires_at,
    epoch = l.epoch + case when l.holder = excluded.holder then 0 else 1 end
where l.holder = excluded.holder or l.expires_at < clock_timestamp()
returning epoch

-- name: hold_lease
-- Keep the lease's row until the transaction ends and answer its epoch: a higher one means that we lost it.
update leases set expires_at = clock_timestamp() + make_interval(secs => %(seconds)s)
where name = %(name)s and epoch = %(epoch)s and holder = %(holder)s
returning epoch

-- name: drop_lease
-- Give the lease back, so that the next one need not wait for it to expire.
update leases set expires_at = clock_timestamp() where name = %(name)s and epoch = %(epoch)s and holder = %(holder)s

-- name: number_changes
-- Number committed changes: those of rows that life-safety speaks of first (earlier versions of a row before later),
-- then the rest in the order they were written.
with life as (
    select kind, entity, max(change_id) as upto from (
        select kind, entity, change_id from changes where seq is null and lane = 'life' order by change_id limit %(limit)s
    ) as newest group by kind, entity
), first as (
    select c.change_id, 0 as rank from changes c join life using (kind, entity)
    where c.seq is null and c.change_id <= life.upto
), rest as (
    select change_id, 1 as rank from changes where seq is null order by change_id limit %(limit)s
), line as (
    select change_id, min(rank) as rank from (select * from first union all select * from rest) as both_ways
    group by change_id order by min(rank), change_id limit %(limit)s
), numbered as (
    select change_id, row_number() over (order by rank, change_id) as place from line
), base as (
    select seq from numbering where name = 'changes'
), given as (
    update changes c set seq = base.seq + numbered.place from numbered, base
    where c.change_id = numbered.change_id
    returning c.lane
), counted as (
    select count(*) as all_rows, count(*) filter (where lane = 'life') as life_rows from given
), moved as (
    update numbering set seq = seq + counted.all_rows from counted where name = 'changes' and counted.all_rows > 0
)
select all_rows, life_rows from counted

-- name: unchained
-- Answer committed audit lines that the chain does not hold yet.
select audit_id, body from audit where seq is null order by audit_id limit %(limit)s

-- name: chain_head
-- Answer the number and the hash of the chain's last line.
select seq, hash from numbering where name = 'audit'

-- name: chain
-- Give audit lines their number, the hash before and their own.
update audit a set seq = b.seq, prev = b.prev, hash = b.hash
from unnest(%(ids)s, %(seqs)s, %(prevs)s, %(hashes)s) as b(audit_id, seq, prev, hash)
where a.audit_id = b.audit_id and a.seq is null

-- name: move_chain
-- Remember the chain's new last line.
update numbering set seq = %(seq)s, hash = %(hash)s where name = 'audit'

-- name: waiting
-- Count committed changes without a number, up to ten thousand.
select count(*) from (select from changes where seq is null limit 10000) as unnumbered

-- name: chained
-- Answer a stretch of the chain, to check it.
select seq, body, prev, hash from audit where seq > %(seq)s order by seq limit %(limit)s

-- name: day_partitions
-- Answer the names of the reports' day partitions that exist.
select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'reports'::regclass
