// The token of a sign-in link stands behind the #, which browsers do not send to servers. It is taken out of the address
// at once, so that it is neither in the history nor in a copied address.

export function takeLinkToken(): string | null {
  const token = new URLSearchParams(window.location.hash.slice(1)).get("link");
  if (token === null) return null;
  window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
  return token;
}
