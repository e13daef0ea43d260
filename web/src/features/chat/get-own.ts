// GET /api/booking and GET /api/payment as a customer sees them: their own, newest first, one page of each.
import { request } from "@/lib/api/http";

export interface OwnBooking {
  _id: string;
  trackingId: string;
  serviceName: string;
  date: string | null;
  slot: string | null;
  dueAmount: string;
  amountPaid: string;
  currency: string;
  caregiver: string | null;
  status: "booked" | "confirmed" | "cancelled" | "completed";
  createdAt: string;
}

export interface OwnPayment {
  _id: string;
  bookingId: string | null;
  trackingId: string | null;
  amountPaid: string;
  amountRefunded: string;
  currency: string | null;
  createdAt: string;
  paidAt: string | null;
}

const MOST = 50;

export async function ownBookings(signal: AbortSignal): Promise<OwnBooking[]> {
  const path = `/api/booking?limit=${MOST}`;
  return (await request<{ bookings: OwnBooking[] }>(path, { signal })).bookings;
}

export async function ownPayments(signal: AbortSignal): Promise<OwnPayment[]> {
  const path = `/api/payment?limit=${MOST}`;
  return (await request<{ payments: OwnPayment[] }>(path, { signal })).payments;
}
