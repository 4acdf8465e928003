// How the page asks the coordinator. Paths are relative, so that it works behind a path prefix.

const timeoutMilliseconds = 10000;
const tokenKey = "descent-token";

// Kept for this tab alone, and sent where the coordinator asks for tokens.
export function setToken(token) { sessionStorage.setItem(tokenKey, token); }
export function forgetToken() { sessionStorage.removeItem(tokenKey); }
export function hasToken() { return sessionStorage.getItem(tokenKey) !== null; }

export function headers(more = {}) {
  const token = sessionStorage.getItem(tokenKey);
  return token ? {Authorization: `Bearer ${token}`, ...more} : more;
}

// What the coordinator answers instead of what was asked for; `reason` is for programs.
export class Refused extends Error {
  constructor(status, message, {reason = "", metadata = {}} = {}) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.metadata = metadata;
  }
}

export async function refusal(answer) {
  const text = await answer.text();
  try {
    const {message, details} = JSON.parse(text).error;
    return new Refused(answer.status, message, details[0]);
  } catch {
    return new Refused(answer.status, `HTTP ${answer.status}`);
  }
}

// `closed` is a signal that nobody waits for the answer any more.
export async function ask(path, closed = new AbortController().signal) {
  const signal = AbortSignal.any([AbortSignal.timeout(timeoutMilliseconds), closed]);
  const answer = await fetch(path, {headers: headers(), signal});
  if (!answer.ok) throw await refusal(answer);
  return answer.json();
}
