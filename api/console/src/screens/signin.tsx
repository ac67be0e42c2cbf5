// SPDX-License-Identifier: Apache-2.0
import { useTexts } from "../i18n/language";
import { LanguageSwitch } from "../ui/switches";
import { useTheme } from "../ui/theme";
import { Weir } from "../ui/weir";

/** The way in. The house does the signing in; the console only leads there. */
export function SignIn({ notice, offer }: { notice: string; offer: boolean }) {
  const { t } = useTexts();
  useTheme();
  return (
    <main className="signin">
      <section>
        <Weir />
        <h1>{t("app.name")}</h1>
        <p className="quiet">{t("signin.lead")}</p>
        {notice === "" ? null : (
          <p className="note" role="status">
            {notice}
          </p>
        )}
        {offer ? (
          <>
            <a className="button primary large" href="/auth/oidc/start">
              {t("signin.oidc")}
            </a>
            <p className="quiet small">{t("signin.link")}</p>
          </>
        ) : null}
        <LanguageSwitch />
      </section>
    </main>
  );
}
