// The log of a job with its filter, as it grows: a bounded number of lines, which stays at the end
// unless somebody has scrolled up.

import {card, make} from "./dom.js";
import {LogFeed} from "./log_feed.js";
import {logRow} from "./log_row.js";
import {isOver} from "./text.js";

const linesMax = 2000;
const typingMilliseconds = 300;
const lateMilliseconds = 3000;  // what ranks had sent may be stored after their job's end
const endPixels = 8;            // so close to the end is there
const severities = [["debug", "all"], ["info", "info and above"], ["warning", "warnings and errors"],
  ["error", "errors"]];

export class LogPanel {
  #name;
  #feed = null;
  #shown = "";        // the filter of what is shown
  #isFresh = true;    // what is shown is of another filter
  #hasAll = false;    // all that is wanted without following has been read
  #isAtEnd = true;
  #top = 0;           // where it was scrolled to when that was last looked at
  #attempt = 1;       // of the last line
  #liveUntil = Infinity;
  #timer = null;

  constructor(jobName) {
    this.#name = jobName;
    this.ranks = make("input", {size: 6, placeholder: "all", title: "such as 0,2"});
    this.attempt = make("select", {}, make("option", {value: ""}, "all"));
    this.severity = make("select", {}, ...severities.map(([value, text]) =>
      make("option", {value}, text)));
    this.words = make("input", {type: "search", placeholder: "to the letter"});
    // What came without being followed is read at once; what comes from now on is not.
    this.follow = make("input", {type: "checkbox", onchange: () => {
      this.#hasAll = !this.follow.checked;
    }});
    this.follow.checked = true;
    this.toEnd = make("button", {type: "button", hidden: true, onclick: () => this.#goToEnd()},
      "To the end");
    this.lines = make("div", {class: "log", role: "log", "aria-live": "off", tabindex: "0",
      "aria-label": "Lines", onscroll: () => this.#noticeScroll()});
    // Lines that wrap anew leave the end where it is no longer seen.
    this.size = new ResizeObserver(() => { if (this.#isAtEnd) this.#goToEnd(); });
    this.size.observe(this.lines);
    this.note = make("p", {class: "note", role: "status"});
    this.element = card("Logs", this.#controls(), this.lines, this.note);
  }

  open() {
    this.#feed?.close();
    this.#isFresh = true;
    this.#hasAll = false;
    this.#shown = this.#filter();
    this.#feed = new LogFeed(this.#name, this.#shown, {
      wantsMore: () => this.#wantsMore(),
      take: (lines) => this.#take(lines),
      takeEnd: () => this.#takeEnd(),
      takeGap: () => this.#takeGap(),
      takeRefusal: (error) => this.#takeRefusal(error),
    });
  }

  close() {
    clearTimeout(this.#timer);
    this.size.disconnect();
    this.#feed?.close();
  }

  setJob(job) {
    if (!isOver(job)) this.#liveUntil = Infinity;
    else if (this.#liveUntil === Infinity) this.#liveUntil = Date.now() + lateMilliseconds;
  }

  setAttempts(attempts) {
    const known = [...this.attempt.options].map(({value}) => value);
    for (const attempt of attempts.map(String))
      if (!known.includes(attempt)) this.attempt.append(make("option", {value: attempt}, attempt));
  }

  #controls() {
    const form = make("form", {class: "controls", role: "search", "aria-label": "Filter of the log",
      onsubmit: (event) => event.preventDefault()},
      make("label", {}, "ranks ", this.ranks), make("label", {}, "attempt ", this.attempt),
      make("label", {}, "severity ", this.severity), make("label", {}, "text ", this.words),
      make("label", {}, this.follow, " follow"), this.toEnd);
    for (const kind of ["input", "change"]) form.addEventListener(kind, () => this.#noticeInput());
    return form;
  }

  #filter() {
    return new URLSearchParams({ranks: this.ranks.value.replaceAll(" ", ""),
      attempt: this.attempt.value, min_severity: this.severity.value, contains: this.words.value,
    }).toString();
  }

  #noticeInput() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#filter() !== this.#shown) this.open();
    }, typingMilliseconds);
  }

  // While somebody reads further up, no line goes away: more are fetched only while there is room.
  #wantsMore() {
    if (!this.#isAtEnd && this.lines.childElementCount >= linesMax) return false;
    return !this.#hasAll || (this.follow.checked && Date.now() < this.#liveUntil);
  }

  #take(lines) {
    this.#clearIfFresh();
    const rows = [];
    for (const line of lines) {
      if (line.attempt !== this.#attempt) rows.push(this.#break(`attempt ${line.attempt}`));
      this.#attempt = line.attempt;
      rows.push(logRow(line));
    }
    this.#append(rows);
    this.note.textContent = "";
  }

  #takeEnd() {
    this.#clearIfFresh();
    this.#hasAll = true;
    if (this.lines.childElementCount === 0) this.note.textContent = "No line is like that yet.";
  }

  #takeGap() {
    this.#clearIfFresh();
    this.#append([this.#break("What followed here is no longer kept.")]);
  }

  #takeRefusal(error) {
    this.#clearIfFresh();
    this.note.textContent = error.message;
  }

  #clearIfFresh() {
    if (!this.#isFresh) return;
    this.#isFresh = false;
    this.#setAtEnd(true);
    this.#top = 0;
    this.#attempt = 1;
    this.lines.replaceChildren();
  }

  // The event of a reader's scrolling may be later than the lines.
  #append(rows) {
    this.#noticeScroll();
    this.lines.append(...(this.#isAtEnd ? rows.slice(-linesMax) : rows));
    if (!this.#isAtEnd) return;
    while (this.lines.childElementCount > linesMax) this.lines.firstElementChild.remove();
    this.#goToEnd();
  }

  #break(text) { return make("div", {class: "break"}, text); }

  #goToEnd() {
    this.lines.scrollTop = this.lines.scrollHeight;
    this.#top = this.lines.scrollTop;
    this.#setAtEnd(true);
  }

  // Only a reader goes up: who is further from the end without that has got lines meanwhile.
  #noticeScroll() {
    const {scrollHeight, scrollTop, clientHeight} = this.lines;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < endPixels;
    if (isAtEnd || scrollTop < this.#top) this.#setAtEnd(isAtEnd);
    this.#top = scrollTop;
  }

  #setAtEnd(isAtEnd) {
    this.#isAtEnd = isAtEnd;
    this.toEnd.hidden = isAtEnd;
  }
}
