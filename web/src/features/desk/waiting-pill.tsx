// Over a list that a hand is on: how many rows wait above it, and the way to them. What stands in the list keeps its place.
import { PassingButton } from "@/components/passing-button";
import { words } from "./messages";

interface Props {
  count: number;
  onShow: () => void;
  /** Where over the list. */
  className: string;
}

export function WaitingPill({ count, onShow, className }: Props) {
  return (
    <div role="status" className={`pointer-events-none absolute inset-x-0 flex justify-center ${className}`}>
      {count > 0 && (
        <PassingButton className="btn btn-solid btn-small pointer-events-auto rounded-full" onClick={onShow}>
          {words.newRows(count)}
        </PassingButton>
      )}
    </div>
  );
}
