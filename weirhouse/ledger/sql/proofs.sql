-- SPDX-License-Identifier: Apache-2.0

-- name: counts
-- Count accepted reports and dispositions by kind.
select (select count(*) from inbox), kind, count(*) from dispositions group by kind
union all select (select count(*) from inbox), '', 0

-- name: in_flight
-- Answer accepted reports without a disposition, and whether the outbox still holds them.
select b.report_id, exists (
    select from outbox o where o.key = b.zone and o.lane = b.lane and o.value = b.body
) from inbox b left join dispositions d using (report_id) where d.report_id is null order by b.received_at limit %(limit)s

-- name: in_flight_count
-- Count accepted reports without a disposition.
select count(*) from inbox b left join dispositions d using (report_id) where d.report_id is null

-- name: moving
-- Answer reports that are on their way to a neighbour zone.
select report_id from dispositions where kind = 'moving' limit %(limit)s

-- name: doubled
-- Answer report ids that were kept more than once, or that the count of their incident does not bear.
select report_id from reports group by report_id having count(*) > 1 limit %(limit)s

-- name: without_report
-- Answer dispositions whose report was not kept, though it is younger than the retention's age.
select d.report_id from dispositions d
left join reports r on r.report_id = d.report_id and r.received_at = d.received_at
where r.report_id is null
  and d.received_at >= coalesce((select value::timestamptz from meta where key = 'reports_since'), '-infinity')
limit %(limit)s

-- name: without_incident
-- Answer dispositions that name an incident that is not there, or none where there must be one.
select d.report_id from dispositions d left join incidents i using (incident_id)
where d.kind in ('opened', 'joined', 'folded') and i.incident_id is null limit %(limit)s

-- name: in_merged
-- Answer dispositions that still stand in an incident that was merged into another.
select d.report_id from dispositions d join incidents i using (incident_id)
where i.state = 'merged' limit %(limit)s

-- name: derived
-- Answer a page of incidents (those of which the retention took no report) with what dispositions, reports, assignments and audit say of them.
with page as (
    select incident_id, number, zone, state, priority, reports, teams, merged_into, body from incidents
    where incident_id > %(after)s::uuid
      and ((select value from meta where key = 'reports_since') is null or not exists (
          select from dispositions d where d.incident_id = incidents.incident_id
            and d.received_at < (select value::timestamptz from meta where key = 'reports_since')))
    order by incident_id limit %(limit)s
), told as (
    select d.incident_id, count(*) as reports, count(distinct r.source) as sources,
           extract(epoch from min(r.event_time))::float8 as first_at,
           extract(epoch from max(r.event_time))::float8 as last_at,
           count(*) filter (where d.kind = 'opened') as opened,
           array_agg(r.body) as bodies
    from page join dispositions d using (incident_id)
    join reports r on r.report_id = d.report_id and r.received_at = d.received_at
    where d.kind in ('opened', 'joined', 'folded') group by d.incident_id
), sent as (
    select a.incident_id, count(*) as teams from page join assignments a using (incident_id)
    where a.state in ('reserved', 'notified', 'accepted', 'en_route', 'on_scene') group by a.incident_id
)
select p.incident_id, p.number, p.zone, p.state, p.priority, p.reports, p.teams, p.body,
       coalesce(t.reports, 0), coalesce(t.sources, 0), t.first_at, t.last_at, coalesce(t.opened, 0), t.bodies,
       coalesce(s.teams, 0),
       p.merged_into is null or exists (select from incidents m where m.incident_id = p.merged_into)
from page p left join told t using (incident_id) left join sent s using (incident_id) order by p.incident_id

-- name: audited
-- Answer the audit of these incidents, oldest first.
select entity_id, body from audit where entity = 'incident' and entity_id = any(%(ids)s::text[]) order by audit_id
