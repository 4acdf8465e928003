// How the page asks the coordinator. Paths are relative, so that it works behind a path prefix.

const timeoutMilliseconds = 10000;
const tokenKey = "descent-token";

// Kept for this tab alone, and sent where the coordinator asks for tokens.
export function setToken(token) { sessionStorage.setItem(tokenKey, token); }

export function headers(more = {}) {
  const token = sessionStorage.getItem(tokenKey);
  return token ? {Authorization: `Bearer ${token}`, ...more} : more;
}

// What the coordinator answers instead of what was asked for.
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export async function refusal(answer) {
  const text = await answer.text();
  try {
    return new Refused(answer.status, JSON.parse(text).error.message);
  } catch {
    return new Refused(answer.status, `HTTP ${answer.status}`);
  }
}

export async function ask(path) {
  const signal = AbortSignal.timeout(timeoutMilliseconds);
  const answer = await fetch(path, {headers: headers(), signal});
  if (!answer.ok) throw await refusal(answer);
  return answer.json();
}
