// SPDX-License-Identifier: Apache-2.0
import type { Term } from "../api/types";
import { useNames, type Names } from "./house";
import { useTexts, type Texts } from "../i18n/language";

/** The house's details are English; those it makes by rule are said again in the language of the seat. */
function detailText({ code, detail }: Term, { t, coded }: Texts, names: Names): string {
  const [first = "", second = ""] = detail.match(/\d+(\.\d+)?/g) ?? [];
  switch (code) {
    case "severity":
      return coded("claim.", detail, names.type(detail));
    case "corroboration":
      return first === "" ? detail : t("detail.corroboration", { count: Number(first), sorts: Number(second) });
    case "time":
      return second === "" ? detail : t("detail.time", { gap: first, window: second });
    case "place":
      return second === "" ? detail : t("detail.place", { metres: first, accuracy: second });
    case "words":
      return first === "" ? detail : t("detail.words", { share: first });
    case "bias":
      return names.type(detail);
    default:
      return detail;
  }
}

/** The terms behind a number: what, how much, in words. The bar is only for the eye; the number says the same. */
export function Terms({ terms, empty }: { terms: readonly Term[]; empty: string }) {
  const texts = useTexts();
  const names = useNames();
  const { coded, number } = texts;
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
            <td className="quiet">{detailText(term, texts, names)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
