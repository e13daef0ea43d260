// What can be done now. Each part of the page offers its commands while it is shown; keys and the palette run them, and
// neither has to know the parts.
import { createContext, useContext, useEffect, useEffectEvent } from "react";
import type { CommandId } from "./shortcuts";

export class Commands {
  readonly #runs = new Map<CommandId, (() => void)[]>();

  /** Until the returned function is called. Of several the newest is run: it belongs to the topmost layer. */
  offer(id: CommandId, run: () => void): () => void {
    this.#runs.set(id, [...(this.#runs.get(id) ?? []), run]);
    return () =>
      this.#runs.set(
        id,
        (this.#runs.get(id) ?? []).filter((one) => one !== run),
      );
  }

  /** Whether somebody offered it. */
  run(id: CommandId): boolean {
    const run = this.#runs.get(id)?.at(-1);
    run?.();
    return run !== undefined;
  }

  offers(id: CommandId): boolean {
    return (this.#runs.get(id)?.length ?? 0) > 0;
  }
}

/** Null on pages without commands: what is offered there is offered to nobody. */
export const CommandsContext = createContext<Commands | null>(null);

/** Offers a command while the component is shown and `run` is not null. */
export function useCommand(id: CommandId, run: (() => void) | null): void {
  const commands = useContext(CommandsContext);
  const obey = useEffectEvent(() => run?.());
  const offered = run !== null;
  useEffect(() => (offered && commands ? commands.offer(id, obey) : undefined), [commands, id, offered]);
}
