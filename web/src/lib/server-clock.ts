// How far this device's clock is ahead of the server's. A laptop's may be wrong by hours, and what has happened is told in
// the server's times: how long ago that is, is counted by the server's clock too.
let ahead = 0;

/** As the newest `live` says it, ms. */
export function noteAhead(ms: number): void {
  ahead = ms;
}

/** A time of this device, by the server's clock. */
export const onServerClock = (time: number): number => time - ahead;
