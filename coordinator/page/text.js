// Words and numbers as people read them. 64-bit integers arrive as strings.

export const none = "–";

export const shortName = (name) => name.replace(/^jobs\//, "");
export const stateOf = (job) => job.state.replace(/^JOB_STATE_/, "");

const terminal = ["SUCCEEDED", "FAILED", "CANCELLED"];
export const isOver = (job) => terminal.includes(stateOf(job));

export function duration(seconds) {
  if (!(seconds >= 0)) return none;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor(seconds % 86400 / 3600)} h`;
}

export function size(bytes) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = Number(bytes), unit = 0;
  for (; value >= 1000 && unit + 1 < units.length; ++unit) value /= 1000;
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export const integer = (value) => Math.round(Number(value)).toLocaleString("en");

// Four digits that matter: 0.08123, 1.2e-5, 25,310.
export function significant(value) {
  const number = Number(value);
  if (value === undefined || value === null || !Number.isFinite(number)) return none;
  if (number !== 0 && (Math.abs(number) < 1e-3 || Math.abs(number) >= 1e6))
    return number.toExponential(2).replace("e+", "e");
  return Math.abs(number) >= 1000 ? integer(number) : String(Number(number.toPrecision(4)));
}

export const percent = (fraction) => `${Math.floor(100 * Math.min(1, fraction))} %`;

export const clock = (seconds) => (seconds > 0 ? new Date(seconds * 1000).toLocaleTimeString() : none);
export const moment = (seconds) => (seconds > 0 ? new Date(seconds * 1000).toLocaleString() : none);

// 14:03:07.125, by the clock of who looks.
export function fineClock(seconds) {
  const date = new Date(seconds * 1000);
  const pad = (value, digits = 2) => String(value).padStart(digits, "0");
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((one) => pad(one)).join(":") +
    `.${pad(date.getMilliseconds(), 3)}`;
}

// The first of the named metrics that the job has.
export function latest(job, ...names) {
  const name = names.find((candidate) => candidate in job.latestMetrics);
  return name === undefined ? undefined : job.latestMetrics[name];
}

// {a: {b: 1}} as [["a.b", "1"]], for the spec of a job.
export function flatten(value, path = "") {
  if (Array.isArray(value) && !value.some((one) => typeof one === "object"))
    return [[path, JSON.stringify(value)]];
  if (value === null || typeof value !== "object") return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, member]) => flatten(member, path ? `${path}.${key}` : key));
}
