// Draws what has changed. Many changes at once are one drawing, and a page that nobody sees draws
// nothing. However slow the machine is, most of its time is left for whoever uses the page.

const restMilliseconds = 200;  // at least, after a drawing
const restShare = 3;           // as long as the drawing took

export class Drawing {
  #draw;
  #isAsked = false;
  #isClosed = false;
  #restUntil = 0;

  constructor(draw) { this.#draw = draw; }

  ask() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    setTimeout(() => requestAnimationFrame(() => {
      this.#isAsked = false;
      if (!this.#isClosed) this.#drawAndRest();
    }), this.#restUntil - performance.now());
  }

  close() { this.#isClosed = true; }

  #drawAndRest() {
    const start = performance.now();
    this.#draw();
    const end = performance.now();
    this.#restUntil = end + Math.max(restMilliseconds, restShare * (end - start));
  }
}
