// SPDX-License-Identifier: Apache-2.0
/** The house's mark: three gates over water. */
export function Weir() {
  return (
    <svg className="weir" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" />
      <path className="gates" d="M6 8h4v13H6zM14 13h4v8h-4zM22 8h4v13h-4z" />
      <path className="water" d="M5 25c2.200-1.600 4.400-1.600 6.600 0s4.400 1.600 6.600 0 4.400-1.600 6.600 0" />
    </svg>
  );
}
