-- SPDX-License-Identifier: Apache-2.0

-- name: incident
-- Answer one incident.
select body from incidents where incident_id = %(id)s

-- name: incident_by_number
-- Answer one incident by its speakable number.
select body from incidents where number = %(number)s

-- name: reports_of
-- Answer the reports that stand in an incident, newest decision first.
select d.report_id, r.body, d.kind, d.score, d.terms::text, d.own_line, d.repeats,
       extract(epoch from d.decided_at)::float8
from dispositions d join reports r on r.report_id = d.report_id and r.received_at = d.received_at
where d.incident_id = %(id)s
  and (%(at)s::float8 is null or (d.decided_at, d.report_id) < (to_timestamp(%(at)s), %(after)s::uuid))
order by d.decided_at desc, d.report_id desc limit %(limit)s

-- name: history_of
-- Answer the newest audit lines of a row.
select body from audit where entity = %(entity)s and entity_id = %(id)s order by audit_id desc limit %(limit)s

-- name: assignments_of
-- Answer the assignments of an incident, oldest first.
select assignment_id, incident_id, team_id, state, assigned_by, extract(epoch from assigned_at)::float8, reason, fence,
       version, history::text
from assignments where incident_id = %(id)s order by assigned_at, assignment_id

-- name: assignment
-- Answer one assignment.
select assignment_id, incident_id, team_id, state, assigned_by, extract(epoch from assigned_at)::float8, reason, fence,
       version, history::text
from assignments where assignment_id = %(id)s

-- name: active_assignment
-- Answer who has a team now.
select assignment_id, incident_id, assigned_by from assignments
where team_id = %(team)s and state in ('reserved', 'notified', 'accepted', 'en_route', 'on_scene')

-- name: teams
-- Answer the teams, all or of these zones and states.
select team_id, name_en, name_zh, kind, skills, zone, state, lat, lon,
       extract(epoch from position_at)::float8, accuracy_m, exercise, version
from teams
where (cardinality(%(zones)s::text[]) = 0 or zone = any(%(zones)s::text[]))
  and (cardinality(%(states)s::text[]) = 0 or state = any(%(states)s::text[]))
  and (cardinality(%(ids)s::text[]) = 0 or team_id = any(%(ids)s::text[]))
order by team_id

-- name: burdens
-- Answer how often each team was sent since an instant, and when it was last free again.
select team_id, count(*)::int,
       coalesce(max((history->-1->>1)::float8)
                filter (where state not in ('reserved', 'notified', 'accepted', 'en_route', 'on_scene')), 0)
from assignments where assigned_at >= to_timestamp(%(since)s) group by team_id order by team_id

-- name: undecided
-- Answer life-safety reports of the inbox without a disposition, longest waiting first, and how many there are.
with waiting as (
    select u.report_id, u.received_at from undecided u
    where u.received_at <= to_timestamp(%(before)s)
      and (cardinality(%(zones)s::text[]) = 0 or u.zone = any(%(zones)s::text[]))
      and not exists (select from dispositions d where d.report_id = u.report_id)
    order by u.received_at, u.report_id limit %(cap)s
)
select (select count(*) from waiting)::int, b.body
from (select report_id, received_at from waiting order by received_at, report_id limit %(limit)s) w
join inbox b using (report_id) order by w.received_at, w.report_id

-- name: near
-- Answer open incidents in these squares, of all zones or of these, with their places.
select lat, lon, incident_id from incidents
where open and cell = any(%(cells)s) and (%(zones)s::text[] = '{}' or zone = any(%(zones)s::text[]))

-- name: raise_membership
-- Raise the membership versions of zones, so that a slice decided before fails its compare.
update zones set membership = membership + 1
where zone in (select zone from zones where zone = any(%(zones)s::text[]) order by zone for update)
returning zone, membership

