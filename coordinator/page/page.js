"use strict";

// Asks the coordinator once a second and draws what it says. 64-bit integers arrive as strings.
const interval = 1000;
const chart = {left: 48, right: 792, top: 10, bottom: 214};

const byId = (id) => document.getElementById(id);

function make(tag, className, ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

function makeSvg(tag, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

async function ask(path) {
  const answer = await fetch(path, {signal: AbortSignal.timeout(5000)});
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

// --- Words and numbers ---

const shortName = (name) => name.replace(/^jobs\//, "");
const stateOf = (job) => job.state.replace(/^JOB_STATE_/, "");

function duration(seconds) {
  if (!(seconds >= 0)) return "–";
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.round(seconds % 3600 / 60)} min`;
  return `${Math.round(seconds / 86400)} d`;
}

function size(bytes) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = Number(bytes), unit = 0;
  for (; value >= 1000 && unit + 1 < units.length; ++unit) value /= 1000;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

function metric(job, ...names) {
  const name = names.find((candidate) => candidate in job.latestMetrics);
  return name === undefined ? NaN : Number(job.latestMetrics[name]);
}

const fixed = (value, digits) => Number.isFinite(value) ? value.toFixed(digits) : "–";
const percent = (value) => Number.isFinite(value) ? `${(100 * value).toFixed(1)} %` : "–";

// --- Tables ---

function number(text) { return make("td", "number", text); }

function progressCell(job, state) {
  const {step, lastStep, fraction} = job.progress;
  const fill = make("div");
  fill.style.width = `${100 * Math.min(1, fraction)}%`;
  const of = Number(lastStep) > 0 ? ` / ${Number(lastStep).toLocaleString()}` : "";
  const label = state === "QUEUED" && job.queueStatus
      ? job.queueStatus.message : `${Number(step).toLocaleString()}${of}`;
  return make("td", "", make("div", "progress", make("div", `bar ${state}`, fill),
                             make("span", "quiet", label)));
}

function jobRow(job, now) {
  const state = stateOf(job);
  const badge = make("span", `state ${state}`, state);
  badge.title = [job.stateReason, job.stateMessage].filter(Boolean).join(": ");
  const isRunning = state === "RUNNING";
  const workers = job.currentAttempt ? job.currentAttempt.worldSize : 0;
  return make("tr", "",
      make("td", "name", shortName(job.name)),
      make("td", "", badge),
      progressCell(job, state),
      number(fixed(metric(job, "train/loss"), 4)),
      number(percent(metric(job, "test/accuracy", "validation/accuracy"))),
      number(isRunning ? Math.round(job.progress.samplesPerSecond).toLocaleString() : "–"),
      number(isRunning ? duration(job.progress.estimatedRemainingSeconds) : "–"),
      number(workers ? String(workers) : "–"),
      number(duration(now - job.createTime)));
}

function workerRow(pool, worker) {
  return make("tr", "",
      make("td", "name", `${worker.host}/${worker.worldRank}`),
      make("td", "", pool.name + (pool.ready ? "" : " (joining)")),
      make("td", "quiet", String(worker.pid)),
      make("td", "quiet", worker.instructionSet),
      make("td", "", worker.job ? shortName(worker.job) : "idle"),
      make("td", "quiet", worker.phase || "–"),
      number(worker.job ? Number(worker.step).toLocaleString() : "–"),
      number(`${worker.lastHeartbeatAgeSeconds.toFixed(1)} s`));
}

function fill(id, rows, emptyId) {
  byId(id).replaceChildren(...rows);
  byId(emptyId).hidden = rows.length > 0;
}

function drawFigures(status) {
  const figure = (value, label) => make("div", "figure", make("b", "", value), make("span", "", label));
  const cpu = status.slots.cpu;
  byId("figures").replaceChildren(
      figure(String(status.jobs.RUNNING + status.jobs.STARTING + status.jobs.RECOVERING), "running jobs"),
      figure(String(status.jobs.QUEUED), "waiting jobs"),
      figure(String(status.workers.ready), "workers ready"),
      figure(`${cpu.allocated} / ${cpu.total}`, "slots in use"),
      figure(size(status.disk.checkpointBytes), "checkpoints"),
      figure(size(status.disk.freeBytes), "disk free"));
}

// --- The loss curve ---

function points(series, name) {
  const found = series.find((one) => one.name === name);
  return (found ? found.points : [])
      .map((point) => ({x: Number(point.step), y: Number(point.value)}))
      .filter((point) => Number.isFinite(point.y));
}

function niceStep(span) {
  const rough = span / 4, power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) || 10);
}

function scales(all, lastStep) {
  const xMax = Math.max(lastStep, ...all.map((point) => point.x), 1);
  const yMax = Math.max(...all.map((point) => point.y)) * 1.05 || 1;
  return {
    xMax, yMax,
    x: (step) => chart.left + (chart.right - chart.left) * step / xMax,
    y: (value) => chart.bottom - (chart.bottom - chart.top) * Math.max(value, 0) / yMax,
  };
}

function axes(scale) {
  const marks = [];
  const yStep = niceStep(scale.yMax), xStep = Math.max(1, niceStep(scale.xMax));
  for (let value = 0; value <= scale.yMax; value += yStep) {
    const y = scale.y(value);
    marks.push(makeSvg("line", {x1: chart.left, x2: chart.right, y1: y, y2: y}));
    marks.push(makeSvg("text", {x: chart.left - 8, y: y + 4, "text-anchor": "end"},
                       String(Number(value.toPrecision(3)))));
  }
  for (let step = 0; step <= scale.xMax; step += xStep)
    marks.push(makeSvg("text", {x: scale.x(step), y: chart.bottom + 18, "text-anchor": "middle"},
                       step.toLocaleString()));
  return marks;
}

function drawCurve(job, series) {
  const training = points(series, "train/loss"), validation = points(series, "validation/loss");
  const all = training.concat(validation);
  byId("curve-card").hidden = all.length === 0;
  if (all.length === 0) return;
  const scale = scales(all, Number(job.progress.lastStep));
  const path = (line, className) => makeSvg("path", {
    class: className,
    d: line.map((point, i) => `${i ? "L" : "M"}${scale.x(point.x).toFixed(1)} ${scale.y(point.y).toFixed(1)}`).join(""),
  });
  const dots = validation.map((point) => makeSvg("circle", {cx: scale.x(point.x), cy: scale.y(point.y), r: 2.5}));
  byId("curve").replaceChildren(...axes(scale), path(training, "train"), path(validation, "validation"), ...dots);
  byId("curve-job").textContent = shortName(job.name);
  const downsampled = series.find((one) => one.name === "train/loss" && one.downsampled);
  byId("curve-note").textContent = downsampled ? `means over ${downsampled.bucketSteps} steps` : "";
}

// What the newest steps and evaluations say about the job's training.
function drawSignals(job) {
  const shown = [["train/grad_norm", "gradient norm"], ["train/update_ratio", "update / weights"],
                 ["train/noise_scale", "noise scale"], ["validation/accuracy", "accuracy"],
                 ["validation/top5_accuracy", "top-5"], ["validation/perplexity", "perplexity"],
                 ["validation/mae", "MAE"], ["validation/rmse", "RMSE"]];
  const words = shown.filter(([name]) => name in job.latestMetrics)
      .map(([name, label]) => `${label} ${Number(job.latestMetrics[name].toPrecision(3))}`);
  if (job.batchAdvice) words.push(job.batchAdvice);
  byId("signals").textContent = words.join(" · ");
}

// --- The loop ---

async function refresh() {
  const [status, list] = await Promise.all([ask("v1/status"), ask("v1/jobs?page_size=50")]);
  const now = Date.now() / 1000;
  drawFigures(status);
  fill("jobs", list.jobs.map((job) => jobRow(job, now)), "no-jobs");
  fill("workers", status.pools.flatMap((pool) => pool.workers.map((worker) => workerRow(pool, worker))),
       "no-workers");
  byId("server").className = "";
  byId("server").textContent = `version ${status.server.version}, up ${duration(status.server.uptimeSeconds)}`;
  const shown = list.jobs.find((job) => stateOf(job) === "RUNNING") || list.jobs[0];
  if (!shown) return drawCurve(null, []);
  const metrics = await ask(`v1/${shown.name}/metrics?names=train/loss,validation/loss&max_points=400`);
  drawCurve(shown, metrics.series);
  drawSignals(shown);
}

async function loop() {
  try {
    if (!document.hidden) await refresh();
  } catch (error) {
    byId("server").className = "lost";
    byId("server").textContent = `no answer from the coordinator (${error.message})`;
  }
  setTimeout(loop, interval);
}

loop();
