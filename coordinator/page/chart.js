// One chart: curves over steps, epochs or time, drawn by dygraphs, which index.html loads.

import {make} from "./dom.js";
import {significant} from "./text.js";

const Dygraph = window.Dygraph;
// dygraphs' own legend sets style attributes, which the page's content policy forbids.
Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend);

const palettes = {
  light: ["#2563eb", "#c2410c", "#15803d", "#9333ea", "#be123c", "#0e7490", "#a16207", "#4d7c0f"],
  dark: ["#6ea8fe", "#fb923c", "#4ade80", "#c084fc", "#fb7185", "#22d3ee", "#facc15", "#a3e635"],
};
const darkScheme = window.matchMedia("(prefers-color-scheme: dark)");

export const palette = () => palettes[darkScheme.matches ? "dark" : "light"];
export const onScheme = (listener, signal) =>
  darkScheme.addEventListener("change", listener, {signal});

// What is drawn of a point: [low, y, high], the ends of the band and the line. Where an end is not
// known, or not on the scale, the band ends at the line.
function barOf({y, low, high}, isLog) {
  if (!Number.isFinite(y) || (isLog && y <= 0)) return null;
  const isShown = (end) => Number.isFinite(end) && (!isLog || end > 0);
  return [isShown(low) ? low : y, y, isShown(high) ? high : y];
}

// The curves' points by x: [[x, bar of the first curve, bar of the second, …], …]. Curves are
// {label, points: [{x, y, low, high}]}; null stands where a curve has no point, and the line goes on.
function rowsOf(curves, isLog) {
  const rows = new Map();
  curves.forEach(({points}, i) => {
    for (const point of points) {
      if (!rows.has(point.x)) rows.set(point.x, new Array(curves.length).fill(null));
      rows.get(point.x)[i] = barOf(point, isLog);
    }
  });
  return [...rows].sort(([a], [b]) => a - b).map(([x, values]) => [x, ...values]);
}

// A curve's band, as one shape. dygraphs' own has one for each two points, which keeps a page with long
// curves busy with nothing else.
function drawBand({drawingContext: context, points, plotArea, color}) {
  const known = points.filter(({y}) => Number.isFinite(y));
  if (known.every((point) => point.y_top === point.y_bottom)) return;
  const y = (share) => plotArea.y + plotArea.h * share;
  context.save();
  context.fillStyle = color;
  context.globalAlpha = 0.18;
  context.beginPath();
  for (const point of known) context.lineTo(point.canvasx, y(point.y_top));
  for (const point of known.reverse()) context.lineTo(point.canvasx, y(point.y_bottom));
  context.fill();
  context.restore();
}

// An exponential moving average; weight 0 leaves the points as they are. Its first values are
// divided by the weights so far, so that it does not begin at 0 (Kingma and Ba 2015, section 3). The
// band stays what was measured.
export function smooth(points, weight) {
  let mean = 0, total = 0;
  return points.map((point) => {
    if (!Number.isFinite(point.y)) return point;
    mean = weight * mean + (1 - weight) * point.y;
    total = weight * total + (1 - weight);
    return {...point, y: mean / total};
  });
}

export class Chart {
  #graph = null;
  #title;
  #curves = [];
  #isTime = false;
  // Also a scroll bar that appears beside the page makes a chart narrower.
  #sizes = new ResizeObserver(() => this.#graph?.resize());

  constructor(title) {
    this.#title = title;
    this.area = make("div", {class: "plot", role: "img"});
    this.legend = make("div", {class: "legend", "aria-hidden": "true"});
    this.note = make("p", {class: "note"});
    this.element = make("section", {class: "card chart", "aria-label": title},
      make("h3", {}, title), this.area, this.legend, this.note);
    this.#sizes.observe(this.area);
  }

  // Curves are {label, points, color, bucketSteps}, those without points are left out; axis is
  // {label, isTime}.
  draw(curves, axis, isLog) {
    const drawn = curves.filter(({points}) => points.length > 0);
    this.element.hidden = drawn.length === 0;
    if (drawn.length === 0) return;
    const rows = rowsOf(drawn, isLog);
    const file = axis.isTime ? rows.map(([x, ...values]) => [new Date(x), ...values]) : rows;
    const settings = {
      file, labels: [axis.label, ...drawn.map(({label}) => label)], logscale: isLog,
      colors: drawn.map(({color}, i) => color ?? palette()[i % palette().length]),
    };
    this.#isTime = Boolean(axis.isTime);
    this.#curves = drawn.map((curve, i) => ({...curve, color: settings.colors[i]}));
    this.#drawLegend("", []);
    const bucket = Math.max(...drawn.map(({bucketSteps}) => bucketSteps));
    this.note.textContent = bucket > 1 ? `Each point is the mean of ${bucket} steps, ` +
      "the band goes from the lowest to the highest of them." : "";
    this.area.setAttribute("aria-label", this.#spoken(drawn, axis));
    const last = rows.at(-1)[0], width = last - rows[0][0] || 1;
    settings.dateWindow = [rows[0][0] - 0.01 * width, last + 0.01 * width];
    if (this.#graph) this.#graph.updateOptions(settings);
    else this.#graph = this.#create(settings);
  }

  destroy() {
    this.#sizes.disconnect();
    this.#graph?.destroy();
  }

  #create({file, ...settings}) {
    return new Dygraph(this.area, file, {
      ...settings, connectSeparatedPoints: true, strokeWidth: 1.6, highlightCircleSize: 3,
      axisLabelFontSize: 11, rightGap: 8, customBars: true,
      plotter: [drawBand, Dygraph.Plotters.linePlotter], drawGapEdgePoints: true, animatedZooms: false, includeZero: false, gridLineWidth: 0.5,
      gridLineColor: "rgba(128,128,128,0.35)", axisLineColor: "rgba(128,128,128,0.6)",
      interactionModel: {},
      highlightCallback: (event, x, points) => this.#drawLegend(this.#xText(x), points),
      unhighlightCallback: () => this.#drawLegend("", []),
      axes: {x: {pixelsPerLabel: 60}, y: {axisLabelFormatter: significant, axisLabelWidth: 56}},
    });
  }

  #xText(x) {
    return this.#isTime ? new Date(x).toLocaleTimeString() : significant(x);
  }

  // The names of the curves in their colours, and their values where the pointer is.
  #drawLegend(xText, points) {
    const keys = this.#curves.map(({label, color}) => {
      const value = points.find(({name}) => name === label)?.yval;
      const key = make("span", {class: "key"}, make("i", {}), label,
        Number.isFinite(value) ? ` ${significant(value)}` : "");
      key.firstChild.style.background = color;
      return key;
    });
    this.legend.replaceChildren(...(xText ? [make("span", {}, xText)] : []), ...keys);
  }

  #spoken(curves, axis) {
    const ends = curves.map(({label, points}) =>
      `${label} ${significant(points[0].y)} to ${significant(points.at(-1).y)}`);
    return `${this.#title} over ${axis.label}: ${ends.join("; ")}`;
  }
}
