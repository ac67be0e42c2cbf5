// SPDX-License-Identifier: Apache-2.0
import { useTexts, type TextId } from "../i18n/language";
import { Window } from "../ui/window";

const KEYS: readonly (readonly [readonly string[], TextId])[] = [
  [["j", "k"], "help.move"],
  [["Enter"], "help.open"],
  [["a"], "help.assign"],
  [["m"], "help.claim"],
  [["w"], "help.why"],
  [["."], "help.refresh"],
  [["s"], "help.silence"],
  [["Esc"], "help.back"],
  [["c"], "help.call"],
  [["q"], "help.queue"],
  [["t"], "help.teams"],
  [["Ctrl", "K"], "help.palette"],
  [["?"], "help.help"],
  [["Ctrl", "Enter"], "help.send"],
  [["Alt", "1…9"], "help.join"],
  [["Alt", "L"], "help.life"],
];

export function Help({ onClose }: { onClose: () => void }) {
  const { t } = useTexts();
  return (
    <Window title={t("help.title")} onClose={onClose}>
      <dl className="keys">
        {KEYS.map(([keys, text]) => (
          <div key={text}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
    </Window>
  );
}
