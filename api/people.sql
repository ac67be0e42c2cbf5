-- SPDX-License-Identifier: Apache-2.0

-- name: sender_of
-- Answer which source sent a report.
select source from inbox where report_id = %(id)s

-- name: holder_of
-- Answer who has a team: its active assignment, the incident, and who decided.
select assignment_id, incident_id, assigned_by from assignments
where team_id = %(team)s and state in ('reserved', 'notified', 'accepted', 'en_route', 'on_scene')
