// Asks for the next page of a list. It stays where it is while that is on its way: who has pressed it may press again.
import { PassingButton } from "@/components/passing-button";
import { words } from "./messages";

export function MoreButton({ loading, onMore }: { loading: boolean; onMore: () => void }) {
  return (
    <PassingButton
      className="btn btn-line btn-small mx-auto my-3 flex"
      aria-disabled={loading}
      onClick={loading ? undefined : onMore}
    >
      {words.more}
    </PassingButton>
  );
}
