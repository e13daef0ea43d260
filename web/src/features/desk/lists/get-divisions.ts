// The divisions that can be asked for, by the name that the list knows.
import { getCatalogue } from "@/lib/api/get-catalogue";

export async function getDivisions(signal: AbortSignal): Promise<string[]> {
  return (await getCatalogue(signal)).divisions.map(({ name }) => name);
}
