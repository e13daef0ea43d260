import { useMedia } from "@/lib/use-media";

/** Whether rows have one line; phones have two. */
export const useWide = (): boolean => useMedia("(min-width: 761px)");
