-- SPDX-License-Identifier: Apache-2.0
-- How exact a team's position is, and a way to the assignments of the last hours.

alter table teams add column accuracy_m double precision not null default 0;

create index assignments_recent on assignments (assigned_at);
