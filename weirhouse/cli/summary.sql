-- SPDX-License-Identifier: Apache-2.0

-- name: counts
-- Count the dispositions by kind, people's reports (those of the inbox) apart from devices' signals.
select d.kind, b.report_id is not null as person, count(*)::bigint
from dispositions d left join inbox b using (report_id)
group by 1, 2

-- name: inbox
-- Count the reports that were made safe, and those of them that have no disposition yet.
select count(*)::bigint, count(*) filter (where d.report_id is null)::bigint
from inbox b left join dispositions d using (report_id)

-- name: waiting
-- Count what is still on its way inside: outbox rows, unnumbered changes, reports on the move between zones.
select (select count(*) from outbox)::bigint,
       (select count(*) from changes where seq is null)::bigint,
       (select count(*) from dispositions where kind = 'moving')::bigint

-- name: incidents
-- Count the incidents, those open, the reports they hold by their own count, and the most that one holds.
select count(*)::bigint, count(*) filter (where open)::bigint, coalesce(sum(reports), 0)::bigint, coalesce(max(reports), 0)
from incidents

-- name: held
-- Count the reports that stand in an incident, repeats of a device's episode once.
select count(*)::bigint from dispositions where incident_id is not null and kind in ('opened', 'joined', 'folded')

-- name: decided
-- For every person's report in an incident: the incident, the version that its slice gave it, and the seconds UTC of
-- its 202 stamp and of its decision. A slice stamps its changes with the instant of its decisions.
select replace(d.incident_id::text, '-', ''), c.version, extract(epoch from b.received_at)::float8,
       extract(epoch from d.decided_at)::float8
from dispositions d
join inbox b using (report_id)
left join changes c
    on c.kind = 'incident' and c.entity = replace(d.incident_id::text, '-', '') and c.at = d.decided_at
where d.incident_id is not null

-- name: offsets
-- The next offset of every input the ledger has taken, newest cluster's only.
select topic, partition, next_offset from input_offsets where cluster_id = %(cluster)s
