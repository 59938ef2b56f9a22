/** The worker: whatever is asked of it is checked beside the page, which stays usable meanwhile. */
import { check } from "./checking.js";

const SELDOM = 40;
let last = 0;

/** How the work goes is told some times a second; that it goes on to something else, at once. */
function tell(step, done, total) {
  const now = performance.now();
  if (done > 0 && done < total && now - last < SELDOM) return;
  last = now;
  postMessage({ step: [step, done, total] });
}

onmessage = async ({ data }) => {
  try {
    postMessage({ answer: await check({ ...data, tell }) });
  } catch (wrong) {
    postMessage({ failure: String(wrong?.message ?? wrong).slice(0, 200) });
  }
};
