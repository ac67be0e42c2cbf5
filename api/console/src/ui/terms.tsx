// SPDX-License-Identifier: Apache-2.0
import type { Term } from "../api/types";
import { useTexts } from "../i18n/language";

/** The terms behind a number: what, how much, in words. The bar is only for the eye; the number says the same. */
export function Terms({ terms, empty }: { terms: readonly Term[]; empty: string }) {
  const { coded, number } = useTexts();
  if (terms.length === 0) return <p className="quiet">{empty}</p>;
  const largest = Math.max(...terms.map((term) => Math.abs(term.value)), Number.EPSILON);
  return (
    <table className="terms">
      <tbody>
        {terms.map((term, index) => (
          <tr key={`${term.code}-${index}`}>
            <th scope="row">{coded("term.", term.code, coded("claim.", term.code, term.code.replaceAll("_", " ")))}</th>
            <td className="figure">
              {term.value > 0 ? "+" : ""}
              {number(term.value, 2)}
            </td>
            <td className="bar" aria-hidden="true">
              <meter min={0} max={largest} value={Math.abs(term.value)} className={term.value < 0 ? "minus" : "plus"} />
            </td>
            <td className="quiet">{term.detail}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
