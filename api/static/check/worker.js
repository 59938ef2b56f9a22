/**
 * The worker: whatever is asked of it is checked beside the page, which stays usable meanwhile.
 *
 * The service is asked at once, and makes its answers while the modules that will check them are being loaded.
 */
import { askBytes, askJson } from "./asking.js";

const SELDOM = 40;
const code = import("./checking.js");
let last = 0;

/** How the work goes is told some times a second; that it goes on to something else, at once. */
function tell(step, done, total) {
  const now = performance.now();
  if (done > 0 && done < total && now - last < SELDOM) return;
  last = now;
  postMessage({ step: [step, done, total] });
}

/** What every check needs, and what this one is about; who awaits an answer is told where there is none. */
function ask({ basis, dossier }, files) {
  const kib = (bytes) => Math.ceil(bytes / 1024);
  const fetching = (done, total) => tell("fetching", kib(done), kib(total));
  const asked = { basis: askJson(basis), dossier: dossier && !files ? askBytes(dossier, fetching) : null };
  for (const one of Object.values(asked)) one?.catch(() => {});
  return asked;
}

onmessage = async ({ data }) => {
  tell("asking", 0, 0);
  const asked = ask(data.plan, data.files);
  try {
    const { check } = await code;
    postMessage({ answer: await check({ ...data, asked, tell }) });
  } catch (wrong) {
    postMessage({ failure: String(wrong?.message ?? wrong).slice(0, 200) });
  }
};
