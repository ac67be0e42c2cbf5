-- SPDX-License-Identifier: Apache-2.0

-- name: add_link
-- Keep a one-use sign-in link: who it signs in, with which roles and zones, until when.
insert into sign_in_links (token_hash, subject, roles, zones, expires_at)
values (%(hash)s, %(subject)s, %(roles)s, %(zones)s, %(until)s)
