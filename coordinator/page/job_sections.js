// The parts of a job's page, each from what the coordinator answers.

import {card, facts, make, table} from "./dom.js";
import {badge, bar, remaining, runtime, why} from "./job_parts.js";
import {logRow} from "./log_row.js";
import {clock, duration, flatten, integer, isOver, latest, moment, none, percent, significant, size, stateOf}
  from "./text.js";

const rate = (value, unit) => (value > 0 ? `${integer(value)} ${unit}` : "");

// "GangReady true · CheckpointHealthy false (DiskLow)"
const conditions = (job) => job.conditions.map(({type, status, reason}) => {
  const value = status.replace(/^CONDITION_STATUS_/, "").toLowerCase();
  return `${type} ${value}${value === "false" ? ` (${reason})` : ""}`;
}).join(" · ");

// Why its last save was not written.
const unsaved = (job) => job.conditions.find(({type, status}) =>
  type === "CheckpointHealthy" && status === "CONDITION_STATUS_FALSE")?.message;

export function head(job) {
  const {progress} = job, state = stateOf(job), isRunning = state === "RUNNING";
  return card("Progress",
    make("p", {class: "headline"}, badge(state), bar(job),
      make("span", {}, percent(progress.fraction)), make("span", {class: "quiet"}, why(job))),
    facts([
      ["remaining", isRunning ? remaining(job) : ""], ["run time", runtime(job, Date.now() / 1000)],
      ["epoch", Number(progress.epoch) > 0 ? integer(progress.epoch) : ""],
      ["throughput", isRunning ? rate(progress.samplesPerSecond, "samples/s") : ""],
      ["step time", isRunning && progress.stepsPerSecond > 0
        ? `${significant(1000 / progress.stepsPerSecond)} ms` : ""],
      ["training loss", significant(latest(job, "train/loss"))],
      ["validation loss", significant(latest(job, "validation/loss"))],
      ["validation accuracy", "validation/accuracy" in job.latestMetrics
        ? significant(job.latestMetrics["validation/accuracy"]) : ""],
      ["learning rate", significant(latest(job, "train/lr"))],
      ["gradient norm", significant(latest(job, "train/grad_norm"))],
      ["parameters", Number(job.parameterCount) > 0 ? integer(job.parameterCount) : ""],
      ["labels", Object.entries(job.labels).map(([key, value]) => `${key}=${value}`).join(", ")],
      ["priority", String(job.priority)], ["submitted", moment(job.createTime)],
      ["workers", job.currentAttempt ? String(job.currentAttempt.worldSize) : ""],
      ["state digest", job.stateDigest], ["forked from", job.forkedFrom],
      ["non-finite steps", job.nonfiniteSteps ? `${job.nonfiniteSteps.count}: ${job.nonfiniteSteps.lastMessage}` : ""],
      ["batch", job.batchAdvice], ["conditions", isOver(job) ? "" : conditions(job)],
      ["not saved", unsaved(job)]]));
}

export function failure(job) {
  const {failure: found} = job;
  if (!found) return "";
  const isLast = stateOf(job) === "FAILED";
  const one = card(isLast ? "Why it failed" : "What went wrong before",
    make("p", {class: "message"}, `${found.reason}: ${found.message}`),
    facts([["rank", found.rank >= 0 ? String(found.rank) : ""], ["host", found.host],
      ["phase", found.phase], ["step", integer(found.step)],
      ["signal", found.signal ? String(found.signal) : ""],
      ["exit code", found.exitCode ? String(found.exitCode) : ""]]), lastLines(found));
  one.classList.add(isLast ? "bad" : "warn");
  return one;
}

const shownLines = 20;

// Of the rank that is to blame.
function lastLines({rank, logTail}) {
  if (logTail.length === 0) return null;
  const title = `Last lines of rank ${rank} in attempt ${logTail[0].attempt}`;
  return make("div", {class: "last"}, make("h3", {}, title),
    make("div", {class: "log", tabindex: "0", role: "region", "aria-label": title},
      make("div", {}, ...logTail.slice(-shownLines).map(logRow))));
}

// Ranks wait for each other in every step. Where all were seen in the same one and all but one reduce,
// that one is what they wait for.
function isAwaited(worker, workers) {
  const others = workers.filter((one) => one !== worker);
  return others.length > 0 && worker.phase !== "reduce" &&
    others.every(({phase, step}) => phase === "reduce" && step === worker.step);
}

