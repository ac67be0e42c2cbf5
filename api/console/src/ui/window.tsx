// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useTexts } from "../i18n/language";

interface WindowProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  wide?: boolean;
}

/** A dialog over the screen: focus stays inside, Escape closes it, focus goes back to where it was. */
export function Window({ title, onClose, children, wide = false }: WindowProps) {
  const { t } = useTexts();
  return (
    <ModalOverlay
      className="overlay"
      isOpen
      isDismissable
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className={wide ? "modal wide" : "modal"}>
        <Dialog className="dialog">
          <header>
            <Heading slot="title">{title}</Heading>
            <Button className="button plain" aria-label={t("common.dismiss")} onPress={onClose}>
              ✕
            </Button>
          </header>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
