/** Whether an input method has this key, as for choosing a word by Enter. Safari says so by the number alone (UI Events,
 * "How to determine keyCode"), for it ends the composition before it tells of the key. */
export function isComposing({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === 229;
}
