/** What stands in an address, value by value. One that does not fit is there as undefined: the router lays all this over
 * what stands in the address. */
export function whole<T extends object>(values: { [K in keyof T]-?: T[K] | undefined }): T {
  return values as T;
}
