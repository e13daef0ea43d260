// Where the site has taken the money itself: tell the desk, after your own record is safe.
import { emitBooking } from "../../../lib/carevia";

export async function POST(request: Request): Promise<Response> {
  const { userId, userEmail, userName, serviceName, trackingId, amountPaid } = await request.json();
  // … check your own session and payment here; never believe the browser's amount …
  const status = await emitBooking({ userId, userEmail, userName, serviceName, trackingId, amountPaid });
  return Response.json({ success: status === 200 || status === 409 }, { status: status === 409 ? 200 : status });
}
