/** An emoji of the contract: it stays in the text, and is drawn by a mask so that every system shows the same picture. */
export function Emoji({ of }: { of: "✅" | "❌" }) {
  return <span className={`emoji ${of === "✅" ? "emoji-yes" : "emoji-no"}`}>{of}</span>;
}
