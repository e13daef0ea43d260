// GET /api/booking: the newest bookings, one page, or more where older ones have to be shown.
import { request } from "@/lib/api/http";

export interface Booking {
  _id: string;
  trackingId: string;
  userId: string;
  userName: string;
  userEmail: string;
  serviceName: string;
  /** What was booked, as far as it was told. */
  date: string | null;
  slot: string | null;
  durationType: string | null;
  quantity: number | null;
  division: string | null;
  district: string | null;
  address: string | null;
  paymentOption: string | null;
  totalPrice: string;
  amountPaid: string;
  dueAmount: string;
  amountRefunded: string;
  currency: string;
  caregiver: string | null;
  status: string;
  paymentStatus: "paid" | "partly_refunded" | "refunded" | "disputed" | "charged_back";
  source: string;
  needsLook: boolean;
  /** Why, for staff: reasons with "; " between them. */
  lookReason: string;
  createdAt: string;
  /** The journal's number of its announcement. */
  seq: number;
}

export interface Page {
  bookings: Booking[];
  totalPages: number;
  totalItems: number;
}

export const PAGE = 50;

/** The first `pages` pages as one. A booking that is pushed to the next page meanwhile comes once all the same. */
export async function getBookings(pages: number, signal: AbortSignal): Promise<Page> {
  const found = new Map<string, Booking>();
  let page: Page | null = null;
  for (let number = 1; number <= pages && (page === null || number <= page.totalPages); number += 1) {
    page = await request<Page>(`/api/booking?page=${number}&limit=${PAGE}`, { signal });
    for (const booking of page.bookings) found.set(booking.trackingId, booking);
  }
  return { totalPages: 0, totalItems: 0, ...page, bookings: [...found.values()] };
}
