# SPDX-License-Identifier: Apache-2.0
"""The catalogue of problem codes (RFC 9457 `code`): stable, English, translated by the console."""

from __future__ import annotations

from typing import Final

CODES: Final[dict[str, tuple[int, str]]] = {
    "malformed": (400, "The body is not well-formed JSON"),
    "unauthenticated": (401, "Sign in first"),
    "forbidden": (403, "Your role does not allow this"),
    "zone-forbidden": (403, "This zone is not yours"),
    "csrf": (403, "The CSRF token is missing or wrong"),
    "not-found": (404, "No such thing"),
    "method-not-allowed": (405, "The method is not allowed here"),
    "in-flight": (409, "The first request with this key is still being answered"),
    "team-taken": (409, "The team is taken"),
    "teams-on-both": (409, "Teams are on more than one of them"),
    "claimed-by-other": (409, "Someone else has claimed it"),
    "illegal-transition": (409, "That step is not possible now"),
    "stale-fence": (409, "The command is older than the assignment"),
    "version-conflict": (412, "It changed meanwhile"),
    "too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "The media type is not supported"),
    "invalid-value": (422, "A value breaks a rule"),
    "unknown-field": (422, "A field is not known"),
    "key-reused": (422, "The key was used with another body"),
    "precondition-required": (428, "If-Match is needed"),
    "key-required": (428, "Idempotency-Key is needed"),
    "too-many": (429, "Too many requests"),
    "internal": (500, "We are wrong; it has been noted"),
    "not-safe": (503, "Nothing could keep it safe now; try again"),
    "ledger-away": (503, "The ledger is away; try again"),
}
"""code → (HTTP status at the API's edge, English title)."""
