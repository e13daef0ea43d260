// The thread on which a picture is drawn anew. It answers once.
import { redraw, type Task } from "./redraw";

export type Answer = { drawn: Blob | null } | { failed: string };

addEventListener("message", async ({ data }: MessageEvent<Task>) => {
  const answer: Answer = await redraw(data).then(
    (drawn) => ({ drawn }),
    (error) => ({ failed: String(error) }),
  );
  postMessage(answer);
});