-- name: move_reports
-- Let reports go to another incident: all that stand in one, or these. Each keeps what it was there as its last term.
with held as (
    select report_id, terms::jsonb as terms from dispositions
    where incident_id = %(source)s and (%(ids)s::uuid[] is null or report_id = any(%(ids)s::uuid[]))
    order by report_id for update
)
update dispositions d set
    incident_id = %(target)s, zone = %(zone)s, previous = d.kind,
    kind = case when d.report_id = %(opens)s::uuid then 'opened' when d.kind = 'opened' then 'joined' else d.kind end,
    own_line = d.own_line or (d.kind = 'opened' and d.lane = 'life'),
    terms = (held.terms || jsonb_build_array(jsonb_build_object('code', 'moved', 'value', 0.0, 'detail',
             d.kind || ' ' || replace(d.incident_id::text, '-', ''))))::json
from held where d.report_id = held.report_id
returning d.report_id

-- name: move_back
-- Let reports go back to the incident that their last term names, as what they were there.
with held as (
    select report_id, terms::jsonb as terms, split_part(terms::jsonb -> -1 ->> 'detail', ' ', 1) as was
    from dispositions
    where incident_id = %(source)s and terms::jsonb -> -1 ->> 'code' = 'moved'
      and split_part(terms::jsonb -> -1 ->> 'detail', ' ', 2) = %(target)s
    order by report_id for update
)
update dispositions d set
    incident_id = %(target)s::uuid, zone = %(zone)s, previous = d.kind, kind = held.was,
    own_line = d.own_line and held.was <> 'opened', terms = (held.terms - -1)::json
from held where d.report_id = held.report_id
returning d.report_id

-- name: lane_of
-- Answer the lane and the zone of an incident that the act itself does not write.
select lane, zone, exercise from incidents where incident_id = %(id)s

-- name: update_team
-- Compare-and-set a team on its version.
update teams set name_en = %(name_en)s, name_zh = %(name_zh)s, kind = %(kind)s, skills = %(skills)s, zone = %(zone)s,
    state = %(state)s, lat = %(lat)s, lon = %(lon)s, position_at = to_timestamp(%(position_at)s),
    accuracy_m = %(accuracy_m)s, exercise = %(exercise)s, version = version + 1
where team_id = %(team)s and version = %(version)s
returning version

-- name: team_version
-- Answer the version of a team as it is now.
select version from teams where team_id = %(team)s

-- name: incident_version
-- Answer the version of an incident as it is now.
select version from incidents where incident_id = %(id)s

-- name: assignment_version
-- Answer the version of an assignment as it is now.
select version from assignments where assignment_id = %(id)s

-- name: insert_assignment
-- Insert an assignment; the unique index on active assignments of a team decides who was first.
insert into assignments (assignment_id, incident_id, team_id, state, assigned_by, assigned_at, reason, fence, version,
                         history)
values (%(id)s, %(incident)s, %(team)s, %(state)s, %(by)s, to_timestamp(%(at)s), %(reason)s, %(fence)s, 1, %(history)s)
on conflict (assignment_id) do nothing
returning version

-- name: update_assignment
-- Compare-and-set an assignment on its version.
update assignments set incident_id = %(incident)s, state = %(state)s, assigned_by = %(by)s, reason = %(reason)s, fence = %(fence)s,
    version = version + 1, history = %(history)s
where assignment_id = %(id)s and version = %(version)s
returning version

-- name: begin_idempotent
-- Take an idempotency key, or one whose holder died more than a minute ago.
insert into idempotency as k (actor, key, request_sha256, at)
values (%(actor)s, %(key)s, %(sha)s, to_timestamp(%(now)s))
on conflict (actor, key) do update set at = excluded.at
where k.status is null and k.request_sha256 = excluded.request_sha256
  and k.at < excluded.at - interval '60 seconds'
returning key

-- name: idempotent
-- Answer what a key was used for.
select request_sha256, status, answer from idempotency where actor = %(actor)s and key = %(key)s

-- name: finish_idempotent
-- Keep the answer of an act under its key, once.
update idempotency set status = %(status)s, answer = %(answer)s
where actor = %(actor)s and key = %(key)s and status is null
returning key

-- name: drop_idempotent
-- Give a key back after a failure that changed nothing.
delete from idempotency where actor = %(actor)s and key = %(key)s and status is null
