// GET /api/chat/user/booking: one row per customer who has a booking, last activity first.
import { requestEnvelope } from "@/lib/api/http";

export interface Participant {
  _id: string;
  firstName: string;
  lastName: string;
  email: string;
  image: string | null;
  lastLoginAt: string | null;
}

export async function getParticipants(signal?: AbortSignal): Promise<Participant[]> {
  return (await requestEnvelope("/api/chat/user/booking", signal ? { signal } : {})).data as Participant[];
}
