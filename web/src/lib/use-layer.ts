// A layer over the page that the browser's Back closes: whether it is open stands in the history, on an entry of its own.
import { type ParsedLocation, useLocation, useNavigate, useRouter } from "@tanstack/react-router";

declare module "@tanstack/react-router" {
  interface HistoryState {
    layer?: string;
    /** The entry that it lies over. */
    over?: string;
  }
}

interface Layer {
  open: boolean;
  show: () => void;
  hide: () => void;
}

export function useLayer(name: string): Layer {
  const open = useLocation({ select: ({ state }) => state.layer === name });
  const navigate = useNavigate();
  const router = useRouter();
  return {
    open,
    show: () => {
      const state = { layer: name, over: scrollKey(router.latestLocation) };
      void navigate({ to: ".", search: true, state, resetScroll: false });
    },
    hide: () => router.history.back(),
  };
}

/** Where the page is scrolled to is kept with the page: it goes on under the layer, messages come in. */
export const scrollKey = ({ state, href }: ParsedLocation): string => state.over ?? state.__TSR_key ?? href;
