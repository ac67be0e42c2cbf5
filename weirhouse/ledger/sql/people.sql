-- SPDX-License-Identifier: Apache-2.0

-- name: key_of_subject
-- Answer a subject's newest wrapped key.
select sealed_key from subjects where subject = %(subject)s order by made_at desc, key_id limit 1

-- name: personal
-- Answer the sealed personal part of a report with its subject and the wrapped key, if that still stands.
select p.subject, p.key_id, p.sealed, s.sealed_key
from personal p left join subjects s on s.subject = p.subject and s.key_id = p.key_id
where p.report_id = %(id)s

-- name: erase_subject
-- Erase a person: without the keys the sealed parts say nothing.
delete from subjects where subject = %(subject)s

-- name: add_link
-- Keep a one-use sign-in link.
insert into sign_in_links (token_hash, subject, roles, zones, expires_at)
values (%(hash)s, %(subject)s, %(roles)s, %(zones)s, to_timestamp(%(until)s))

-- name: take_link
-- Use a sign-in link up, once, before it runs out.
update sign_in_links set used_at = to_timestamp(%(now)s)
where token_hash = %(hash)s and used_at is null and expires_at > to_timestamp(%(now)s)
returning subject, roles, zones

-- name: add_session
-- Keep a browser session.
insert into sessions (session_hash, subject, roles, zones, csrf, expires_at)
values (%(hash)s, %(subject)s, %(roles)s, %(zones)s, %(csrf)s, to_timestamp(%(until)s))

-- name: session
-- Answer a browser session that has not run out.
select subject, roles, zones, csrf, extract(epoch from expires_at)::float8 from sessions
where session_hash = %(hash)s and expires_at > to_timestamp(%(now)s)

-- name: end_session
-- End a browser session, and sweep those that ran out.
delete from sessions where session_hash = %(hash)s or expires_at < to_timestamp(%(now)s)
