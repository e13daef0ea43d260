// GET /api/catalogue: what can be booked and where, with the names in both languages.
import { request } from "./http";

interface Named {
  name: string;
  nameBn: string;
}

interface Catalogue {
  services: Named[];
  divisions: Named[];
}

export async function getCatalogue(signal?: AbortSignal): Promise<Catalogue> {
  return request<Catalogue>("/api/catalogue", signal ? { signal } : {});
}
