// Development only: one paid booking, played through the real webhook with a real signature.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { configQuery } from "@/lib/api/get-config";
import { words } from "./messages";
import { postSimulate } from "./post-simulate";

export function PlayButton({ prominent = false }: { prominent?: boolean }) {
  const { data: config } = useQuery(configQuery);
  const play = useMutation({ mutationFn: postSimulate });
  if (config?.env !== "development") return null;
  return (
    <div className="flex flex-wrap items-center gap-2">
      {play.isError && (
        <p role="alert" className="text-xs text-bad-ink">
          {words.playFailed(play.error.message)}
        </p>
      )}
      <button
        type="button"
        className={`btn ${prominent ? "btn-solid" : "btn-line btn-small"}`}
        aria-disabled={play.isPending}
        onClick={() => !play.isPending && play.mutate()}
      >
        <Play size={prominent ? 16 : 14} strokeWidth={1.75} aria-hidden="true" />
        {play.isPending ? words.playing : words.play}
      </button>
    </div>
  );
}
