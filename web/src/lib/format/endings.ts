// Bengali case endings behind a name that somebody else has written, in whatever script.

/** "Nusrat Jahan-এর", "Sumaiya-র", "রহিমার": after a vowel the ending has none of its own. */
export function ofWhom(name: string): string {
  if (/[\u09be-\u09cc]$/.test(name)) return `${name}র`;
  return `${name}-${/[aiou]$/i.test(name) ? "র" : "এর"}`;
}

/** "নুসরাতকে", "Nusrat-কে": the ending is joined to a name in its own script only. */
export const toWhom = (name: string): string => (/\p{Script=Bengali}$/u.test(name) ? `${name}কে` : `${name}-কে`);
