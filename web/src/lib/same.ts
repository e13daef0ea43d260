/** Whether a row that came again says nothing new: then it stays the same object, and is not drawn anew. `ours` are the
 * fields that only this page knows. */
export function saysNothingNew<T extends object>(
  before: T | undefined,
  next: object,
  ours: readonly (keyof T)[],
): boolean {
  if (before === undefined) return false;
  const known = Object.keys(before).filter((key) => !ours.includes(key as keyof T));
  const said = Object.entries(next);
  return known.length === said.length && said.every(([key, value]) => alike(before[key as keyof T], value));
}

function alike(one: unknown, other: unknown): boolean {
  return Object.is(one, other) || (typeof other === "object" && JSON.stringify(one) === JSON.stringify(other));
}
