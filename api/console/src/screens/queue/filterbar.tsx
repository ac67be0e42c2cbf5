// SPDX-License-Identifier: Apache-2.0
import { Button, Dialog, DialogTrigger, ListBox, ListBoxItem, Popover, ToggleButton } from "react-aria-components";
import { useTexts } from "../../i18n/language";
import { toggled, type Filters } from "../../logic/filters";
import { useHouse, useNames } from "../../ui/house";
import { PriorityMark } from "../../ui/marks";

const PRIORITIES = [1, 2, 3, 4, 5] as const;

interface FilterBarProps {
  filters: Filters;
  onChange: (filters: Filters) => void;
  onClear: () => void;
}

export function FilterBar({ filters, onChange, onClear }: FilterBarProps) {
  const { t } = useTexts();
  const { zones } = useHouse();
  const names = useNames();
  return (
    <div className="filters">
      <div role="group" aria-label={t("queue.filter.priority")} className="segments">
        {PRIORITIES.map((priority) => (
          <ToggleButton
            key={priority}
            className="segment"
            isSelected={filters.priorities.includes(priority)}
            onChange={() => {
              onChange({ ...filters, priorities: toggled(filters.priorities, priority) });
            }}
          >
            <PriorityMark priority={priority} />
          </ToggleButton>
        ))}
      </div>
      <DialogTrigger>
        <Button className="button">
          {t("queue.filter.zone")}:{" "}
          <b>
            {filters.zones.length === 0
              ? t("queue.filter.all")
              : filters.zones.length === 1
                ? names.zone(filters.zones[0] ?? "")
                : t("queue.filter.some", { count: filters.zones.length })}
          </b>{" "}
          ▾
        </Button>
        <Popover className="popover" placement="bottom start">
          <Dialog className="pick" aria-label={t("queue.filter.zone")}>
            <ListBox
              className="list"
              aria-label={t("queue.filter.zone")}
              items={zones}
              selectionMode="multiple"
              selectedKeys={filters.zones}
              onSelectionChange={(keys) => {
                onChange({ ...filters, zones: keys === "all" ? [] : [...keys].map(String) });
              }}
            >
              {(zone) => (
                <ListBoxItem className="option" id={zone.id} textValue={names.zone(zone.id)}>
                  {names.zone(zone.id)}
                </ListBoxItem>
              )}
            </ListBox>
          </Dialog>
        </Popover>
      </DialogTrigger>
      {filters.zones.length + filters.priorities.length > 0 ? (
        <Button className="button plain" onPress={onClear}>
          {t("queue.filter.clear")}
        </Button>
      ) : null}
    </div>
  );
}