// What a rank needs for a step of its own, beside what the middle one of all needs.
function ownStep({ownStepSeconds: own}, workers) {
  if (own === undefined) return none;
  const all = workers.map(({ownStepSeconds}) => ownStepSeconds).filter((one) => one !== undefined)
    .sort((a, b) => a - b);
  const middle = (all[Math.floor((all.length - 1) / 2)] + all[Math.floor(all.length / 2)]) / 2;
  const text = `${significant(own * 1000)} ms`;
  return all.length > 1 && middle > 0 ? `${text}, ${(own / middle).toFixed(2)}×` : text;
}

// Empty with one rank: it waits for no other.
function slowest(workers, rankOf) {
  const measured = workers.filter(({ownStepSeconds}) => ownStepSeconds !== undefined);
  if (measured.length < 2) return "";
  const last = measured.reduce((a, b) => (b.ownStepSeconds > a.ownStepSeconds ? b : a));
  return `Slowest: rank ${rankOf(last)}, ${ownStep(last, workers)} the median.`;
}

export function ranks(name, job, pools) {
  const workers = pools.flatMap((pool) => pool.workers).filter((worker) => worker.job === name);
  if (workers.length === 0) return "";
  const places = job?.currentAttempt?.workers ?? [];
  const columns = [{title: "Rank"}, {title: "Worker"}, {title: "Process"}, {title: "Phase"},
    {title: "Step", number: true}, {title: "Own step time", number: true},
    {title: "Heartbeat", number: true}];
  const placeOf = (worker) => `${worker.host}/${worker.worldRank}`;
  const rankOf = (worker) => {
    const rank = places.indexOf(placeOf(worker));
    return rank >= 0 ? String(rank) : none;
  };
  const rows = workers.map((worker) => {
    const mark = isAwaited(worker, workers)
      ? make("span", {class: "why"}, "the others wait for it") : null;
    return [rankOf(worker), placeOf(worker), String(worker.pid),
      make("span", {}, worker.phase || none, mark), integer(worker.step), ownStep(worker, workers),
      `${worker.lastHeartbeatAgeSeconds.toFixed(1)} s`];
  });
  const last = slowest(workers, rankOf);
  return card("Ranks", last ? make("p", {class: "quiet"}, last) : null,
    table("Ranks", columns, rows, ""),
    make("p", {class: "note"}, "As of each rank's last heartbeat, which " +
      "comes every few seconds. Its own step time is without the waiting for others, and beside the " +
      "median of the ranks: the slowest is the one that all wait for."));
}

export function checkpoints(list) {
  const columns = [{title: "Step"}, {title: "Epoch", number: true}, {title: "Validation", number: true},
    {title: "Size", number: true}, {title: "Kept because"}, {title: "Written"}, {title: "Directory"}];
  const rows = list.toReversed().map((one) => [integer(one.step), integer(one.epoch),
    significant(one.validationLoss), size(one.bytes), one.keptBecause.join(", ") || none, moment(one.createTime),
    one.directory]);
  return card("Checkpoints", table("Checkpoints", columns, rows, "None is kept yet."));
}

export function attempts(list) {
  const columns = [{title: "Attempt"}, {title: "Workers", number: true}, {title: "Steps"},
    {title: "Started"}, {title: "Took", number: true}, {title: "Ended because"}];
  const rows = list.toReversed().map((one) => {
    const {failure: found} = one, isOver = one.endTime > 0;
    const blame = found && found.rank >= 0
      ? ` (rank ${found.rank} on ${found.host || "an unknown host"}, in ${found.phase || "an unknown phase"})` : "";
    return [String(one.attempt), String(one.worldSize),
      `${integer(one.startStep)} to ${isOver ? integer(one.endStep) : "…"}`, moment(one.startTime),
      isOver ? duration(one.endTime - one.startTime) : none,
      isOver ? [one.endReason, one.endMessage].filter(Boolean).join(": ") + blame : "it goes on"];
  });
  return card("Attempts", table("Attempts", columns, rows, "It has not started yet."));
}

export function events(list) {
  const columns = [{title: "Time"}, {title: "Event"}, {title: "State"}, {title: "Actor"},
    {title: "Reason"}, {title: "Message"}];
  const rows = list.toReversed().map((one) => [clock(one.time), one.type,
    one.fromState === one.toState ? one.toState : `${one.fromState} → ${one.toState}`,
    one.actor || none, one.reason, one.message]);
  return card("Events", table("Events", columns, rows, "Nothing has happened yet."));
}

export function spec(job) {
  const rows = flatten(job.spec).filter(([, value]) => value !== "" && value !== "[]");
  return card("Spec", make("details", {},
    make("summary", {}, `${rows.length} fields, defaults filled in`),
    table("Spec", [{title: "Field"}, {title: "Value"}], rows, "")));
}

