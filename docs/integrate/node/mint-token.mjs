// CAREVIA_JWT_SECRET=… node mint-token.mjs USER-ID [admin]
import { mintToken } from "./carevia.mjs";

const [id = "site-user-17", role = "user"] = process.argv.slice(2);
console.log(mintToken({ id, role }, process.env.CAREVIA_JWT_SECRET));
