// Regulars widget, loader 1.0.0. Apache-2.0. Shows one public figure of a newsletter.
// <regulars-widget src="https://…/w/wgt_….json" variant="card|line|theatre" theme="auto|light|dark">
//   <a href="https://…/w/wgt_…">what to show until, and unless, it can be drawn</a>
// </regulars-widget>
(() => {
  const NAME = "regulars-widget";
  const VARIANTS = ["card", "line", "theatre"];
  const MOST_DOTS = 60;
  const LIMIT_MS = 8000;
  const SVG = "http://www.w3.org/2000/svg";
  if (customElements.get(NAME)) return;

  const DARK = "--p:#1a1721;--r:#39343f;--i:#f3ede0;--s:#b1a9bc;--d:#aba3c9;--q:#7c748b;--l:#ffc873;--g:#d7922f80;--m:#d7922f26";
  const STYLE = `
:host{display:block;--p:#fbf8f2;--r:#e2dac9;--i:#26222e;--s:#5f5968;--d:#413b5e;--q:#8a8279;--l:#ae5f08;--g:#f0b65c99;--m:#f0b65c33}
:host([hidden]){display:none}
:host([variant=line]){display:inline-block;max-width:100%}
@media (prefers-color-scheme:dark){:host(:not([theme=light])){${DARK}}}
:host([theme=dark]){${DARK}}
.wait{min-height:24rem}.wait.line{min-height:2.75rem}.wait.theatre{min-height:26rem}
.card{background:var(--regulars-paper,var(--p));border:1px solid var(--r);border-radius:1rem;box-sizing:border-box;color:var(--regulars-soft,var(--s));font:400 1rem/1.45 var(--regulars-font,Inter,system-ui,sans-serif);margin:0 auto;max-width:30rem;min-height:24rem;overflow-wrap:anywhere;padding:1.75rem 1.5rem 1.5rem;position:relative;text-align:center}
.theatre{max-width:36rem;min-height:26rem}
.quiet{min-height:0}
.line{align-items:center;border-radius:1.5rem;display:inline-flex;gap:.7rem;min-height:2.75rem;padding:.35rem 1.25rem;text-align:start}
p{margin:.5rem 0 0;text-wrap:balance}
.line p{margin:0}
.head{color:var(--regulars-ink,var(--i));font:500 1.7rem/1.2 var(--regulars-display,Newsreader,"Iowan Old Style",Palatino,Georgia,serif);letter-spacing:-.01em}
.theatre .head{font-size:clamp(1.6rem,1rem + 3vw,2rem)}
.line .head{font-size:1.25rem;letter-spacing:0}
.small{font-size:.85rem}
svg{display:block;height:auto;margin:0 auto;max-width:21rem;overflow:visible;width:100%}
.theatre svg{max-width:26rem}
.line svg{flex:none;width:2.4rem}
.lit{fill:var(--regulars-people,var(--d))}
.open{fill:none;stroke:var(--q);stroke-width:1.2}
.glow{background:radial-gradient(closest-side,var(--g),var(--m) 45%,#0000);border-radius:50%;height:20rem;left:50%;margin-left:-10rem;pointer-events:none;position:absolute;top:3rem;width:20rem}
.head,.told,.small,svg{position:relative}
a{color:inherit;display:inline-block;min-height:24px;text-decoration:underline;text-decoration-color:var(--regulars-lamp,var(--l));text-underline-offset:.2em}
a:focus-visible{border-radius:2px;outline:2px solid var(--regulars-lamp,var(--l));outline-offset:3px}
@media (prefers-reduced-motion:no-preference){.card{animation:.5s ease-out rise}}
@keyframes rise{from{opacity:0}}
@media print{:host,:host([theme]){--p:#fff;--r:#bbb;--i:#000;--s:#333;--d:#222;--q:#777;--l:#777}.card{break-inside:avoid}.glow{display:none}svg{print-color-adjust:exact}}
@media (forced-colors:active){.lit{fill:CanvasText}.open{stroke:CanvasText}svg{forced-color-adjust:none}.glow{display:none}}`;

  const sheet = (() => {
    try {
      const made = new CSSStyleSheet();
      made.replaceSync(STYLE);
      return made;
    } catch {
      return null; // an old browser: a style element does it there
    }
  })();

  const number = (value, most) => {
    const whole = Math.floor(Number(value));
    return whole > 0 ? Math.min(whole, most) : 0;
  };
  const words = (value) => (typeof value === "string" ? value.slice(0, 400) : "");
  const address = (value) => {
    try {
      const url = new URL(value, document.baseURI);
      return /^https?:$/.test(url.protocol) ? url.href : "";
    } catch {
      return "";
    }
  };
  const element = (name, kind, text) => {
    const made = document.createElement(name);
    if (kind) made.className = kind;
    if (text) made.textContent = text;
    return made;
  };
  const link = (text, to) => {
    const made = element("a", "", text);
    made.href = to;
    return made;
  };
  const shape = (name, facts) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(facts)) made.setAttribute(key, value);
    return made;
  };

  // Rows of dots around a stage, lit from the front and the middle outwards.
  const theatre = (count, lit) => {
    const rows = [8, 18, 32, 48].filter((most) => count > most).length + 1;
    const gap = Math.min(0.2, 0.58 / Math.max(1, rows - 1));
    const radii = Array.from({ length: rows }, (_, row) => 1 - gap * (rows - 1 - row));
    const whole = radii.reduce((sum, radius) => sum + radius, 0);
    const shares = radii.map((radius) => Math.floor((count * radius) / whole));
    const left = count - shares.reduce((sum, share) => sum + share, 0);
    for (let row = 0; row < left; row++) shares[rows - 1 - row]++;
    const places = shares.flatMap((share, row) =>
      Array.from({ length: share }, (_, place) => {
        const half = Math.min(0.9076, 0.16 * (share - 1));
        return [row, share > 1 ? half * ((2 * place) / (share - 1) - 1) : 0];
      }),
    );
    places.sort((a, b) => a[0] - b[0] || Math.abs(a[1]) - Math.abs(b[1]) || a[1] - b[1]);
    const room = radii.map((radius, row) => (0.6 * radius) / Math.max(1, shares[row] - 1));
    const size = 100 * Math.min(0.052, 0.36 * gap, ...room);
    const drawn = shape("svg", { viewBox: "-88 -108 176 92", "aria-hidden": "true", focusable: "false" });
    places.forEach(([row, angle], place) => {
      const radius = 100 * radii[row];
      drawn.append(
        shape("circle", {
          class: place < lit ? "lit" : "open",
          cx: (radius * Math.sin(angle)).toFixed(1),
          cy: (-radius * Math.cos(angle)).toFixed(1),
          r: (place < lit ? size : size - 0.6).toFixed(2),
        }),
      );
    });
    return drawn;
  };
  const mark = () => {
    const drawn = shape("svg", { viewBox: "0 0 36 14", "aria-hidden": "true", focusable: "false" });
    for (const [x, y] of [[3, 11], [10, 5.5], [18, 3.5], [26, 5.5], [33, 11]])
      drawn.append(shape("circle", { class: "lit", cx: x, cy: y, r: 3.1 }));
    return drawn;
  };

  const draw = (told, variant) => {
    const { text } = told;
    const dots = number(told.theatre?.dots, MOST_DOTS);
    const about = address(told.links?.about || "");
    const headline = words(told.notice) || words(text.headline);
    const card = element("div", `card ${variant}${dots ? "" : " quiet"}`);
    card.setAttribute("part", "card");
    card.lang = words(told.lang);
    card.dir = told.dir === "rtl" ? "rtl" : "ltr";
    const head = element("p", "head");
    if (variant === "line") {
      head.append(about ? link(headline, about) : headline);
      if (dots) card.append(mark());
      card.append(head);
      return card;
    }
    head.textContent = headline;
    if (dots) card.append(element("div", "glow"), theatre(dots, number(told.theatre.lit, dots)));
    card.append(head);
    if (text.detail) card.append(element("p", "told", words(text.detail)));
    const small = element("p", "small");
    if (text.key) small.append(words(text.key), element("br"));
    small.append(`${words(text.as_of)}.`);
    if (about) small.append(element("br"), link(words(text.about) || about, about));
    card.append(small);
    return card;
  };

  const checked = (told) => {
    const right = told?.kind === "regulars.widget" && /^1\.\d+$/.test(told.schema_version);
    if (!right || !words(told.text?.headline)) throw new TypeError("not a widget document");
    return told;
  };

  customElements.define(
    NAME,
    class extends HTMLElement {
      static observedAttributes = ["src", "variant"];
      #root = this.attachShadow({ mode: "open" });
      #told = null;
      #asked = "";
      #seen = null;
      #here = false;

      connectedCallback() {
        this.#here = true;
        if (sheet) this.#root.adoptedStyleSheets = [sheet];
        this.#look();
      }

      disconnectedCallback() {
        this.#here = false;
        this.#seen?.disconnect();
      }

      attributeChangedCallback(name, before, after) {
        if (before === after || !this.#here) return;
        if (name === "src") this.#look();
        else this.#show(this.#told ? draw(this.#told, this.#variant()) : this.#waiting());
      }

      #variant() {
        const wanted = this.getAttribute("variant");
        return VARIANTS.includes(wanted) ? wanted : "card";
      }

      // The page's own words stay in sight until there is something better.
      #waiting() {
        const box = element("div", `wait ${this.#variant()}`);
        box.append(element("slot"));
        return box;
      }

      #show(what) {
        this.#root.replaceChildren(...(sheet ? [] : [element("style", "", STYLE)]), what);
      }

      #look() {
        const source = address(this.getAttribute("src") || "");
        if (source && source === this.#asked) return;
        this.#seen?.disconnect();
        this.#told = null;
        this.#asked = "";
        this.#show(this.#waiting());
        if (!source) return this.#fail(new TypeError("src is no address"));
        if (typeof IntersectionObserver === "undefined") return this.#ask(source);
        this.#seen = new IntersectionObserver(
          (entries) => {
            if (!entries.some((entry) => entry.isIntersecting)) return;
            this.#seen.disconnect();
            this.#ask(source);
          },
          { rootMargin: "300px" },
        );
        this.#seen.observe(this);
      }

      async #ask(source) {
        if (this.#asked === source) return;
        this.#asked = source;
        const stop = new AbortController();
        const timer = setTimeout(() => stop.abort(), LIMIT_MS);
        try {
          const answer = await fetch(source, {
            credentials: "omit",
            referrerPolicy: "origin",
            signal: stop.signal,
          });
          if (!answer.ok) throw new Error(`status ${answer.status}`);
          const told = checked(await answer.json());
          if (this.#asked !== source) return;
          const drawn = draw(told, this.#variant());
          this.#told = told;
          this.#show(drawn);
          this.dispatchEvent(new CustomEvent("regulars:load", { bubbles: true }));
        } catch (error) {
          if (this.#asked === source) this.#fail(error);
        } finally {
          clearTimeout(timer);
        }
      }

      #fail(error) {
        this.#asked = "";
        this.#show(element("slot"));
        this.dispatchEvent(
          new CustomEvent("regulars:error", { bubbles: true, detail: String(error?.message || error) }),
        );
      }
    },
  );
})();
