// `?`: every shortcut of the table, and how the keyboard is wanted.
import { Fragment, useId } from "react";
import { Dialog } from "@/components/dialog";
import { keySettings } from "@/lib/keys/settings";
import { GROUPS, type Shortcut } from "@/lib/keys/shortcuts";
import { useStored } from "@/lib/stored";
import { capOf, Keycaps } from "./keycaps";
import { words } from "./messages";

const groups = Object.entries(GROUPS) as [keyof typeof GROUPS, readonly Shortcut[]][];

export function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={words.title} onClose={onClose} className="w-[min(760px,94vw)]">
      <div className="mt-3 gap-8 sm:columns-2">
        {groups.map(([group, shortcuts]) => (
          <section key={group} className="mb-5 break-inside-avoid">
            <h3 className="mb-1 text-xs font-[650] text-ink-2">{words.groups[group]}</h3>
            <dl>
              {shortcuts.map(({ id, keys }) => (
                <div
                  key={id}
                  className="flex items-center gap-3 border-b max-xs:flex-wrap border-line py-1.5"
                  data-shortcut={id}
                >
                  <dt className="min-w-0 flex-1 max-xs:basis-full">{words.does[id]}</dt>
                  <dd className="flex-none">
                    {keys.map((one, place) => (
                      <Fragment key={one}>
                        {place > 0 && <span className="text-xs text-ink-3"> {words.or} </span>}
                        <Keycaps keys={one} />
                      </Fragment>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <Settings />
    </Dialog>
  );
}

function Settings() {
  const [settings, change] = useStored(keySettings);
  const group = useId();
  return (
    <div className="flex flex-col gap-2 border-t border-line pt-3">
      <label className="flex min-h-6 items-center gap-2.5">
        <input
          type="checkbox"
          className="size-4 accent-solid"
          checked={settings.letters}
          onChange={({ target }) => change({ ...settings, letters: target.checked })}
        />
        {words.letters}
      </label>
      <fieldset className="flex flex-wrap items-center gap-x-4">
        <legend className="float-left mr-4">{words.sends}</legend>
        {(["enter", "mod"] as const).map((send) => (
          <label key={send} className="flex min-h-6 items-center gap-2">
            <input
              type="radio"
              name={group}
              className="size-4 accent-solid"
              checked={settings.send === send}
              onChange={() => change({ ...settings, send })}
            />
            {send === "enter" ? words.sendKeys.enter : words.sendKeys.mod(capOf("Mod"))}
          </label>
        ))}
      </fieldset>
    </div>
  );
}
