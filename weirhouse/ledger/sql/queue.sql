-- SPDX-License-Identifier: Apache-2.0
-- Run with literals instead of parameters, so that the planner drops the filters that nobody set.

-- name: page
-- Answer one page of the queue, highest rank first, whatever the zone.
select i.rank, i.incident_id, i.body from incidents i
where (i.open or not %(open_only)s)
  and (%(rank)s::float8 is null or (i.rank <= %(rank)s::float8 and (i.rank < %(rank)s::float8 or i.incident_id > %(after)s::uuid)))
  and (%(states)s::text[] is null or i.state = any(%(states)s::text[]))
  and (%(priorities)s::int[] is null or i.priority = any(%(priorities)s::int[]))
  and (%(types)s::text[] is null or i.type = any(%(types)s::text[]))
  and (%(words)s::text is null or i.summary ilike %(words)s or i.address ilike %(words)s)
  and (%(number)s::bigint is null or i.number = %(number)s)
  and (%(exercise)s::bool is null or i.exercise = %(exercise)s)
  and (%(west)s::float8 is null or (i.lon between %(west)s and %(east)s and i.lat between %(south)s and %(north)s))
order by i.rank desc, i.incident_id limit %(limit)s

-- name: page_of_zones
-- Answer one page of the queue of some zones: each zone's own first rows, then the first of those.
select i.rank, i.incident_id, i.body from unnest(%(zones)s::text[]) as z(zone)
cross join lateral (
    select i.rank, i.incident_id, i.body from incidents i
    where i.zone = z.zone and (i.open or not %(open_only)s)
      and (%(rank)s::float8 is null or (i.rank <= %(rank)s::float8 and (i.rank < %(rank)s::float8 or i.incident_id > %(after)s::uuid)))
      and (%(states)s::text[] is null or i.state = any(%(states)s::text[]))
      and (%(priorities)s::int[] is null or i.priority = any(%(priorities)s::int[]))
      and (%(types)s::text[] is null or i.type = any(%(types)s::text[]))
      and (%(words)s::text is null or i.summary ilike %(words)s or i.address ilike %(words)s)
      and (%(number)s::bigint is null or i.number = %(number)s)
      and (%(exercise)s::bool is null or i.exercise = %(exercise)s)
      and (%(west)s::float8 is null or (i.lon between %(west)s and %(east)s and i.lat between %(south)s and %(north)s))
    order by i.rank desc, i.incident_id limit %(limit)s
) i
order by i.rank desc, i.incident_id limit %(limit)s

-- name: total
-- Count what matches, no further than the cap.
select count(*) from (
    select from incidents i
    where (i.open or not %(open_only)s)
      and (%(zones)s::text[] is null or i.zone = any(%(zones)s::text[]))
      and (%(states)s::text[] is null or i.state = any(%(states)s::text[]))
      and (%(priorities)s::int[] is null or i.priority = any(%(priorities)s::int[]))
      and (%(types)s::text[] is null or i.type = any(%(types)s::text[]))
      and (%(words)s::text is null or i.summary ilike %(words)s or i.address ilike %(words)s)
      and (%(number)s::bigint is null or i.number = %(number)s)
      and (%(exercise)s::bool is null or i.exercise = %(exercise)s)
      and (%(west)s::float8 is null or (i.lon between %(west)s and %(east)s and i.lat between %(south)s and %(north)s))
    limit %(cap)s
) as matching
