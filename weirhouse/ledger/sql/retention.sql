-- SPDX-License-Identifier: Apache-2.0
-- What is past its age goes, at most so many rows a statement. Audit, dispositions and undecided reports never do.

-- name: idempotency
-- Forget idempotency keys and their answers.
with gone as (
    delete from idempotency where (actor, key) in (
        select actor, key from idempotency where at < to_timestamp(%(before)s) order by at limit %(limit)s
    ) returning 1
) select count(*) from gone

-- name: links
-- Forget sign-in links that ran out long ago.
with gone as (
    delete from sign_in_links where token_hash in (
        select token_hash from sign_in_links where expires_at < to_timestamp(%(before)s) limit %(limit)s
    ) returning 1
) select count(*) from gone

-- name: sessions
-- Forget browser sessions that ran out.
with gone as (
    delete from sessions where session_hash in (
        select session_hash from sessions where expires_at < to_timestamp(%(before)s) limit %(limit)s
    ) returning 1
) select count(*) from gone

-- name: changes
-- Forget the feed's oldest numbered changes, never the newest ones, however old they are.
with oldest as (
    select change_id, seq, at from changes where seq is not null order by seq limit %(limit)s
), gone as (
    delete from changes where change_id in (
        select change_id from oldest
        where at < to_timestamp(%(before)s)
          and seq <= (select seq from numbering where name = 'changes') - %(newest)s
    ) returning 1
) select count(*) from gone

-- name: inbox
-- Forget what decided reports said in the inbox; their ids and hashes stay, so that a repeat is still a repeat.
with old as (
    select b.report_id from inbox b
    where b.body <> ''::bytea and b.received_at < to_timestamp(%(before)s)
      and exists (select from dispositions d where d.report_id = b.report_id and d.kind not in ('moving', 'deferred'))
    order by b.received_at limit %(limit)s
), gone as (
    update inbox b set body = ''::bytea from old where b.report_id = old.report_id returning 1
) select count(*) from gone

-- name: undecided
-- Forget what was decided by a worker that does not know the table of undecided cries.
with gone as (
    delete from undecided where report_id in (
        select u.report_id from undecided u join dispositions d using (report_id) limit %(limit)s
    ) returning 1
) select count(*) from gone

-- name: elsewhen
-- Forget reports that stand in no day's partition.
with gone as (
    delete from reports_elsewhen where (received_at, report_id) in (
        select received_at, report_id from reports_elsewhen where received_at < to_timestamp(%(before)s)
        order by received_at limit %(limit)s
    ) returning 1
) select count(*) from gone

-- name: reports_since
-- Remember from when on reports stand; the proofs ask nothing of older ones.
insert into meta (key, value) values ('reports_since', to_timestamp(%(since)s)::text)
on conflict (key) do update set value = excluded.value where meta.value::timestamptz < excluded.value::timestamptz
