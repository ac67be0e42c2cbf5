-- SPDX-License-Identifier: Apache-2.0

-- name: put_zone
-- Insert a zone or bring its description up to date; its partition and membership stay.
insert into zones (zone, name_en, name_zh, rings, neighbours, partition)
values (%(zone)s, %(name_en)s, %(name_zh)s, %(rings)s, %(neighbours)s, %(partition)s)
on conflict (zone) do update
set name_en = excluded.name_en, name_zh = excluded.name_zh, rings = excluded.rings,
    neighbours = excluded.neighbours, version = zones.version + 1
where (zones.name_en, zones.name_zh, zones.rings, zones.neighbours)
      is distinct from (excluded.name_en, excluded.name_zh, excluded.rings, excluded.neighbours)

-- name: put_place
-- Insert a place of the gazetteer or bring it up to date.
insert into places (place_id, name_en, name_zh, aliases, kind, zone, lat, lon, radius_m, asset_id)
values (%(place)s, %(name_en)s, %(name_zh)s, %(aliases)s, %(kind)s, %(zone)s, %(lat)s, %(lon)s, %(radius)s, %(asset)s)
on conflict (place_id) do update
set name_en = excluded.name_en, name_zh = excluded.name_zh, aliases = excluded.aliases, kind = excluded.kind,
    zone = excluded.zone, lat = excluded.lat, lon = excluded.lon, radius_m = excluded.radius_m,
    asset_id = excluded.asset_id

-- name: put_source
-- Insert a source or bring its registry entry up to date; its key stays, its version rises only with a change.
insert into sources (source, body, version) values (%(source)s, %(body)s, 1)
on conflict (source) do update
set body = excluded.body, version = sources.version + 1, active = true
where sources.body <> excluded.body

-- name: put_team
-- Insert a team or bring its description up to date; its state and position stay.
insert into teams (team_id, name_en, name_zh, kind, skills, zone, state, lat, lon, position_at,
                   accuracy_m, exercise, version)
values (%(team)s, %(name_en)s, %(name_zh)s, %(kind)s, %(skills)s, %(zone)s, %(state)s, %(lat)s, %(lon)s,
        to_timestamp(%(position_at)s), %(accuracy_m)s, %(exercise)s, 1)
on conflict (team_id) do update
set name_en = excluded.name_en, name_zh = excluded.name_zh, kind = excluded.kind, skills = excluded.skills,
    zone = excluded.zone, exercise = excluded.exercise, version = teams.version + 1
where (teams.name_en, teams.name_zh, teams.kind, teams.skills, teams.zone, teams.exercise)
      is distinct from
      (excluded.name_en, excluded.name_zh, excluded.kind, excluded.skills, excluded.zone, excluded.exercise)

-- name: put_meta
-- Remember one fact about the house.
insert into meta (key, value) values (%(key)s, %(value)s) on conflict (key) do update set value = excluded.value

-- name: meta
-- Answer one fact about the house.
select value from meta where key = %(key)s

-- name: first_policy
-- Put the first policy into a new ledger.
insert into policies (version, mode, body, created_by, created_at, reason)
values (1, 'normal', '{}', %(actor)s, to_timestamp(%(now)s), 'first policy') on conflict do nothing

-- name: zones
-- Answer all zones.
select zone, name_en, name_zh, rings::text, neighbours from zones order by zone

-- name: partition_count
-- Answer the number of partitions that the zones were laid on, or null.
select value from meta where key = 'partitions'

-- name: places
-- Answer the gazetteer.
select place_id, name_en, name_zh, kind, zone, lat, lon, radius_m, aliases, asset_id from places order by place_id

-- name: sources
-- Answer the active sources with their versions.
select body::text, version from sources where active order by source

-- name: set_source_key
-- Give a source its key (hashed).
update sources set key_hash = %(hash)s where source = %(source)s returning source

-- name: source_of_key
-- Answer the active source that holds a key.
select body::text, version from sources where key_hash = %(hash)s and active

-- name: source_keys
-- Answer who holds which key (hashed).
select key_hash, source from sources where key_hash is not null and active

-- name: stamp
-- Answer numbers that change whenever sources or zones do: versions only rise, rows only come or are put to rest.
select (select count(*) from sources where active), (select coalesce(sum(version), 0) from sources),
       (select count(*) from zones), (select coalesce(sum(version), 0) from zones)

-- name: policy
-- Answer the policy in force: the newest.
select version, mode, body::text from policies order by version desc limit 1
